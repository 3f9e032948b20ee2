//! Finished rows, kept as they come, so that a run that was stopped goes on.
//!
//! Rows belong to one build of `isogrid` and to one version of the lists: others are not taken.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use isogrid_num::hash::{FastMap, hash_words};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The rows of a work folder by their keys.
#[derive(Debug)]
pub(super) struct State {
    file: File,
    rows: FastMap<String, Value>,
}

impl State {
    /// Opens the state of `program` and `lists` below `work`.
    ///
    /// # Errors
    /// The folder or the program cannot be read or written.
    pub fn open(work: &Path, program: &Path, lists: &[String]) -> Result<State> {
        let bytes = fs::read(program).with_context(|| format!("reading {}", program.display()))?;
        let mut words = vec![hash_bytes(&bytes)];
        words.extend(lists.iter().map(|text| hash_bytes(text.as_bytes())));
        State::of_file(&work.join(format!("{:016x}.jsonl", hash_words(&words))))
    }

    fn of_file(path: &Path) -> Result<State> {
        let folder = path.parent().context("a state file in a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        let text = if path.exists() { fs::read_to_string(path)? } else { String::new() };
        let mut rows = FastMap::default();
        // A line that was cut off when the run was stopped is done again.
        for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            if let Some(key) = line["key"].as_str() {
                rows.insert(key.to_string(), line["row"].clone());
            }
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if !text.is_empty() && !text.ends_with('\n') {
            writeln!(file)?;
        }
        Ok(State { file, rows })
    }

    /// The row of `key`, made now if it is not there.
    ///
    /// # Errors
    /// As `make`, or the disk refuses.
    pub fn row<R: Serialize + DeserializeOwned>(
        &mut self,
        key: &str,
        make: impl FnOnce() -> Result<R>,
    ) -> Result<R> {
        if let Some(row) = self.known(key) {
            return Ok(row);
        }
        let row = make()?;
        let value = serde_json::to_value(&row)?;
        writeln!(self.file, "{}", serde_json::json!({"key": key, "row": value}))
            .context("writing the state")?;
        self.rows.insert(key.to_string(), value);
        Ok(row)
    }

    /// The row of `key`, where it is there.
    pub fn known<R: DeserializeOwned>(&self, key: &str) -> Option<R> {
        serde_json::from_value(self.rows.get(key)?.clone()).ok()
    }
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    let word =
        |chunk: &[u8]| chunk.iter().rev().fold(chunk.len() as u64, |word, byte| word << 8 | u64::from(*byte));
    hash_words(&bytes.chunks(7).map(word).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_run_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("work/state.jsonl");
        let mut state = State::of_file(&path).expect("a new file");
        assert_eq!(state.row("a", || Ok(1)).expect("made"), 1);
        assert_eq!(state.row("a", || Ok(2)).expect("kept"), 1);
        drop(state);
        let text = fs::read_to_string(&path).expect("readable");
        fs::write(&path, text + "{\"key\":\"b\",\"ro").expect("writable");
        let mut state = State::of_file(&path).expect("an old file");
        assert_eq!(state.row("a", || Ok(3)).expect("kept"), 1);
        assert_eq!(state.known::<i32>("b"), None);
        assert_eq!(state.row("b", || Ok(4)).expect("made"), 4);
        drop(state);
        assert_eq!(State::of_file(&path).expect("an old file").known::<i32>("b"), Some(4));
    }
}
