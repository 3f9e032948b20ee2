//! Finished attempts, kept on disk so that a run that was stopped goes on.
//!
//! In the work folder a row is kept under a name and a digest of all that it depends on: a new build of ours loses our
//! rows and keeps those of peers. A run directory that lacks parts holds the rows of whole groups (all attempts at one
//! instance) with the piece in which they were made and a digest of the programs. Who goes on from it takes them from
//! any machine, but only those of the same programs: ours of another build would be measurements of another planner.

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

/// A digest of what attempts are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The programs alone, which is what a run directory keeps: their rows may come from any machine.
    program: u64,
    /// The programs with the processor's name and the number of cores: what the work folder keeps.
    here: u64,
}

/// The stamps of all attempts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamps {
    /// The command `isogrid`.
    ours: Stamp,
    /// The releases of all peers, and the script that calls one of them.
    peers: Stamp,
    /// This executable, which clocks our searches, with the peers, whose translator it may use.
    pub own: Stamp,
}

impl Stamps {
    /// Reads the programs; `versions` are those of the peers, and on `n_cores` cores attempts are made at a time.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn read(programs: &Programs, versions: &str, n_cores: usize) -> Result<Stamps> {
        let file = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
        let place = hash_words(&[hash_bytes(machine::processor().as_bytes()), n_cores as u64]);
        let stamp = |program: u64| Stamp { program, here: hash_words(&[place, program]) };
        let script = file(&programs.scripts.join("peer_mimir.py"))?;
        let peers = hash_bytes(&[versions.as_bytes(), &script].concat());
        let own = hash_words(&[hash_bytes(&file(&std::env::current_exe()?)?), peers]);
        let ours = hash_bytes(&file(&programs.isogrid)?);
        Ok(Stamps { ours: stamp(ours), peers: stamp(peers), own: stamp(own) })
    }

    /// That of attempts of `rival`.
    pub fn of(&self, rival: Rival) -> Stamp {
        if rival.maker() == Maker::Isogrid { self.ours } else { self.peers }
    }

    /// Whether a row says that it was made with programs of today.
    fn made(&self, kept: &Kept) -> bool {
        let today = [self.ours, self.peers, self.own].map(Stamp::program);
        kept.program.as_ref().is_some_and(|program| today.contains(program))
    }
}

impl Stamp {
    /// The programs, in the words of a run directory.
    fn program(self) -> String {
        format!("{:016x}", self.program)
    }
}

/// What a row is kept under.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// The section and the instance: rows that are compared with one another.
    pub group: String,
    /// The group, who attempted, and a digest of the files and the limits.
    pub name: String,
    /// What it was made with and where.
    pub stamp: Stamp,
}

impl Key {
    fn local(&self) -> String {
        format!("{} {:016x}", self.name, self.stamp.here)
    }
}

/// A row of a run directory that lacks parts.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    name: String,
    piece: usize,
    /// The digest of the programs that made it; rows of older run directories say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    program: Option<String>,
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
    /// How many rows of earlier pieces are of other programs.
    n_refused: usize,
    /// What this run is made of, with its groups.
    used: Vec<(String, Kept)>,
    /// Groups that lack a row.
    broken: FastSet<String>,
}

