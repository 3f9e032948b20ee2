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
    /// Recordings in which a sub-skill does not occur.
    #[error("no example of the sub-skill `{skill}` was found in the recordings")]
    NoExamples {
        /// The sub-skill.
        skill: &'static str,
    },
    /// Bytes that are no skills.
    #[error("these are no usable skills: {0}")]
    Skills(String),
    /// Training failed.
    #[cfg(feature = "train")]
    #[error("training failed: {0}")]
    Training(String),
    /// The planner failed.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

#[cfg(feature = "train")]
impl RobotError {
    pub(crate) fn training(error: isogrid_nn::Error) -> RobotError {
        RobotError::Training(error.to_string())
    }
}

impl Diagnose for RobotError {}
