//! The sets against the definition on every reachable state of random tasks, and searches with and without them.

mod named;
mod plain;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::Ctx;

use super::StubbornSets;
use crate::generate::{DeliveryOptions, delivery};
use crate::heuristic::{Blind, Costs, Declared, HMax, Heuristic, LmCut, Relaxation};
use crate::pddl::{Domain, Problem};
use crate::random::{Language, random_task};
use crate::search::astar::AStar;
use crate::search::{Explorer, Found, Query, Statistics};
use crate::task::{OperatorId, Task};
use crate::{Keep, ground_in, reference};

const MAX_STATES: usize = 20_000;
/// Beyond every cost.
const NO_PLAN: u64 = u64::MAX;

/// Tasks with plain effects that grounding did not solve.
fn tasks() -> Vec<(Task, Domain, Problem)> {
    let strips = (0..250).map(|seed| random_task(seed, Language::Strips));
    let deliveries = (0..3).map(|seed| delivery(seed, &DeliveryOptions { places: 4, parcels: 2 }));
    strips
        .chain(deliveries)
        .chain((0..200).map(plain::random_plain))
        .chain((0..600).map(plain::random_flags))
        .map(|(domain, problem)| (ground(&domain, &problem), domain, problem))
        .filter(|(task, ..)| task.unreachable_goals().is_empty() && task.is_plain())
        .collect()
}

fn ground(domain: &Domain, problem: &Problem) -> Task {
    let (domain, problem) = (Arc::new(domain.clone()), Arc::new(problem.clone()));
    ground_in(&Ctx::new(0), &domain, &problem, Keep::Relevant).expect("a small task is grounded")
}

fn query(task: &Task) -> Query {
    Query { init: task.init().clone(), goal: task.goal.clone() }
}

/// Every reachable state, its operators and where they lead.
struct Reached {
    states: Vec<Vec<u64>>,
    steps: Vec<Vec<(OperatorId, usize)>>,
}

fn reach(task: &Task) -> Reached {
    let mut reached = Reached { states: vec![task.init().words().to_vec()], steps: Vec::new() };
    let mut known = BTreeMap::from([(reached.states[0].clone(), 0)]);
    while let Some(state) = reached.states.get(reached.steps.len()).cloned() {
        let mut operators = Vec::new();
        task.successors.applicable(&task.packing, &state, &mut operators);
        let step = |operator: OperatorId| {
            let mut next = state.clone();
            task.succeed(operator, &state, &mut next);
            let at = *known.entry(next.clone()).or_insert(reached.states.len());
            if at == reached.states.len() {
                reached.states.push(next);
            }
            (operator, at)
        };
        let steps = operators.into_iter().map(step).collect();
        reached.steps.push(steps);
    }
    reached
}

/// A step's cost in the high half; in the low half whether it has none.
fn weight(task: &Task, operator: OperatorId) -> u64 {
    u64::from(task.cost(operator)) << 32 | u64::from(task.cost(operator) == 0)
}

/// The least sum of weights from each state to a goal, by trying until nothing changes.
fn distances(task: &Task, reached: &Reached) -> Vec<u64> {
    let goal = |words: &Vec<u64>| if task.holds(&task.goal, words) { 0 } else { NO_PLAN };
    let mut distances: Vec<u64> = reached.states.iter().map(goal).collect();
    loop {
        let before = distances.clone();
        for (at, steps) in reached.steps.iter().enumerate() {
            for &(operator, to) in steps.iter().filter(|step| before[step.1] != NO_PLAN) {
                distances[at] = distances[at].min(weight(task, operator) + before[to]);
            }
        }
        if distances == before {
            return distances;
        }
    }
}

