//! Grounding of actions with many parameters takes time by what they can be, not by what might have been.

use std::sync::Arc;

use isogrid_core::Ctx;
use isogrid_plan::pddl::{parse_domain, parse_problem};
use isogrid_plan::{Keep, PlanError, Task, ground_in};

fn grounded(domain: &str, problem: &str, ticks: u64) -> Result<Task, PlanError> {
    let (domain, _) = parse_domain("domain", domain.as_bytes()).expect("a domain");
    let (problem, _) = parse_problem("problem", problem.as_bytes(), &domain).expect("a problem");
    let ctx = Ctx::new(0).with_tick_limit(ticks);
    ground_in(&ctx, &Arc::new(domain), &Arc::new(problem), Keep::Everything)
}

fn list(n: usize, of: impl Fn(usize) -> String) -> String {
    (0..n).map(of).collect::<Vec<_>>().join(" ")
}

/// An action over nine parameters, each with a condition of its own on 30 objects, and one condition that nothing meets.
#[test]
fn independent_conditions_are_not_multiplied_where_one_has_no_match() {
    let params = list(9, |i| format!("?x{i}"));
    let conditions = list(9, |i| format!("(here ?x{i})"));
    let domain = format!(
        "(define (domain wide) (:predicates (ready) (done) (here ?x) (never ?x))
          (:action all :parameters ({params} ?y) :precondition (and (ready) {conditions} (never ?y))
            :effect (done))
          (:action one :parameters (?y) :precondition (and (done) (here ?y)) :effect (never ?y))
          (:action go :parameters () :precondition (ready) :effect (and (done) (not (ready)))))"
    );
    let objects = list(30, |i| format!("o{i}"));
    let init = list(30, |i| format!("(here o{i})"));
    let problem = format!(
        "(define (problem p) (:domain wide) (:objects {objects}) (:init (ready) {init}) (:goal (done)))"
    );
    // `never` is reached in the end, after `ready` was looked at: then 30^10 instances would be too many for anybody.
    let without = domain.replace("(done) (here ?y)) :effect (never ?y)", "(never ?y)) :effect (never ?y)");
    let task = grounded(&without, &problem, 1_000).expect("within a thousand ticks");
    assert_eq!(task.n_operators(), 1);
    assert!(matches!(grounded(&domain, &problem, 1_000), Err(PlanError::Stopped(_))), "the budget is kept");
}

/// The last of many legs ends nowhere: the first ones must not be multiplied before that is known.
#[test]
fn a_branch_without_an_end_is_found_before_the_others_are_enumerated() {
    let legs = 7;
    let params = list(legs, |i| format!("?a{i} ?b{i}"));
    let conditions = list(legs, |i| format!("(arm ?hub ?a{i}) (leaf{i} ?a{i} ?b{i})"));
    let predicates = list(legs, |i| format!("(leaf{i} ?a ?b)"));
    let domain = format!(
        "(define (domain star) (:predicates (at ?hub) (done) (arm ?hub ?a) {predicates})
          (:action join :parameters (?hub {params}) :precondition (and (at ?hub) {conditions}) :effect (done))
          (:action stay :parameters (?hub) :precondition (at ?hub) :effect (done)))"
    );
    let objects = list(21, |i| format!("o{i}"));
    let arms = list(20, |i| format!("(arm o20 o{i})"));
    // All leaves of the last leg hang on an object without an arm.
    let from = |leg: usize, i: usize| if leg + 1 == legs { 20 } else { i };
    let leaves = list(legs, |leg| list(20, |i| format!("(leaf{leg} o{} o{})", from(leg, i), (i + 1) % 20)));
    let problem = format!(
        "(define (problem p) (:domain star) (:objects {objects}) (:init (at o20) {arms} {leaves}) (:goal (done)))"
    );
    let task = grounded(&domain, &problem, 1_000).expect("within a thousand ticks");
    assert_eq!(task.n_operators(), 1);
}

/// Whatever pass the budget ends in, there is a whole task or none.
#[test]
fn a_budget_may_end_any_pass() {
    let domain = "(define (domain grid) (:requirements :adl)
        (:predicates (at ?x) (next ?x ?y) (seen ?x) (full) (lonely ?x))
        (:derived (lonely ?x) (forall (?y) (not (next ?x ?y))))
        (:action go :parameters (?x ?y) :precondition (and (at ?x) (next ?x ?y))
          :effect (and (at ?y) (not (at ?x)) (when (not (full)) (seen ?y))))
        (:action fill :parameters (?x) :precondition (and (lonely ?x) (seen ?x)) :effect (full)))";
    let n = 40;
    let objects = list(n, |i| format!("o{i}"));
    let init = list(n * n, |at| format!("(next o{} o{})", at % n, at / n));
    let goals = list(n, |i| format!("(seen o{i})"));
    let problem = format!(
        "(define (problem p) (:domain grid) (:objects {objects}) (:init (at o0) {init}) (:goal (and {goals})))"
    );
    let whole = grounded(domain, &problem, u64::MAX).expect("a task");
    let (mut ticks, mut n_stopped) = (1, 0);
    loop {
        match grounded(domain, &problem, ticks) {
            Ok(task) => {
                assert_eq!(
                    (task.n_facts(), task.n_operators()),
                    (whole.n_facts(), whole.n_operators()),
                    "{ticks}"
                );
                break;
            }
            Err(PlanError::Stopped(_)) => n_stopped += 1,
            Err(other) => panic!("{ticks} ticks: {other}"),
        }
        ticks += 1 + ticks / 100;
    }
    assert!(n_stopped > 100, "{n_stopped} budgets were too small");
}
