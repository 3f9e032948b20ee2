//! Pictures of a scene without a graphics card: a pinhole camera, one ray or a few for each pixel.
//!
//! Geoms are copied out of the simulation, so pictures can be drawn later and on any thread; rays meet them by MuJoCo's
//! own ray functions, meshes by their triangles. One distant light with shadows, ambient light from above (Lambert),
//! thin ink at silhouettes, edges sampled four times. Left out: textures, mirrors, transparency, height fields (drawn
//! as their boxes).

use std::sync::Arc;

use mujoco_rs::prelude::*;
use mujoco_rs::wrappers::fun::mju_ray_geom;

use crate::picture::Picture;
use crate::vector::{add, cross, dot, minus, scaled, unit};

type Point = [f64; 3];

/// Towards the light.
const LIGHT: Point = [0.35, -0.45, 0.82];

/// What is behind everything.
const PAPER: [f32; 3] = [0.985, 0.985, 0.98];

/// How much of a silhouette's colour stays.
const INK: f32 = 0.45;

/// Beyond this group geoms are helpers by MuJoCo's custom, and not shown.
const LAST_GROUP: i32 = 2;

/// Where a picture is taken from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// The pinhole, in metres.
    pub from: Point,
    /// What is in the middle of the picture, in metres.
    pub to: Point,
    /// Vertical field of view, in radians.
    pub field: f64,
    /// Rays towards the light for each point: one gives hard shadows, a dozen soft ones.
    pub shadow_rays: usize,
}

impl Default for Camera {
    /// From in front of the arm, a little to its right, looking at table and arm.
    fn default() -> Camera {
        Camera { from: [1.72, -0.72, 0.86], to: [0.44, 0.01, 0.155], field: 0.41, shadow_rays: 1 }
    }
}

/// The things of a scene, without their places.
#[derive(Debug, Clone)]
pub struct Props {
    shapes: Vec<Shape>,
    /// The geom of each shape.
    geoms: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Shape {
    form: Form,
    /// Linear red, green and blue.
    color: [f32; 3],
    /// Of a sphere around the place; infinite for planes.
    reach: f64,
}

/// What a shape looks like, without its place.
#[derive(Debug, Clone)]
pub(crate) enum Form {
    /// With MuJoCo's sizes.
    Primitive(MjtGeomBase, Point),
    Triangles(Arc<Vec<[Point; 3]>>),
}

/// Where one shape is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    position: Point,
    /// Rows of its rotation.
    rotation: [f64; 9],
}

/// Everything at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Still {
    /// Places of the props.
    places: Vec<Place>,
    /// Dots that are drawn where the hand is going to move, in metres.
    pub dots: Vec<Point>,
}

impl Props {
    /// Copies what is visible of a model.
    pub(crate) fn of(model: &MjModel) -> Props {
        let seen = |&geom: &usize| model.geom_group()[geom] <= LAST_GROUP && rgba(model, geom)[3] > 0.05;
        let geoms: Vec<usize> = (0..model.geom_type().len()).filter(seen).collect();
        Props { shapes: geoms.iter().map(|&geom| shape(model, geom)).collect(), geoms }
    }

    /// Everything that is seen: geom, form, and color as red, green and blue.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = (usize, &Form, [u8; 3])> {
        let color = |shape: &Shape| shape.color.map(|value| (255.0 * value.sqrt()).round() as u8);
        self.geoms.iter().zip(&self.shapes).map(move |(&geom, shape)| (geom, &shape.form, color(shape)))
    }

    /// Copies where everything is.
    pub(crate) fn still(&self, data: &MjData<Box<MjModel>>) -> Still {
        let place =
            |&geom: &usize| Place { position: data.geom_xpos()[geom], rotation: data.geom_xmat()[geom] };
        Still { places: self.geoms.iter().map(place).collect(), dots: Vec::new() }
    }
}

fn rgba(model: &MjModel, geom: usize) -> [f32; 4] {
    match usize::try_from(model.geom_matid()[geom]) {
        Ok(material) => model.mat_rgba()[material],
        Err(_) => model.geom_rgba()[geom],
    }
}

fn shape(model: &MjModel, geom: usize) -> Shape {
    let [r, g, b, _] = rgba(model, geom);
    let size = model.geom_size()[geom];
    let [cx, cy, cz, hx, hy, hz] = model.geom_aabb()[geom];
    let form = match model.geom_type()[geom] {
        MjtGeomBase::mjGEOM_MESH => Form::Triangles(Arc::new(triangles(model, geom))),
        kind @ (MjtGeomBase::mjGEOM_PLANE
        | MjtGeomBase::mjGEOM_SPHERE
        | MjtGeomBase::mjGEOM_CAPSULE
        | MjtGeomBase::mjGEOM_ELLIPSOID
        | MjtGeomBase::mjGEOM_CYLINDER
        | MjtGeomBase::mjGEOM_BOX) => Form::Primitive(kind, size),
        _ => Form::Primitive(MjtGeomBase::mjGEOM_BOX, [cx.abs() + hx, cy.abs() + hy, cz.abs() + hz]),
    };
    let reach = match model.geom_rbound()[geom] {
        0.0 => f64::INFINITY,
        bound => bound,
    };
    Shape { form, color: [r, g, b].map(linear), reach }
}

