//! LeRobot data sets: `meta/info.json` and parquet tables of frames, tasks and episodes.
//!
//! Low-dimensional columns only; videos and images are left alone. v3.0 is read and written, v2.1 (a parquet file an
//! episode, lists of JSON lines) is read. Format: LeRobot documentation, "LeRobotDataset v3.0".

mod info;
mod meta;
mod pages;
mod read;
mod statistics;
mod table;
mod write;

pub use read::read;
pub use write::write_lerobot;

/// The version that is written.
const VERSION: &str = "v3.0";

/// The hand: x, y, z, opening.
const STATE: &str = "observation.state";

/// The objects: position and rotation of each.
const ENVIRONMENT: &str = "observation.environment_state";

const ACTION: &str = "action";

/// Names of the numbers of `STATE` and `ACTION` as they are written.
const STATE_NAMES: [&str; 4] = ["x", "y", "z", "opening"];
const ACTION_NAMES: [&str; 4] = ["x", "y", "z", "grip"];

/// Endings of the names of an object's numbers.
const POSE_NAMES: [&str; 7] = ["x", "y", "z", "qw", "qx", "qy", "qz"];

/// The scene beside LeRobot's own files, which have no place for it; other programs ignore it.
const SCENE: &str = "meta/isogrid_scene.json";
