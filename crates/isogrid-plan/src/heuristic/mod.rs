//! Estimates of the cost to the goal.

mod blind;
mod relaxed;

pub(crate) use blind::Blind;
pub(crate) use relaxed::{Costs, FastForward, HMax, Relaxation};

use crate::task::OperatorId;

/// A heuristic with buffers of its own.
pub(crate) trait Heuristic: Send {
    /// The estimate for a packed state; `None` proves that no goal can be reached from it.
    fn evaluate(&mut self, words: &[u64]) -> Option<u32>;

    /// Work of the last evaluation in ticks.
    fn ticks(&self) -> u64;

    /// Operators that the last evaluation recommends.
    fn preferred(&self) -> &[OperatorId] {
        &[]
    }
}
