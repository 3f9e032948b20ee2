//! Finished work of a bench that takes hours: a line of a file each, so that a later piece goes on from there.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::spec::Record;

/// Names and values.
pub type Facts = BTreeMap<String, String>;

/// One job and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Section, entrant, settings, seed and round: what tells it from others.
    pub key: Value,
    /// The records of its entrant.
    pub records: Vec<Record>,
    /// The machine, the day and the commit of the piece that did it.
    pub piece: Facts,
}

/// What is done, by key.
#[derive(Debug)]
pub struct Memo {
    done: BTreeMap<String, Job>,
    file: File,
    piece: Facts,
}

impl Memo {
    /// Reads what is done from a file, which is made if it is not there. A last line that was cut is dropped.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn open(path: &Path, piece: Facts) -> Result<Memo> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        }
        let text = if path.exists() { fs::read_to_string(path)? } else { String::new() };
        let jobs = text.lines().filter_map(|line| serde_json::from_str::<Job>(line).ok());
        let done: BTreeMap<String, Job> = jobs.map(|job| (job.key.to_string(), job)).collect();
        // Written anew, so that no half line stays in the middle.
        let lines: Result<String, serde_json::Error> =
            done.values().map(|job| Ok(serde_json::to_string(job)? + "\n")).collect();
        fs::write(path, lines?).with_context(|| format!("writing {}", path.display()))?;
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Memo { done, file, piece })
    }

    /// Takes over the jobs of a run directory, as they stand in its `raw.jsonl`; those already here stay.
    ///
    /// # Errors
    /// It cannot be read, or the disk refuses.
    pub fn take_over(&mut self, run: &Path) -> Result<()> {
        let path = run.join("raw.jsonl");
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        for job in text.lines().filter_map(|line| serde_json::from_str::<Job>(line).ok()) {
            if !self.done.contains_key(&job.key.to_string()) {
                self.keep(job)?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, job: Job) -> Result<()> {
        writeln!(self.file, "{}", serde_json::to_string(&job)?)?;
        self.file.sync_data()?;
        self.done.insert(job.key.to_string(), job);
        Ok(())
    }

    /// The job of this key, done now unless it was before.
    ///
    /// # Errors
    /// The work fails, or the disk refuses.
    pub fn of(&mut self, key: &Value, work: impl FnOnce() -> Result<Vec<Record>>) -> Result<Job> {
        if let Some(job) = self.done.get(&key.to_string()) {
            return Ok(job.clone());
        }
        let job = Job { key: key.clone(), records: work()?, piece: self.piece.clone() };
        self.keep(job.clone())?;
        Ok(job)
    }

    /// The job of this key, if it is done.
    pub fn get(&self, key: &Value) -> Option<&Job> {
        self.done.get(&key.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn piece(number: &str) -> Facts {
        Facts::from([("date".to_string(), number.to_string())])
    }

    #[test]
    fn work_is_done_once_and_survives_a_cut_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("deep/jobs.jsonl");
        let record = Record { kind: "epoch".into(), ..Record::default() };
        let mut memo = Memo::open(&path, piece("1")).expect("writable");
        let key = json!({"section": "speed", "seed": 1});
        memo.of(&key, || Ok(vec![record.clone()])).expect("work");
        let again = memo.of(&key, || anyhow::bail!("done before")).expect("from memory");
        assert_eq!((again.piece, again.records.len()), (piece("1"), 1));
        fs::write(&path, fs::read_to_string(&path).expect("readable") + "{\"key\": {\"sec")
            .expect("writable");
        let memo = Memo::open(&path, piece("2")).expect("readable");
        assert_eq!(memo.get(&key).map(|job| job.piece.clone()), Some(piece("1")));
        assert_eq!(fs::read_to_string(&path).expect("readable").lines().count(), 1);
        assert!(memo.get(&json!({"section": "race"})).is_none());
    }

    #[test]
    fn jobs_of_a_run_directory_are_taken_over_unless_they_are_here() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let line = |key: &str, day: &str| {
            let job = Job { key: json!(key), records: Vec::new(), piece: piece(day) };
            serde_json::to_string(&job).expect("plain fields") + "\n"
        };
        // Rows of a run directory hold the section too, and errors have no records.
        let odd = "{\"section\": \"speed\", \"key\": \"c\", \"error\": \"it failed\"}\n";
        fs::write(folder.path().join("raw.jsonl"), line("a", "1") + &line("b", "1") + odd).expect("writable");
        let path = folder.path().join("jobs.jsonl");
        fs::write(&path, line("b", "2")).expect("writable");
        Memo::open(&path, piece("3")).expect("readable").take_over(folder.path()).expect("readable");
        let memo = Memo::open(&path, piece("3")).expect("readable");
        let day = |key: &str| memo.get(&json!(key)).map(|job| job.piece["date"].clone());
        assert_eq!((day("a"), day("b"), day("c")), (Some("1".into()), Some("2".into()), None));
        let missing = Memo::open(&path, piece("3")).expect("readable").take_over(&folder.path().join("none"));
        assert!(missing.is_err_and(|error| error.to_string().contains("raw.jsonl")));
    }
}
