//! Random tasks of a few small variables that loosely depend on each other; some operators cost nothing.

use std::fmt::Write;

use isogrid_num::rng::Rng;

use crate::pddl::{Domain, Problem, parse_domain, parse_problem};

const N_VALUES: u64 = 3;

pub(super) fn parse(domain: &str, problem: &str) -> (Domain, Problem) {
    let (domain, _) = parse_domain("domain", domain.as_bytes()).expect("a domain");
    let (problem, _) = parse_problem("problem", problem.as_bytes(), &domain).expect("a problem");
    (domain, problem)
}

/// Operators move one or two variables; some set a variable whatever it was.
pub(super) fn random_plain(seed: u64) -> (Domain, Problem) {
    let mut rng = Rng::new(seed, 79);
    let n_variables = 3 + rng.below(3);
    let mut actions = String::new();
    for at in 0..4 + 2 * n_variables + rng.below(6) {
        let (mut condition, mut effect) = (String::new(), String::new());
        let first = rng.below(n_variables);
        let n_moved = 1 + rng.below(4) / 3;
        for variable in 0..n_moved.min(n_variables) {
            change(&mut rng, (first + variable) % n_variables, (&mut condition, &mut effect));
        }
        if n_moved < n_variables && rng.chance(0.4) {
            let other = (first + n_moved + rng.below(n_variables - n_moved)) % n_variables;
            let _ = write!(condition, "(v{other}-{}) ", rng.below(N_VALUES));
        }
        let cost = rng.below(3);
        actions += &action(at, cost, (&condition, &effect));
    }
    let facts: String = (0..n_variables).map(|variable| predicates(variable, |_| true)).collect();
    let init: String = (0..n_variables).map(|variable| format!("(v{variable}-0) ")).collect();
    let mut goal = String::new();
    for variable in 0..n_variables {
        if variable == 0 || rng.chance(0.6) {
            let _ = write!(goal, "(v{variable}-{}) ", rng.below(N_VALUES));
        }
    }
    task(&facts, &actions, &init, &goal)
}

/// Operators set and clear flags, with and without looking at them first.
pub(super) fn random_flags(seed: u64) -> (Domain, Problem) {
    let mut rng = Rng::new(seed, 80);
    let n_flags = 4 + rng.below(3);
    let literal =
        |flag: u64, is_set: bool| if is_set { format!("(f{flag}) ") } else { format!("(not (f{flag})) ") };
    let mut actions = String::new();
    for at in 0..n_flags + rng.below(8) {
        let (mut condition, mut effect) = (String::new(), String::new());
        let first = rng.below(n_flags);
        for flag in (first..first + 1 + rng.below(3)).map(|flag| flag % n_flags) {
            let is_set = rng.chance(0.6);
            effect += &literal(flag, is_set);
            if rng.chance(0.4) {
                condition += &literal(flag, !is_set);
            }
        }
        if rng.chance(0.5) {
            condition += &literal((first + 3) % n_flags, rng.chance(0.6));
        }
        let cost = rng.below(3);
        actions += &action(at, cost, (&condition, &effect));
    }
    let facts: String = (0..n_flags).map(|flag| literal(flag, true)).collect();
    let init: String = (0..n_flags).filter(|_| rng.chance(0.4)).map(|flag| literal(flag, true)).collect();
    let mut goal = String::new();
    for flag in 0..n_flags {
        if rng.chance(0.6) {
            goal += &literal(flag, rng.chance(0.6));
        }
    }
    task(&facts, &actions, &init, &goal)
}

fn action(at: u64, cost: u64, (condition, effect): (&str, &str)) -> String {
    format!(
        "(:action a{at} :parameters () :precondition (and {condition}) \
         :effect (and {effect} (increase (total-cost) {cost})))\n"
    )
}

fn task(facts: &str, actions: &str, init: &str, goal: &str) -> (Domain, Problem) {
    let domain =
        format!("(define (domain plain) (:predicates {facts}) (:functions (total-cost))\n{actions})");
    let problem = format!(
        "(define (problem plain) (:domain plain) (:init {init} (= (total-cost) 0)) \
         (:goal (and {goal})) (:metric minimize (total-cost)))"
    );
    let (domain, mut problem) = parse(&domain, &problem);
    problem.name = actions.to_string();
    (domain, problem)
}

fn change(rng: &mut Rng, variable: u64, (condition, effect): (&mut String, &mut String)) {
    let (from, to) = (rng.below(N_VALUES), rng.below(N_VALUES));
    if rng.chance(0.8) {
        let _ = write!(condition, "(v{variable}-{from}) ");
        if from != to {
            let _ = write!(effect, "(not (v{variable}-{from})) ");
        }
    } else {
        let others = predicates(variable, |value| value != to);
        others.split_whitespace().for_each(|fact| {
            let _ = write!(effect, "(not {fact}) ");
        });
    }
    let _ = write!(effect, "(v{variable}-{to}) ");
}

fn predicates(variable: u64, keep: impl Fn(u64) -> bool) -> String {
    (0..N_VALUES).filter(|&value| keep(value)).map(|value| format!("(v{variable}-{value}) ")).collect()
}
