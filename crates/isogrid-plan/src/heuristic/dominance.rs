//! A relaxation without what changes no distance: effects that nothing needs, and those that another rule has from
//! fewer conditions for no more.
//!
//! Fast Downward (Helmert, JAIR 26, 2006) drops dominated unary operators likewise. Distances by h_max and h_add stay
//! the same. Left out: effects that two rules together dominate.

use crate::heuristic::rules::{AXIOM, RuleId, Rules};
use crate::task::FactId;

/// Rules of one effect are held against this many of the rules with the fewest conditions.
const MOST_RIVALS: usize = 128;

/// A rule's conditions as bits: a subset has a subset of the bits.
#[derive(Clone, Copy)]
struct Rival {
    bits: u64,
    rule: RuleId,
}

/// The rules that matter with the effects that matter, and what each costs; `costs` are of the operators.
pub(super) fn relevant(rules: &Rules, costs: &[u32], is_goal: &[bool]) -> (Rules, Vec<u32>) {
    let cost = |rule: RuleId| match rules.operator[rule as usize] {
        AXIOM => 0,
        operator => costs[operator as usize],
    };
    let costs: Vec<u32> = (0..rules.len() as RuleId).map(cost).collect();
    let achievers = achievers(rules, &needed(rules, is_goal));
    let mut adds = vec![Vec::new(); rules.len()];
    let mut kept = Vec::new();
    for (fact, mut of_fact) in (0..).zip(achievers) {
        of_fact.sort_by_key(|&rule| (rules.pre.row(rule).len(), costs[rule as usize], rule));
        undominated(rules, &costs, &of_fact, &mut kept);
        kept.iter().for_each(|rival: &Rival| adds[rival.rule as usize].push(fact));
    }
    rebuilt(rules, &adds, &costs)
}

/// Facts that a rule or the goal needs.
fn needed(rules: &Rules, is_goal: &[bool]) -> Vec<bool> {
    let mut is_needed = is_goal.to_vec();
    for rule in 0..rules.len() as RuleId {
        rules.pre.row(rule).iter().for_each(|&fact| is_needed[fact as usize] = true);
    }
    is_needed
}

/// The rules that add each needed fact and do not need it themselves.
fn achievers(rules: &Rules, is_needed: &[bool]) -> Vec<Vec<RuleId>> {
    let mut achievers = vec![Vec::new(); is_needed.len()];
    for rule in 0..rules.len() as RuleId {
        let conditions = rules.pre.row(rule);
        for &fact in rules.adds.row(rule) {
            if is_needed[fact as usize] && !conditions.contains(&fact) {
                achievers[fact as usize].push(rule);
            }
        }
    }
    achievers
}

/// Fills `kept` with the rules of one effect, given by number of conditions and cost, that no earlier one dominates.
fn undominated(rules: &Rules, costs: &[u32], of_fact: &[RuleId], kept: &mut Vec<Rival>) {
    kept.clear();
    for &rule in of_fact {
        let conditions = rules.pre.row(rule);
        let bits = conditions.iter().fold(0, |bits, &fact| bits | 1 << bit(fact));
        let is_dominated = kept.iter().take(MOST_RIVALS).any(|rival| {
            rival.bits & !bits == 0
                && costs[rival.rule as usize] <= costs[rule as usize]
                && is_subset(rules.pre.row(rival.rule), conditions)
        });
        if !is_dominated {
            kept.push(Rival { bits, rule });
        }
    }
}

/// Neighboring facts have different bits.
fn bit(fact: FactId) -> u32 {
    fact % 64
}

/// Whether one sorted list is a part of another.
fn is_subset(part: &[FactId], all: &[FactId]) -> bool {
    let mut rest = all.iter();
    part.iter().all(|fact| rest.any(|other| other == fact))
}

/// The rules that still reach something, with these effects.
fn rebuilt(rules: &Rules, adds: &[Vec<FactId>], costs: &[u32]) -> (Rules, Vec<u32>) {
    let mut left = Rules { compared: rules.compared.clone(), ..Rules::default() };
    let mut left_costs = Vec::new();
    for rule in 0..rules.len() as RuleId {
        let (adds, gains) = (&adds[rule as usize], rules.gains.row(rule));
        if adds.is_empty() && gains.is_empty() {
            continue;
        }
        left.pre.push(rules.pre.row(rule).iter().copied());
        left.adds.push(adds.iter().copied());
        left.gains.push(gains.iter().copied());
        left.operator.push(rules.operator[rule as usize]);
        left_costs.push(costs[rule as usize]);
    }
    (left, left_costs)
}
