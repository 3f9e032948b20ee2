//! Three numbers as a vector.

pub(crate) fn add(a: &[f64; 3], b: &[f64; 3]) -> [f64; 3] {
    std::array::from_fn(|k| a[k] + b[k])
}

pub(crate) fn minus(a: &[f64; 3], b: &[f64; 3]) -> [f64; 3] {
    std::array::from_fn(|k| a[k] - b[k])
}

pub(crate) fn scaled(a: &[f64; 3], factor: f64) -> [f64; 3] {
    a.map(|value| factor * value)
}

pub(crate) fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(crate) fn cross(a: &[f64; 3], b: &[f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The vector at length one; zero stays zero.
pub(crate) fn unit(a: &[f64; 3]) -> [f64; 3] {
    let length = dot(a, a).sqrt();
    if length > 0.0 { scaled(a, 1.0 / length) } else { *a }
}

/// The vector turned by a unit quaternion `w, x, y, z`.
pub(crate) fn rotated(turn: &[f64; 4], a: &[f64; 3]) -> [f64; 3] {
    let (w, axis) = (turn[0], [turn[1], turn[2], turn[3]]);
    let twice = scaled(&cross(&axis, a), 2.0);
    add(a, &add(&scaled(&twice, w), &cross(&axis, &twice)))
}

/// The turn that leads from one rotation to another, as axis times angle, in radians, where it is small.
pub(crate) fn turn_between(from: &[f64; 4], to: &[f64; 4]) -> [f64; 3] {
    let [w, x, y, z] = *from;
    let [tw, tx, ty, tz] = *to;
    // `to` times the inverse of `from`.
    let scalar = tw * w + tx * x + ty * y + tz * z;
    let axis = [
        -tw * x + tx * w - ty * z + tz * y,
        -tw * y + ty * w - tz * x + tx * z,
        -tw * z + tz * w - tx * y + ty * x,
    ];
    scaled(&axis, if scalar < 0.0 { -2.0 } else { 2.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_lead_from_one_rotation_to_another() {
        let about = |axis: usize, angle: f64| {
            let mut turn = [(angle / 2.0).cos(), 0.0, 0.0, 0.0];
            turn[1 + axis] = (angle / 2.0).sin();
            turn
        };
        let close = |a: [f64; 3], b: [f64; 3]| (0..3).all(|k| (a[k] - b[k]).abs() < 1e-5);
        let quarter = about(2, std::f64::consts::FRAC_PI_2);
        assert!(close(rotated(&quarter, &[1.0, 0.0, 0.5]), [0.0, 1.0, 0.5]));
        for axis in 0..3 {
            let (from, to) = (about(axis, 0.3), about(axis, 0.31));
            let mut wanted = [0.0; 3];
            wanted[axis] = 0.01;
            assert!(close(turn_between(&from, &to), wanted), "{axis}");
            assert!(close(turn_between(&from, &to.map(|value| -value)), wanted), "{axis}");
        }
    }
}
