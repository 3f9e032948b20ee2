//! Everything that may be wrong with LeRobot folders.
#![cfg(feature = "formats")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use isogrid_num::rng::Rng;
use isogrid_robot::formats::{self, FormatError, Loaded, ReadOptions};
use isogrid_robot::{Object, ObjectKind};
use parquet::basic::Compression;
use parquet::data_type::{DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Rows of a list column; a column of single numbers has rows of one.
type Rows = Vec<Vec<f64>>;

/// A folder of two episodes of three and two frames, to be broken.
struct Parts {
    info: Value,
    /// Name, rows, and whether it is a list.
    columns: Vec<(&'static str, Rows, bool)>,
    lengths: Vec<f64>,
    codec: Compression,
}

impl Parts {
    fn good() -> Parts {
        let poses: Vec<String> =
            ["x", "y", "z", "qw", "qx", "qy", "qz"].map(|part| format!("a.{part}")).to_vec();
        let info = json!({
            "codebase_version": "v3.0", "fps": 20, "total_episodes": 2, "total_frames": 5,
            "features": {
                "observation.state": {"dtype": "float32", "shape": [4], "names": ["x", "y", "z", "opening"]},
                "observation.environment_state": {"dtype": "float32", "shape": [7], "names": poses},
                "action": {"dtype": "float32", "shape": [4], "names": ["x", "y", "z", "grip"]},
            },
        });
        let frames = [0.0, 1.0, 2.0, 0.0, 1.0];
        let single = |values: [f64; 5]| values.iter().map(|value| vec![*value]).collect::<Rows>();
        let columns = vec![
            ("observation.state", vec![vec![0.4, 0.0, 0.3, 0.08]; 5], true),
            ("observation.environment_state", vec![vec![0.5, 0.0, 0.02, 1.0, 0.0, 0.0, 0.0]; 5], true),
            ("action", vec![vec![0.1, 0.2, 0.3, -1.0]; 5], true),
            ("timestamp", single(frames.map(|frame| frame / 20.0)), false),
            ("frame_index", single(frames), false),
            ("episode_index", single([0.0, 0.0, 0.0, 1.0, 1.0]), false),
            ("task_index", single([0.0; 5]), false),
        ];
        Parts { info, columns, lengths: vec![3.0, 2.0], codec: Compression::SNAPPY }
    }

    fn get(&mut self, name: &str) -> &mut Rows {
        &mut self.columns.iter_mut().find(|(known, ..)| *known == name).expect("a column").1
    }

    fn write(&self, folder: &Path) {
        for inner in ["meta/episodes/chunk-000", "data/chunk-000"] {
            fs::create_dir_all(folder.join(inner)).expect("a folder");
        }
        fs::write(folder.join("meta/info.json"), self.info.to_string()).expect("written");
        let lengths = self.lengths.iter().map(|length| vec![*length]).collect();
        let indices = (0..self.lengths.len()).map(|index| vec![index as f64]).collect();
        let episodes = [("episode_index", indices, false), ("length", lengths, false)];
        table(&folder.join("meta/episodes/chunk-000/file-000.parquet"), &episodes, Compression::SNAPPY);
        table(&data(folder), &self.columns, self.codec);
    }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data/chunk-000/file-000.parquet")
}

/// Whole numbers stand as such, others as doubles; a row that is not finite is a null.
fn table(path: &Path, columns: &[(&str, Rows, bool)], codec: Compression) {
    let is_count = |name: &str| name.ends_with("_index") || name == "length";
    let mut schema = "message schema {".to_string();
    for (name, _, is_list) in columns {
        let kind = if is_count(name) { "int64" } else { "double" };
        schema += &match is_list {
            true => format!(
                " optional group {name} (LIST) {{ repeated group list {{ optional {kind} element; }} }}"
            ),
            false => format!(" optional {kind} {name};"),
        };
    }
    let schema = Arc::new(parse_message_type(&(schema + " }")).expect("a schema"));
    let properties = WriterProperties::builder().set_compression(codec).build();
    let file = File::create(path).expect("a file");
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).expect("a writer");
    let mut group = writer.next_row_group().expect("a group");
    for (name, rows, is_list) in columns {
        let full = if *is_list { 3 } else { 1 };
        let values: Vec<f64> = rows.iter().flatten().copied().collect();
        let definitions = vec![full; values.len()];
        let repetitions: Vec<i16> =
            rows.iter().flat_map(|row| (0..row.len()).map(|at| i16::from(at > 0))).collect();
        let repetitions = is_list.then_some(repetitions.as_slice());
        let mut column = group.next_column().expect("a column").expect("one more column");
        if is_count(name) {
            let values: Vec<i64> = values.iter().map(|value| *value as i64).collect();
            column
                .typed::<Int64Type>()
                .write_batch(&values, Some(&definitions), repetitions)
                .expect("written");
        } else {
            column
                .typed::<DoubleType>()
                .write_batch(&values, Some(&definitions), repetitions)
                .expect("written");
        }
        column.close().expect("closed");
    }
    group.close().expect("closed");
    writer.close().expect("closed");
}

fn with_a() -> ReadOptions {
    let object = Object { name: "a".to_string(), kind: ObjectKind::Block, half_size: [0.02; 3] };
    ReadOptions { objects: vec![object], ..ReadOptions::default() }
}

fn read(change: impl Fn(&mut Parts), options: &ReadOptions) -> (TempDir, Result<Loaded, FormatError>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut parts = Parts::good();
    change(&mut parts);
    parts.write(folder.path());
    let result = formats::read(folder.path(), options);
    (folder, result)
}

#[test]
fn the_good_folder_is_good() {
    let loaded = read(|_| {}, &with_a()).1.expect("readable");
    assert_eq!(loaded.recordings.iter().map(|recording| recording.frames.len()).collect::<Vec<_>>(), [3, 2]);
    assert!(loaded.rejected.is_empty());
    assert!(loaded.notes.iter().any(|note| note.starts_with("tasks have no words")), "{:?}", loaded.notes);
}

#[test]
fn one_bad_episode_is_rejected_with_its_reason_and_the_other_is_kept() {
    type Break = fn(&mut Parts);
    let cases: &[(&str, Break, &str)] = &[
        ("a pose of nothing", |p| p.get("observation.environment_state")[1][2] = f64::NAN, "is NaN in row 1"),
        ("an endless action", |p| p.get("action")[2][0] = f64::NEG_INFINITY, "`action` is -inf in row 2"),
        (
            "a quaternion too long",
            |p| p.get("observation.environment_state")[0][4] = 1.0,
            "has length 1.414 in row 0",
        ),
        (
            "a short row",
            |p| p.get("action")[1].truncate(3),
            "`action` has 3 numbers a row, expected 4 as in its first",
        ),
        ("short rows", |p| (0..3).for_each(|at| p.get("action")[at].truncate(2)), "expected at least 4"),
        ("a clock at 10 Hz", |p| p.get("timestamp")[1][0] = 0.1, "the clock steps by 0.1000 s after row 0"),
        (
            "a clock that stands",
            |p| p.get("timestamp")[2][0] = 0.05,
            "the clock steps by 0.0000 s after row 1",
        ),
        ("a frame missing", |p| p.get("frame_index")[1][0] = 5.0, "`frame_index` is 5 in row 1"),
        (
            "a length that lies",
            |p| p.lengths[0] = 1e15,
            "`length` has 1000000000000000 rows where the episode has 3",
        ),
        ("an episode of zero frames", |p| p.lengths = vec![3.0, 2.0, 0.0], "it has no frames"),
        (
            "an episode not there",
            |p| p.lengths = vec![3.0, 2.0, 7.0],
            "`length` has 7 rows where the episode has 0",
        ),
    ];
    for (name, change, expected) in cases {
        let loaded = read(change, &with_a()).1.unwrap_or_else(|error| panic!("{name}: {error}"));
        let [rejected] = loaded.rejected.as_slice() else { panic!("{name}: {:?}", loaded.rejected) };
        assert!(!loaded.recordings.is_empty(), "{name}");
        assert!(rejected.reason.to_string().contains(expected), "{name}: {}", rejected.reason);
    }
}

#[test]
fn folders_that_are_wrong_as_a_whole() {
    type Break = fn(&mut Parts);
    let cases: &[(&str, Break, &str)] = &[
        (
            "an old version",
            |p| p.info["codebase_version"] = json!("v2.0"),
            "LeRobot version `v2.0`, expected v3.0 or",
        ),
        ("no version", |p| p.info["codebase_version"] = Value::Null, "there is no `codebase_version`"),
        ("no rate", |p| p.info["fps"] = json!("fast"), "`fps` is `\"fast\"`, expected a rate in Hz above 0"),
        ("no features", |p| p.info["features"] = json!([]), "there is no `features`"),
        (
            "joints",
            |p| p.info["features"]["observation.state"]["names"] = json!(["j1", "j2"]),
            "is `j1, j2`, expected",
        ),
        ("no state", |p| p.info["features"] = json!({}), "there is no object `a`; there are none"),
        (
            "poses without names",
            |p| p.info["features"]["observation.environment_state"]["names"] = Value::Null,
            "is `nothing`, expected OBJECT.x",
        ),
        ("no actions", |p| p.columns.retain(|(name, ..)| *name != "action"), "there is no column `action`"),
        (
            "no clock",
            |p| p.columns.retain(|(name, ..)| *name != "timestamp"),
            "there is no column `timestamp`",
        ),
        ("half an episode", |p| p.get("episode_index")[0][0] = -1.0, "`episode_index` is -1 in row 0"),
        ("pages without compression are good", |p| p.codec = Compression::UNCOMPRESSED, ""),
    ];
    for (name, change, expected) in cases {
        match read(change, &with_a()).1 {
            Err(error) => assert!(error.to_string().contains(expected), "{name}: {error}"),
            Ok(loaded) => assert!(expected.is_empty() && loaded.recordings.len() == 2, "{name}: {loaded:?}"),
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error = formats::read(folder.path(), &with_a()).expect_err("an empty folder");
    assert!(error.to_string().contains("a folder without meta/info.json, expected"), "{error}");
}

#[test]
fn numbers_are_found_by_name_by_option_or_by_place() {
    let seven = |p: &mut Parts| {
        p.get("action").fill(vec![0.1, 0.2, 0.3, 0.0, 0.0, 0.0, -1.0]);
        p.info["features"]["action"] = json!({"dtype": "float32", "shape": [7], "names": null});
    };
    let swapped = |p: &mut Parts| {
        p.get("action").fill(vec![-1.0, 0.3, 0.2, 0.1]);
        p.info["features"]["action"]["names"] = json!({"motors": ["gripper", "z", "y", "x"]});
    };
    let unnamed = |p: &mut Parts| p.info["features"]["action"]["names"] = Value::Null;
    let other = |p: &mut Parts| {
        p.get("action").fill(vec![9.0, 0.1, 0.2, 0.3, -1.0]);
        p.info["features"]["action"] = json!({"shape": [5], "names": ["a", "b", "c", "d", "e"]});
    };
    let by_option = ReadOptions { action_columns: Some([1, 2, 3, 4]), ..with_a() };
    let cases: [(&str, &dyn Fn(&mut Parts), ReadOptions); 4] = [
        ("robosuite's seven", &seven, with_a()),
        ("names by group", &swapped, with_a()),
        ("four without names", &unnamed, with_a()),
        ("an option", &other, by_option),
    ];
    for (name, change, options) in cases {
        let loaded = read(change, &options).1.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(loaded.recordings.len(), 2, "{name}: {:?}", loaded.rejected);
        assert_eq!(loaded.recordings[0].frames[0].action.to_array(), [0.1, 0.2, 0.3, -1.0], "{name}");
    }
}

#[test]
fn cameras_are_left_alone_and_said_so() {
    let with_camera = |p: &mut Parts| {
        p.info["features"]["observation.images.front"] = json!({"dtype": "video", "shape": [480, 640, 3]});
    };
    let loaded = read(with_camera, &with_a()).1.expect("readable");
    let note = "images and videos are left alone: observation.images.front";
    assert!(loaded.notes.iter().any(|found| found == note), "{:?}", loaded.notes);
}

/// A parquet file, damaged in several ways.
fn damaged(bytes: &[u8]) -> [(&'static str, Vec<u8>); 4] {
    [
        ("truncated", bytes[..bytes.len() / 2].to_vec()),
        ("empty", Vec::new()),
        ("another format", b"PAR1 but nothing else PAR1".to_vec()),
        ("a footer longer than the file", [&bytes[..bytes.len() - 8], &[0xff; 4], b"PAR1"].concat()),
    ]
}

#[test]
fn a_damaged_file_of_version_2_1_loses_its_own_episode_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lerobot_v21");
    for name in ["meta/info.json", "meta/tasks.jsonl", "data/chunk-000/episode_000000.parquet"] {
        let to = folder.path().join(name);
        fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        fs::copy(fixture.join(name), to).expect("copied");
    }
    let second = "data/chunk-000/episode_000001.parquet";
    let bytes = fs::read(fixture.join(second)).expect("a fixture");
    let object = |name: &str| Object { name: name.to_string(), ..with_a().objects[0].clone() };
    let options = ReadOptions { objects: vec![object("red"), object("blue")], ..ReadOptions::default() };
    for (name, broken) in damaged(&bytes) {
        fs::write(folder.path().join(second), broken).expect("written");
        let loaded = formats::read(folder.path(), &options).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(loaded.recordings.len(), 1, "{name}");
        assert_eq!(loaded.rejected[0].episode, second, "{name}");
    }
}

#[test]
fn damaged_data_of_version_3_is_refused_and_damaged_lengths_are_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Parts::good().write(folder.path());
    for file in ["data/chunk-000/file-000.parquet", "meta/episodes/chunk-000/file-000.parquet"] {
        let path = folder.path().join(file);
        let bytes = fs::read(&path).expect("readable");
        for (name, broken) in damaged(&bytes) {
            fs::write(&path, broken).expect("written");
            let told = match formats::read(folder.path(), &with_a()) {
                Ok(loaded) if file.starts_with("meta") => loaded.notes.join("\n"),
                Ok(loaded) => panic!("{name}: {loaded:?}"),
                Err(error) => error.to_string(),
            };
            assert!(told.contains(file), "{file}, {name}: {told}");
        }
        fs::write(&path, bytes).expect("written");
    }
}

/// Flipped anywhere, a folder is read, refused or loses episodes; nothing panics.
#[test]
fn many_flips_are_survived() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Parts::good().write(folder.path());
    let mut rng = Rng::new(11, 0);
    for file in
        ["data/chunk-000/file-000.parquet", "meta/info.json", "meta/episodes/chunk-000/file-000.parquet"]
    {
        let path = folder.path().join(file);
        let bytes = fs::read(&path).expect("readable");
        for _ in 0..300 {
            let mut broken = bytes.clone();
            for _ in 0..=rng.below(3) {
                let at = rng.below(bytes.len() as u64) as usize;
                broken[at] = rng.below(256) as u8;
            }
            fs::write(&path, broken).expect("written");
            let _ = formats::read(folder.path(), &with_a());
        }
        fs::write(&path, bytes).expect("written");
    }
}
