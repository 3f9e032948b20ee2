//! Sessions: states beyond the first one's reach, earlier queries, costs with decimals.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Stop};
use isogrid_plan::pddl::{Atom, Domain, GroundAtom, Literal, Problem, Term, parse_domain, parse_problem};
use isogrid_plan::{
    Keep, Mode, PlanAnswer, PlanError, PlanQuery, Session, SolveOptions, ValidPlan, ground_in,
};

fn parse(domain: &str, problem: &str) -> (Domain, Problem) {
    let (domain, _) = parse_domain("domain", domain.as_bytes()).unwrap();
    let (problem, _) = parse_problem("problem", problem.as_bytes(), &domain).unwrap();
    (domain, problem)
}

fn options(mode: Mode) -> SolveOptions {
    SolveOptions { mode, ..SolveOptions::default() }
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
        options: options(Mode::Optimal),
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

fn atom(domain: &Domain, name: &str, args: &[usize]) -> GroundAtom {
    let predicate = domain.predicates.iter().position(|predicate| predicate.name == name).unwrap();
    GroundAtom { predicate, args: args.to_vec() }
}

/// The last plan of a query, or why there is none.
fn plan(session: &mut Session, query: &PlanQuery) -> Result<Option<ValidPlan>, PlanError> {
    let mut last = None;
    session.plan(&Ctx::new(0), query, &mut |answer| {
        if let PlanAnswer::Plan(plan) = answer {
            last = Some(plan);
        }
        ControlFlow::Continue(())
    })?;
    Ok(last)
}

/// `make` has a universal condition that joins do not look at: what it makes only seems to be in reach.
#[test]
fn a_state_beyond_what_was_in_reach_is_grounded_anew() {
    let (domain, problem) = parse(
        "(define (domain d) (:requirements :adl) (:predicates (on ?s) (linked ?s) (x) (g))
           (:action turn :parameters (?s) :precondition (linked ?s) :effect (on ?s))
           (:action make :parameters () :precondition (forall (?s) (on ?s)) :effect (x))
           (:action use :parameters () :precondition (x) :effect (g)))",
        "(define (problem p) (:domain d) (:objects a b) (:init (linked a)) (:goal (g)))",
    );
    let (domain, problem) = (Arc::new(domain), Arc::new(problem));
    for keep in [Keep::Relevant, Keep::Everything] {
        let mut session = Session::ungrounded(&domain, &problem, keep);
        assert_eq!(plan(&mut session, &PlanQuery::default()).unwrap(), None, "{keep:?}");
        let state = Some(vec![atom(&domain, "x", &[])]);
        let query = PlanQuery { state, options: options(Mode::Optimal), ..PlanQuery::default() };
        let found = plan(&mut session, &query).unwrap().expect("a plan");
        assert!(found.optimal && found.steps.len() == 1, "{keep:?}: {found:?}");
    }
}

#[test]
fn what_is_derived_from_what_never_changes_needs_no_new_grounding() {
    let (domain, problem) = parse(
        "(define (domain d) (:requirements :derived-predicates)
           (:predicates (at ?p) (road ?p ?q) (linked ?p ?q))
           (:derived (linked ?p ?q) (or (road ?p ?q) (road ?q ?p)))
           (:action go :parameters (?p ?q) :precondition (and (at ?p) (linked ?p ?q))
             :effect (and (at ?q) (not (at ?p)))))",
        "(define (problem p) (:domain d) (:objects a b c) (:init (at a) (road a b) (road c b)) (:goal (at c)))",
    );
    let mut session = Session::ungrounded(&Arc::new(domain.clone()), &Arc::new(problem), Keep::Relevant);
    for (place, steps) in [(1, 1), (0, 2), (2, 0)] {
        let state = Some(vec![atom(&domain, "at", &[place])]);
        let query = PlanQuery { state, ..PlanQuery::default() };
        assert_eq!(plan(&mut session, &query).unwrap().expect("a plan").steps.len(), steps);
    }
    assert_eq!(session.n_groundings(), 0);
}

/// The cheapest plan of `n` steps of the same cost.
fn steps_of(cost: &str, n: usize) -> Result<Option<ValidPlan>, PlanError> {
    let places: String = (0..=n).map(|at| format!(" p{at}")).collect();
    let links: String = (0..n).map(|at| format!(" (next p{at} p{})", at + 1)).collect();
    let domain = format!(
        "(define (domain d) (:predicates (at ?p) (next ?p ?q)) (:functions (total-cost))
           (:action go :parameters (?p ?q) :precondition (and (at ?p) (next ?p ?q))
             :effect (and (at ?q) (not (at ?p)) (increase (total-cost) {cost}))))"
    );
    let problem = format!(
        "(define (problem p) (:domain d) (:objects{places}) (:init (at p0) {links} (= (total-cost) 0))
           (:goal (at p{n})) (:metric minimize (total-cost)))"
    );
    let (domain, problem) = parse(&domain, &problem);
    let mut session = Session::ungrounded(&Arc::new(domain), &Arc::new(problem), Keep::Relevant);
    plan(&mut session, &PlanQuery { options: options(Mode::Optimal), ..PlanQuery::default() })
}

#[test]
fn large_sums_of_decimals_are_no_fault() {
    for (cost, n, sum) in
        [("12345.6", 10_000, 123_456_000.0), ("100000000.1", 1, 100_000_000.1), ("0.1", 3, 0.3)]
    {
        let plan = steps_of(cost, n).unwrap().expect("a plan");
        assert!(plan.optimal && (plan.cost - sum).abs() < 1e-6, "{cost}: {}", plan.cost);
    }
}

#[test]
fn costs_with_too_many_decimals_are_refused() {
    for cost in ["0.0000005", "1.0000005"] {
        let error = steps_of(cost, 1).expect_err("seven decimals").to_string();
        assert!(error.contains("decimals"), "{cost}: {error}");
    }
    assert_eq!(steps_of("0.000005", 2).unwrap().expect("a plan").cost, 0.00001);
}
