//! Operational-space control: joint torques that move the hand like a damped spring (Khatib, IEEE J. Robotics and
//! Automation 3(1), 1987).
//!
//! The hand's inertia is decoupled in task space, so one stiffness serves all directions; what the task leaves free
//! pulls the joints to a posture. Works on fixed-size arrays and allocates nothing. Left out: impedance that changes.

use crate::panda::{MAX_TORQUE, MAX_VELOCITY, N_JOINTS};

/// Directions of the task: three of translation, three of rotation.
pub const N_TASK: usize = 6;

/// Damping of a joint that is too fast, in newton metres for each radian a second: less than would overshoot within a
/// physics step on the lightest joint.
const BRAKE: f64 = 40.0;

type Joints = [f64; N_JOINTS];
type Task = [f64; N_TASK];

/// Stiffness and damping.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gains {
    /// Translation, in 1/s^2. Critically damped.
    pub position: f64,
    /// Rotation, in 1/s^2. Critically damped.
    pub rotation: f64,
    /// Posture, in 1/s^2. Critically damped.
    pub posture: f64,
    /// The share of the rated joint velocities that is used; 0.8 leaves room for contacts.
    pub velocity_share: f64,
}

impl Default for Gains {
    fn default() -> Gains {
        Gains { position: 400.0, rotation: 400.0, posture: 10.0, velocity_share: 0.8 }
    }
}

/// What the controller needs to know of the arm at one instant.
#[derive(Debug, Clone, Default)]
pub struct ArmState {
    /// Joint angles, in radians.
    pub angles: Joints,
    /// Joint velocities, in radians a second.
    pub velocities: Joints,
    /// Inertia matrix, symmetric, in kg m^2.
    pub inertia: [Joints; N_JOINTS],
    /// Jacobian of the hand: three rows of translation, three of rotation.
    pub jacobian: [Joints; N_TASK],
    /// Gravity and Coriolis torques, in newton metres.
    pub bias: Joints,
}

/// Torques that pull the hand along `error` (translation in metres, rotation as an axis times an angle in radians) and
/// the joints to `posture`; each within the motor's limit.
pub fn torques(arm: &ArmState, error: &Task, posture: &Joints, gains: &Gains) -> Joints {
    let Some(factor) = cholesky(&arm.inertia) else { return [0.0; N_JOINTS] };
    // Columns of M^-1 J^T.
    let mut inverse_times = [[0.0; N_JOINTS]; N_TASK];
    for (column, row) in inverse_times.iter_mut().zip(&arm.jacobian) {
        *column = solve(&factor, row);
    }
    let mut mobility = [[0.0; N_TASK]; N_TASK];
    for (i, row) in mobility.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            *cell = dot(&arm.jacobian[i], &inverse_times[j]);
        }
        // Near a singular posture the hand's inertia would grow without bound.
        row[i] += 1e-6;
    }
    let Some(mobility) = cholesky(&mobility) else { return [0.0; N_JOINTS] };
    let velocity: Task = arm.jacobian.map(|row| dot(&row, &arm.velocities));
    let stiffness = |i: usize| if i < 3 { gains.position } else { gains.rotation };
    // A damped spring is a servo of velocity: what it aims at is limited, joint by joint, before it is.
    let aim: Task = std::array::from_fn(|i| 0.5 * stiffness(i).sqrt() * error[i]);
    let share = allowed_share(&inverse_times, &solve(&mobility, &aim), gains.velocity_share);
    let acceleration: Task =
        std::array::from_fn(|i| 2.0 * stiffness(i).sqrt() * (share * aim[i] - velocity[i]));
    let force = solve(&mobility, &acceleration);
    let pull: Joints = std::array::from_fn(|j| {
        gains.posture * (posture[j] - arm.angles[j]) - 2.0 * gains.posture.sqrt() * arm.velocities[j]
    });
    // The posture's torque less what of it would move the hand.
    let wanted: Joints = arm.inertia.map(|row| dot(&row, &pull));
    let leak: Task = inverse_times.map(|column| dot(&column, &wanted));
    let leak = solve(&mobility, &leak);
    std::array::from_fn(|j| {
        let task: f64 = (0..N_TASK).map(|i| arm.jacobian[i][j] * (force[i] - leak[i])).sum();
        let torque = task + wanted[j] + arm.bias[j] - brake(arm.velocities[j], j, gains.velocity_share);
        torque.clamp(-MAX_TORQUE[j], MAX_TORQUE[j])
    })
}

