//! What bodies look like: one entity a body, with all its shapes of one form together.

use re_log_types::EntityPath;
use re_sdk_types::archetypes::{Boxes3D, Capsules3D, Cylinders3D, Ellipsoids3D, Mesh3D, Transform3D};
use re_sdk_types::components::FillMode;
use re_sdk_types::datatypes::Quaternion;
use re_sdk_types::{AsComponents, SerializedComponentBatch};

use crate::lines::{Body, Form, Pose, Shape};

/// Something that always holds, and the part of a path below its body's where it is kept.
pub type Part = (Option<String>, Vec<SerializedComponentBatch>);

/// All parts of a body's looks.
pub fn parts(body: &Body) -> Vec<Part> {
    let of = |form: Form| body.shapes.iter().filter(move |shape| shape.form == form).collect::<Vec<_>>();
    let mut parts: Vec<Part> = Vec::new();
    let mut keep = |shapes: &[&Shape], what: &dyn AsComponents| {
        if !shapes.is_empty() {
            parts.push((None, what.as_serialized_batches()));
        }
    };
    let shapes = of(Form::Box);
    keep(&shapes, &boxes(&shapes));
    let shapes = of(Form::Ellipsoid);
    keep(&shapes, &ellipsoids(&shapes));
    let shapes = of(Form::Capsule);
    keep(&shapes, &capsules(&shapes));
    let shapes = of(Form::Cylinder);
    keep(&shapes, &cylinders(&shapes));
    for (at, shape) in of(Form::Triangles).into_iter().enumerate() {
        // An entity has one mesh only.
        let name = Some(format!("mesh{}", at + 1));
        parts.push((name.clone(), transform(&shape.pose).as_serialized_batches()));
        parts.push((name, mesh(shape).as_serialized_batches()));
    }
    parts
}

/// A pose as a transform.
pub fn transform(pose: &Pose) -> Transform3D {
    Transform3D::update_fields().with_translation(position(pose)).with_quaternion(rotation(pose))
}

/// A pose's position.
pub fn position([x, y, z, ..]: &Pose) -> [f32; 3] {
    [*x as f32, *y as f32, *z as f32]
}

/// A pose's rotation.
pub fn rotation([_, _, _, w, x, y, z]: &Pose) -> Quaternion {
    Quaternion::from_wxyz([*w as f32, *x as f32, *y as f32, *z as f32])
}

/// A body's path in the recording.
pub fn path_of(body: &Body) -> EntityPath {
    let parts = std::iter::once("world").chain(body.path.iter().map(String::as_str));
    EntityPath::new(parts.map(Into::into).collect())
}

fn boxes(shapes: &[&Shape]) -> Boxes3D {
    Boxes3D::from_half_sizes(shapes.iter().map(|shape| three(&shape.size)))
        .with_centers(shapes.iter().map(|shape| position(&shape.pose)))
        .with_quaternions(shapes.iter().map(|shape| rotation(&shape.pose)))
        .with_colors(shapes.iter().map(|shape| shape.color))
        .with_fill_mode(FillMode::Solid)
}

fn ellipsoids(shapes: &[&Shape]) -> Ellipsoids3D {
    Ellipsoids3D::from_half_sizes(shapes.iter().map(|shape| three(&shape.size)))
        .with_centers(shapes.iter().map(|shape| position(&shape.pose)))
        .with_quaternions(shapes.iter().map(|shape| rotation(&shape.pose)))
        .with_colors(shapes.iter().map(|shape| shape.color))
        .with_fill_mode(FillMode::Solid)
}

fn capsules(shapes: &[&Shape]) -> Capsules3D {
    Capsules3D::from_lengths_and_radii(
        shapes.iter().map(|shape| length(shape)),
        shapes.iter().map(|s| radius(s)),
    )
    // Rerun's capsules begin at their origin; here it is in their middle.
    .with_translations(shapes.iter().map(|shape| position(&lowered(&shape.pose, shape.size[1]))))
    .with_quaternions(shapes.iter().map(|shape| rotation(&shape.pose)))
    .with_colors(shapes.iter().map(|shape| shape.color))
    .with_fill_mode(FillMode::Solid)
}

fn cylinders(shapes: &[&Shape]) -> Cylinders3D {
    Cylinders3D::from_lengths_and_radii(
        shapes.iter().map(|shape| length(shape)),
        shapes.iter().map(|s| radius(s)),
    )
    .with_centers(shapes.iter().map(|shape| position(&shape.pose)))
    .with_quaternions(shapes.iter().map(|shape| rotation(&shape.pose)))
    .with_colors(shapes.iter().map(|shape| shape.color))
    .with_fill_mode(FillMode::Solid)
}

fn mesh(shape: &Shape) -> Mesh3D {
    let corners = shape.triangles.iter().flat_map(|corners| corners.chunks_exact(3).map(three));
    Mesh3D::new(corners).with_albedo_factor(shape.color)
}

fn three(values: &[f64]) -> [f32; 3] {
    std::array::from_fn(|k| values[k] as f32)
}

fn radius(shape: &Shape) -> f32 {
    shape.size[0] as f32
}

/// Of the straight part.
fn length(shape: &Shape) -> f32 {
    2.0 * shape.size[1] as f32
}

/// The pose moved down its own z axis.
fn lowered(&[x, y, z, w, i, j, k]: &Pose, far: f64) -> Pose {
    let axis = [2.0 * (i * k + w * j), 2.0 * (j * k - w * i), 1.0 - 2.0 * (i * i + j * j)];
    [x - far * axis[0], y - far * axis[1], z - far * axis[2], w, i, j, k]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capsule_that_lies_begins_half_its_length_behind_its_middle() {
        let half = std::f64::consts::FRAC_1_SQRT_2;
        // A quarter turn about y brings z to x, one about x brings it to minus y.
        let [x, y, z, ..] = lowered(&[1.0, 2.0, 3.0, half, 0.0, half, 0.0], 0.5);
        assert!((x - 0.5).abs() < 1e-12 && (y - 2.0).abs() < 1e-12 && (z - 3.0).abs() < 1e-12);
        let [x, y, z, ..] = lowered(&[1.0, 2.0, 3.0, half, half, 0.0, 0.0], 0.5);
        assert!((x - 1.0).abs() < 1e-12 && (y - 2.5).abs() < 1e-12 && (z - 3.0).abs() < 1e-12);
    }
}
