//! h_max (Bonet and Geffner, AIJ 129, 2001): the dearest goal condition, where a set of conditions costs as much as its
//! dearest. Admissible, consistent and safe.

use std::sync::Arc;

use crate::heuristic::exploration::Exploration;
use crate::heuristic::{Declared, Heuristic, Node, Properties, Relaxation};
use crate::task::Task;

pub(crate) struct HMax<'a>(Exploration<'a>);

impl<'a> HMax<'a> {
    pub(crate) fn new(task: &'a Task, relaxation: Arc<Relaxation>) -> HMax<'a> {
        HMax(Exploration::new(task, relaxation))
    }
}

impl Declared for HMax<'_> {
    const NAME: &'static str = "h_max";
    const PROPERTIES: Properties = Properties { consistent: true, ..Properties::ADMISSIBLE };
}

impl Heuristic for HMax<'_> {
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32> {
        self.0.run::<true>(node.words).then(|| self.0.dearest_goal())
    }

    fn ticks(&self) -> u64 {
        self.0.ticks()
    }
}
