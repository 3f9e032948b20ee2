//! The heuristics of one search, asked together.

use crate::heuristic::{Heuristic, Node};
use crate::task::{OperatorId, Task};

/// Heuristics with their last answers.
pub(crate) struct Guides<'a> {
    heuristics: Vec<Box<dyn Heuristic + 'a>>,
    estimates: Vec<u32>,
    ticks: u64,
    marked: Vec<OperatorId>,
    is_marked: Vec<bool>,
}

impl<'a> Guides<'a> {
    pub(crate) fn new(task: &Task, heuristics: Vec<Box<dyn Heuristic + 'a>>) -> Guides<'a> {
        Guides {
            estimates: vec![0; heuristics.len()],
            heuristics,
            ticks: 0,
            marked: Vec::new(),
            is_marked: vec![false; task.n_operators()],
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.heuristics.len()
    }

    /// Asks all of them; false where one proves that no goal can be reached, and the rest need not be asked.
    pub(crate) fn evaluate(&mut self, node: Node<'_>) -> bool {
        self.ticks = 0;
        for (estimate, heuristic) in self.estimates.iter_mut().zip(&mut self.heuristics) {
            let value = heuristic.evaluate(node);
            self.ticks += heuristic.ticks();
            match value {
                Some(value) => *estimate = value,
                None => return false,
            }
        }
        true
    }

    /// The estimates of the state evaluated last, unless it was hopeless.
    pub(crate) fn estimates(&self) -> &[u32] {
        &self.estimates
    }

    /// The work of the last evaluation.
    pub(crate) fn ticks(&self) -> u64 {
        self.ticks
    }

    /// Marks what is preferred in the state evaluated last, instead of what was marked before.
    pub(crate) fn mark_preferred(&mut self) {
        self.marked.drain(..).for_each(|operator| self.is_marked[operator as usize] = false);
        for heuristic in &self.heuristics {
            for &operator in heuristic.preferred() {
                if !std::mem::replace(&mut self.is_marked[operator as usize], true) {
                    self.marked.push(operator);
                }
            }
        }
    }

    /// Whether an operator is marked.
    pub(crate) fn is_preferred(&self, operator: OperatorId) -> bool {
        self.is_marked[operator as usize]
    }
}
