//! What a Tsetlin machine goes by, smaller ones, and odd rows, from end to end.
#![cfg(feature = "tsetlin")]

mod common;

use std::fmt::Write;
use std::fs;

use common::Desk;

/// Alarms when either the door or the window is open and it is not warm; temperature is noise but for that.
fn house(n_rows: u32) -> String {
    let mut text = String::from("door,window,temperature,alarm\n");
    for row in 0..n_rows {
        let (door, window, temperature) = (row % 2 == 0, row / 2 % 2 == 0, 5 + row * 13 % 30);
        let alarm = (door != window) && temperature < 22;
        let words = |is_open| if is_open { "open" } else { "shut" };
        let _ = writeln!(
            text,
            "{},{},{temperature},{}",
            words(door),
            words(window),
            if alarm { "yes" } else { "no" }
        );
    }
    text
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.file("house.csv", house(600));
    let fitted = desk.run("fit -q --engine tsetlin house.csv --target alarm --clauses 60 -o m.iso");
    assert_eq!(fitted.code, Some(0), "{}", fitted.stderr);
    desk
}

#[test]
fn rules_are_shown_by_what_they_say() {
    let desk = desk();
    let ran = desk.run("table explain -m m.iso house.csv --top 3");
    assert_eq!((ran.code, ran.stdout.lines().count()), (Some(0), 3), "{ran:?}");
    assert!(ran.stdout.lines().all(|line| line.contains("% right")), "{}", ran.stdout);
    assert!(ran.stderr.contains("rules more"), "{}", ran.stderr);
    let rules = desk.run("table explain --json -m m.iso house.csv --top 2 --row 1 --row 4").object("rules");
    assert_eq!(rules["rules"].as_array().map(Vec::len), Some(2), "{rules}");
    assert_eq!(rules["reasons"][1]["row"], 4, "{rules}");
    let page = desk.run("table explain -m m.iso house.csv --row 1 --html rules.html");
    assert!(page.code == Some(0) && page.stdout.starts_with("row 1: "), "{page:?}");
    let html = fs::read_to_string(desk.path().join("rules.html")).expect("written");
    assert!(html.contains("What decides alarm") && html.ends_with("</html>\n"), "{html}");
}

#[test]
fn a_model_is_made_smaller_with_its_cost_shown() {
    let desk = desk();
    let ran = desk.run("table prune -m m.iso house.csv -o small.iso");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.starts_with(" clauses  literals") && ran.stdout.contains('<'), "{}", ran.stdout);
    let size = |name: &str| fs::metadata(desk.path().join(name)).expect("written").len();
    assert!(size("small.iso") < size("m.iso"));
    let taken = desk.run("table prune --json -m m.iso house.csv").object("sizes")["taken"].clone();
    assert!(taken["accuracy"].as_f64() > Some(0.95), "{taken}");
    desk.file("new.csv", "door,window,temperature\nopen,shut,8\nopen,open,8\n");
    let ran = desk.run("run -q -m small.iso new.csv");
    let answers: Vec<&str> = ran.stdout.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(answers, ["yes", "no"], "{ran:?}");
}

#[test]
fn wrong_models_rows_and_losses_are_exit_2() {
    let desk = desk();
    for (words, expected) in [
        ("table explain -m house.csv", "house.csv"),
        ("table explain -m m.iso house.csv --row 600", "the table has 600 rows"),
        ("table explain -m m.iso --row 1", "TABLE"),
        ("table prune -m m.iso house.csv --loss 2", "expected a share within 0..=1"),
        ("table prune -m absent.iso house.csv", "absent.iso"),
        ("table", "Usage"),
    ] {
        let ran = desk.run(words);
        assert!(ran.code == Some(2) && ran.stderr.contains(expected), "{words}: {ran:?}");
    }
    desk.file("other.csv", "door,window,temperature,alarm\nopen,shut,8,perhaps\n");
    let ran = desk.run("table prune -m m.iso other.csv");
    assert!(ran.code == Some(2) && ran.stderr.contains("no row has a value in `alarm`"), "{ran:?}");
}

#[test]
fn odd_rows_are_found_from_normal_ones() {
    let desk = Desk::new();
    let row = |i: u32| format!("{},{}\n", i % 10, 3 * (i % 10));
    desk.file("normal.csv", "a,b\n".to_string() + &(0..400).map(row).collect::<String>());
    desk.file("new.csv", "a,b\n2,6\n9,0\n70,9\n");
    let words = "fit normal.csv --normal --false-alarms 0.02 --epochs 40 -o odd.iso";
    let fitted = desk.run(words);
    assert_eq!(fitted.code, Some(0), "{}", fitted.stderr);
    let ran = desk.run("run -m odd.iso new.csv");
    let odd: Vec<bool> = ran.stdout.lines().skip(1).map(|line| line.contains(",yes,")).collect();
    assert_eq!(odd, [false, true, true], "{ran:?}");
    assert!(ran.stderr.contains("2 of 3 rows are odd"), "{}", ran.stderr);
    let ran = desk.run("fit normal.csv -o odd.iso");
    assert!(ran.code == Some(2) && ran.stderr.contains("--normal"), "{ran:?}");
}
