//! What can go wrong with a rival, as data.

use isogrid_robot::RobotError;

/// An error of a rival's training, file or episode.
#[derive(Debug, thiserror::Error)]
pub enum RivalError {
    /// A setting that no rival can have.
    #[error("{what} is {found}, expected {expected}")]
    Setting {
        /// Which one.
        what: &'static str,
        /// Its value.
        found: String,
        /// What would do.
        expected: String,
    },
    /// A scene with more things than there are slots.
    #[error("the scene has {found} {what}, a rival has slots for {most}")]
    Slots {
        /// Blocks or pads.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many slots there are.
        most: usize,
    },
    /// An observation that does not belong to the scene.
    #[error("an observation has {found} poses, the scene has {expected} objects")]
    Objects {
        /// Poses seen.
        found: usize,
        /// Objects of the scene.
        expected: usize,
    },
    /// A number that is none.
    #[error("the observation at {seconds:.2} s holds a number that is not finite")]
    NotFinite {
        /// When.
        seconds: f64,
    },
    /// A task whose goal names what is not there.
    #[error("the goal puts object {block} on object {on}, the scene has {objects} objects")]
    Goal {
        /// The block.
        block: usize,
        /// Its support.
        on: usize,
        /// Objects of the scene.
        objects: usize,
    },
    /// Too little to learn from.
    #[error(
        "{usable} of {found} demonstrations are usable, expected 2 or more: one to learn from, one held out{why}"
    )]
    Demonstrations {
        /// How many there were.
        found: usize,
        /// How many of them can be learned from.
        usable: usize,
        /// Why the first unusable one is none; may be empty.
        why: String,
    },
    /// Bytes that are no rival.
    #[error("these are no usable rival: {0}")]
    Bytes(String),
    /// A file of the work folder cannot be read or written.
    #[error("`{path}`: {why}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        why: String,
    },
    /// The training driver failed.
    #[error(transparent)]
    Training(#[from] isogrid_nn::Error),
    /// The planner of a guided rival failed, or the task is none.
    #[error(transparent)]
    Robot(#[from] RobotError),
    /// No plan leads to the goal.
    #[error("no plan leads to the goal")]
    Unreachable,
}

impl RivalError {
    pub(super) fn setting(what: &'static str, found: impl ToString, expected: impl ToString) -> RivalError {
        RivalError::Setting { what, found: found.to_string(), expected: expected.to_string() }
    }

    pub(super) fn file(path: &std::path::Path, error: impl ToString) -> RivalError {
        RivalError::File { path: path.display().to_string(), why: error.to_string() }
    }
}
