//! What can be wrong with options, batches, weights and checkpoints.

use std::path::PathBuf;

/// Why a network could not be made, trained, saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option has a value that nothing can be computed with.
    #[error("{what} is {found}, expected {expected}")]
    Option {
        /// Which option.
        what: &'static str,
        /// Its value.
        found: String,
        /// What would be allowed.
        expected: String,
    },
    /// The system gives no more threads.
    #[error("no thread to work on: {0}")]
    Threads(String),
    /// A buffer of a batch does not have the length that the network's sizes ask for.
    #[error("step {step}: {what} of the batch: {found} numbers, expected {expected}")]
    Batch {
        /// The step whose batch it is.
        step: u64,
        /// Which buffer.
        what: &'static str,
        /// Its length.
        found: usize,
        /// What would be allowed.
        expected: String,
    },
    /// The loss or a gradient is not a finite number: training has diverged, or the data holds such a number.
    #[error("step {step}: the {what} is {found}, not a finite number")]
    NotFinite {
        /// The step.
        step: u64,
        /// The loss or the gradient.
        what: &'static str,
        /// Its value.
        found: f32,
    },
    /// A file could not be read or written.
    #[error("{action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file is not a checkpoint that training can go on from.
    #[error("{path}: {reason}", path = path.display())]
    Checkpoint {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: CheckpointError,
    },
    /// Weights cannot be exported or imported.
    #[error(transparent)]
    Network(#[from] isogrid_num::net::Error),
}

/// What is wrong with the bytes of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It begins with something else.
    #[error("not a training checkpoint")]
    Magic,
    /// It was written by another version of this program.
    #[error("checkpoint version {found}, this program reads version {expected}")]
    Version {
        /// The version of the file.
        found: u32,
        /// The version read here.
        expected: u32,
    },
    /// It is shorter or longer than a checkpoint of this network.
    #[error("the file has {found} bytes, a checkpoint of this network has {expected}")]
    Length {
        /// The file's length.
        found: u64,
        /// The length expected.
        expected: u64,
    },
    /// The checksum does not fit: the file is damaged.
    #[error("the checksum is {found:08x}, the content has {expected:08x}")]
    Checksum {
        /// The checksum in the file.
        found: u32,
        /// The content's.
        expected: u32,
    },
    /// It belongs to a network of other layers.
    #[error("it belongs to another network: fingerprint {found:016x}, expected {expected:016x}")]
    Network {
        /// The fingerprint in the file.
        found: u64,
        /// This network's.
        expected: u64,
    },
    /// It belongs to a run with other options, so going on would not repeat that run.
    #[error("it belongs to a run with other options: fingerprint {found:016x}, expected {expected:016x}")]
    Options {
        /// The fingerprint in the file.
        found: u64,
        /// These options'.
        expected: u64,
    },
    /// A stored step is beyond the end of the run.
    #[error("it stands at step {found}, the run has {n_steps}")]
    Step {
        /// The step in the file.
        found: u64,
        /// Steps of the run.
        n_steps: u64,
    },
}

/// An error about an option.
pub(crate) fn bad_option(what: &'static str, found: impl ToString, expected: impl ToString) -> Error {
    Error::Option { what, found: found.to_string(), expected: expected.to_string() }
}
