//! What can go wrong, as data.

use std::io;
use std::path::PathBuf;

use isogrid_core::Diagnose;
use isogrid_robot::RobotError;

/// An error of a simulated world.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// MuJoCo refuses a scene.
    #[error("MuJoCo refuses the scene: {0}")]
    Model(String),
    /// Another MuJoCo than the one that this program was built for.
    #[error("MuJoCo {loaded} was loaded, expected {built}")]
    Library {
        /// The version that was loaded.
        loaded: String,
        /// The version that was built for.
        built: String,
    },
    /// The scene lacks something by name.
    #[error("the scene has no {0}")]
    Missing(String),
    /// A scenario that contradicts itself.
    #[error("the scenario is unusable: {0}")]
    Scenario(String),
    /// A scenario file that is not what it should be.
    #[error("`{path}`: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its place.
        problem: String,
    },
    /// A file that cannot be read or written.
    #[error("`{path}`: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A picture that cannot be made.
    #[error("no picture: {0}")]
    Picture(String),
    /// A recording for the viewer that was not written.
    #[error("`{path}` was not recorded: {problem}")]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The program that writes recordings for the viewer is not there.
    #[error("`{program}` is neither beside this program nor on PATH")]
    NoViewer {
        /// Its name.
        program: &'static str,
    },
    /// A file that cannot be written.
    #[cfg(feature = "mujoco")]
    #[error(transparent)]
    Unwritable(#[from] isogrid::Error),
    /// The agent failed.
    #[error(transparent)]
    Robot(#[from] RobotError),
}

impl Diagnose for SimError {
    fn hint(&self) -> Option<String> {
        match self {
            SimError::Library { .. } => {
                Some("`cargo xtask fetch libmujoco` brings the right one".to_string())
            }
            SimError::NoViewer { .. } => Some(format!("`{}` builds it", crate::BUILD_VIEWER)),
            #[cfg(feature = "mujoco")]
            SimError::Unwritable(error) => error.hint(),
            SimError::Robot(error) => error.hint(),
            _ => None,
        }
    }
}
