//! Propagation of landmark sets through the delete relaxation to a fixpoint.
//!
//! A fact needs itself and whatever all of its achievers need; a rule needs what its conditions need.

use std::collections::VecDeque;

use isogrid_core::Ctx;
use isogrid_num::bits::BitSet;

use crate::ground::VarVal;
use crate::heuristic::{RuleId, Rules};
use crate::packing::State;
use crate::task::{FactId, Task};

/// Words of fact sets that count as one tick.
const WORDS_PER_TICK: u64 = 64;

/// The facts that each reachable fact needs before or with it.
pub(crate) struct Propagated {
    pub(crate) needs: Vec<Option<BitSet>>,
    /// Rules that add each fact.
    pub(crate) achievers: Vec<Vec<RuleId>>,
    pub(crate) rules: Rules,
    /// Facts that some goal needs, ascending.
    pub(crate) landmarks: Vec<FactId>,
}

impl Propagated {
    /// Rules that may be the first to make one of `facts` true: they are reachable, and need none of them.
    pub(crate) fn first_achievers(&self, facts: &[FactId]) -> Vec<RuleId> {
        let comes_first = |rule: &RuleId| {
            self.rules.pre.row(*rule).iter().all(|&condition| {
                let needs = self.needs[condition as usize].as_ref();
                needs.is_some_and(|needs| facts.iter().all(|&fact| !needs.contains(fact as usize)))
            })
        };
        let mut rules: Vec<RuleId> = facts
            .iter()
            .flat_map(|&fact| &self.achievers[fact as usize])
            .copied()
            .filter(comes_first)
            .collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}

fn union(n_facts: usize, needs: &[Option<BitSet>], conditions: &[FactId]) -> Option<BitSet> {
    let mut all = BitSet::new(n_facts);
    for &condition in conditions {
        all.union_with(needs[condition as usize].as_ref()?);
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
    let rules = Rules::new(task);
    for rule in 0..rules.len() as RuleId {
        let conditions = rules.pre.row(rule);
        conditions.iter().for_each(|&condition| needing[condition as usize].push(rule));
        reached_by(&rules, rule).for_each(|fact| achievers[fact as usize].push(rule));
        if conditions.is_empty() {
            queue.push_back(rule);
        }
    }
    let mut needs: Vec<Option<BitSet>> = vec![None; n_facts];
    let mut is_queued = vec![false; rules.len()];
    for variable in 0..task.n_variables() {
        let fact = task.first_fact[variable] + task.packing.get(init.words(), variable);
        let mut own = BitSet::new(n_facts);
        own.insert(fact as usize);
        needs[fact as usize] = Some(own);
        enqueue(&needing[fact as usize], &mut queue, &mut is_queued);
    }
    while let Some(rule) = queue.pop_front() {
        is_queued[rule as usize] = false;
        let Some(all) = union(n_facts, &needs, rules.pre.row(rule)) else { continue };
        let rows = rules.pre.row(rule).len() + rules.adds.row(rule).len();
        if ctx.tick((rows * words) as u64 / WORDS_PER_TICK).is_break() {
            return None;
        }
        for fact in reached_by(&rules, rule) {
            let fact = fact as usize;
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
    Some(Propagated { needs, achievers, landmarks, rules })
}

/// Facts that a rule adds, comparisons that it may bring about among them.
fn reached_by(rules: &Rules, rule: RuleId) -> impl Iterator<Item = FactId> {
    let compared = rules.gains.row(rule).iter().map(|gain| rules.compared[gain.comparison as usize]);
    rules.adds.row(rule).iter().copied().chain(compared)
}

fn enqueue(rules: &[RuleId], queue: &mut VecDeque<RuleId>, is_queued: &mut [bool]) {
    for &rule in rules {
        if !std::mem::replace(&mut is_queued[rule as usize], true) {
            queue.push_back(rule);
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
            // Its own bit may go and come back: that is no change.
            let before = known.count();
            known.intersect_with(all);
            known.insert(fact);
            known.count() != before
        }
    }
}
