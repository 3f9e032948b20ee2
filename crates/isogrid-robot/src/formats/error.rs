//! Everything that can go wrong with files of recordings, and why an episode is rejected.

use std::io;
use std::path::{Path, PathBuf};

use isogrid_core::Diagnose;

/// A fault of a whole file or folder of recordings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Neither of the formats.
    #[error("{}: {found}, expected a robomimic HDF5 file or a LeRobot folder", path.display())]
    Unknown {
        /// What was given.
        path: PathBuf,
        /// What it looks like.
        found: String,
    },
    /// A LeRobot folder of another version.
    #[error("{}: LeRobot version `{found}`, expected v3.0 or v2.1", path.display())]
    Version {
        /// The file that says so.
        path: PathBuf,
        /// Its `codebase_version`.
        found: String,
    },
    /// The file's structure is broken.
    #[error("{}: damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What its reader says.
        reason: String,
    },
    /// Something that every file of this format has is not there.
    #[error("{}: there is no {what}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What is missing.
        what: String,
    },
    /// A value of the file's own description makes no sense.
    #[error("{}: {what} is `{found}`, expected {expected}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// What the value is of.
        what: String,
        /// The value.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// Nobody said what the objects are.
    #[error("{}: kind and size of {} are not known", path.display(), quoted(names))]
    Undescribed {
        /// The file.
        path: PathBuf,
        /// The objects that the file has poses of.
        names: Vec<String>,
    },
    /// The caller described an object that the file does not have.
    #[error("{}: there is no object `{name}`; there are {}", path.display(), quoted(found))]
    AbsentObject {
        /// The file.
        path: PathBuf,
        /// The name or pattern that was described.
        name: String,
        /// The objects that the file has poses of.
        found: Vec<String>,
    },
    /// An option that cannot hold.
    #[error("option `{option}` is `{found}`, expected {expected}")]
    Option {
        /// The field of [`super::ReadOptions`].
        option: &'static str,
        /// Its value.
        found: String,
        /// What is accepted.
        expected: &'static str,
    },
    /// A data set of zero episodes.
    #[error("{}: no demonstrations", path.display())]
    NoEpisodes {
        /// The file or folder.
        path: PathBuf,
    },
    /// Every episode was rejected.
    #[error("{}: none of {} can be used; {}", path.display(), counted(rejected.len()), first(rejected))]
    NoneUsable {
        /// The file or folder.
        path: PathBuf,
        /// All of them; at least one.
        rejected: Vec<Rejected>,
    },
    /// A recording that no reader would accept.
    #[error("recording {index} cannot be written: {reason}")]
    Unwritable {
        /// Its place among the recordings, from 0.
        index: usize,
        /// What is wrong with it.
        reason: Reason,
    },
    /// LeRobot has one set of columns for all episodes.
    #[error("recording {index} has another scene than recording 0, and a LeRobot folder has one")]
    MixedScenes {
        /// The first that differs.
        index: usize,
    },
    /// A folder is never written over.
    #[error("{}: exists already and is not an empty folder", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// The encoder refused.
    #[error("{}: cannot be encoded: {reason}", path.display())]
    Encode {
        /// The file to be written.
        path: PathBuf,
        /// What it says.
        reason: String,
    },
}

/// An episode that was left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// Its name in the file: `demo_3`, `episode 3`, or the file that held it where it could not be opened.
    pub episode: String,
    /// Why.
    pub reason: Reason,
}

