//! The bench `tables`: engines for tables beside the scale ladder, on handwritten digits.
//!
//! It proves the way from a table to a report. The machine's own bench, with more data sets and its published figures,
//! is another matter.

mod machine;
pub mod phases;
mod protocol;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use isogrid::isolate::{self, Measured};
use isogrid::workloads::{self, Job, Kind};
use isogrid_core::{Energy, Row};
use isogrid_data::locate;
use serde_json::json;

use crate::bars::{Bar, Promise};
use crate::grid::{Grid, grouped, number};
use crate::run::Run;
use phases::Phases;

/// What the bench is given.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder with fetched data sets.
    pub data: PathBuf,
    /// The run directory to write.
    pub out: PathBuf,
    /// A smoke run of the same path: fewer rows, once.
    pub quick: bool,
}

/// The column to predict.
const TARGET: &str = "label";

/// The seed of the split and of all contenders.
const SEED: u64 = 1;

/// Runs the bench, writes its run directory and returns its bars as a table. `say` receives a line per step.
///
/// # Errors
/// Data is missing, or a process cannot be measured.
pub fn run(options: &Options, say: &mut dyn FnMut(&str)) -> Result<String> {
    let (n_rows, repeats) = if options.quick { (1000, 1) } else { (usize::MAX, 3) };
    let mut run = Run::begin(&options.out)?;
    let folder = tempfile::tempdir().context("creating a folder")?;
    let table = digits(&options.data, n_rows, folder.path())?;
    let measured = compare(&table, &[], repeats, &mut |row| say(&format!("tables: {}", story(row))))?;
    run.fact(
        "noisy times",
        if measured.noisy.is_empty() { "none".into() } else { measured.noisy.join(", ") },
    );
    let mut phases = Vec::new();
    for row in &measured.report.rows {
        say(&format!("tables: phases of {}", row.contender));
        let of_row = phases::measure_phases(&row.contender, TARGET, SEED, &table)?;
        run.record(&json!({"section": "tables", "row": row, "phases": of_row, "repeats": repeats}))?;
        phases.push(of_row);
    }
    run.fragment(
        "tables",
        wide(&measured.report.rows, &phases).markdown() + &energy_note(&measured.report.rows),
    );
    bars(&mut run, &measured.report.rows);
    run.finish(if options.quick { &protocol::QUICK } else { &protocol::FULL })
}

/// The digits as a file in `folder`: the first `n_rows` rows, which hold the classes in the proportions of the whole.
///
/// # Errors
/// The data set is not there, or the disk refuses.
pub fn digits(data: &Path, n_rows: usize, folder: &Path) -> Result<PathBuf> {
    let set = locate("mnist-10k", data)
        .context("`mnist-10k` is not in the data folder: cargo xtask fetch mnist-10k")?;
    let whole = fs::File::open(set.join("mnist.csv")).context("opening mnist.csv")?;
    let path = folder.join("mnist.csv");
    let mut part = std::io::BufWriter::new(fs::File::create(&path).context("writing mnist.csv")?);
    for line in BufReader::new(whole).lines().take(n_rows.saturating_add(1)) {
        writeln!(part, "{}", line.context("reading mnist.csv")?)?;
    }
    part.flush()?;
    Ok(path)
}

/// All contenders on the digits in `table`, each in a process of its own; `options` are engine options.
///
/// # Errors
/// The table cannot be read.
pub fn compare(
    table: &Path,
    options: &[(&str, &str)],
    repeats: u64,
    observe: &mut dyn FnMut(&Row),
) -> Result<Measured> {
    let target = [("target", TARGET)];
    let options = target.iter().chain(options).map(|(name, value)| (name.to_string(), value.to_string()));
    let job = Job { paths: vec![table.into()], options: options.collect(), seed: SEED, ..Job::default() };
    let name = workloads::name(Kind::Table, &job)?;
    let field = isolate::field(Kind::Table);
    let options = isolate::Options { repeats, ..isolate::Options::default() };
    Ok(isolate::measure(&field, (Kind::Table, &name, &job), &options, observe))
}

/// One row in a line.
pub fn story(row: &Row) -> String {
    match accuracy(row) {
        Some(value) => {
            format!("{}: accuracy {value:.4} in {} s", row.contender, number(Some(row.cost.work_seconds)))
        }
        None => format!("{}: {}", row.contender, row.outcome),
    }
}

/// The accuracy of a row that has one.
pub fn accuracy(row: &Row) -> Option<f64> {
    row.score.as_ref()?.value
}

/// Accuracy with its interval.
pub fn accuracy_text(row: &Row) -> String {
    let interval = row.score.as_ref().and_then(|score| score.interval);
    match (accuracy(row), interval) {
        (Some(value), Some((low, high))) => format!("{value:.4} [{low:.3}, {high:.3}]"),
        (Some(value), None) => format!("{value:.4}"),
        (None, _) => row.outcome.clone(),
    }
}

fn wide(rows: &[Row], phases: &[Phases]) -> Grid {
    let mut grid = Grid::new(&[
        "contender",
        "accuracy [95 % interval]",
        "learn s",
        "answer s",
        "work s",
        "CPU s",
        "peak MB",
        "model bytes",
        "joules",
    ]);
    for (row, phases) in rows.iter().zip(phases) {
        let cost = &row.cost;
        grid.row(vec![
            row.contender.clone(),
            accuracy_text(row),
            number(phases.fit_seconds),
            number(phases.predict_seconds),
            number(Some(cost.work_seconds)),
            number(cost.cpu_seconds),
            number(cost.peak_bytes.map(|bytes| bytes as f64 * 1e-6)),
            cost.model_bytes.map_or("-".to_string(), |bytes| grouped(bytes as i64)),
            joules(row),
        ]);
    }
    grid
}

fn joules(row: &Row) -> String {
    match &row.cost.energy {
        Some(Energy::Measured { joules }) => number(Some(*joules)),
        Some(Energy::Modelled { joules, range: (low, high), .. }) => {
            format!("{} ({} to {})", number(Some(*joules)), number(Some(*low)), number(Some(*high)))
        }
        None => "-".to_string(),
    }
}

fn energy_note(rows: &[Row]) -> String {
    let how = rows.iter().find_map(|row| row.cost.energy.as_ref()).map(|energy| match energy {
        Energy::Measured { .. } => "measured by the processor's counter, whole package".to_string(),
        Energy::Modelled { constants, .. } => format!("modelled: {constants}"),
    });
    how.map_or(String::new(), |how| format!("\nEnergy is {how}.\n"))
}

/// No promise was made yet: these say where the engine stands against the ladder.
fn bars(run: &mut Run, rows: &[Row]) {
    let of = |name: &str| rows.iter().find(|row| row.contender.starts_with(name)).and_then(accuracy);
    let bar = Bar::judge(
        "accuracy of the Tsetlin machine at its defaults on held-out digits, against tuned logistic regression",
        of(machine::NAME),
        Promise::AtLeast,
        of("logistic regression"),
    );
    run.bar("tsetlin accuracy vs logistic regression", bar);
}
