//! Odd but legal files by hand: each is the same task as its plain twin, which its first line names.
//!
//! Left out: rewritings by rule, which the bench `planners` makes in numbers and gives to Fast Downward too.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use isogrid_plan::pddl::{parse_domain, parse_problem};
use isogrid_plan::{Mode, OperatorId, Outcome, SolveOptions, Task, ground, solve};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/odd")
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("{name}.pddl"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn task(domain_name: &str, problem_name: &str) -> Task {
    let (domain, _) = parse_domain(domain_name, &bytes(domain_name))
        .unwrap_or_else(|error| panic!("{domain_name}: {error}"));
    let (problem, _) = parse_problem(problem_name, &bytes(problem_name), &domain)
        .unwrap_or_else(|error| panic!("{problem_name}: {error}"));
    ground(&Arc::new(domain), &Arc::new(problem)).unwrap_or_else(|error| panic!("{problem_name}: {error}"))
}

/// What a task is, whatever its file looked like.
#[derive(Debug, PartialEq)]
struct Substance {
    /// Ground actions and their costs, sorted.
    actions: Vec<String>,
    n_facts: usize,
    optimal_cost: Option<u64>,
}

fn substance(task: &Task) -> Substance {
    let ids = 0..task.n_operators() as OperatorId;
    let mut actions: Vec<String> =
        ids.map(|id| format!("{} costs {}", task.step(id), task.cost(id)).to_lowercase()).collect();
    actions.sort();
    let result = solve(task, &SolveOptions { mode: Mode::Optimal, ..SolveOptions::default() });
    let optimal_cost = match result.outcome {
        Outcome::Solved { plan, optimal: true } => Some(plan.cost),
        _ => None,
    };
    Substance { actions, n_facts: task.n_facts(), optimal_cost }
}

/// The names that an odd file and its twin stand for.
fn pair_of(name: &str, twin: &str) -> (String, String) {
    let (base, part) = twin.rsplit_once('-').expect("a twin is a domain or a problem");
    let plain = |part: &str| format!("{base}-{part}");
    match (name, part) {
        // Constants that are objects too would be said twice: these two belong together.
        ("odd-07-objects-as-constants", _) => (name.to_string(), "odd-08-no-objects-left".to_string()),
        ("odd-08-no-objects-left", _) => ("odd-07-objects-as-constants".to_string(), name.to_string()),
        (_, "domain") => (name.to_string(), plain("problem")),
        _ => (plain("domain"), name.to_string()),
    }
}

#[test]
fn odd_files_are_the_same_tasks_as_their_twins() {
    let mut names: Vec<String> = fs::read_dir(folder())
        .expect("the folder of odd files")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| {
            name.strip_suffix(".pddl").filter(|name| name.starts_with("odd-")).map(str::to_string)
        })
        .collect();
    names.sort();
    assert!(names.len() >= 20, "{names:?}");
    for name in &names {
        let text = String::from_utf8(bytes(name)).expect("UTF-8");
        let twin = text.lines().next().and_then(|line| line.strip_prefix("; twin: ")).expect("a first line");
        let (domain, problem) = pair_of(name, twin.trim());
        let base = twin.trim().rsplit_once('-').map_or("", |(base, _)| base);
        let plain = substance(&task(&format!("{base}-domain"), &format!("{base}-problem")));
        assert!(plain.optimal_cost.is_some(), "{base}");
        let odd = substance(&task(&domain, &problem));
        if name == "odd-21-names-with-marks" {
            // Its objects have other names.
            assert_eq!((odd.actions.len(), odd.optimal_cost), (plain.actions.len(), plain.optimal_cost));
        } else {
            assert_eq!(odd, plain, "{name}");
        }
    }
}
