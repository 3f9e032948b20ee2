//! The scale ladder: end-to-end rivals at three sizes, and one with a planner's sub-tasks, tuned on more data.
//!
//! Held-out loss halves the settings; episodes on seeds of their own choose among the last two, each tried with several
//! ways of carrying its chunks out.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use isogrid_core::{Ctx, Stop};
use isogrid_robot::formats;
use isogrid_robot::tasks::{Rule, Task};
use isogrid_robot::{ObjectKind, Scene};

use super::episodes::{Outcome, Player, Row};
use super::rivals::{Demonstration, Execute, KINDS, Kind, Rival, SIZES, Size, Trial, TuneOptions, tune};
use super::work::Workshop;
use super::{Extent, FIRST_SEEDS, SEED_STEP, rows};

/// One rung after tuning.
pub(super) struct Rung {
    pub name: String,
    pub kind: Kind,
    pub best: Arc<Rival>,
    /// The trial that made it.
    pub chosen: Trial,
    pub trials: Vec<Trial>,
    pub cpu_seconds: f64,
}

/// All rungs.
pub(super) struct Ladder {
    pub rungs: Vec<Rung>,
    pub demonstrations: usize,
}

/// What each rival is asked to do.
const TASKS: [(&str, &str); 3] = [
    ("one move", "--family move --blocks 3"),
    ("3 blocks", "--family hanoi --blocks 3"),
    ("4 blocks", "--family hanoi --blocks 4"),
];

/// Rounds of the choice by episodes; after each, those who cannot win any more drop out.
const ROUNDS: u64 = 4;

/// The task of [`TASKS`] whose episodes choose among trained rivals: the one that they have learned.
const CHOOSING: usize = 1;

impl Ladder {
    /// The rivals' rows.
    pub fn rows(&self, extent: &Extent) -> Vec<Row> {
        let row = |(at, (rung, (task, world))): (usize, (&Rung, &(&str, &str)))| Row {
            name: format!("rival: {}: {task}", rung.name),
            worlds: vec![rows::world(world)],
            first_seed: FIRST_SEEDS[2] + SEED_STEP * (at % TASKS.len()) as u64,
            n: extent.rival,
            player: Player::Rival(rung.best.clone()),
        };
        self.rungs
            .iter()
            .flat_map(|rung| TASKS.iter().map(move |task| (rung, task)))
            .enumerate()
            .map(row)
            .collect()
    }
}

/// The trained rungs, before episodes have chosen.
pub(super) struct Finals {
    rungs: Vec<Finalists>,
    demonstrations: usize,
}

/// A rung's last trials.
struct Finalists {
    name: String,
    kind: Kind,
    trials: Vec<Trial>,
    /// Every last trial in every way of carrying out, unless it is out.
    tried: Vec<Candidate>,
}

/// A trained rival in one way of carrying out.
struct Candidate {
    rival: Arc<Rival>,
    /// The number of its trial.
    trial: usize,
    /// Its row of episodes.
    row: String,
}

impl Candidate {
    /// Episodes, those reached, and goals met.
    fn merit(&self, outcomes: &[Outcome]) -> (u64, u64, usize) {
        let mine = outcomes.iter().filter(|outcome| outcome.row == self.row);
        mine.fold((0, 0, 0), |(n, reached, met), one| {
            (n + 1, reached + u64::from(one.reached), met + one.met)
        })
    }
}

impl Finalists {
    /// The most episodes reached, then the most goals met; what was tried first wins a tie.
    fn choose(self, outcomes: &[Outcome]) -> Result<Rung> {
        let merit = |one: &&Candidate| {
            let (_, reached, met) = one.merit(outcomes);
            (reached, met)
        };
        let best = self.tried.iter().rev().max_by_key(merit).context("tuning gave no rival")?;
        Ok(Rung {
            best: best.rival.clone(),
            chosen: self.trials[best.trial].clone(),
            cpu_seconds: self.trials.iter().map(|trial| trial.cpu_seconds).sum(),
            name: self.name,
            kind: self.kind,
            trials: self.trials,
        })
    }

