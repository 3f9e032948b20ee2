//! Search: A*, lazy best-first search, and the order in which `solve` uses them.

mod astar;
mod index;
mod lazy;
mod open_list;
mod race;
mod referee;
mod solve;
mod space;

pub(crate) use astar::MAX_COST;
pub(crate) use referee::Referee;
pub use solve::{Estimate, Mode, Outcome, Plan, Search, SolveOptions, SolveResult, Unsolvable, solve};
pub(crate) use solve::{OnPlan, Query, solve_in};
pub(crate) use space::Space;

use crate::task::OperatorId;

/// What a search counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// States whose successors were generated; a reopened state counts again.
    pub expanded: u64,
    /// Successors generated, known ones included.
    pub generated: u64,
    /// States given to a heuristic.
    pub evaluated: u64,
    /// States expanded before and opened again for a cheaper way.
    pub reopened: u64,
    /// States that a heuristic proved hopeless.
    pub dead_ends: u64,
    /// Different states seen by the largest single search.
    pub states: u64,
}

impl Statistics {
    fn add(&mut self, other: Statistics) {
        self.expanded += other.expanded;
        self.generated += other.generated;
        self.evaluated += other.evaluated;
        self.reopened += other.reopened;
        self.dead_ends += other.dead_ends;
        self.states = self.states.max(other.states);
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
}
