//! What is still ahead on every way to the goal: landmarks that do not hold yet, in an order that respects the known
//! orders, and those that are next.
//!
//! Landmarks and orders are those of [`crate::landmarks`], found from the state at hand. Reasonable orders are advice,
//! not proofs. Left out: landmarks that hold now and must be reached again.

use isogrid_core::{Ctx, Value};
use isogrid_num::bits::BitSet;

use crate::landmarks::Landmarks;
use crate::packing::State;
use crate::task::{FactId, Task};

/// Landmarks that are still to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandmarksAhead {
    /// In an order that respects the known orders.
    pub ahead: Vec<Landmark>,
    /// Landmarks that hold in the state.
    pub n_reached: usize,
}

/// Facts of which every plan must make one true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landmark {
    /// The facts: one, or the members of a disjunction.
    pub facts: Vec<FactId>,
    /// The condition in PDDL.
    pub text: String,
    /// Whether the goal names it.
    pub is_goal: bool,
    /// Places in the list of those that come before it; empty for those that are next.
    pub after: Vec<usize>,
}

impl Landmark {
    /// Whether nothing else that is ahead comes before it.
    pub fn is_next(&self) -> bool {
        self.after.is_empty()
    }
}

/// The landmarks ahead on the way from `state` to the task's goal. `None` where there are too many landmarks, the
/// context ends the work, or the goal is out of reach even if nothing is ever deleted.
pub fn landmarks(ctx: &Ctx, task: &Task, state: &State) -> Option<LandmarksAhead> {
    if !task.unreachable_goals().is_empty() {
        return None;
    }
    let found = Landmarks::find(ctx, task, state, &task.goal)?;
    let holds: Vec<bool> =
        found.facts.iter().map(|facts| facts.iter().any(|&fact| holds(task, state, fact))).collect();
    let order = ordered(&found.before, &holds);
    let mut place = vec![None; found.len()];
    order.iter().enumerate().for_each(|(at, &landmark)| place[landmark] = Some(at));
    let ahead = order.iter().enumerate().map(|(at, &landmark)| Landmark {
        facts: found.facts[landmark].clone(),
        text: text(task, &found.facts[landmark]),
        is_goal: found.is_goal[landmark],
        after: {
            let mut after: Vec<usize> =
                found.before[landmark].ones().filter_map(|other| place[other]).collect();
            after.retain(|&other| other < at);
            after.sort_unstable();
            after
        },
    });
    Some(LandmarksAhead { ahead: ahead.collect(), n_reached: holds.iter().filter(|holds| **holds).count() })
}

fn text(task: &Task, facts: &[FactId]) -> String {
    let texts: Vec<String> = facts.iter().map(|&fact| task.fact_text(fact)).collect();
    match &texts[..] {
        [text] => text.clone(),
        texts => format!("(or {})", texts.join(" ")),
    }
}

fn holds(task: &Task, state: &State, fact: FactId) -> bool {
    let variable = task.first_fact.partition_point(|&first| first <= fact) - 1;
    task.packing.get(state.words(), variable) == fact - task.first_fact[variable]
}

/// Those that do not hold, each after those before it; the first that is free comes first. Of a cycle the first member
/// is taken as free.
fn ordered(before: &[BitSet], holds: &[bool]) -> Vec<usize> {
    let mut waits: Vec<usize> =
        before.iter().map(|set| set.ones().filter(|&other| !holds[other]).count()).collect();
    let mut open: Vec<usize> = (0..holds.len()).filter(|&landmark| !holds[landmark]).collect();
    let mut order = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let free = open.iter().position(|&landmark| waits[landmark] == 0).unwrap_or(0);
        let landmark = open.remove(free);
        order.push(landmark);
        for &other in &open {
            waits[other] -= usize::from(before[other].contains(landmark));
        }
    }
    order
}

impl LandmarksAhead {
    /// The landmarks as a record: `reached` counts those that hold; of each one ahead its `fact`, whether it is a
    /// `goal`, whether it is `next`, and those it comes `after`, counted from 1.
    pub fn record(&self) -> Value {
        let ahead: Vec<Value> = self
            .ahead
            .iter()
            .map(|landmark| {
                let after: Vec<usize> = landmark.after.iter().map(|at| at + 1).collect();
                Value::map([
                    ("fact", landmark.text.as_str().into()),
                    ("goal", landmark.is_goal.into()),
                    ("next", landmark.is_next().into()),
                    ("after", after.into()),
                ])
            })
            .collect();
        Value::map([("reached", self.n_reached.into()), ("ahead", ahead.into())])
    }
}
