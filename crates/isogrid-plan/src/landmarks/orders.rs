//! Orders between landmarks.
//!
//! Natural: a landmark needs all that its fact needs. Greedy-necessary: what every first achiever has as a
//! condition must hold right before. Reasonable: when reaching `a` would destroy `b`, and `b` must hold later, `a`
//! comes first; such an order is kept only where it closes no cycle.

use isogrid_num::bits::BitSet;

use crate::ground::VarVal;
use crate::landmarks::discover::Propagated;
use crate::landmarks::{LandmarkId, Landmarks};
use crate::task::{FactId, Task};

/// Reasonable orders are tried between at most this many landmarks.
const MAX_REASONABLE: usize = 2_000;

pub(crate) fn order(task: &Task, goal: &[VarVal], propagated: &Propagated) -> Landmarks {
    let facts = propagated.landmarks.clone();
    let mut of_fact = vec![None; task.n_facts()];
    facts.iter().enumerate().for_each(|(at, &fact)| of_fact[fact as usize] = Some(at as u32));
    let mut is_goal = vec![false; facts.len()];
    for &condition in goal {
        if let Some(landmark) = of_fact[task.fact(condition) as usize] {
            is_goal[landmark as usize] = true;
        }
    }
    let mut landmarks = Landmarks {
        naturally_before: Vec::new(),
        before: vec![BitSet::new(facts.len()); facts.len()],
        needed_by: vec![Vec::new(); facts.len()],
        facts,
        is_goal,
        of_fact,
        n_reasonable: 0,
    };
    natural(&mut landmarks, propagated);
    landmarks.naturally_before.clone_from(&landmarks.before);
    let effects = greedy_necessary(&mut landmarks, propagated);
    if landmarks.len() <= MAX_REASONABLE {
        reasonable(task, &mut landmarks, &effects);
    }
    landmarks
}

fn natural(landmarks: &mut Landmarks, propagated: &Propagated) {
    for at in 0..landmarks.len() {
        let Some(needs) = &propagated.needs[landmarks.facts[at] as usize] else { continue };
        for fact in needs.ones() {
            if let Some(other) = landmarks.of_fact[fact]
                && other as usize != at
            {
                landmarks.before[at].insert(other as usize);
            }
        }
    }
}

/// Adds greedy-necessary orders; returns the facts that all first achievers of each landmark make true with it.
fn greedy_necessary(landmarks: &mut Landmarks, propagated: &Propagated) -> Vec<Vec<FactId>> {
    let mut shared_effects = Vec::with_capacity(landmarks.len());
    for at in 0..landmarks.len() {
        let fact = landmarks.facts[at];
        let mut conditions: Option<Vec<FactId>> = None;
        let mut effects: Option<Vec<FactId>> = None;
        for &rule in &propagated.achievers[fact as usize] {
            let Some(needs) = propagated.rule_needs(rule) else { continue };
            if needs.contains(fact as usize) {
                continue;
            }
            keep_common(&mut conditions, propagated.rules.pre.row(rule));
            keep_common(&mut effects, propagated.rules.adds.row(rule));
        }
        for condition in conditions.unwrap_or_default() {
            if let Some(earlier) = landmarks.of_fact[condition as usize] {
                landmarks.needed_by[earlier as usize].push(at);
            }
        }
        let mut effects = effects.unwrap_or_default();
        effects.retain(|&effect| effect != fact);
        shared_effects.push(effects);
    }
    shared_effects
}

fn keep_common(common: &mut Option<Vec<FactId>>, facts: &[FactId]) {
    match common {
        None => *common = Some(facts.to_vec()),
        Some(common) => common.retain(|fact| facts.contains(fact)),
    }
}

/// `a` before `b` when reaching `a` destroys `b`, and `b` is a goal, or both serve the same later landmark.
fn reasonable(task: &Task, landmarks: &mut Landmarks, effects: &[Vec<FactId>]) {
    let destroyers = Destroyers::new(task, landmarks, effects);
    let goals: Vec<LandmarkId> = (0..landmarks.len()).filter(|&at| landmarks.is_goal[at]).collect();
    for b in 0..landmarks.len() {
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
}

/// Facts whose truth each landmark's achievement implies, for the mutex test.
struct Destroyers {
    /// `destroys[a]` holds `b` where reaching `a` makes `b` false.
    destroys: Vec<BitSet>,
}

impl Destroyers {
    fn new(task: &Task, landmarks: &Landmarks, effects: &[Vec<FactId>]) -> Destroyers {
        let n = landmarks.len();
        let mut destroys = vec![BitSet::new(n); n];
        let mut needed_right_before: Vec<Vec<LandmarkId>> = vec![Vec::new(); n];
        for (earlier, later) in landmarks.needed_by.iter().enumerate() {
            later.iter().for_each(|&later| needed_right_before[later].push(earlier));
        }
        for (a, destroyed) in destroys.iter_mut().enumerate() {
            let earlier = needed_right_before[a].iter().map(|&earlier| landmarks.facts[earlier]);
            let implied: Vec<FactId> =
                [landmarks.facts[a]].into_iter().chain(effects[a].iter().copied()).collect();
            let before: Vec<FactId> = earlier.collect();
            for (b, &fact) in landmarks.facts.iter().enumerate().filter(|&(b, _)| b != a) {
                if implied.iter().chain(&before).any(|&other| task.are_mutex(other, fact)) {
                    destroyed.insert(b);
                }
            }
        }
        Destroyers { destroys }
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
