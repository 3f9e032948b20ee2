//! Heuristics of the delete relaxation: h_max (Bonet and Geffner 2001) and FF with h_add supporters (Hoffmann and
//! Nebel 2001; Keyder and Geffner 2008).
//!
//! One generalised Dijkstra over facts serves both: an operator fires when its last condition is reached, at the
//! maximum or the sum of its conditions' costs. h_max is admissible, consistent and safe; FF is safe.

use std::sync::Arc;

use crate::ground::VarVal;
use crate::heuristic::{Heuristic, Node};
use crate::task::{FactId, Flat, OperatorId, Task};

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
    /// Operators that need each fact.
    needing: Flat<OperatorId>,
    /// Facts that each operator adds and that some operator or goal needs.
    adds: Flat<FactId>,
    pre: Flat<FactId>,
    unconditional: Vec<OperatorId>,
    /// Open conditions and base cost of every operator, as at the start of an evaluation.
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
        let mut needing = vec![Vec::new(); n_facts];
        let mut unconditional = Vec::new();
        let all_one = task.operators.cost.iter().all(|&cost| cost == 1);
        let (mut adds, mut pre) = (Flat::default(), Flat::default());
        let mut fresh = Vec::with_capacity(task.n_operators());
        for operator in 0..task.n_operators() as OperatorId {
            let conditions = task.operators.pre(operator);
            for &condition in conditions {
                needing[task.fact(condition) as usize].push(operator);
            }
            if conditions.is_empty() {
                unconditional.push(operator);
            }
            pre.push(conditions.iter().map(|&condition| task.fact(condition)));
            adds.push(task.operators.eff(operator).iter().map(|&effect| task.fact(effect)));
            let cost = match costs {
                Costs::Unit => 1,
                Costs::PlusOne if all_one => 1,
                Costs::PlusOne => task.cost(operator).saturating_add(1),
                Costs::Real => task.cost(operator),
            };
            fresh.push(Open { conditions: conditions.len() as u32, cost });
        }
        let mut rows = Flat::default();
        needing.into_iter().for_each(|row| rows.push(row));
        Relaxation {
            needing: rows,
            adds,
            pre,
            unconditional,
            fresh,
            first_fact: task.first_fact.clone(),
            n_facts,
        }
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
    supporter: Vec<OperatorId>,
    queue: Buckets,
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
        for (variable, first) in relaxation.first_fact[..self.task.n_variables()].iter().enumerate() {
            let fact = first + self.task.packing.get(words, variable);
            self.costs[fact as usize] = 0;
            self.supporter[fact as usize] = NONE;
            self.queue.push(0, fact);
        }
        for &operator in &relaxation.unconditional {
            self.fire(&relaxation, operator, relaxation.fresh[operator as usize].cost.min(MAX_REACHED));
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
            for &operator in needing {
                let open = &mut self.open[operator as usize];
                open.conditions -= 1;
                if !MAX {
                    open.cost = open.cost.saturating_add(cost).min(MAX_REACHED);
                }
                if open.conditions == 0 {
                    let total = if MAX { open.cost.saturating_add(cost).min(MAX_REACHED) } else { open.cost };
                    self.fire(&relaxation, operator, total);
                }
            }
        }
        true
    }

    #[inline]
    fn fire(&mut self, relaxation: &Relaxation, operator: OperatorId, cost: u32) {
        for &fact in relaxation.adds.row(operator) {
            if cost < self.costs[fact as usize] {
                self.costs[fact as usize] = cost;
                self.supporter[fact as usize] = operator;
                self.queue.push(cost, fact);
            }
        }
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
    /// Stamp of the evaluation that last put a fact, or an operator, into the relaxed plan.
    fact_marks: Vec<u32>,
    operator_marks: Vec<u32>,
    stamp: u32,
    stack: Vec<FactId>,
    preferred: Vec<OperatorId>,
}

impl<'a> FastForward<'a> {
    pub(crate) fn new(task: &'a Task, relaxation: Arc<Relaxation>, goal: &[VarVal]) -> FastForward<'a> {
        FastForward {
            fact_marks: vec![0; relaxation.n_facts],
            operator_marks: vec![0; relaxation.fresh.len()],
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
            self.operator_marks.fill(0);
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
            let operator = self.exploration.supporter[fact as usize];
            if operator == NONE
                || std::mem::replace(&mut self.operator_marks[operator as usize], self.stamp) == self.stamp
            {
                continue;
            }
            cost = cost.saturating_add(relaxation.fresh[operator as usize].cost).min(MAX_REACHED);
            self.stack.extend_from_slice(relaxation.pre.row(operator));
            let task = self.exploration.task;
            if task.holds(task.operators.pre(operator), words) {
                self.preferred.push(operator);
            }
        }
        cost
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

/// A monotone bucket queue with a heap for large keys.
#[derive(Default)]
struct Buckets {
    buckets: Vec<Vec<FactId>>,
    at: usize,
    len: usize,
    large: std::collections::BinaryHeap<std::cmp::Reverse<(u32, FactId)>>,
}

impl Buckets {
    const DIRECT: u32 = 1 << 14;

    fn clear(&mut self) {
        if self.len > 0 {
            self.buckets[self.at..].iter_mut().for_each(Vec::clear);
        }
        self.large.clear();
        self.at = 0;
        self.len = 0;
    }

    #[inline]
    fn push(&mut self, key: u32, fact: FactId) {
        if key >= Buckets::DIRECT {
            self.large.push(std::cmp::Reverse((key, fact)));
            return;
        }
        if key as usize >= self.buckets.len() {
            self.buckets.resize_with(key as usize + 1, Vec::new);
        }
        self.buckets[key as usize].push(fact);
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
