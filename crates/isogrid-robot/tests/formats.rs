//! Recordings written and read back, and everything that may be wrong with robomimic files.
#![cfg(feature = "formats")]

use std::fs;
use std::path::{Path, PathBuf};

use hdf5_writer::{AttributeBuilder, DatasetBuilder, Hdf5Builder, WriteOptions};
use isogrid_core::Diagnose;
use isogrid_num::rng::Rng;
use isogrid_robot::formats::{
    self, FormatError, Loaded, ReadOptions, Reason, write_lerobot, write_robomimic,
};
use isogrid_robot::{Action, Frame, Hand, Object, ObjectKind, Observation, Pose, Recording, Scene};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn scene(names: &[&str]) -> Scene {
    let object = |(at, name): (usize, &&str)| Object {
        name: name.to_string(),
        kind: if at == 0 { ObjectKind::Pad } else { ObjectKind::Block },
        half_size: [0.02, 0.021, 0.0225],
    };
    let objects = names.iter().enumerate().map(object).collect();
    Scene { objects, rate_hz: 20.0, workspace: [[0.2, -0.4, 0.0], [0.8, 0.4, 0.5]] }
}

/// Random but believable.
fn recording(seed: u64, scene: Scene, rows: usize) -> Recording {
    let mut rng = Rng::new(seed, 0);
    let frame = |row: usize| {
        let mut unit = || rng.unit() * 2.0 - 1.0;
        let objects = scene.objects.iter().map(|_| {
            let half = unit();
            Pose { position: [unit(), unit(), unit()], rotation: [half.cos(), 0.0, 0.0, half.sin()] }
        });
        let objects = objects.collect();
        let hand = Hand { position: [unit(), unit(), unit()], opening: unit().abs() * 0.08 };
        let action = Action { offset: [unit(), unit(), unit()], grip: unit() };
        Frame { observation: Observation { seconds: row as f64 / 20.0, hand, objects }, action }
    };
    let frames = (0..rows).map(frame).collect();
    Recording { scene: scene.clone(), task: format!("put b on pad, {seed}"), frames }
}

/// As 32-bit files keep it.
fn rounded(recording: &Recording) -> Recording {
    let mut rounded = recording.clone();
    let round = |value: &mut f64| *value = f64::from(*value as f32);
    for frame in &mut rounded.frames {
        let seen = &mut frame.observation;
        round(&mut seen.seconds);
        round(&mut seen.hand.opening);
        seen.hand.position.iter_mut().for_each(round);
        seen.objects
            .iter_mut()
            .flat_map(|pose| pose.position.iter_mut().chain(&mut pose.rotation))
            .for_each(round);
        frame.action = Action::from_array(frame.action.to_array().map(|value| f64::from(value as f32)));
    }
    rounded
}

fn read(path: &Path) -> Result<Loaded, FormatError> {
    formats::read(path, &ReadOptions::default())
}

#[test]
fn robomimic_reads_back_equal_also_with_a_scene_an_episode() {
    let folder = folder();
    let path = folder.path().join("set.hdf5");
    let recordings = [
        recording(1, scene(&["pad", "b"]), 4),
        recording(2, scene(&["pad", "b", "c"]), 1),
        recording(3, scene(&[]), 9),
    ];
    write_robomimic(&path, &recordings).expect("written");
    let loaded = read(&path).expect("readable");
    assert_eq!(loaded.recordings, recordings);
    assert!(loaded.rejected.is_empty() && loaded.notes.is_empty(), "{loaded:?}");
    let once = fs::read(&path).expect("readable");
    write_robomimic(&path, &recordings).expect("written over");
    assert_eq!(fs::read(&path).expect("readable"), once, "the same recordings give the same bytes");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left");
}

#[test]
fn lerobot_reads_back_what_32_bits_keep() {
    let folder = folder();
    let path = folder.path().join("set");
    let recordings = [recording(1, scene(&["pad", "b.1"]), 4), recording(2, scene(&["pad", "b.1"]), 1)];
    write_lerobot(&path, &recordings).expect("written");
    let loaded = read(&path).expect("readable");
    assert_eq!(loaded.recordings, recordings.each_ref().map(rounded));
    assert!(loaded.rejected.is_empty() && loaded.notes.is_empty(), "{loaded:?}");
    let again = write_lerobot(&path, &recordings);
    assert!(matches!(again, Err(FormatError::Exists { .. })), "{again:?}");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).expect("a folder");
    write_lerobot(&empty, &recordings[..1]).expect("an empty folder is filled");
    assert_eq!(read(&empty).expect("readable").recordings.len(), 1);
}

