//! Reading scenario files.

use std::fs;
use std::path::Path;

use crate::SimError;
use crate::scenario::Scenario;

/// The largest scenario file, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Reads a scenario from TOML text; `name` is shown in messages.
///
/// # Errors
/// [`SimError::File`] with line and column.
pub fn parse(name: &Path, text: &str) -> Result<Scenario, SimError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    toml::from_str(text).map_err(|error| SimError::File {
        path: name.to_path_buf(),
        problem: error.to_string().trim().to_string(),
    })
}

/// Reads a scenario file.
///
/// # Errors
/// It cannot be read, is not text, or is no scenario.
pub fn read(path: &Path) -> Result<Scenario, SimError> {
    let io = |source| SimError::Io { path: path.to_path_buf(), source };
    let wrong = |problem: &str| SimError::File { path: path.to_path_buf(), problem: problem.to_string() };
    if fs::metadata(path).map_err(io)?.len() > MAX_BYTES {
        return Err(wrong("larger than 1 MiB: not a scenario"));
    }
    let bytes = fs::read(path).map_err(io)?;
    let mut scenario = parse(path, std::str::from_utf8(&bytes).map_err(|_| wrong("not UTF-8 text"))?)?;
    if let (Some(mjcf), Some(folder)) = (&scenario.scene.mjcf, path.parent()) {
        scenario.scene.mjcf = Some(folder.join(mjcf));
    }
    Ok(scenario)
}
