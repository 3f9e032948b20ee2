//! The delete relaxation laid out for evaluations from many states.

use std::sync::{Arc, OnceLock};

use isogrid_num::hash::FastMap;

use crate::flat::Flat;
use crate::ground::VarVal;
use crate::heuristic::dominance::relevant;
use crate::heuristic::rules::{RuleId, Rules};
use crate::heuristic::tally::Counters;
use crate::heuristic::upkeep::Achiever;
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
    /// The simplest that comes to the same.
    pub(crate) fn settled(self, task: &Task) -> Costs {
        let all_one = || task.operators.cost.iter().all(|&cost| cost == 1);
        if self == Costs::PlusOne && all_one() { Costs::Unit } else { self }
    }

    /// The costs of all operators.
    pub(crate) fn of(self, task: &Task) -> Vec<u32> {
        let settled = self.settled(task);
        let cost = |&cost: &u32| match settled {
            Costs::Unit => 1,
            Costs::PlusOne => cost.saturating_add(1),
            Costs::Real => cost,
        };
        task.operators.cost.iter().map(cost).collect()
    }
}

/// A relaxed task; immutable, and shared by the searches that count the same costs. Rules of equal conditions are a
/// group, whose conditions are counted once.
pub(crate) struct Relaxation {
    /// Without what changes no distance.
    pub(super) rules: Rules,
    /// What each rule costs.
    pub(super) costs: Vec<u32>,
    /// Groups of two conditions and more that need each fact.
    pub(super) needing: Flat<GroupId>,
    /// What fires when a fact is reached, by fact, then what fires besides the first when a group is complete, by group.
    pub(super) leads: Flat<Lead>,
    /// What fires first, by group.
    pub(super) first: Vec<FirstLead>,
    /// The same for rules that change numbers.
    pub(super) changing: Flat<RuleId>,
    /// Rules without conditions.
    pub(super) unconditional: Vec<RuleId>,
    /// The counters of all groups as at the start of an evaluation.
    pub(super) fresh: Counters,
    pub(super) goal: Vec<FactId>,
    pub(super) is_goal: Vec<bool>,
    /// Costs of facts stop here, so that no sum over a rule's conditions overflows. However dear, what is reached stays
    /// reached, so no dead end is claimed wrongly.
    pub(super) dearest: u32,
    /// Made when they are asked for.
    achievers: OnceLock<Flat<Achiever>>,
}

/// Index of a group of rules with the same two or more conditions.
pub(super) type GroupId = u32;

/// A fact that a rule reaches at a cost beyond its conditions'.
#[derive(Clone, Copy)]
pub(super) struct Lead {
    pub(super) cost: u32,
    pub(super) fact: FactId,
    pub(super) rule: RuleId,
}

/// The first lead of a group, which is mostly the only one.
#[derive(Clone, Copy)]
pub(super) struct FirstLead {
    pub(super) lead: Lead,
    /// Whether [`Relaxation::leads`] or [`Relaxation::changing`] has more of the group.
    pub(super) has_more: bool,
}

/// Costs of single rules stop here.
const DEAREST_RULE: u32 = u32::MAX / 2;

impl Relaxation {
    pub(crate) fn new(task: &Task, goal: &[VarVal], costs: Costs) -> Arc<Relaxation> {
        let n_facts = task.n_facts();
        let goal: Vec<FactId> = goal.iter().map(|&fact| task.fact(fact)).collect();
        let mut is_goal = vec![false; n_facts];
        goal.iter().for_each(|&fact| is_goal[fact as usize] = true);
        let (rules, mut costs) = relevant(&Rules::new(task), &costs.of(task), &is_goal);
        costs.iter_mut().for_each(|cost| *cost = (*cost).min(DEAREST_RULE));
        let groups = Groups::new(&rules, n_facts);
        let (mut leads, mut changing, mut first) = (Flat::default(), Flat::default(), Vec::new());
        for (at, members) in groups.members.iter().enumerate() {
            let of_rule = |&rule: &RuleId| {
                let cost = costs[rule as usize];
                rules.adds.row(rule).iter().map(move |&fact| Lead { cost, fact, rule })
            };
            let mut fired = members.iter().flat_map(of_rule);
            let changed: Vec<RuleId> =
                members.iter().copied().filter(|&rule| !rules.gains.row(rule).is_empty()).collect();
            if at >= n_facts {
                // A group that only changes numbers leads to a fact that is true anyway: its own condition.
                let own = || Lead { cost: 0, fact: rules.pre.row(members[0])[0], rule: members[0] };
                let lead = fired.next().unwrap_or_else(own);
                let rest: Vec<Lead> = fired.collect();
                first.push(FirstLead { lead, has_more: !rest.is_empty() || !changed.is_empty() });
                leads.push(rest);
            } else {
                leads.push(fired);
            }
            changing.push(changed);
        }
        let mut needing = vec![Vec::new(); n_facts];
        let mut sizes = Vec::new();
        for (group, members) in (0..).zip(&groups.members[n_facts..]) {
            let conditions = members.first().map_or(&[][..], |&rule| rules.pre.row(rule));
            conditions.iter().for_each(|&condition| needing[condition as usize].push(group));
            sizes.push(conditions.len());
        }
        let mut rows = Flat::default();
        needing.into_iter().for_each(|row| rows.push(row));
        let fresh = Counters::new(&sizes, costs.iter().copied().max().unwrap_or(0));
        let most = sizes.into_iter().max().unwrap_or(1) as u32;
        let (unconditional, dearest) = (groups.unconditional, fresh.largest() / most);
        Arc::new(Relaxation {
            rules,
            costs,
            needing: rows,
            leads,
            first,
            changing,
            unconditional,
            fresh,
            goal,
            is_goal,
            dearest,
            achievers: OnceLock::new(),
        })
    }

    /// The rules that reach each fact.
    pub(super) fn achievers(&self) -> &Flat<Achiever> {
        self.achievers.get_or_init(|| Achiever::of_facts(self))
    }

    pub(super) fn n_facts(&self) -> usize {
        self.is_goal.len()
    }
}

/// Rules by their conditions.
struct Groups {
    /// Those with one condition, by fact, then those with several, by group.
    members: Vec<Vec<RuleId>>,
    unconditional: Vec<RuleId>,
}

impl Groups {
    fn new(rules: &Rules, n_facts: usize) -> Groups {
        let mut groups = Groups { members: vec![Vec::new(); n_facts], unconditional: Vec::new() };
        let mut known: FastMap<&[FactId], usize> = FastMap::default();
        for rule in 0..rules.len() as RuleId {
            let at = match rules.pre.row(rule) {
                [] => {
                    groups.unconditional.push(rule);
                    continue;
                }
                &[only] => only as usize,
                several => *known.entry(several).or_insert(groups.members.len()),
            };
            if at == groups.members.len() {
                groups.members.push(Vec::new());
            }
            groups.members[at].push(rule);
        }
        groups
    }
}
