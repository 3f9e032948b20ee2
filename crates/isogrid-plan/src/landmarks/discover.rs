//! Propagation of landmark sets through the delete relaxation to a fixpoint.
//!
//! A fact needs itself and whatever all of its achievers need; an operator needs what its conditions need.

use std::collections::VecDeque;

use isogrid_core::Ctx;
use isogrid_num::bits::BitSet;

use crate::ground::VarVal;
use crate::packing::State;
use crate::task::{FactId, OperatorId, Task};

/// Words of fact sets that count as one tick.
const WORDS_PER_TICK: u64 = 64;

/// The facts that each reachable fact needs before or with it.
pub(crate) struct Propagated {
    pub(crate) needs: Vec<Option<BitSet>>,
    /// Operators that add each fact.
    pub(crate) achievers: Vec<Vec<OperatorId>>,
    /// Facts that some goal needs, ascending.
    pub(crate) landmarks: Vec<FactId>,
}

impl Propagated {
    /// The facts an operator needs; `None` when it is unreachable.
    pub(crate) fn operator_needs(&self, task: &Task, operator: OperatorId) -> Option<BitSet> {
        union(task, &self.needs, operator)
    }
}

fn union(task: &Task, needs: &[Option<BitSet>], operator: OperatorId) -> Option<BitSet> {
    let mut all = BitSet::new(task.n_facts());
    for &condition in task.operators.pre(operator) {
        all.union_with(needs[task.fact(condition) as usize].as_ref()?);
    }
    Some(all)
}

/// Runs to the fixpoint; `None` when a goal fact is unreachable or the context stops the work.
pub(crate) fn propagate(ctx: &Ctx, task: &Task, init: &State, goal: &[VarVal]) -> Option<Propagated> {
    let n_facts = task.n_facts();
    let words = n_facts.div_ceil(64);
    let mut needing = vec![Vec::new(); n_facts];
    let mut achievers = vec![Vec::new(); n_facts];
    let mut queue = VecDeque::new();
    for operator in 0..task.n_operators() as OperatorId {
        let conditions = task.operators.pre(operator);
        conditions.iter().for_each(|&condition| needing[task.fact(condition) as usize].push(operator));
        let effects = task.operators.eff(operator);
        effects.iter().for_each(|&effect| achievers[task.fact(effect) as usize].push(operator));
        if conditions.is_empty() {
            queue.push_back(operator);
        }
    }
    let mut needs: Vec<Option<BitSet>> = vec![None; n_facts];
    let mut is_queued = vec![false; task.n_operators()];
    for variable in 0..task.n_variables() {
        let fact = task.first_fact[variable] + task.packing.get(init.words(), variable);
        let mut own = BitSet::new(n_facts);
        own.insert(fact as usize);
        needs[fact as usize] = Some(own);
        enqueue(&needing[fact as usize], &mut queue, &mut is_queued);
    }
    while let Some(operator) = queue.pop_front() {
        is_queued[operator as usize] = false;
        let Some(all) = union(task, &needs, operator) else { continue };
        let rows = task.operators.pre(operator).len() + task.operators.eff(operator).len();
        if ctx.tick((rows * words) as u64 / WORDS_PER_TICK).is_break() {
            return None;
        }
        for &effect in task.operators.eff(operator) {
            let fact = task.fact(effect) as usize;
            if narrow(&mut needs[fact], &all, fact) {
                enqueue(&needing[fact], &mut queue, &mut is_queued);
            }
        }
    }
    let mut required = BitSet::new(n_facts);
    for &condition in goal {
        required.union_with(needs[task.fact(condition) as usize].as_ref()?);
    }
    let landmarks = required.ones().map(|fact| fact as FactId).collect();
    Some(Propagated { needs, achievers, landmarks })
}

fn enqueue(operators: &[OperatorId], queue: &mut VecDeque<OperatorId>, is_queued: &mut [bool]) {
    for &operator in operators {
        if !std::mem::replace(&mut is_queued[operator as usize], true) {
            queue.push_back(operator);
        }
    }
}

/// Intersects with what one more achiever needs; true when something changed.
fn narrow(needs: &mut Option<BitSet>, all: &BitSet, fact: usize) -> bool {
    match needs {
        None => {
            let mut own = all.clone();
            own.insert(fact);
            *needs = Some(own);
            true
        }
        Some(known) => {
            let before = known.count();
            known.intersect_with(all);
            known.insert(fact);
            known.count() != before
        }
    }
}
