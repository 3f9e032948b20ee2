//! The bench `nn`: training of small networks, fused, beside the same networks of burn's own modules.
//!
//! Every contender runs alone in a process, all in turns for several rounds, on two cores. Left out: PyTorch, whose
//! wheels take 5 GB; graphics cards; inference.

mod protocol;
mod work;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use isogrid_num::stats;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::process::{self, Terms};
use crate::run::Run;

/// The verb of this executable that [`verb`] serves.
pub const VERB: &str = "train-steps";

/// What the bench is given.
#[derive(Debug, Clone)]
pub struct Options {
    /// The run directory to write.
    pub out: PathBuf,
    /// A smoke run of the same path: few steps, once.
    pub quick: bool,
}

/// What one contender's process measured of itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Steps timed, after a few that were not.
    pub n_steps: u64,
    /// Seconds of those steps.
    pub wall_seconds: f64,
    /// User and system seconds of those steps, all threads.
    pub cpu_seconds: f64,
    /// The loss of the first step, before it.
    pub first_loss: f32,
    /// The loss of the last step, before it.
    pub last_loss: f32,
}

/// One network to train.
struct Workload {
    /// The name of its contenders begins so.
    name: &'static str,
    title: &'static str,
    /// The unit of its speed, and how many of them a step is.
    unit: (&'static str, f64),
    /// Steps to time, in a whole run and a smoke run.
    n_steps: [u64; 2],
    promise: f64,
}

static WORKLOADS: [Workload; 2] = [
    Workload {
        name: "mlp",
        title: "MLP 64-256-256-256-64, batch 256",
        unit: ("steps/s", 1.0),
        n_steps: [1500, 100],
        promise: 180.0,
    },
    Workload {
        name: "decoder",
        title: "decoder of 3.5 M parameters, 8 x 256 tokens",
        unit: ("tokens/s", work::N_SEQUENCES as f64 * work::N_TOKENS as f64),
        n_steps: [20, 2],
        promise: 2900.0,
    },
];

/// Each workload's contenders, ours first.
const FORMS: [&str; 2] = ["fused", "unfused"];

/// Trains for a number of steps: `args` are the contender and the steps.
///
/// # Errors
/// The arguments are wrong, or there is no such contender.
pub fn verb(args: &[String]) -> Result<Measured> {
    let [name, n_steps] = args else { bail!("`{VERB}` takes a contender and a number of steps") };
    work::train(name, n_steps.parse().with_context(|| format!("steps `{n_steps}`"))?)
}

/// Runs the bench, writes its run directory and returns its bars as a table. `say` receives a line per process.
///
/// # Errors
/// A contender fails, or the disk refuses.
pub fn run(options: &Options, say: &mut dyn FnMut(&str)) -> Result<String> {
    let n_rounds = if options.quick { 1 } else { 7 };
    let mut run = Run::begin(&options.out)?;
    run.fact("cores of each contender", "two");
    let mut rows: Vec<Row> = Vec::new();
    for round in 0..n_rounds {
        for workload in &WORKLOADS {
            for form in FORMS {
                let name = format!("{} {form}", workload.name);
                let (measured, peak_bytes) = attempt(&name, workload.n_steps[usize::from(options.quick)])?;
                let speed = workload.unit.1 * measured.n_steps as f64 / measured.wall_seconds;
                say(&format!("nn: {name}: {} {}", number(Some(speed)), workload.unit.0));
                run.record(
                    &json!({"section": "nn", "contender": name, "round": round, "unit": workload.unit.0,
                    "speed": speed, "peak_bytes": peak_bytes, "measured": measured}),
                )?;
                let row = rows.iter_mut().find(|row| row.name == name);
                match row {
                    Some(row) => row.add(measured, speed, peak_bytes),
                    None => rows.push(Row::new(name, workload, (measured, speed, peak_bytes))),
                }
            }
        }
    }
    run.fragment("nn", table(&rows).markdown());
    bars(&mut run, &rows);
    run.finish(if options.quick { &protocol::QUICK } else { &protocol::FULL })
}

/// Runs one contender in a process of its own.
fn attempt(name: &str, n_steps: u64) -> Result<(Measured, u64)> {
    let call = process::own(&[VERB, name, &n_steps.to_string()], Path::new("."))?;
    let cores = process::first_core().map(|first| (first, first + 1));
    let terms = Terms { kill_after: 3600.0, address_space: u64::MAX >> 1, cores };
    let ended = process::run(&call, &terms)?;
    let measured =
        serde_json::from_str(&ended.stdout).with_context(|| format!("{name}: {}", ended.stderr.trim()))?;
    Ok((measured, ended.usage.peak_bytes))
}

/// All rounds of one contender.
struct Row {
    name: String,
    workload: &'static Workload,
    speeds: Vec<f64>,
    cpu_per_step: Vec<f64>,
    peak_bytes: u64,
    losses: [f32; 2],
}

impl Row {
    fn new(name: String, workload: &'static Workload, first: (Measured, f64, u64)) -> Row {
        let losses = [first.0.first_loss, first.0.last_loss];
        let mut row =
            Row { name, workload, speeds: Vec::new(), cpu_per_step: Vec::new(), peak_bytes: 0, losses };
        row.add(first.0, first.1, first.2);
        row
    }

    fn add(&mut self, measured: Measured, speed: f64, peak_bytes: u64) {
        self.speeds.push(speed);
        self.cpu_per_step.push(measured.cpu_seconds / measured.n_steps as f64);
        self.peak_bytes = self.peak_bytes.max(peak_bytes);
    }

    fn speed(&self) -> f64 {
        stats::median(&self.speeds)
    }
}

fn table(rows: &[Row]) -> Grid {
    let mut grid = Grid::new(&[
        "contender",
        "workload",
        "speed, median",
        "slowest to fastest",
        "unit",
        "CPU ms a step",
        "peak MB",
        "first loss",
        "last loss",
    ]);
    for row in rows {
        let slowest = row.speeds.iter().copied().reduce(f64::min);
        let fastest = row.speeds.iter().copied().reduce(f64::max);
        grid.row(vec![
            row.name.clone(),
            row.workload.title.into(),
            number(Some(row.speed())),
            format!("{} to {}", number(slowest), number(fastest)),
            row.workload.unit.0.into(),
            number(Some(stats::median(&row.cpu_per_step) * 1e3)),
            number(Some(row.peak_bytes as f64 * 1e-6)),
            format!("{:.6}", row.losses[0]),
            format!("{:.6}", row.losses[1]),
        ]);
    }
    grid
}

fn bars(run: &mut Run, rows: &[Row]) {
    let speed = |name: &str| rows.iter().find(|row| row.name == name).map(Row::speed);
    for workload in &WORKLOADS {
        let [ours, plain] = FORMS.map(|form| speed(&format!("{} {form}", workload.name)));
        let text = format!("training of the {}, median of the rounds", workload.title);
        let bar = Bar::judge(&text, ours, Promise::AtLeast, Some(workload.promise));
        run.bar(&format!("{} {}", workload.name, workload.unit.0), bar.in_unit(workload.unit.0));
        let text = format!("training of the {}, against burn's own modules in the same run", workload.title);
        let ratio = ours.zip(plain).map(|(ours, plain)| ours / plain);
        let bar = Bar::judge(&text, ratio, Promise::AtLeast, Some(1.0));
        run.bar(&format!("{} against unfused", workload.name), bar.in_unit("x"));
    }
}
