//! Writing a LeRobot v3.0 folder: one table of frames, one of episodes, one of tasks, and their descriptions.

use std::fs;
use std::path::Path;

use parquet::file::metadata::KeyValue;
use serde_json::{Map, Value, json};

use super::table::{self, Cells, Written};
use super::{ACTION, ACTION_NAMES, ENVIRONMENT, POSE_NAMES, SCENE, STATE, STATE_NAMES, VERSION, statistics};
use crate::formats::episode::check_recording;
use crate::formats::objects::SceneText;
use crate::formats::{FormatError, INFO, atomic};
use crate::recording::{Frame, Recording};
use crate::world::Scene;

/// LeRobot's own default: files in a chunk.
const CHUNK_SIZE: u32 = 1000;

/// LeRobot's own defaults for the size at which it begins a new file, in MB.
const DATA_FILE_MB: u32 = 100;
const VIDEO_FILE_MB: u32 = 200;

const DATA: &str = "data/chunk-000/file-000.parquet";
const EPISODES: &str = "meta/episodes/chunk-000/file-000.parquet";

/// Writes `recordings` as a LeRobot v3.0 folder, which appears whole or not at all.
///
/// Numbers are 32-bit, as LeRobot's own: `observation.state` is the hand's x, y, z and opening,
/// `observation.environment_state` position and rotation (w, x, y, z) of every object, `action` x, y, z and grip. The
/// scene stands in `meta/isogrid_scene.json`. There are no videos.
///
/// # Errors
/// There is no recording, one would be rejected when read back, they differ in their scenes, `folder` exists and is
/// not empty, or it cannot be written.
pub fn write_lerobot(folder: &Path, recordings: &[Recording]) -> Result<(), FormatError> {
    let Some(first) = recordings.first() else {
        return Err(FormatError::NoEpisodes { path: folder.to_path_buf() });
    };
    for (index, recording) in recordings.iter().enumerate() {
        check_recording(recording).map_err(|reason| FormatError::Unwritable { index, reason })?;
        if recording.scene != first.scene {
            return Err(FormatError::MixedScenes { index });
        }
    }
    let contents = Contents::of(recordings, &first.scene);
    atomic::write_folder(folder, |folder| contents.write(folder))
}

/// A feature of the frames: its name, the names of its numbers, and what it is in a frame.
struct Feature {
    name: &'static str,
    dtype: &'static str,
    names: Option<Vec<String>>,
    width: usize,
    /// Numbers of all frames.
    values: Vec<f64>,
}

struct Contents<'a> {
    scene: &'a Scene,
    recordings: &'a [Recording],
    features: Vec<Feature>,
    /// Tasks in the order in which they come up.
    tasks: Vec<String>,
}