/// How much of the aimed hand velocity keeps every joint within its share of the rated velocity. `columns` are those
/// of M^-1 J^T, `force` the hand's velocity times its inertia.
fn allowed_share(columns: &[Joints; N_TASK], force: &Task, velocity_share: f64) -> f64 {
    let velocity = |j: usize| (0..N_TASK).map(|i| columns[i][j] * force[i]).sum::<f64>().abs();
    let limit = |j: usize| velocity_share * MAX_VELOCITY[j] / velocity(j).max(1e-9);
    (0..N_JOINTS).map(limit).fold(1.0, f64::min)
}

/// The torque against a joint that is faster than its share of the rated velocity, in newton metres.
fn brake(velocity: f64, joint: usize, velocity_share: f64) -> f64 {
    let excess = (velocity.abs() - velocity_share * MAX_VELOCITY[joint]).max(0.0);
    BRAKE * excess * velocity.signum()
}

fn dot<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The lower factor of a symmetric positive definite matrix; none where it is not.
fn cholesky<const N: usize>(matrix: &[[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut lower = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            let rest = matrix[i][j] - sum;
            if i == j {
                if rest.is_nan() || rest <= 0.0 {
                    return None;
                }
                lower[i][i] = rest.sqrt();
            } else {
                lower[i][j] = rest / lower[j][j];
            }
        }
    }
    Some(lower)
}

/// Solves A x = b from the lower factor of A.
fn solve<const N: usize>(lower: &[[f64; N]; N], b: &[f64; N]) -> [f64; N] {
    let mut x = *b;
    for i in 0..N {
        let sum: f64 = (0..i).map(|k| lower[i][k] * x[k]).sum();
        x[i] = (x[i] - sum) / lower[i][i];
    }
    for i in (0..N).rev() {
        let sum: f64 = (i + 1..N).map(|k| lower[k][i] * x[k]).sum();
        x[i] = (x[i] - sum) / lower[i][i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagonal<const N: usize>(value: f64) -> [[f64; N]; N] {
        std::array::from_fn(|i| std::array::from_fn(|j| if i == j { value } else { 0.1 }))
    }

    #[test]
    fn a_factor_solves_its_system() {
        let matrix: [[f64; 5]; 5] = diagonal(2.0);
        let x = [1.0, -2.0, 0.5, 3.0, 0.0];
        let b = matrix.map(|row| dot(&row, &x));
        let found = solve(&cholesky(&matrix).expect("positive definite"), &b);
        assert!(found.iter().zip(&x).all(|(found, x)| (found - x).abs() < 1e-12), "{found:?}");
        assert!(cholesky(&diagonal::<3>(-1.0)).is_none());
    }

    #[test]
    fn without_error_or_motion_only_the_bias_is_held() {
        let jacobian = std::array::from_fn(|i| std::array::from_fn(|j| if i == j { 1.0 } else { 0.05 }));
        let arm = ArmState {
            angles: [0.3; N_JOINTS],
            velocities: [0.0; N_JOINTS],
            inertia: diagonal(1.0),
            jacobian,
            bias: [1.0, -2.0, 3.0, -4.0, 5.0, -6.0, 7.0],
        };
        let still = torques(&arm, &[0.0; N_TASK], &arm.angles, &Gains::default());
        assert!(still.iter().zip(&arm.bias).all(|(a, b)| (a - b).abs() < 1e-9), "{still:?}");
        let pulled = torques(&arm, &[0.1, 0.0, 0.0, 0.0, 0.0, 0.0], &arm.angles, &Gains::default());
        assert!(pulled[0] > still[0]);
        let limited = torques(&arm, &[1e6; N_TASK], &arm.angles, &Gains::default());
        assert!(limited.iter().zip(&MAX_TORQUE).all(|(torque, limit)| torque.abs() <= *limit));
    }
}
