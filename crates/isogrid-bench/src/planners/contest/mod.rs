//! Sections: our planner beside the field, on generated instances.
//!
//! Every attempt is kept in a work folder as it ends, so that a run that was stopped goes on; instances come in an
//! order of which any beginning is a fair sample. Left out: plans in parallel, and planners that are not released.

mod agreement;
mod attempt;
mod bars;
mod coverage;
mod fixed;
mod instances;
mod odd;
mod odd_style;
pub mod pace;
mod rivals;
mod said;
mod same;
mod scale;
mod scale_tasks;
mod state;
pub mod watch;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::pair::Pair;
use super::{Bench, LIMITS};
use attempt::{Limits, Row};
use instances::List;
use rivals::{OPTIMAL, Programs, Rival, SATISFICING, Told};
use state::State;

/// The satisficing section.
const SATISFICING_SECTION: &str = "satisficing";
/// The optimal section.
const OPTIMAL_SECTION: &str = "optimal";

/// How many instances of each list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    /// The smallest of the first domains.
    Smoke,
    /// All.
    Whole,
}

const SMOKE_INSTANCES: usize = 3;

/// How long everything may take, and how much of it is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extent {
    /// Limits of an attempt.
    told: Told,
    /// How many instances of each list.
    size: Size,
    /// The end of attempts; none without one.
    end: Option<Instant>,
}

impl Extent {
    /// That of a whole run, or of a smoke run; attempts end after `minutes`.
    pub fn new(quick: bool, minutes: Option<u64>) -> Extent {
        let end = minutes.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
        if quick {
            return Extent { told: Told { seconds: 3, bytes: LIMITS.bytes }, size: Size::Smoke, end };
        }
        Extent { told: Told { seconds: LIMITS.seconds, bytes: LIMITS.bytes }, size: Size::Whole, end }
    }

    fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() > end)
    }
}

/// The sections at work.
pub(super) struct Contest {
    programs: Programs,
    state: State,
    limits: Limits,
    extent: Extent,
}

/// What one list gave: rows, and how many of its instances all attempted.
struct Raced {
    pub rows: Vec<Row>,
    pub n_done: usize,
    pub n_all: usize,
    pub pairs: Vec<Pair>,
}

impl Contest {
    /// Opens the state below `work`.
    ///
    /// # Errors
    /// The lists or the work folder cannot be read.
    pub fn open(bench: &Bench, work: &Path, extent: Extent) -> Result<Contest> {
        let programs = Programs::new(bench.field.isogrid.clone(), bench.field.downward.clone())?;
        let lists = [List::Evaluation.text()?, List::Optimal.text()?, format!("{:?}", extent.told)];
        let state = State::open(work, &programs.isogrid, &lists)?;
        Ok(Contest { programs, state, limits: Limits { told: extent.told, core: bench.field.core }, extent })
    }

    /// Lets all of `rivals` attempt all instances of `list`.
    fn race(
        &mut self,
        (section, rivals): (&str, &[Rival]),
        instances: Vec<Pair>,
        say: &mut dyn FnMut(&str),
    ) -> Result<Raced> {
        let n_all = instances.len();
        let mut raced = Raced { rows: Vec::new(), n_done: 0, n_all, pairs: Vec::new() };
        for (at, pair) in instances.into_iter().enumerate() {
            if self.extent.is_over() {
                break;
            }
            say(&format!("{section}: {} of {n_all}, {}", at + 1, pair.problem));
            raced.rows.extend(self.attempts(section, &rotated(rivals, at), &pair)?);
            raced.n_done += 1;
            raced.pairs.push(pair);
        }
        Ok(raced)
    }

    fn attempts(&mut self, section: &str, rivals: &[Rival], pair: &Pair) -> Result<Vec<Row>> {
        let parsed = pair.parse().ok();
        let (programs, limits) = (&self.programs, &self.limits);
        let mut rows = Vec::new();
        for &rival in rivals {
            let key = format!("{section} {} {}", pair.problem, rival.name());
            let make = || programs.attempt(section, rival, (pair, parsed.as_ref()), limits);
            rows.push(self.state.row(&key, make)?);
        }
        rows.sort_by_key(|row| row.rival);
        Ok(rows)
    }

    fn instances(&self, list: List, data: &Path) -> Result<Vec<Pair>> {
        let all = list.make(&self.programs.tools, &self.programs.downward, data)?;
        let pairs = all.into_iter().map(|(_, pair)| pair);
        Ok(match self.extent.size {
            Size::Whole => pairs.collect(),
            Size::Smoke => pairs.filter(|pair| pair.problem.ends_with("-01")).take(SMOKE_INSTANCES).collect(),
        })
    }
}

/// Who begins changes from instance to instance: a machine that slows down slows all of them.
fn rotated(rivals: &[Rival], at: usize) -> Vec<Rival> {
    let mut order = rivals.to_vec();
    order.rotate_left(at % rivals.len().max(1));
    order
}

impl Bench {
    /// Runs both races and writes their tables and bars.
    pub(super) fn contest(&mut self, contest: &mut Contest, say: &mut dyn FnMut(&str)) -> Result<()> {
        let versions = ["pymimir", "lapkt", "tarski", "clingo", "pyperplan", "pypddl_datasets"];
        let found = versions.map(|name| super::downward::installed(&contest.programs.tools, name));
        self.run.fact("peers of the contest", format!("PyPI {}", found.join(", ")));
        let list = contest.instances(List::Evaluation, &self.data)?;
        let raced = contest.race((SATISFICING_SECTION, &SATISFICING), list, say)?;
        self.record(&raced)?;
        self.satisficing(&raced);
        self.same_mode(contest, (pace::Pace::Lama, Rival::LamaFirst), &raced, say)?;
        let list = contest.instances(List::Optimal, &self.data)?;
        let raced = contest.race((OPTIMAL_SECTION, &OPTIMAL), list, say)?;
        self.record(&raced)?;
        self.optimal(&raced);
        self.same_mode(contest, (pace::Pace::LmCut, Rival::LmCut), &raced, say)
    }

    fn record(&mut self, raced: &Raced) -> Result<()> {
        raced.rows.iter().try_for_each(|row| self.run.record(&serde_json::to_value(row)?))
    }
}
