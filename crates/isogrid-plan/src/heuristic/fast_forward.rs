//! FF (Hoffmann and Nebel, JAIR 14, 2001) with supporters of least h_add (Keyder and Geffner, ECAI 2008): the cost of a
//! relaxed plan, whose applicable operators are preferred. Safe, not admissible.

use std::sync::Arc;

use crate::heuristic::exploration::Exploration;
use crate::heuristic::rules::{AXIOM, RuleId};
use crate::heuristic::{Declared, Heuristic, Node, Properties, Relaxation};
use crate::task::{FactId, OperatorId, Task};

pub(crate) struct FastForward<'a> {
    exploration: Exploration<'a>,
    /// Stamp of the evaluation that last put a fact, or a rule, into the relaxed plan.
    fact_marks: Vec<u32>,
    rule_marks: Vec<u32>,
    /// The same of an operator, where one may have several rules: it is paid for once.
    operator_marks: Vec<u32>,
    stamp: u32,
    stack: Vec<FactId>,
    preferred: Vec<OperatorId>,
}

impl<'a> FastForward<'a> {
    pub(crate) fn new(task: &'a Task, relaxation: Arc<Relaxation>) -> FastForward<'a> {
        FastForward {
            fact_marks: vec![0; relaxation.n_facts()],
            rule_marks: vec![0; relaxation.rules.len()],
            operator_marks: vec![0; if task.is_plain() { 0 } else { task.n_operators() }],
            exploration: Exploration::new(task, relaxation),
            stamp: 0,
            stack: Vec::new(),
            preferred: Vec::new(),
        }
    }

    fn extract(&mut self, words: &[u64]) -> u32 {
        self.next_stamp();
        self.preferred.clear();
        self.stack.clone_from(&self.exploration.relaxation.goal);
        let mut cost = 0u32;
        while let Some(fact) = self.stack.pop() {
            if std::mem::replace(&mut self.fact_marks[fact as usize], self.stamp) == self.stamp {
                continue;
            }
            let Some(rule) = self.exploration.supporter(fact) else { continue };
            cost = cost.saturating_add(self.exploration.cost_of_repeats(fact, rule));
            if std::mem::replace(&mut self.rule_marks[rule as usize], self.stamp) == self.stamp {
                continue;
            }
            let relaxation = &self.exploration.relaxation;
            let operator = relaxation.rules.operator[rule as usize] as usize;
            let paid = self.operator_marks.get_mut(operator).map(|mark| std::mem::replace(mark, self.stamp));
            if paid != Some(self.stamp) {
                cost = cost.saturating_add(relaxation.costs[rule as usize]);
            }
            self.stack.extend_from_slice(relaxation.rules.pre.row(rule));
            self.prefer(rule, words);
        }
        cost.min(u32::MAX - 1)
    }

    fn next_stamp(&mut self) {
        if self.stamp == u32::MAX {
            self.fact_marks.fill(0);
            self.rule_marks.fill(0);
            self.operator_marks.fill(0);
            self.stamp = 0;
        }
        self.stamp += 1;
    }

    /// h_add of the state evaluated last, unless it was hopeless.
    pub(crate) fn h_add(&self) -> u32 {
        self.exploration.sum_of_goals()
    }

    /// The facts that the last relaxed plan reaches for its goal, those true at first among them.
    pub(crate) fn relaxed_plan_facts(&self) -> Vec<FactId> {
        (0..).zip(&self.fact_marks).filter(|&(_, &mark)| mark == self.stamp).map(|(fact, _)| fact).collect()
    }

    /// Prefers a rule's operator if it applies.
    fn prefer(&mut self, rule: RuleId, words: &[u64]) {
        let task = self.exploration.task;
        let operator = self.exploration.relaxation.rules.operator[rule as usize];
        let applies = operator != AXIOM && task.holds(task.operators.pre(operator), words);
        // Several conditional effects of one operator may be in the plan.
        if applies && (task.is_plain() || !self.preferred.contains(&operator)) {
            self.preferred.push(operator);
        }
    }
}

impl Declared for FastForward<'_> {
    const NAME: &'static str = "FF";
    const PROPERTIES: Properties = Properties::SAFE;
}

impl Heuristic for FastForward<'_> {
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32> {
        if !self.exploration.run::<false>(node.words) {
            self.preferred.clear();
            return None;
        }
        Some(self.extract(node.words))
    }

    fn ticks(&self) -> u64 {
        self.exploration.ticks()
    }

    fn preferred(&self) -> &[OperatorId] {
        &self.preferred
    }
}
