//! The fast planner equals the literal one on random tasks.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Stop};
use isogrid_num::rng::Rng;
use isogrid_plan::generate::{DeliveryOptions, ScrambledOptions, delivery, scrambled};
use isogrid_plan::pddl::{
    Action, Atom, CostTerm, Domain, GroundAtom, Literal, Object, Param, Predicate, Problem, Term, Type,
};
use isogrid_plan::reference::{self, AtomSet};
use isogrid_plan::validate::validate;
use isogrid_plan::{
    Keep, Mode, Outcome, PlanAnswer, PlanQuery, Session, SolveOptions, Task, ground_in, solve,
};

const MAX_STATES: usize = 20_000;

/// Random schemas over few objects: negation, equality, two types, costs, repeated arguments, deletes of unknown atoms.
fn random_task(seed: u64) -> (Domain, Problem) {
    let mut rng = Rng::new(seed, 77);
    let param = |name: &str, type_id: usize| Param { name: name.to_string(), types: vec![type_id] };
    let types = [("object", None), ("red", Some(0)), ("blue", Some(0))];
    let predicates: Vec<Predicate> = [("p", 1), ("q", 2), ("r", 1), ("s", 2), ("t", 0)]
        .iter()
        .map(|&(name, arity)| Predicate {
            name: name.to_string(),
            params: (0..arity).map(|i| param(&format!("x{i}"), 0)).collect(),
        })
        .collect();
    let objects: Vec<Object> = (0..3 + rng.below(2) as usize)
        .map(|i| Object { name: format!("o{i}"), types: vec![1 + rng.below(2) as usize] })
        .collect();
    let actions = (0..2 + rng.below(3)).map(|at| random_action(&mut rng, at, &predicates)).collect();
    let domain = Domain {
        name: "random".to_string(),
        requirements: Vec::new(),
        types: types
            .map(|(name, p)| Type { name: name.to_string(), parents: p.into_iter().collect() })
            .to_vec(),
        constants: Vec::new(),
        predicates,
        functions: Vec::new(),
        actions,
    };
    let all = all_atoms(&domain, objects.len());
    let init: Vec<GroundAtom> = all.iter().filter(|_| rng.chance(0.4)).cloned().collect();
    let mut problem = Problem {
        name: format!("random-{seed}"),
        domain_name: "random".to_string(),
        objects,
        init,
        function_values: Vec::new(),
        goal: Vec::new(),
        minimize_total_cost: rng.chance(0.5),
    };
    problem.goal = random_goal(&mut rng, &domain, &problem, &all);
    (domain, problem)
}

/// Mostly what a random walk brings about; sometimes anything.
fn random_goal(rng: &mut Rng, domain: &Domain, problem: &Problem, all: &[GroundAtom]) -> Vec<Literal> {
    let mut state = reference::init(problem);
    for _ in 0..6 {
        let successors = reference::successors(domain, problem, &state);
        let Some(at) = rng.index(successors.len()) else { break };
        state = successors[at].1.clone();
    }
    let is_anything = rng.chance(0.2);
    let mut goal = Vec::new();
    for _ in 0..3 {
        let Some(atom) = rng.index(all.len()).map(|at| &all[at]) else { break };
        let is_true = state.contains(atom);
        let changed = is_true != problem.init.contains(atom);
        if changed || rng.chance(0.2) {
            let terms = atom.args.iter().map(|&arg| Term::Object(arg)).collect();
            let negated = if is_anything { rng.chance(0.2) } else { !is_true };
            goal.push(Literal { negated, atom: Atom::Predicate(atom.predicate, terms) });
        }
    }
    goal
}

fn random_action(rng: &mut Rng, at: u64, predicates: &[Predicate]) -> Action {
    let n_params = 1 + rng.below(3) as usize;
    let params =
        (0..n_params).map(|i| Param { name: format!("v{i}"), types: vec![rng.below(3) as usize] }).collect();
    let mut literal = |negated: f64, skip: usize| {
        let predicate = rng.below((predicates.len() - skip) as u64) as usize;
        let terms =
            predicates[predicate].params.iter().map(|_| Term::Param(rng.below(n_params as u64) as usize));
        let terms = terms.collect();
        Literal { negated: rng.chance(negated), atom: Atom::Predicate(predicate, terms) }
    };
    let mut precondition: Vec<Literal> = (0..3).map(|_| literal(0.2, 0)).collect();
    // The last two predicates are in no effect: static ones are part of every real domain.
    let effects = (0..3).map(|_| literal(0.45, 2)).collect();
    if n_params > 1 {
        let equal = Atom::Equal(Term::Param(0), Term::Param(1));
        precondition.push(Literal { negated: rng.chance(0.9), atom: equal });
    }
    Action {
        name: format!("a{at}"),
        params,
        precondition,
        effects,
        cost: vec![CostTerm::Number(rng.below(4) as u32)],
    }
}

