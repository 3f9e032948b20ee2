//! Reading a LeRobot folder: tables of frames, put together episode by episode.

use std::collections::BTreeMap;
use std::path::Path;

use super::info::{Info, PoseColumns, read_text};
use super::table::{Numbers, Table};
use super::{ACTION, ENVIRONMENT, SCENE, STATE, meta};
use crate::formats::episode::{Column, Columns, ObjectColumns};
use crate::formats::objects::{SceneText, describe, fit_workspace};
use crate::formats::{FormatError, INFO, Loaded, ReadOptions, Reason, Rejected};
use crate::recording::Recording;
use crate::world::Scene;

/// Reads the folder at `path`; there may be no usable episode in the answer.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Loaded, FormatError> {
    let info = Info::read(&path.join(INFO))?;
    let mut notes = Vec::new();
    if !info.cameras.is_empty() {
        notes.push(format!("images and videos are left alone: {}", info.cameras.join(", ")));
    }
    let said = read_scene(&path.join(SCENE))?;
    let known = said.is_some();
    let (scene, poses) = scene(path, &info, said, options, &mut notes)?;
    let tasks = meta::tasks(path, info.format).unwrap_or_else(|error| {
        notes.push(format!("tasks have no words: {error}"));
        BTreeMap::new()
    });
    let lengths = meta::lengths(path, info.format).unwrap_or_else(|error| {
        notes.push(format!("lengths of episodes are not checked: {error}"));
        BTreeMap::new()
    });
    let layout =
        Layout { hand: info.hand(options)?, action: info.action(options)?, poses, base: options.base };
    let mut rejected = Vec::new();
    let mut episodes = BTreeMap::new();
    for file in meta::parquet_files(&path.join("data"))? {
        if let Err(error) = collect(&file, &layout, &mut episodes) {
            let name = file.strip_prefix(path).unwrap_or(&file).display().to_string();
            let reason = Reason::Damaged { column: name.clone(), reason: error };
            rejected.push(Rejected { episode: name, reason });
        }
    }
    let declared = declared(&info, &lengths, &mut notes);
    let mut recordings = Vec::new();
    for index in
        declared.into_iter().chain(episodes.keys().copied()).collect::<std::collections::BTreeSet<_>>()
    {
        let rows = episodes.remove(&index).unwrap_or_default();
        match rows.into_recording(index, lengths.get(&index).copied(), (&scene, &layout, &tasks), &mut notes)
        {
            Ok(recording) => recordings.push(recording),
            Err(reason) => rejected.push(Rejected { episode: format!("episode {index}"), reason }),
        }
    }
    if !known {
        fit_workspace(&mut recordings, &mut notes);
    }
    Ok(Loaded { format: info.format, recordings, rejected, notes })
}

/// Episodes that the folder says it has.
fn declared(info: &Info, lengths: &BTreeMap<i64, u64>, notes: &mut Vec<String>) -> Vec<i64> {
    let n_listed = lengths.len() as u64;
    if let Some(total) = info.episodes.filter(|total| !lengths.is_empty() && *total != n_listed) {
        notes.push(format!("`total_episodes` is {total}, but {n_listed} are listed"));
    }
    lengths.keys().copied().collect()
}

fn read_scene(path: &Path) -> Result<Option<Scene>, FormatError> {
    if !path.is_file() {
        return Ok(None);
    }
    let text: SceneText =
        serde_json::from_str(&read_text(path)?).map_err(|error| FormatError::damaged(path, error))?;
    let scene =
        text.into_scene().map_err(|wrong| FormatError::damaged(path, format!("the scene has {wrong}")))?;
    Ok(Some(scene))
}

/// The scene, and where the poses of its objects are.
fn scene(
    path: &Path,
    info: &Info,
    said: Option<Scene>,
    options: &ReadOptions,
    notes: &mut Vec<String>,
) -> Result<(Scene, Vec<PoseColumns>), FormatError> {
    let found = info.poses()?;
    let names: Vec<String> = found.iter().map(|pose| pose.name.clone()).collect();
    let scene = match said {
        Some(scene) => Scene { rate_hz: info.rate_hz, ..scene },
        None => {
            let objects = describe(path, &names, options, notes)?;
            Scene { objects, rate_hz: info.rate_hz, workspace: [[0.0; 3]; 2] }
        }
    };
    let mut poses = Vec::new();
    for object in &scene.objects {
        let Some(pose) = found.iter().find(|pose| pose.name == object.name) else {
            let (path, name) = (path.to_path_buf(), object.name.clone());
            return Err(FormatError::AbsentObject { path, name, found: names });
        };
        if pose.rotation.is_none() {
            notes.push(format!("`{}` is taken for upright, as it has no rotations", object.name));
        }
        poses.push(pose.clone());
    }
    Ok((scene, poses))
}

/// Where the numbers are in the columns.
struct Layout {
    hand: [usize; 4],
    /// `None` for robosuite's seven.
    action: Option<[usize; 4]>,
    poses: Vec<PoseColumns>,
    base: [f64; 3],
}

