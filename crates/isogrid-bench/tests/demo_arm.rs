//! The demonstration's arm, as a newcomer sees it. Alone in its file: the scenario is named from the repository's root.
#![cfg(feature = "robot")]

use std::env;
use std::fs;
use std::path::Path;

use isogrid::arm::simulator;
use isogrid_bench::demo::{Options, Part, Size, run};

#[test]
fn the_arm_recovers_on_screen_and_in_pictures() {
    env::set_current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).expect("the repository");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options {
        data: folder.path().to_path_buf(),
        runs: Path::new("bench/runs").to_path_buf(),
        size: Size { episodes: 1, ..Size::default() },
        skills: Path::new("models/arm.iso").to_path_buf(),
        pictures: folder.path().join("pictures"),
        part: Some(Part::Arm),
    };
    let mut out = Vec::new();
    let shown = run(&options, &mut out);
    let text = String::from_utf8(out).expect("text");
    if simulator().is_err() {
        // Built alone, this crate has no worlds: then the way to them is told, and nothing else.
        let error = shown.expect_err("no simulator").to_string();
        assert!(error.contains("cargo build --release -p isogrid-sim") && text.is_empty(), "{error}");
        return;
    }
    shown.expect("it is shown");
    let parts = ["plan: 30 moves", "is shoved", "new plan: ", "goal reached, 4 of 4 blocks", "% of"];
    for part in parts.into_iter().chain(["arm.gif", "4 blocks, disturbed once", "5 of 5", "committed run"]) {
        assert!(text.contains(part), "{part}: {text}");
    }
    let after = text.split("is shoved").nth(1).and_then(|after| after.split("!!").next());
    assert!(after.is_some_and(|after| after.contains("new plan: ")), "the shove is recovered from: {text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80 || line.contains("in pictures")), "{text}");
    for name in ["arm.png", "arm.gif"] {
        assert!(fs::metadata(options.pictures.join(name)).is_ok_and(|file| file.len() > 10_000), "{name}");
    }
}
