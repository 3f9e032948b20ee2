//! Files that the real packages wrote (h5py and robomimic, lerobot 0.4.4 and 0.3.3): see fixtures/make.py.
#![cfg(feature = "formats")]

use std::path::PathBuf;

use isogrid_robot::formats::{self, Format, FormatError, Loaded, ReadOptions};
use isogrid_robot::{Object, ObjectKind, Recording};

const ROWS: [usize; 2] = [5, 7];

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn block(name: &str) -> Object {
    Object { name: name.to_string(), kind: ObjectKind::Block, half_size: [0.02; 3] }
}

fn near(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{what}: {found} instead of {expected}");
    }
}

/// The numbers of make.py. An object may be without rotations; `scale` is metres an action over 5 cm.
fn check(recording: &Recording, episode: usize, turned: [bool; 2], scale: f64) {
    assert_eq!(recording.frames.len(), ROWS[episode]);
    for (row, frame) in recording.frames.iter().enumerate() {
        let t = row as f64;
        let what = format!("episode {episode} row {row}");
        let seen = &frame.observation;
        near(&[seen.seconds], &[t / 20.0], &what);
        near(&seen.hand.position, &[0.4 + 0.01 * t, 0.02 * episode as f64, 0.3 - 0.005 * t], &what);
        near(&[seen.hand.opening], &[0.08 - 0.002 * t], &what);
        for (which, pose) in seen.objects.iter().enumerate() {
            near(&pose.position, &[0.5, 0.1 * which as f64, 0.02], &what);
            let half = if turned[which] { 0.05 * t } else { 0.0 };
            near(&pose.rotation, &[half.cos(), 0.0, 0.0, half.sin()], &what);
        }
        let grip = if row < 3 { -1.0 } else { 1.0 };
        near(&frame.action.offset, &[0.2, 0.1 * episode as f64, -0.1].map(|part| part * scale), &what);
        near(&[frame.action.grip], &[grip], &what);
    }
}

fn read(name: &str, options: &ReadOptions) -> Loaded {
    let loaded = formats::read(&fixture(name), options).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(loaded.rejected.is_empty(), "{name}: {:?}", loaded.rejected);
    loaded
}

fn robosuite() -> ReadOptions {
    ReadOptions { objects: vec![block("cube*")], base: [-0.56, 0.0, 0.912], ..ReadOptions::default() }
}

#[test]
fn robomimic_with_seven_numbers_an_action_gzip_and_a_filter_key() {
    let loaded = read("robomimic.hdf5", &robosuite());
    assert_eq!(loaded.format, Format::Robomimic);
    assert_eq!(loaded.recordings.len(), 2);
    for (episode, recording) in loaded.recordings.iter().enumerate() {
        let names: Vec<&str> = recording.scene.objects.iter().map(|object| object.name.as_str()).collect();
        assert_eq!(names, ["cubeA", "cubeB"]);
        assert_eq!(recording.scene.rate_hz, 20.0);
        check(recording, episode, [true, false], 1.0);
    }
    assert!(
        loaded.notes.iter().any(|note| note.contains("`cubeB` is taken for upright")),
        "{:?}",
        loaded.notes
    );
    let filtered = read("robomimic.hdf5", &ReadOptions { filter: Some("valid".to_string()), ..robosuite() });
    assert_eq!(filtered.recordings.len(), 1);
    check(&filtered.recordings[0], 1, [true, false], 1.0);
}

#[test]
fn robomimic_of_the_newest_layout_with_many_observations_and_another_scale() {
    let loaded = read("robomimic_latest.hdf5", &robosuite());
    for (episode, recording) in loaded.recordings.iter().enumerate() {
        // robosuite 1.5 names its controllers by body part; this one moves 10 cm by a component of one.
        check(recording, episode, [true, false], 2.0);
    }
    assert!(loaded.notes.iter().any(|note| note.contains("`extra0`")), "{:?}", loaded.notes);
}

#[test]
fn lerobot_of_both_versions() {
    let options = ReadOptions { objects: vec![block("red"), block("blue")], ..ReadOptions::default() };
    for (name, format) in [("lerobot_v3", Format::LerobotV3), ("lerobot_v21", Format::LerobotV21)] {
        let loaded = read(name, &options);
        assert_eq!(loaded.format, format);
        assert_eq!(loaded.recordings.len(), 2);
        for (episode, recording) in loaded.recordings.iter().enumerate() {
            check(recording, episode, [true, true], 1.0);
            assert_eq!(recording.task, format!("stack red on blue, {episode}"));
        }
    }
}

#[test]
fn objects_must_be_described() {
    for (name, found) in [("robomimic.hdf5", ["cubeA", "cubeB"]), ("lerobot_v3", ["red", "blue"])] {
        match formats::read(&fixture(name), &ReadOptions::default()) {
            Err(FormatError::Undescribed { names, .. }) => assert_eq!(names, found, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
        let options = ReadOptions { objects: vec![block("green")], ..ReadOptions::default() };
        match formats::read(&fixture(name), &options) {
            Err(FormatError::AbsentObject { name: absent, .. }) => assert_eq!(absent, "green", "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}
