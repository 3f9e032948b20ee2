//! The distance of each abstract state to the goal and a tree of shortest ways, kept up while states are split
//! (Seipp, von Allmen and Helmert, "Incremental Search for Counterexample-Guided Cartesian Abstraction Refinement",
//! ICAPS 2020).
//!
//! A split can only make ways longer, and only those of states whose way in the tree led through the split state. A
//! distance is a cost and, below it, a number of steps: every transition is longer than nothing, so that a state
//! can never seem to be held up by one that hangs on it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::heuristic::cartesian::system::{CellId, EdgeId, System};
use crate::search::MAX_COST;

/// The distance of states from which the goal is out of reach.
pub(super) const UNREACHABLE: u64 = u64::MAX;
const NONE: EdgeId = EdgeId::MAX;

/// Distances to the goal.
pub(super) struct Distances {
    /// What a transition by each operator adds.
    lengths: Vec<u64>,
    to_goal: Vec<u64>,
    /// The first transition of a shortest way.
    way: Vec<EdgeId>,
    queue: BinaryHeap<Reverse<(u64, CellId)>>,
    cut_off: Vec<CellId>,
    /// Transitions looked at.
    pub(super) steps: u64,
}

impl Distances {
    /// Of a system with one state, the goal. `costs` are those of the operators.
    pub(super) fn new(costs: impl Iterator<Item = u32>) -> Distances {
        Distances {
            lengths: costs.map(|cost| (u64::from(cost.min(MAX_COST)) << 32) + 1).collect(),
            to_goal: vec![0],
            way: vec![NONE],
            queue: BinaryHeap::new(),
            cut_off: Vec::new(),
            steps: 0,
        }
    }

    pub(super) fn to_goal(&self, cell: CellId) -> u64 {
        self.to_goal[cell as usize]
    }

    /// The first transition of a shortest way to the goal.
    pub(super) fn way(&self, cell: CellId) -> Option<EdgeId> {
        let edge = self.way[cell as usize];
        (edge != NONE).then_some(edge)
    }

    /// Follows the split of a state into itself and `new`.
    pub(super) fn split(&mut self, system: &System<'_>, [cell, new]: [CellId; 2], goal: CellId) {
        let before = self.to_goal(cell);
        self.to_goal.push(before);
        self.way.push(NONE);
        self.way[cell as usize] = NONE;
        if before == UNREACHABLE {
            return;
        }
        self.queue.push(Reverse((before, cell)));
        self.queue.push(Reverse((before, new)));
        self.find_cut_off(system, goal);
        self.reconnect(system);
    }

    /// Looks, nearest first, for other ways of the same length; collects the states that have none.
    fn find_cut_off(&mut self, system: &System<'_>, goal: CellId) {
        self.cut_off.clear();
        while let Some(Reverse((distance, cell))) = self.queue.pop() {
            if cell == goal || self.to_goal(cell) == UNREACHABLE {
                continue;
            }
            self.steps += system.out(cell).len() as u64;
            let is_as_short = |&&edge: &&EdgeId| self.length_by(system, edge) == distance;
            if let Some(&edge) = system.out(cell).iter().find(is_as_short) {
                self.way[cell as usize] = edge;
                continue;
            }
            self.to_goal[cell as usize] = UNREACHABLE;
            self.way[cell as usize] = NONE;
            self.cut_off.push(cell);
            self.steps += system.into(cell).len() as u64;
            for &edge in system.into(cell) {
                let source = system.edge(edge).source;
                if self.way[source as usize] == edge {
                    self.queue.push(Reverse((self.to_goal(source), source)));
                }
            }
        }
    }

    /// Finds the new distances of the states that were cut off.
    fn reconnect(&mut self, system: &System<'_>) {
        for at in 0..self.cut_off.len() {
            let cell = self.cut_off[at];
            self.steps += system.out(cell).len() as u64;
            let ways = system.out(cell).iter().map(|&edge| (self.length_by(system, edge), edge));
            if let Some((distance, edge)) = ways.min().filter(|&(distance, _)| distance != UNREACHABLE) {
                self.to_goal[cell as usize] = distance;
                self.way[cell as usize] = edge;
                self.queue.push(Reverse((distance, cell)));
            }
        }
        while let Some(Reverse((distance, cell))) = self.queue.pop() {
            if self.to_goal(cell) != distance {
                continue;
            }
            self.steps += system.into(cell).len() as u64;
            for &id in system.into(cell) {
                let edge = system.edge(id);
                let longer = distance.saturating_add(self.lengths[edge.operator as usize]);
                if longer < self.to_goal(edge.source) {
                    self.to_goal[edge.source as usize] = longer;
                    self.way[edge.source as usize] = id;
                    self.queue.push(Reverse((longer, edge.source)));
                }
            }
        }
    }

    #[inline]
    fn length_by(&self, system: &System<'_>, edge: EdgeId) -> u64 {
        let edge = system.edge(edge);
        self.to_goal(edge.target).saturating_add(self.lengths[edge.operator as usize])
    }
}
