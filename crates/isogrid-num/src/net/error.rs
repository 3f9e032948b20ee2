//! What is wrong with weights or with bytes that should hold them.

use std::fmt;

/// Why a network could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A buffer does not have the length that the sizes ask for.
    Length {
        /// Which buffer.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length expected.
        expected: usize,
    },
    /// A size is outside what can be computed with.
    Size {
        /// Which size.
        what: &'static str,
        /// Its value.
        found: u64,
        /// The smallest value allowed.
        least: u64,
        /// The largest value allowed.
        most: u64,
    },
    /// The bytes do not begin like an exported network.
    Magic,
    /// The bytes hold another kind of network.
    Kind {
        /// The kind's number in the bytes.
        found: u8,
        /// The number expected.
        expected: u8,
    },
    /// The bytes are of a version that this program does not read.
    Version {
        /// The version in the bytes.
        found: u16,
        /// The version read here.
        expected: u16,
    },
    /// The bytes end before the network does.
    Truncated {
        /// Bytes needed from here on.
        needed: usize,
        /// Bytes left.
        left: usize,
    },
    /// Bytes follow the end of the network.
    Trailing {
        /// How many.
        n_bytes: usize,
    },
    /// The checksum does not fit the content.
    Checksum,
    /// A weight is not a finite number.
    NotFinite {
        /// Which buffer.
        what: &'static str,
        /// Where in it.
        idx: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Error::Length { what, found, expected } => {
                write!(f, "{what}: {found} numbers where the sizes ask for {expected}")
            }
            Error::Size { what, found, least, most } => {
                write!(f, "{what} is {found}, outside {least} to {most}")
            }
            Error::Magic => write!(f, "the bytes do not begin like an exported network"),
            Error::Kind { found, expected } => {
                write!(f, "the bytes hold a network of kind {found} where kind {expected} is expected")
            }
            Error::Version { found, expected } => {
                write!(f, "the bytes are of version {found}; this program reads version {expected}")
            }
            Error::Truncated { needed, left } => {
                write!(f, "the bytes end early: {needed} more are needed, {left} are left")
            }
            Error::Trailing { n_bytes } => write!(f, "{n_bytes} bytes follow the end of the network"),
            Error::Checksum => write!(f, "the checksum does not fit the content"),
            Error::NotFinite { what, idx } => {
                write!(f, "{what}: number {idx} is not finite")
            }
        }
    }
}

impl std::error::Error for Error {}

/// Checks that `found` is within `least..=most`.
pub(super) fn check_size(what: &'static str, found: usize, least: usize, most: usize) -> Result<(), Error> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(Error::Size { what, found: found as u64, least: least as u64, most: most as u64 })
}

/// Checks the length of a buffer and that it holds numbers only.
pub(super) fn check_weights(what: &'static str, weights: &[f32], expected: usize) -> Result<(), Error> {
    if weights.len() != expected {
        return Err(Error::Length { what, found: weights.len(), expected });
    }
    match weights.iter().position(|weight| !weight.is_finite()) {
        Some(idx) => Err(Error::NotFinite { what, idx }),
        None => Ok(()),
    }
}
