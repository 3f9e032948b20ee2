//! LM-cut (Helmert and Domshlak, "Landmarks, critical paths and abstractions: what's the difference anyway?", ICAPS
//! 2009): admissible, safe, inconsistent.
//!
//! As long as the goal has a positive h_max value, a cut in the justification graph is a set of operators of which every
//! plan uses one; its least cost is counted and taken away from all of them. Ties are broken as the first release of the
//! heuristic does, so that values can be compared: the last condition to be reached supports an operator until another
//! becomes dearer.

use crate::flat::Flat;
use crate::ground::VarVal;
use crate::heuristic::rules::{AXIOM, RuleId, Rules};
use crate::heuristic::{Heuristic, Node};
use crate::task::{FactId, Task};

const UNREACHED: u32 = u32::MAX;
/// Costs saturate here.
const MAX_REACHED: u32 = u32::MAX - 1;
/// Rules looked at that count as one tick.
const STEPS_PER_TICK: u64 = 16;

/// Where a fact lies while a cut is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    /// Not looked at yet.
    Unknown,
    /// Reached from the state without passing the cut.
    Before,
    /// The goal can be reached from it for nothing.
    Goal,
}

/// A rule during one evaluation.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// What is left of its cost.
    cost: u32,
    /// Conditions not reached yet.
    missing: u32,
    /// Its dearest condition.
    supporter: FactId,
    /// What that condition costs.
    supporter_cost: u32,
}

/// The heuristic with its buffers.
pub(crate) struct LmCut<'a> {
    task: &'a Task,
    pre: Flat<FactId>,
    adds: Flat<FactId>,
    /// Rules that need each fact.
    needing: Flat<RuleId>,
    /// Rules that add each fact.
    achieving: Flat<RuleId>,
    /// Rules as at the start of an evaluation.
    fresh: Vec<Rule>,
    rules: Vec<Rule>,
    /// Other rules of the same operator; empty where each operator is one rule.
    siblings: Vec<Vec<RuleId>>,
    costs: Vec<u32>,
    zones: Vec<Zone>,
    queue: Queue,
    stack: Vec<FactId>,
    cut: Vec<RuleId>,
    /// A made-up fact that the goal's rule adds.
    goal: FactId,
    /// A made-up fact that holds everywhere, for rules without conditions.
    start: FactId,
    steps: u64,
}