fn triangles(model: &MjModel, geom: usize) -> Vec<[Point; 3]> {
    let Ok(mesh) = usize::try_from(model.geom_dataid()[geom]) else { return Vec::new() };
    let first_face = model.mesh_faceadr()[mesh] as usize;
    let first_vertex = model.mesh_vertadr()[mesh] as usize;
    let faces = model.mesh_face()[first_face..].iter().take(model.mesh_facenum()[mesh] as usize);
    let vertex = |at: i32| model.mesh_vert()[first_vertex + at as usize].map(f64::from);
    faces.map(|face| face.map(vertex)).collect()
}

fn linear(value: f32) -> f32 {
    value * value
}

/// Draws the props as they stand in `still`, `width` by `height` pixels.
///
/// # Cost
/// About 0.3 microseconds a ray; a picture of 320 by 218 takes some 50 ms.
pub fn draw(camera: &Camera, props: &Props, still: &Still, [width, height]: [usize; 2]) -> Picture {
    let view = View::new(camera, props, still, [width, height]);
    let samples: Vec<Sample> =
        (0..width * height).map(|at| view.sample((at % width) as f64, (at / width) as f64)).collect();
    let mut picture = Picture::new(width, height, [255; 3]);
    for (at, here) in samples.iter().enumerate() {
        let (x, y) = (at % width, at / width);
        let (mut rough, mut ink) = (false, false);
        for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
            let (Some(x), Some(y)) = (x.checked_add_signed(dx), y.checked_add_signed(dy)) else { continue };
            if x < width && y < height {
                let other = &samples[y * width + x];
                let step = (0..3).map(|k| (here.color[k] - other.color[k]).abs()).fold(0.0, f32::max);
                rough |= here.shape != other.shape || step > 0.03;
                // The line belongs to what is in front, and paint on a surface has none.
                ink |= here.shape != other.shape && here.depth + 0.012 < other.depth;
            }
        }
        let color = if rough { view.finer(x as f64, y as f64) } else { here.color };
        let keep = if ink { INK } else { 1.0 };
        picture.set(x, y, color.map(|value| (255.0 * (keep * value).clamp(0.0, 1.0).sqrt() + 0.5) as u8));
    }
    picture
}

/// What one ray saw.
struct Sample {
    color: [f32; 3],
    shape: usize,
    depth: f64,
}

struct View<'a> {
    props: Vec<(&'a Shape, Place)>,
    from: Point,
    /// The direction of the upper left pixel, and the steps to the right and down.
    corner: Point,
    right: Point,
    down: Point,
    lights: Vec<Point>,
}

impl View<'_> {
    fn new<'a>(camera: &Camera, props: &'a Props, still: &'a Still, [width, height]: [usize; 2]) -> View<'a> {
        let forward = unit(&minus(&camera.to, &camera.from));
        let right = unit(&cross(&forward, &[0.0, 0.0, 1.0]));
        let down = cross(&forward, &right);
        let step = 2.0 * (camera.field / 2.0).tan() / height as f64;
        let (right, down) = (scaled(&right, step), scaled(&down, step));
        let corner = add(&forward, &scaled(&right, -(width as f64 - 1.0) / 2.0));
        let corner = add(&corner, &scaled(&down, -(height as f64 - 1.0) / 2.0));
        let mut things: Vec<(&Shape, Place)> =
            props.shapes.iter().zip(still.places.iter().copied()).collect();
        let rotation = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        things.extend(still.dots.iter().map(|&position| (&DOT, Place { position, rotation })));
        View { props: things, from: camera.from, corner, right, down, lights: lights(camera.shadow_rays) }
    }

    fn direction(&self, x: f64, y: f64) -> Point {
        unit(&add(&self.corner, &add(&scaled(&self.right, x), &scaled(&self.down, y))))
    }

    /// The mean of four rays within a pixel.
    fn finer(&self, x: f64, y: f64) -> [f32; 3] {
        let mut sum = [0.0; 3];
        for (dx, dy) in [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)] {
            let sample = self.sample(x + dx, y + dy);
            sum = std::array::from_fn(|k| sum[k] + 0.25 * sample.color[k]);
        }
        sum
    }

    fn sample(&self, x: f64, y: f64) -> Sample {
        let direction = self.direction(x, y);
        let Some((shape, depth, normal)) = self.hit(&self.from, &direction) else {
            return Sample { color: PAPER.map(linear), shape: usize::MAX, depth: f64::INFINITY };
        };
        let facing = if dot(&normal, &direction) > 0.0 { scaled(&normal, -1.0) } else { normal };
        let point = add(&self.from, &scaled(&direction, depth));
        let base = self.props[shape].0.color;
        if std::ptr::eq(self.props[shape].0, &DOT) {
            return Sample { color: base, shape, depth };
        }
        let start = add(&point, &scaled(&facing, 1e-4));
        let lit =
            self.lights.iter().filter(|light| dot(&facing, light) > 0.0 && !self.blocked(&start, light));
        let lit = lit.map(|light| dot(&facing, light)).sum::<f64>() / self.lights.len() as f64;
        let light = (0.36 + 0.14 * facing[2] + 0.72 * lit) as f32;
        Sample { color: base.map(|value| value * light), shape, depth }
    }

    fn hit(&self, from: &Point, direction: &Point) -> Option<(usize, f64, Point)> {
        let mut best: Option<(usize, f64, Point)> = None;
        for (at, (shape, place)) in self.props.iter().enumerate() {
            let limit = best.map_or(f64::INFINITY, |(_, depth, _)| depth);
            if passes(shape, place, from, direction, limit)
                && let Some((depth, normal)) = meet(&shape.form, place, from, direction)
                && depth < limit
            {
                best = Some((at, depth, normal));
            }
        }
        best
    }

    fn blocked(&self, from: &Point, light: &Point) -> bool {
        self.props.iter().any(|(shape, place)| {
            !std::ptr::eq(*shape, &DOT)
                && passes(shape, place, from, light, f64::INFINITY)
                && meet(&shape.form, place, from, light).is_some()
        })
    }
}

