//! h_add (Bonet and Geffner, AIJ 129, 2001): the sum over the goal conditions, where a set of conditions costs the sum
//! of its members. Operators of the relaxed plan by its supporters are preferred. Safe, not admissible.

use std::sync::Arc;

use crate::heuristic::{Declared, FastForward, Heuristic, Node, Properties, Relaxation};
use crate::task::{OperatorId, Task};

/// FF's supporters are those of h_add.
pub(crate) struct HAdd<'a>(FastForward<'a>);

impl<'a> HAdd<'a> {
    pub(crate) fn new(task: &'a Task, relaxation: Arc<Relaxation>) -> HAdd<'a> {
        HAdd(FastForward::new(task, relaxation))
    }
}

impl Declared for HAdd<'_> {
    const NAME: &'static str = "h_add";
    const PROPERTIES: Properties = Properties::SAFE;
}

impl Heuristic for HAdd<'_> {
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32> {
        self.0.evaluate(node).map(|_| self.0.h_add())
    }

    fn ticks(&self) -> u64 {
        self.0.ticks()
    }

    fn preferred(&self) -> &[OperatorId] {
        self.0.preferred()
    }
}
