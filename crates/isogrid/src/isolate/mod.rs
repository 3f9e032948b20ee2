//! Measures contenders, each in a child process of its own, so that CPU time and peak memory are its own.
//!
//! An executable that offers contenders has two verbs, both served by this module ([`contend`], [`rungs`]):
//!
//! - `EXE rungs --kind KIND` prints a `rung` object for every contender of that kind of workload;
//! - `EXE contend NAME --kind KIND --seed S [--budget B] [--patience T] [--option NAME=VALUE]... -- PATHS` opens the
//!   workload of that kind from the paths, runs the one contender, prints one `row` object and exits with 0.
//!
//! The parent adds whole-process wall and CPU time and energy to the row. A child that crashes, is killed or prints
//! something else becomes a row that says so.

mod child;
pub mod energy;
mod process;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use isogrid_core::{Cancel, Cost, Report, Role, Row};

pub use child::{contend, rungs};

use crate::wire::{self, Absent};
use crate::workloads::{self, Job, Kind};
use process::{Ended, Finished};

/// The executable with the rungs of the scale ladder, expected beside ours.
pub const BENCH: &str = "isogrid-bench";

/// The command that builds [`BENCH`].
pub const BUILD_BENCH: &str = "cargo build --release -p isogrid-bench";

/// Working times of repeats that differ by more than this share are called noisy.
pub const NOISE: f64 = 0.2;

/// A contender and the executable that runs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its unique name.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Runs it with the verb `contend`.
    pub program: PathBuf,
}

/// Who can attempt a kind of workload here.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The contenders, engines first.
    pub candidates: Vec<Candidate>,
    /// What this installation lacks.
    pub absent: Vec<Absent>,
}

/// How to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// How often each contender runs; 1 by default, which says nothing about noise.
    pub repeats: u64,
    /// Ends the measurement: the running child is killed, later ones do not start.
    pub cancel: Cancel,
}

impl Default for Options {
    fn default() -> Options {
        Options { repeats: 1, cancel: Cancel::default() }
    }
}

/// A report and how far to trust its times.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// One row per contender: of its repeats the one with the median working time.
    pub report: Report,
    /// Contenders whose working times differ by more than [`NOISE`].
    pub noisy: Vec<String>,
}

/// The contenders of this executable (which must serve the verb `contend`) and of [`BENCH`] beside it.
pub fn field(kind: Kind) -> Field {
    let own = env::current_exe().unwrap_or_default();
    let entrants = workloads::ENTRANTS.iter().filter(|entrant| entrant.kind() == kind);
    let candidates = entrants
        .map(|entrant| Candidate { name: entrant.name(), role: entrant.role(), program: own.clone() })
        .collect();
    let mut field = Field { candidates, absent: Vec::new() };
    let bench = own.with_file_name(BENCH).with_extension(env::consts::EXE_EXTENSION);
    field.add_rungs(&bench, kind);
    field
}

impl Field {
    /// The same without other engines than `names`; everybody else stays.
    #[must_use]
    pub fn of_engines(mut self, names: &[&str]) -> Field {
        // Several settings of one engine are its name and an option.
        let engine = |name: &str| name.split(' ').next().is_some_and(|engine| names.contains(&engine));
        self.candidates.retain(|candidate| candidate.role != Role::Engine || engine(&candidate.name));
        self
    }

    /// Adds the contenders that `program` offers, or says why it cannot.
    pub fn add_rungs(&mut self, program: &Path, kind: Kind) {
        match offered(program, kind) {
            Ok(mut candidates) => self.candidates.append(&mut candidates),
            Err(remedy) => self.absent.push(Absent { what: "rungs of the scale ladder".to_string(), remedy }),
        }
    }
}

fn offered(program: &Path, kind: Kind) -> Result<Vec<Candidate>, String> {
    if !program.is_file() {
        return Err(format!("{BUILD_BENCH}  (and keep `{BENCH}` beside `isogrid`)"));
    }
    let mut command = Command::new(program);
    command.args(["rungs", "--kind", kind.name()]);
    let finished = process::run(&mut command, Some(Duration::from_secs(60)), &Cancel::default())
        .map_err(|error| format!("`{}` does not start: {error}", program.display()))?;
    if !finished.succeeded() {
        return Err(format!(
            "`{}` failed: {}; build it again: {BUILD_BENCH}",
            program.display(),
            finished.story()
        ));
    }
    let lines = finished.stdout.lines().map(|line| {
        let rung: wire::Rung =
            wire::read(line).map_err(|error| format!("`{}`: {error}", program.display()))?;
        Ok(Candidate { name: rung.name, role: rung.role, program: program.to_path_buf() })
    });
    lines.collect()
}

