//! Tables from end to end: predictions, models, every kind of bad table, and input that two engines take.
#![cfg(feature = "tsetlin")]

mod common;

use std::fmt::Write;
use std::process::Stdio;

use common::Desk;

/// Rows whose class follows from two columns; every tenth row lacks its class.
fn table() -> String {
    let mut text = String::from("age,city,buys\n");
    for row in 0..400u32 {
        let age = 20 + row * 37 % 60;
        let city = ["oslo", "rome", "lima"][row as usize % 3];
        let class = if (age > 45) != (city == "oslo") { "yes" } else { "no" };
        let class = if row % 10 == 9 { "" } else { class };
        let _ = writeln!(text, "{age},{city},{class}");
    }
    text
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.file("people.csv", table());
    desk
}

#[test]
fn rows_without_a_class_are_answered() {
    let desk = desk();
    let ran = desk.run("run people.csv --target buys");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let mut lines = ran.stdout.lines();
    assert!(lines.next().is_some_and(|header| header.starts_with("row,prediction")), "{}", ran.stdout);
    assert_eq!(lines.count(), 40);
    assert!(ran.stderr.contains("40 rows answered"), "{}", ran.stderr);
    assert_eq!(desk.run("run -q people.csv --target buys").stdout, ran.stdout);
}

#[test]
fn standard_input_is_an_input() {
    let desk = desk();
    let file = std::fs::File::open(desk.path().join("people.csv")).expect("there");
    let output = desk
        .command()
        .args(["run", "-q", "--target", "buys", "-"])
        .stdin(Stdio::from(file))
        .output()
        .expect("the command starts");
    assert_eq!(String::from_utf8_lossy(&output.stdout), desk.run("run -q people.csv --target buys").stdout);
}

#[test]
fn a_model_is_saved_and_answers_other_rows() {
    let desk = desk();
    let fitted = desk.run("fit --json people.csv --target buys -o m.iso").object("result");
    assert_eq!((&fitted["engine"], &fitted["exit"]), (&"tsetlin".into(), &0.into()));
    desk.file("new.csv", "city,age\noslo,30\nrome,30\n");
    let ran = desk.run("run -m m.iso --json new.csv");
    let output = ran.object("output");
    assert_eq!(output["record"]["n_rows"], 2, "{output}");
    assert_eq!(ran.object("result")["model_bytes"].as_u64().map(|bytes| bytes > 100), Some(true));
    for (name, text, expected) in [
        ("a column is missing", "city\noslo\n", "age"),
        ("words in a column of numbers", "city,age\noslo,old\n", "age"),
        ("an empty file", "", "empty"),
    ] {
        desk.file("new.csv", text);
        let ran = desk.run("run -m m.iso new.csv");
        assert_eq!(ran.code, Some(2), "{name}: {ran:?}");
        assert!(ran.stderr.contains(expected), "{name}: {}", ran.stderr);
    }
    let ran = desk.run("run -m m.iso --engine plan people.csv");
    assert!(ran.code == Some(2) && ran.stderr.contains("is a model of engine `tsetlin`"), "{}", ran.stderr);
}

#[test]
fn bad_tables_are_exit_2_and_say_where() {
    let header = "x,y\n";
    let rows = |n: usize, row: fn(usize) -> String| header.to_string() + &(0..n).map(row).collect::<String>();
    let good = rows(40, |i| format!("{i},{}\n", ["a", "b"][i % 2]));
    let cases: [(&str, Vec<u8>, &str); 12] = [
        ("ragged", format!("{good}1,2,3\n").into(), "t.csv:42: expected 2 fields as in the header, found 3"),
        (
            "too few fields",
            format!("{good}1\n").into(),
            "t.csv:42: expected 2 fields as in the header, found 1",
        ),
        ("no such column", good.replace("x,y", "x,z").into(), "no column `y`; there are `x`, `z`"),
        ("a column twice", good.replace("x,y", "y,y").into(), "column name `y` stands twice"),
        ("no rows", header.into(), "no rows after the header"),
        ("one class", rows(40, |i| format!("{i},a\n")).into(), "class"),
        ("a class for each row", rows(40, |i| format!("{i},{i}\n")).into(), "y"),
        ("no classes", rows(40, |i| format!("{i},\n")).into(), "class"),
        ("an unclosed quote", format!("{good}\"1,a\n").into(), "hint: look for a missing quote"),
        ("not UTF-8", [good.as_bytes(), b"1,\xff\xfe\n"].concat(), "t.csv:42: field 2 is not valid UTF-8"),
        ("binary", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "error: "),
        ("every row has its class", good.clone().into(), "y"),
    ];
    for (name, text, expected) in cases {
        let desk = Desk::new();
        desk.file("t.csv", text);
        let ran = desk.run("run --engine tsetlin t.csv --target y -o out.csv");
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("error: ") && ran.stderr.contains(expected), "{name}: {}", ran.stderr);
        assert_eq!(desk.names(), ["t.csv"], "{name}: nothing to write");
    }
}

