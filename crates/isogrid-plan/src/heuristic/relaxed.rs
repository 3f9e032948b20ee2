//! Heuristics of the delete relaxation: h_max (Bonet and Geffner 2001) and FF with h_add supporters (Hoffmann and
//! Nebel 2001; Keyder and Geffner 2008).
//!
//! One generalised Dijkstra over facts serves both: an operator fires when its last condition is reached, at the
//! maximum or the sum of its conditions' costs. h_max is admissible, consistent and safe; FF is safe.

use std::sync::Arc;

use crate::flat::Flat;
use crate::ground::VarVal;
use crate::heuristic::buckets::Buckets;
use crate::heuristic::rules::{AXIOM, Gain, RuleId, Rules, repeats};
use crate::heuristic::{Heuristic, Node};
use crate::task::{FactId, OperatorId, Task};

const UNREACHED: u32 = u32::MAX;
/// Costs saturate here: however large, what is reached stays reached, so no dead end is claimed wrongly.
const MAX_REACHED: u32 = u32::MAX - 1;
const NONE: u32 = u32::MAX;
/// Relaxed-exploration steps that count as one tick.
const STEPS_PER_TICK: u64 = 16;

/// Which costs the relaxation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Costs {
    /// Every operator costs one.
    Unit,
    /// The task's own costs and one more, unless all are one: distances count beside costs (LAMA).
    PlusOne,
    /// The task's own costs.
    Real,
}

/// What the relaxations of one task share; immutable.
pub(crate) struct Relaxation {
    rules: Rules,
    /// Rules that need each fact.
    needing: Flat<RuleId>,
    unconditional: Vec<RuleId>,
    /// Open conditions and base cost of every rule, as at the start of an evaluation.
    fresh: Vec<Open>,
    /// First fact of each variable.
    first_fact: Vec<FactId>,
    n_facts: usize,
}

#[derive(Clone, Copy)]
struct Open {
    conditions: u32,
    cost: u32,
}

impl Relaxation {
    pub(crate) fn new(task: &Task, costs: Costs) -> Relaxation {
        let n_facts = task.n_facts();
        let rules = Rules::new(task);
        let mut needing = vec![Vec::new(); n_facts];
        let mut unconditional = Vec::new();
        let all_one = task.operators.cost.iter().all(|&cost| cost == 1);
        let mut fresh = Vec::with_capacity(rules.len());
        for rule in 0..rules.len() as RuleId {
            let conditions = rules.pre.row(rule);
            conditions.iter().for_each(|&condition| needing[condition as usize].push(rule));
            if conditions.is_empty() {
                unconditional.push(rule);
            }
            let cost = match (rules.operator[rule as usize], costs) {
                (AXIOM, _) => 0,
                (_, Costs::Unit) => 1,
                (_, Costs::PlusOne) if all_one => 1,
                (operator, Costs::PlusOne) => task.cost(operator).saturating_add(1),
                (operator, Costs::Real) => task.cost(operator),
            };
            fresh.push(Open { conditions: conditions.len() as u32, cost });
        }
        let mut rows = Flat::default();
        needing.into_iter().for_each(|row| rows.push(row));
        let first_fact = task.first_fact.clone();
        Relaxation { rules, needing: rows, unconditional, fresh, first_fact, n_facts }
    }
}

/// Buffers of one exploration.
struct Exploration<'a> {
    task: &'a Task,
    relaxation: Arc<Relaxation>,
    is_goal: Vec<bool>,
    goal: Vec<FactId>,
    open: Vec<Open>,
    costs: Vec<u32>,
    supporter: Vec<RuleId>,
    queue: Buckets,
    /// What each comparison's form comes to in the state.
    values: Vec<f64>,
    steps: u64,
}