impl<'a> LmCut<'a> {
    pub(crate) fn new(task: &'a Task, goal: &[VarVal]) -> LmCut<'a> {
        let rules = Rules::new(task);
        let (goal_fact, start) = (task.n_facts() as FactId, task.n_facts() as FactId + 1);
        let n_facts = task.n_facts() + 2;
        let (mut pre, mut adds) = (Flat::default(), Flat::default());
        let mut fresh = Vec::with_capacity(rules.len() + 1);
        let mut of_operator: Vec<Vec<RuleId>> = vec![Vec::new(); task.n_operators()];
        let mut push = |conditions: &[FactId], effects: &[FactId], cost: u32| {
            let conditions = if conditions.is_empty() { &[start] } else { conditions };
            pre.push(conditions.iter().copied());
            adds.push(effects.iter().copied());
            let missing = conditions.len() as u32;
            fresh.push(Rule { cost, missing, supporter: start, supporter_cost: UNREACHED });
        };
        for rule in 0..rules.len() as RuleId {
            let operator = rules.operator[rule as usize];
            let cost = if operator == AXIOM { 0 } else { task.cost(operator) };
            let compared = rules.gains.row(rule).iter().map(|gain| rules.compared[gain.comparison as usize]);
            let effects: Vec<FactId> = rules.adds.row(rule).iter().copied().chain(compared).collect();
            push(rules.pre.row(rule), &effects, cost);
            if operator != AXIOM {
                of_operator[operator as usize].push(rule);
            }
        }
        let goal: Vec<FactId> = goal.iter().map(|&fact| task.fact(fact)).collect();
        push(&goal, &[goal_fact], 0);
        let siblings = if of_operator.iter().all(|rules| rules.len() < 2) {
            Vec::new()
        } else {
            siblings(&rules, &of_operator)
        };
        LmCut {
            task,
            needing: transposed(&pre, fresh.len(), n_facts),
            achieving: transposed(&adds, fresh.len(), n_facts),
            pre,
            adds,
            rules: fresh.clone(),
            fresh,
            siblings,
            costs: vec![UNREACHED; n_facts],
            zones: vec![Zone::Unknown; n_facts],
            queue: Queue::default(),
            stack: Vec::new(),
            cut: Vec::new(),
            goal: goal_fact,
            start,
            steps: 0,
        }
    }

    /// h_max of all facts, with each rule's supporter.
    fn explore(&mut self, words: &[u64]) {
        self.rules.copy_from_slice(&self.fresh);
        self.costs.fill(UNREACHED);
        self.queue.clear();
        for variable in 0..self.task.n_variables() {
            let fact = self.task.first_fact[variable] + self.task.packing.get(words, variable);
            reach(&mut self.costs, &mut self.queue, fact, 0);
        }
        reach(&mut self.costs, &mut self.queue, self.start, 0);
        while let Some((cost, fact)) = self.queue.pop() {
            if self.costs[fact as usize] < cost {
                continue;
            }
            let needing = self.needing.row(fact);
            self.steps += needing.len() as u64;
            for &rule in needing {
                let state = &mut self.rules[rule as usize];
                state.missing -= 1;
                if state.missing == 0 {
                    (state.supporter, state.supporter_cost) = (fact, cost);
                    let total = cost.saturating_add(state.cost).min(MAX_REACHED);
                    for &effect in self.adds.row(rule) {
                        reach(&mut self.costs, &mut self.queue, effect, total);
                    }
                }
            }
        }
    }

    /// The same after the cut's rules became cheaper.
    fn explore_again(&mut self) {
        self.queue.clear();
        for &rule in &self.cut {
            let state = self.rules[rule as usize];
            let total = state.supporter_cost.saturating_add(state.cost).min(MAX_REACHED);
            for &effect in self.adds.row(rule) {
                reach(&mut self.costs, &mut self.queue, effect, total);
            }
        }
        while let Some((cost, fact)) = self.queue.pop() {
            if self.costs[fact as usize] < cost {
                continue;
            }
            let needing = self.needing.row(fact);
            self.steps += needing.len() as u64;
            for &rule in needing {
                let state = &mut self.rules[rule as usize];
                if state.supporter != fact || state.supporter_cost <= cost {
                    continue;
                }
                for &condition in self.pre.row(rule) {
                    if self.costs[condition as usize] > self.costs[state.supporter as usize] {
                        state.supporter = condition;
                    }
                }
                let now = self.costs[state.supporter as usize];
                if now == state.supporter_cost {
                    continue;
                }
                state.supporter_cost = now;
                let total = now.saturating_add(state.cost).min(MAX_REACHED);
                for &effect in self.adds.row(rule) {
                    reach(&mut self.costs, &mut self.queue, effect, total);
                }
            }
        }
    }

    /// Marks the facts from which the goal is reached for nothing.
    fn mark_goal_zone(&mut self) {
        self.stack.push(self.goal);
        while let Some(fact) = self.stack.pop() {
            if std::mem::replace(&mut self.zones[fact as usize], Zone::Goal) == Zone::Goal {
                continue;
            }
            let achieving = self.achieving.row(fact);
            self.steps += achieving.len() as u64;
            for &rule in achieving {
                let state = self.rules[rule as usize];
                if state.cost == 0 && state.missing == 0 {
                    self.stack.push(state.supporter);
                }
            }
        }
    }

    /// Rules that lead from what the state reaches into the goal zone.
    fn find_cut(&mut self, words: &[u64]) {
        self.cut.clear();
        for variable in 0..self.task.n_variables() {
            let fact = self.task.first_fact[variable] + self.task.packing.get(words, variable);
            self.zones[fact as usize] = Zone::Before;
            self.stack.push(fact);
        }
        self.zones[self.start as usize] = Zone::Before;
        self.stack.push(self.start);
        while let Some(fact) = self.stack.pop() {
            let needing = self.needing.row(fact);
            self.steps += needing.len() as u64;
            for &rule in needing {
                let state = self.rules[rule as usize];
                if state.supporter != fact || state.missing != 0 {
                    continue;
                }
                let effects = self.adds.row(rule);
                if effects.iter().any(|&effect| self.zones[effect as usize] == Zone::Goal) {
                    self.cut.push(rule);
                    continue;
                }
                for &effect in effects {
                    let zone = &mut self.zones[effect as usize];
                    if *zone == Zone::Unknown {
                        *zone = Zone::Before;
                        self.stack.push(effect);
                    }
                }
            }
        }
    }

    /// Takes the least cost of the cut away from its operators, and returns it.
    fn pay(&mut self) -> u32 {
        let least = self.cut.iter().map(|&rule| self.rules[rule as usize].cost).min().unwrap_or(0);
        if self.siblings.is_empty() {
            self.cut.iter().for_each(|&rule| self.rules[rule as usize].cost -= least);
            return least;
        }
        // An operator pays once, whichever of its effects were cut. Effects that are out of reach stay so.
        for &rule in &self.cut.clone() {
            let others = &self.siblings[rule as usize];
            let is_reached = |other: &&RuleId| self.rules[**other as usize].missing == 0;
            self.cut.extend(others.iter().filter(is_reached));
        }
        self.cut.sort_unstable();
        self.cut.dedup();
        for &rule in &self.cut {
            self.rules[rule as usize].cost -= least;
        }
        least
    }

    fn evaluate_state(&mut self, words: &[u64]) -> Option<u32> {
        self.explore(words);
        if self.costs[self.goal as usize] == UNREACHED {
            return None;
        }
        let mut sum = 0u32;
        while self.costs[self.goal as usize] != 0 {
            self.zones.fill(Zone::Unknown);
            self.mark_goal_zone();
            self.find_cut(words);
            let paid = self.pay();
            debug_assert!(paid > 0, "a cut without a cost");
            sum = sum.saturating_add(paid).min(MAX_REACHED);
            self.explore_again();
        }
        Some(sum)
    }
}

impl Heuristic for LmCut<'_> {
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32> {
        self.steps = (self.fresh.len() / 8) as u64;
        self.evaluate_state(node.words)
    }

