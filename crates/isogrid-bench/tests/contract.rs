//! The executable as the facade and the benches call it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use isogrid::core::{Role, Row};
use isogrid::wire::{self, RowLine, Rung};
use isogrid_bench::planners::replan::Replanning;
use isogrid_bench::process::{Terms, Usage};
use isogrid_bench::tables::phases::Phases;
use serde_json::Value;

fn bench(args: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isogrid-bench"));
    command.args(args).current_dir(folder).output().expect("it starts")
}

fn answer(args: &[&str], folder: &Path) -> String {
    let output = bench(args, folder);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// A table that every rung but the constant one can learn, and a planning problem that only enough search solves.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let row = |i: usize| {
        let (x, noise) = (i % 20, i * 7 % 11);
        let color = if i.is_multiple_of(2) { "red" } else { "blue" };
        format!("{x},{noise},{color},{}\n", if x < 10 { "low" } else { "high" })
    };
    let table: String = (0..200).map(row).collect();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("writable");
    write("table.csv", &format!("x,noise,color,class\n{table}"));
    use isogrid::data::hanoi::{self, Encoding};
    write("domain.pddl", hanoi::domain(Encoding::PickPlace));
    write("problem.pddl", &hanoi::problem(9, Encoding::PickPlace));
    folder
}

fn rungs(kind: &str, folder: &Path) -> Vec<Rung> {
    let lines = answer(&["rungs", "--kind", kind], folder);
    lines.lines().map(|line| wire::read(line).expect("a rung")).collect()
}

fn contend(name: &str, kind: &str, rest: &[&str], folder: &Path) -> Row {
    let args = [&["contend", name, "--kind", kind, "--seed", "7"], rest].concat();
    let line = answer(&args, folder);
    let row: RowLine = wire::read(line.trim_end()).expect("a row");
    row.row
}

#[test]
fn every_rung_for_tables_runs_alone() {
    let folder = folder();
    let rungs = rungs("table", folder.path());
    let sizes = rungs.iter().filter_map(|rung| match &rung.role {
        Role::Rung { ladder, size } if ladder == "random forest" => Some(*size),
        _ => None,
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [10, 50, 200]);
    for rung in rungs {
        let rest = ["--option", "target=class", "--", "table.csv"];
        let row = contend(&rung.name, "table", &rest, folder.path());
        assert_eq!((&row.contender, &row.role), (&rung.name, &rung.role));
        let accuracy = row.score.and_then(|score| score.value).expect("a score");
        let floor = if rung.name == "most frequent class" { 0.5 } else { 0.9 };
        assert!(accuracy >= floor, "{}: {accuracy}", rung.name);
        assert!(row.cost.model_bytes.is_some_and(|bytes| bytes > 0), "{}", rung.name);
    }
}

#[test]
fn blind_search_solves_more_the_more_it_may_search() {
    let folder = folder();
    let rungs = rungs("planning", folder.path());
    let costs = rungs.iter().map(|rung| {
        let row = contend(&rung.name, "planning", &["--", "domain.pddl", "problem.pddl"], folder.path());
        row.score.and_then(|score| score.value)
    });
    assert_eq!(costs.collect::<Vec<_>>(), [None, Some(1022.0), Some(1022.0)]);
}

#[test]
fn wrong_calls_end_with_two() {
    let folder = folder();
    let cases: [(&[&str], &str); 4] = [
        (&["contend", "random forest, 7 trees", "--kind", "table", "--", "table.csv"], "no contender"),
        (&["contend", "random forest, 10 trees", "--kind", "table", "--", "absent.csv"], "absent.csv"),
        (&["rungs"], "--kind KIND"),
        (&["bench", "nothing"], "nothing"),
    ];
    for (args, expected) in cases {
        let output = bench(args, folder.path());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(expected), "{args:?}: {message}");
    }
}

#[test]
fn programs_are_watched() {
    let folder = folder();
    let watch = |kill_after: f64, script: &str| {
        let terms = Terms { kill_after, address_space: 1 << 32, cores: None };
        let terms = serde_json::to_string(&terms).expect("terms");
        let line = answer(&["watch", &terms, ".", "out.txt", "err.txt", "sh", "-c", script], folder.path());
        let output = fs::read_to_string(folder.path().join("out.txt")).expect("an output");
        (serde_json::from_str::<Usage>(&line).expect("a usage"), output)
    };
    let (usage, output) = watch(60.0, "echo done; exit 3");
    assert_eq!((usage.code, usage.signal, usage.too_late, output.as_str()), (Some(3), None, false, "done\n"));
    assert!(usage.peak_bytes > 0 && usage.wall_seconds > 0.0);
    let (usage, _) = watch(0.0, "sleep 1000; echo done");
    assert_eq!((usage.code, usage.signal, usage.too_late), (None, Some(9), true));
}

#[test]
fn own_clocks_answer_in_json() {
    let folder = folder();
    let clock = answer(&["pace", "optimal", "domain.pddl", "problem.pddl"], folder.path());
    let clock: Value = serde_json::from_str(clock.lines().last().expect("a line")).expect("a clock");
    assert!(clock["cost"].is_u64() && clock["expanded"].as_u64() > Some(10_000), "{clock}");
    let done = answer(&["replan", "3", "20", "5"], folder.path());
    let done: Replanning = serde_json::from_str(&done).expect("an answer");
    assert_eq!((done.n_optimal, done.n_states), (20, 20));
    for name in ["tsetlin", "random forest, 10 trees"] {
        let phases = answer(&["phases", name, "class", "1", "table.csv"], folder.path());
        let phases: Phases = serde_json::from_str(&phases).expect("phases");
        assert!(phases.fit_seconds.is_some() && phases.predict_seconds.is_some(), "{name}: {phases:?}");
    }
}