impl<'a> Exploration<'a> {
    fn new(task: &'a Task, relaxation: Arc<Relaxation>, goal: &[VarVal]) -> Exploration<'a> {
        let goal: Vec<FactId> = goal.iter().map(|&fact| task.fact(fact)).collect();
        let mut is_goal = vec![false; relaxation.n_facts];
        goal.iter().for_each(|&fact| is_goal[fact as usize] = true);
        Exploration {
            task,
            is_goal,
            goal,
            open: relaxation.fresh.clone(),
            costs: vec![UNREACHED; relaxation.n_facts],
            supporter: vec![NONE; relaxation.n_facts],
            queue: Buckets::default(),
            values: Vec::new(),
            steps: 0,
            relaxation,
        }
    }

    /// Explores until every goal fact has its final cost; false when one is unreachable.
    fn run<const MAX: bool>(&mut self, words: &[u64]) -> bool {
        let relaxation = self.relaxation.clone();
        self.open.copy_from_slice(&relaxation.fresh);
        self.costs.fill(UNREACHED);
        self.queue.clear();
        self.steps = (relaxation.fresh.len() / 8) as u64;
        let dynamics = &self.task.dynamics;
        self.values.clear();
        self.values.extend(
            dynamics.comparisons.iter().map(|c| c.form.value(|number| dynamics.number(words, number))),
        );
        for (variable, first) in relaxation.first_fact[..self.task.n_variables()].iter().enumerate() {
            let fact = first + self.task.packing.get(words, variable);
            self.costs[fact as usize] = 0;
            self.supporter[fact as usize] = NONE;
            self.queue.push(0, fact);
        }
        for &rule in &relaxation.unconditional {
            self.fire::<MAX>(&relaxation, rule, relaxation.fresh[rule as usize].cost.min(MAX_REACHED));
        }
        let mut goals_left = self.goal.len();
        while goals_left > 0 {
            let Some((cost, fact)) = self.queue.pop() else { return false };
            if self.costs[fact as usize] != cost {
                continue;
            }
            goals_left -= usize::from(self.is_goal[fact as usize]);
            let needing = relaxation.needing.row(fact);
            self.steps += needing.len() as u64;
            for &rule in needing {
                let open = &mut self.open[rule as usize];
                open.conditions -= 1;
                if !MAX {
                    open.cost = open.cost.saturating_add(cost).min(MAX_REACHED);
                }
                if open.conditions == 0 {
                    let total = if MAX { open.cost.saturating_add(cost).min(MAX_REACHED) } else { open.cost };
                    self.fire::<MAX>(&relaxation, rule, total);
                }
            }
        }
        true
    }

    #[inline]
    fn fire<const MAX: bool>(&mut self, relaxation: &Relaxation, rule: RuleId, cost: u32) {
        for &fact in relaxation.rules.adds.row(rule) {
            self.reach(fact, cost, rule);
        }
        if !self.values.is_empty() {
            self.fire_gains::<MAX>(relaxation, rule, cost);
        }
    }

    #[inline]
    fn reach(&mut self, fact: FactId, cost: u32, rule: RuleId) {
        if cost < self.costs[fact as usize] {
            self.costs[fact as usize] = cost;
            self.supporter[fact as usize] = rule;
            self.queue.push(cost, fact);
        }
    }

    /// Reaches comparisons: by one application where the cost must not be overestimated.
    #[cold]
    fn fire_gains<const MAX: bool>(&mut self, relaxation: &Relaxation, rule: RuleId, cost: u32) {
        for &gain in relaxation.rules.gains.row(rule) {
            let Some(times) = self.repeats(gain) else { continue };
            let more = if MAX { 0 } else { (times - 1).saturating_mul(relaxation.fresh[rule as usize].cost) };
            let fact = relaxation.rules.compared[gain.comparison as usize];
            self.reach(fact, cost.saturating_add(more).min(MAX_REACHED), rule);
        }
    }

    fn repeats(&self, gain: Gain) -> Option<u32> {
        let comparison = gain.comparison as usize;
        repeats(self.task.dynamics.comparisons[comparison].sign, self.values[comparison], gain.step)
    }

    /// Applications of a fact's supporter beyond the first.
    fn more_repeats(&self, fact: FactId, rule: RuleId) -> u32 {
        let rules = &self.relaxation.rules;
        let gain = rules.gains.row(rule).iter().find(|gain| rules.compared[gain.comparison as usize] == fact);
        gain.and_then(|&gain| self.repeats(gain)).map_or(0, |times| times - 1)
    }

    fn ticks(&self) -> u64 {
        1 + self.steps / STEPS_PER_TICK
    }
}

/// The maximum over the goal of the cost of reaching each fact.
pub(crate) struct HMax<'a>(Exploration<'a>);

