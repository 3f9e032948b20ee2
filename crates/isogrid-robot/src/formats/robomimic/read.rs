//! Reading a robomimic file, demonstration by demonstration.

use std::path::Path;

use hdf5_reader::group::Group;

use super::environment::Environment;
use super::file::{Source, count, damaged, is_absent, text};
use super::{FINGERS, HAND, SCENE, SECONDS, TASK};
use crate::formats::episode::{Column, Columns, ObjectColumns};
use crate::formats::objects::{SceneText, describe, fit_workspace};
use crate::formats::{Format, FormatError, Loaded, ReadOptions, Reason, Rejected};
use crate::recording::Recording;
use crate::world::Scene;

/// Reads the file at `path`; there may be no usable episode in the answer.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Loaded, FormatError> {
    let source = Source::open(path)?;
    let data = source.group("data")?;
    let mut notes = Vec::new();
    let arguments = text(&data, "env_args").map_err(|error| FormatError::damaged(path, error))?;
    let environment = Environment::parse(path, arguments.as_deref(), options, &mut notes)?;
    let (names, mut rejected) = chosen(&source, &data, options)?;
    let known = environment.scene.is_some();
    let scene = match environment.scene.clone() {
        Some(scene) => scene,
        None => described(path, &data, &names, (&environment, options), &mut notes)?,
    };
    let mut recordings = Vec::new();
    for name in names {
        let episode = Episode { source: &source, name: &name, scene: &scene, scale: environment.scale };
        match episode.read(&data, options, &mut notes) {
            Ok(recording) => recordings.push(recording),
            Err(reason) => rejected.push(Rejected { episode: name, reason }),
        }
    }
    if !known {
        fit_workspace(&mut recordings, &mut notes);
    }
    Ok(Loaded { format: Format::Robomimic, recordings, rejected, notes })
}

/// Demonstrations in the order of their numbers; those that only the filter key knows are rejected.
fn chosen(
    source: &Source,
    data: &Group,
    options: &ReadOptions,
) -> Result<(Vec<String>, Vec<Rejected>), FormatError> {
    let path = &source.path;
    let (mut names, _) = data.member_names().map_err(|error| FormatError::damaged(path, error))?;
    let number = |name: &str| {
        let digits = name.rsplit('_').next().unwrap_or_default();
        digits.parse::<u64>().unwrap_or(u64::MAX)
    };
    names.sort_by(|a, b| number(a).cmp(&number(b)).then_with(|| a.cmp(b)));
    let Some(filter) = &options.filter else { return Ok((names, Vec::new())) };
    let list = format!("mask/{filter}");
    let mask = source.group("mask")?;
    let listed = match source.strings(&mask, filter) {
        Ok(Some(listed)) => listed,
        Ok(None) => {
            let (_, there) = mask.member_names().unwrap_or_default();
            let what = format!("filter key `{list}`; there are: {}", there.join(", "));
            return Err(FormatError::Missing { path: path.clone(), what });
        }
        Err(reason) => return Err(FormatError::damaged(path, reason)),
    };
    let absent = listed.iter().filter(|name| !names.contains(name));
    let reason = || Reason::Listed { list: list.clone() };
    let rejected = absent.map(|name| Rejected { episode: name.clone(), reason: reason() }).collect();
    names.retain(|name| listed.contains(name));
    Ok((names, rejected))
}

/// The scene of a file that does not say it, by the first demonstration that has observations.
fn described(
    path: &Path,
    data: &Group,
    names: &[String],
    (environment, options): (&Environment, &ReadOptions),
    notes: &mut Vec<String>,
) -> Result<Scene, FormatError> {
    let observations = names.iter().find_map(|name| data.group(name).and_then(|demo| demo.group("obs")).ok());
    let columns = observations.and_then(|group| group.member_names().ok()).unwrap_or_default().1;
    let object = |column: &String| {
        let name = column.strip_suffix("_pos")?;
        let of_the_robot = name.starts_with("robot") || name.contains("_to_");
        (!of_the_robot).then(|| name.to_string())
    };
    let mut found: Vec<String> = columns.iter().filter_map(object).collect();
    found.sort();
    // Without observations every demonstration will say so itself.
    let objects = if columns.is_empty() { Vec::new() } else { describe(path, &found, options, notes)? };
    Ok(Scene { objects, rate_hz: environment.rate_hz, workspace: [[0.0; 3]; 2] })
}

/// A demonstration to be read.
struct Episode<'a> {
    source: &'a Source,
    name: &'a str,
    scene: &'a Scene,
    scale: f64,
}

