//! Effective width by IW(1) and IW(2) (Lipovetzky and Geffner, ECAI 2012).
//!
//! IW(k) is breadth-first search that drops every state without a tuple of at most k facts never seen before. The
//! effective width of a goal condition is the smallest k whose search reaches it.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::search::{IteratedWidth, Query};
use crate::task::{FactId, Task};

/// Tasks with more facts are not searched with pairs.
const MAX_PAIR_FACTS: usize = 8_192;

/// Per goal condition, the width that reached it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveWidth {
    /// The smallest k of IW(k), k at most 2, per goal condition; `None` where neither reached it.
    pub widths: Vec<Option<u8>>,
    /// States that IW(1) and IW(2) generated and kept.
    pub states: [u64; 2],
    /// Whether a search was cut short by the context, so that `None` may mean not reached yet.
    pub is_partial: bool,
}

impl EffectiveWidth {
    /// Goal conditions of width at most `k`.
    pub fn reached(&self, k: u8) -> usize {
        self.widths.iter().filter(|width| width.is_some_and(|width| width <= k)).count()
    }
}

/// Runs IW(1) and, for what it leaves open, IW(2) from the initial state.
pub fn effective_width(ctx: &Ctx, task: &Task) -> EffectiveWidth {
    let goal: Vec<FactId> = task.goal.iter().map(|&fact| task.fact(fact)).collect();
    let query = Query { init: task.init().clone(), goal: task.goal.clone() };
    let mut result = EffectiveWidth { widths: vec![None; goal.len()], states: [0, 0], is_partial: false };
    for k in [1u8, 2] {
        if result.widths.iter().all(Option::is_some) || (k == 2 && task.n_facts() > MAX_PAIR_FACTS) {
            break;
        }
        let mut search = IteratedWidth::new(task, &query, k);
        let open = |(fact, width): (&FactId, &Option<u8>)| width.is_none().then_some(*fact);
        let open: Vec<FactId> = goal.iter().zip(&result.widths).filter_map(open).collect();
        result.is_partial |= look_for(ctx, &mut search, &open).is_break();
        result.states[usize::from(k) - 1] = search.n_states() as u64;
        for (width, &fact) in result.widths.iter_mut().zip(&goal) {
            if width.is_none() && search.has_seen(fact) {
                *width = Some(k);
            }
        }
    }
    result
}

/// Searches until every fact was seen, or nothing new is left.
fn look_for(ctx: &Ctx, search: &mut IteratedWidth<'_>, facts: &[FactId]) -> ControlFlow<Stop> {
    while facts.iter().any(|&fact| !search.has_seen(fact)) && search.expand_next(ctx)? {}
    ControlFlow::Continue(())
}
