//! Fused operations: each a forward pass and its own backward pass on slices.
//!
//! Each is checked against central differences of its own forward pass, and the networks made of them against the
//! same composed of burn's plain operations.

mod activate;
mod attention;
mod conv;
mod dense;
mod embed;
mod film;
mod loss;
mod norm;

#[cfg(test)]
mod check;

pub(crate) use activate::ActivateOp;
pub(crate) use attention::AttentionOp;
pub(crate) use conv::ConvOp;
pub(crate) use dense::DenseOp;
pub(crate) use embed::{PositionOp, TableOp};
pub(crate) use film::FilmOp;
pub(crate) use loss::{CrossEntropy, SquaredError};
pub(crate) use norm::NormOp;
