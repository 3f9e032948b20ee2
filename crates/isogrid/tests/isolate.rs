//! Contenders in child processes, played by shell scripts: good ones, and every way to fail.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use isogrid::core::{Cancel, Cost, Energy, Reason, Role, Row, Score};
use isogrid::isolate::{Candidate, Field, Measured, Options, measure};
use isogrid::wire;
use isogrid::workloads::{Job, Kind};
use tempfile::TempDir;

/// One test at a time: a script cannot be executed while a child that another thread just forked still has it open
/// for writing.
static TURN: Mutex<()> = Mutex::new(());

struct Scripts(TempDir, #[expect(dead_code, reason = "held, not read")] MutexGuard<'static, ()>);

impl Scripts {
    fn new() -> Scripts {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Scripts(tempfile::tempdir().expect("a temporary directory"), turn)
    }

    fn write(&self, name: &str, body: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our own file");
        path
    }

    fn candidate(&self, name: &str, body: &str) -> Candidate {
        let size = 10;
        let role = Role::Rung { ladder: "shell".to_string(), size };
        Candidate { name: name.to_string(), role, program: self.write(name, body) }
    }
}

fn good_line(name: &str, work_seconds: f64) -> String {
    let score = Score { name: "accuracy".into(), value: Some(0.5), higher_is_better: true, interval: None };
    let cost = Cost { work_seconds, peak_bytes: Some(1 << 20), ..Cost::default() };
    let row =
        Row { contender: name.into(), role: Role::Engine, score: Some(score), cost, outcome: "done".into() };
    wire::line(&wire::RowLine { row })
}

fn measured(candidates: Vec<Candidate>, options: &Options) -> Measured {
    let field = Field { candidates, absent: Vec::new() };
    let job = Job { paths: vec!["data file.csv".into()], seed: 5, ..Job::default() };
    let mut seen = 0;
    let measured = measure(&field, (Kind::Table, "a table", &job), options, &mut |_| seen += 1);
    assert_eq!(seen, field.candidates.len() as u64 * options.repeats);
    measured
}

#[test]
fn a_good_contender_gets_the_costs_of_its_own_process() {
    let scripts = Scripts::new();
    let line = good_line("good", 0.25);
    let body =
        format!("test \"$*\" = 'contend good --kind table --seed 5 -- data file.csv' && echo '{line}'");
    let measured = measured(vec![scripts.candidate("good", &body)], &Options::default());
    let row = &measured.report.rows[0];
    assert_eq!((row.outcome.as_str(), row.cost.work_seconds), ("done", 0.25));
    assert_eq!(row.cost.peak_bytes, Some(1 << 20));
    assert!(row.cost.process_seconds.is_some_and(|seconds| seconds > 0.0));
    assert!(row.cost.cpu_seconds.is_some());
    assert!(matches!(row.cost.energy, Some(Energy::Modelled { .. } | Energy::Measured { .. })));
    assert_eq!((measured.report.workload.as_str(), measured.report.seed), ("a table", 5));
}

#[test]
fn contenders_that_fail_become_rows_and_the_others_go_on() {
    let scripts = Scripts::new();
    let cases = [
        ("killed", "kill -9 $$", "failed: signal: 9 (SIGKILL)"),
        (
            "crashed",
            "echo 'error: it broke' >&2; echo >&2; echo 'hint: x' >&2; exit 4",
            "exit status: 4; it broke",
        ),
        ("silent", "exit 0", "failed: its answer is not a line of the wire format"),
        ("junk", "echo 'segmentation fault'", "failed: its answer is not a line of the wire format"),
        ("other version", "echo '{\"isogrid\": 9, \"type\": \"row\"}'", "version Some(9), expected 1"),
        ("other type", "echo '{\"isogrid\": 1, \"type\": \"rung\"}'", "expected `row`"),
        ("half a row", "echo '{\"isogrid\": 1, \"type\": \"row\", \"contender\": \"x\"}'", "missing field"),
        ("noisy on stderr", "yes | head -c 300000 >&2; exit 3", "exit status: 3"),
    ];
    let mut candidates: Vec<_> = cases.iter().map(|(name, body, _)| scripts.candidate(name, body)).collect();
    let missing = scripts.0.path().join("missing");
    candidates.push(Candidate { name: "missing".into(), role: Role::Engine, program: missing });
    candidates.push(scripts.candidate("good", &format!("echo '{}'", good_line("good", 1.0))));
    let rows = measured(candidates, &Options::default()).report.rows;
    for (row, (name, _, expected)) in rows.iter().zip(cases) {
        assert_eq!((row.contender.as_str(), &row.score), (name, &None));
        assert!(row.outcome.contains(expected), "{name}: {}", row.outcome);
    }
    assert!(rows[8].outcome.starts_with("did not start: "), "{}", rows[8].outcome);
    assert_eq!(rows[9].outcome, "done");
}

#[test]
fn repeats_give_the_median_and_say_when_they_differ() {
    let scripts = Scripts::new();
    let steady = format!("echo '{}'", good_line("steady", 1.0));
    let lines: Vec<_> = [1.0, 3.0, 1.1].iter().map(|seconds| good_line("jumpy", *seconds)).collect();
    let state = scripts.0.path().join("state");
    let jumpy = format!(
        "echo x >> '{0}'; case $(wc -l < '{0}') in 1) echo '{1}';; 2) echo '{2}';; *) echo '{3}';; esac",
        state.display(),
        lines[0],
        lines[1],
        lines[2]
    );
    let candidates = vec![scripts.candidate("steady", &steady), scripts.candidate("jumpy", &jumpy)];
    let measured = measured(candidates, &Options { repeats: 3, ..Options::default() });
    assert_eq!(measured.noisy, ["jumpy"]);
    let times: Vec<_> = measured.report.rows.iter().map(|row| row.cost.work_seconds).collect();
    assert_eq!(times, [1.0, 1.1]);
}

#[test]
fn a_cancelled_measurement_starts_nothing() {
    let scripts = Scripts::new();
    let cancel = Cancel::default();
    cancel.cancel(Reason::Interrupt);
    let rows = measured(vec![scripts.candidate("never", "kill -9 $PPID")], &Options { repeats: 1, cancel });
    assert_eq!(rows.report.rows[0].outcome, "not run: interrupted");
}

#[test]
fn rungs_come_from_an_executable_or_are_absent_with_a_remedy() {
    let scripts = Scripts::new();
    let rung = wire::Rung { name: "forest/10".into(), role: Role::Engine };
    let cases = [
        (format!("test \"$*\" = 'rungs --kind planning' && echo '{}'", wire::line(&rung)), Ok("forest/10")),
        ("echo nonsense".to_string(), Err("not a line of the wire format")),
        ("exit 2".to_string(), Err("exit status: 2; build it again: cargo build --release -p isogrid-bench")),
    ];
    for (index, (body, expected)) in cases.iter().enumerate() {
        let mut field = Field { candidates: Vec::new(), absent: Vec::new() };
        field.add_rungs(&scripts.write(&format!("bench-{index}"), body), Kind::Planning);
        match expected {
            Ok(name) => assert_eq!(field.candidates[0].name, *name),
            Err(remedy) => assert!(field.absent[0].remedy.contains(remedy), "{}", field.absent[0].remedy),
        }
    }
    let mut field = Field { candidates: Vec::new(), absent: Vec::new() };
    field.add_rungs(&scripts.0.path().join("isogrid-bench"), Kind::Table);
    assert!(field.absent[0].remedy.contains("cargo build --release -p isogrid-bench"));
}
