//! Recordings in the formats of robotics: robomimic HDF5 and LeRobot v3 (v2.1 is read too).
//!
//! Only what a [`Recording`] holds is read: the hand, the objects' poses, the actions, the clock. Images, videos, joint
//! states and simulator states are left alone. An episode that cannot be believed is rejected with its reason and does
//! not lose the others. Formats: robomimic documentation, "Dataset Contents"; LeRobot documentation, "LeRobotDataset
//! v3.0". Fields, units and frames are in docs/recordings.md.

mod atomic;
mod episode;
mod error;
mod lerobot;
mod objects;
mod robomimic;

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::recording::Recording;
use crate::world::Object;

pub use error::{FormatError, Reason, Rejected};
pub use lerobot::write_lerobot;
pub use robomimic::write_robomimic;

/// The first bytes of an HDF5 file.
const HDF5_MAGIC: &[u8; 8] = b"\x89HDF\r\n\x1a\n";

/// The file that makes a folder a LeRobot data set.
const INFO: &str = "meta/info.json";

/// What a file does not say about itself.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Kinds and half sizes of objects, for files that Isogrid did not write. A name may hold `*`, which stands for any
    /// characters: `cube*`. The first entry that fits an object describes it; objects that no entry fits are left out,
    /// with a note. Default: none.
    pub objects: Vec<Object>,
    /// Only the demonstrations that this filter key (`mask/NAME` of a robomimic file) lists. Default: all.
    pub filter: Option<String>,
    /// Observations a second, for robomimic files without `control_freq`. Default: 20, robosuite's own.
    pub rate_hz: Option<f64>,
    /// Where the robot's base plate stands in the file's frame, in metres; it is subtracted from every position.
    /// Default: the origin, as in files that Isogrid wrote. robosuite counts from the floor below the table.
    pub base: [f64; 3],
    /// Which numbers of LeRobot's `observation.state` are x, y, z and the gripper's opening. Default: by their names
    /// in `meta/info.json`, or all four where there are four without names.
    pub hand_columns: Option<[usize; 4]>,
    /// Which numbers of LeRobot's `action` are x, y, z and grip. Default: as for `hand_columns`.
    pub action_columns: Option<[usize; 4]>,
}

impl ReadOptions {
    fn check(&self) -> Result<(), FormatError> {
        let wrong = |option, found: String, expected| Err(FormatError::Option { option, found, expected });
        if !self.base.iter().all(|part| part.is_finite()) {
            return wrong("base", format!("{:?}", self.base), "three numbers of metres");
        }
        if let Some(rate_hz) = self.rate_hz.filter(|rate_hz| !(rate_hz.is_finite() && *rate_hz > 0.0)) {
            return wrong("rate_hz", rate_hz.to_string(), "a rate above 0");
        }
        let sizeless =
            |object: &&Object| !object.half_size.iter().all(|half| half.is_finite() && *half >= 0.0);
        if let Some(object) = self.objects.iter().find(sizeless) {
            return wrong("objects", format!("{:?}", object.half_size), "half sizes in metres");
        }
        Ok(())
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What the files were.
    pub format: Format,
    /// Usable episodes in the file's order; at least one.
    pub recordings: Vec<Recording>,
    /// Episodes that were left out.
    pub rejected: Vec<Rejected>,
    /// Odd but usable things, a sentence each.
    pub notes: Vec<String>,
}

/// A format of recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One HDF5 file as robomimic reads it.
    Robomimic,
    /// A folder of LeRobot, `codebase_version` v3.0.
    LerobotV3,
    /// A folder of LeRobot, `codebase_version` v2.1: one parquet file an episode.
    LerobotV21,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Robomimic => "robomimic HDF5",
            Format::LerobotV3 => "LeRobot v3.0",
            Format::LerobotV21 => "LeRobot v2.1",
        })
    }
}

/// Reads a robomimic file or a LeRobot folder, recognized by content.
///
/// # Errors
/// `path` is neither, is damaged as a whole, describes no object that `options` or the file itself knows, or has no
/// usable episode. See [`FormatError`].
///
/// # Cost
/// Proportional to the low-dimensional data; images and videos are not touched. Memory is bounded by the files' size
/// times the compression that their codecs can reach at most.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Loaded, FormatError> {
    options.check()?;
    let loaded = if path.is_dir() {
        if !path.join(INFO).is_file() {
            return Err(FormatError::Unknown {
                path: path.to_path_buf(),
                found: format!("a folder without {INFO}"),
            });
        }
        lerobot::read(path, options)?
    } else {
        check_magic(path)?;
        robomimic::read(path, options)?
    };
    if loaded.recordings.is_empty() {
        let path = path.to_path_buf();
        return Err(match loaded.rejected.is_empty() {
            true => FormatError::NoEpisodes { path },
            false => FormatError::NoneUsable { path, rejected: loaded.rejected },
        });
    }
    Ok(loaded)
}

/// HDF5 allows a block of the user's own in front, of 512 bytes or a power of two times that.
fn check_magic(path: &Path) -> Result<(), FormatError> {
    let fault = FormatError::io(path);
    let mut start = Vec::new();
    File::open(path).and_then(|file| file.take(4096 + 8).read_to_end(&mut start)).map_err(fault)?;
    let offsets = [0_usize, 512, 1024, 2048, 4096];
    if offsets.iter().any(|at| start.get(*at..at + HDF5_MAGIC.len()) == Some(HDF5_MAGIC)) {
        return Ok(());
    }
    let found = match start.len() {
        0 => "an empty file".to_string(),
        _ => format!("a file that begins with {:?}", String::from_utf8_lossy(&start[..start.len().min(8)])),
    };
    Err(FormatError::Unknown { path: path.to_path_buf(), found })
}
