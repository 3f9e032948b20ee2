//! The fast evaluator against the literal one.

use isogrid_num::rng::Rng;
use proptest::prelude::*;

use crate::heuristic::lm_cut::evaluator::{Evaluator, Parts};
use crate::heuristic::lm_cut::{literal, parts};
use crate::heuristic::{RuleId, Rules};
use crate::sas::{SasEffect, SasFile, SasOperator, SasVariable};
use crate::task::FactId;

/// What a random delete relaxation is like.
#[derive(Debug, Clone, Copy)]
struct Shape {
    seed: u64,
    n_facts: usize,
    n_rules: usize,
    dearest: usize,
    /// Rules of one operator, as conditional effects make them; one without.
    n_of_one: usize,
}

fn shapes() -> impl Strategy<Value = Shape> {
    (any::<u64>(), 1usize..12, 1usize..30, prop_oneof![0usize..4, Just(40_000)], 1usize..4).prop_map(
        |(seed, n_facts, n_rules, dearest, n_of_one)| Shape { seed, n_facts, n_rules, dearest, n_of_one },
    )
}

/// Facts, then the goal and the fact that always holds. A cost of zero stands for an axiom too.
fn random_parts(shape: Shape) -> Parts {
    let mut rng = Rng::new(shape.seed, 0);
    let mut pick = |limit: usize| rng.index(limit).unwrap_or(0);
    let Shape { n_facts, n_rules, dearest, n_of_one, .. } = shape;
    let (goal, start) = (n_facts as FactId, n_facts as FactId + 1);
    let mut facts = |n: usize| -> Vec<FactId> {
        let mut found: Vec<FactId> = Vec::new();
        for _ in 0..n {
            let fact = pick(n_facts) as FactId;
            if !found.contains(&fact) {
                found.push(fact);
            }
        }
        found
    };
    let mut all = Parts {
        n_facts: n_facts + 2,
        pre: (0..n_rules).map(|at| facts([0, 1, 1, 2, 2, 3][at % 6])).collect(),
        adds: (0..n_rules).map(|at| facts([1, 2, 3, 1][at % 4])).collect(),
        costs: Vec::new(),
        siblings: Vec::new(),
        goal,
    };
    all.pre.push(facts(3));
    all.adds.push(vec![goal]);
    let of_operators: Vec<u32> = (0..=n_rules).map(|_| pick(dearest + 1) as u32).collect();
    all.costs = (0..n_rules).map(|rule| of_operators[rule / n_of_one]).chain([0]).collect();
    if n_of_one > 1 {
        let of_operator = |rule: usize| {
            let first = rule / n_of_one * n_of_one;
            first as RuleId..(first + n_of_one).min(n_rules) as RuleId
        };
        all.siblings = (0..n_rules).map(of_operator).collect();
        all.siblings.push(n_rules as RuleId..n_rules as RuleId + 1);
    }
    all.pre.iter_mut().filter(|pre| pre.is_empty()).for_each(|pre| pre.push(start));
    all
}

/// The first state on which the two differ, with their values.
fn difference(shape: Shape) -> Option<(Vec<FactId>, [Option<u32>; 2])> {
    let parts = random_parts(shape);
    let mut evaluator = Evaluator::new(random_parts(shape));
    let mut rng = Rng::new(shape.seed, 1);
    (0..8).find_map(|_| {
        let mut state: Vec<FactId> = (0..shape.n_facts as FactId).filter(|_| rng.chance(0.2)).collect();
        state.push(shape.n_facts as FactId + 1);
        let [fast, literal] = [evaluator.evaluate(&state), literal::evaluate(&parts, &state)];
        (fast != literal).then_some((state, [fast, literal]))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn values_are_the_literal_ones_however_often_and_in_which_order_states_come(shape in shapes()) {
        prop_assert_eq!(difference(shape), None);
    }
}

#[test]
fn a_fact_that_a_cut_makes_cheaper_twice_counts_from_the_second_time() {
    let shape = Shape { seed: 13475109483139907758, n_facts: 6, n_rules: 25, dearest: 40_000, n_of_one: 2 };
    assert_eq!(difference(shape), None);
}

/// Conditions, effects, cost: all on variables that are false at first.
type Operator<'a> = (&'a [u32], &'a [u32], u32);

/// Values that Fast Downward's `lmcut()` gives first states, with its default options, where they depend on ties.
#[test]
fn values_are_those_of_fast_downward() {
    let cases: [(&str, &[u32], &[Operator<'_>], u32); 4] = [
        (
            "the supporter stays when another condition costs as much",
            &[0, 3],
            &[
                (&[0], &[1], 2),
                (&[], &[0, 2], 1),
                (&[], &[1], 1),
                (&[1], &[3], 2),
                (&[1, 2], &[0], 0),
                (&[0, 1], &[2, 3], 2),
            ],
            4,
        ),
        (
            "a goal that another one comes with",
            &[1, 2, 3],
            &[
                (&[], &[1, 3], 1),
                (&[], &[2], 2),
                (&[0], &[1, 2], 1),
                (&[], &[1, 2], 2),
                (&[1], &[0], 2),
                (&[], &[0, 1], 1),
            ],
            3,
        ),
        (
            "a condition on the border of the goal zone",
            &[1, 2, 3],
            &[
                (&[], &[0], 1),
                (&[], &[1, 2], 2),
                (&[0, 2], &[1, 3], 0),
                (&[], &[1, 2], 1),
                (&[], &[3], 1),
                (&[3], &[1], 0),
            ],
            2,
        ),
        ("the first one on the border", &[0, 1, 2], &[(&[], &[0, 2], 1), (&[], &[0, 1], 1)], 1),
    ];
    for (name, goal, operators, expected) in cases {
        let task = task(goal, operators).task().expect("a small task");
        let mut evaluator = Evaluator::new(parts(&task, &task.goal, &Rules::new(&task)));
        let mut state = Vec::new();
        task.facts_of(task.init().words(), &mut state);
        state.push(task.n_facts() as FactId + 1);
        assert_eq!(evaluator.evaluate(&state), Some(expected), "{name}");
    }
}

fn task(goal: &[u32], operators: &[Operator<'_>]) -> SasFile {
    let variable =
        |at| SasVariable { name: format!("{at}"), layer: None, values: vec!["no".into(), "yes".into()] };
    let all = |facts: &[u32]| facts.iter().map(|&fact| (fact, 1)).collect();
    let effect = |&variable: &u32| SasEffect { conditions: Vec::new(), variable, before: None, after: 1 };
    let operator = |&(pre, adds, cost): &Operator<'_>| SasOperator {
        name: "a".to_string(),
        prevail: all(pre),
        effects: adds.iter().map(effect).collect(),
        cost,
    };
    SasFile {
        uses_costs: true,
        variables: (0..4).map(variable).collect(),
        mutex_groups: Vec::new(),
        init: vec![0; 4],
        goal: all(goal),
        operators: operators.iter().map(operator).collect(),
        axioms: Vec::new(),
    }
}