#[test]
fn wrong_options_are_exit_2() {
    let desk = desk();
    for (args, expected) in [
        ("run people.csv", "name the column to predict with --target COL"),
        ("run people.csv --target", "a value is required for '--target <COL>'"),
        ("run people.csv --target buys --clauses 1", "clauses"),
        ("run people.csv --target buys --clauses many", "`many`"),
        ("run people.csv --target buys --specificity 0", "specificity"),
        ("run people.csv --target buys --level 2", "level"),
        ("measure people.csv", "name the column to predict"),
        ("measure people.csv --target nothing", "no column `nothing`"),
    ] {
        let ran = desk.run(args);
        assert_eq!(ran.code, Some(2), "isogrid {args}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "isogrid {args}: {}", ran.stderr);
    }
}

#[cfg(feature = "plan")]
#[test]
fn options_of_another_engine_are_refused_and_input_of_two_is_ambiguous() {
    let desk = desk();
    let ran = desk.run("run people.csv --target buys --optimal");
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.starts_with("error: engine `tsetlin` has no option `--optimal`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: it takes `--target`"), "{}", ran.stderr);
    desk.file("a.pddl", table());
    desk.file("b.pddl", table());
    let ran = desk.run("run a.pddl b.pddl --target buys");
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.starts_with("error: several engines take this input: `plan` ("), "{}", ran.stderr);
    assert!(ran.stderr.contains("`tsetlin` (") && ran.stderr.contains("hint: choose one"), "{}", ran.stderr);
    assert_eq!(desk.run("run --engine tsetlin a.pddl b.pddl --target buys").code, Some(0));
}

#[test]
fn a_budget_that_ends_among_the_rows_keeps_them_and_is_exit_3() {
    let desk = desk();
    assert_eq!(desk.run("fit people.csv --target buys -o m.iso").code, Some(0));
    let ran = desk.run("run -m m.iso people.csv --budget 21ticks -o out.csv");
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("warning: these are not all answers"), "{}", ran.stderr);
    assert_eq!(desk.read("out.csv").lines().count(), 11, "a header and ten rows of two classes");
    for budget in ["0s", "0ticks"] {
        let ran = desk.run(&format!("run -m m.iso people.csv --budget {budget}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), ""), "{budget}: {}", ran.stderr);
        let ran = desk.run(&format!("fit people.csv --target buys --budget {budget} -o early.iso --json"));
        assert_eq!(ran.code, Some(0), "{budget}: {}", ran.stderr);
        assert!(ran.object("result")["stop"]["budget"].is_string(), "{budget}");
    }
}

#[test]
fn structure_is_found_or_absent_with_evidence() {
    let desk = desk();
    let ran = desk.run("profile people.csv --target buys");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("  found   ") && ran.stdout.contains("evidence"), "{}", ran.stdout);
    assert!(
        ran.stdout.ends_with("next: isogrid run --engine tsetlin --target buys people.csv\n"),
        "{}",
        ran.stdout
    );
    let coins: String =
        (0..400u64).map(|i| format!("{},{}\n", i * 7919 % 97, (i * i * 31 + i) % 7 % 2)).collect();
    desk.file("coins.csv", format!("x,y\n{coins}"));
    let ran = desk.run("profile --json coins.csv --target y");
    assert_eq!((ran.code, ran.object("finding")["found"].as_bool()), (Some(1), Some(false)), "{ran:?}");
}
