//! What can be wrong with a SAS+ file.

use isogrid_core::Diagnose;

/// A SAS+ file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}: {fault}")]
pub struct SasError {
    /// The file.
    pub name: String,
    /// The line, from one; of a fault that shows only in the whole task the last.
    pub line: usize,
    /// What is wrong.
    pub fault: SasFault,
}

/// What is wrong with a SAS+ file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SasFault {
    /// The file is not text.
    #[error("not UTF-8 text")]
    NotText,
    /// The file ends too early.
    #[error("the file ends where {expected} is expected")]
    Truncated {
        /// What should follow.
        expected: &'static str,
    },
    /// A line is not what the format has there.
    #[error("expected {expected}, found `{found}`")]
    Unexpected {
        /// What should stand there.
        expected: &'static str,
        /// What does, cut short.
        found: String,
    },
    /// Another version of the format.
    #[error("version {found} of the format; only version 3 is read")]
    Version {
        /// The version.
        found: u64,
    },
    /// A number is out of range.
    #[error("{what} is {found}, expected less than {limit}")]
    OutOfRange {
        /// What the number stands for.
        what: &'static str,
        /// The number.
        found: u64,
        /// The first number that is too large.
        limit: u64,
    },
    /// A variable without values.
    #[error("variable {variable} has no value")]
    NoValues {
        /// Its index.
        variable: usize,
    },
    /// A fact stands where the format does not allow it.
    #[error("{what}: variable {variable}")]
    Misplaced {
        /// What is wrong with it.
        what: &'static str,
        /// The variable.
        variable: u32,
    },
    /// More conditions than the successor generator can hold.
    #[error("`{owner}` has {found} conditions; at most {limit} are read")]
    TooManyConditions {
        /// Whose conditions.
        owner: String,
        /// How many.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// More facts or operators than can be counted.
    #[error("more than {} {what}", u32::MAX)]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
    },
}

impl Diagnose for SasError {
    fn hint(&self) -> Option<String> {
        match self.fault {
            SasFault::Version { .. } => {
                Some("write the file with a translator of Fast Downward since 2011".to_string())
            }
            _ => None,
        }
    }
}
