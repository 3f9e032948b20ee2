//! robomimic HDF5: one file, `data/demo_i/{actions, obs/*, ..}`, filter keys under `mask`.
//!
//! Positions, rotations, gripper and actions only. Where Isogrid wrote the file, the scene stands in attributes;
//! elsewhere objects are the observations called `NAME_pos`. Format: robomimic documentation, "Dataset Contents".

mod environment;
mod file;
mod read;
mod superblock;
mod write;

pub use read::read;
pub use write::write_robomimic;

/// Where the scene stands: in `env_kwargs` of `env_args`, and as an attribute of a demonstration with another one.
const SCENE: &str = "isogrid_scene";

/// The attribute of a demonstration that says what was demonstrated.
const TASK: &str = "task";

/// The hand's position, its rotation, and the joints of its two fingers.
const HAND: &str = "robot0_eef_pos";
const HAND_ROTATION: &str = "robot0_eef_quat";
const FINGERS: &str = "robot0_gripper_qpos";

/// Seconds since the episode's start; Isogrid's own, other programs ignore it.
const SECONDS: &str = "timestamps";