    /// Drops those that cannot reach as many of `n` episodes as another has reached, so that the choice stays the same.
    fn drop_hopeless(&mut self, outcomes: &[Outcome], n: u64) {
        let most = self.tried.iter().map(|one| one.merit(outcomes).1).max().unwrap_or(0);
        self.tried.retain(|one| {
            let (played, reached, _) = one.merit(outcomes);
            reached + n.saturating_sub(played) >= most
        });
    }
}

impl Finals {
    /// Each rung's best by episodes, which `play` plays, and these episodes.
    pub fn choose(
        mut self,
        extent: &Extent,
        mut play: impl FnMut(&[Row]) -> Result<Vec<Outcome>>,
    ) -> Result<(Ladder, Vec<Outcome>)> {
        let mut outcomes: Vec<Outcome> = Vec::new();
        for round in 1..=ROUNDS {
            let rows = self.rows((extent.choosing * round).div_ceil(ROUNDS));
            outcomes.retain(|known| rows.iter().all(|row| row.name != known.row));
            outcomes.extend(play(&rows)?);
            self.rungs.iter_mut().for_each(|rung| rung.drop_hopeless(&outcomes, extent.choosing));
        }
        let rungs = self.rungs.into_iter().map(|rung| rung.choose(&outcomes)).collect::<Result<_>>()?;
        Ok((Ladder { rungs, demonstrations: self.demonstrations }, outcomes))
    }

    fn rows(&self, n: u64) -> Vec<Row> {
        let row = |one: &Candidate| Row {
            name: one.row.clone(),
            worlds: vec![rows::world(TASKS[CHOOSING].1)],
            first_seed: FIRST_SEEDS[3],
            n,
            player: Player::Rival(one.rival.clone()),
        };
        self.rungs.iter().flat_map(|rung| rung.tried.iter().map(row)).collect()
    }
}

/// Ways to carry a trained rival out: as it was tuned, closer to the world, smoothed; drawn likely or freely.
fn ways(rival: &Rival, kind: Kind) -> Result<Vec<Arc<Rival>>> {
    let tuned = rival.settings().execute;
    let mut ways: Vec<(Execute, f64)> = Vec::new();
    for execute in [tuned, Execute::First(4), Execute::Ensemble { decay: 0.01 }] {
        let is_new = ways.iter().all(|(known, _)| *known != execute);
        ways.extend(is_new.then_some((execute, 0.0)));
    }
    if kind == Kind::Diffusion {
        ways.truncate(2);
        ways.extend(ways.clone().iter().map(|(execute, _)| (*execute, 1.0)));
    }
    let acting = |(execute, temperature)| Ok(Arc::new(rival.acting(execute, temperature)?));
    ways.into_iter().map(acting).collect()
}

/// A rung before tuning.
struct Plan {
    name: String,
    kind: Kind,
    size: Size,
}

