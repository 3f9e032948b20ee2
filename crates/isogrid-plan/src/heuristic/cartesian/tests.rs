//! The heuristic against exact costs, and the parts that are kept up against literal definitions.

use std::collections::{BTreeMap, BTreeSet};

use isogrid_num::rng::Rng;

use super::*;
use crate::generate::{DeliveryOptions, ScrambledOptions, delivery, scrambled};
use crate::ground::{Keep, ground_in};
use crate::heuristic::cartesian::abstraction::Abstraction;
use crate::heuristic::cartesian::distances::UNREACHABLE;
use crate::heuristic::cartesian::lookup::Lookup;
use crate::heuristic::cartesian::refine::Refinement;
use crate::heuristic::cartesian::sets::Layout;
use crate::heuristic::cartesian::subtask::{BEHIND, Subtask};
use crate::heuristic::cartesian::system::{CellId, Split};
use crate::heuristic::cartesian::targets::{Maker, Target};
use crate::heuristic::exact::Exact;
use crate::pddl::{Domain, Problem, parse_domain, parse_problem};

/// Reachable states beyond which a task is left out.
const MAX_STATES: usize = 3_000;

/// A random operator: what it needs and what it makes true, as variable and value.
struct Move {
    pre: Vec<(usize, u64)>,
    eff: Vec<(usize, u64)>,
    cost: u64,
}

impl Move {
    /// Mostly it moves some of the variables from value to value; now and then it sets one wherever that stood.
    fn random(rng: &mut Rng, sizes: &[u64]) -> Move {
        let (mut pre, mut eff) = (Vec::new(), Vec::new());
        for (variable, &size) in sizes.iter().enumerate() {
            let (from, to) = (rng.below(size), rng.below(size));
            match rng.below(8) {
                0 => pre.push((variable, from)),
                1 | 2 if from != to => {
                    pre.push((variable, from));
                    eff.push((variable, to));
                }
                3 if rng.chance(0.4) => eff.push((variable, to)),
                _ => {}
            }
        }
        Move { pre, eff, cost: rng.below(4) }
    }

    fn apply(&self, state: &mut [u64]) {
        if self.pre.iter().all(|&(variable, value)| state[variable] == value) {
            self.eff.iter().for_each(|&(variable, value)| state[variable] = value);
        }
    }

    fn text(&self, at: usize, sizes: &[u64], unit: u64) -> String {
        let is = |&(variable, value): &(usize, u64)| format!(" (is v{variable} x{value})");
        let pre: String = self.pre.iter().map(is).collect();
        let mut eff: String = self.eff.iter().map(is).collect();
        for &(variable, to) in &self.eff {
            let known = self.pre.iter().find(|other| other.0 == variable).map(|known| known.1);
            let others = (0..sizes[variable]).filter(|&x| x != to && known.is_none_or(|known| known == x));
            others.for_each(|x| eff.push_str(&format!(" (not{})", is(&(variable, x)))));
        }
        let cost = self.cost * unit;
        format!(
            "(:action a{at} :parameters () :precondition (and{pre}) :effect (and{eff} (increase (total-cost) {cost})))"
        )
    }
}

