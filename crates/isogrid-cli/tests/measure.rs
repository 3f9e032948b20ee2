//! `isogrid measure` with real child processes, and with a bench executable that misbehaves.
#![cfg(all(unix, feature = "plan"))]

mod common;

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use common::Desk;
use common::pddl::{DOMAIN, PROBLEM};

/// The command in a folder where no other executable stands beside it.
fn alone() -> Desk {
    let desk = Desk::new();
    desk.file("domain.pddl", DOMAIN);
    desk.file("problem.pddl", PROBLEM);
    let (built, here) = (env!("CARGO_BIN_EXE_isogrid"), desk.path().join("isogrid"));
    fs::hard_link(built, &here).or_else(|_| fs::copy(built, &here).map(|_| ())).expect("one of them works");
    desk
}

/// A bench executable that offers one rung and does `body` when it is to contend.
fn with_bench(body: &str) -> Desk {
    let desk = alone();
    let rung =
        r#"{"isogrid":1,"type":"rung","name":"blind 1000","role":{"rung":{"ladder":"blind","size":1000}}}"#;
    let bench = desk
        .file("isogrid-bench", format!("#!/bin/sh\ncase $1 in rungs) echo '{rung}';; *) {body};; esac\n"));
    fs::set_permissions(bench, fs::Permissions::from_mode(0o755)).expect("our own file");
    desk
}

fn command(desk: &Desk, args: &str) -> Command {
    let mut command = Command::new(desk.path().join("isogrid"));
    command.current_dir(desk.path()).stdin(Stdio::null()).args(args.split_whitespace());
    command
}

fn report(desk: &Desk, args: &str) -> (Option<i32>, serde_json::Value) {
    let output = command(desk, args).output().expect("the command starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    (output.status.code(), report)
}

#[test]
fn every_contender_has_a_score_and_the_costs_of_its_own_process() {
    let (code, report) = report(&alone(), "measure --json --repeats 2 domain.pddl problem.pddl");
    assert_eq!((code, &report["type"], &report["repeats"]), (Some(0), &"report".into(), &2.into()));
    let rows = report["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert_eq!((&row["role"], &row["score"]["value"]), (&"engine".into(), &2.0.into()), "{row}");
        let cost = &row["cost"];
        assert!(cost["process_seconds"].as_f64() > cost["work_seconds"].as_f64(), "{row}");
        assert!(cost["cpu_seconds"].is_f64() && cost["energy"]["joules"].is_f64(), "{row}");
        if cfg!(target_os = "linux") {
            assert!(cost["peak_bytes"].as_u64().is_some_and(|bytes| bytes > 1 << 20), "{row}");
        }
    }
    let absent = &report["absent"][0];
    assert!(
        absent["remedy"]
            .as_str()
            .is_some_and(|words| words.contains("cargo build --release -p isogrid-bench"))
    );
}

#[test]
fn people_get_a_table_with_its_units_and_what_is_absent() {
    let output = command(&alone(), "measure domain.pddl problem.pddl").output().expect("the command starts");
    let (text, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(text.starts_with("domain corridor, problem two-rooms, seed 1, at most 30 s each\n"), "{text}");
    for expected in ["plan --optimal", "plan cost", "work s", "peak MB", "lower is better", "joules: "] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(
        said.contains("absent: rungs of the scale ladder\n  cargo build --release -p isogrid-bench"),
        "{said}"
    );
}

#[test]
fn a_rung_that_crashes_is_a_row_and_the_report_stands() {
    for (body, outcome) in [
        ("kill -9 $$", "failed: signal: 9 (SIGKILL)"),
        ("echo 'error: no memory' >&2; exit 4", "failed: exit status: 4; no memory"),
        ("echo nonsense", "failed: its answer is not a line of the wire format"),
    ] {
        let (code, report) = report(&with_bench(body), "measure --json domain.pddl problem.pddl");
        assert_eq!((code, report["absent"].as_array().map(Vec::len)), (Some(0), Some(0)));
        let row = &report["rows"][3];
        assert_eq!((&row["contender"], &row["score"]), (&"blind 1000".into(), &serde_json::Value::Null));
        assert!(row["outcome"].as_str().is_some_and(|words| words.starts_with(outcome)), "{row}");
        assert_eq!(report["rows"][0]["score"]["value"], 2.0);
    }
}

#[test]
fn an_interrupt_ends_the_running_contender_and_keeps_the_rows() {
    let desk = with_bench("echo started > started; read line < never");
    for name in ["started", "never"] {
        let made = Command::new("mkfifo").arg(desk.path().join(name)).status().expect("mkfifo exists");
        assert!(made.success());
    }
    let child = command(&desk, "measure --json domain.pddl problem.pddl")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    // Opening waits until the contender runs.
    let mut started = String::new();
    fs::File::open(desk.path().join("started")).expect("a pipe").read_to_string(&mut started).expect("UTF-8");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill exists");
    assert!(sent.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["rows"][0]["score"]["value"], 2.0);
    assert_eq!(report["rows"][3]["outcome"], "interrupted");
}

#[test]
fn inputs_that_are_no_files_are_refused() {
    let desk = alone();
    for args in ["measure domain.pddl -", "measure domain.pddl /dev/null"] {
        let output = command(&desk, args).output().expect("the command starts");
        assert_eq!(output.status.code(), Some(2), "isogrid {args}");
    }
}

#[test]
fn wrong_calls_of_the_hidden_verb_are_exit_2() {
    let desk = alone();
    for args in [
        "contend",
        "contend nobody --kind planning --seed 1 -- domain.pddl problem.pddl",
        "contend plan -- x",
    ] {
        let output = command(&desk, args).output().expect("the command starts");
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "isogrid {args}");
    }
}
