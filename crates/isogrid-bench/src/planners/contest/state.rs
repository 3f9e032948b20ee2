//! Finished attempts, kept on disk so that a run that was stopped goes on.
//!
//! In the work folder a row is kept under a name and a digest of all that it depends on: a new build of ours loses our
//! rows and keeps those of peers. A run directory that lacks parts holds the rows of whole groups (all attempts at one
//! instance) with the piece in which they were made; who goes on from it takes them as they are, from any machine.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use isogrid_num::hash::{FastMap, FastSet, hash_words};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rivals::{Maker, Programs, Rival};
use crate::machine;
use crate::piece::Piece;

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
    /// Reads the programs; `versions` are those of the peers, and on `n_cores` cores attempts are made at a time.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn read(programs: &Programs, versions: &str, n_cores: usize) -> Result<Stamps> {
        let file = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
        let processor = hash_words(&[hash_bytes(machine::processor().as_bytes()), n_cores as u64]);
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

/// What a row is kept under.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// The section and the instance: rows that are compared with one another.
    pub group: String,
    /// The group, who attempted, and a digest of the files and the limits.
    pub name: String,
    /// A digest of what it was made with and where.
    pub stamp: u64,
}

impl Key {
    fn local(&self) -> String {
        format!("{} {:016x}", self.name, self.stamp)
    }
}

/// A row of a run directory that lacks parts.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    name: String,
    piece: usize,
    row: Value,
}

/// A line of such a directory's `attempts.jsonl`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Piece(Piece),
    Kept(Kept),
}

/// The file of a run directory that lacks parts.
const ATTEMPTS: &str = "attempts.jsonl";

/// The rows of a work folder by their keys, those of earlier pieces, and those of this run.
#[derive(Debug)]
pub(super) struct State {
    file: File,
    rows: FastMap<String, Value>,
    pieces: Vec<Piece>,
    earlier: FastMap<String, Kept>,
    /// What this run is made of, with its groups.
    used: Vec<(String, Kept)>,
    /// Groups that lack a row.
    broken: FastSet<String>,
}

impl State {
    /// Opens the state below `work`, and takes over what the run directory `resume` holds.
    ///
    /// # Errors
    /// A folder cannot be read or written.
    pub fn open(work: &Path, resume: Option<&Path>) -> Result<State> {
        let mut state = State::of_file(&work.join(ATTEMPTS))?;
        if let Some(run) = resume {
            state.take_over(&run.join(ATTEMPTS))?;
        }
        state.pieces.push(Piece::begin());
        Ok(state)
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
        let (pieces, earlier, used, broken) = Default::default();
        Ok(State { file, rows, pieces, earlier, used, broken })
    }

    fn take_over(&mut self, path: &Path) -> Result<()> {
        let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        for line in text.lines() {
            match serde_json::from_str(line).with_context(|| format!("in {}", path.display()))? {
                Line::Piece(piece) => self.pieces.push(Piece { parts: Vec::new(), ..piece }),
                Line::Kept(kept) => {
                    self.earlier.insert(kept.name.clone(), kept);
                }
            }
        }
        Ok(())
    }

    /// Keeps the row of `key`, which was made just now.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn put<R: Serialize>(&mut self, key: &Key, row: &R) -> Result<()> {
        let value = serde_json::to_value(row)?;
        writeln!(self.file, "{}", serde_json::json!({"key": key.local(), "row": value}))
            .context("writing the state")?;
        self.rows.insert(key.local(), value.clone());
        self.note(key, value);
        Ok(())
    }

    /// The row of `key`, where it is there; without it, its group is not whole.
    pub fn known<R: DeserializeOwned>(&mut self, key: &Key) -> Option<R> {
        if let Some(kept) = self.earlier.get(&key.name) {
            let row = serde_json::from_value(kept.row.clone()).ok()?;
            self.used.push((key.group.clone(), kept.clone()));
            return Some(row);
        }
        let value = self.rows.get(&key.local())?.clone();
        let row = serde_json::from_value(value.clone()).ok()?;
        self.note(key, value);
        Some(row)
    }

    /// Time is over before the row of `key` is made.
    pub fn give_up(&mut self, key: &Key) {
        self.broken.insert(key.group.clone());
    }

    /// A row of the present piece.
    fn note(&mut self, key: &Key, row: Value) {
        let piece = self.pieces.len().saturating_sub(1);
        self.used.push((key.group.clone(), Kept { name: key.name.clone(), piece, row }));
    }

    /// The pieces, each with the number of its attempts in this run.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces = self.pieces.clone();
        for (at, piece) in pieces.iter_mut().enumerate() {
            let n = self.whole().filter(|kept| kept.piece == at).count();
            piece.parts.extend((n > 0).then(|| format!("{n} attempts")));
        }
        pieces
    }

    fn whole(&self) -> impl Iterator<Item = &Kept> {
        self.used.iter().filter(|(group, _)| !self.broken.contains(group)).map(|(_, kept)| kept)
    }

    /// Writes what another piece may go on from into a run directory.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn keep(&self, run: &Path) -> Result<()> {
        let pieces = self.pieces().into_iter().map(Line::Piece);
        let mut text = String::new();
        for line in pieces.chain(self.whole().cloned().map(Line::Kept)) {
            text += &serde_json::to_string(&line)?;
            text.push('\n');
        }
        let path = run.join(ATTEMPTS);
        isogrid::files::write(&path, text.as_bytes()).with_context(|| format!("writing {}", path.display()))
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

    fn key(group: &str, who: &str, stamp: u64) -> Key {
        Key { group: group.to_string(), name: format!("{group} {who}"), stamp }
    }

    #[test]
    fn a_stopped_run_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("work/state.jsonl");
        let mut state = State::of_file(&path).expect("a new file");
        let [a, other, b] = [key("a", "x", 1), key("a", "x", 2), key("b", "x", 1)];
        state.put(&a, &1).expect("writable");
        assert_eq!(state.known(&a), Some(1));
        assert_eq!(state.known::<i32>(&other), None);
        drop(state);
        let text = fs::read_to_string(&path).expect("readable");
        fs::write(&path, text + "{\"key\":\"b\",\"ro").expect("writable");
        let mut state = State::of_file(&path).expect("an old file");
        assert_eq!(state.known(&a), Some(1));
        assert_eq!(state.known::<i32>(&b), None);
        state.put(&b, &4).expect("writable");
        drop(state);
        assert_eq!(State::of_file(&path).expect("an old file").known::<i32>(&b), Some(4));
    }

    #[test]
    fn whole_groups_are_taken_to_another_machine() {
        let folders = [0, 1, 2].map(|_| tempfile::tempdir().expect("a folder"));
        let [first, second, run] = [&folders[0], &folders[1], &folders[2]].map(tempfile::TempDir::path);
        let mut state = State::open(first, None).expect("a new folder");
        state.put(&key("a", "x", 1), &1).expect("writable");
        state.put(&key("b", "x", 1), &2).expect("writable");
        state.give_up(&key("b", "y", 1));
        state.keep(run).expect("writable");

        let mut state = State::open(second, Some(run)).expect("a run that lacks parts");
        assert_eq!(state.known(&key("a", "x", 7)), Some(1));
        assert_eq!(state.known::<i32>(&key("b", "x", 7)), None);
        state.put(&key("b", "x", 7), &5).expect("writable");
        let parts: Vec<_> = state.pieces().into_iter().map(|piece| piece.parts).collect();
        assert_eq!(parts, [["1 attempts"], ["1 attempts"]]);
    }
}
