//! Episodes recorded for viewers: their lines, and what happens without the program that makes files of them.
//!
//! `ISOGRID_BLESS=1 cargo test -p isogrid-sim --features mujoco` writes the expected lines anew; read the difference
//! before committing.
#![cfg(feature = "mujoco")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in what its cases share")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use isogrid_core::Diagnose;
use isogrid_robot::agent::AgentOptions;
use isogrid_robot::policy::{Policy, Scripted};
use isogrid_sim::SimError;
use isogrid_sim::kept::Keep;
use isogrid_sim::scenario_file::read;
use isogrid_sim::verbs::{film, run};
use isogrid_sim::viewer::{Target, find};
use serde_json::{Value, json};

/// Lines of the golden file: the scene, the plan, the first move, the first tick.
const N_GOLDEN: usize = 4;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn play(scenario: &str, record: &Path) -> anyhow::Result<run::Line> {
    let scripted = |seed: u64| -> Box<dyn Policy> { Box::new(Scripted::new(0.0, seed)) };
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(scenario);
    let batch = run::Batch {
        scenario: read(&scenario).unwrap(),
        seeds: (1, 1),
        agent: AgentOptions::default(),
        policy: &scripted,
        threads: 1,
    };
    film::run(&batch, &Keep { record: Some(record), ..Keep::default() })
}

/// An episode's lines, without the times that decisions took.
fn lines(scenario: &str, name: &str) -> (run::Line, Vec<Value>) {
    let folder = folder(name);
    let path = folder.join("episode.jsonl");
    let line = play(scenario, &path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let left = fs::read_dir(&folder).unwrap().count();
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(left, 1, "no partial file");
    let parsed = text.lines().map(|line| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        if let Some(time) = value.get_mut("decision_ms") {
            assert!(time.is_number(), "{line}");
            *time = json!(null);
        }
        value
    });
    (line, parsed.collect())
}

#[test]
fn the_first_lines_are_the_golden_ones() {
    let (_, lines) = lines("examples/scenarios/move.toml", "golden");
    let found: String = lines[..N_GOLDEN].iter().map(|line| format!("{line}\n")).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/move.jsonl");
    if env::var_os("ISOGRID_BLESS").is_some() {
        fs::write(&path, &found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(&path).unwrap());
}

#[test]
fn an_episode_has_all_ticks_its_disturbances_and_an_end() {
    let (played, lines) = lines("examples/scenarios/kitting.toml", "whole");
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
    let ticks = of("tick");
    assert_eq!(ticks.len(), played.episode.decisions.len());
    let bodies = lines[0]["bodies"].as_array().unwrap();
    let n_moving = bodies.iter().filter(|body| body["moves"] == true).count();
    assert!(ticks.iter().all(|tick| tick["poses"].as_array().unwrap().len() == n_moving));
    assert_eq!(ticks.last().unwrap()["remaining"], 0);
    assert!(ticks.iter().any(|tick| tick["trace"].as_array().unwrap().len() > 1), "a way ahead");
    let told = of("event").iter().filter(|event| event["source"] == "world").count();
    assert_eq!((told, played.episode.disturbances.len()), (1, 1));
    let end = lines.last().unwrap();
    assert_eq!((end["type"].as_str(), end["reached"].as_bool()), (Some("end"), Some(true)), "{end}");
}

#[test]
fn a_scene_of_ones_own_has_its_meshes_and_names() {
    let (_, lines) = lines("crates/isogrid-sim/tests/scenes/own.toml", "own");
    let bodies = lines[0]["bodies"].as_array().unwrap();
    let meshes = bodies.iter().flat_map(|body| body["shapes"].as_array().unwrap());
    let triangles = meshes.filter(|shape| shape["form"] == "triangles").count();
    let groups: Vec<&str> = bodies.iter().map(|body| body["path"][0].as_str().unwrap()).collect();
    assert!(triangles > 0, "a mesh");
    assert!(["arm", "blocks", "pads", "scene"].iter().all(|group| groups.contains(group)), "{groups:?}");
}

#[test]
fn a_missing_program_and_other_endings_are_told() {
    let folder = folder("missing");
    let error = find(&[folder.clone(), folder.join("nowhere")]).unwrap_err();
    assert!(matches!(error, SimError::NoViewer { program: "isogrid-rerun" }), "{error:?}");
    assert!(error.hint().unwrap().contains("--manifest-path viewer/Cargo.toml"), "{error:?}");
    let ending = play("examples/scenarios/move.toml", &folder.join("a.mp4")).unwrap_err().to_string();
    let nowhere =
        play("examples/scenarios/move.toml", &folder.join("nowhere/a.jsonl")).unwrap_err().to_string();
    let left = fs::read_dir(&folder).unwrap().count();
    fs::remove_dir_all(&folder).unwrap();
    assert!(ending.contains("neither .rrd nor .jsonl"), "{ending}");
    assert!(nowhere.contains("a.jsonl`: no such file"), "{nowhere}");
    assert_eq!(left, 0, "nothing is left");
}

#[cfg(unix)]
#[test]
fn what_the_program_complains_of_is_the_error() {
    use std::io::{self, ErrorKind};
    use std::os::unix::fs::PermissionsExt;

    let folder = folder("complains");
    let program = folder.join("isogrid-rerun");
    let cases = [
        ("echo 'error: line 1: no' >&2; exit 2", Err(io::Error::from(ErrorKind::BrokenPipe)), "line 1: no"),
        ("cat > /dev/null", Err(io::Error::other("the episode failed")), "the episode failed"),
        ("cat > /dev/null", Ok(()), ""),
    ];
    for (text, written, expected) in cases {
        // Not over the last one: it may still be running.
        let _ = fs::remove_file(&program);
        fs::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find(std::slice::from_ref(&folder)).unwrap(), program);
        let target = Target::through(&program, &folder.join("a.rrd")).unwrap();
        match target.finish(written) {
            Ok(()) => assert_eq!(expected, ""),
            Err(error) => assert!(error.to_string().ends_with(expected), "{error}"),
        }
    }
    let _ = fs::remove_dir_all(&folder);
}