/// A few variables and random operators that cost up to three units; the goal is mostly what a walk brings about.
fn random_task(seed: u64, unit: u64) -> (Domain, Problem) {
    let mut rng = Rng::new(seed, 31);
    let n_variables = 2 + rng.below(4);
    let sizes: Vec<u64> = (0..n_variables).map(|_| 2 + rng.below(4)).collect();
    let moves: Vec<Move> = (0..6 + rng.below(16)).map(|_| Move::random(&mut rng, &sizes)).collect();
    let init: Vec<u64> = sizes.iter().map(|&size| rng.below(size)).collect();
    let mut end = init.clone();
    (0..60).for_each(|_| moves[rng.below(moves.len() as u64) as usize].apply(&mut end));
    if rng.chance(0.1) {
        end = sizes.iter().map(|&size| rng.below(size)).collect();
    }
    let (mut facts, mut goal) = (String::new(), String::new());
    for (variable, (&from, &to)) in init.iter().zip(&end).enumerate() {
        facts.push_str(&format!(" (is v{variable} x{from})"));
        if rng.chance(if from == to { 0.3 } else { 0.8 }) {
            goal.push_str(&format!(" (is v{variable} x{to})"));
        }
    }
    let actions: String = moves.iter().enumerate().map(|(at, one)| one.text(at, &sizes, unit)).collect();
    let domain = format!(
        "(define (domain d) (:predicates (is ?v ?x)) (:constants x0 x1 x2 x3 x4 v0 v1 v2 v3 v4)
        (:functions (total-cost) - number) {actions})"
    );
    let problem = format!(
        "(define (problem p) (:domain d) (:init (= (total-cost) 0){facts}) (:goal (and{goal}))
        (:metric minimize (total-cost)))"
    );
    let (domain, _) = parse_domain("d", domain.as_bytes()).expect("a domain");
    let (problem, _) = parse_problem("p", problem.as_bytes(), &domain).expect("a problem");
    (domain, problem)
}

/// Small plain tasks with a goal that is not excluded at once, and their names.
fn tasks(n: u64) -> Vec<(String, Task)> {
    let mut all: Vec<(String, (Domain, Problem))> =
        (0..n).map(|seed| (format!("random {seed}"), random_task(seed, 1))).collect();
    for seed in 0..n / 40 {
        let sizes = DeliveryOptions { places: 4 + seed as usize % 2, parcels: 2 };
        all.push((format!("delivery {seed}"), delivery(seed, &sizes)));
        all.push((format!("scrambled {seed}"), scrambled(seed, &ScrambledOptions { bits: 5, degree: 2 })));
    }
    let grounded = all.into_iter().map(|(name, pddl)| (name, ground(pddl)));
    grounded.filter(|(_, task)| task.is_plain() && task.unreachable_goals().is_empty()).collect()
}

fn ground((domain, problem): (Domain, Problem)) -> Task {
    ground_in(&Ctx::new(0), &domain.into(), &problem.into(), Keep::Relevant).expect("a task")
}

fn build(task: &Task, options: &CartesianOptions) -> Cartesian {
    match Cartesian::build(&Ctx::new(3), task, task.init(), &task.goal, options) {
        ControlFlow::Continue(Some(heuristic)) => heuristic,
        _ => panic!("a plain task without limits"),
    }
}

fn evaluate(heuristic: &mut Cartesian, state: &State) -> Option<u64> {
    heuristic.evaluate(Node { id: 0, parent: None, words: state.words() }).map(u64::from)
}

/// Admissible, safe and consistent in every reachable state, and nothing at goals.
fn check(name: &str, task: &Task, exact: &Exact, heuristic: &mut Cartesian) -> Vec<Option<u64>> {
    let values: Vec<Option<u64>> = exact.states.iter().map(|state| evaluate(heuristic, state)).collect();
    for (at, (&value, &cost)) in values.iter().zip(&exact.to_goal).enumerate() {
        match (value, cost) {
            (None, Some(cost)) => panic!("{name}: state {at} costs {cost} but counts as a dead end"),
            (Some(value), Some(cost)) => {
                assert!(value <= cost, "{name}: state {at}: {value} is more than {cost}");
            }
            (_, None) => {}
        }
    }
    for &(source, operator, target) in &exact.edges {
        let cost = u64::from(task.cost(operator));
        match (values[source], values[target]) {
            (Some(here), Some(there)) => assert!(here <= there + cost, "{name}: not consistent at {source}"),
            (None, Some(_)) => panic!("{name}: a dead end {source} is left"),
            (_, None) => {}
        }
    }
    values
}

/// Limits from none to those that leave next to nothing.
fn limits() -> [CartesianOptions; 5] {
    let all = CartesianOptions::default();
    [
        all,
        CartesianOptions { max_orders: 1, ..all },
        CartesianOptions { max_states: 50, ..all },
        CartesianOptions { max_transitions: 100, ..all },
        CartesianOptions { refine_ticks: 20, order_ticks: 5, ..all },
    ]
}