/// Why an episode cannot be believed. Rows count from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Zero frames.
    #[error("it has no frames")]
    Empty,
    /// A column is not there.
    #[error("`{column}` is missing")]
    Missing {
        /// The column.
        column: String,
    },
    /// A column cannot be read.
    #[error("`{column}` cannot be read: {reason}")]
    Damaged {
        /// The column or file.
        column: String,
        /// What its reader says.
        reason: String,
    },
    /// A column, or one row of it, has the wrong width.
    #[error("`{column}` has {found} numbers a row, expected {expected}")]
    Width {
        /// The column.
        column: String,
        /// Numbers in a row.
        found: usize,
        /// What is accepted.
        expected: String,
    },
    /// Columns of different length.
    #[error("`{column}` has {found} rows where the episode has {expected}")]
    Rows {
        /// The column, or what declares a number of rows.
        column: String,
        /// Its rows.
        found: u64,
        /// The episode's rows.
        expected: u64,
    },
    /// A value that is not a finite number.
    #[error("`{column}` is {value} in row {row}")]
    NotFinite {
        /// The column.
        column: String,
        /// The row.
        row: usize,
        /// The value.
        value: f64,
    },
    /// A rotation that is none.
    #[error("`{column}` has length {norm:.3} in row {row}, expected a unit quaternion")]
    NotUnit {
        /// The column.
        column: String,
        /// The row.
        row: usize,
        /// The quaternion's length.
        norm: f64,
    },
    /// An action turns the hand, which this arm's actions cannot.
    #[error("the action turns the hand in row {row} (component {value:.3}, expected at most {limit})")]
    Turns {
        /// The row.
        row: usize,
        /// The largest rotation component.
        value: f64,
        /// What still counts as none.
        limit: f64,
    },
    /// A step of the clock that is not one over the rate.
    #[error("the clock steps by {step:.4} s after row {row}, expected {expected:.4} s")]
    Clock {
        /// The row before the step.
        row: usize,
        /// The step.
        step: f64,
        /// One over the rate.
        expected: f64,
    },
    /// Frames are missing, doubled or out of order.
    #[error("`frame_index` is {found} in row {row}")]
    FrameIndex {
        /// The row.
        row: usize,
        /// The index found there.
        found: f64,
    },
    /// A scene that cannot be: of the episode read, or of the recording to be written.
    #[error("its scene has {0}")]
    Scene(String),
    /// A list names an episode that is not there.
    #[error("`{list}` lists it, but it is not in the file")]
    Listed {
        /// The list.
        list: String,
    },
    /// More data than a file of this size can hold.
    #[error("`{column}` claims {bytes} bytes, more than the file can hold")]
    TooLarge {
        /// The column.
        column: String,
        /// The size claimed.
        bytes: u64,
    },
}

impl FormatError {
    /// For `map_err` on a file operation.
    pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> FormatError + use<> {
        let path = path.to_path_buf();
        move |source| FormatError::Io { path: path.clone(), source }
    }

    pub(super) fn damaged(path: &Path, reason: impl ToString) -> FormatError {
        FormatError::Damaged { path: path.to_path_buf(), reason: reason.to_string() }
    }

    pub(super) fn encode(path: &Path) -> impl Fn(&dyn std::error::Error) -> FormatError + use<> {
        let path = path.to_path_buf();
        move |error| FormatError::Encode { path: path.clone(), reason: error.to_string() }
    }
}

impl Diagnose for FormatError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            FormatError::Unknown { .. } => "see docs/recordings.md for what is read",
            FormatError::Version { .. } => {
                "LeRobot's own `convert_dataset_v21_to_v30` brings older folders up to date"
            }
            FormatError::Damaged { .. } => {
                "copy the file again; a download or a recording may have ended early"
            }
            FormatError::Undescribed { .. } | FormatError::AbsentObject { .. } => {
                "describe each object by name or pattern, kind (block or pad) and half sizes in metres: \
                 --objects 'cube*=block:0.02x0.02x0.02,bin=pad:0.1x0.1x0.01'"
            }
            FormatError::NoneUsable { rejected, .. } => return of_reason(&rejected.first()?.reason),
            FormatError::MixedScenes { .. } => {
                "write one folder a scene, or robomimic HDF5, which has one an episode"
            }
            FormatError::Exists { .. } => "name a new folder, or remove that one",
            FormatError::Unwritable { reason, .. } => return of_reason(reason),
            _ => return None,
        };
        Some(hint.to_string())
    }
}

fn of_reason(reason: &Reason) -> Option<String> {
    let hint = match reason {
        Reason::Missing { column } if column == "obs" => {
            "robomimic's `dataset_states_to_obs` adds observations to a file that has only simulator states"
        }
        Reason::Turns { .. } => {
            "record with robosuite's `OSC_POSITION` controller, which keeps the hand upright"
        }
        Reason::Clock { .. } => "record at a steady rate, or resample",
        _ => return None,
    };
    Some(hint.to_string())
}

fn quoted(names: &[String]) -> String {
    match names {
        [] => "none".to_string(),
        _ => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

fn counted(n: usize) -> String {
    if n == 1 { "1 episode".to_string() } else { format!("{n} episodes") }
}

fn first(rejected: &[Rejected]) -> String {
    rejected.first().map_or_else(String::new, |one| format!("{}: {}", one.episode, one.reason))
}