impl<'a> Contents<'a> {
    fn of(recordings: &'a [Recording], scene: &'a Scene) -> Contents<'a> {
        let mut tasks: Vec<String> = Vec::new();
        for recording in recordings {
            if !tasks.contains(&recording.task) {
                tasks.push(recording.task.clone());
            }
        }
        let mut contents = Contents { scene, recordings, features: Vec::new(), tasks };
        contents.features = contents.columns();
        contents
    }

    fn columns(&self) -> Vec<Feature> {
        let named = |names: [&str; 4]| Some(names.map(str::to_string).to_vec());
        let poses =
            |object: &crate::world::Object| POSE_NAMES.map(|ending| format!("{}.{ending}", object.name));
        let poses: Vec<String> = self.scene.objects.iter().flat_map(poses).collect();
        let task = |recording: &Recording| self.tasks.iter().position(|task| *task == recording.task);
        let mut features = vec![
            self.feature(STATE, named(STATE_NAMES), &|frame| {
                let hand = frame.observation.hand;
                hand.position.into_iter().chain([hand.opening]).collect()
            }),
            self.feature(ACTION, named(ACTION_NAMES), &|frame| frame.action.to_array().to_vec()),
            self.feature("timestamp", None, &|frame| vec![frame.observation.seconds]),
        ];
        if !poses.is_empty() {
            features.insert(
                1,
                self.feature(ENVIRONMENT, Some(poses), &|frame| {
                    let poses = frame.observation.objects.iter();
                    poses.flat_map(|pose| pose.position.into_iter().chain(pose.rotation)).collect()
                }),
            );
        }
        let counter =
            |name, values: Vec<f64>| Feature { name, dtype: "int64", names: None, width: 1, values };
        let each = |number: &dyn Fn(usize, usize) -> usize| -> Vec<f64> {
            let recordings = self.recordings.iter().enumerate();
            let rows =
                recordings.flat_map(|(at, recording)| (0..recording.frames.len()).map(move |row| (at, row)));
            rows.map(|(at, row)| number(at, row) as f64).collect()
        };
        features.push(counter("frame_index", each(&|_, row| row)));
        features.push(counter("episode_index", each(&|at, _| at)));
        let n_frames = self.n_frames();
        features.push(counter("index", (0..n_frames).map(|row| row as f64).collect()));
        features.push(counter("task_index", each(&|at, _| task(&self.recordings[at]).unwrap_or(0))));
        features
    }

    fn feature(
        &self,
        name: &'static str,
        names: Option<Vec<String>>,
        numbers: &dyn Fn(&Frame) -> Vec<f64>,
    ) -> Feature {
        let width = names.as_ref().map_or(1, Vec::len);
        let frames = self.recordings.iter().flat_map(|recording| &recording.frames);
        // What is stored is what statistics are of.
        let stored = frames.flat_map(numbers).map(|value| f64::from(value as f32));
        Feature { name, dtype: "float32", names, width, values: stored.collect() }
    }

    fn n_frames(&self) -> usize {
        self.recordings.iter().map(|recording| recording.frames.len()).sum()
    }

    fn write(&self, folder: &Path) -> Result<(), FormatError> {
        for file in [DATA, EPISODES] {
            let parent = folder.join(file).parent().unwrap_or(folder).to_path_buf();
            fs::create_dir_all(&parent).map_err(FormatError::io(&parent))?;
        }
        let frames: Vec<Written> = self.features.iter().map(Feature::column).collect();
        table::write(&folder.join(DATA), &frames, Vec::new())?;
        table::write(&folder.join(EPISODES), &self.episodes(), Vec::new())?;
        let tasks = [
            Written::new("task_index", Cells::Int((0..self.tasks.len() as i64).collect())),
            Written::new("__index_level_0__", Cells::Text(self.tasks.clone())),
        ];
        table::write(&folder.join("meta/tasks.parquet"), &tasks, vec![pandas()])?;
        write_json(&folder.join(INFO), &self.info())?;
        write_json(&folder.join("meta/stats.json"), &self.statistics())?;
        write_json(&folder.join(SCENE), &json!(SceneText::of(self.scene)))
    }

    fn info(&self) -> Value {
        let whole = self.scene.rate_hz.fract() == 0.0;
        let fps = if whole { json!(self.scene.rate_hz as u64) } else { json!(self.scene.rate_hz) };
        let feature = |feature: &Feature| {
            let text = json!({"dtype": feature.dtype, "shape": [feature.width], "names": feature.names});
            (feature.name.to_string(), text)
        };
        let features: Map<String, Value> = self.features.iter().map(feature).collect();
        json!({
            "codebase_version": VERSION,
            "robot_type": "panda",
            "total_episodes": self.recordings.len(),
            "total_frames": self.n_frames(),
            "total_tasks": self.tasks.len(),
            "chunks_size": CHUNK_SIZE,
            "data_files_size_in_mb": DATA_FILE_MB,
            "video_files_size_in_mb": VIDEO_FILE_MB,
            "fps": fps,
            "splits": {"train": format!("0:{}", self.recordings.len())},
            "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
            "video_path": null,
            "features": features,
        })
    }

    fn statistics(&self) -> Value {
        let of_feature = |feature: &Feature| {
            let all = statistics::of(&feature.values, feature.width);
            let text = |(name, values): (&str, Vec<f64>)| {
                let values = if name == "count" { json!([self.n_frames()]) } else { json!(values) };
                (name.to_string(), values)
            };
            (feature.name.to_string(), Value::Object(all.into_iter().map(text).collect()))
        };
        Value::Object(self.features.iter().map(of_feature).collect())
    }

    /// A row an episode: where its frames are, and their statistics.
    fn episodes(&self) -> Vec<Written> {
        let n_episodes = self.recordings.len();
        let mut ends = Vec::new();
        for recording in self.recordings {
            ends.push(ends.last().copied().unwrap_or(0) + recording.frames.len());
        }
        let starts: Vec<usize> = [0].into_iter().chain(ends.iter().copied()).take(n_episodes).collect();
        let integers = |values: &[usize]| Cells::Int(values.iter().map(|value| *value as i64).collect());
        let lengths: Vec<usize> = self.recordings.iter().map(|recording| recording.frames.len()).collect();
        let tasks = self.recordings.iter().map(|recording| recording.task.clone()).collect();
        let mut columns = vec![
            Written::new("episode_index", integers(&(0..n_episodes).collect::<Vec<_>>())),
            Written::lists("tasks", Cells::Text(tasks), 1),
            Written::new("length", integers(&lengths)),
            Written::new("data/chunk_index", integers(&vec![0; n_episodes])),
            Written::new("data/file_index", integers(&vec![0; n_episodes])),
            Written::new("dataset_from_index", integers(&starts)),
            Written::new("dataset_to_index", integers(&ends)),
        ];
        for feature in &self.features {
            let rows = starts.iter().zip(&ends);
            let each: Vec<_> = rows
                .map(|(start, end)| {
                    statistics::of(&feature.values[start * feature.width..end * feature.width], feature.width)
                })
                .collect();
            let names: Vec<&str> = each.first().into_iter().flatten().map(|(name, _)| *name).collect();
            for (at, statistic) in names.into_iter().enumerate() {
                let values: Vec<f64> = each.iter().flat_map(|all| all[at].1.iter().copied()).collect();
                let name = format!("stats/{}/{statistic}", feature.name);
                columns.push(match statistic {
                    "count" => {
                        Written::lists(name, Cells::Int(values.iter().map(|v| *v as i64).collect()), 1)
                    }
                    _ => Written::lists(name, Cells::Double(values), feature.width),
                });
            }
        }
        columns.push(Written::new("meta/episodes/chunk_index", integers(&vec![0; n_episodes])));
        columns.push(Written::new("meta/episodes/file_index", integers(&vec![0; n_episodes])));
        columns
    }
}

