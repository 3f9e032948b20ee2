//! Our own clocks: a pair read, grounded and searched in a fresh process of this executable, each part timed.
//!
//! The command reports the time of the whole run; this splits it, so that search is held against search.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use isogrid_plan::pddl::{parse_domain, parse_problem};
use isogrid_plan::{Mode, Outcome, SolveOptions, ground, solve};
use serde::{Deserialize, Serialize};

use super::contender::{Field, Limits, Planner};
use super::pair::Pair;
use crate::process::{self, Terms};

/// The verb of this executable that [`clock`] serves.
pub const VERB: &str = "clock";

/// Seconds of the parts, and the search's counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// Reading and parsing.
    pub read_seconds: f64,
    /// Grounding.
    pub ground_seconds: f64,
    /// Search, its landmarks and first heuristic values included.
    pub search_seconds: f64,
    /// States expanded.
    pub expanded: u64,
    /// States generated.
    pub generated: u64,
    /// Whether there is a plan.
    pub solved: bool,
}

/// Times the parts; `args` are the mode (`first` or `optimal`), the domain and the problem.
///
/// # Errors
/// The arguments are wrong, or the pair cannot be read or grounded.
pub fn clock(args: &[String]) -> Result<Clock> {
    let [mode, domain, problem] = args else { bail!("`{VERB}` takes a mode, a domain and a problem") };
    let mode = match mode.as_str() {
        "first" => Mode::First,
        "optimal" => Mode::Optimal,
        other => bail!("mode `{other}`: expected `first` or `optimal`"),
    };
    let start = Instant::now();
    let bytes = |path: &str| fs::read(Path::new(path)).with_context(|| format!("reading {path}"));
    let (parsed, _) = parse_domain(domain, &bytes(domain)?)?;
    let (problem, _) = parse_problem(problem, &bytes(problem)?, &parsed)?;
    let read = Instant::now();
    let task = ground(&Arc::new(parsed), &Arc::new(problem))?;
    let grounded = Instant::now();
    let result = solve(&task, &SolveOptions { mode, ..SolveOptions::default() });
    let searched = Instant::now();
    Ok(Clock {
        read_seconds: (read - start).as_secs_f64(),
        ground_seconds: (grounded - read).as_secs_f64(),
        search_seconds: (searched - grounded).as_secs_f64(),
        expanded: result.statistics.expanded,
        generated: result.statistics.generated,
        solved: matches!(result.outcome, Outcome::Solved { .. }),
    })
}

impl Field {
    /// Our clocks for `pair` in the mode of `planner`, on the core that all use; none if it did not end in time.
    ///
    /// # Errors
    /// The process cannot be started.
    pub fn clock(&self, planner: Planner, pair: &Pair, limits: &Limits) -> Result<Option<Clock>> {
        let mode = if planner == Planner::Optimal { "optimal" } else { "first" };
        let folder = tempfile::tempdir().context("creating a folder")?;
        pair.write(folder.path())?;
        let terms =
            Terms { kill_after: limits.seconds as f64, address_space: limits.bytes, cores: self.cores() };
        let args = [VERB, mode, "domain.pddl", "problem.pddl"];
        let ended = process::run(&process::own(&args, folder.path())?, &terms)?;
        Ok(serde_json::from_str(&ended.stdout).ok())
    }
}