#[test]
fn estimates_are_admissible_safe_and_consistent() {
    let (mut n_solvable, mut n_dead, mut n_inexact) = (0, 0, 0);
    for (name, task) in tasks(300) {
        let Some(exact) = Exact::new(&task, MAX_STATES) else { continue };
        let is_solvable = exact.to_goal[0].is_some_and(|cost| cost > 0);
        n_solvable += usize::from(is_solvable);
        for options in limits() {
            let values = check(&name, &task, &exact, &mut build(&task, &options));
            n_dead += values.iter().filter(|value| value.is_none()).count();
            n_inexact += usize::from(is_solvable && values[0] != exact.to_goal[0]);
        }
        let values = check(&name, &task, &exact, &mut build(&task, &CartesianOptions::default()));
        assert_eq!(values[0], exact.to_goal[0], "{name}: such a small task is refined to the end");
    }
    assert!(n_solvable >= 150 && n_dead >= 20 && n_inexact >= 20, "{n_solvable} {n_dead} {n_inexact}");
}

#[test]
fn estimates_stay_admissible_where_costs_saturate() {
    let mut n_large = 0;
    for seed in 0..100 {
        let task = ground(random_task(seed, 700_000_000));
        let Some(exact) = Exact::new(&task, MAX_STATES) else { continue };
        check(&format!("random {seed}"), &task, &exact, &mut build(&task, &CartesianOptions::default()));
        n_large +=
            usize::from(exact.to_goal[0].is_some_and(|cost| cost > u64::from(crate::search::MAX_COST)));
    }
    assert!(n_large > 5, "{n_large}");
}

#[test]
fn a_star_finds_plans_of_the_exact_cost() {
    for (name, task) in tasks(150) {
        let Some(exact) = Exact::new(&task, MAX_STATES) else { continue };
        for options in limits() {
            let cost = a_star(&task, &mut build(&task, &options));
            assert_eq!(cost, exact.to_goal[0], "{name}: {options:?}");
        }
    }
}

/// The cost of a plan by A* that never opens a state again.
fn a_star(task: &Task, heuristic: &mut Cartesian) -> Option<u64> {
    let mut open = BTreeSet::from([(evaluate(heuristic, task.init())?, 0, task.init().words().to_vec())]);
    let mut closed = BTreeSet::new();
    while let Some((_, cost, words)) = open.pop_first() {
        if !closed.insert(words.clone()) {
            continue;
        }
        let mut state = task.init().clone();
        state.words_mut().copy_from_slice(&words);
        if task.is_goal(&state) {
            return Some(cost);
        }
        for operator in task.applicable(&state) {
            let next = task.apply(&state, operator).expect("applicable");
            let longer = cost + u64::from(task.cost(operator));
            if let Some(estimate) = evaluate(heuristic, &next) {
                open.insert((longer + estimate, longer, next.words().to_vec()));
            }
        }
    }
    None
}

#[test]
fn work_that_is_stopped_at_any_tick_leaves_an_admissible_estimate() {
    for (name, task) in tasks(40).into_iter().step_by(5) {
        let Some(exact) = Exact::new(&task, MAX_STATES) else { continue };
        for ticks in (0..60).chain((60..3_000).step_by(97)) {
            let all = CartesianOptions::default();
            for options in [
                CartesianOptions { refine_ticks: ticks, ..all },
                CartesianOptions { order_ticks: ticks, max_states: 60, ..all },
            ] {
                check(&name, &task, &exact, &mut build(&task, &options));
            }
        }
    }
}