fn all_atoms(domain: &Domain, n_objects: usize) -> Vec<GroundAtom> {
    let mut atoms = Vec::new();
    for (predicate, declared) in domain.predicates.iter().enumerate() {
        let arity = declared.params.len() as u32;
        for code in 0..n_objects.pow(arity) {
            let args = (0..arity).map(|i| code / n_objects.pow(i) % n_objects).collect();
            atoms.push(GroundAtom { predicate, args });
        }
    }
    atoms
}

fn tasks() -> Vec<(String, Domain, Problem)> {
    let mut tasks = Vec::new();
    let mut push = |(domain, problem): (Domain, Problem)| tasks.push((problem.name.clone(), domain, problem));
    (0..300).for_each(|seed| push(random_task(seed)));
    (0..4).for_each(|seed| push(delivery(seed, &DeliveryOptions { places: 4, parcels: 2 })));
    (0..3).for_each(|seed| push(scrambled(seed, &ScrambledOptions { bits: 5, degree: 2 })));
    tasks
}

fn ground(domain: &Domain, problem: &Problem, keep: Keep) -> Task {
    ground_in(&Ctx::new(0), &Arc::new(domain.clone()), &Arc::new(problem.clone()), keep).unwrap()
}

fn with_mode(mode: Mode, threads: usize) -> SolveOptions {
    SolveOptions { mode, threads, ..SolveOptions::default() }
}

#[test]
fn optimal_costs_and_unsolvability_are_the_reference_ones() {
    let mut solved = 0;
    for (name, domain, problem) in tasks() {
        let expected = reference::optimal_plan(&domain, &problem, MAX_STATES).map(|(cost, _)| cost);
        let task = ground(&domain, &problem, Keep::Relevant);
        for options in [with_mode(Mode::Optimal, 1), with_mode(Mode::Optimal, 2), with_mode(Mode::Improve, 1)]
        {
            match (solve(&task, &options).outcome, expected) {
                (Outcome::Solved { plan, optimal }, Some(cost)) => {
                    assert!(optimal, "{name}: {options:?}: not proved optimal");
                    assert_eq!(plan.cost, cost, "{name}: {options:?}");
                    let steps: Vec<_> = plan.operators.iter().map(|&operator| task.step(operator)).collect();
                    let validation = validate(&domain, &problem, &steps);
                    assert!(validation.is_valid(), "{name}: {validation}");
                    assert_eq!(validation.cost, cost, "{name}");
                }
                (Outcome::Unsolvable(_), None) => {}
                (outcome, expected) => panic!("{name}: {options:?}: {outcome:?}, expected cost {expected:?}"),
            }
        }
        solved += usize::from(expected.is_some_and(|cost| cost > 0));
    }
    assert!(solved >= 20, "only {solved} random tasks have plans: the test has lost its teeth");
}

#[test]
fn a_first_plan_is_found_exactly_when_there_is_one() {
    for (name, domain, problem) in tasks() {
        let expected = reference::optimal_plan(&domain, &problem, MAX_STATES).map(|(cost, _)| cost);
        let task = ground(&domain, &problem, Keep::Relevant);
        for threads in [1, 2] {
            match (solve(&task, &with_mode(Mode::First, threads)).outcome, expected) {
                (Outcome::Solved { plan, optimal }, Some(cost)) => {
                    assert!(plan.cost >= cost && (!optimal || plan.cost == cost), "{name}: {}", plan.cost);
                }
                (Outcome::Unsolvable(_), None) => {}
                (outcome, expected) => panic!("{name}: {outcome:?}, expected cost {expected:?}"),
            }
        }
    }
}

