//! Proofs stay right where costs and estimates leave their range, and sessions forget earlier queries.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Stop};
use isogrid_plan::pddl::{Atom, Domain, GroundAtom, Literal, Problem, Term, parse_domain, parse_problem};
use isogrid_plan::{
    Estimate, Keep, Mode, Outcome, PlanAnswer, PlanQuery, Search, Session, SolveOptions, ground, ground_in,
    solve,
};

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

/// A line of places; the walker moves to the right only, so what is reachable depends on where it starts.
fn line() -> (Domain, Problem) {
    parse(
        "(define (domain line) (:predicates (at ?x) (next ?x ?y))
          (:action go :parameters (?x ?y) :precondition (and (at ?x) (next ?x ?y))
           :effect (and (at ?y) (not (at ?x)))))",
        "(define (problem p) (:domain line) (:objects a b c d)
          (:init (at b) (next a b) (next b c) (next c d)) (:goal (at d)))",
    )
}

fn answer(session: &mut Session, state: Option<usize>, goal: Option<usize>) -> (Stop, Option<u64>) {
    let query = PlanQuery {
        state: state.map(|place| vec![GroundAtom { predicate: 0, args: vec![place] }]),
        goal: goal.map(|place| {
            Literal { negated: false, atom: Atom::Predicate(0, vec![Term::Object(place)]) }.into()
        }),
        options: options(Mode::Optimal, 1),
        ..PlanQuery::default()
    };
    let mut cost = None;
    let stop = session.plan(&Ctx::new(0), &query, &mut |answer| {
        if let PlanAnswer::Plan(plan) = answer {
            cost = Some(plan.cost as u64);
        }
        ControlFlow::Continue(())
    });
    (stop.unwrap(), cost)
}

#[test]
fn an_earlier_query_leaves_nothing_behind() {
    let (domain, problem) = line();
    let task = ground_in(&Ctx::new(0), &Arc::new(domain), &Arc::new(problem), Keep::Relevant).unwrap();
    let task = Arc::new(task);
    let (a, b, c, d) = (0, 1, 2, 3);
    let queries = [
        (None, None, Some(2)),
        (Some(a), Some(c), Some(2)),
        (None, Some(c), Some(1)),
        (Some(a), None, Some(3)),
        (Some(d), Some(a), None),
        (None, Some(a), None),
        (Some(a), Some(a), Some(0)),
        (None, None, Some(2)),
        (Some(b), None, Some(2)),
        (Some(c), Some(b), None),
    ];
    let mut session = Session::new(&task);
    for (state, goal, expected) in queries {
        let (stop, cost) = answer(&mut session, state, goal);
        assert_eq!(cost, expected, "from {state:?} to {goal:?}");
        assert_eq!(stop == Stop::Impossible, expected.is_none(), "from {state:?} to {goal:?}");
        let fresh = answer(&mut Session::new(&task), state, goal);
        assert_eq!(fresh, (stop, cost), "from {state:?} to {goal:?}: a fresh session says otherwise");
    }
}
