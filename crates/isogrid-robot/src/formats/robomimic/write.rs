//! Writing a robomimic file: what its data loader needs, the scene in attributes, and the clock.

use std::path::Path;

use hdf5_writer::{AttributeBuilder, DatasetBuilder, Hdf5Builder, WriteOptions};
use serde_json::{Value, json};

use super::{FINGERS, HAND, HAND_ROTATION, SCENE, SECONDS, TASK};
use crate::formats::episode::{Columns, check_recording};
use crate::formats::objects::SceneText;
use crate::formats::{FormatError, atomic};
use crate::recording::Recording;
use crate::world::{ACTION_METRES, Scene};

/// robomimic's number for environments of robosuite's kind.
const ENV_TYPE: i64 = 1;

/// The name that `env_args` gives to our scenes.
const ENV_NAME: &str = "Isogrid";

/// A hand that points straight down: half a turn around x, as (x, y, z, w).
const DOWN: [f64; 4] = [1.0, 0.0, 0.0, 0.0];

/// Writes `recordings` as `demo_0`, `demo_1`, .. of a robomimic HDF5 file at `path`, which appears whole or not at all.
///
/// Numbers are 64-bit and read back equal, save action components beyond [-1, 1], which are clipped when read. Rewards
/// are 0, as no recording holds them; `dones` is 1 in the last row; the rotation of the hand is "straight down".
///
/// # Errors
/// There is no recording, one would be rejected when read back, or the file cannot be written.
pub fn write_robomimic(path: &Path, recordings: &[Recording]) -> Result<(), FormatError> {
    let Some(first) = recordings.first() else {
        return Err(FormatError::NoEpisodes { path: path.to_path_buf() });
    };
    for (index, recording) in recordings.iter().enumerate() {
        check_recording(recording).map_err(|reason| FormatError::Unwritable { index, reason })?;
    }
    let encode = FormatError::encode(path);
    let bytes = encode_file(recordings, &first.scene).map_err(|error| encode(&error))?;
    atomic::write_file(path, &bytes)
}

fn encode_file(recordings: &[Recording], scene: &Scene) -> Result<Vec<u8>, hdf5_writer::Error> {
    let n_frames: usize = recordings.iter().map(|recording| recording.frames.len()).sum();
    let arguments = arguments(scene).to_string();
    let mut file = Hdf5Builder::new()
        .group_attribute("data", AttributeBuilder::scalar("total", n_frames as i64)?)
        .group_attribute("data", AttributeBuilder::fixed_string("env_args", arguments));
    for (index, recording) in recordings.iter().enumerate() {
        let group = format!("data/demo_{index}");
        let n_rows = recording.frames.len();
        file = file.group_attribute(&group, AttributeBuilder::scalar("num_samples", n_rows as i64)?);
        if !recording.task.is_empty() {
            file = file.group_attribute(&group, AttributeBuilder::fixed_string(TASK, &recording.task));
        }
        if recording.scene != *scene {
            let text = json!(SceneText::of(&recording.scene)).to_string();
            file = file.group_attribute(&group, AttributeBuilder::fixed_string(SCENE, text));
        }
        for (name, width, values) in datasets(recording) {
            let shape = if width == 1 { vec![n_rows as u64] } else { vec![n_rows as u64, width as u64] };
            file = file.dataset(DatasetBuilder::typed_data(format!("{group}/{name}"), shape, &values)?);
        }
        let dones: Vec<i64> = (1..=n_rows).map(|row| i64::from(row == n_rows)).collect();
        file = file.dataset(DatasetBuilder::typed_data(format!("{group}/dones"), [n_rows as u64], &dones)?);
    }
    file.into_plan()?.encode(WriteOptions::default())
}

/// `env_args`: what robomimic wants to know, and the scene.
fn arguments(scene: &Scene) -> Value {
    let controller = json!({
        "type": "OSC_POSITION", "control_delta": true, "input_max": 1, "input_min": -1,
        "output_max": [ACTION_METRES, ACTION_METRES, ACTION_METRES],
        "output_min": [-ACTION_METRES, -ACTION_METRES, -ACTION_METRES],
    });
    json!({
        "env_name": ENV_NAME,
        "type": ENV_TYPE,
        "env_kwargs": {
            "robots": ["Panda"],
            "control_freq": scene.rate_hz,
            "controller_configs": controller,
            SCENE: SceneText::of(scene),
        },
    })
}

/// Name, width and values of every data set of 64-bit numbers.
fn datasets(recording: &Recording) -> Vec<(String, usize, Vec<f64>)> {
    let columns = Columns::of(recording);
    let n_rows = recording.frames.len();
    let fingers = columns.opening.values.iter().flat_map(|opening| [opening / 2.0, -opening / 2.0]).collect();
    let mut observed = vec![
        (HAND.to_string(), 3, columns.hand.values),
        (HAND_ROTATION.to_string(), 4, DOWN.repeat(n_rows)),
        (FINGERS.to_string(), 2, fingers),
    ];
    for (object, known) in columns.objects.into_iter().zip(&recording.scene.objects) {
        observed.push((format!("{}_pos", known.name), 3, object.position.values));
        if let Some(mut rotation) = object.rotation {
            rotation.values.chunks_exact_mut(4).for_each(|row| row.rotate_left(1));
            observed.push((format!("{}_quat", known.name), 4, rotation.values));
        }
    }
    let mut all = vec![("actions".to_string(), 4, columns.actions.values)];
    all.extend(columns.seconds.map(|seconds| (SECONDS.to_string(), 1, seconds.values)));
    all.push(("rewards".to_string(), 1, vec![0.0; n_rows]));
    for (name, width, values) in observed {
        // What follows the last observation was not recorded; robomimic repeats it too.
        let mut next = values[width..].to_vec();
        next.extend_from_slice(&values[values.len() - width..]);
        all.push((format!("obs/{name}"), width, values));
        all.push((format!("next_obs/{name}"), width, next));
    }
    all
}