impl Feature {
    fn column(&self) -> Written {
        match self.dtype {
            "int64" => {
                Written::new(self.name, Cells::Int(self.values.iter().map(|value| *value as i64).collect()))
            }
            _ => {
                let cells = Cells::Float(self.values.iter().map(|value| *value as f32).collect());
                // Numbers of width 1 without names stand alone, others are lists.
                match self.names {
                    Some(_) => Written::lists(self.name, cells, self.width),
                    None => Written::new(self.name, cells),
                }
            }
        }
    }
}

/// Tells pandas that the words are the table's index, by which LeRobot looks tasks up.
fn pandas() -> KeyValue {
    let column = |name: Value, field: &str, pandas_type: &str, numpy_type: &str| {
        json!({"name": name, "field_name": field, "pandas_type": pandas_type, "numpy_type": numpy_type,
               "metadata": null})
    };
    let text = json!({
        "index_columns": ["__index_level_0__"],
        "column_indexes": [{"name": null, "field_name": null, "pandas_type": "unicode", "numpy_type": "object",
                            "metadata": {"encoding": "UTF-8"}}],
        "columns": [
            column(json!("task_index"), "task_index", "int64", "int64"),
            column(Value::Null, "__index_level_0__", "unicode", "object"),
        ],
        "creator": {"library": "isogrid", "version": env!("CARGO_PKG_VERSION")},
        "pandas_version": "2.0.0",
    });
    KeyValue::new("pandas".to_string(), text.to_string())
}

fn write_json(path: &Path, value: &Value) -> Result<(), FormatError> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| FormatError::Encode { path: path.to_path_buf(), reason: error.to_string() })?;
    text.push('\n');
    fs::write(path, text).map_err(FormatError::io(path))
}
