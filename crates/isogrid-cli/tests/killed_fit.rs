//! A fit of a table that is killed: the model of before stays whole.
#![cfg(all(unix, feature = "tsetlin"))]

mod common;

use std::fs;
use std::process::Stdio;

use common::Desk;

#[test]
fn a_killed_fit_of_a_table_leaves_the_old_model() {
    let desk = Desk::new();
    let row =
        |at: u32| format!("{},{},{}\n", at % 7, at % 11, if at % 7 > at % 11 { "more" } else { "less" });
    desk.file("t.csv", "a,b,y\n".to_string() + &(0..2_000).map(row).collect::<String>());
    let fit = |epochs: &str| {
        ["fit", "t.csv", "--target", "y", "--engine", "tsetlin", "--epochs", epochs, "-o", "m.iso"]
            .map(String::from)
    };
    assert_eq!(desk.run(&fit("2").join(" ")).code, Some(0));
    let old = fs::read(desk.path().join("m.iso")).expect("written");
    let mut child =
        desk.command().args(fit("100000")).stderr(Stdio::null()).spawn().expect("the command starts");
    child.kill().expect("it is still at work");
    child.wait().expect("it ends");
    assert_eq!(fs::read(desk.path().join("m.iso")).expect("still there"), old);
    let left = fs::read_dir(desk.path()).expect("a folder").count();
    assert_eq!(left, 2, "nothing half done is left behind");
}
