//! What every verb promises: exit codes, errors with hints, objects a line, quiet ends.

mod common;

use common::Desk;

#[test]
fn wrong_usage_is_exit_2_with_a_reason() {
    let cases = [
        ("", "Usage: isogrid"),
        ("frobnicate", "unrecognized subcommand 'frobnicate'"),
        ("run", "<PATH>..."),
        ("run --frob x", "unexpected argument '--frob'"),
        ("run -q -v x", "cannot be used with"),
        ("run --seed many x", "invalid value 'many' for '--seed <N>'"),
        ("fit x", "--output <FILE>"),
        ("completions cobol", "invalid value 'cobol'"),
        ("measure --repeats 0 x", "0 is not in 1..=1000"),
        ("data", "Usage: isogrid data"),
        ("man frobnicate", "there is no verb `frobnicate`"),
        ("info frobnicate", "there is no engine `frobnicate`"),
        ("data path frobnicate", "no data set `frobnicate`"),
    ];
    let desk = Desk::new();
    for (args, expected) in cases {
        let ran = desk.run(args);
        assert_eq!(ran.code, Some(2), "isogrid {args}");
        assert!(ran.stderr.contains(expected), "isogrid {args}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "isogrid {args}");
    }
}

#[test]
fn bad_input_is_exit_2_with_an_error_and_a_hint() {
    let desk = Desk::new();
    desk.file("notes.txt", "nothing that an engine knows\n");
    let cases = [
        (
            "run missing.pddl",
            "error: cannot read `missing.pddl`: no such file or directory",
            "hint: check the path",
        ),
        ("run .", "error: cannot read `.`: is a directory", "hint: name the files in it"),
        ("run notes.txt", "error: no engine takes this input", "hint: `isogrid list`"),
        ("profile notes.txt", "error: no engine takes this input", "hint: `isogrid list`"),
        ("run --engine frob notes.txt", "error: there is no engine `frob`", "hint: engines: "),
        ("run --budget 10 notes.txt", "error: budget `10`: `10` has no unit", "hint: examples: `10s`"),
        ("run --budget 1x notes.txt", "error: budget `1x`: `x` is not a unit", "hint: examples: `10s`"),
        ("run -m notes.txt notes.txt", "error: `notes.txt` is not a saved model", "hint: `isogrid fit"),
        (
            "data path mnist-10k",
            "error: data set `mnist-10k` is not in `data`",
            "hint: `isogrid data fetch mnist-10k`",
        ),
    ];
    for (args, error, hint) in cases {
        let ran = desk.run(args);
        assert_eq!(ran.code, Some(2), "isogrid {args}: {}", ran.stderr);
        assert!(ran.stderr.starts_with(error), "isogrid {args}: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("\n\n{hint}")), "isogrid {args}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "isogrid {args}");
        let ran = desk.run(&format!("{args} --json"));
        let object = ran.object("error");
        assert_eq!((ran.code, object["exit"].as_i64()), (Some(2), Some(2)), "isogrid {args} --json");
        assert_eq!(object["class"], "bad_input");
    }
}

#[test]
fn wrong_usage_is_an_object_too() {
    let object = Desk::new().run("fit --json x").object("error");
    assert_eq!(object["class"], "usage");
    assert!(
        object["message"].as_str().is_some_and(|message| message.contains("--output <FILE>")),
        "{object}"
    );
}

#[test]
fn help_version_and_lists_are_answers() {
    let desk = Desk::new();
    for args in ["--help", "--version", "run --help", "list", "data list", "list --json", "data list --json"]
    {
        let ran = desk.run(args);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "isogrid {args}");
        assert!(!ran.stdout.is_empty(), "isogrid {args}");
        assert!(!ran.stdout.contains('\u{1b}'), "colour without a terminal: isogrid {args}");
        assert!(!ran.stdout.contains("contend"), "a hidden verb is shown: isogrid {args}");
    }
    assert!(
        desk.run("data list --json").object("data")["sets"].as_array().is_some_and(|sets| !sets.is_empty())
    );
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let desk = Desk::new();
    for (args, expected) in [
        ("completions bash", "_isogrid()"),
        ("completions zsh", "#compdef isogrid"),
        ("completions fish", "complete -c isogrid"),
        ("man", ".TH isogrid 1"),
        ("man run", ".TH isogrid-run 1"),
    ] {
        let ran = desk.run(args);
        assert_eq!(ran.code, Some(0), "isogrid {args}");
        assert!(
            ran.stdout.contains(expected),
            "isogrid {args}: {}",
            &ran.stdout[..ran.stdout.len().min(200)]
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_end() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = Desk::new().command().arg("list").stdout(writer).output().expect("the command starts");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(141), &b""[..]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let desk = Desk::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("it is there");
    let output = desk.command().arg("list").stdout(full).output().expect("the command starts");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("error: cannot write standard output: no space left on device"), "{said}");
}
