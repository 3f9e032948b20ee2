//! Orders between landmarks.
//!
//! Natural: a landmark needs all that its fact needs. Greedy-necessary: what every first achiever has as a
//! condition must hold right before. Reasonable: when reaching `a` would destroy `b`, and `b` must hold later, `a`
//! comes first; such an order is kept only where it closes no cycle.

use isogrid_core::Ctx;
use isogrid_num::bits::BitSet;

use crate::ground::VarVal;
use crate::heuristic::RuleId;
use crate::landmarks::discover::Propagated;
use crate::landmarks::fact_set::FactSet;
use crate::landmarks::{LandmarkId, Landmarks};
use crate::task::{FactId, OperatorId, Task};

/// Reasonable orders are tried between at most this many landmarks.
const MAX_REASONABLE: usize = 2_000;
/// Looks at landmarks or achievers that count as one tick.
const LOOKS_PER_TICK: u64 = 16;

/// The landmarks with their orders; none if the context ends the work.
pub(crate) fn order(
    ctx: &Ctx,
    (task, goal): (&Task, &[VarVal]),
    propagated: &Propagated,
    disjunctions: Vec<Vec<FactId>>,
) -> Option<Landmarks> {
    let facts: Vec<Vec<FactId>> =
        propagated.landmarks.iter().map(|&fact| vec![fact]).chain(disjunctions).collect();
    let mut of_fact = vec![None; task.n_facts()];
    for (at, facts) in facts.iter().enumerate() {
        facts.iter().for_each(|&fact| of_fact[fact as usize] = Some(at as u32));
    }
    let mut is_goal = vec![false; facts.len()];
    for &condition in goal {
        if let Some(landmark) = of_fact[task.fact(condition) as usize] {
            is_goal[landmark as usize] = true;
        }
    }
    let achievers = facts.iter().map(|facts| operators_of(propagated, facts)).collect();
    let mut landmarks = Landmarks {
        achievers,
        naturally_before: Vec::new(),
        before: vec![BitSet::new(facts.len()); facts.len()],
        needed_by: vec![Vec::new(); facts.len()],
        facts,
        is_goal,
        of_fact,
        n_reasonable: 0,
    };
    let mut effects: Vec<Vec<FactId>> = Vec::with_capacity(landmarks.len());
    for at in 0..landmarks.len() {
        ctx.tick(1 + landmarks.achievers[at].len() as u64 / LOOKS_PER_TICK).continue_value()?;
        effects.push(orders_before(&mut landmarks, propagated, at));
    }
    landmarks.naturally_before.clone_from(&landmarks.before);
    if landmarks.len() <= MAX_REASONABLE {
        reasonable(ctx, task, &mut landmarks, &effects)?;
    }
    Some(landmarks)
}

fn operators_of(propagated: &Propagated, facts: &[FactId]) -> Vec<OperatorId> {
    let rules = facts.iter().flat_map(|&fact| &propagated.achievers[fact as usize]);
    let mut operators: Vec<OperatorId> =
        rules.map(|&rule| propagated.rules.operator[rule as usize]).collect();
    operators.sort_unstable();
    operators.dedup();
    operators
}

/// Adds the natural and greedy-necessary orders that end at a landmark; returns the facts that all its first achievers
/// make true with it.
fn orders_before(landmarks: &mut Landmarks, propagated: &Propagated, at: LandmarkId) -> Vec<FactId> {
    let achievers = propagated.first_achievers(&landmarks.facts[at]);
    for fact in needs(landmarks, propagated, at, &achievers).facts() {
        if let Some(other) = landmarks.of_fact[fact as usize]
            && other as usize != at
            && landmarks.single(other as usize).is_some()
        {
            landmarks.before[at].insert(other as usize);
        }
    }
    let mut effects: Option<Vec<FactId>> = None;
    let mut conditions: Option<Vec<LandmarkId>> = None;
    for &rule in &achievers {
        keep_common(&mut effects, propagated.rules.adds.row(rule).iter().copied());
        let of = |&fact: &FactId| landmarks.of_fact[fact as usize].map(|landmark| landmark as usize);
        keep_common(&mut conditions, propagated.rules.pre.row(rule).iter().filter_map(of));
    }
    for earlier in conditions.unwrap_or_default() {
        if earlier != at && !landmarks.needed_by[earlier].contains(&at) {
            landmarks.needed_by[earlier].push(at);
            landmarks.before[at].insert(earlier);
        }
    }
    let mut effects = effects.unwrap_or_default();
    effects.retain(|effect| !landmarks.facts[at].contains(effect));
    effects
}

