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
    /// Skills in a world of another rate.
    #[error("the skills were learned at {learned} Hz, the world is at {world} Hz")]
    Rate {
        /// Ticks a second of the demonstrations.
        learned: f64,
        /// Ticks a second of the world.
        world: f64,
    },
    /// A world that cannot be understood, or is gone.
    #[error("the world: {0}")]
    World(String),
    /// An option out of its range, or a request that cannot be served.
    #[error("{0}")]
    Request(String),
    /// This build has no trainer.
    #[error("this program was built without its trainer")]
    NoTrainer,
    /// Recordings that cannot be read.
    #[cfg(feature = "formats")]
    #[error(transparent)]
    Format(#[from] crate::formats::FormatError),
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

impl Diagnose for RobotError {
    fn hint(&self) -> Option<String> {
        match self {
            RobotError::NoTrainer => Some(
                "build it with its trainer: cargo build --release -p isogrid-cli --features train"
                    .to_string(),
            ),
            RobotError::Rate { .. } => {
                Some("an action is one tick long: learn from demonstrations of the world's rate".to_string())
            }
            RobotError::Plan(error) => error.hint(),
            RobotError::Skills(_) => Some("`isogrid fit DEMONSTRATIONS -o SKILLS` writes skills".to_string()),
            RobotError::NoExamples { .. } => {
                Some("record whole moves: each block taken up, carried, put down and let go".to_string())
            }
            #[cfg(feature = "formats")]
            RobotError::Format(error) => error.hint(),
            _ => None,
        }
    }
}
