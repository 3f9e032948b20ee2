//! Recordings: the first byte says which file the rest is, in a folder where the others are good.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use isogrid_robot::formats::{ReadOptions, read, write_lerobot, write_robomimic};
use isogrid_robot::{Action, Frame, Hand, Object, ObjectKind, Observation, Pose, Recording, Scene};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

/// Files of a LeRobot folder, each broken in a folder of its own.
const FILES: [&str; 4] = [
    "data/chunk-000/file-000.parquet",
    "meta/info.json",
    "meta/tasks.parquet",
    "meta/episodes/chunk-000/file-000.parquet",
];

static FOLDER: OnceLock<TempDir> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let folder = FOLDER.get_or_init(prepare).path();
    let object = Object { name: "*".to_string(), kind: ObjectKind::Block, half_size: [0.02; 3] };
    let options = ReadOptions { objects: vec![object], ..ReadOptions::default() };
    let (path, file): (PathBuf, PathBuf) = match usize::from(*kind % 5) {
        0 => (folder.join("set.hdf5"), folder.join("set.hdf5")),
        at => (folder.join(at.to_string()), folder.join(at.to_string()).join(FILES[at - 1])),
    };
    fs::write(&file, bytes).expect("a writable folder");
    let Ok(loaded) = read(&path, &options) else { return };
    // What was believed can be written and is read back as it was.
    let copy = folder.join("copy.hdf5");
    if write_robomimic(&copy, &loaded.recordings).is_ok() {
        let again = read(&copy, &ReadOptions::default()).expect("readable");
        assert_eq!(again.recordings, loaded.recordings);
    }
});

fn prepare() -> TempDir {
    let shared = PathBuf::from("/dev/shm");
    let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() };
    let folder = folder.expect("a temporary folder");
    let names = ["red", "blue"].map(str::to_string);
    let objects = names.map(|name| Object { name, kind: ObjectKind::Block, half_size: [0.02; 3] }).to_vec();
    let scene = Scene { objects, rate_hz: 20.0, workspace: [[0.0; 3], [1.0; 3]] };
    let frame = |row: u32| Frame {
        observation: Observation {
            seconds: f64::from(row) / 20.0,
            hand: Hand { position: [0.4, 0.0, 0.3], opening: 0.08 },
            objects: vec![Pose::upright([0.5, 0.0, 0.02]); 2],
        },
        action: Action::default(),
    };
    let recording = |rows: u32| Recording {
        scene: scene.clone(),
        task: String::new(),
        frames: (0..rows).map(frame).collect(),
    };
    for at in 1..=FILES.len() {
        let set = folder.path().join(at.to_string());
        write_lerobot(&set, &[recording(5), recording(7)]).expect("a writable folder");
    }
    folder
}
