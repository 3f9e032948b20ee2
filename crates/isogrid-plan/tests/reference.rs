//! The fast planner equals the literal one on random tasks.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

mod random;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Stop};
use isogrid_num::rng::Rng;
use isogrid_plan::generate::{DeliveryOptions, ScrambledOptions, delivery, scrambled};
use isogrid_plan::pddl::{Domain, FunctionValue, GroundAtom, Problem};
use isogrid_plan::reference::{self, World};
use isogrid_plan::validate::validate;
use isogrid_plan::{
    Estimate, Keep, Mode, Outcome, PlanAnswer, PlanQuery, Reduction, Search, Session, SolveOptions, Task,
    ground_in, solve,
};
use random::{Language, all_atoms, lively_task, random_task};

const MAX_STATES: usize = 20_000;

fn tasks() -> Vec<(String, Domain, Problem)> {
    let mut tasks = Vec::new();
    let mut push = |(domain, problem): (Domain, Problem)| tasks.push((problem.name.clone(), domain, problem));
    (0..300).for_each(|seed| push(random_task(seed, Language::Strips)));
    (1000..1000 + n_adl()).for_each(|seed| push(lively_task(seed)));
    (0..4).for_each(|seed| push(delivery(seed, &DeliveryOptions { places: 4, parcels: 2 })));
    (0..3).for_each(|seed| push(scrambled(seed, &ScrambledOptions { bits: 5, degree: 2 })));
    tasks
}

/// Random tasks with all of the language; more to hunt with.
fn n_adl() -> u64 {
    std::env::var("ISOGRID_HUNT").ok().and_then(|text| text.parse().ok()).unwrap_or(300)
}

fn ground(domain: &Domain, problem: &Problem, keep: Keep) -> Task {
    ground_in(&Ctx::new(0), &Arc::new(domain.clone()), &Arc::new(problem.clone()), keep).unwrap()
}

fn a_star(estimate: Estimate) -> SolveOptions {
    SolveOptions { search: Search::AStar(estimate), ..SolveOptions::default() }
}

fn with_mode(mode: Mode, threads: usize) -> SolveOptions {
    SolveOptions { mode, threads, ..SolveOptions::default() }
}

#[test]
fn optimal_costs_and_unsolvability_are_the_reference_ones() {
    let (mut solved, mut beyond) = (0, 0);
    for (name, domain, problem) in tasks() {
        let best = reference::optimal_plan(&domain, &problem, MAX_STATES);
        let expected = best.as_ref().map(|&(cost, _)| cost);
        let task = ground(&domain, &problem, Keep::Relevant);
        for options in [
            with_mode(Mode::Optimal, 1),
            with_mode(Mode::Optimal, 2),
            with_mode(Mode::Optimal, 3),
            with_mode(Mode::Improve, 1),
            SolveOptions { search: Search::Lama, ..with_mode(Mode::Improve, 1) },
            a_star(Estimate::HMax),
            a_star(Estimate::LmCut),
        ] {
            match (solve(&task, &options).outcome, expected) {
                (Outcome::Solved { plan, optimal }, Some(cost)) => {
                    assert!(optimal, "{name}: {options:?}: not proved optimal");
                    assert_eq!(plan.cost as f64 * task.cost_unit(), cost, "{name}: {options:?}");
                    let steps: Vec<_> = plan.operators.iter().map(|&operator| task.step(operator)).collect();
                    let validation = validate(&domain, &problem, &steps);
                    assert!(validation.is_valid(), "{name}: {validation}");
                    assert_eq!(validation.cost, cost, "{name}");
                }
                (Outcome::Unsolvable(_), None) => {}
                (outcome, expected) => panic!("{name}: {options:?}: {outcome:?}, expected cost {expected:?}"),
            }
        }
        let is_solved = best.is_some_and(|(_, plan)| !plan.is_empty());
        solved += usize::from(is_solved);
        beyond += usize::from(is_solved && !task.is_plain());
    }
    assert!(solved >= 20, "only {solved} random tasks have plans: the test has lost its teeth");
    assert!(beyond >= 40, "only {beyond} of them need more than plain effects");
}

