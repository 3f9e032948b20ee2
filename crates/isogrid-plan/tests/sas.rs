//! SAS+ files: read, written, refused, and searched as their literal semantics say.

mod random;

use std::collections::BTreeMap;
use std::sync::Arc;

use isogrid_core::Ctx;
use isogrid_num::rng::Rng;
use isogrid_plan::sas::{
    SasAxiom, SasEffect, SasFact, SasFault, SasFile, SasOperator, SasVariable, parse_sas,
};
use isogrid_plan::{Estimate, Keep, Mode, Outcome, Search, SolveOptions, Task, ground_in, solve};
use random::{Language, lively_task, random_task};

const SMALL: &str = include_str!("data/small.sas");

#[test]
fn a_file_is_read_and_written_as_it_was() {
    let file = parse_sas("small.sas", SMALL.as_bytes()).expect("the small file");
    assert_eq!(file.to_string(), SMALL);
    assert_eq!((file.variables.len(), file.operators.len(), file.axioms.len()), (3, 2, 1));
    assert_eq!(file.operators[1].effects[1].conditions, [(0, 1)]);
    let task = Task::from_sas("small.sas", SMALL.as_bytes()).expect("the small task");
    let result = solve(&task, &SolveOptions { mode: Mode::Optimal, ..SolveOptions::default() });
    let Outcome::Solved { plan, optimal: true } = result.outcome else { panic!("no plan") };
    let steps: Vec<String> = plan.operators.iter().map(|&operator| task.step(operator).to_string()).collect();
    assert_eq!(steps, ["(switch lamp)", "(read book)"]);
    assert_eq!((plan.cost, file.cost_of(&[0, 1])), (7, Some(7)));
    assert_eq!((file.cost_of(&[1]), file.cost_of(&[0]), file.cost_of(&[9])), (None, None, None));
}

#[test]
fn random_files_come_back() {
    for seed in 0..200 {
        let file = random_file(seed);
        assert_eq!(parse_sas("written", file.to_string().as_bytes()), Ok(file), "{seed}");
    }
}

#[test]
fn every_truncation_is_refused_with_its_line() {
    let n_lines = SMALL.lines().count();
    for end in 0..SMALL.trim_end().len() {
        let error = parse_sas("cut", &SMALL.as_bytes()[..end]).expect_err("a cut file");
        assert!(error.line <= n_lines, "{error}");
    }
}

