#![doc = include_str!("../README.md")]

pub mod recording;
pub mod world;

pub use recording::{Frame, Recording};
pub use world::{Action, Hand, Object, ObjectKind, Observation, Pose, Scene};