/// Tunes every rung on the same demonstrations; what is finished is kept.
pub(super) fn train(
    shop: &Workshop,
    extent: &Extent,
    n_threads: usize,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Finals> {
    let demonstrations = demonstrations(shop, extent.demonstrations)?;
    let plans = plans(extent.n_sizes);
    let next = AtomicUsize::new(0);
    let said = Mutex::new(say);
    let done: Vec<Mutex<Option<Result<Finalists>>>> = plans.iter().map(|_| Mutex::new(None)).collect();
    // The largest come first: they take longest.
    let work = || {
        while let Some(at) = plans.len().checked_sub(1 + next.fetch_add(1, Ordering::Relaxed)) {
            let tell = |line: &str| said.lock().unwrap_or_else(PoisonError::into_inner)(line);
            let options = TuneOptions {
                n_steps: extent.rival_steps / share(plans[at].size),
                n_threads: (n_threads / plans.len()).max(1),
                ..TuneOptions::new(shop.folder.join("rivals"))
            };
            let rung = finalists(&plans[at], &demonstrations, &options, &tell);
            *done[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(rung);
        }
    };
    thread::scope(|scope| {
        for _ in 0..n_threads.clamp(1, plans.len()) {
            scope.spawn(work);
        }
    });
    let rungs = done.into_iter().map(|slot| {
        let rung = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
        rung.unwrap_or_else(|| Err(anyhow!("a rung was not tuned")))
    });
    Ok(Finals { rungs: rungs.collect::<Result<_>>()?, demonstrations: demonstrations.len() })
}

/// A large network's steps cost more: it gets fewer, for about the same processor time.
fn share(size: Size) -> u64 {
    match size {
        Size::Small => 1,
        Size::Medium => 4,
        Size::Large => 6,
    }
}

/// Two kinds at three sizes, and the guided one in the middle.
fn plans(n_sizes: usize) -> Vec<Plan> {
    let mut plans = Vec::new();
    let middle = SIZES[n_sizes / 2];
    for &size in &SIZES[..n_sizes] {
        let kinds = KINDS.into_iter().filter(|kind| *kind != Kind::Guided || size == middle);
        for kind in kinds {
            let millions = size.n_parameters() as f64 / 1e6;
            plans.push(Plan { name: format!("{}, {millions} M", kind.name()), kind, size });
        }
    }
    plans
}

fn finalists(
    plan: &Plan,
    demonstrations: &[Demonstration],
    options: &TuneOptions,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Finalists> {
    let tell = |trial: &Trial| {
        say(&format!(
            "robot: {}: {} steps, held-out loss {:.4}, {:.0} CPU s",
            plan.name,
            trial.n_steps,
            trial.held_out_loss(),
            trial.cpu_seconds
        ));
    };
    let tuned = tune(&Ctx::new(1), demonstrations, &plan.kind.candidates(plan.size), options, &tell)
        .with_context(|| plan.name.clone())?;
    ensure!(tuned.stop == Stop::Done, "{}: tuning was stopped", plan.name);
    let mut tried = Vec::new();
    for (rival, trial) in &tuned.best {
        for rival in ways(rival, plan.kind)? {
            let row = format!("choice: {}: {}", plan.name, tried.len());
            tried.push(Candidate { rival, trial: *trial, row });
        }
    }
    Ok(Finalists { name: plan.name.clone(), kind: plan.kind, trials: tuned.trials, tried })
}

/// Half from the usual start, half from random legal ones, as the paper's rival had.
fn demonstrations(shop: &Workshop, n: usize) -> Result<Vec<Demonstration>> {
    let half = (n / 2).to_string();
    let mut all = Vec::new();
    for (name, start, seed) in [("usual", "usual", "20000"), ("random", "random", "25000")] {
        let args = [
            "--family",
            "hanoi",
            "--blocks",
            "3",
            "--start",
            start,
            "--seed",
            seed,
            "--demos",
            &half,
            "--threads",
            "2",
        ];
        all.extend(read(&shop.record(&format!("hanoi-{name}-{half}"), &args)?)?);
    }
    // Taken in turn, so that what is held out at the end is of both kinds.
    let n_usual = all.len() / 2;
    let random = all.split_off(n_usual);
    Ok(all.into_iter().zip(random).flat_map(|(usual, random)| [usual, random]).collect())
}

fn read(path: &Path) -> Result<Vec<Demonstration>> {
    let loaded = formats::read(path, &formats::ReadOptions::default())?;
    let with_task = |recording: isogrid_robot::Recording| {
        let task = Task::new(&recording.scene, Rule::SmallerOnLarger, tower(&recording.scene));
        Demonstration { recording, task }
    };
    Ok(loaded.recordings.into_iter().map(with_task).collect())
}

/// The tower on the last pad: what every run of the family ends in.
fn tower(scene: &Scene) -> Vec<(usize, usize)> {
    let of = |kind| (0..scene.objects.len()).filter(move |&at| scene.objects[at].kind == kind);
    let blocks: Vec<usize> = of(ObjectKind::Block).collect();
    let last = of(ObjectKind::Pad).next_back();
    let below = blocks.iter().skip(1).copied().chain(last);
    blocks.iter().copied().zip(below).collect()
}
