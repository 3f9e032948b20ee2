#![doc = include_str!("../README.md")]

pub mod agent;
mod error;
pub mod facts;
#[cfg(feature = "formats")]
pub mod formats;
pub mod kinematic;
pub mod learn;
pub mod policy;
pub mod protocol;
pub mod recording;
pub mod skill;
pub mod skills;
pub mod tasks;
pub mod trace;
pub mod world;

pub use error::RobotError;
pub use recording::{Frame, Recording};
pub use world::{Action, Hand, Object, ObjectKind, Observation, Pose, Scene, Verdict};
