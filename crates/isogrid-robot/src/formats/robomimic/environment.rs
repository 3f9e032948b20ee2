//! What `env_args` says: the rate, the controller's scale, the scene where Isogrid wrote the file.
//!
//! robosuite 1.4 has one controller in `controller_configs`; since 1.5 it is one of its `body_parts`.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::SCENE;
use crate::formats::objects::SceneText;
use crate::formats::{FormatError, ReadOptions};
use crate::world::{ACTION_METRES, Scene};

/// robosuite's default.
const RATE_HZ: f64 = 20.0;

/// How deep a controller may be wrapped: `controller_configs`, `body_parts`, `right`.
const DEPTH: usize = 4;

/// The environment of a file.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The scene, where Isogrid wrote the file.
    pub scene: Option<Scene>,
    /// Observations a second.
    pub rate_hz: f64,
    /// How far the hand goes by an action component of one, in units of [`ACTION_METRES`].
    pub scale: f64,
}

impl Environment {
    /// Reads the text of `env_args`; without it everything is assumed, with a note.
    pub fn parse(
        path: &Path,
        text: Option<&str>,
        options: &ReadOptions,
        notes: &mut Vec<String>,
    ) -> Result<Environment, FormatError> {
        let value = |what: &str, found: String, expected: &str| FormatError::Value {
            path: path.to_path_buf(),
            what: what.to_string(),
            found,
            expected: expected.to_string(),
        };
        let arguments: Value = match text {
            Some(text) => serde_json::from_str(text)
                .map_err(|error| value("attribute `env_args`", error.to_string(), "JSON"))?,
            None => Value::Null,
        };
        let kwargs = &arguments["env_kwargs"];
        let scene = match kwargs.get(SCENE) {
            Some(text) => {
                let text = SceneText::deserialize(text).map_err(|error| error.to_string());
                let scene = text.and_then(SceneText::into_scene);
                Some(scene.map_err(|found| value(SCENE, found, "a scene as Isogrid writes it"))?)
            }
            None => None,
        };
        let said = scene.as_ref().map(|scene| scene.rate_hz).or(kwargs["control_freq"].as_f64());
        let rate_hz = said.or(options.rate_hz).unwrap_or(RATE_HZ);
        if !(rate_hz.is_finite() && rate_hz > 0.0) {
            return Err(value("`control_freq`", rate_hz.to_string(), "a rate in Hz above 0"));
        }
        if said.or(options.rate_hz).is_none() {
            notes.push(format!("the rate is taken for {RATE_HZ} Hz, as the file does not say it"));
        }
        let scale = match find_controller(&kwargs["controller_configs"], DEPTH) {
            Some(controller) => {
                scale_of(controller).map_err(|(what, found, expected)| value(what, found, expected))?
            }
            None => 1.0,
        };
        Ok(Environment { scene, rate_hz, scale })
    }
}

/// The first controller that moves the hand in space, or any other where there is none.
fn find_controller(config: &Value, depth: usize) -> Option<&Value> {
    let object = config.as_object()?;
    let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
    let nested = object.values().filter(|_| depth > 0).filter_map(|inner| find_controller(inner, depth - 1));
    let of_the_hand = nested.max_by_key(|found| is_hand_controller(found));
    match of_the_hand {
        Some(inner) if !is_hand_controller(config) => Some(inner),
        _ => (!kind.is_empty()).then_some(config),
    }
}

fn is_hand_controller(config: &Value) -> bool {
    config["type"].as_str().is_some_and(|kind| kind.starts_with("OSC"))
}

/// What is wrong: of what, the value, and what is expected.
type Wrong = (&'static str, String, &'static str);

/// The metres of an action component of one, in units of [`ACTION_METRES`].
fn scale_of(controller: &Value) -> Result<f64, Wrong> {
    if !is_hand_controller(controller) {
        let found = controller["type"].as_str().unwrap_or_default().to_string();
        return Err(("the controller", found, "`OSC_POSITION` or `OSC_POSE`"));
    }
    let absolute = controller["control_delta"] == false || controller["input_type"] == "absolute";
    if absolute {
        return Err(("the controller's input", "absolute".to_string(), "offsets from where the hand is"));
    }
    let most = match &controller["output_max"] {
        Value::Array(all) => all.first().and_then(Value::as_f64),
        other => other.as_f64(),
    };
    match most {
        None => Ok(1.0),
        Some(metres) if metres.is_finite() && metres > 0.0 => Ok(metres / ACTION_METRES),
        Some(metres) => Err(("the controller's `output_max`", metres.to_string(), "metres above 0")),
    }
}