impl<'a> HMax<'a> {
    pub(crate) fn new(task: &'a Task, relaxation: Arc<Relaxation>, goal: &[VarVal]) -> HMax<'a> {
        HMax(Exploration::new(task, relaxation, goal))
    }
}

impl Heuristic for HMax<'_> {
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32> {
        let reached = self.0.run::<true>(node.words);
        reached.then(|| self.0.goal.iter().map(|&fact| self.0.costs[fact as usize]).max().unwrap_or(0))
    }

    fn ticks(&self) -> u64 {
        self.0.ticks()
    }
}

/// The cost of a relaxed plan made of cheapest h_add supporters; its applicable operators are preferred.
pub(crate) struct FastForward<'a> {
    exploration: Exploration<'a>,
    /// Stamp of the evaluation that last put a fact, or a rule, into the relaxed plan.
    fact_marks: Vec<u32>,
    rule_marks: Vec<u32>,
    stamp: u32,
    stack: Vec<FactId>,
    preferred: Vec<OperatorId>,
}

impl<'a> FastForward<'a> {
    pub(crate) fn new(task: &'a Task, relaxation: Arc<Relaxation>, goal: &[VarVal]) -> FastForward<'a> {
        FastForward {
            fact_marks: vec![0; relaxation.n_facts],
            rule_marks: vec![0; relaxation.fresh.len()],
            exploration: Exploration::new(task, relaxation, goal),
            stamp: 0,
            stack: Vec::new(),
            preferred: Vec::new(),
        }
    }

    fn extract(&mut self, words: &[u64]) -> u32 {
        let relaxation = self.exploration.relaxation.clone();
        if self.stamp == u32::MAX {
            self.fact_marks.fill(0);
            self.rule_marks.fill(0);
            self.stamp = 0;
        }
        self.stamp += 1;
        self.preferred.clear();
        self.stack.clone_from(&self.exploration.goal);
        let mut cost = 0u32;
        while let Some(fact) = self.stack.pop() {
            if std::mem::replace(&mut self.fact_marks[fact as usize], self.stamp) == self.stamp {
                continue;
            }
            let rule = self.exploration.supporter[fact as usize];
            if rule == NONE {
                continue;
            }
            if !self.exploration.values.is_empty() {
                let more = self.exploration.more_repeats(fact, rule);
                let once = relaxation.fresh[rule as usize].cost;
                cost = cost.saturating_add(once.saturating_mul(more)).min(MAX_REACHED);
            }
            if std::mem::replace(&mut self.rule_marks[rule as usize], self.stamp) == self.stamp {
                continue;
            }
            cost = cost.saturating_add(relaxation.fresh[rule as usize].cost).min(MAX_REACHED);
            self.stack.extend_from_slice(relaxation.rules.pre.row(rule));
            self.prefer(relaxation.rules.operator[rule as usize], words);
        }
        cost
    }

    /// Prefers an operator of the relaxed plan that applies.
    fn prefer(&mut self, operator: OperatorId, words: &[u64]) {
        let task = self.exploration.task;
        let applies = operator != AXIOM && task.holds(task.operators.pre(operator), words);
        // Several conditional effects of one operator may be in the plan.
        if applies && (task.is_plain() || !self.preferred.contains(&operator)) {
            self.preferred.push(operator);
        }
    }
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
