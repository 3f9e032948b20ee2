//! Effective width by IW(1) and IW(2) (Lipovetzky and Geffner, ECAI 2012).
//!
//! IW(k) is breadth-first search that drops every state without a tuple of at most k facts never seen before. The
//! effective width of a goal condition is the smallest k whose search reaches it.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::bits::{BitMatrix, BitSet};

use crate::search::Space;
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

/// Runs IW(1) and, for what it leaves open, IW(2) from the initial state. One tick per generated state.
pub fn effective_width(ctx: &Ctx, task: &Task) -> EffectiveWidth {
    let goal: Vec<FactId> = task.goal.iter().map(|&fact| task.fact(fact)).collect();
    let mut result = EffectiveWidth { widths: vec![None; goal.len()], states: [0, 0], is_partial: false };
    for k in [1u8, 2] {
        if result.widths.iter().all(Option::is_some) || (k == 2 && task.n_facts() > MAX_PAIR_FACTS) {
            break;
        }
        let mut search = IteratedWidth::new(task, k);
        let stop = search.run(ctx, &goal, &result.widths);
        result.is_partial |= stop.is_break();
        result.states[usize::from(k) - 1] = search.space.len() as u64;
        for (width, fact) in result.widths.iter_mut().zip(&goal) {
            if width.is_none() && search.seen.contains(*fact as usize) {
                *width = Some(k);
            }
        }
    }
    result
}

struct IteratedWidth<'a> {
    task: &'a Task,
    space: Space,
    seen: BitSet,
    pairs: Option<BitMatrix>,
    facts: Vec<FactId>,
}

impl<'a> IteratedWidth<'a> {
    fn new(task: &'a Task, k: u8) -> IteratedWidth<'a> {
        let n_facts = task.n_facts();
        IteratedWidth {
            task,
            space: Space::new(task.n_words()),
            seen: BitSet::new(n_facts),
            pairs: (k == 2).then(|| BitMatrix::new(n_facts, n_facts)),
            facts: Vec::new(),
        }
    }

    /// Breadth first until every goal fact still open was seen, or nothing new is left.
    fn run(&mut self, ctx: &Ctx, goal: &[FactId], known: &[Option<u8>]) -> ControlFlow<Stop> {
        let init = self.task.init().clone();
        self.space.insert(init.words());
        self.is_novel(init.words(), None);
        let mut next = vec![0; self.task.n_words()];
        let mut applicable = Vec::new();
        let mut at = 0;
        while at < self.space.len() {
            let open = goal
                .iter()
                .zip(known)
                .any(|(fact, known)| known.is_none() && !self.seen.contains(*fact as usize));
            if !open {
                break;
            }
            let id = at as u32;
            applicable.clear();
            self.task.successors.applicable(&self.task.packing, self.space.words(id), &mut applicable);
            ctx.tick(1 + applicable.len() as u64)?;
            for &operator in &applicable {
                self.space.successor(self.task, id, operator, &mut next);
                if self.is_novel(&next, Some(operator)) {
                    self.space.insert(&next);
                }
            }
            at += 1;
        }
        ControlFlow::Continue(())
    }

    /// Marks the state's tuples; true when one of them is new. Only tuples with a fact that the operator made true
    /// can be.
    fn is_novel(&mut self, words: &[u64], operator: Option<u32>) -> bool {
        let task = self.task;
        let value = |variable: usize| task.first_fact[variable] + task.packing.get(words, variable);
        self.facts.clear();
        self.facts.extend((0..task.n_variables()).map(value));
        let changed: Vec<FactId> = match operator {
            Some(operator) if task.is_plain() => {
                task.operators.eff(operator).iter().map(|&effect| task.fact(effect)).collect()
            }
            _ => self.facts.clone(),
        };
        let mut is_new = false;
        for fact in changed {
            is_new |= self.seen.insert(fact as usize);
            let Some(pairs) = &mut self.pairs else { continue };
            for &other in &self.facts {
                let (low, high) = (fact.min(other) as usize, fact.max(other) as usize);
                if !pairs.get(low, high) {
                    pairs.insert(low, high);
                    is_new = true;
                }
            }
        }
        is_new
    }
}