#[test]
fn every_set_starts_a_cheapest_plan_with_the_fewest_free_operators() {
    let (mut n_applicable, mut n_kept) = (0, 0);
    for (task, _, problem) in tasks() {
        let reached = reach(&task);
        let distances = distances(&task, &reached);
        let mut sets = StubbornSets::new(&task, &task.goal).expect("plain");
        for (at, state) in reached.states.iter().enumerate() {
            if distances[at] == 0 {
                continue;
            }
            let all: Vec<OperatorId> = reached.steps[at].iter().map(|step| step.0).collect();
            let mut kept = all.clone();
            sets.reduce(state, &mut kept);
            assert!(kept.iter().all(|operator| all.contains(operator)), "{}", problem.name);
            n_applicable += all.len();
            n_kept += kept.len();
            let is_first = |&(operator, to): &(OperatorId, usize)| {
                kept.contains(&operator)
                    && distances[to] != NO_PLAN
                    && weight(&task, operator) + distances[to] == distances[at]
            };
            let has_first = reached.steps[at].iter().any(is_first);
            assert!(has_first || distances[at] == NO_PLAN, "{}: {:?}", problem.name, task.facts(state));
        }
    }
    assert!(n_kept * 5 < n_applicable * 4, "{n_kept} of {n_applicable} kept: the test has lost its teeth");
}

