//! The scale ladder: end-to-end rivals at three sizes, and one with a planner's sub-tasks, tuned on more data.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use isogrid_core::{Ctx, Stop};
use isogrid_robot::formats;
use isogrid_robot::tasks::{Rule, Task};
use isogrid_robot::{ObjectKind, Scene};

use super::episodes::{Player, Row};
use super::rivals::{Demonstration, KINDS, Kind, Rival, SIZES, Size, Trial, TuneOptions, tune};
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
const TASKS: [(&str, &str); 2] =
    [("3 blocks", "--family hanoi --blocks 3"), ("4 blocks", "--family hanoi --blocks 4")];

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
) -> Result<Ladder> {
    let demonstrations = demonstrations(shop, extent.demonstrations)?;
    let plans = plans(extent.n_sizes);
    let next = AtomicUsize::new(0);
    let said = Mutex::new(say);
    let done: Vec<Mutex<Option<Result<Rung>>>> = plans.iter().map(|_| Mutex::new(None)).collect();
    // The largest come first: they take longest.
    let work = || {
        while let Some(at) = plans.len().checked_sub(1 + next.fetch_add(1, Ordering::Relaxed)) {
            let tell = |line: &str| said.lock().unwrap_or_else(PoisonError::into_inner)(line);
            let options = TuneOptions {
                n_steps: extent.rival_steps / share(plans[at].size),
                n_threads: (n_threads / plans.len()).max(1),
                ..TuneOptions::new(shop.folder.join("rivals"))
            };
            let rung = rung(&plans[at], &demonstrations, &options, &tell);
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
    Ok(Ladder { rungs: rungs.collect::<Result<_>>()?, demonstrations: demonstrations.len() })
}

/// A large network's steps cost more: it gets fewer, for about the same processor time.
fn share(size: Size) -> u64 {
    match size {
        Size::Small => 1,
        Size::Medium => 4,
        Size::Large => 12,
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

fn rung(
    plan: &Plan,
    demonstrations: &[Demonstration],
    options: &TuneOptions,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Rung> {
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
    let cpu_seconds = tuned.cpu_seconds();
    let (best, at) = tuned.best.into_iter().next().context("tuning gave no rival")?;
    Ok(Rung {
        name: plan.name.clone(),
        kind: plan.kind,
        best: Arc::new(best),
        chosen: tuned.trials[at].clone(),
        trials: tuned.trials,
        cpu_seconds,
    })
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
