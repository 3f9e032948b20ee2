//! Landmarks: facts that every plan must make true, and the orders in which it must.
//!
//! Single-fact landmarks of the delete relaxation by propagation (Zhu and Givan 2003; Keyder, Richter and Helmert,
//! ECAI 2010), with natural, greedy-necessary and reasonable orders (Hoffmann, Porteous and Sebastia, JAIR 22,
//! 2004). Left out: disjunctive and conjunctive landmarks.

mod discover;
mod orders;

use std::sync::Arc;

use isogrid_core::Ctx;
use isogrid_num::bits::BitSet;

use crate::ground::VarVal;
use crate::packing::State;
use crate::task::{FactId, Task};

/// Index of a landmark.
pub(crate) type LandmarkId = usize;

/// Tasks with more facts get no landmarks: their propagation takes memory quadratic in the facts.
pub(crate) const MAX_FACTS: usize = 16_384;

/// Landmarks of one query, with their orders.
pub(crate) struct Landmarks {
    /// The fact of each landmark.
    pub(crate) facts: Vec<FactId>,
    /// Whether the fact is a goal.
    pub(crate) is_goal: Vec<bool>,
    /// Landmarks that must be reached first, natural orders alone.
    pub(crate) naturally_before: Vec<BitSet>,
    /// The same with reasonable orders.
    pub(crate) before: Vec<BitSet>,
    /// Landmarks that need this one to be true right before them.
    pub(crate) needed_by: Vec<Vec<LandmarkId>>,
    /// The landmark of a fact.
    pub(crate) of_fact: Vec<Option<u32>>,
    pub(crate) n_reasonable: usize,
}

impl Landmarks {
    /// Finds them; `None` when the task is too large, the context stops the work, or the relaxation reaches no goal.
    pub(crate) fn find(ctx: &Ctx, task: &Task, init: &State, goal: &[VarVal]) -> Option<Arc<Landmarks>> {
        if task.n_facts() > MAX_FACTS {
            return None;
        }
        let propagated = discover::propagate(ctx, task, init, goal)?;
        Some(Arc::new(orders::order(task, goal, &propagated)))
    }

    pub(crate) fn len(&self) -> usize {
        self.facts.len()
    }
}