#[test]
fn a_stop_of_the_context_is_passed_on() {
    for (name, task) in tasks(40).into_iter().step_by(5) {
        let build =
            |ctx: &Ctx| Cartesian::build(ctx, &task, task.init(), &task.goal, &CartesianOptions::default());
        let ctx = Ctx::new(3);
        assert!(matches!(build(&ctx), ControlFlow::Continue(Some(_))), "{name}");
        for ticks in (0..ctx.ticks()).step_by(1 + ctx.ticks() as usize / 50) {
            let stop = Stop::Budget(isogrid_core::Limit::Ticks);
            let limited = Ctx::new(3).with_tick_limit(ticks);
            assert!(matches!(build(&limited), ControlFlow::Break(found) if found == stop), "{name}: {ticks}");
        }
        let cancelled = Ctx::new(3);
        cancelled.cancel_handle().cancel(isogrid_core::Reason::Interrupt);
        assert!(matches!(build(&cancelled), ControlFlow::Break(Stop::Cancelled)), "{name}");
    }
}

#[test]
fn the_same_input_gives_the_same_heuristic() {
    for (name, task) in tasks(40) {
        for options in limits() {
            let (first, second) = (build(&task, &options), build(&task, &options));
            assert_eq!(first.distances, second.distances, "{name}");
            assert_eq!(first.diagrams, second.diagrams, "{name}");
        }
    }
}

#[test]
fn tasks_that_are_not_plain_are_refused() {
    let domain = b"(define (domain d) (:requirements :conditional-effects) (:predicates (p) (q) (r))
        (:action a :parameters () :precondition (p) :effect (and (q) (when (q) (r)))))";
    let problem = b"(define (problem p) (:domain d) (:init (p)) (:goal (r)))";
    let (domain, _) = parse_domain("d", domain).expect("a domain");
    let (problem, _) = parse_problem("p", problem, &domain).expect("a problem");
    let task = ground((domain, problem));
    let built = Cartesian::build(&Ctx::new(0), &task, task.init(), &task.goal, &CartesianOptions::default());
    assert!(matches!(built, ControlFlow::Continue(None)));
}

/// The subtasks of a task.
fn subtasks(task: &Task) -> Vec<Subtask> {
    let (ctx, init, goal) = (Ctx::new(0), task.init(), &task.goal);
    let mut all = vec![Target::Goal(goal.clone())];
    all.extend(targets::goals(task, init, goal));
    if let ControlFlow::Continue(landmarks) = targets::landmarks(&ctx, task, init, goal) {
        all.extend(landmarks);
    }
    let mut maker = Maker::new(task, init, goal);
    all.iter().filter_map(|target| maker.make(&ctx, target).continue_value().flatten()).collect()
}

/// Everything about a partition by definition: every state one by one, every operator tried.
struct Literal {
    /// Each state of the subtask, with its abstract state.
    cells: BTreeMap<Vec<u32>, CellId>,
    transitions: BTreeSet<(CellId, u32, CellId)>,
}

impl Literal {
    fn new(task: &Task, subtask: &Subtask, refinement: &Refinement<'_>) -> Literal {
        let mut states: Vec<Vec<u32>> = vec![Vec::new()];
        for variable in 0..task.n_variables() as u32 {
            let classes: BTreeSet<u32> = (0..task.n_values(variable as usize))
                .map(|value| subtask.class(task, (variable, value)))
                .filter(|&class| class != BEHIND)
                .collect();
            let longer =
                |state: &Vec<u32>| classes.iter().map(|&class| [&state[..], &[class]].concat()).collect();
            states = states.iter().flat_map(|state| -> Vec<Vec<u32>> { longer(state) }).collect();
        }
        let cell = |state: &[u32]| {
            let is_in = |cell: &CellId| {
                let fact = |(variable, &value): (usize, &u32)| (variable as u32, value);
                let set = refinement.system.set(*cell);
                state.iter().enumerate().map(fact).all(|fact| refinement.system.layout.contains(set, fact))
            };
            let found: Vec<CellId> = (0..refinement.system.n_cells() as CellId).filter(is_in).collect();
            assert_eq!(found.len(), 1, "{state:?} is in {found:?}");
            found[0]
        };
        let cells: BTreeMap<Vec<u32>, CellId> =
            states.iter().map(|state| (state.clone(), cell(state))).collect();
        let mut transitions = BTreeSet::new();
        for (state, &source) in &cells {
            for operator in 0..subtask.operators.len() as u32 {
                let holds = |&(variable, value): &VarVal| state[variable as usize] == value;
                if subtask.operators.pre(operator).iter().all(holds) {
                    let mut next = state.clone();
                    subtask.operators.eff(operator).iter().for_each(|&(v, value)| next[v as usize] = value);
                    transitions.insert((source, operator, cells[&next]));
                }
            }
        }
        Literal { cells, transitions }
    }

