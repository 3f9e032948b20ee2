//! LM-cut (Helmert and Domshlak, "Landmarks, critical paths and abstractions: what's the difference anyway?", ICAPS
//! 2009): admissible, safe, inconsistent.
//!
//! As long as the goal has a positive h_max value, a cut in the justification graph is a set of operators of which every
//! plan uses one; its least cost is counted and taken away from all of them. Ties are broken as Fast Downward does, so
//! that values can be compared: the last condition to be reached supports an operator until another becomes dearer;
//! where the goal zone is marked, a condition in it or on its border is preferred. Conditions that an operator keeps
//! come before those that it changes.

mod crossed;
mod cut;
mod evaluator;
#[cfg(test)]
mod literal;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::ground::VarVal;
use crate::heuristic::lm_cut::evaluator::{Evaluator, Parts};
use crate::heuristic::rules::{AXIOM, RuleId, Rules};
use crate::heuristic::{Declared, Heuristic, Node, Properties};
use crate::task::{FactId, OperatorId, Task};

/// Rules looked at that count as one tick.
const STEPS_PER_TICK: u64 = 16;

/// The heuristic with its buffers.
pub(crate) struct LmCut<'a> {
    task: &'a Task,
    evaluator: Evaluator,
    /// The facts of the state, and one that holds everywhere, for rules without conditions.
    state: Vec<FactId>,
}

impl<'a> LmCut<'a> {
    pub(crate) fn new(task: &'a Task, goal: &[VarVal]) -> LmCut<'a> {
        LmCut::among(task, goal, &Rules::new(task))
    }

    /// For states from which no other rules matter.
    pub(crate) fn among(task: &'a Task, goal: &[VarVal], rules: &Rules) -> LmCut<'a> {
        LmCut { task, evaluator: Evaluator::new(parts(task, goal, rules)), state: Vec::new() }
    }
}

impl Declared for LmCut<'_> {
    const NAME: &'static str = "LM-cut";
    const PROPERTIES: Properties = Properties::ADMISSIBLE;
}

impl Heuristic for LmCut<'_> {
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32> {
        self.task.facts_of(node.words, &mut self.state);
        self.state.push(start(self.task));
        self.evaluator.evaluate(&self.state)
    }

    fn ticks(&self) -> u64 {
        1 + self.evaluator.steps / STEPS_PER_TICK
    }
}

/// The fact that stands for the goal.
fn goal_fact(task: &Task) -> FactId {
    task.n_facts() as FactId
}

/// The fact that holds everywhere.
fn start(task: &Task) -> FactId {
    task.n_facts() as FactId + 1
}

/// The delete relaxation as the evaluator wants it: with a rule for the goal, and no effects that nothing needs.
fn parts(task: &Task, goal: &[VarVal], rules: &Rules) -> Parts {
    let n_rules = rules.len() as RuleId;
    let n_facts = task.n_facts() + 2;
    let mut parts = Parts {
        n_facts,
        pre: (0..n_rules).map(|rule| conditions(task, rules, rule)).collect(),
        adds: (0..n_rules).map(|rule| effects(rules, rule)).collect(),
        costs: (0..n_rules).map(|rule| cost(task, rules.operator[rule as usize])).collect(),
        siblings: siblings(rules),
        goal: goal_fact(task),
    };
    parts.pre.push(goal.iter().map(|&fact| task.fact(fact)).collect());
    parts.adds.push(vec![goal_fact(task)]);
    parts.costs.push(0);
    let mut is_needed = vec![false; n_facts];
    is_needed[goal_fact(task) as usize] = true;
    parts.pre.iter().flatten().for_each(|&fact| is_needed[fact as usize] = true);
    parts.adds.iter_mut().for_each(|effects| effects.retain(|&effect| is_needed[effect as usize]));
    parts.pre.iter_mut().filter(|pre| pre.is_empty()).for_each(|pre| pre.push(start(task)));
    parts
}

/// Conditions on variables that the operator leaves alone come first.
fn conditions(task: &Task, rules: &Rules, rule: RuleId) -> Vec<FactId> {
    let mut conditions = rules.pre.row(rule).to_vec();
    let operator = rules.operator[rule as usize];
    if operator != AXIOM {
        let variable = |fact: FactId| task.first_fact.partition_point(|&first| first <= fact) as u32 - 1;
        let effects = task.operators.eff(operator);
        conditions.sort_by_key(|&fact| effects.iter().any(|effect| effect.0 == variable(fact)));
    }
    conditions
}

fn effects(rules: &Rules, rule: RuleId) -> Vec<FactId> {
    let compared = rules.gains.row(rule).iter().map(|gain| rules.compared[gain.comparison as usize]);
    rules.adds.row(rule).iter().copied().chain(compared).collect()
}

fn cost(task: &Task, operator: OperatorId) -> u32 {
    if operator == AXIOM { 0 } else { task.cost(operator) }
}

/// For each rule, all rules of its operator, which follow each other; empty where each operator is one rule.
fn siblings(rules: &Rules) -> Vec<Range<RuleId>> {
    let mut all: Vec<Range<RuleId>> = Vec::with_capacity(rules.len() + 1);
    let same = |a: &OperatorId, b: &OperatorId| a == b && *a != AXIOM;
    for of_operator in rules.operator.chunk_by(same) {
        let first = all.len() as RuleId;
        all.extend(of_operator.iter().map(|_| first..first + of_operator.len() as RuleId));
    }
    if all.iter().all(|rules| rules.len() < 2) {
        return Vec::new();
    }
    let goal = all.len() as RuleId;
    all.push(goal..goal + 1);
    all
}