#[test]
fn every_search_finds_valid_plans_where_there_are_some() {
    let mut gave_up = 0;
    for (name, domain, problem) in tasks().into_iter().step_by(3) {
        let expected = reference::optimal_plan(&domain, &problem, MAX_STATES).map(|(cost, _)| cost);
        let task = ground(&domain, &problem, Keep::Relevant);
        for (search_name, search) in Search::NAMED {
            let name = format!("{name}, {search_name}");
            let options = SolveOptions { search, ..with_mode(Mode::First, 1) };
            match solve(&task, &options).outcome {
                Outcome::Solved { plan, .. } => {
                    let steps: Vec<_> = plan.operators.iter().map(|&operator| task.step(operator)).collect();
                    let validation = validate(&domain, &problem, &steps);
                    assert!(validation.is_valid() && expected.is_some(), "{name}: {validation}");
                }
                Outcome::Unsolvable(_) => assert_eq!(expected, None, "{name}"),
                Outcome::Stopped(stop) => {
                    let may_fail = search_name.starts_with("iw-")
                        || (!task.is_plain() && options.only_for_plain_tasks().is_some());
                    assert!(stop == Stop::Failed && may_fail, "{name}: {stop}");
                    gave_up += 1;
                }
            }
        }
    }
    assert!(gave_up > 0, "width 1 was always enough");
}

#[test]
fn abstractions_find_the_cheapest_plans_of_plain_tasks() {
    let mut solved = 0;
    for (name, domain, problem) in tasks() {
        let task = ground(&domain, &problem, Keep::Relevant);
        let options = a_star(Estimate::Cartesian);
        if !task.is_plain() {
            let result = solve(&task, &options);
            let unreachable = !task.unreachable_goals().is_empty();
            assert!(unreachable || result.stop == Stop::Failed, "{name}: {:?}", result.outcome);
            continue;
        }
        let best = reference::optimal_plan(&domain, &problem, MAX_STATES).map(|(cost, _)| cost);
        for (weight, reduction) in [(1, Reduction::None), (1, Reduction::StubbornSets), (3, Reduction::None)]
        {
            let outcome = solve(&task, &SolveOptions { weight, reduction, ..options }).outcome;
            match (outcome, best) {
                (Outcome::Solved { plan, optimal }, Some(best)) => {
                    let cost = plan.cost as f64 * task.cost_unit();
                    assert!(
                        cost >= best && cost <= f64::from(weight) * best,
                        "{name}: {cost} against {best}"
                    );
                    assert_eq!(optimal, weight == 1, "{name}");
                    solved += 1;
                }
                (Outcome::Unsolvable(_), None) => {}
                (outcome, best) => panic!("{name}: {outcome:?}, expected cost {best:?}"),
            }
        }
    }
    assert!(solved > 60, "only {solved} plans");
}

#[test]
fn a_width_that_is_not_supported_is_refused() {
    let (domain, problem) = delivery(1, &DeliveryOptions { places: 3, parcels: 1 });
    let task = ground(&domain, &problem, Keep::Relevant);
    for (k, stop) in [(0, Stop::Failed), (2, Stop::Done), (3, Stop::Done), (4, Stop::Failed)] {
        let options = SolveOptions { search: Search::IteratedWidth(k), ..with_mode(Mode::First, 1) };
        assert_eq!(solve(&task, &options).stop, stop, "k {k}");
    }
}