    /// The cost to the goal, with the number of steps in the lower half, of each abstract state.
    fn to_goal(&self, n_cells: usize, goal: CellId, cost: impl Fn(u32) -> u32) -> Vec<u64> {
        let mut to_goal = vec![UNREACHABLE; n_cells];
        to_goal[goal as usize] = 0;
        loop {
            let before = to_goal.clone();
            for &(source, operator, target) in &self.transitions {
                let length = (u64::from(cost(operator)) << 32) + 1;
                let longer = to_goal[target as usize].saturating_add(length);
                to_goal[source as usize] = to_goal[source as usize].min(longer);
            }
            if to_goal == before {
                return to_goal;
            }
        }
    }
}

#[test]
fn what_is_kept_up_equals_what_is_defined() {
    let mut n_splits = 0;
    for (name, task) in tasks(200) {
        let sizes: Vec<u32> = (0..task.n_variables()).map(|variable| task.n_values(variable)).collect();
        if sizes.iter().map(|&size| u64::from(size)).product::<u64>() > 300 {
            continue;
        }
        let layout = Layout::new(&sizes);
        let mut rng = Rng::new(1, 1);
        for subtask in subtasks(&task) {
            let mut refinement =
                Refinement::new(&task, task.init(), (&layout, &subtask), &task.operators.cost);
            for _ in 0..12 {
                check_refinement(&name, &task, &subtask, &refinement);
                let Some((cell, split)) = refinement.find_flaw() else { break };
                refinement.split(cell, split);
                n_splits += 1;
                let cell = rng.below(refinement.system.n_cells() as u64) as CellId;
                if let Some(split) = random_split(&mut rng, &refinement, cell, &sizes) {
                    refinement.split(cell, split);
                }
            }
            check_refinement(&name, &task, &subtask, &refinement);
            check_lookup(&name, &task, &subtask, &refinement);
        }
    }
    assert!(n_splits > 800, "{n_splits}");
}

/// Some of the values of some variable in an abstract state without goals, but not all.
fn random_split(rng: &mut Rng, refinement: &Refinement<'_>, cell: CellId, sizes: &[u32]) -> Option<Split> {
    let (layout, set) = (refinement.system.layout, refinement.system.set(cell));
    let variable = rng.below(sizes.len() as u64) as u32;
    let mut other = vec![0; layout.n_words()];
    let values = (0..sizes[variable as usize]).filter(|_| rng.chance(0.5));
    values.for_each(|value| layout.insert(&mut other, (variable, value)));
    let part = layout.shared(set, &other, variable);
    let n: u32 = part.iter().map(|word| word.count_ones()).sum();
    (cell != refinement.goal && n > 0 && n < layout.count(set, variable)).then_some(Split { variable, part })
}

