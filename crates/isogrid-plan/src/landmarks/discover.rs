//! Propagation of landmark sets through the delete relaxation to a fixpoint.
//!
//! A fact needs itself and whatever all of its achievers need; a rule needs what its conditions need.

use std::collections::VecDeque;

use isogrid_core::Ctx;

use crate::ground::VarVal;
use crate::heuristic::{RuleId, Rules};
use crate::landmarks::fact_set::FactSet;
use crate::packing::State;
use crate::task::{FactId, Task};

/// Words of fact sets that count as one tick.
const WORDS_PER_TICK: usize = 64;
/// Words that all sets may have together: 128 MiB.
const MAX_WORDS: usize = 8 << 20;

/// The facts that each reachable fact needs before or with it.
pub(crate) struct Propagated {
    pub(crate) needs: Vec<Option<FactSet>>,
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
                needs.is_some_and(|needs| facts.iter().all(|&fact| !needs.contains(fact)))
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

/// Sets while they are propagated.
struct Sets {
    needs: Vec<Option<FactSet>>,
    /// What the rule at hand needs.
    all: FactSet,
    room: Vec<(u32, u64)>,
    /// Words that the sets had when they were made: they only shrink.
    n_words: usize,
}

impl Sets {
    /// Unites what conditions need; false if one is not reached yet.
    fn unite(&mut self, conditions: &[FactId]) -> bool {
        if conditions.iter().any(|&condition| self.needs[condition as usize].is_none()) {
            return false;
        }
        self.all.clear();
        for needs in conditions.iter().filter_map(|&condition| self.needs[condition as usize].as_ref()) {
            self.all.union_with(needs, &mut self.room);
        }
        true
    }

    /// Intersects with what one more achiever needs; true when something changed.
    fn narrow(&mut self, fact: FactId) -> bool {
        match &mut self.needs[fact as usize] {
            Some(known) => known.keep_common(&self.all, Some(fact)),
            none => {
                let own = self.all.with(fact);
                self.n_words += own.n_words();
                *none = Some(own);
                true
            }
        }
    }
}

/// Rules by what they need and make true, and which of them wait to be looked at.
struct Waiting {
    needing: Vec<Vec<RuleId>>,
    achievers: Vec<Vec<RuleId>>,
    queue: VecDeque<RuleId>,
    is_queued: Vec<bool>,
}

impl Waiting {
    /// Those without conditions wait at first.
    fn new(rules: &Rules, n_facts: usize) -> Waiting {
        let mut waiting = Waiting {
            needing: vec![Vec::new(); n_facts],
            achievers: vec![Vec::new(); n_facts],
            queue: VecDeque::new(),
            is_queued: vec![false; rules.len()],
        };
        for rule in 0..rules.len() as RuleId {
            let conditions = rules.pre.row(rule);
            conditions.iter().for_each(|&condition| waiting.needing[condition as usize].push(rule));
            reached_by(rules, rule).for_each(|fact| waiting.achievers[fact as usize].push(rule));
            if conditions.is_empty() {
                waiting.queue.push_back(rule);
            }
        }
        waiting
    }

    /// Those that need a fact are to be looked at.
    fn wake(&mut self, fact: FactId) {
        for &rule in &self.needing[fact as usize] {
            if !std::mem::replace(&mut self.is_queued[rule as usize], true) {
                self.queue.push_back(rule);
            }
        }
    }

    fn next(&mut self) -> Option<RuleId> {
        let rule = self.queue.pop_front()?;
        self.is_queued[rule as usize] = false;
        Some(rule)
    }
}

/// Runs to the fixpoint; `None` when a goal fact is unreachable, the context stops the work, or the sets grow too
/// large.
pub(crate) fn propagate(ctx: &Ctx, task: &Task, init: &State, goal: &[VarVal]) -> Option<Propagated> {
    let n_facts = task.n_facts();
    let rules = Rules::new(task);
    let mut waiting = Waiting::new(&rules, n_facts);
    let mut sets = Sets { needs: vec![None; n_facts], all: FactSet::default(), room: Vec::new(), n_words: 0 };
    for variable in 0..task.n_variables() {
        let fact = task.first_fact[variable] + task.packing.get(init.words(), variable);
        sets.narrow(fact);
        waiting.wake(fact);
    }
    let mut work = 0;
    while let Some(rule) = waiting.next() {
        let is_reached = sets.unite(rules.pre.row(rule));
        let rows = rules.pre.row(rule).len() + rules.adds.row(rule).len();
        work += rows * if is_reached { sets.all.n_words() } else { 1 };
        let ticks = work / WORDS_PER_TICK;
        work %= WORDS_PER_TICK;
        if sets.n_words > MAX_WORDS || ctx.tick(ticks as u64).is_break() {
            return None;
        }
        if !is_reached {
            continue;
        }
        for fact in reached_by(&rules, rule) {
            if sets.narrow(fact) {
                waiting.wake(fact);
            }
        }
    }
    let needs = sets.needs;
    let mut required = FactSet::default();
    for &condition in goal {
        required.union_with(needs[task.fact(condition) as usize].as_ref()?, &mut sets.room);
    }
    let landmarks = required.facts().collect();
    Some(Propagated { needs, achievers: waiting.achievers, landmarks, rules })
}

/// Facts that a rule adds, comparisons that it may bring about among them.
fn reached_by(rules: &Rules, rule: RuleId) -> impl Iterator<Item = FactId> {
    let compared = rules.gains.row(rule).iter().map(|gain| rules.compared[gain.comparison as usize]);
    rules.adds.row(rule).iter().copied().chain(compared)
}