impl Task {
    fn facts(&self, words: &[u64]) -> Vec<String> {
        let mut facts = Vec::new();
        self.facts_of(words, &mut facts);
        facts.into_iter().map(|fact| self.fact_text(fact)).collect()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Reduction {
    Off,
    On,
}

/// One search: the cost of its plan, if there is one below the bound.
fn run<'a, H: Heuristic + Declared + 'a>(
    (task, query): (&'a Task, &'a Query),
    heuristic: H,
    (reduction, factor, bound): (Reduction, u32, u64),
) -> (Option<u64>, Statistics) {
    let sets = StubbornSets::new(task, &query.goal).filter(|_| reduction == Reduction::On);
    let mut search = AStar::new(task, query, heuristic).with_weight(factor).with_reduction(sets);
    let cost = match search.run(&Ctx::new(0), bound) {
        ControlFlow::Continue(Found::Plan(plan)) => {
            let mut state = task.init().clone();
            for &operator in &plan {
                state = task.apply(&state, operator).expect("a plan's operators apply");
            }
            assert!(task.is_goal(&state), "the plan ends elsewhere");
            Some(plan.iter().map(|&operator| u64::from(task.cost(operator))).sum())
        }
        ControlFlow::Continue(Found::Exhausted | Found::NoneBelowBound) => None,
        other => panic!("the search ended with {other:?}"),
    };
    (cost, search.statistics())
}

/// With each admissible estimate.
fn run_all(task: &Task, query: &Query, how: (Reduction, u32, u64)) -> Vec<Option<u64>> {
    let h_max = HMax::new(task, Relaxation::new(task, &query.goal, Costs::Real));
    vec![
        run((task, query), Blind::new(task, &query.goal), how).0,
        run((task, query), h_max, how).0,
        run((task, query), LmCut::new(task, &query.goal), how).0,
    ]
}

#[test]
fn costs_are_those_of_the_literal_planner() {
    for (task, domain, problem) in tasks() {
        let query = query(&task);
        let least = reference::optimal_plan(&domain, &problem, MAX_STATES).map(|(cost, _)| cost);
        for reduction in [Reduction::Off, Reduction::On] {
            for cost in run_all(&task, &query, (reduction, 1, u64::MAX)) {
                let cost = cost.map(|cost| cost as f64 * task.cost_unit());
                assert_eq!(cost, least, "{}", problem.name);
            }
        }
    }
}

#[test]
fn weights_and_bounds_hold() {
    for (task, _, problem) in tasks() {
        let query = query(&task);
        let (least, _) = run((&task, &query), Blind::new(&task, &query.goal), (Reduction::Off, 1, u64::MAX));
        for factor in [2, 5] {
            for cost in run_all(&task, &query, (Reduction::On, factor, u64::MAX)) {
                assert_eq!(cost.is_some(), least.is_some(), "{}", problem.name);
                assert!(cost <= least.map(|least| least * u64::from(factor)), "{}: {cost:?}", problem.name);
            }
        }
        let Some(least) = least else { continue };
        for (bound, expected) in [(least, None), (least + 1, Some(least))] {
            let costs = run_all(&task, &query, (Reduction::On, 1, bound));
            assert!(costs.iter().all(|&cost| cost == expected), "{}: {costs:?} below {bound}", problem.name);
        }
    }
}

#[test]
fn other_tasks_are_refused() {
    let mut n_refused = 0;
    for seed in 0..60 {
        let (domain, problem) = random_task(seed, Language::Adl);
        let task = ground(&domain, &problem);
        assert_eq!(StubbornSets::new(&task, &task.goal).is_some(), task.is_plain());
        n_refused += usize::from(!task.is_plain());
    }
    assert!(n_refused > 5, "only {n_refused} tasks go beyond plain effects");
}

#[test]
fn fewer_states_are_expanded_where_operators_commute() {
    for (name, domain, problem, at_most) in named::ALL {
        let (domain, problem) = plain::parse(domain, problem);
        let task = ground(&domain, &problem);
        let query = query(&task);
        let of = |reduction| run((&task, &query), Blind::new(&task, &query.goal), (reduction, 1, u64::MAX));
        let ((cost, all), (reduced_cost, reduced)) = (of(Reduction::Off), of(Reduction::On));
        assert!(cost.is_some() && cost == reduced_cost, "{name}: {cost:?}, {reduced_cost:?}");
        let share = 100 * reduced.expanded / all.expanded;
        assert!(share <= at_most, "{name}: {share} % of {} expanded", all.expanded);
        assert!(reduced.pruned > 0 && all.pruned == 0, "{name}");
    }
}

#[test]
fn a_flag_is_not_set_again_before_it_is_cleared() {
    for (first, second) in [("a", "b"), ("b", "a")] {
        let domain = format!(
            "(define (domain d) (:predicates (flag) (a) (b))
             (:action clear :parameters () :precondition (flag) :effect (and (not (flag)) ({first})))
             (:action set :parameters () :precondition () :effect (and (flag) ({second}))))"
        );
        let problem = "(define (problem p) (:domain d) (:init (flag)) (:goal (and (flag) (a) (b))))";
        let (domain, problem) = plain::parse(&domain, problem);
        let task = ground(&domain, &problem);
        let costs = run_all(&task, &query(&task), (Reduction::On, 1, u64::MAX));
        assert_eq!(costs, [Some(2); 3]);
    }
}

#[test]
fn a_set_that_prunes_nothing_is_given_up() {
    // A sliding token: all moves write one variable, so none can be left out.
    let cells = 300;
    let facts: String = (0..cells).map(|cell| format!("(c{cell}) ")).collect();
    let moves: String = (0..cells - 1)
        .flat_map(|cell| [(cell, cell + 1), (cell + 1, cell)])
        .map(|(from, to)| {
            format!("(:action m{from}-{to} :parameters () :precondition (c{from}) :effect (and (c{to}) (not (c{from}))))")
        })
        .collect();
    let domain = format!("(define (domain line) (:predicates {facts}) {moves})");
    let problem = format!("(define (problem line) (:domain line) (:init (c0)) (:goal (c{})))", cells - 1);
    let (domain, problem) = plain::parse(&domain, &problem);
    let task = ground(&domain, &problem);
    let mut sets = StubbornSets::new(&task, &task.goal).expect("plain");
    let mut n_states = 0;
    for state in &reach(&task).states {
        let mut applicable = Vec::new();
        task.successors.applicable(&task.packing, state, &mut applicable);
        sets.reduce(state, &mut applicable);
        n_states += 1;
        if sets.is_idle() {
            break;
        }
    }
    assert_eq!(n_states, super::FIRST_LOOK);
}