/// A dot of the hand's way ahead.
static DOT: Shape = Shape {
    form: Form::Primitive(MjtGeomBase::mjGEOM_SPHERE, [0.004, 0.0, 0.0]),
    color: [0.01, 0.22, 0.30],
    reach: 0.004,
};

/// Directions to points of a round light.
fn lights(n_rays: usize) -> Vec<Point> {
    let middle = unit(&LIGHT);
    let side = unit(&cross(&middle, &[0.0, 0.0, 1.0]));
    let other = cross(&middle, &side);
    let point = |at: usize| {
        // A sunflower's seeds: even over the disc for any number.
        let radius = 0.07 * (at as f64 / n_rays as f64).sqrt();
        let (sin, cos) = (2.4 * at as f64).sin_cos();
        unit(&add(&middle, &add(&scaled(&side, radius * cos), &scaled(&other, radius * sin))))
    };
    (0..n_rays.max(1)).map(point).collect()
}

/// Whether a ray comes near the shape, ahead and before `limit`.
fn passes(shape: &Shape, place: &Place, from: &Point, direction: &Point, limit: f64) -> bool {
    if shape.reach.is_infinite() {
        return true;
    }
    let way = minus(&place.position, from);
    let along = dot(&way, direction);
    let across = dot(&way, &way) - along * along;
    across <= shape.reach * shape.reach && along > -shape.reach && along - shape.reach < limit
}

fn meet(form: &Form, place: &Place, from: &Point, direction: &Point) -> Option<(f64, Point)> {
    match form {
        Form::Primitive(kind, size) => {
            let mut normal = [0.0; 3];
            let depth = mju_ray_geom(
                &place.position,
                &place.rotation,
                size,
                from,
                direction,
                *kind,
                Some(&mut normal),
            );
            (depth >= 0.0).then_some((depth, normal))
        }
        Form::Triangles(triangles) => meet_mesh(triangles, place, from, direction),
    }
}

fn meet_mesh(
    triangles: &[[Point; 3]],
    place: &Place,
    from: &Point,
    direction: &Point,
) -> Option<(f64, Point)> {
    let m = &place.rotation;
    let column = |k: usize| [m[k], m[3 + k], m[6 + k]];
    let way = minus(from, &place.position);
    let local = |v: &Point| -> Point { std::array::from_fn(|k| dot(&column(k), v)) };
    let (from, direction) = (local(&way), local(direction));
    let mut best: Option<(f64, Point)> = None;
    for triangle in triangles {
        if let Some((depth, normal)) = meet_triangle(triangle, &from, &direction)
            && best.is_none_or(|(nearest, _)| depth < nearest)
        {
            best = Some((depth, normal));
        }
    }
    best.map(|(depth, n)| {
        (depth, std::array::from_fn(|k| m[3 * k] * n[0] + m[3 * k + 1] * n[1] + m[3 * k + 2] * n[2]))
    })
}

/// Moeller and Trumbore, Journal of Graphics Tools 2(1), 1997.
fn meet_triangle([a, b, c]: &[Point; 3], from: &Point, direction: &Point) -> Option<(f64, Point)> {
    let (edge_b, edge_c) = (minus(b, a), minus(c, a));
    let p = cross(direction, &edge_c);
    let volume = dot(&edge_b, &p);
    if volume.abs() < 1e-15 {
        return None;
    }
    let start = minus(from, a);
    let u = dot(&start, &p) / volume;
    let q = cross(&start, &edge_b);
    let v = dot(direction, &q) / volume;
    let depth = dot(&edge_c, &q) / volume;
    let inside = u >= 0.0 && v >= 0.0 && u + v <= 1.0 && depth >= 0.0;
    inside.then(|| (depth, unit(&cross(&edge_b, &edge_c))))
}