#[test]
fn faults_are_named() {
    let cases: [(&str, &str, &str); 12] = [
        (
            "begin_version\n3",
            "begin_version\n2",
            "small.sas:2: version 2 of the format; only version 3 is read",
        ),
        ("begin_metric\n1", "begin_metric\n2", "small.sas:5: the metric is 2, expected less than 2"),
        ("begin_metric", "start_metric", "small.sas:4: expected begin_metric, found `start_metric`"),
        (
            "end_metric\n3",
            "end_metric\n99999999999999999999",
            "small.sas:7: expected the number of variables, found `99999999999999999999`",
        ),
        ("end_metric\n3", "end_metric\n4000000000", "small.sas:29: expected begin_variable, found `1`"),
        ("lamp\n-1\n2", "lamp\n-1\n0", "small.sas:11: variable 0 has no value"),
        (
            "light\n0\n2\nAtom",
            "light\n0\n3\nAtom x()\nAtom",
            "small.sas:28: a derived variable must have two values: variable 2",
        ),
        ("begin_goal\n1\n1 1", "begin_goal\n1\n3 1", "small.sas:42: a variable is 3, expected less than 3"),
        ("begin_goal\n1\n1 1", "begin_goal\n1\n1 2", "small.sas:42: a value is 2, expected less than 2"),
        ("0 0 0 1\n3\n", "0 2 -1 0\n3\n", "small.sas:49: an operator sets a derived variable: variable 2"),
        (
            "2 1 0\nend_rule",
            "2 0 1\nend_rule",
            "small.sas:66: an axiom must change the first value: variable 2",
        ),
        (
            "1\n0 1\n2 1 0",
            "1\n2 1\n2 1 0",
            "small.sas:66: an axiom needs its own or a higher layer: variable 2",
        ),
    ];
    for (old, new, expected) in cases {
        assert!(SMALL.contains(old), "{old:?}");
        let error = parse_sas("small.sas", SMALL.replacen(old, new, 1).as_bytes()).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(parse_sas("bytes", b"begin_version\n\xff").expect_err("no text").fault, SasFault::NotText);
}

#[test]
fn searches_find_what_the_literal_semantics_allow() {
    let mut n_solved = 0;
    for seed in 0..400 {
        let file = random_file(seed);
        let expected = cheapest(&file);
        let task = file.task().expect("a small task");
        for estimate in [Estimate::Blind, Estimate::HMax, Estimate::LmCut] {
            let options = SolveOptions { search: Search::AStar(estimate), ..SolveOptions::default() };
            let cost = match solve(&task, &options).outcome {
                Outcome::Solved { plan, .. } => {
                    let behind = file.operators_of_task();
                    let places: Vec<usize> = plan.operators.iter().map(|&at| behind[at as usize]).collect();
                    assert_eq!(file.cost_of(&places), Some(plan.cost), "{seed}");
                    let names = plan.operators.iter().map(|&operator| task.step(operator).action);
                    let indices: Vec<usize> =
                        names.map(|name| name[1..].parse().expect("an index")).collect();
                    assert_eq!(file.cost_of(&indices), Some(plan.cost), "{seed}");
                    Some(plan.cost)
                }
                Outcome::Unsolvable(_) => None,
                outcome @ Outcome::Stopped(_) => panic!("{seed}: {outcome:?}"),
            };
            assert_eq!(cost, expected, "{seed}, {estimate:?}");
        }
        n_solved += usize::from(expected.is_some_and(|cost| cost > 0));
    }
    assert!(n_solved > 40, "only {n_solved} random tasks have plans");
}

/// The cost of a cheapest plan of a task.
fn least(task: &Task) -> Option<u64> {
    match solve(task, &SolveOptions { mode: Mode::Optimal, ..SolveOptions::default() }).outcome {
        Outcome::Solved { plan, .. } => Some(plan.cost),
        Outcome::Unsolvable(_) => None,
        outcome @ Outcome::Stopped(_) => panic!("{outcome:?}"),
    }
}

#[test]
fn a_grounded_task_becomes_a_file_of_the_same_plans() {
    let strips = (0..150).map(|seed| random_task(seed, Language::Strips));
    let adl = (1000..2000).map(lively_task);
    let (mut written, mut with_axioms, mut with_conditions, mut solved) = (0, 0, 0, 0);
    for (domain, problem) in strips.chain(adl) {
        let name = problem.name.clone();
        let ground = ground_in(&Ctx::new(0), &Arc::new(domain), &Arc::new(problem), Keep::Relevant);
        let task = ground.expect("a small task");
        let Some(file) = SasFile::from_task(&task) else { continue };
        assert_eq!(parse_sas(&name, file.to_string().as_bytes()).as_ref(), Ok(&file), "{name}");
        let expected = cheapest(&file);
        assert_eq!(least(&task), expected, "{name}");
        assert_eq!(least(&file.task().expect("a small task")), expected, "{name}");
        assert!(reached(&file, 200).iter().all(|state| groups_hold(&file, state)), "{name}");
        written += 1;
        with_axioms += usize::from(!file.axioms.is_empty());
        let has_conditions =
            |operator: &SasOperator| operator.effects.iter().any(|e| !e.conditions.is_empty());
        with_conditions += usize::from(file.operators.iter().any(has_conditions));
        solved += usize::from(expected.is_some_and(|cost| cost > 0));
    }
    let counts = (written, with_axioms, with_conditions, solved);
    assert!(written > 150 && with_axioms > 10 && with_conditions > 10 && solved > 40, "{counts:?}");
}

/// Whether at most one fact of each mutex group holds.
fn groups_hold(file: &SasFile, state: &[u32]) -> bool {
    let holds = |&&(variable, value): &&SasFact| state[variable as usize] == value;
    file.mutex_groups.iter().all(|group| group.iter().filter(holds).count() <= 1)
}

/// The first states that a breadth-first search reaches.
fn reached(file: &SasFile, most: usize) -> Vec<Vec<u32>> {
    let mut states = vec![file.start()];
    let mut at = 0;
    while at < states.len() && states.len() < most {
        for operator in &file.operators {
            let next = file.successor(&states[at], operator).filter(|next| !states.contains(next));
            states.extend(next);
        }
        at += 1;
    }
    states
}

/// The cost of a cheapest plan, by Dijkstra's algorithm over literal states.
fn cheapest(file: &SasFile) -> Option<u64> {
    let mut open = BTreeMap::from([((0, file.start()), ())]);
    let mut closed = BTreeMap::new();
    while let Some(((cost, state), ())) = open.pop_first() {
        if file.goal.iter().all(|&(variable, value)| state[variable as usize] == value) {
            return Some(cost);
        }
        if closed.insert(state.clone(), ()).is_some() {
            continue;
        }
        for operator in &file.operators {
            if let Some(next) = file.successor(&state, operator) {
                let step = if file.uses_costs { u64::from(operator.cost) } else { 1 };
                open.insert((cost + step, next), ());
            }
        }
    }
    None
}

/// Three to five variables that operators set and two that axioms derive.
fn random_file(seed: u64) -> SasFile {
    let mut rng = Rng::new(seed, 0);
    let mut pick = |limit: usize| rng.index(limit).unwrap_or(0) as u32;
    let n_set = 3 + pick(3);
    let mut sizes: Vec<u32> = (0..n_set).map(|_| 2 + pick(2)).collect();
    sizes.extend([2, 2]);
    let variable = |(at, &size): (usize, &u32)| SasVariable {
        name: format!("var{at}"),
        layer: (at as u32).checked_sub(n_set),
        values: (0..size).map(|value| format!("Atom p{at}(o{value}, x)")).collect(),
    };
    let variables = sizes.iter().enumerate().map(variable).collect();
    let init: Vec<u32> = sizes.iter().map(|&size| pick(size as usize)).collect();
    let mut facts = |n: usize, n_variables: u32| -> Vec<SasFact> {
        let mut found = BTreeMap::new();
        for _ in 0..n {
            let variable = pick(n_variables as usize);
            found.insert(variable, pick(sizes[variable as usize] as usize));
        }
        found.into_iter().collect()
    };
    let operators = (0..8).map(|at| {
        let effect = |(variable, after): SasFact, conditions: Vec<SasFact>| {
            let before = (at % 3 == 0).then_some(init[variable as usize]);
            SasEffect { conditions, variable, before, after }
        };
        let effects: Vec<SasFact> = facts(1 + at % 3, n_set);
        let effects = effects.into_iter().map(|fact| effect(fact, facts(at % 2, n_set + 2))).collect();
        SasOperator {
            name: format!("o{at}"),
            prevail: facts(at % 3, n_set + 2),
            effects,
            cost: at as u32 % 4,
        }
    });
    let operators = operators.collect();
    let axiom = |at: u32, conditions: Vec<SasFact>| {
        let variable = n_set + at % 2;
        let before = init[variable as usize];
        SasAxiom { conditions, variable, before, after: 1 - before }
    };
    let axioms = (0..4).map(|at| axiom(at, facts(2, n_set + at % 2))).collect();
    let goal = facts(2, n_set + 2);
    let mutex_groups = vec![vec![(0, 0), (1, 1)]];
    SasFile { uses_costs: seed.is_multiple_of(2), variables, mutex_groups, init, goal, operators, axioms }
}