/// Runs every candidate on the workload `kind` of `job`, `options.repeats` times, round after round so that a
/// machine that slows down slows all of them; hands each row to `observe` as it comes.
pub fn measure(
    field: &Field,
    (kind, name, job): (Kind, &str, &Job),
    options: &Options,
    observe: &mut dyn FnMut(&Row),
) -> Measured {
    let mut runs: Vec<Vec<Row>> = vec![Vec::new(); field.candidates.len()];
    for _ in 0..options.repeats.max(1) {
        for (candidate, rows) in field.candidates.iter().zip(&mut runs) {
            let row = run(candidate, kind, job, &options.cancel);
            observe(&row);
            rows.push(row);
        }
    }
    let noisy = runs.iter().filter(|rows| is_noisy(rows)).map(|rows| rows[0].contender.clone()).collect();
    let rows = runs.into_iter().filter_map(representative).collect();
    Measured { report: Report { workload: name.to_string(), seed: job.seed, rows }, noisy }
}

fn is_noisy(rows: &[Row]) -> bool {
    let times = || rows.iter().filter(|row| row.score.is_some()).map(|row| row.cost.work_seconds);
    let (least, most) = (times().fold(f64::INFINITY, f64::min), times().fold(0.0, f64::max));
    most > least * (1.0 + NOISE)
}

/// The row with the median working time, or the first that failed.
fn representative(mut rows: Vec<Row>) -> Option<Row> {
    if let Some(failed) = rows.iter().position(|row| row.score.is_none()) {
        return Some(rows.swap_remove(failed));
    }
    rows.sort_by(|a, b| a.cost.work_seconds.total_cmp(&b.cost.work_seconds));
    let middle = rows.len().checked_sub(1)? / 2;
    Some(rows.swap_remove(middle))
}

fn run(candidate: &Candidate, kind: Kind, job: &Job, cancel: &Cancel) -> Row {
    let failed = |cost: Cost, outcome: String| Row {
        contender: candidate.name.clone(),
        role: candidate.role.clone(),
        score: None,
        cost,
        outcome,
    };
    if cancel.requested().is_some() {
        return failed(Cost::default(), "not run: interrupted".to_string());
    }
    let mut command = Command::new(&candidate.program);
    command.args(child::arguments(&candidate.name, kind.name(), job));
    let before = energy::Counters::now();
    // Twice the budget and half a minute: a contender that does not stop by then will not.
    let limit = job.budget.wall.or(job.patience);
    let patience = limit.map(|wall| wall.saturating_mul(2).saturating_add(Duration::from_secs(30)));
    let finished = match process::run(&mut command, patience, cancel) {
        Ok(finished) => finished,
        Err(error) => return failed(Cost::default(), format!("did not start: {error}")),
    };
    let after = energy::Counters::now();
    let energy = match (&before, &after) {
        (Some(before), Some(after)) => after.since(before),
        _ => energy::modelled(finished.cpu_seconds),
    };
    let mut row = match row_of(&finished) {
        Ok(row) => row,
        Err(outcome) => failed(Cost::default(), outcome),
    };
    row.cost.process_seconds = Some(finished.seconds);
    row.cost.cpu_seconds = Some(finished.cpu_seconds);
    row.cost.energy = Some(energy);
    row
}

fn row_of(finished: &Finished) -> Result<Row, String> {
    match finished.ended {
        Ended::Cancelled => return Err("interrupted".to_string()),
        Ended::TooLate => return Err("killed: it did not stop after its budget".to_string()),
        Ended::ByItself if !finished.succeeded() => return Err(format!("failed: {}", finished.story())),
        Ended::ByItself => {}
    }
    let line: wire::RowLine =
        wire::read(finished.stdout.trim_end()).map_err(|error| format!("failed: its answer is {error}"))?;
    Ok(line.row)
}
