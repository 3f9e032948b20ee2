//! What a way that costs less than a bound may be made of: operators that a state allows soon enough by h_max.

use crate::flat::Flat;
use crate::heuristic::{Buckets, RuleId, Rules};
use crate::search::Query;
use crate::task::{FactId, Task};

const UNREACHED: u32 = u32::MAX;

/// The rules of a task, and buffers that are as at first between two calls.
pub(super) struct Nearby {
    rules: Rules,
    costs: Vec<u32>,
    /// Rules that need each fact.
    needing: Flat<RuleId>,
    /// Rules without conditions.
    unconditional: Vec<RuleId>,
    /// Conditions of each rule that are not reached.
    missing: Vec<u32>,
    reached: Vec<u32>,
    queue: Buckets,
    /// Facts that were reached, to be forgotten.
    touched: Vec<FactId>,
}

impl Nearby {
    /// For plain tasks. Cost: linear in the task.
    pub(super) fn new(task: &Task) -> Nearby {
        let rules = Rules::new(task);
        let ids = 0..rules.len() as RuleId;
        let mut rows = vec![Vec::new(); task.n_facts()];
        for rule in ids.clone() {
            rules.pre.row(rule).iter().for_each(|&fact| rows[fact as usize].push(rule));
        }
        let mut needing = Flat::default();
        rows.into_iter().for_each(|row| needing.push(row));
        Nearby {
            costs: rules.operator.iter().map(|&operator| task.cost(operator)).collect(),
            needing,
            unconditional: ids.clone().filter(|&rule| rules.pre.row(rule).is_empty()).collect(),
            missing: ids.map(|rule| rules.pre.row(rule).len() as u32).collect(),
            rules,
            reached: vec![UNREACHED; task.n_facts()],
            queue: Buckets::default(),
            touched: Vec::new(),
        }
    }

    /// The rules that a way of the query may hold if it costs less than `bound`, none where there is no such way; and
    /// how many facts and rules were looked at.
    pub(super) fn rules(&mut self, task: &Task, query: &Query, bound: u64) -> (Option<Rules>, u64) {
        let mut state = Vec::new();
        task.facts_of(query.init.words(), &mut state);
        let mut kept = self.explore(&state, bound);
        let is_reached = |&fact| self.reached[task.fact(fact) as usize] != UNREACHED;
        let has_way = bound > 0 && query.goal.iter().all(is_reached);
        let steps = self.forget();
        kept.sort_unstable();
        (has_way.then(|| self.rules.only(&kept)), steps)
    }

    fn explore(&mut self, state: &[FactId], bound: u64) -> Vec<RuleId> {
        let mut kept = Vec::new();
        state.iter().for_each(|&fact| self.reach(fact, 0));
        for at in 0..self.unconditional.len() {
            self.fire(self.unconditional[at], 0, bound, &mut kept);
        }
        while let Some((cost, fact)) = self.queue.pop() {
            if cost != self.reached[fact as usize] {
                continue;
            }
            for at in 0..self.needing.row(fact).len() {
                let rule = self.needing.row(fact)[at];
                self.missing[rule as usize] -= 1;
                if self.missing[rule as usize] == 0 {
                    self.fire(rule, cost, bound, &mut kept);
                }
            }
        }
        kept
    }

    fn fire(&mut self, rule: RuleId, conditions: u32, bound: u64, kept: &mut Vec<RuleId>) {
        let cost = conditions.saturating_add(self.costs[rule as usize]).min(UNREACHED - 1);
        if u64::from(cost) >= bound {
            return;
        }
        kept.push(rule);
        for at in 0..self.rules.adds.row(rule).len() {
            self.reach(self.rules.adds.row(rule)[at], cost);
        }
    }

    fn reach(&mut self, fact: FactId, cost: u32) {
        let known = &mut self.reached[fact as usize];
        if cost < *known {
            if *known == UNREACHED {
                self.touched.push(fact);
            }
            *known = cost;
            self.queue.push(cost, fact);
        }
    }

    /// Puts the buffers back; returns how much was in them.
    fn forget(&mut self) -> u64 {
        let mut steps = self.touched.len() as u64;
        for fact in self.touched.drain(..) {
            self.reached[fact as usize] = UNREACHED;
            for &rule in self.needing.row(fact) {
                self.missing[rule as usize] += 1;
                steps += 1;
            }
        }
        steps
    }
}
