//! The delete relaxation laid out for evaluations from many states.

use crate::flat::Flat;
use crate::ground::VarVal;
use crate::heuristic::rules::{AXIOM, RuleId, Rules};
use crate::task::{FactId, Task};

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

impl Costs {
    /// The costs of all operators.
    pub(crate) fn of(self, task: &Task) -> Vec<u32> {
        let all_one = task.operators.cost.iter().all(|&cost| cost == 1);
        let cost = |&cost: &u32| match self {
            Costs::Unit => 1,
            Costs::PlusOne if all_one => 1,
            Costs::PlusOne => cost.saturating_add(1),
            Costs::Real => cost,
        };
        task.operators.cost.iter().map(cost).collect()
    }
}

/// A relaxed task; immutable.
pub(crate) struct Relaxation {
    /// What they add that no rule and no goal needs is left out.
    pub(super) rules: Rules,
    /// Rules that need each fact.
    pub(super) needing: Flat<RuleId>,
    pub(super) unconditional: Vec<RuleId>,
    /// Open conditions and base cost of every rule, as at the start of an evaluation.
    pub(super) fresh: Vec<Open>,
    pub(super) goal: Vec<FactId>,
    pub(super) is_goal: Vec<bool>,
    /// Costs of facts stop here, so that no sum over a rule's conditions overflows. However dear, what is reached stays
    /// reached, so no dead end is claimed wrongly.
    pub(super) dearest: u32,
}

/// What is left until a rule fires, and what firing will cost.
#[derive(Clone, Copy)]
pub(super) struct Open {
    pub(super) conditions: u32,
    pub(super) cost: u32,
}

/// Costs of single rules stop here.
const DEAREST_RULE: u32 = u32::MAX / 2;

impl Relaxation {
    pub(crate) fn new(task: &Task, goal: &[VarVal], costs: Costs) -> Relaxation {
        let n_facts = task.n_facts();
        let goal: Vec<FactId> = goal.iter().map(|&fact| task.fact(fact)).collect();
        let mut is_goal = vec![false; n_facts];
        goal.iter().for_each(|&fact| is_goal[fact as usize] = true);
        let rules = useful(Rules::new(task), &is_goal);
        let costs = costs.of(task);
        let mut needing = vec![Vec::new(); n_facts];
        let (mut unconditional, mut fresh) = (Vec::new(), Vec::with_capacity(rules.len()));
        for rule in 0..rules.len() as RuleId {
            let conditions = rules.pre.row(rule);
            conditions.iter().for_each(|&condition| needing[condition as usize].push(rule));
            if conditions.is_empty() {
                unconditional.push(rule);
            }
            let cost = match rules.operator[rule as usize] {
                AXIOM => 0,
                operator => costs[operator as usize].min(DEAREST_RULE),
            };
            fresh.push(Open { conditions: conditions.len() as u32, cost });
        }
        let mut rows = Flat::default();
        needing.into_iter().for_each(|row| rows.push(row));
        let most = fresh.iter().map(|open| open.conditions).max().unwrap_or(0).max(1);
        Relaxation { rules, needing: rows, unconditional, fresh, goal, is_goal, dearest: DEAREST_RULE / most }
    }

    pub(super) fn n_facts(&self) -> usize {
        self.is_goal.len()
    }
}

/// The rules without what nothing needs.
fn useful(mut rules: Rules, is_goal: &[bool]) -> Rules {
    let mut is_needed = is_goal.to_vec();
    for rule in 0..rules.len() as RuleId {
        rules.pre.row(rule).iter().for_each(|&fact| is_needed[fact as usize] = true);
    }
    let mut adds = Flat::default();
    for rule in 0..rules.len() as RuleId {
        adds.push(rules.adds.row(rule).iter().copied().filter(|&fact| is_needed[fact as usize]));
    }
    rules.adds = adds;
    rules
}