#[test]
fn weighted_plans_cost_at_most_the_weight_times_the_least() {
    for (name, domain, problem) in tasks().into_iter().step_by(5) {
        let Some((least, _)) = reference::optimal_plan(&domain, &problem, MAX_STATES) else { continue };
        let task = ground(&domain, &problem, Keep::Relevant);
        for (weight, estimate) in [(2, Estimate::LmCut), (5, Estimate::HMax)] {
            let result = solve(&task, &SolveOptions { weight, ..a_star(estimate) });
            let Outcome::Solved { plan, optimal } = result.outcome else { panic!("{name}: no plan") };
            let cost = plan.cost as f64 * task.cost_unit();
            assert!(!optimal && cost <= f64::from(weight) * least, "{name}: {cost} against {least}");
        }
    }
}

#[test]
fn a_first_plan_is_found_exactly_when_there_is_one() {
    for (name, domain, problem) in tasks() {
        let expected = reference::optimal_plan(&domain, &problem, MAX_STATES).map(|(cost, _)| cost);
        let task = ground(&domain, &problem, Keep::Relevant);
        for threads in [1, 2, 5] {
            match (solve(&task, &with_mode(Mode::First, threads)).outcome, expected) {
                (Outcome::Solved { plan, optimal }, Some(cost)) => {
                    let found = plan.cost as f64 * task.cost_unit();
                    assert!(found >= cost && (!optimal || found == cost), "{name}: {found}");
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
        let (mut state, mut literal) = (task.init().clone(), reference::init(&domain, &problem));
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
            // Disjunctions make several operators of one action.
            found.dedup();
            assert_eq!(found, expected, "{name}");
            let Some((action, next, _)) = changing.get(rng.index(changing.len()).unwrap_or(0)) else { break };
            let operator =
                operators.iter().find(|&&operator| task.ground_action(operator) == *action).unwrap();
            state = task.apply(&state, *operator).unwrap();
            literal = next.clone();
            let kept: BTreeSet<GroundAtom> = task.atoms(&state).into_iter().collect();
            assert!(kept.is_subset(&literal.atoms), "{name}: {kept:?} is not true in {literal:?}");
            for (function, number) in task.functions().iter().zip(task.numbers(&state)) {
                let expected = literal.numbers[&(function.function, function.args.clone())];
                assert_eq!(number.to_bits(), expected, "{name}: {function:?}");
            }
        }
    }
}

#[test]
fn a_session_replans_from_any_state_the_reference_can_reach() {
    for (name, domain, problem) in tasks().into_iter().step_by(2) {
        let task = Arc::new(ground(&domain, &problem, Keep::Relevant));
        let mut session = Session::new(&task);
        let mut rng = Rng::new(11, 0);
        let mut literal = reference::init(&domain, &problem);
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
            let mut state = reference::init(&domain, &problem);
            state.atoms.retain(&is_static);
            let fluent =
                all_atoms(&domain, problem.objects.len()).into_iter().filter(|atom| !is_static(atom));
            state.atoms.extend(fluent.filter(|_| rng.chance(0.5)));
            check_replanning(&name, &domain, (&problem, &state), &mut session);
        }
        n_groundings += session.n_groundings();
    }
    assert!(n_groundings > 0, "no state made a new grounding necessary");
}

fn check_replanning(
    name: &str,
    domain: &Domain,
    (problem, state): (&Problem, &World),
    session: &mut Session,
) {
    let mut now = problem.clone();
    now.init = state.atoms.iter().cloned().collect();
    now.function_values = state
        .numbers
        .iter()
        .filter(|((function, _), _)| *function != 2)
        .map(|((function, args), &bits)| FunctionValue {
            function: *function,
            args: args.clone(),
            value: f64::from_bits(bits),
        })
        .collect();
    let changed = |value: &&FunctionValue| !problem.function_values.contains(value);
    let values = now.function_values.iter().filter(changed).cloned().collect();
    let expected = reference::optimal_plan(domain, &now, MAX_STATES).map(|(cost, _)| cost);
    let state_now = Some(now.init.clone());
    let query = PlanQuery { state: state_now, values, goal: None, options: with_mode(Mode::Optimal, 1) };
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
