//! The bench `tsetlin`: our machine beside released Tsetlin machines on digits, LightGBM on tables, detectors on odd rows.
//!
//! Every contender is a process under one contract (bench/peers/tsetlin/README.md), reads the same arrays, and is timed
//! by the same clocks. Work is kept as it is done, so that a run may be made in pieces.

mod accuracy;
mod arrays;
mod chart;
pub mod entrants;
mod ladder;
mod learn;
mod memo;
mod memory;
mod odd;
pub mod ours;
mod protocol;
mod race;
pub mod scaling;
pub mod spec;
mod speed;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use isogrid_num::hash::hash_words;
use serde_json::{Value, json};

use crate::machine;
use crate::run::Run;
use entrants::{Places, Program, Setting};
use memo::Memo;
use spec::Arrays;

/// Sections, in order.
pub const SECTIONS: [&str; 7] = ["speed", "race", "accuracy", "learn", "ladder", "odd", "scaling"];

/// What the bench is given.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder with fetched data sets.
    pub data: PathBuf,
    /// The folder with installed peers.
    pub tools: PathBuf,
    /// The peers' scripts.
    pub scripts: PathBuf,
    /// The run directory to write.
    pub out: PathBuf,
    /// Where finished work is kept.
    pub work: PathBuf,
    /// Begin no further work after so many minutes.
    pub minutes: Option<f64>,
    /// These sections only; all if there are none.
    pub only: Vec<String>,
    /// A smoke run of the same path.
    pub quick: bool,
    /// A run directory that lacks parts, to go on from.
    pub resume: Option<PathBuf>,
}

/// What sections work with.
struct Bench<'a> {
    places: Places,
    arrays: Arrays,
    data: PathBuf,
    memo: Memo,
    deadline: Option<Instant>,
    quick: bool,
    say: &'a mut dyn FnMut(&str),
}

/// What a job needs of the bench while its memory is at work.
#[derive(Debug, Clone)]
struct Setup {
    places: Places,
    quick: bool,
}

impl Bench<'_> {
    fn setup(&self) -> Setup {
        Setup { places: self.places.clone(), quick: self.quick }
    }

    fn say(&mut self, line: &str) {
        (self.say)(&format!("tsetlin: {line}"));
    }

    /// What tells a job from others; of ours the build counts too.
    fn key(&self, section: &str, setting: &Setting, rest: Value) -> Result<Value> {
        let build = match setting.entrant.program {
            Program::Ours => Some(build()?),
            Program::Peer { .. } => None,
        };
        let (name, words, settings) = (&setting.entrant.name, &setting.words, &setting.settings);
        let cpu = machine::processor();
        Ok(json!({
            "section": section, "entrant": name, "words": words, "settings": settings, "rest": rest, "cpu": cpu,
            "build": build,
        }))
    }

    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Where the peers' scripts lie, from the root of the repository.
pub fn scripts() -> &'static Path {
    Path::new("bench/peers/tsetlin")
}

/// Runs the bench, writes its run directory and returns its bars as a table. `say` receives a line per process.
///
/// # Errors
/// Data is missing, an entrant fails, or the disk refuses.
pub fn run(options: &Options, say: &mut dyn FnMut(&str)) -> Result<String> {
    let scratch = tempfile::tempdir().context("creating a folder")?;
    let folder = scratch.path().canonicalize()?;
    let piece = machine::facts().into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    let mut bench = Bench {
        places: Places {
            tools: std::path::absolute(&options.tools)?,
            scripts: std::path::absolute(&options.scripts)?,
            scratch: folder.clone(),
        },
        arrays: arrays::digits(&options.data, &folder)?,
        data: std::path::absolute(&options.data)?,
        // A smoke run leaves nothing that a real one would take for its own.
        memo: Memo::open(
            &if options.quick { folder.join("jobs.jsonl") } else { options.work.join("jobs.jsonl") },
            piece,
        )?,
        deadline: options
            .minutes
            .map(|minutes| Instant::now() + std::time::Duration::from_secs_f64(minutes * 60.0)),
        quick: options.quick,
        say,
    };
    if let Some(before) = &options.resume {
        bench.memo.take_over(before)?;
    }
    let mut run = Run::begin(&options.out)?;
    let wants = |section: &str| options.only.is_empty() || options.only.iter().any(|only| only == section);
    if wants("speed") {
        speed::run(&mut bench, &mut run)?;
    }
    if wants("race") {
        race::run(&mut bench, &mut run)?;
    }
    if wants("accuracy") {
        accuracy::run(&mut bench, &mut run)?;
    }
    if wants("learn") {
        learn::run(&mut bench, &mut run)?;
    }
    if wants("ladder") {
        ladder::run(&mut bench, &mut run)?;
    }
    if wants("odd") {
        odd::run(&mut bench, &mut run)?;
    }
    if wants("scaling") {
        scaling::run(&mut bench, &mut run)?;
    }
    run.finish(if options.quick { &protocol::QUICK } else { &protocol::FULL })
}

/// A digest of this executable.
fn build() -> Result<String> {
    let own = std::env::current_exe().context("finding this executable")?;
    let bytes = std::fs::read(&own).with_context(|| format!("reading {}", own.display()))?;
    let word = |part: &[u8]| part.iter().fold(0, |word, &byte| word << 8 | u64::from(byte));
    let words: Vec<u64> = bytes.chunks(8).map(word).collect();
    Ok(format!("{:016x}", hash_words(&words)))
}
