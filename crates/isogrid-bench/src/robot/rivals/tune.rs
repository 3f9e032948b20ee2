//! Tuning: successive halving over settings on held-out loss, several at a time, each on one thread.
//!
//! Jamieson and Talwalkar, "Non-stochastic best arm identification", 2016. Every rung trains from the start with a whole
//! cosine of its own length, so that a short rung is no long one cut off. What is finished lies in a work folder and is
//! not done again. Left out: a choice by episodes, which is the caller's; the two best are handed over for it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use isogrid_core::{Ctx, Stop};
use isogrid_nn::on_one_thread;
use isogrid_num::hash::hash_words;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use super::Rival;
use super::error::RivalError;
use super::lessons::Demonstration;
use super::settings::Settings;
use super::train::{Point, train};

/// How settings are tuned.
#[derive(Debug, Clone, PartialEq)]
pub struct TuneOptions {
    /// Steps of the last rung; each rung before it has half of the next one's. Default 20,000.
    pub n_steps: u64,
    /// Rungs; each keeps the better half of the one before. Default 3: of eight settings, two are trained to the end.
    pub n_rungs: u32,
    /// Settings trained at a time, each on one thread. Default 2.
    pub n_threads: usize,
    /// Where finished trials and checkpoints lie.
    pub folder: PathBuf,
}

impl TuneOptions {
    /// The defaults, with this work folder.
    pub fn new(folder: PathBuf) -> TuneOptions {
        TuneOptions { n_steps: 20_000, n_rungs: 3, n_threads: 2, folder }
    }
}

/// One setting in one rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// What was tried.
    pub settings: Settings,
    /// The rung, from 0.
    pub rung: u32,
    /// Its steps.
    pub n_steps: u64,
    /// The learning curve.
    pub curve: Vec<Point>,
    /// Seconds of one core, judging included.
    pub cpu_seconds: f64,
}

impl Trial {
    /// The held-out loss at the end.
    pub fn held_out_loss(&self) -> f64 {
        self.curve.last().map_or(f64::INFINITY, |point| point.held_out_loss)
    }

    /// Whether twice the steps gained no more than a twentieth of the held-out loss, among trials that hold the same
    /// settings at half the steps. A curve alone cannot tell: its cosine flattens it.
    pub fn has_converged(&self, trials: &[Trial]) -> bool {
        let half = trials
            .iter()
            .find(|trial| trial.settings == self.settings && trial.n_steps.abs_diff(self.n_steps / 2) <= 1);
        half.is_some_and(|half| self.held_out_loss() >= 0.95 * half.held_out_loss())
    }
}

/// What came of tuning.
#[derive(Debug, Clone)]
pub struct Tuned {
    /// The trained rivals of the last rung, best first, each with its trial's place in `trials`.
    pub best: Vec<(Rival, usize)>,
    /// Everything tried, rung by rung, in the order of the settings.
    pub trials: Vec<Trial>,
    /// Whether all was done; what was, lies in the folder.
    pub stop: Stop,
}

/// Trains all of `settings` for a part of the steps, the better half for twice as many, and so on. `say` is told of
/// every finished trial. One tick is one optimizer step.
///
/// # Errors
/// There are no settings, one is out of range, too few demonstrations are usable, or a file cannot be used.
pub fn tune(
    ctx: &Ctx,
    demonstrations: &[Demonstration],
    settings: &[Settings],
    options: &TuneOptions,
    say: &(dyn Fn(&Trial) + Sync),
) -> Result<Tuned, RivalError> {
    if settings.is_empty() {
        return Err(RivalError::setting("the number of settings", 0, "1 or more"));
    }
    if !(1..=8).contains(&options.n_rungs) {
        return Err(RivalError::setting("the number of rungs", options.n_rungs, "1 to 8"));
    }
    settings.iter().try_for_each(Settings::check)?;
    fs::create_dir_all(&options.folder).map_err(|error| RivalError::file(&options.folder, error))?;
    let mut tuned = Tuned { best: Vec::new(), trials: Vec::new(), stop: Stop::Done };
    let mut left = settings.to_vec();
    for rung in 0..options.n_rungs {
        let n_steps = options.n_steps >> (options.n_rungs - 1 - rung);
        let work = Work { ctx, demonstrations, options, rung, n_steps };
        let first = tuned.trials.len();
        let mut ranked = Vec::new();
        for done in work.all(&left, say) {
            match done? {
                Done::Trial(trial, rival) => {
                    ranked.push((rival, tuned.trials.len()));
                    tuned.trials.push(*trial);
                }
                Done::Stopped(stop) => tuned.stop = stop,
            }
        }
        if tuned.stop != Stop::Done {
            return Ok(tuned);
        }
        let loss = |at: usize| tuned.trials[at].held_out_loss();
        ranked.sort_by(|(_, a), (_, b)| loss(*a).total_cmp(&loss(*b)));
        let n_kept = left.len().div_ceil(2);
        left = ranked.iter().take(n_kept).map(|(_, at)| tuned.trials[*at].settings).collect();
        debug_assert!(tuned.trials.len() > first);
        tuned.best = ranked;
    }
    Ok(tuned)
}

/// What became of one setting.
enum Done {
    Trial(Box<Trial>, Rival),
    Stopped(Stop),
}

