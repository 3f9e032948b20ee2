//! What the files say about the scene, and what the caller says where they do not.
//!
//! Files that Isogrid writes carry the scene as JSON; other files only name objects by their columns.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{FormatError, ReadOptions};
use crate::recording::Recording;
use crate::world::{Object, ObjectKind, Scene};

/// Rates that a clock in seconds can tell apart.
const RATES_HZ: std::ops::RangeInclusive<f64> = 0.01..=100_000.0;

/// A scene as it stands in files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SceneText {
    objects: Vec<ObjectText>,
    rate_hz: f64,
    workspace: [[f64; 3]; 2],
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ObjectText {
    name: String,
    kind: KindText,
    half_size: [f64; 3],
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindText {
    Block,
    Pad,
}

impl SceneText {
    pub fn of(scene: &Scene) -> SceneText {
        let object = |object: &Object| ObjectText {
            name: object.name.clone(),
            kind: match object.kind {
                ObjectKind::Block => KindText::Block,
                ObjectKind::Pad => KindText::Pad,
            },
            half_size: object.half_size,
        };
        let objects = scene.objects.iter().map(object).collect();
        SceneText { objects, rate_hz: scene.rate_hz, workspace: scene.workspace }
    }

    /// The scene, or what is wrong with it.
    pub fn into_scene(self) -> Result<Scene, String> {
        let object = |object: ObjectText| Object {
            name: object.name,
            kind: match object.kind {
                KindText::Block => ObjectKind::Block,
                KindText::Pad => ObjectKind::Pad,
            },
            half_size: object.half_size,
        };
        let objects = self.objects.into_iter().map(object).collect();
        let scene = Scene { objects, rate_hz: self.rate_hz, workspace: self.workspace };
        check_scene(&scene).map(|()| scene)
    }
}

/// Whether `scene` can be written and read back. The error is what it has and should not have.
pub fn check_scene(scene: &Scene) -> Result<(), String> {
    if !RATES_HZ.contains(&scene.rate_hz) {
        return Err(format!("a rate of {} Hz, expected {RATES_HZ:?}", scene.rate_hz));
    }
    let corners = scene.workspace.iter().flatten();
    if !corners.clone().all(|value| value.is_finite())
        || (0..3).any(|k| scene.workspace[0][k] > scene.workspace[1][k])
    {
        return Err(format!(
            "the workspace {:?}, expected its lowest and its highest corner",
            scene.workspace
        ));
    }
    for (at, object) in scene.objects.iter().enumerate() {
        let name = &object.name;
        let special = name.is_empty() || name == "." || name.starts_with("robot0") || name.contains("_to_");
        if special || name.contains(|c: char| c == '/' || c == '*' || c.is_control()) {
            return Err(format!("an object called {name:?}, which cannot name a column"));
        }
        if scene.objects[..at].iter().any(|other| other.name == *name) {
            return Err(format!("two objects called `{name}`"));
        }
        if !object.half_size.iter().all(|half| half.is_finite() && *half >= 0.0) {
            return Err(format!("the half size {:?} of `{name}`, expected metres", object.half_size));
        }
    }
    Ok(())
}

/// Descriptions of the objects called `found`, in that order, from the caller's; a note names those left out.
pub fn describe(
    path: &Path,
    found: &[String],
    options: &ReadOptions,
    notes: &mut Vec<String>,
) -> Result<Vec<Object>, FormatError> {
    let absent = |object: &&Object| !found.iter().any(|name| fits(&object.name, name));
    if let Some(object) = options.objects.iter().find(absent) {
        let (name, found) = (object.name.clone(), found.to_vec());
        return Err(FormatError::AbsentObject { path: path.to_path_buf(), name, found });
    }
    let mut objects = Vec::new();
    let mut left_out = Vec::new();
    for name in found {
        match options.objects.iter().find(|object| fits(&object.name, name)) {
            Some(object) => objects.push(Object { name: name.clone(), ..object.clone() }),
            None => left_out.push(format!("`{name}`")),
        }
    }
    if objects.is_empty() && !found.is_empty() {
        return Err(FormatError::Undescribed { path: path.to_path_buf(), names: found.to_vec() });
    }
    if !left_out.is_empty() {
        notes.push(format!("{} left out: nobody described what they are", left_out.join(", ")));
    }
    Ok(objects)
}

/// Whether `name` is `pattern` with any characters at each `*`.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(head) else { return false };
    let starts = name.char_indices().map(|(at, _)| at).chain([name.len()]);
    starts.into_iter().any(|at| fits(rest, &name[at..]))
}

/// Gives recordings without a known workspace the smallest box around all that was in them.
pub fn fit_workspace(recordings: &mut [Recording], notes: &mut Vec<String>) {
    let mut corners = [[f64::INFINITY; 3], [f64::NEG_INFINITY; 3]];
    for frame in recordings.iter().flat_map(|recording| &recording.frames) {
        let objects = frame.observation.objects.iter().map(|pose| pose.position);
        for position in objects.chain([frame.observation.hand.position]) {
            for k in 0..3 {
                corners[0][k] = corners[0][k].min(position[k]);
                corners[1][k] = corners[1][k].max(position[k]);
            }
        }
    }
    if recordings.is_empty() {
        return;
    }
    recordings.iter_mut().for_each(|recording| recording.scene.workspace = corners);
    notes
        .push("the workspace is the box around everything recorded, as the file does not say it".to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_any_characters() {
        let cases = [
            ("cube", "cube", true),
            ("cube", "cubeA", false),
            ("cube*", "cubeA", true),
            ("cube*", "cube", true),
            ("*_block", "red_block", true),
            ("*_block", "red_blocks", false),
            ("c*e*A", "cube_e_A", true),
            ("", "", true),
            ("*", "würfel", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
