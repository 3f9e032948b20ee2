//! Tables from end to end: predictions, models, every kind of bad table, and which of several engines takes one.
#![cfg(all(feature = "tsetlin", feature = "linear", feature = "forest"))]

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
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), desk.run("run -q people.csv --target buys").stdout);
}

#[test]
fn a_model_is_saved_and_answers_other_rows() {
    let desk = desk();
    let fitted = desk.run("fit --json --engine tsetlin people.csv --target buys -o m.iso").object("result");
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

/// 300 rows of four columns from -8 to 8; the class says whether `is_yes` of them.
fn numbers(is_yes: fn([i64; 4]) -> bool) -> String {
    let mut text = String::from("a,b,c,d,y\n");
    for row in 0..300_i64 {
        let [a, b, c, d] = [1, 2, 3, 5].map(|step| (row * row * step + row * 7 * step) % 17 - 8);
        let [a, b, c, d] = [a, (b + row * 5) % 9, (c - row * 3) % 9, (d + row * 11) % 9];
        let _ = writeln!(text, "{a},{b},{c},{d},{}", if is_yes([a, b, c, d]) { "yes" } else { "no" });
    }
    text
}

#[test]
fn bids_decide_who_takes_a_table() {
    let desk = Desk::new();
    desk.file("sum.csv", numbers(|[a, b, c, d]| a + b + c + d > 0));
    desk.file("xor.csv", numbers(|[a, b, ..]| (a > 0) != (b > 0)));
    for (table, engine) in [("sum", "linear"), ("xor", "forest")] {
        let ran = desk.run(&format!("fit {table}.csv --target y -o m.iso"));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{table}: {}", ran.stderr);
        let told = ran.stderr.lines().next().unwrap_or_default();
        assert!(told.starts_with(&format!("`{engine}` takes it: it bids ")), "{table}: {told}");
        assert!(told.contains(" CPU s; `") && told.contains("bids nothing"), "{table}: {told}");
        let ran = desk.run(&format!("fit {table}.csv --target y -o same.iso --json --engine {engine}"));
        assert!(ran.objects().iter().all(|object| object["type"] != "decision"), "{table}: {ran:?}");
        let same = |name| std::fs::read(desk.path().join(name)).expect("written");
        assert_eq!(same("m.iso"), same("same.iso"), "{table}");
        let ran = desk.run(&format!("profile {table}.csv --target y"));
        let next = format!("next: isogrid run --engine {engine} --target y {table}.csv\n");
        assert!(ran.code == Some(0) && ran.stdout.ends_with(&next), "{table}: {ran:?}");
        let ran = desk.run(&format!("profile {table}.csv --target y --json"));
        let decision = ran.object("decision");
        assert_eq!((&decision["engine"], &decision["bids"][0]["engine"]), (&engine.into(), &engine.into()));
        assert_eq!(ran.objects().iter().filter(|object| object["type"] == "finding").count(), 3);
    }
}

#[test]
fn every_engine_reads_every_kind_of_table() {
    let desk = Desk::new();
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (300, 3), }\n";
    let mut array = [b"\x93NUMPY\x01\x00", &[header.len() as u8, 0][..], header.as_bytes()].concat();
    array.extend((0..300_u32).flat_map(|row| {
        let (a, b) = (row * row % 17, row * 7 % 13);
        [a as u8, b as u8, u8::from((a > 8) != (b > 6))]
    }));
    let array = desk.file("xor.npy", array);
    let parquet =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../isogrid-data/tests/fixtures/groups.parquet").into();
    for (path, target) in [(array, "x2"), (parquet, "w")] {
        let path = path.display();
        let ran = desk.run(&format!("profile --json {path} --target {target}"));
        let findings = ran.objects().iter().filter(|object| object["type"] == "finding").count();
        assert_eq!((findings, ran.stderr.contains("cannot")), (3, false), "{path}: {ran:?}");
        let ran = desk.run(&format!("measure --json {path} --target {target} --engine linear"));
        assert!(ran.object("report")["rows"][0]["score"]["value"].is_f64(), "{path}: {ran:?}");
    }
    let fitted = desk.run("fit --json xor.npy --target x2 -o m.iso");
    assert_eq!(fitted.object("result")["engine"], "forest", "{fitted:?}");
}

