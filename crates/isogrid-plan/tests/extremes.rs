//! Proofs stay right where costs and estimates leave their range.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use isogrid_plan::pddl::{Domain, Problem, parse_domain, parse_problem};
use isogrid_plan::{Estimate, Mode, Outcome, Search, SolveOptions, ground, solve};

fn parse(domain: &str, problem: &str) -> (Domain, Problem) {
    let (domain, _) = parse_domain("domain", domain.as_bytes()).unwrap();
    let (problem, _) = parse_problem("problem", problem.as_bytes(), &domain).unwrap();
    (domain, problem)
}

/// Every layer needs both facts of the layer below, so the additive estimate doubles with each.
fn layers(n: usize, cost: u64) -> (Domain, Problem) {
    let mut domain = String::from("(define (domain layers) (:predicates (start)");
    (0..=n).for_each(|i| domain += &format!(" (a{i}) (b{i})"));
    domain += ") (:functions (total-cost))";
    for i in 0..n {
        for side in ["a", "b"] {
            let j = i + 1;
            domain += &format!(
                "(:action up-{side}{i} :parameters () :precondition (and (a{i}) (b{i}))
                  :effect (and ({side}{j}) (increase (total-cost) {cost})))"
            );
        }
    }
    domain += ")";
    let metric = if cost == 1 { "" } else { "(:metric minimize (total-cost))" };
    let problem = format!(
        "(define (problem p) (:domain layers) (:init (a0) (b0) (= (total-cost) 0)) (:goal (and (a{n}) (b{n}))) {metric})"
    );
    parse(&domain, &problem)
}

fn options(mode: Mode, threads: usize) -> SolveOptions {
    SolveOptions { mode, threads, ..SolveOptions::default() }
}

fn a_star(estimate: Estimate) -> SolveOptions {
    SolveOptions { search: Search::AStar(estimate), ..SolveOptions::default() }
}

#[test]
fn estimates_that_saturate_prove_nothing() {
    for (n, cost) in [(40, 1), (70, 1), (3, 1_000_000_000), (2, 2_147_483_647), (1, 4_294_967_295)] {
        let (domain, problem) = layers(n, cost);
        let task = ground(&domain, &problem).unwrap();
        let expected = 2 * n as u64 * cost;
        for options in [
            options(Mode::First, 1),
            options(Mode::First, 2),
            options(Mode::Improve, 1),
            options(Mode::Optimal, 1),
            options(Mode::Optimal, 2),
            a_star(Estimate::HMax),
            a_star(Estimate::LmCut),
        ] {
            let name = format!("{n} layers of cost {cost}, {options:?}");
            let outcome = solve(&task, &options).outcome;
            let Outcome::Solved { plan, optimal } = outcome else { panic!("{name}: {outcome:?}") };
            assert_eq!(plan.cost, expected, "{name}");
            assert!(!optimal || expected < u64::from(u32::MAX >> 1), "{name}: a proof beyond its range");
        }
    }
}

/// A cheap way of many steps and a dear shortcut, behind estimates that saturate.
#[test]
fn a_cheaper_plan_is_not_proved_away() {
    let mut actions = String::new();
    for i in 0..30 {
        for side in ["a", "b"] {
            let j = i + 1;
            actions += &format!(
                "(:action up-{side}{i} :parameters () :precondition (and (a{i}) (b{i}))
                  :effect (and ({side}{j}) (increase (total-cost) 1)))"
            );
        }
    }
    let predicates: String = (0..=30).map(|i| format!("(a{i}) (b{i})")).collect();
    let domain = format!(
        "(define (domain d) (:predicates {predicates} (done)) (:functions (total-cost)) {actions}
          (:action jump :parameters () :precondition (a0) :effect (and (done) (increase (total-cost) 900000000)))
          (:action end :parameters () :precondition (and (a30) (b30))
           :effect (and (done) (increase (total-cost) 1))))"
    );
    let problem = "(define (problem p) (:domain d) (:init (a0) (b0) (= (total-cost) 0)) (:goal (done))
        (:metric minimize (total-cost)))";
    let (domain, problem) = parse(&domain, problem);
    let task = ground(&domain, &problem).unwrap();
    for mode in [Mode::Improve, Mode::Optimal] {
        let outcome = solve(&task, &options(mode, 1)).outcome;
        let Outcome::Solved { plan, optimal } = outcome else { panic!("{mode:?}: {outcome:?}") };
        assert!(!optimal || plan.cost == 61, "{mode:?}: {} proved optimal, 61 is", plan.cost);
        assert_eq!(plan.cost, 61, "{mode:?}");
    }
}

#[test]
fn goals_that_contradict_each_other_are_named() {
    let (domain, problem) = parse(
        "(define (domain d) (:predicates (p)) (:action flip :parameters () :precondition (p) :effect (not (p))))",
        "(define (problem q) (:domain d) (:init (p)) (:goal (and (p) (not (p)))))",
    );
    let task = ground(&domain, &problem).unwrap();
    assert_eq!(task.unreachable_goals(), ["(p) together with (not (p))"]);
}
