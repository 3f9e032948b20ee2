#![doc = include_str!("../README.md")]

#[cfg(feature = "mujoco")]
pub mod camera;
#[cfg(feature = "mujoco")]
pub mod clumsy;
#[cfg(feature = "mujoco")]
pub mod episode;
mod error;
pub mod families;
#[cfg(feature = "mujoco")]
pub mod film;
pub mod judge;
#[cfg(feature = "mujoco")]
pub mod kept;
#[cfg(feature = "mujoco")]
pub mod library;
#[cfg(feature = "mujoco")]
mod limb;
pub mod mjcf;
pub mod osc;
#[cfg(feature = "mujoco")]
mod own;
pub mod panda;
#[cfg(feature = "mujoco")]
pub mod physics;
#[cfg(feature = "mujoco")]
pub mod picture;
pub mod scenario;
pub mod scenario_file;
#[cfg(feature = "mujoco")]
pub mod stream;
#[cfg(feature = "mujoco")]
mod vector;
#[cfg(feature = "mujoco")]
pub mod verbs;
#[cfg(feature = "mujoco")]
pub mod viewer;
#[cfg(feature = "mujoco")]
pub mod world;

pub use error::SimError;

/// The command that builds the program that writes recordings for the Rerun viewer.
pub const BUILD_VIEWER: &str = "cargo build --release --manifest-path viewer/Cargo.toml --target-dir target";
