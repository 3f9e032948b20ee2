//! Section: the solving set of AMLGym, coverage, cost and time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use isogrid_num::stats::median;
use serde_json::json;

use super::contender::{Attempt, Planner};
use super::contest::pace::{Clock, Pace, pace};
use super::downward::Log;
use super::pair::{Pair, pddl_files};
use super::{Bench, LIMITS, Say};
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};

/// Problems that take either planner longer are left out of time ratios.
const SHORT_SECONDS: f64 = 1.0;
/// The peer's clock counts processor time, which kernels may update only every few milliseconds.
const CLOCK_SECONDS: f64 = 0.02;
const PROMISED_RATIO: f64 = 0.05;

/// The solving set in the folder of the data set: per domain its problems, at most so many of each.
///
/// # Errors
/// The folder is not as the data set has it.
pub fn amlgym_problems(folder: &Path, n_domains: usize, n_problems: usize) -> Result<Vec<Vec<Pair>>> {
    let solving = folder.join("problems/solving");
    let entries = fs::read_dir(&solving).context("reading the solving set of amlgym")?;
    let mut domains: Vec<_> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    domains.sort();
    let of_domain = |domain: &String| {
        let path = folder.join("domains").join(format!("{domain}.pddl"));
        let problems = pddl_files(&solving.join(domain))?;
        problems.iter().take(n_problems).map(|problem| Pair::read(&path, problem)).collect()
    };
    let all: Result<Vec<Vec<Pair>>> = domains.iter().take(n_domains).map(of_domain).collect();
    Ok(all?.into_iter().filter(|pairs| !pairs.is_empty()).collect())
}

/// One problem, attempted by both.
struct Duel {
    domain: String,
    ours: Attempt,
    theirs: Attempt,
    clock: Clock,
}

impl Bench {
    pub(super) fn amlgym(&mut self, say: &mut Say<'_>) -> Result<()> {
        let pairs = self.amlgym_pairs()?;
        let repaired: Vec<&str> = {
            let mut names: Vec<&str> =
                pairs.iter().filter(|pair| pair.repaired).map(|pair| pair.domain.as_str()).collect();
            names.dedup();
            names
        };
        self.run.fact(
            "repaired domain names",
            if repaired.is_empty() { "none".into() } else { repaired.join(", ") },
        );
        self.warm_up(&pairs)?;
        let mut duels = Vec::new();
        for (at, pair) in pairs.iter().enumerate() {
            if at.is_multiple_of(10) {
                say(&format!("amlgym: {at} of {} problems, now {}", pairs.len(), pair.domain));
            }
            duels.push(self.duel(pair, at)?);
        }
        self.coverage(&duels);
        self.times(&duels);
        Ok(())
    }

    fn amlgym_pairs(&self) -> Result<Vec<Pair>> {
        let (n_domains, n_problems) = self.either((4, 2), (usize::MAX, usize::MAX));
        Ok(amlgym_problems(&self.folder("amlgym")?, n_domains, n_problems)?.concat())
    }

    /// Both programs once, not measured: the first start reads them from the disk.
    fn warm_up(&self, pairs: &[Pair]) -> Result<()> {
        let Some(pair) = pairs.first() else { return Ok(()) };
        for planner in [Planner::First, Planner::LamaFirst] {
            self.field.attempt(planner, pair, None, &LIMITS)?;
        }
        Ok(())
    }

    fn duel(&mut self, pair: &Pair, at: usize) -> Result<Duel> {
        let parsed = pair.parse().ok();
        let mut order = [Planner::First, Planner::LamaFirst];
        if at % 2 == 1 {
            order.reverse();
        }
        let mut attempts = Vec::new();
        for planner in order {
            let attempt = self.field.attempt(planner, pair, parsed.as_ref(), &LIMITS)?;
            self.run.record(&attempt.line("amlgym", pair, 0))?;
            attempts.push(attempt);
        }
        attempts.sort_by_key(|attempt| attempt.planner);
        let clock = pace(Pace::First, pair, &self.field.terms())?.clock;
        self.run.record(&json!({
            "section": "amlgym clock", "domain": pair.domain, "problem": pair.problem, "clock": clock,
        }))?;
        let [ours, theirs] =
            <[Attempt; 2]>::try_from(attempts).map_err(|_| anyhow::anyhow!("two attempts"))?;
        Ok(Duel { domain: pair.domain.clone(), ours, theirs, clock })
    }
}

impl Bench {
    fn coverage(&mut self, duels: &[Duel]) {
        let mut grid = Grid::new(&[
            "domain",
            "problems",
            "solved: isogrid",
            "FD",
            "cost: isogrid",
            "FD",
            "ratio",
            "wall ms: isogrid",
            "FD",
        ]);
        let mut by_domain: BTreeMap<&str, Vec<&Duel>> = BTreeMap::new();
        for duel in duels {
            by_domain.entry(&duel.domain).or_default().push(duel);
        }
        for (domain, duels) in &by_domain {
            grid.row(coverage_row(domain, duels));
        }
        let all: Vec<&Duel> = duels.iter().collect();
        grid.row(coverage_row("**all**", &all));
        self.run.fragment("coverage", grid.markdown());
        let solved = |attempt: fn(&Duel) -> &Attempt| {
            Some(duels.iter().filter(|duel| attempt(duel).solved().is_some()).count() as f64)
        };
        let bar = Bar::judge(
            "problems of the amlgym solving set solved with valid plans, against lama-first",
            solved(|duel| &duel.ours),
            Promise::AtLeast,
            solved(|duel| &duel.theirs),
        );
        self.run.bar("coverage amlgym vs lama-first", bar);
        let (ours, theirs) = costs(&all);
        let bar = Bar::judge(
            "sum of plan costs over problems that both solve, against lama-first",
            Some(ours / theirs),
            Promise::AtMost,
            Some(1.0),
        );
        self.run.bar("amlgym cost ratio", bar);
    }

