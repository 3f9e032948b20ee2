//! Finished attempts, kept on disk so that a run that was stopped goes on.
//!
//! A row is kept under a name and a digest of all that it depends on: a new build of ours loses our rows and keeps those
//! of peers.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use isogrid_num::hash::{FastMap, hash_words};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::rivals::{Maker, Programs, Rival};
use crate::machine;

/// Digests of what attempts are made with and where; each holds the processor's name too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamps {
    /// The command `isogrid`.
    ours: u64,
    /// The releases of all peers, and the script that calls one of them.
    peers: u64,
    /// This executable, which clocks our searches, with the peers, whose translator it may use.
    pub own: u64,
}

impl Stamps {
    /// Reads the programs; `versions` are those of the peers.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn read(programs: &Programs, versions: &str) -> Result<Stamps> {
        let file = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
        let processor = hash_bytes(machine::processor().as_bytes());
        let stamp = |bytes: &[u8]| hash_words(&[processor, hash_bytes(bytes)]);
        let script = file(&programs.scripts.join("peer_mimir.py"))?;
        let peers = stamp(&[versions.as_bytes(), &script].concat());
        let own = stamp(&file(&std::env::current_exe()?)?);
        Ok(Stamps { ours: stamp(&file(&programs.isogrid)?), peers, own: hash_words(&[own, peers]) })
    }

    /// That of attempts of `rival`.
    pub fn of(&self, rival: Rival) -> u64 {
        if rival.maker() == Maker::Isogrid { self.ours } else { self.peers }
    }
}

/// The rows of a work folder by their keys.
#[derive(Debug)]
pub(super) struct State {
    file: File,
    rows: FastMap<String, Value>,
}

impl State {
    /// Opens the state below `work`.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn open(work: &Path) -> Result<State> {
        State::of_file(&work.join("attempts.jsonl"))
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

/// A hash of bytes.
pub(super) fn hash_bytes(bytes: &[u8]) -> u64 {
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
