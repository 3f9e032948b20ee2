//! Estimates of the cost to the goal.

mod blind;
mod buckets;
mod cartesian;
mod declared;
mod dominance;
#[cfg(test)]
mod exact;
mod exploration;
mod fast_forward;
mod h_add;
mod h_max;
mod landmark_count;
mod lm_cut;
mod relaxation;
mod rules;
mod tally;
#[cfg(test)]
mod tests;
mod thrift;
mod upkeep;

pub(crate) use blind::Blind;
pub(crate) use buckets::Buckets;
pub(crate) use cartesian::{Cartesian, CartesianOptions};
pub(crate) use declared::{Declared, Properties};
pub(crate) use fast_forward::FastForward;
pub(crate) use h_add::HAdd;
pub(crate) use h_max::HMax;
pub(crate) use landmark_count::{CountOptions, LandmarkCount, Orders};
pub(crate) use lm_cut::LmCut;
pub(crate) use relaxation::{Costs, Relaxation};
pub(crate) use rules::{AXIOM, RuleId, Rules};

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
