//! Estimates of the cost to the goal.

mod blind;
mod buckets;
#[cfg_attr(not(test), expect(dead_code, reason = "no search uses it yet"))]
mod cartesian;
mod landmark_count;
mod lm_cut;
mod relaxed;
mod rules;

pub(crate) use blind::Blind;
#[expect(unused_imports, reason = "no search uses them yet")]
pub(crate) use cartesian::{Cartesian, CartesianOptions, Subtasks};
pub(crate) use landmark_count::{LandmarkCount, Orders};
pub(crate) use lm_cut::LmCut;
pub(crate) use relaxed::{Costs, FastForward, HMax, Relaxation};
pub(crate) use rules::{RuleId, Rules};

use crate::task::OperatorId;

/// A state to be evaluated, and the one it was reached from.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) id: u32,
    pub(crate) parent: Option<u32>,
    pub(crate) words: &'a [u64],
}

/// A heuristic with buffers of its own.
pub(crate) trait Heuristic: Send {
    /// The estimate for a state; `None` proves that no goal can be reached from it.
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32>;

    /// Whether evaluating again costs less than the memory of an estimate.
    fn is_free(&self) -> bool {
        false
    }

    /// Work of the last evaluation in ticks.
    fn ticks(&self) -> u64;

    /// Operators that the last evaluation recommends.
    fn preferred(&self) -> &[OperatorId] {
        &[]
    }
}
