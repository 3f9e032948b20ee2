//! The scale ladder: end-to-end rivals at three sizes, and one with a planner's sub-tasks, tuned on more data.
//!
//! Held-out loss halves the settings; episodes on seeds of their own choose among the last two, each tried with several
//! ways of carrying its chunks out.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use isogrid_core::{Ctx, Stop};
use isogrid_robot::formats;
use isogrid_robot::tasks::{Rule, Task};
use isogrid_robot::{ObjectKind, Scene};
use serde::{Deserialize, Serialize};

use super::episodes::{Outcome, Player, Row};
use super::rivals::{
    Demonstration, Execute, KINDS, Kind, Rival, SIZES, Settings, Size, Trial, TuneOptions, tune,
};
use super::work::Workshop;
use super::{Extent, FIRST_SEEDS, SEED_STEP, rows};

/// One rung after tuning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Rung {
    pub name: String,
    pub kind: Kind,
    /// Of the chosen rival, carried out in the chosen way.
    pub settings: Settings,
    pub n_parameters: usize,
    /// The number of the trial that made it.
    pub chosen: usize,
    pub trials: Vec<Trial>,
    /// Whole demonstrations that it was tuned on, and their frames.
    pub demonstrations: usize,
    pub frames: usize,
    /// Seconds of one core that the engine's default training took on the same machine.
    pub engine_cpu_seconds: f64,
}

impl Rung {
    /// The trial that made the chosen rival.
    pub fn chosen(&self) -> &Trial {
        &self.trials[self.chosen]
    }

    /// Seconds of one core that tuning took.
    pub fn cpu_seconds(&self) -> f64 {
        self.trials.iter().map(|trial| trial.cpu_seconds).sum()
    }

    /// How often the chosen training has seen each frame, in the mean.
    pub fn passes(&self) -> f64 {
        let chosen = self.chosen();
        (chosen.n_steps * chosen.settings.batch as u64) as f64 / self.frames.max(1) as f64
    }

    /// Whether more steps would gain little.
    pub fn has_converged(&self) -> bool {
        self.chosen().has_converged(&self.trials)
    }

    /// The name of its row of episodes of a task.
    pub fn row(&self, task: &str) -> String {
        format!("rival: {}: {task}", self.name)
    }
}

/// What each rival is asked to do, in the order of the engine's rows.
pub(super) const TASKS: [(&str, &str); 3] = [
    ("one move", "--family move --blocks 3"),
    ("3 blocks", "--family hanoi --blocks 3"),
    ("4 blocks", "--family hanoi --blocks 4"),
];

/// Rounds of the choice by episodes; after each, those who cannot win any more drop out.
const ROUNDS: u64 = 4;

/// The task of [`TASKS`] whose episodes choose among trained rivals: the one that they have learned.
const CHOOSING: usize = 1;

/// The rows of a rung's best.
fn rows_of(rung: &Rung, best: &Arc<Rival>, n: u64) -> Vec<Row> {
    let row = |(at, (task, world)): (usize, &(&str, &str))| Row {
        name: rung.row(task),
        worlds: vec![rows::world(world)],
        first_seed: FIRST_SEEDS[2] + SEED_STEP * at as u64,
        n,
        player: Player::Rival(best.clone()),
    };
    TASKS.iter().enumerate().map(row).collect()
}

/// A rung's last trials, before episodes have chosen.
struct Finalists {
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
    fn best(&self, outcomes: &[Outcome]) -> Result<&Candidate> {
        let merit = |one: &&Candidate| {
            let (_, reached, met) = one.merit(outcomes);
            (reached, met)
        };
        self.tried.iter().rev().max_by_key(merit).context("tuning gave no rival")
    }

    /// Plays until the best is known; the episodes are returned.
    fn choose(&mut self, n: u64, play: &mut Play<'_>) -> Result<Vec<Outcome>> {
        let mut outcomes: Vec<Outcome> = Vec::new();
        for round in 1..=ROUNDS {
            let rows = self.rows((n * round).div_ceil(ROUNDS));
            outcomes.retain(|known| rows.iter().all(|row| row.name != known.row));
            outcomes.extend(play(&rows)?);
            self.drop_hopeless(&outcomes, n);
        }
        Ok(outcomes)
    }

    fn rows(&self, n: u64) -> Vec<Row> {
        let row = |one: &Candidate| Row {
            name: one.row.clone(),
            worlds: vec![rows::world(TASKS[CHOOSING].1)],
            first_seed: FIRST_SEEDS[3],
            n,
            player: Player::Rival(one.rival.clone()),
        };
        self.tried.iter().map(row).collect()
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

/// Plays rows.
type Play<'a> = dyn FnMut(&[Row]) -> Result<Vec<Outcome>> + 'a;

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
pub(super) struct Plan {
    pub name: String,
    /// Steps of its last trainings.
    pub n_steps: u64,
    kind: Kind,
    size: Size,
}

impl Plan {
    /// Tunes the rung, chooses by episodes, and plays its rows. What is finished is kept by the workshop.
    pub fn carry_out(
        &self,
        (shop, engine_cpu_seconds): (&Workshop, f64),
        extent: &Extent,
        play: &mut Play<'_>,
        (n_threads, say): (usize, &(dyn Fn(&str) + Sync)),
    ) -> Result<(Rung, Vec<Outcome>)> {
        let demonstrations = demonstrations(shop, extent.demonstrations)?;
        let options =
            TuneOptions { n_steps: self.n_steps, n_threads, ..TuneOptions::new(shop.folder.join("rivals")) };
        let mut finalists = finalists(self, &demonstrations, &options, say)?;
        let mut outcomes = finalists.choose(extent.choosing, play)?;
        let best = finalists.best(&outcomes)?;
        let (rival, chosen) = (best.rival.clone(), best.trial);
        let rung = Rung {
            name: self.name.clone(),
            kind: self.kind,
            settings: *rival.settings(),
            n_parameters: rival.n_parameters(),
            chosen,
            trials: finalists.trials,
            demonstrations: demonstrations.len(),
            frames: demonstrations.iter().map(|one| one.recording.frames.len()).sum(),
            engine_cpu_seconds,
        };
        outcomes.extend(play(&rows_of(&rung, &rival, extent.rival))?);
        Ok((rung, outcomes))
    }
}

/// Two kinds at three sizes, and the guided one in the middle; the smallest first.
pub(super) fn plans(extent: &Extent) -> Vec<Plan> {
    let mut plans = Vec::new();
    let middle = SIZES[extent.n_sizes / 2];
    for (&size, &n_steps) in SIZES.iter().zip(&extent.rival_steps).take(extent.n_sizes) {
        let kinds = KINDS.into_iter().filter(|kind| *kind != Kind::Guided || size == middle);
        for kind in kinds {
            let millions = size.n_parameters() as f64 / 1e6;
            plans.push(Plan { name: format!("{}, {millions} M", kind.name()), n_steps, kind, size });
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
    Ok(Finalists { trials: tuned.trials, tried })
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
