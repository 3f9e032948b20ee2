//! The arm where no simulator is installed. In a program of its own: a test beside it that starts a process while the
//! copy is being written would keep it from being started ("text file busy").
#![cfg(feature = "robot")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::Desk;

#[test]
fn a_missing_simulator_is_told_with_the_commands_that_bring_it() {
    let desk = Desk::new();
    desk.file("scenario.toml", "family = \"move\"\n");
    // The program alone in a folder: nothing is beside it, and nowhere is looked.
    let folder = desk.path().join("alone/bin");
    fs::create_dir_all(&folder).expect("writable");
    let alone = folder.join("isogrid");
    fs::copy(env!("CARGO_BIN_EXE_isogrid"), &alone).expect("writable");
    let skills = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/arm.iso");
    let mut command = Command::new(alone);
    command.current_dir(desk.path()).env("PATH", "").args(["run", "scenario.toml", "-m"]).arg(skills);
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in ["there is no isogrid-sim", "cargo xtask fetch libmujoco", "--features mujoco"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
