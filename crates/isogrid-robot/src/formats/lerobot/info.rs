//! `meta/info.json`: the version, the rate, and what the numbers of each column are called.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{ACTION, ACTION_NAMES, ENVIRONMENT, POSE_NAMES, STATE, STATE_NAMES};
use crate::formats::{Format, FormatError, ReadOptions};

/// Larger descriptions are not read.
const MAX_TEXT: u64 = 64 << 20;

/// What the folder says about itself.
#[derive(Debug)]
pub struct Info {
    pub format: Format,
    pub rate_hz: f64,
    pub episodes: Option<u64>,
    /// Columns of images and videos, which are not read.
    pub cameras: Vec<String>,
    path: PathBuf,
    features: Value,
}

/// Where the numbers of one object are in a row: position, and w, x, y, z.
#[derive(Debug, Clone)]
pub struct PoseColumns {
    pub name: String,
    pub position: [usize; 3],
    pub rotation: Option<[usize; 4]>,
}

/// The whole of a text file.
pub fn read_text(path: &Path) -> Result<String, FormatError> {
    let fault = FormatError::io(path);
    if fs::metadata(path).map_err(&fault)?.len() > MAX_TEXT {
        return Err(FormatError::damaged(path, format!("longer than {MAX_TEXT} bytes")));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_TEXT).read_to_end(&mut bytes)).map_err(&fault)?;
    String::from_utf8(bytes).map_err(|error| FormatError::damaged(path, error))
}

impl Info {
    pub fn read(path: &Path) -> Result<Info, FormatError> {
        let json: Value =
            serde_json::from_str(&read_text(path)?).map_err(|e| FormatError::damaged(path, e))?;
        let path = path.to_path_buf();
        let format = match json["codebase_version"].as_str() {
            Some("v3.0") => Format::LerobotV3,
            Some("v2.1") => Format::LerobotV21,
            Some(found) => return Err(FormatError::Version { path, found: found.to_string() }),
            None => return Err(FormatError::Missing { path, what: "`codebase_version`".to_string() }),
        };
        let rate_hz = match json["fps"].as_f64() {
            Some(rate_hz) if rate_hz.is_finite() && rate_hz > 0.0 => rate_hz,
            _ => {
                let (what, expected) = ("`fps`".to_string(), "a rate in Hz above 0".to_string());
                return Err(FormatError::Value { path, what, found: json["fps"].to_string(), expected });
            }
        };
        let features = json["features"].clone();
        let Some(columns) = features.as_object() else {
            return Err(FormatError::Missing { path, what: "`features`".to_string() });
        };
        let is_camera = |feature: &Value| matches!(feature["dtype"].as_str(), Some("video" | "image"));
        let cameras =
            columns.iter().filter(|(_, feature)| is_camera(feature)).map(|(name, _)| name.clone()).collect();
        Ok(Info { format, rate_hz, episodes: json["total_episodes"].as_u64(), cameras, path, features })
    }

    /// Which numbers of `observation.state` are x, y, z and the opening.
    pub fn hand(&self, options: &ReadOptions) -> Result<[usize; 4], FormatError> {
        if let Some(columns) = options.hand_columns {
            return Ok(columns);
        }
        self.four(STATE, STATE_NAMES, "gripper", "`hand_columns`")
    }

    /// Which numbers of `action` are x, y, z and grip; `None` where it is robosuite's seven, which may turn the hand.
    pub fn action(&self, options: &ReadOptions) -> Result<Option<[usize; 4]>, FormatError> {
        if let Some(columns) = options.action_columns {
            return Ok(Some(columns));
        }
        let (names, width) = (self.names(ACTION), self.width(ACTION));
        let turns = ["roll", "pitch", "yaw"].iter().all(|turn| names.iter().any(|name| name == turn));
        if width == Some(7) && (names.is_empty() || turns) {
            return Ok(None);
        }
        self.four(ACTION, ACTION_NAMES, "gripper", "`action_columns`").map(Some)
    }

    /// Where each object's numbers are in `observation.environment_state`; empty where there is no such column.
    pub fn poses(&self) -> Result<Vec<PoseColumns>, FormatError> {
        if self.features.get(ENVIRONMENT).is_none() {
            return Ok(Vec::new());
        }
        let names = self.names(ENVIRONMENT);
        let mut objects: Vec<&str> = Vec::new();
        for name in names.iter().filter_map(|name| name.strip_suffix(".x")) {
            if !objects.contains(&name) {
                objects.push(name);
            }
        }
        let expected = format!("OBJECT.{}", POSE_NAMES.join(", OBJECT."));
        if objects.is_empty() {
            return Err(self.unnamed(ENVIRONMENT, &names, expected));
        }
        let of_object = |object: &&str| {
            let at = |ending: &str| {
                let is_it = |name: &String| {
                    name.strip_suffix(ending).and_then(|n| n.strip_suffix('.')) == Some(*object)
                };
                names.iter().position(is_it)
            };
            let [x, y, z, qw, qx, qy, qz] = POSE_NAMES.map(at);
            let position = x.zip(y).zip(z).map(|((x, y), z)| [x, y, z]);
            let rotation = qw.zip(qx).zip(qy.zip(qz)).map(|((w, x), (y, z))| [w, x, y, z]);
            let position = position.ok_or_else(|| self.unnamed(ENVIRONMENT, &names, expected.clone()))?;
            Ok(PoseColumns { name: object.to_string(), position, rotation })
        };
        objects.iter().map(of_object).collect()
    }

    fn four(
        &self,
        feature: &str,
        wanted: [&str; 4],
        grip: &str,
        option: &str,
    ) -> Result<[usize; 4], FormatError> {
        if self.features.get(feature).is_none() {
            let what = format!("feature `{feature}`");
            return Err(FormatError::Missing { path: self.path.clone(), what });
        }
        let names = self.names(feature);
        if names.is_empty() && self.width(feature) == Some(4) {
            return Ok([0, 1, 2, 3]);
        }
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let [x, y, z, last] = wanted.map(find);
        match (x, y, z, last.or_else(|| find(grip))) {
            (Some(x), Some(y), Some(z), Some(last)) => Ok([x, y, z, last]),
            _ => {
                let expected = format!("{}, or the option {option}", wanted.join(", "));
                Err(self.unnamed(feature, &names, expected))
            }
        }
    }

    fn unnamed(&self, feature: &str, names: &[String], expected: String) -> FormatError {
        let what = format!("the names of `{feature}`");
        let found = if names.is_empty() { "nothing".to_string() } else { names.join(", ") };
        FormatError::Value { path: self.path.clone(), what, found, expected }
    }

    fn width(&self, feature: &str) -> Option<u64> {
        self.features[feature]["shape"].get(0)?.as_u64()
    }

    /// Names come as a list, or as lists by group (`{"motors": [..]}`).
    fn names(&self, feature: &str) -> Vec<String> {
        let strings = |list: &Value| {
            let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(Value::as_str).map(str::to_string).collect::<Vec<_>>()
        };
        match &self.features[feature]["names"] {
            Value::Object(groups) => groups.values().flat_map(strings).collect(),
            names => strings(names),
        }
    }
}
