//! What can go wrong, as data.

use isogrid_core::Diagnose;
use isogrid_plan::PlanError;

/// An error of the robot engine.
#[derive(Debug, thiserror::Error)]
pub enum RobotError {
    /// A task that cannot be a planning problem.
    #[error("the task is unusable: {0}")]
    Task(String),
    /// An observation that does not belong to the scene.
    #[error("an observation has {found} poses, the scene has {expected} objects")]
    Objects {
        /// Poses seen.
        found: usize,
        /// Objects of the scene.
        expected: usize,
    },
    /// A number that is none.
    #[error("the pose of `{object}` at {seconds:.2} s is not finite")]
    NotFinite {
        /// The object, or `hand`.
        object: String,
        /// When.
        seconds: f64,
    },
    /// The planner failed.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl Diagnose for RobotError {}
