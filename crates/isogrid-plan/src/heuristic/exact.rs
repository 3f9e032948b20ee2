//! For tests: all reachable states of a small task, and the exact cost to the goal of each.

use std::collections::BTreeMap;

use crate::packing::State;
use crate::task::{OperatorId, Task};

pub(crate) struct Exact {
    /// In breadth-first order.
    pub(crate) states: Vec<State>,
    /// The state that each was found from.
    pub(crate) parents: Vec<Option<u32>>,
    pub(crate) edges: Vec<(usize, OperatorId, usize)>,
    /// Of the operators.
    pub(crate) costs: Vec<u64>,
    pub(crate) to_goal: Vec<Option<u64>>,
}

impl Exact {
    /// `None` for more than `max_states` states.
    pub(crate) fn new(task: &Task, max_states: usize) -> Option<Exact> {
        let costs = (0..task.n_operators() as OperatorId).map(|operator| u64::from(task.cost(operator)));
        let mut exact = Exact {
            states: vec![task.init().clone()],
            parents: vec![None],
            edges: Vec::new(),
            costs: costs.collect(),
            to_goal: Vec::new(),
        };
        let mut ids = BTreeMap::from([(task.init().words().to_vec(), 0)]);
        let mut at = 0;
        while at < exact.states.len() {
            for operator in task.applicable(&exact.states[at]) {
                let next = task.apply(&exact.states[at], operator).expect("applicable");
                let id = *ids.entry(next.words().to_vec()).or_insert(exact.states.len());
                if id == exact.states.len() {
                    exact.states.push(next);
                    exact.parents.push(Some(at as u32));
                }
                exact.edges.push((at, operator, id));
            }
            at += 1;
            if exact.states.len() > max_states {
                return None;
            }
        }
        exact.to_goal = exact.states.iter().map(|state| task.is_goal(state).then_some(0)).collect();
        while exact.relax() {}
        Some(exact)
    }

    /// Looks at every edge once; whether some cost fell.
    fn relax(&mut self) -> bool {
        let mut is_changed = false;
        for &(source, operator, target) in &self.edges {
            let longer = self.to_goal[target].map(|cost| cost + self.costs[operator as usize]);
            if longer.is_some_and(|longer| self.to_goal[source].is_none_or(|known| longer < known)) {
                self.to_goal[source] = longer;
                is_changed = true;
            }
        }
        is_changed
    }
}
