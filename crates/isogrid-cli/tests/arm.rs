//! The arm through the command: skills that are damaged.
#![cfg(feature = "robot")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::Desk;

const SCENARIO: &str = "family = \"move\"\n";

fn skills() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/arm.iso")
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