/// The frames of one episode as they come.
#[derive(Default)]
struct Rows {
    state: Vec<Vec<f64>>,
    environment: Vec<Vec<f64>>,
    action: Vec<Vec<f64>>,
    seconds: Vec<f64>,
    frame: Vec<f64>,
    task: Option<i64>,
}

/// Sorts the rows of one file into episodes. The error is what its reader says.
fn collect(path: &Path, layout: &Layout, episodes: &mut BTreeMap<i64, Rows>) -> Result<(), String> {
    let table = Table::open(path).map_err(|error| inner(&error))?;
    let column = |name: &str| table.numbers(name).map_err(|error| inner(&error));
    let needed = |name: &str| column(name)?.ok_or_else(|| format!("there is no column `{name}`"));
    let index = needed("episode_index")?;
    let n_rows = index.rows();
    let (state, action) = (needed(STATE)?, needed(ACTION)?);
    let (seconds, frame) = (needed("timestamp")?, needed("frame_index")?);
    let environment = if layout.poses.is_empty() { None } else { Some(needed(ENVIRONMENT)?) };
    let task = column("task_index")?;
    let all =
        [Some(&state), Some(&action), Some(&seconds), Some(&frame), environment.as_ref(), task.as_ref()];
    if let Some(other) = all.into_iter().flatten().find(|other| other.rows() != n_rows) {
        return Err(format!("columns of {n_rows} and of {} rows", other.rows()));
    }
    let first = |numbers: &Numbers, row| numbers.row(row).first().copied().unwrap_or(f64::NAN);
    for row in 0..n_rows {
        let at = first(&index, row);
        if at.is_nan() || at < 0.0 || at.fract() != 0.0 {
            return Err(format!("`episode_index` is {at} in row {row}"));
        }
        let rows = episodes.entry(at as i64).or_default();
        rows.state.push(state.row(row).to_vec());
        rows.environment.extend(environment.as_ref().map(|numbers| numbers.row(row).to_vec()));
        rows.action.push(action.row(row).to_vec());
        rows.seconds.push(first(&seconds, row));
        rows.frame.push(first(&frame, row));
        rows.task = rows.task.or(task.as_ref().map(|numbers| first(numbers, row) as i64));
    }
    Ok(())
}

/// The reason without the path, which the rejection names.
fn inner(error: &FormatError) -> String {
    match error {
        FormatError::Damaged { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

impl Rows {
    fn into_recording(
        self,
        index: i64,
        declared: Option<u64>,
        (scene, layout, tasks): (&Scene, &Layout, &BTreeMap<i64, String>),
        notes: &mut Vec<String>,
    ) -> Result<Recording, Reason> {
        let rows = self.frame.len() as u64;
        if let Some(found) = declared.filter(|declared| *declared != rows) {
            return Err(Reason::Rows { column: "length".to_string(), found, expected: rows });
        }
        if let Some(row) = (0..self.frame.len()).find(|row| self.frame[*row] != *row as f64) {
            return Err(Reason::FrameIndex { row, found: self.frame[row] });
        }
        let [x, y, z, opening] = layout.hand;
        let objects = layout.poses.iter().map(|pose| {
            let position = pick(ENVIRONMENT, &self.environment, &pose.position)?;
            let rotation = pose.rotation.map(|at| pick(ENVIRONMENT, &self.environment, &at)).transpose()?;
            Ok(ObjectColumns { position, rotation })
        });
        let columns = Columns {
            name: format!("episode {index}"),
            hand: pick(STATE, &self.state, &[x, y, z])?,
            opening: pick(STATE, &self.state, &[opening])?,
            objects: objects.collect::<Result<_, _>>()?,
            actions: match layout.action {
                Some(columns) => pick(ACTION, &self.action, &columns)?,
                None => pick(ACTION, &self.action, &[0, 1, 2, 3, 4, 5, 6])?,
            },
            seconds: Some(Column { name: "timestamp".to_string(), width: 1, values: self.seconds }),
            base: layout.base,
        };
        let task = self.task.and_then(|task| tasks.get(&task));
        columns.into_recording(scene, task.map_or("", String::as_str), notes)
    }
}

/// The numbers at `places` of every row, which all have the width of the first.
fn pick(name: &str, rows: &[Vec<f64>], places: &[usize]) -> Result<Column, Reason> {
    let wrong = |found: usize, expected: String| Reason::Width { column: name.to_string(), found, expected };
    let needed = places.iter().max().map_or(0, |most| most + 1);
    let width = rows.first().map_or(needed, Vec::len);
    let mut values = Vec::with_capacity(rows.len() * places.len());
    for row in rows {
        if row.len() != width {
            return Err(wrong(row.len(), format!("{width} as in its first row")));
        }
        for place in places {
            let value = row.get(*place).ok_or_else(|| wrong(width, format!("at least {needed}")))?;
            values.push(*value);
        }
    }
    Ok(Column { name: name.to_string(), width: places.len(), values })
}