#[test]
fn many_recordings_come_back_in_their_order() {
    let folder = folder();
    let recordings: Vec<Recording> = (0..150).map(|seed| recording(seed, scene(&["pad"]), 2)).collect();
    let (file, set) = (folder.path().join("set.hdf5"), folder.path().join("set"));
    write_robomimic(&file, &recordings).expect("written");
    assert_eq!(read(&file).expect("readable").recordings, recordings);
    write_lerobot(&set, &recordings).expect("written");
    assert_eq!(read(&set).expect("readable").recordings, recordings.iter().map(rounded).collect::<Vec<_>>());
}

#[test]
fn what_no_reader_would_take_is_not_written() {
    type Break = fn(&mut Recording);
    let cases: &[(&str, Break, &str)] = &[
        ("no frames", |r| r.frames.clear(), "it has no frames"),
        ("a pose too few", |r| r.frames[1].observation.objects.truncate(1), "a frame has 1 poses"),
        ("a hand nowhere", |r| r.frames[1].observation.hand.position[2] = f64::NAN, "NaN in row 1"),
        (
            "no rotation",
            |r| r.frames[0].observation.objects[0].rotation = [0.0; 4],
            "expected a unit quaternion",
        ),
        ("a clock that jumps", |r| r.frames[2].observation.seconds = 9.0, "the clock steps by"),
        ("no rate", |r| r.scene.rate_hz = 0.0, "a rate of 0 Hz"),
        ("two names", |r| r.scene.objects[1].name = "pad".to_string(), "two objects called `pad`"),
        ("a path", |r| r.scene.objects[1].name = "a/b".to_string(), "cannot name a column"),
        ("a size of nothing", |r| r.scene.objects[1].half_size[0] = f64::NAN, "half size"),
        ("a workspace inside out", |r| r.scene.workspace[0][0] = 2.0, "the workspace"),
    ];
    let folder = folder();
    for (name, change, expected) in cases {
        let mut broken = recording(1, scene(&["pad", "b"]), 3);
        change(&mut broken);
        let all = [broken.clone(), broken];
        let results = [
            write_robomimic(&folder.path().join("set.hdf5"), &all),
            write_lerobot(&folder.path().join("set"), &all),
        ];
        for result in results {
            match result {
                Err(error @ FormatError::Unwritable { index: 0, .. }) => {
                    assert!(error.to_string().contains(expected), "{name}: {error}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    let mixed = [recording(1, scene(&["pad"]), 2), recording(1, scene(&["b"]), 2)];
    let result = write_lerobot(&folder.path().join("set"), &mixed);
    assert!(matches!(result, Err(FormatError::MixedScenes { index: 1 })), "{result:?}");
    let result = write_robomimic(&folder.path().join("set.hdf5"), &[]);
    assert!(matches!(result, Err(FormatError::NoEpisodes { .. })), "{result:?}");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is left");
}

/// A robomimic file of two demonstrations of three rows, to be broken.
struct Parts {
    total: bool,
    arguments: Option<String>,
    num_samples: i64,
    /// Name, width and values of the data sets of the first demonstration; the second is good.
    datasets: Vec<(String, u64, Vec<f64>)>,
    mask: Option<Vec<&'static str>>,
}

impl Parts {
    fn good() -> Parts {
        let column = |name: &str, row: &[f64]| (name.to_string(), row.len() as u64, row.repeat(3));
        Parts {
            total: true,
            arguments: Some(
                r#"{"env_name": "Stack", "type": 1, "env_kwargs": {"control_freq": 20}}"#.to_string(),
            ),
            num_samples: 3,
            datasets: vec![
                column("actions", &[0.1, 0.2, 0.3, -1.0]),
                column("obs/robot0_eef_pos", &[0.4, 0.0, 0.3]),
                column("obs/robot0_gripper_qpos", &[0.04, -0.04]),
                column("obs/a_pos", &[0.5, 0.0, 0.02]),
                column("obs/a_quat", &[0.0, 0.0, 0.0, 1.0]),
                ("timestamps".to_string(), 1, vec![0.0, 0.05, 0.1]),
            ],
            mask: None,
        }
    }

    fn get(&mut self, name: &str) -> &mut (String, u64, Vec<f64>) {
        self.datasets.iter_mut().find(|(known, ..)| known == name).expect("a data set")
    }

    fn bytes(&self) -> Vec<u8> {
        let mut file = Hdf5Builder::new();
        if self.total {
            let total = AttributeBuilder::scalar("total", 6_i64).expect("a number");
            file = file.group_attribute("data", total);
        }
        if let Some(arguments) = &self.arguments {
            file = file.group_attribute("data", AttributeBuilder::fixed_string("env_args", arguments));
        }
        let good = Parts::good_datasets();
        for (demo, datasets) in [("demo_0", &self.datasets), ("demo_1", &good)] {
            let count = if demo == "demo_0" { self.num_samples } else { 3 };
            let count = AttributeBuilder::scalar("num_samples", count).expect("a number");
            file = file.group_attribute(format!("data/{demo}"), count);
            for (name, width, values) in datasets {
                let rows = values.len() as u64 / width;
                let shape = if *width == 1 { vec![rows] } else { vec![rows, *width] };
                let dataset = DatasetBuilder::typed_data(format!("data/{demo}/{name}"), shape, values);
                file = file.dataset(dataset.expect("a data set"));
            }
        }
        if let Some(mask) = &self.mask {
            let shape = vec![mask.len() as u64];
            file =
                file.dataset(DatasetBuilder::fixed_string_data("mask/train", shape, mask).expect("strings"));
        }
        file.into_plan().and_then(|plan| plan.encode(WriteOptions::default())).expect("a file")
    }

    fn good_datasets() -> Vec<(String, u64, Vec<f64>)> {
        Parts::good().datasets
    }
}

fn written(folder: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("set.hdf5");
    fs::write(&path, bytes).expect("written");
    path
}

fn block(name: &str) -> Object {
    Object { name: name.to_string(), kind: ObjectKind::Block, half_size: [0.02; 3] }
}

fn with_a() -> ReadOptions {
    ReadOptions { objects: vec![block("a")], ..ReadOptions::default() }
}

#[test]
fn one_bad_demonstration_is_rejected_with_its_reason_and_the_other_is_kept() {
    type Break = fn(&mut Parts);
    let cases: &[(&str, Break, &str)] = &[
        ("no observations", |p| p.datasets.retain(|(name, ..)| !name.starts_with("obs")), "`obs` is missing"),
        ("no actions", |p| p.datasets.retain(|(name, ..)| name != "actions"), "`actions` is missing"),
        ("no object", |p| p.datasets.retain(|(name, ..)| name != "obs/a_pos"), "`obs/a_pos` is missing"),
        (
            "a pose that is not a number",
            |p| p.get("obs/a_pos").2[4] = f64::NAN,
            "`obs/a_pos` is NaN in row 1",
        ),
        ("an endless action", |p| p.get("actions").2[11] = f64::INFINITY, "`actions` is inf in row 2"),
        (
            "rows of two lengths",
            |p| p.get("actions").2.truncate(8),
            "`actions` has 2 rows where the episode has 3",
        ),
        (
            "no frames",
            |p| {
                p.num_samples = 0;
                p.datasets.iter_mut().for_each(|dataset| dataset.2.clear());
            },
            "it has no frames",
        ),
        (
            "a quaternion of nothing",
            |p| p.get("obs/a_quat").2[3] = 0.0,
            "`obs/a_quat` has length 0.000 in row 0",
        ),
        ("positions in the plane", |p| p.get("obs/a_pos").1 = 1, "has 1 numbers a row, expected 3"),
        ("one finger", |p| p.get("obs/robot0_gripper_qpos").1 = 1, "expected 2, one a finger"),
        ("actions of three", |p| p.get("actions").1 = 3, "`actions` has 3 numbers a row, expected 4 or 7"),
        (
            "actions that turn",
            |p| *p.get("actions") = ("actions".to_string(), 7, [0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 1.0].repeat(3)),
            "the action turns the hand in row 0",
        ),
        (
            "a clock at 10 Hz",
            |p| p.get("timestamps").2 = vec![0.0, 0.1, 0.2],
            "steps by 0.1000 s after row 0",
        ),
        (
            "a clock backwards",
            |p| p.get("timestamps").2 = vec![0.0, 0.05, 0.0],
            "steps by -0.0500 s after row 1",
        ),
        ("a count that lies", |p| p.num_samples = 4_000_000_000, "`num_samples` has 4000000000 rows"),
        ("a negative count", |p| p.num_samples = -3, "`num_samples` has"),
    ];
    let folder = folder();
    for (name, change, expected) in cases {
        let mut parts = Parts::good();
        change(&mut parts);
        // Objects are found in the first demonstration with observations, which may be the broken one.
        parts.arguments = Some(format!(
            r#"{{"env_kwargs": {{"isogrid_scene": {{"rate_hz": 20.0, "workspace": [[0,0,0],[1,1,1]],
            "objects": [{{"name": "a", "kind": "block", "half_size": [{0}, {0}, {0}]}}]}}}}}}"#,
            0.02
        ));
        let loaded =
            read(&written(&folder, &parts.bytes())).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(loaded.recordings.len(), 1, "{name}");
        let [rejected] = loaded.rejected.as_slice() else { panic!("{name}: {:?}", loaded.rejected) };
        assert_eq!(rejected.episode, "demo_0", "{name}");
        assert!(rejected.reason.to_string().contains(expected), "{name}: {}", rejected.reason);
    }
}