    fn ticks(&self) -> u64 {
        1 + self.steps / STEPS_PER_TICK
    }
}

#[inline]
fn reach(costs: &mut [u32], queue: &mut Queue, fact: FactId, cost: u32) {
    let known = &mut costs[fact as usize];
    if cost < *known {
        *known = cost;
        queue.push(cost, fact);
    }
}

/// For each column, the rows that hold it.
fn transposed(rows: &Flat<FactId>, n_rows: usize, n_columns: usize) -> Flat<RuleId> {
    let mut columns = vec![Vec::new(); n_columns];
    for row in 0..n_rows as RuleId {
        rows.row(row).iter().for_each(|&column| columns[column as usize].push(row));
    }
    let mut flat = Flat::default();
    columns.into_iter().for_each(|column| flat.push(column));
    flat
}

/// For each rule, the other rules of its operator. The goal's rule has none.
fn siblings(rules: &Rules, of_operator: &[Vec<RuleId>]) -> Vec<Vec<RuleId>> {
    let others = |rule: RuleId| match rules.operator[rule as usize] {
        AXIOM => Vec::new(),
        operator => of_operator[operator as usize].iter().copied().filter(|&other| other != rule).collect(),
    };
    (0..rules.len() as RuleId).map(others).chain([Vec::new()]).collect()
}

/// A bucket queue: the last entry of the lowest bucket first.
#[derive(Default)]
struct Queue {
    buckets: Vec<Vec<FactId>>,
    at: usize,
    len: usize,
    large: std::collections::BinaryHeap<std::cmp::Reverse<(u32, FactId)>>,
}

impl Queue {
    const DIRECT: u32 = 1 << 12;

    fn clear(&mut self) {
        debug_assert!(self.len == 0 && self.large.is_empty(), "explored to the end");
        self.at = 0;
    }

    #[inline]
    fn push(&mut self, key: u32, fact: FactId) {
        if key >= Queue::DIRECT {
            self.large.push(std::cmp::Reverse((key, fact)));
            return;
        }
        if key as usize >= self.buckets.len() {
            self.buckets.resize_with(key as usize + 1, Vec::new);
        }
        self.buckets[key as usize].push(fact);
        self.at = self.at.min(key as usize);
        self.len += 1;
    }

    #[inline]
    fn pop(&mut self) -> Option<(u32, FactId)> {
        if self.len == 0 {
            return self.large.pop().map(|std::cmp::Reverse(entry)| entry);
        }
        loop {
            if let Some(fact) = self.buckets[self.at].pop() {
                self.len -= 1;
                return Some((self.at as u32, fact));
            }
            self.at += 1;
        }
    }
}