impl Episode<'_> {
    fn read(
        &self,
        data: &Group,
        options: &ReadOptions,
        notes: &mut Vec<String>,
    ) -> Result<Recording, Reason> {
        let broken = |error: hdf5_reader::error::Error| damaged(self.name, &error);
        let demo = data.group(self.name).map_err(broken)?;
        let observations = match demo.group("obs") {
            Ok(group) => group,
            Err(error) if is_absent(&error) => return Err(Reason::Missing { column: "obs".to_string() }),
            Err(error) => return Err(damaged("obs", &error)),
        };
        let said = |name: &str| {
            text(&demo, name).map_err(|reason| Reason::Damaged { column: name.to_string(), reason })
        };
        let scene = match said(SCENE)? {
            Some(text) => {
                let text = serde_json::from_str::<SceneText>(&text).map_err(|error| error.to_string());
                text.and_then(SceneText::into_scene).map_err(Reason::Scene)?
            }
            None => self.scene.clone(),
        };
        let task = said(TASK)?.unwrap_or_default();
        let columns = self.columns(&demo, &observations, &scene, options)?;
        self.check_count(&demo, columns.hand.rows())?;
        let upright =
            columns.objects.iter().zip(&scene.objects).filter(|(object, _)| object.rotation.is_none());
        for (_, object) in upright {
            let note = format!("`{}` is taken for upright, as it has no rotations", object.name);
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        columns.into_recording(&scene, &task, notes)
    }

    fn columns(
        &self,
        demo: &Group,
        observations: &Group,
        scene: &Scene,
        options: &ReadOptions,
    ) -> Result<Columns, Reason> {
        let observed = |name: &str| self.source.column(observations, name, &format!("obs/{name}"));
        let mut objects = Vec::new();
        for object in &scene.objects {
            let position = format!("{}_pos", object.name);
            let mut rotation = observed(&format!("{}_quat", object.name))?;
            if let Some(column) = &mut rotation {
                scalar_first(column);
            }
            let position = needed(observed(&position)?, &format!("obs/{position}"))?;
            objects.push(ObjectColumns { position, rotation });
        }
        let mut actions = needed(self.source.column(demo, "actions", "actions")?, "actions")?;
        if self.scale != 1.0 {
            scale(&mut actions, self.scale);
        }
        Ok(Columns {
            name: self.name.to_string(),
            seconds: self.source.column(demo, SECONDS, SECONDS)?,
            hand: needed(observed(HAND)?, &format!("obs/{HAND}"))?,
            opening: opening(needed(observed(FINGERS)?, &format!("obs/{FINGERS}"))?)?,
            objects,
            actions,
            base: options.base,
        })
    }

    fn check_count(&self, demo: &Group, rows: usize) -> Result<(), Reason> {
        let column = "num_samples";
        let declared =
            count(demo, column).map_err(|reason| Reason::Damaged { column: column.to_string(), reason })?;
        match declared {
            Some(found) if found != rows as f64 => {
                Err(Reason::Rows { column: column.to_string(), found: found as u64, expected: rows as u64 })
            }
            _ => Ok(()),
        }
    }
}

fn needed(column: Option<Column>, name: &str) -> Result<Column, Reason> {
    column.ok_or_else(|| Reason::Missing { column: name.to_string() })
}

/// robosuite's quaternions are (x, y, z, w).
fn scalar_first(column: &mut Column) {
    if column.width == 4 {
        column.values.chunks_exact_mut(4).for_each(|row| row.rotate_right(1));
    }
}

/// Two fingers, each measured from the middle. In robosuite's model the second counts downwards, in others upwards.
fn opening(fingers: Column) -> Result<Column, Reason> {
    if fingers.width != 2 {
        let (column, found) = (fingers.name, fingers.width);
        return Err(Reason::Width { column, found, expected: "2, one a finger".to_string() });
    }
    let pairs = || fingers.values.chunks_exact(2);
    let sign = if pairs().map(|pair| pair[1]).sum::<f64>() <= 0.0 { -1.0 } else { 1.0 };
    let values = pairs().map(|pair| pair[0] + sign * pair[1]).collect();
    Ok(Column { name: fingers.name, width: 1, values })
}

/// The hand's share of every action, from the file's units to ours.
fn scale(actions: &mut Column, factor: f64) {
    let width = actions.width.max(1);
    for row in actions.values.chunks_exact_mut(width) {
        row.iter_mut().take(3).for_each(|part| *part *= factor);
    }
}
