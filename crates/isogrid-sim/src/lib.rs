#![doc = include_str!("../README.md")]

#[cfg(feature = "mujoco")]
pub mod episode;
mod error;
pub mod families;
pub mod judge;
pub mod mjcf;
pub mod osc;
pub mod panda;
#[cfg(feature = "mujoco")]
pub mod physics;
pub mod scenario;
pub mod scenario_file;
#[cfg(feature = "mujoco")]
pub mod verbs;
#[cfg(feature = "mujoco")]
pub mod world;

pub use error::SimError;
