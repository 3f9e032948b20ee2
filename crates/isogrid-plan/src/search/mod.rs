//! Search: single searches behind one trait, and the portfolios that `solve` makes of them.

mod alternation;
mod answer;
mod astar;
mod bfws;
mod eager;
mod estimator;
mod frontier;
mod guides;
mod improve;
mod index;
mod iterated_width;
mod lazy;
mod makers;
mod neighborhood;
mod novelty;
mod open_list;
mod options;
mod polish;
mod portfolio;
mod race;
mod referee;
mod solve;
mod space;
#[cfg(test)]
mod strolls;
mod stubborn;
mod turns;
mod windows;

use std::fmt;
use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

pub use answer::{Outcome, Plan, SolveResult, Unsolvable};
pub(crate) use astar::MAX_COST;
pub use estimator::{Estimator, Measure};
pub(crate) use iterated_width::IteratedWidth;
pub(crate) use novelty::Novelty;
pub use options::{Estimate, Guide, Mode, Reduction, Search, SolveOptions};
pub(crate) use referee::Referee;
pub(crate) use solve::{Expect, OnPlan, Query, solve_query};
pub use solve::{solve, solve_in};
pub(crate) use stubborn::STUBBORN_SETS;

use crate::task::OperatorId;

/// What a search counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// States whose successors were generated; a reopened state counts again.
    pub expanded: u64,
    /// Of these, by A*, before the last value of cost and estimate together: the order within the last one is a matter
    /// of taste, so this number tells whether two planners search with the same estimates.
    pub before_last_layer: u64,
    /// Successors generated, known ones included.
    pub generated: u64,
    /// Applicable operators that a partial-order reduction left out.
    pub pruned: u64,
    /// States given to a heuristic.
    pub evaluated: u64,
    /// States expanded before and opened again for a cheaper way.
    pub reopened: u64,
    /// States that a heuristic proved hopeless.
    pub dead_ends: u64,
    /// Different states seen by the largest single search.
    pub states: u64,
    /// What the first plan cost as a search found it, before it was polished, in units of the task's costs.
    pub found: Option<u64>,
}

impl Statistics {
    pub(crate) fn add(&mut self, other: Statistics) {
        self.expanded += other.expanded;
        self.before_last_layer += other.before_last_layer;
        self.generated += other.generated;
        self.pruned += other.pruned;
        self.evaluated += other.evaluated;
        self.reopened += other.reopened;
        self.dead_ends += other.dead_ends;
        self.states = self.states.max(other.states);
        self.found = self.found.or(other.found);
    }

    /// What was counted after `before`; states are those of now.
    fn since(mut self, before: Statistics) -> Statistics {
        self.expanded -= before.expanded;
        self.before_last_layer -= before.before_last_layer;
        self.generated -= before.generated;
        self.pruned -= before.pruned;
        self.evaluated -= before.evaluated;
        self.reopened -= before.reopened;
        self.dead_ends -= before.dead_ends;
        self
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Statistics { expanded, generated, evaluated, dead_ends, states, .. } = self;
        write!(
            f,
            "{expanded} expanded, {generated} generated, {evaluated} evaluated, {dead_ends} dead ends, {states} states"
        )
    }
}

/// How one search ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Operators from the start to a goal.
    Plan(Vec<OperatorId>),
    /// Every reachable state was expanded or proved hopeless: there is no plan.
    Exhausted,
    /// There is no plan below the cost bound.
    NoneBelowBound,
    /// Everything that the search looks at was tried, but that is not everything.
    GaveUp,
}

/// A search that can be stopped by its context and continued.
pub(crate) trait Explorer: Send {
    /// Searches until a plan, exhaustion, or the context's stop. Searches that look for cheap plans look for none of
    /// cost `bound` or more; a search that is continued has a bound at most as high as before.
    fn run(&mut self, ctx: &Ctx, bound: u64) -> ControlFlow<Stop, Found>;

    /// Its counters so far.
    fn statistics(&self) -> Statistics;
}