#[test]
fn odd_but_usable_demonstrations_are_put_right_with_a_note() {
    type Break = fn(&mut Parts);
    let cases: &[(&str, Break, &str)] = &[
        (
            "actions out of range",
            |p| p.get("actions").2[4] = 3.0,
            "1 of 12 action components beyond [-1, 1] clipped",
        ),
        ("a rounded quaternion", |p| p.get("obs/a_quat").2[3] = 0.99, "1 rotations brought to unit length"),
        ("no rotations", |p| p.datasets.retain(|d| d.0 != "obs/a_quat"), "`a` is taken for upright"),
        ("no rate", |p| p.arguments = Some("{}".to_string()), "the rate is taken for 20 Hz"),
        ("no env_args", |p| p.arguments = None, "the rate is taken for 20 Hz"),
    ];
    let folder = folder();
    for (name, change, expected) in cases {
        let mut parts = Parts::good();
        change(&mut parts);
        let loaded = formats::read(&written(&folder, &parts.bytes()), &with_a());
        let loaded = loaded.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(loaded.recordings.len(), 2, "{name}: {:?}", loaded.rejected);
        assert!(loaded.notes.iter().any(|note| note.contains(expected)), "{name}: {:?}", loaded.notes);
        for frame in &loaded.recordings[0].frames {
            assert!(frame.action.to_array().iter().all(|part| part.abs() <= 1.0), "{name}");
            let [w, x, y, z] = frame.observation.objects[0].rotation;
            assert!((w * w + x * x + y * y + z * z - 1.0).abs() < 1e-9, "{name}");
        }
    }
}

