//! What can go wrong, as data.

use std::io;
use std::path::PathBuf;

/// An error of a conversion.
#[derive(Debug, thiserror::Error)]
pub enum RerunError {
    /// A line that is not what it should be.
    #[error("line {line}: {problem}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// The lines end too early.
    #[error("the episode ends with line {line}, before its line of type `end`: it was cut short")]
    Cut {
        /// The last line.
        line: usize,
    },
    /// Standard input cannot be read.
    #[error("standard input: {0}")]
    Input(io::Error),
    /// The file cannot be written.
    #[error("`{path}`: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Rerun's library refuses what is to be written.
    #[error("`{path}`: {problem}")]
    Library {
        /// The file.
        path: PathBuf,
        /// What it says.
        problem: String,
    },
}