/// One rung.
struct Work<'a> {
    ctx: &'a Ctx,
    demonstrations: &'a [Demonstration],
    options: &'a TuneOptions,
    rung: u32,
    n_steps: u64,
}

impl Work<'_> {
    /// All settings, in their order, as many at a time as there are threads.
    fn all(&self, settings: &[Settings], say: &(dyn Fn(&Trial) + Sync)) -> Vec<Result<Done, RivalError>> {
        let next = AtomicUsize::new(0);
        let done: Vec<Mutex<Option<Result<Done, RivalError>>>> =
            settings.iter().map(|_| Mutex::new(None)).collect();
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(settings) = settings.get(at) else { break };
                let one = self.alone(settings);
                if let Ok(Done::Trial(trial, _)) = &one {
                    say(trial);
                }
                *done[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(one);
            }
        };
        thread::scope(|scope| {
            for _ in 0..self.options.n_threads.clamp(1, settings.len()) {
                scope.spawn(work);
            }
        });
        let results = done.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner));
        results.flatten().collect()
    }

    /// One setting, on a thread whose pool is itself.
    fn alone(&self, settings: &Settings) -> Result<Done, RivalError> {
        let stem = self.options.folder.join(name(settings, self.n_steps, self.demonstrations)?);
        if let Some((trial, rival)) = read(&stem)? {
            return Ok(Done::Trial(Box::new(Trial { rung: self.rung, ..trial }), rival));
        }
        on_one_thread(|| self.one(settings, &stem)).map_err(RivalError::from)?
    }

    fn one(&self, settings: &Settings, stem: &Path) -> Result<Done, RivalError> {
        let checkpoint = stem.with_extension("checkpoint");
        // What an earlier piece of this training has used and found.
        let partial = stem.with_extension("partial");
        let mut trial = match fs::read(&partial) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| RivalError::file(&partial, error))?,
            Err(_) => {
                let (settings, n_steps) = (*settings, self.n_steps);
                Trial { settings, rung: self.rung, n_steps, curve: Vec::new(), cpu_seconds: 0.0 }
            }
        };
        let (before, start) = (trial.cpu_seconds, cpu_seconds());
        let mut fault = None;
        let trained =
            train(self.ctx, self.demonstrations, (settings, self.n_steps), &checkpoint, &mut |point| {
                trial.curve.retain(|known| known.step < point.step);
                trial.curve.push(point);
                trial.cpu_seconds = before + cpu_seconds() - start;
                if let Err(error) = write_json(&partial, &trial) {
                    fault.get_or_insert(error);
                }
            })?;
        if let Some(fault) = fault {
            return Err(fault);
        }
        if trained.stop != Stop::Done {
            trial.cpu_seconds = before + cpu_seconds() - start;
            write_json(&partial, &trial)?;
            return Ok(Done::Stopped(trained.stop));
        }
        write(&stem.with_extension("rival"), &trained.rival.to_bytes()?)?;
        write_json(&stem.with_extension("trial"), &trial)?;
        for path in [&checkpoint, &partial] {
            fs::remove_file(path).map_err(|error| RivalError::file(path, error))?;
        }
        Ok(Done::Trial(Box::new(trial), trained.rival))
    }
}

/// Seconds that this thread has computed.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// The file name of a training, without extension: a digest of all that it depends on.
fn name(settings: &Settings, n_steps: u64, demonstrations: &[Demonstration]) -> Result<String, RivalError> {
    let text = serde_json::to_vec(settings).map_err(|error| RivalError::Bytes(error.to_string()))?;
    let mut words: Vec<u64> = text.iter().map(|byte| u64::from(*byte)).collect();
    words.push(n_steps);
    for demonstration in demonstrations {
        words.push(demonstration.recording.frames.len() as u64);
        if let Some(last) = demonstration.recording.frames.last() {
            words.extend(last.observation.hand.position.map(f64::to_bits));
        }
        words.extend(demonstration.task.goal.iter().flat_map(|&(block, on)| [block as u64, on as u64]));
    }
    Ok(format!("{:016x}", hash_words(&words)))
}

/// A finished trial of the folder.
fn read(stem: &Path) -> Result<Option<(Trial, Rival)>, RivalError> {
    let (trial, rival) = (stem.with_extension("trial"), stem.with_extension("rival"));
    let Ok(text) = fs::read(&trial) else { return Ok(None) };
    let read = serde_json::from_slice(&text).map_err(|error| RivalError::file(&trial, error))?;
    let bytes = fs::read(&rival).map_err(|error| RivalError::file(&rival, error))?;
    Ok(Some((read, Rival::from_bytes(&bytes)?)))
}

fn write_json(path: &Path, trial: &Trial) -> Result<(), RivalError> {
    write(path, &serde_json::to_vec(trial).map_err(|error| RivalError::file(path, error))?)
}

/// Written beside and renamed, so that a killed run leaves no half file.
fn write(path: &Path, bytes: &[u8]) -> Result<(), RivalError> {
    let wrong = |error: &dyn ToString| RivalError::file(path, error.to_string());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| wrong(&error))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(|error| wrong(&error))?;
    file.persist(path).map_err(|error| wrong(&error))?;
    Ok(())
}