impl State {
    /// Opens the state below `work`, and takes over what the run directory `resume` holds of the programs of `stamps`.
    ///
    /// # Errors
    /// A folder cannot be read or written.
    pub fn open(work: &Path, resume: Option<&Path>, stamps: &Stamps) -> Result<State> {
        let mut state = State::of_file(&work.join(ATTEMPTS))?;
        if let Some(run) = resume {
            state.take_over(&run.join(ATTEMPTS), stamps)?;
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
        let (pieces, earlier, n_refused, used, broken) = Default::default();
        Ok(State { file, rows, pieces, earlier, n_refused, used, broken })
    }

    fn take_over(&mut self, path: &Path, stamps: &Stamps) -> Result<()> {
        let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        for line in text.lines() {
            match serde_json::from_str(line).with_context(|| format!("in {}", path.display()))? {
                Line::Piece(piece) => self.pieces.push(Piece { parts: Vec::new(), ..piece }),
                Line::Kept(kept) if stamps.made(&kept) => {
                    self.earlier.insert(kept.name.clone(), kept);
                }
                Line::Kept(_) => self.n_refused += 1,
            }
        }
        Ok(())
    }

    /// How many rows of the earlier run are not taken over, and why; none where all are.
    pub fn refused(&self) -> Option<String> {
        let n = self.earlier.len() + self.n_refused;
        let why = "they are of another build of ours or of other releases of peers, or do not say of which";
        (self.n_refused > 0).then(|| format!("{} of {n}: {why}", self.n_refused))
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
        let program = Some(key.stamp.program());
        self.used.push((key.group.clone(), Kept { name: key.name.clone(), piece, program, row }));
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

    /// Writes what another piece may go on from into a run directory. Rows that were taken over are handed on even
    /// where their group lacks a row now: those of peers outlive ours of another build.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn keep(&self, run: &Path) -> Result<()> {
        let whole: FastSet<&str> = self.whole().map(|kept| kept.name.as_str()).collect();
        let mut rest: Vec<&Kept> =
            self.earlier.values().filter(|kept| !whole.contains(kept.name.as_str())).collect();
        rest.sort_by(|a, b| a.name.cmp(&b.name));
        let pieces = self.pieces().into_iter().map(Line::Piece);
        let mut text = String::new();
        for line in pieces.chain(self.whole().chain(rest).cloned().map(Line::Kept)) {
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

    fn key(group: &str, who: &str, here: u64) -> Key {
        keyed(group, who, Stamp { program: 1, here })
    }

    fn keyed(group: &str, who: &str, stamp: Stamp) -> Key {
        Key { group: group.to_string(), name: format!("{group} {who}"), stamp }
    }

    /// Those of a machine and of a build of ours, each by a number.
    fn stamps(machine: u64, ours: u64) -> Stamps {
        let stamp = |program| Stamp { program, here: hash_words(&[machine, program]) };
        Stamps { ours: stamp(ours), peers: stamp(2), own: stamp(ours + 1000) }
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
        let mut state = State::open(first, None, &stamps(1, 1)).expect("a new folder");
        state.put(&key("a", "x", 1), &1).expect("writable");
        state.put(&key("b", "x", 1), &2).expect("writable");
        state.give_up(&key("b", "y", 1));
        state.keep(run).expect("writable");

        let mut state = State::open(second, Some(run), &stamps(7, 1)).expect("a run that lacks parts");
        assert_eq!(state.refused(), None);
        assert_eq!(state.known(&key("a", "x", 7)), Some(1));
        assert_eq!(state.known::<i32>(&key("b", "x", 7)), None);
        state.put(&key("b", "x", 7), &5).expect("writable");
        let parts: Vec<_> = state.pieces().into_iter().map(|piece| piece.parts).collect();
        assert_eq!(parts, [["1 attempts"], ["1 attempts"]]);
    }

    #[test]
    fn another_build_takes_the_rows_of_peers_alone() {
        let folders = [0, 1, 2, 3].map(|_| tempfile::tempdir().expect("a folder"));
        let [work, run, next, last] = [0, 1, 2, 3].map(|at| folders[at].path());
        let (old, new) = (stamps(1, 10), stamps(1, 11));
        let keys = |stamps: &Stamps| {
            [
                keyed("a", "ours", stamps.of(Rival::IsogridFirst)),
                keyed("a", "clock", stamps.own),
                keyed("a", "theirs", stamps.of(Rival::LamaFirst)),
            ]
        };
        let mut state = State::open(work, None, &old).expect("a new folder");
        for (row, key) in keys(&old).iter().enumerate() {
            state.put(key, &row).expect("writable");
        }
        state.keep(run).expect("writable");

        let mut state = State::open(work, Some(run), &new).expect("a run that lacks parts");
        let refused = state.refused().expect("two rows");
        assert!(refused.starts_with("2 of 3: "), "{refused}");
        let keys = keys(&new);
        assert_eq!([0, 1, 2].map(|at| state.known::<i32>(&keys[at])), [None, None, Some(2)]);
        // It ends before ours are made anew: the peer's row is handed on, and the group can be whole later.
        state.give_up(&keys[0]);
        assert!(state.pieces().iter().all(|piece| piece.parts.is_empty()));
        state.keep(next).expect("writable");
        let mut state = State::open(last, Some(next), &new).expect("a run that lacks parts");
        assert_eq!((state.refused(), state.known(&keys[2])), (None, Some(2)));
        state.put(&keys[0], &3).expect("writable");
        let parts: Vec<_> = state.pieces().into_iter().map(|piece| piece.parts).collect();
        assert_eq!(parts, [vec!["1 attempts".to_string()], vec![], vec!["1 attempts".to_string()]]);
    }

    #[test]
    fn rows_that_do_not_say_what_made_them_are_not_taken() {
        let folders = [0, 1].map(|_| tempfile::tempdir().expect("a folder"));
        let [work, run] = [&folders[0], &folders[1]].map(tempfile::TempDir::path);
        let text = r#"{"name":"a x","piece":0,"row":1}"#;
        fs::write(run.join(ATTEMPTS), text).expect("writable");
        let mut state = State::open(work, Some(run), &stamps(1, 1)).expect("a run that lacks parts");
        assert!(state.refused().is_some_and(|words| words.starts_with("1 of 1: ")));
        assert_eq!(state.known::<i32>(&key("a", "x", 1)), None);
    }
}
