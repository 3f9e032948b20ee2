//! The blind heuristic: zero at goals, the cheapest operator's cost elsewhere. Admissible, consistent, safe.

use crate::ground::VarVal;
use crate::heuristic::{Declared, Heuristic, Node, Properties};
use crate::search::MAX_COST;
use crate::task::Task;

pub(crate) struct Blind<'a> {
    task: &'a Task,
    goal: &'a [VarVal],
    cheapest: u32,
}

impl<'a> Blind<'a> {
    pub(crate) fn new(task: &'a Task, goal: &'a [VarVal]) -> Blind<'a> {
        let cheapest = task.operators.cost.iter().copied().min().unwrap_or(0);
        Blind { task, goal, cheapest: cheapest.min(MAX_COST) }
    }
}

impl Declared for Blind<'_> {
    const NAME: &'static str = "blind";
    const PROPERTIES: Properties = Properties { consistent: true, ..Properties::ADMISSIBLE };
}

impl Heuristic for Blind<'_> {
    #[inline]
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32> {
        Some(if self.task.holds(self.goal, node.words) { 0 } else { self.cheapest })
    }

    #[inline]
    fn is_free(&self) -> bool {
        true
    }

    #[inline]
    fn ticks(&self) -> u64 {
        0
    }
}