#[test]
fn simulation_follows_the_literal_semantics() {
    for (name, domain, problem) in tasks() {
        let task = ground(&domain, &problem, Keep::Everything);
        let mut rng = Rng::new(5, 0);
        let (mut state, mut literal) = (task.init().clone(), reference::init(&problem));
        for _ in 0..12 {
            let successors = reference::successors(&domain, &problem, &literal);
            let changing: Vec<_> = successors.iter().filter(|(_, next, _)| *next != literal).collect();
            let mut expected: Vec<_> = changing.iter().map(|(action, _, _)| action.clone()).collect();
            let operators = task.applicable(&state);
            let mut found: Vec<_> = operators.iter().map(|&operator| task.ground_action(operator)).collect();
            // An action that changes nothing here may have been dropped, or not.
            found.retain(|action| {
                expected.contains(action) || !successors.iter().any(|(other, ..)| other == action)
            });
            expected.sort();
            found.sort();
            assert_eq!(found, expected, "{name}");
            let Some((action, next, _)) = changing.get(rng.index(changing.len()).unwrap_or(0)) else { break };
            let operator =
                operators.iter().find(|&&operator| task.ground_action(operator) == *action).unwrap();
            state = task.apply(&state, *operator).unwrap();
            literal = next.clone();
            let kept: BTreeSet<GroundAtom> = task.atoms(&state).into_iter().collect();
            assert!(kept.is_subset(&literal), "{name}: {kept:?} is not true in {literal:?}");
        }
    }
}

#[test]
fn a_session_replans_from_any_state_the_reference_can_reach() {
    for (name, domain, problem) in tasks().into_iter().step_by(2) {
        let task = Arc::new(ground(&domain, &problem, Keep::Relevant));
        let mut session = Session::new(&task);
        let mut rng = Rng::new(11, 0);
        let mut literal = reference::init(&problem);
        for _ in 0..4 {
            let successors = reference::successors(&domain, &problem, &literal);
            let Some(at) = rng.index(successors.len()) else { break };
            literal = successors[at].1.clone();
            check_replanning(&name, &domain, (&problem, &literal), &mut session);
        }
    }
}

#[test]
fn a_session_grounds_anew_for_states_outside_what_was_reachable() {
    let mut n_groundings = 0;
    for (name, domain, problem) in tasks().into_iter().take(60) {
        let task = Arc::new(ground(&domain, &problem, Keep::Relevant));
        let mut session = Session::new(&task);
        let mut rng = Rng::new(13, 0);
        let is_static = |atom: &GroundAtom| task.is_static(atom.predicate);
        for _ in 0..3 {
            let mut state: AtomSet = problem.init.iter().filter(|atom| is_static(atom)).cloned().collect();
            let fluent =
                all_atoms(&domain, problem.objects.len()).into_iter().filter(|atom| !is_static(atom));
            state.extend(fluent.filter(|_| rng.chance(0.5)));
            check_replanning(&name, &domain, (&problem, &state), &mut session);
        }
        n_groundings += session.n_groundings();
    }
    assert!(n_groundings > 0, "no state made a new grounding necessary");
}

fn check_replanning(
    name: &str,
    domain: &Domain,
    (problem, state): (&Problem, &AtomSet),
    session: &mut Session,
) {
    let mut now = problem.clone();
    now.init = state.iter().cloned().collect();
    let expected = reference::optimal_plan(domain, &now, MAX_STATES).map(|(cost, _)| cost);
    let query = PlanQuery { state: Some(now.init.clone()), goal: None, options: with_mode(Mode::Optimal, 1) };
    let mut cost = None;
    let stop = session.plan(&Ctx::new(0), &query, &mut |answer| {
        if let PlanAnswer::Plan(plan) = answer {
            cost = Some(plan.cost);
        }
        ControlFlow::Continue(())
    });
    assert_eq!(cost, expected, "{name}: from {state:?}");
    assert_eq!(stop.unwrap() == Stop::Impossible, expected.is_none(), "{name}");
}

#[test]
fn grounding_reaches_what_the_literal_relaxation_reaches() {
    for (name, domain, problem) in tasks() {
        let (atoms, actions) = reference::relaxed_reachable(&domain, &problem);
        let task = ground(&domain, &problem, Keep::Everything);
        for operator in 0..task.n_operators() as u32 {
            assert!(actions.contains(&task.ground_action(operator)), "{name}: {}", task.step(operator));
        }
        assert!(task.atoms(task.init()).iter().all(|atom| atoms.contains(atom)), "{name}");
    }
}