#[test]
fn a_filter_key_chooses_and_its_ghosts_are_rejected() {
    let folder = folder();
    let parts = Parts { mask: Some(vec!["demo_1", "demo_9"]), ..Parts::good() };
    let path = written(&folder, &parts.bytes());
    let options = ReadOptions { filter: Some("train".to_string()), ..with_a() };
    let loaded = formats::read(&path, &options).expect("readable");
    assert_eq!(loaded.recordings.len(), 1);
    let reason = Reason::Listed { list: "mask/train".to_string() };
    assert_eq!((loaded.rejected[0].episode.as_str(), &loaded.rejected[0].reason), ("demo_9", &reason));
    let options = ReadOptions { filter: Some("test".to_string()), ..with_a() };
    let error = formats::read(&path, &options).expect_err("no such key");
    assert!(error.to_string().contains("there is no filter key `mask/test`; there are: train"), "{error}");
}

#[test]
fn files_that_are_wrong_as_a_whole() {
    let good = Parts::good().bytes();
    let env = |kwargs: &str| {
        Parts { arguments: Some(format!(r#"{{"env_kwargs": {kwargs}}}"#)), ..Parts::good() }.bytes()
    };
    let only_root = Hdf5Builder::new().into_plan().and_then(|plan| plan.encode(WriteOptions::default()));
    let total = AttributeBuilder::scalar("total", 0_i64).expect("a number");
    let no_demos = Hdf5Builder::new().group_attribute("data", total).into_plan();
    let no_demos = no_demos.and_then(|plan| plan.encode(WriteOptions::default()));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("an empty file", Vec::new(), "an empty file, expected a robomimic HDF5 file or a LeRobot folder"),
        ("text", b"time,x,y\n".to_vec(), "a file that begins with \"time,x,y\""),
        ("only the magic", good[..8].to_vec(), "damaged"),
        ("half a header", good[..40].to_vec(), "damaged"),
        ("no groups", only_root.expect("a file"), "there is no group `data`"),
        ("zero demonstrations", no_demos.expect("a file"), "no demonstrations"),
        (
            "env_args of another kind",
            Parts { arguments: Some("{".to_string()), ..Parts::good() }.bytes(),
            "`env_args`",
        ),
        (
            "a rate of nothing",
            env(r#"{"control_freq": 0}"#),
            "`control_freq` is `0`, expected a rate in Hz above 0",
        ),
        (
            "joints",
            env(r#"{"controller_configs": {"type": "JOINT_POSITION"}}"#),
            "the controller is `JOINT_POSITION`",
        ),
        (
            "absolute actions",
            env(r#"{"controller_configs": {"type": "OSC_POSE", "control_delta": false}}"#),
            "the controller's input is `absolute`",
        ),
        ("a scene of another kind", env(r#"{"isogrid_scene": {"objects": 3}}"#), "isogrid_scene"),
    ];
    let folder = folder();
    for (name, bytes, expected) in cases {
        let error = formats::read(&written(&folder, &bytes), &with_a()).expect_err(name);
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
    let error = read(&folder.path().join("absent.hdf5")).expect_err("it is not there");
    assert!(matches!(error, FormatError::Io { .. }), "{error}");
}

#[test]
fn all_demonstrations_bad_is_an_error_that_says_why() {
    let folder = folder();
    let path = folder.path().join("set.hdf5");
    write_robomimic(&path, &[recording(1, scene(&["pad"]), 3)]).expect("written");
    assert_eq!(read(&path).expect("one demonstration is enough").recordings.len(), 1);
    let options = ReadOptions { base: [f64::NAN, 0.0, 0.0], ..ReadOptions::default() };
    let error = formats::read(&path, &options).expect_err("a base that is nowhere");
    assert!(error.to_string().contains("option `base`"), "{error}");
    let mut bad = Parts::good();
    bad.datasets.retain(|(name, ..)| !name.starts_with("obs"));
    bad.mask = Some(vec!["demo_0"]);
    let options = ReadOptions { filter: Some("train".to_string()), ..ReadOptions::default() };
    let error = formats::read(&written(&folder, &bad.bytes()), &options).expect_err("nothing is usable");
    assert!(error.to_string().contains("none of 1 episode can be used; demo_0: `obs` is missing"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("dataset_states_to_obs")));
}

#[test]
fn groups_that_hold_themselves_and_absurd_nesting_come_to_an_end() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cycle.hdf5");
    let options = ReadOptions { filter: Some("demo_0".to_string()), ..ReadOptions::default() };
    for options in [ReadOptions::default(), options] {
        let error = formats::read(&fixture, &options).expect_err("nothing is usable");
        assert!(error.to_string().contains("demo") || error.to_string().contains("filter key"), "{error}");
    }
    let folder = folder();
    let mut parts = Parts::good();
    let deep = format!("obs/{}x_pos", "g/".repeat(300));
    parts.datasets.push((deep, 1, vec![0.0; 3]));
    let loaded = formats::read(&written(&folder, &parts.bytes()), &with_a()).expect("depth does not matter");
    assert_eq!(loaded.recordings.len(), 2);
}

/// Flipped anywhere, a file is read, refused or loses episodes; cut anywhere, it is refused; nothing panics.
#[test]
fn every_cut_and_many_flips_are_survived() {
    let folder = folder();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let options = ReadOptions { objects: vec![block("cube*")], ..ReadOptions::default() };
    let files = ["robomimic.hdf5", "robomimic_latest.hdf5"]
        .map(|name| fs::read(fixtures.join(name)).expect("a fixture"));
    let mut rng = Rng::new(7, 0);
    for (bytes, options) in
        files.iter().map(|bytes| (bytes, &options)).chain([(&Parts::good().bytes(), &with_a())])
    {
        formats::read(&written(&folder, bytes), options).expect("a good file");
        for _ in 0..150 {
            let mut broken = bytes.clone();
            let is_cut = rng.unit() < 0.3;
            if is_cut {
                broken.truncate(rng.below(bytes.len() as u64) as usize);
            } else {
                for _ in 0..=rng.below(4) {
                    let at = rng.below(bytes.len() as u64) as usize;
                    broken[at] = rng.below(256) as u8;
                }
            }
            if let Ok(loaded) = formats::read(&written(&folder, &broken), options) {
                assert!(loaded.recordings.iter().all(|recording| !recording.frames.is_empty()));
                assert!(!is_cut, "{} of {} bytes", broken.len(), bytes.len());
            }
        }
    }
}
