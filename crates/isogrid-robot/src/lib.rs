#![doc = include_str!("../README.md")]

pub mod agent;
mod detect;
mod engine;
mod error;
pub mod facts;
#[cfg(feature = "formats")]
pub mod formats;
mod info;
pub mod kinematic;
pub mod learn;
pub mod policy;
mod port;
pub mod protocol;
pub mod recording;
pub mod skill;
pub mod skills;
pub mod tasks;
pub mod trace;
pub mod world;

pub use detect::{ALPHA, STRUCTURE, counter_example, detect, planted};
pub use engine::{Assignment, Decision, Demonstrations, Percepts, Robot, RobotSession};
pub use error::RobotError;
pub use port::assignment;
pub use recording::{Frame, Recording};
pub use world::{Action, Hand, Object, ObjectKind, Observation, Pose, Scene, Verdict};
