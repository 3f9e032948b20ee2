//! All problems of the AMLGym solving set: planned, checked, counted.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use isogrid::budget::Budget;
use isogrid::drive::{Setup, drive};
use isogrid_core::Ctx;
use isogrid_data::locate;
use isogrid_num::stats::median;
use isogrid_plan::validate::validate;
use isogrid_plan::{Keep, Mode, PlanAnswer, PlanQuery, Session, SolveOptions, ground_in};

use crate::grid::grouped;
use crate::planners::{Pair, amlgym_problems};

/// Seconds after which a problem counts as unsolved.
const PATIENCE: Duration = Duration::from_secs(5);

/// One domain's figures.
#[derive(Default)]
struct Tally {
    solved: usize,
    steps: usize,
    milliseconds: Vec<f64>,
    unsolved: Vec<String>,
}

pub(super) fn show(data: &Path, n_problems: usize, out: &mut dyn Write) -> Result<()> {
    let folder =
        locate("amlgym", data).context("`amlgym` is not in the data folder: cargo xtask fetch amlgym")?;
    let domains = amlgym_problems(&folder, usize::MAX, n_problems)?;
    let n: usize = domains.iter().map(Vec::len).sum();
    writeln!(out, "1. Planning: {n} problems from {} domains (AMLGym, real PDDL files)", domains.len())?;
    let (workers, limit) = (workers(), PATIENCE.as_secs());
    writeln!(out, "   Read, grounded, solved and checked by an independent validator; {workers} at a time,")?;
    writeln!(out, "   at most {limit} s each.\n")?;
    line(out, ["domain", "problems", "solved", "median ms", "slowest ms", "plan steps"].map(String::from))?;
    let (mut all, start) = (Tally::default(), Instant::now());
    for pairs in &domains {
        let mut tally = Tally::of(pairs)?;
        line(out, tally.cells(&pairs[0].domain))?;
        all.solved += tally.solved;
        all.steps += tally.steps;
        all.milliseconds.append(&mut tally.milliseconds);
        all.unsolved.append(&mut tally.unsolved);
    }
    line(out, all.cells("all"))?;
    let seconds = start.elapsed().as_secs_f64();
    writeln!(out, "\n   {} plans, every one valid, in {seconds:.1} s.", all.solved)?;
    if !all.unsolved.is_empty() {
        writeln!(out, "   Not within {limit} s: {}.", all.unsolved.join(", "))?;
    }
    Ok(writeln!(out)?)
}

impl Tally {
    /// Plans for all problems, on all cores.
    fn of(pairs: &[Pair]) -> Result<Tally> {
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || {
            while let Some(pair) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let timed = timed(pair);
                done.lock().unwrap_or_else(PoisonError::into_inner).push((&pair.problem, timed));
            }
        };
        thread::scope(|scope| {
            for _ in 0..workers() {
                scope.spawn(work);
            }
        });
        let mut tally = Tally::default();
        for (problem, timed) in done.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let (milliseconds, steps) = timed?;
            tally.milliseconds.push(milliseconds);
            match steps {
                Some(steps) => (tally.solved, tally.steps) = (tally.solved + 1, tally.steps + steps),
                None => tally.unsolved.push(problem.trim_end_matches("_prob").to_string()),
            }
        }
        tally.unsolved.sort();
        Ok(tally)
    }

    fn cells(&self, name: &str) -> [String; 6] {
        [
            name.to_string(),
            self.milliseconds.len().to_string(),
            self.solved.to_string(),
            format!("{:.1}", median(&self.milliseconds)),
            format!("{:.1}", self.milliseconds.iter().copied().fold(0.0, f64::max)),
            grouped(self.steps as i64),
        ]
    }
}

fn workers() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Milliseconds from text to checked plan, and its steps.
fn timed(pair: &Pair) -> Result<(f64, Option<usize>)> {
    let start = Instant::now();
    let budget = Budget { wall: Some(PATIENCE), ..Budget::default() };
    let setup = Setup { seed: 1, budget, ..Setup::default() };
    let steps = drive(&setup, |ctx| plan(ctx, pair))?.value?;
    Ok((start.elapsed().as_secs_f64() * 1e3, steps))
}

/// Steps of a first plan, from text to checked plan; none if it was not found in time.
fn plan(ctx: &Ctx, pair: &Pair) -> Result<Option<usize>> {
    let parsed = pair.parse()?;
    let (domain, problem) = (Arc::new(parsed.domain), Arc::new(parsed.problem));
    let task = Arc::new(ground_in(ctx, &domain, &problem, Keep::default())?);
    let options = SolveOptions { mode: Mode::First, ..SolveOptions::default() };
    let mut found = None;
    Session::new(&task).plan(ctx, &PlanQuery { options, ..PlanQuery::default() }, &mut |answer| {
        if let PlanAnswer::Plan(plan) = answer {
            found = Some(plan.steps);
        }
        std::ops::ControlFlow::Continue(())
    })?;
    let Some(steps) = found else { return Ok(None) };
    let validation = validate(&domain, &problem, &steps);
    if !validation.is_valid() {
        bail!("{} {}: {validation}", pair.domain, pair.problem);
    }
    Ok(Some(steps.len()))
}

fn line(out: &mut dyn Write, cells: [String; 6]) -> Result<()> {
    let [domain, rest @ ..] = cells;
    let rest: String = rest.iter().map(|cell| format!("{cell:>12}")).collect();
    writeln!(out, "   {domain:<14}{rest}")?;
    Ok(out.flush()?)
}