#[test]
fn a_table_without_structure_goes_to_the_first_engine_with_a_warning() {
    let desk = Desk::new();
    desk.file("coins.csv", coins());
    let warning = "warning: none of `tsetlin`, `linear`, `forest` finds structure";
    for (budget, expected) in
        [("", "exploit; `tsetlin`, the first of them"), ("--budget 0s", "(time budget ended)")]
    {
        let ran = desk.run(&format!("fit coins.csv --target y --json -o m.iso {budget}"));
        assert_eq!((ran.code, &ran.object("result")["engine"]), (Some(0), &"tsetlin".into()), "{ran:?}");
        assert!(ran.stderr.starts_with(warning) && ran.stderr.contains(expected), "{}", ran.stderr);
        assert_eq!(ran.object("decision")["bids"].as_array().map(Vec::len), Some(0), "{ran:?}");
    }
}

#[test]
fn options_decide_before_bids_do() {
    let desk = desk();
    for (option, engine) in
        [("--clauses 20", "tsetlin"), ("--iterations 9", "linear"), ("--rounds 5", "forest")]
    {
        let ran = desk.run(&format!("fit people.csv --target buys {option} -o m.iso"));
        let told =
            format!("`{engine}` takes it: no other engine for this input has these options\n{engine}: wrote");
        assert!(ran.code == Some(0) && ran.stderr.starts_with(&told), "{option}: {}", ran.stderr);
    }
    for options in ["--rounds 5 --clauses 20", "--rounds 5 --penalty 1"] {
        let ran = desk.run(&format!("run people.csv --target buys {options}"));
        assert_eq!(ran.code, Some(2), "{options}");
        assert!(ran.stderr.starts_with("error: engine `tsetlin` has no option `--"), "{}", ran.stderr);
    }
}

#[cfg(feature = "plan")]
#[test]
fn options_of_another_kind_of_engine_are_refused() {
    let desk = desk();
    let ran = desk.run("run people.csv --target buys --optimal");
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.starts_with("error: engine `tsetlin` has no option `--optimal`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: it takes `--target`"), "{}", ran.stderr);
    // Two files called PDDL are the planner's, were it not for the option.
    desk.file("a.pddl", table());
    desk.file("b.pddl", table());
    assert_eq!(desk.run("run a.pddl b.pddl --target buys").code, Some(0));
}

#[test]
fn every_engine_for_tables_is_measured_or_the_one_that_is_named() {
    let desk = desk();
    let engines = |args: &str| {
        let report = desk.run(args).object("report");
        let rows = report["rows"].as_array().cloned().unwrap_or_default();
        assert!(rows.iter().all(|row| row["score"]["value"].is_f64()), "{args}: {report}");
        let engines = rows.iter().filter(|row| row["role"] == "engine");
        engines.map(|row| row["contender"].as_str().unwrap_or_default().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(engines("measure --json people.csv --target buys"), ["tsetlin", "linear", "forest"]);
    assert_eq!(engines("measure --json people.csv --target buys --engine linear"), ["linear"]);
    assert_eq!(engines("measure --json people.csv --target buys --rounds 5"), ["forest"]);
}

#[test]
fn a_budget_that_ends_among_the_rows_keeps_them_and_is_exit_3() {
    let desk = desk();
    assert_eq!(desk.run("fit --engine tsetlin people.csv --target buys -o m.iso").code, Some(0));
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
    let ran = desk.run("profile --engine tsetlin people.csv --target buys");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("  found   ") && ran.stdout.contains("evidence"), "{}", ran.stdout);
    assert!(
        ran.stdout.ends_with("\n\nnext: isogrid run --engine tsetlin --target buys people.csv\n"),
        "{}",
        ran.stdout
    );
    desk.file("coins.csv", coins());
    let ran = desk.run("profile --engine tsetlin --json coins.csv --target y");
    assert_eq!((ran.code, ran.object("finding")["found"].as_bool()), (Some(1), Some(false)), "{ran:?}");
    let ran = desk.run("profile coins.csv --target y");
    assert_eq!((ran.code, ran.stdout.matches("  absent  ").count()), (Some(1), 3), "{ran:?}");
    assert!(
        ran.stdout.ends_with("verdict: no engine here finds structure that it could exploit\n"),
        "{ran:?}"
    );
}

/// Rows whose class has nothing to do with their number.
fn coins() -> String {
    let rows = (0..400_u64).map(|i| format!("{},{}\n", i * 7919 % 97, (i * i * 31 + i) % 7 % 2));
    String::from("x,y\n") + &rows.collect::<String>()
}
