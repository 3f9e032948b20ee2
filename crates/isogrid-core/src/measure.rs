//! Workloads judge, contenders attempt, a report stands them side by side.
//!
//! This module runs contenders in this process; a driver that wants peak memory and CPU time of each one's own runs
//! every contender in a child process of one contender each and joins the rows.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::{Ctx, Stop};

/// Data, queries and a score. It judges; an engine never scores itself.
pub trait Workload: Sync {
    /// What a contender hands in.
    type Answer;

    /// The name shown above the report.
    fn name(&self) -> String;

    /// Scores an answer, by the workload's own means.
    fn score(&self, answer: &Self::Answer) -> Score;
}

/// Anything that attempts a workload: an engine at some settings, a baseline of some size, an outside program.
pub trait Contender<W: Workload>: Sync {
    /// A unique name.
    fn name(&self) -> String;

    /// What it is.
    fn role(&self) -> Role;

    /// Does the work. The error is a sentence for the report's row.
    ///
    /// # Errors
    /// It failed, or is not available here.
    fn attempt(&self, ctx: &Ctx, workload: &W) -> Result<Attempt<W::Answer>, String>;
}

/// A contender's place in a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// An engine of this project that exploits structure.
    Engine,
    /// A rung of the scale ladder: a general method of this size.
    Rung {
        /// The ladder's name.
        ladder: String,
        /// The size on it (parameters, trees, states).
        size: u64,
    },
    /// A released program outside this project.
    Peer {
        /// Its version.
        version: String,
    },
}

/// What a contender hands in.
#[derive(Debug, Clone)]
pub struct Attempt<A> {
    /// The answer.
    pub answer: A,
    /// Size of the model used, in bytes, where there is one.
    pub model_bytes: Option<u64>,
    /// Deterministic ticks, where the contender counts them.
    pub ticks: Option<u64>,
    /// Why it ended.
    pub stop: Stop,
}

/// A score in the workload's own unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// What is scored, for example `"accuracy"` or `"plan cost"`.
    pub name: String,
    /// The value; `None` when there is no valid answer to score.
    pub value: Option<f64>,
    /// Whether a higher value is better.
    pub higher_is_better: bool,
    /// 95 % interval, where the workload gives one.
    pub interval: Option<(f64, f64)>,
}

/// What an attempt cost. Absent figures were not measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Wall seconds of the work itself.
    pub work_seconds: f64,
    /// Wall seconds of the whole child process, start-up included.
    pub process_seconds: Option<f64>,
    /// User and system CPU seconds of the child process.
    pub cpu_seconds: Option<f64>,
    /// Peak resident bytes of the child process.
    pub peak_bytes: Option<u64>,
    /// Model bytes.
    pub model_bytes: Option<u64>,
    /// Deterministic ticks.
    pub ticks: Option<u64>,
    /// Energy by a declared method.
    pub energy: Option<Energy>,
}

/// Energy in joules: measured by a counter, or modelled from declared constants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "method")]
pub enum Energy {
    /// Read from the processor's package counter (RAPL).
    Measured {
        /// Joules.
        joules: f64,
    },
    /// CPU seconds times declared watts a core.
    Modelled {
        /// Joules at the middle constant.
        joules: f64,
        /// Joules at the low and the high constant.
        range: (f64, f64),
        /// The constants, in words.
        constants: String,
    },
}

/// One contender's line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The contender's name.
    pub contender: String,
    /// What it is.
    pub role: Role,
    /// Its score, or `None` when it failed or is absent.
    pub score: Option<Score>,
    /// What it cost.
    pub cost: Cost,
    /// Why it ended, or what went wrong.
    pub outcome: String,
}

/// All contenders in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The workload's name.
    pub workload: String,
    /// The seed of the run.
    pub seed: u64,
    /// A row per contender, in the order given.
    pub rows: Vec<Row>,
}

/// Runs every contender on the workload, one after another in this process.
pub fn measure<W: Workload>(contenders: &[&dyn Contender<W>], workload: &W, ctx: &Ctx) -> Report {
    let rows = contenders.iter().map(|contender| row(*contender, workload, ctx)).collect();
    Report { workload: workload.name(), seed: ctx.seed(), rows }
}

fn row<W: Workload>(contender: &dyn Contender<W>, workload: &W, ctx: &Ctx) -> Row {
    let start = Instant::now();
    let attempt = contender.attempt(&ctx.child(u64::MAX), workload);
    let mut cost = Cost { work_seconds: start.elapsed().as_secs_f64(), ..Cost::default() };
    let (score, outcome) = match attempt {
        Ok(attempt) => {
            cost.model_bytes = attempt.model_bytes;
            cost.ticks = attempt.ticks;
            (Some(workload.score(&attempt.answer)), attempt.stop.to_string())
        }
        Err(message) => (None, message),
    };
    Row { contender: contender.name(), role: contender.role(), score, cost, outcome }
}