/// Facts that a landmark needs in the relaxation: for a disjunction what all its first achievers need.
fn needs(landmarks: &Landmarks, propagated: &Propagated, at: LandmarkId, achievers: &[RuleId]) -> FactSet {
    if let Some(fact) = landmarks.single(at) {
        return propagated.needs[fact as usize].clone().unwrap_or_default();
    }
    let mut room = Vec::new();
    let mut common: Option<FactSet> = None;
    for &rule in achievers {
        let mut all = FactSet::default();
        for &condition in propagated.rules.pre.row(rule) {
            let needs = propagated.needs[condition as usize].iter();
            needs.for_each(|needs| all.union_with(needs, &mut room));
        }
        match &mut common {
            None => common = Some(all),
            Some(common) => {
                common.keep_common(&all, None);
            }
        }
    }
    common.unwrap_or_default()
}

fn keep_common<T: PartialEq>(common: &mut Option<Vec<T>>, items: impl Iterator<Item = T> + Clone) {
    match common {
        None => *common = Some(items.collect()),
        Some(common) => common.retain(|known| items.clone().any(|item| item == *known)),
    }
}

/// `a` before `b` when reaching `a` destroys `b`, and `b` is a goal, or both serve the same later landmark.
fn reasonable(ctx: &Ctx, task: &Task, landmarks: &mut Landmarks, effects: &[Vec<FactId>]) -> Option<()> {
    let destroyers = Destroyers::new(ctx, task, landmarks, effects)?;
    let goals: Vec<LandmarkId> = (0..landmarks.len()).filter(|&at| landmarks.is_goal[at]).collect();
    for b in 0..landmarks.len() {
        ctx.tick(1 + landmarks.len() as u64 / LOOKS_PER_TICK).continue_value()?;
        if landmarks.is_goal[b] {
            for &a in &goals {
                destroyers.add_order(landmarks, a, b);
            }
            continue;
        }
        for later in landmarks.needed_by[b].clone() {
            for a in landmarks.before[later].clone().ones() {
                destroyers.add_order(landmarks, a, b);
            }
        }
    }
    Some(())
}

/// Facts whose truth each landmark's achievement implies, for the mutex test.
struct Destroyers {
    /// `destroys[a]` holds `b` where reaching `a` makes `b` false.
    destroys: Vec<BitSet>,
}

impl Destroyers {
    fn new(ctx: &Ctx, task: &Task, landmarks: &Landmarks, effects: &[Vec<FactId>]) -> Option<Destroyers> {
        let n = landmarks.len();
        let mut destroys = vec![BitSet::new(n); n];
        let mut needed_right_before: Vec<Vec<LandmarkId>> = vec![Vec::new(); n];
        for (earlier, later) in landmarks.needed_by.iter().enumerate() {
            later.iter().for_each(|&later| needed_right_before[later].push(earlier));
        }
        for (a, destroyed) in destroys.iter_mut().enumerate() {
            ctx.tick(1 + n as u64 / LOOKS_PER_TICK).continue_value()?;
            let before = needed_right_before[a].iter().filter_map(|&earlier| landmarks.single(earlier));
            let implied: Vec<FactId> =
                landmarks.single(a).into_iter().chain(effects[a].iter().copied()).chain(before).collect();
            for b in (0..n).filter(|&b| b != a) {
                let Some(fact) = landmarks.single(b) else { continue };
                if implied.iter().any(|&other| task.are_mutex(other, fact)) {
                    destroyed.insert(b);
                }
            }
        }
        Some(Destroyers { destroys })
    }

    fn add_order(&self, landmarks: &mut Landmarks, a: LandmarkId, b: LandmarkId) {
        if a == b || !self.destroys[a].contains(b) || landmarks.before[b].contains(a) {
            return;
        }
        if !reaches(landmarks, a, b) {
            landmarks.before[b].insert(a);
            landmarks.n_reasonable += 1;
        }
    }
}

/// Whether `from` must come after `to` by the orders so far.
fn reaches(landmarks: &Landmarks, from: LandmarkId, to: LandmarkId) -> bool {
    let mut seen = BitSet::new(landmarks.len());
    let mut stack = vec![from];
    while let Some(at) = stack.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            stack.extend(landmarks.before[at].ones());
        }
    }
    false
}
