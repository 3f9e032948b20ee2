//! Saturated cost partitioning: each abstraction takes only the costs that its distances need, the rest is left to
//! those after it (Seipp, Keller and Helmert, "Saturated Cost Partitioning for Optimal Classical Planning", JAIR 67,
//! 2020).
//!
//! Costs are general: an operator that only leads away from the goal takes a negative share and leaves more to the
//! others. What is left is never negative, so distances are found by Dijkstra's algorithm. An operator that no plan can
//! use in one abstraction is without price in all that follow.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::heuristic::buckets::Buckets;
use crate::heuristic::cartesian::abstraction::{Abstraction, Loops};
use crate::heuristic::cartesian::system::CellId;
use crate::search::MAX_COST;
use crate::task::Task;

/// The cost of operators that no plan uses; the distance of states from which the others do not reach the goal.
pub(super) const INFINITE: u32 = u32::MAX;

/// Transitions looked at that count as one tick.
const STEPS_PER_TICK: u64 = 32;

/// What an operator takes in an abstraction in which no plan uses it.
const UNUSED: i64 = i64::MIN;

/// The costs of the task's operators, as far as searches tell them apart.
pub(super) fn finite_costs(task: &Task) -> Vec<u32> {
    task.operators.cost.iter().map(|&cost| cost.min(MAX_COST)).collect()
}

/// Computes distances and shares, with buffers for them.
pub(super) struct Saturation {
    /// Distances stay below; so that sums over all abstractions fit.
    limit: u32,
    queue: Buckets,
    /// What each operator takes.
    shares: Vec<i64>,
    /// Transitions looked at.
    steps: u64,
}

impl Saturation {
    pub(super) fn new(n_operators: usize, limit: u32) -> Saturation {
        Saturation { limit, queue: Buckets::default(), shares: vec![UNUSED; n_operators], steps: 0 }
    }

    /// Counts the work since the last call.
    pub(super) fn tick(&mut self, ctx: &Ctx) -> ControlFlow<Stop> {
        ctx.tick(std::mem::take(&mut self.steps) / STEPS_PER_TICK)
    }

    /// Writes the distance of each abstract state to the goal into `to_goal`.
    pub(super) fn distances(&mut self, abstraction: &Abstraction, costs: &[u32], to_goal: &mut Vec<u32>) {
        to_goal.clear();
        to_goal.resize(abstraction.n_cells, INFINITE);
        let Some(goal) = abstraction.goal else { return };
        to_goal[goal as usize] = 0;
        self.queue.clear();
        self.queue.push(0, goal);
        while let Some((distance, cell)) = self.queue.pop() {
            if to_goal[cell as usize] < distance {
                continue;
            }
            let row = abstraction.into.row(cell);
            self.steps += 1 + row.len() as u64;
            for &(operator, source) in row {
                let cost = costs[operator as usize];
                if cost == INFINITE {
                    continue;
                }
                let longer = distance.saturating_add(cost).min(self.limit);
                if longer < to_goal[source as usize] {
                    to_goal[source as usize] = longer;
                    self.queue.push(longer, source);
                }
            }
        }
    }

    /// The cost that each operator needs for the distances to be what they are; [`None`] where no plan uses it.
    pub(super) fn shares(
        &mut self,
        abstraction: &Abstraction,
        to_goal: &[u32],
    ) -> impl Iterator<Item = Option<i64>> {
        self.shares.fill(UNUSED);
        match &abstraction.loops {
            Loops::All => self.shares.fill(0),
            Loops::Some(operators) => {
                operators.iter().for_each(|&operator| self.shares[operator as usize] = 0);
            }
        }
        for cell in 0..abstraction.n_cells as CellId {
            let there = to_goal[cell as usize];
            if there == INFINITE {
                continue;
            }
            for &(operator, source) in abstraction.into.row(cell) {
                let here = to_goal[source as usize];
                if here != INFINITE {
                    let share = &mut self.shares[operator as usize];
                    *share = (*share).max(i64::from(here) - i64::from(there));
                }
            }
        }
        self.steps += abstraction.n_edges as u64 + self.shares.len() as u64;
        self.shares.iter().map(|&share| (share != UNUSED).then_some(share))
    }

    /// Takes the shares of an abstraction with these distances away from `costs`.
    pub(super) fn take(&mut self, abstraction: &Abstraction, to_goal: &[u32], costs: &mut [u32]) {
        for (cost, share) in costs.iter_mut().zip(self.shares(abstraction, to_goal)) {
            *cost = match share {
                Some(share) if *cost != INFINITE => {
                    (i64::from(*cost) - share).clamp(0, i64::from(INFINITE - 1)) as u32
                }
                _ => INFINITE,
            };
        }
    }
}
