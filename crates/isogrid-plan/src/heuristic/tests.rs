//! Every declaration against exact distances, on random tasks of the whole language.

use std::sync::Arc;

use isogrid_core::Ctx;

use super::*;
use crate::ground::{Keep, ground_in};
use crate::heuristic::exact::Exact;
use crate::landmarks::Landmarks;
use crate::random::{Language, lively_task, random_task};
use crate::task::Task;

/// Reachable states beyond which a task is left out.
const MAX_STATES: usize = 600;

fn tasks() -> impl Iterator<Item = (String, Task)> {
    let strips = (0..60).map(|seed| (format!("strips {seed}"), random_task(seed, Language::Strips)));
    let adl = (0..60).map(|seed| (format!("adl {seed}"), random_task(seed, Language::Adl)));
    let lively = (0..200).map(|seed| (format!("lively {seed}"), lively_task(seed)));
    strips.chain(adl).chain(lively).filter_map(|(name, (domain, problem))| {
        let task = ground_in(&Ctx::new(0), &Arc::new(domain), &Arc::new(problem), Keep::Relevant);
        let task = task.expect("a task");
        task.unreachable_goals().is_empty().then_some((name, task))
    })
}

/// Checks what `H` declares; returns how many dead ends it saw.
fn check<H: Heuristic + Declared>(name: &str, exact: &Exact, mut heuristic: H) -> usize {
    let name = format!("{} on {name}", H::NAME);
    let estimates: Vec<Option<u32>> = (0..exact.states.len())
        .map(|at| {
            let (id, parent) = (at as u32, exact.parents[at]);
            heuristic.evaluate(Node { id, parent, words: exact.states[at].words() })
        })
        .collect();
    for (estimate, to_goal) in estimates.iter().zip(&exact.to_goal) {
        if H::PROPERTIES.safe && estimate.is_none() {
            assert_eq!(*to_goal, None, "{name}: not safe");
        }
        if let (true, Some(estimate), Some(to_goal)) = (H::PROPERTIES.admissible, estimate, to_goal) {
            assert!(u64::from(*estimate) <= *to_goal, "{name}: {estimate} exceeds {to_goal}");
        }
    }
    for &(from, operator, to) in exact.edges.iter().filter(|_| H::PROPERTIES.consistent) {
        let cost = exact.costs[operator as usize];
        if let Some(after) = estimates[to] {
            let before = estimates[from].map(u64::from);
            assert!(before.is_some_and(|before| before <= u64::from(after) + cost), "{name}: not consistent");
        }
    }
    estimates.iter().filter(|estimate| estimate.is_none()).count()
}

/// Whether a task is within what `H` supports.
fn supports<H: Declared>(task: &Task) -> bool {
    let (dynamics, properties) = (&task.dynamics, H::PROPERTIES);
    (properties.conditional_effects || dynamics.when.is_empty())
        && (properties.axioms || dynamics.axioms.is_empty())
        && (properties.numbers || dynamics.comparisons.is_empty())
}

#[test]
fn every_heuristic_keeps_what_it_declares() {
    let (mut n_tasks, mut n_beyond, mut n_dead) = (0, 0, 0);
    for (name, task) in tasks() {
        let Some(exact) = Exact::new(&task, MAX_STATES) else { continue };
        let relaxation = |costs| Relaxation::new(&task, &task.goal, costs);
        n_dead += check(&name, &exact, Blind::new(&task, &task.goal));
        n_dead += check(&name, &exact, HMax::new(&task, relaxation(Costs::Real)));
        n_dead += check(&name, &exact, HAdd::new(&task, relaxation(Costs::Real)));
        n_dead += check(&name, &exact, FastForward::new(&task, relaxation(Costs::PlusOne)));
        n_dead += check(&name, &exact, LmCut::new(&task, &task.goal));
        let ctx = Ctx::new(0);
        if let Some(landmarks) = Landmarks::find(&ctx, &task, task.init(), &task.goal) {
            let options = CountOptions { orders: Orders::Reasonable, prefers: true };
            let count = LandmarkCount::new(&task, landmarks, &Costs::Real.of(&task), options);
            n_dead += check(&name, &exact, count);
        }
        let options = CartesianOptions::default();
        let built = Cartesian::build(&ctx, &task, task.init(), &task.goal, &options);
        let cartesian = built.continue_value().expect("no limit is set");
        assert_eq!(cartesian.is_some(), supports::<Cartesian>(&task), "{name}");
        n_dead += cartesian.map_or(0, |cartesian| check(&name, &exact, cartesian));
        n_tasks += 1;
        n_beyond += usize::from(!task.is_plain());
    }
    assert!(
        n_tasks > 60 && n_beyond > 30 && n_dead > 50,
        "{n_tasks} tasks, {n_beyond} beyond plain, {n_dead} dead"
    );
}