fn check_refinement(name: &str, task: &Task, subtask: &Subtask, refinement: &Refinement<'_>) {
    let literal = Literal::new(task, subtask, refinement);
    let system = &refinement.system;
    let mut kept = BTreeSet::new();
    for cell in 0..system.n_cells() as CellId {
        for &id in system.out(cell) {
            let edge = system.edge(id);
            assert!(
                edge.source == cell && system.into(edge.target).contains(&id),
                "{name}: a lost transition"
            );
            assert!(kept.insert((cell, edge.operator, edge.target)), "{name}: a transition twice");
        }
        let loops = |&operator: &u32| subtask.operators.loops(system.layout, operator, system.set(cell));
        kept.extend((0..subtask.operators.len() as u32).filter(loops).map(|operator| (cell, operator, cell)));
    }
    assert_eq!(kept, literal.transitions, "{name}: transitions");
    assert_eq!(system.n_edges(), kept.iter().filter(|(from, _, to)| from != to).count(), "{name}");
    let cost = |operator: u32| task.cost(subtask.operators.ids[operator as usize]);
    let to_goal = literal.to_goal(system.n_cells(), refinement.goal, cost);
    for (cell, &expected) in (0..).zip(&to_goal) {
        assert_eq!(refinement.distances.to_goal(cell), expected, "{name}: distance of {cell}");
        let way = refinement.distances.way(cell).map(|way| system.edge(way));
        assert_eq!(
            way.is_some(),
            expected != UNREACHABLE && cell != refinement.goal,
            "{name}: way of {cell}"
        );
        if let Some(way) = way {
            let length = (u64::from(cost(way.operator)) << 32) + 1;
            assert!(
                way.source == cell && to_goal[way.target as usize] + length == expected,
                "{name}: {cell}"
            );
        }
    }
    for (state, &cell) in &literal.cells {
        let is_goal = subtask.goal.iter().all(|&(variable, value)| state[variable as usize] == value);
        assert!(!is_goal || cell == refinement.goal, "{name}: a goal state outside");
    }
}

fn check_lookup(name: &str, task: &Task, subtask: &Subtask, refinement: &Refinement<'_>) {
    let Some(exact) = Exact::new(task, MAX_STATES) else { return };
    let literal = Literal::new(task, subtask, refinement);
    let ControlFlow::Continue((_, numbers)) = Abstraction::new(&Ctx::new(0), refinement) else {
        panic!("no limits")
    };
    let mut lookup = Lookup::new();
    for _ in 0..2 {
        assert!(lookup.push(&Ctx::new(0), task, refinement, &numbers).is_continue());
    }
    let second = lookup.first_row(1) as u32;
    for state in &exact.states {
        let value = |variable: usize| (variable as u32, task.packing.get(state.words(), variable));
        let classes: Vec<u32> =
            (0..task.n_variables()).map(|variable| subtask.class(task, value(variable))).collect();
        let cell = if classes.contains(&BEHIND) { refinement.goal } else { literal.cells[&classes] };
        let expected = numbers[cell as usize];
        assert_eq!(lookup.diagrams.row(0, state.words()), expected, "{name}");
        assert_eq!(lookup.diagrams.row(1, state.words()), expected.map(|row| row + second), "{name}");
    }
}

#[test]
fn values_beyond_one_window_are_told_apart() {
    let task = ground(delivery(1, &DeliveryOptions { places: 200, parcels: 1 }));
    let mut rng = Rng::new(5, 5);
    for variable in 0..task.n_variables() {
        let n_values = task.n_values(variable);
        for n_rows in [1, 2, 3, 200] {
            let rows: Vec<RowId> = (0..n_values).map(|_| rng.below(n_rows) as RowId).collect();
            let links: Vec<Link> =
                rows.iter().map(|&row| if row == 1 { DEAD } else { to_row(row) }).collect();
            let mut diagrams = Diagrams::default();
            let root = diagrams.switch(&task, variable as u32, &links);
            diagrams.push(root);
            let reduced = diagrams.reduced(&Ctx::new(0), to_row, to_row(RowId::MAX >> 2));
            let reduced = reduced.continue_value().expect("no limits");
            for (value, &row) in (0..).zip(&rows) {
                let mut state = task.init().clone();
                task.packing.set(state.words_mut(), variable, value);
                let expected = (row != 1).then_some(row);
                assert_eq!(diagrams.row(0, state.words()), expected);
                assert_eq!(reduced.row(0, state.words()), expected);
            }
        }
    }
    assert!((0..task.n_variables()).any(|variable| task.n_values(variable) > 128));
}
