//! The arm through the command: no simulator, and skills that are damaged.
#![cfg(feature = "robot")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::Desk;

const SCENARIO: &str = "family = \"move\"\n";

fn skills() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/arm.iso")
}

#[test]
fn a_missing_simulator_is_told_with_the_commands_that_bring_it() {
    let desk = Desk::new();
    desk.file("scenario.toml", SCENARIO);
    // The program alone in a folder: nothing is beside it, and nowhere is looked.
    let folder = desk.path().join("alone/bin");
    fs::create_dir_all(&folder).expect("writable");
    let alone = folder.join("isogrid");
    fs::copy(env!("CARGO_BIN_EXE_isogrid"), &alone).expect("writable");
    let mut command = Command::new(alone);
    command.current_dir(desk.path()).env("PATH", "").args(["run", "scenario.toml", "-m"]).arg(skills());
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in ["there is no isogrid-sim", "cargo xtask fetch libmujoco", "--features mujoco"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn damaged_skills_are_refused_by_name() {
    let desk = Desk::new();
    desk.file("scenario.toml", SCENARIO);
    let whole = fs::read(skills()).expect("committed");
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    let cases = [("cut.iso", &whole[..whole.len() / 2]), ("damaged.iso", &damaged[..]), ("none.iso", b"")];
    for (name, bytes) in cases {
        desk.file(name, bytes);
        let ran = desk.run(&format!("run scenario.toml -m {name}"));
        assert_eq!(ran.code, Some(2), "{name}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains(name), "{name}: {}", ran.stderr);
    }
}
