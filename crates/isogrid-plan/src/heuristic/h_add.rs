//! h_add (Bonet and Geffner, AIJ 129, 2001): the sum over the goal conditions, where a set of conditions costs the sum of
//! its members. Safe, not admissible.

use crate::heuristic::exploration::Exploration;
use crate::heuristic::{Declared, Heuristic, Node, Properties, Relaxation};
use crate::task::Task;

pub(crate) struct HAdd<'a>(Exploration<'a>);

impl<'a> HAdd<'a> {
    pub(crate) fn new(task: &'a Task, relaxation: Relaxation) -> HAdd<'a> {
        HAdd(Exploration::new(task, relaxation))
    }
}

impl Declared for HAdd<'_> {
    const NAME: &'static str = "h_add";
    const PROPERTIES: Properties = Properties::SAFE;
}

impl Heuristic for HAdd<'_> {
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32> {
        self.0.run::<false>(node.words).then(|| self.0.sum_of_goals())
    }

    fn ticks(&self) -> u64 {
        self.0.ticks()
    }
}
