//! What a search answers.

use isogrid_core::Stop;

use crate::search::Statistics;
use crate::task::OperatorId;

/// Operators from the initial state to the goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The operators in order.
    pub operators: Vec<OperatorId>,
    /// The sum of their costs.
    pub cost: u64,
}

/// The three answers of a planner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There is a plan.
    Solved {
        /// The cheapest plan found.
        plan: Plan,
        /// Whether it is proved that none is cheaper.
        optimal: bool,
    },
    /// It is proved that there is no plan.
    Unsolvable(Unsolvable),
    /// The search ended before it knew: a limit, or a search that does not try everything.
    Stopped(Stop),
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsolvable {
    /// These goal conditions cannot be reached even if nothing is ever deleted, or exclude each other.
    UnreachableGoals(Vec<String>),
    /// Every reachable state was expanded or proved hopeless; so many were seen.
    Exhausted {
        /// Different states seen.
        states: u64,
    },
}

/// An answer with its counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SolveResult {
    /// The answer.
    pub outcome: Outcome,
    /// Counters over all searches.
    pub statistics: Statistics,
    /// Ticks used.
    pub ticks: u64,
    /// Why the work ended: done, impossible, a limit, or the receiver had enough.
    pub stop: Stop,
}