    fn times(&mut self, duels: &[Duel]) {
        let short: Vec<&Duel> = duels.iter().filter(|duel| duel.is_short()).collect();
        let mut grid = Grid::new(&["what is timed", "isogrid", "FD", "median of ratios", "problems"]);
        for (name, unit, ours, theirs) in COMPARISONS {
            let pairs: Vec<(f64, f64)> =
                short.iter().filter_map(|duel| Some((ours(duel)?, theirs(duel)?))).collect();
            let column = |side: fn(&(f64, f64)) -> f64| median(&pairs.iter().map(side).collect::<Vec<_>>());
            let show = |value: f64| format!("{} {unit}", number(Some(value)));
            grid.row(vec![
                name.to_string(),
                show(column(|pair| pair.0)),
                show(column(|pair| pair.1)),
                number(Some(column(|pair| pair.0 / pair.1))),
                pairs.len().to_string(),
            ]);
        }
        let start_up = share_of_start(&short);
        let text = format!(
            "Of Fast Downward's wall time on these problems, {} % (median) is Python's start and translation, the rest \
             its search component.",
            number(Some(start_up * 100.0))
        );
        self.run.fragment("time", format!("{}\n{text}", grid.markdown()));
        let ratios: Vec<f64> = short.iter().map(|duel| duel.ours.wall() / duel.theirs.wall()).collect();
        let bar = Bar::judge(
            "whole-process wall time on problems that both solve under 1 s, median of ratios to lama-first",
            Some(median(&ratios)),
            Promise::AtMost,
            Some(PROMISED_RATIO),
        );
        self.run.bar("median wall ratio", bar);
    }
}

type Figure = fn(&Duel) -> Option<f64>;

/// What is compared: name, unit, ours, theirs.
const COMPARISONS: [(&str, &str, Figure, Figure); 5] = [
    ("wall, whole process", "ms", |duel| Some(duel.ours.wall() * 1e3), |duel| Some(duel.theirs.wall() * 1e3)),
    (
        "CPU, all processes",
        "ms",
        |duel| Some(duel.ours.usage.cpu_seconds * 1e3),
        |duel| Some(duel.theirs.usage.cpu_seconds * 1e3),
    ),
    (
        "wall of isogrid, search component of FD",
        "ms",
        |duel| Some(duel.ours.wall() * 1e3),
        |duel| duel.resolved(|log| log.component_seconds),
    ),
    (
        "search clocks",
        "ms",
        |duel| duel.clock.cost.and(duel.clock.search_seconds).map(|seconds| seconds * 1e3),
        |duel| duel.resolved(|log| log.search_seconds),
    ),
    (
        "peak memory, largest process",
        "MB",
        |duel| Some(duel.ours.usage.peak_bytes as f64 * 1e-6),
        |duel| Some(duel.theirs.usage.peak_bytes as f64 * 1e-6),
    ),
];

impl Duel {
    /// Milliseconds of the peer's own clock, where its coarse ticks can tell.
    fn resolved(&self, clock: fn(&Log) -> Option<f64>) -> Option<f64> {
        clock(self.theirs.log()?).filter(|&seconds| seconds >= CLOCK_SECONDS).map(|seconds| seconds * 1e3)
    }

    fn is_short(&self) -> bool {
        let short = |attempt: &Attempt| attempt.solved().is_some() && attempt.wall() < SHORT_SECONDS;
        short(&self.ours) && short(&self.theirs)
    }
}

/// Ours and theirs, over problems that both solve.
fn costs(duels: &[&Duel]) -> (f64, f64) {
    let both = duels.iter().filter_map(|duel| Some((duel.ours.solved()?.1, duel.theirs.solved()?.1)));
    both.fold((0.0, 0.0), |(ours, theirs), (a, b)| (ours + a, theirs + b))
}

/// The median share of the peer's wall time outside its search component.
fn share_of_start(duels: &[&Duel]) -> f64 {
    let share = |duel: &&Duel| Some(1.0 - duel.theirs.log()?.component_seconds? / duel.theirs.wall());
    median(&duels.iter().filter_map(share).collect::<Vec<_>>())
}

fn coverage_row(domain: &str, duels: &[&Duel]) -> Vec<String> {
    let count = |attempt: fn(&Duel) -> &Attempt| {
        duels.iter().filter(|duel| attempt(duel).solved().is_some()).count().to_string()
    };
    let wall = |attempt: fn(&Duel) -> &Attempt| {
        let walls: Vec<f64> = duels.iter().map(|duel| attempt(duel).wall() * 1e3).collect();
        number(Some(median(&walls)))
    };
    let (ours, theirs) = costs(duels);
    vec![
        domain.to_string(),
        duels.len().to_string(),
        count(|duel| &duel.ours),
        count(|duel| &duel.theirs),
        ours.to_string(),
        theirs.to_string(),
        number(Some(ours / theirs)),
        wall(|duel| &duel.ours),
        wall(|duel| &duel.theirs),
    ]
}
