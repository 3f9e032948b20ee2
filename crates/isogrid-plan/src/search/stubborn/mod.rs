//! Stubborn sets: applicable operators that a search for a cheapest plan may leave out.
//!
//! From a state with a plan, the set holds the first operator of a cheapest one that has the fewest operators without
//! cost among those; so a search that reopens stays optimal, or within its weight (Wehrle and Helmert, "Efficient
//! stubborn sets", ICAPS 2014). That operator need only not disable, nor conflict with, what it overtakes: what disables
//! it may stay outside (Sievers and Wehrle, "On weak stubborn sets in classical planning", IJCAI 2021). Left out: tasks
//! with conditional effects, axioms or numbers, and mutexes between operators.

mod closure;
mod tables;
#[cfg(test)]
mod tests;

use isogrid_core::Part;

use crate::ground::VarVal;
use crate::search::stubborn::closure::{Closure, Given};
use crate::search::stubborn::tables::Tables;
use crate::task::{OperatorId, Task};

/// States after which the share of what was left out is looked at for the first time, then at twice as many.
const FIRST_LOOK: u64 = 125;
/// From here on one of `LEAST_SHARE` applicable operators is left out, or the work is not worth it (as Fast Downward
/// has it by default); before, one of `LEAST_SHARE_AT_FIRST`.
const FULL_LOOK: u64 = 1000;
const LEAST_SHARE: u64 = 5;
const LEAST_SHARE_AT_FIRST: u64 = 50;
/// Entries of lists a tick.
const ENTRIES_PER_TICK: u64 = 32;

/// What they keep and support, for users.
pub(crate) const STUBBORN_SETS: Part = Part {
    kind: "reductions",
    name: "stubborn sets",
    properties: &[
        ("keep a cheapest plan", "yes"),
        ("conditional effects", "no"),
        ("axioms", "no"),
        ("numbers", "no"),
    ],
};

/// Leaves out applicable operators.
pub(crate) struct StubbornSets<'a> {
    task: &'a Task,
    goal: &'a [VarVal],
    parts: Option<(Tables, Closure)>,
    n_states: u64,
    n_applicable: u64,
    n_pruned: u64,
    next_look: u64,
}

impl<'a> StubbornSets<'a> {
    /// For tasks with plain effects; `None` for others. `goal` is what the search looks for.
    pub(crate) fn new(task: &'a Task, goal: &'a [VarVal]) -> Option<StubbornSets<'a>> {
        task.is_plain().then_some(StubbornSets {
            task,
            goal,
            parts: None,
            n_states: 0,
            n_applicable: 0,
            n_pruned: 0,
            next_look: FIRST_LOOK,
        })
    }

    /// Removes operators from those applicable in a state. Returns its work in ticks.
    pub(crate) fn reduce(&mut self, words: &[u64], applicable: &mut Vec<OperatorId>) -> u64 {
        let before = applicable.len() as u64;
        self.n_states += 1;
        self.n_applicable += before;
        if before < 2 {
            return 0;
        }
        let task = self.task;
        let (tables, closure) = self.parts.get_or_insert_with(|| (Tables::new(task), Closure::new(task)));
        let work = closure.reduce(Given { task, tables }, self.goal, words, applicable);
        self.n_pruned += before - applicable.len() as u64;
        work / ENTRIES_PER_TICK
    }

    /// Whether it has pruned too little.
    pub(crate) fn is_idle(&mut self) -> bool {
        if self.n_states < self.next_look {
            return false;
        }
        self.next_look *= 2;
        let share = if self.n_states < FULL_LOOK { LEAST_SHARE_AT_FIRST } else { LEAST_SHARE };
        self.n_pruned * share < self.n_applicable
    }
}
