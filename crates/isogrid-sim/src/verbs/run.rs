//! `isogrid-sim run`: episodes of an agent in worlds drawn from seeds, judged and counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::Result;
use isogrid_core::Ctx;
use isogrid_num::stats::{Z_95, quantile, wilson};
use isogrid_robot::agent::{Agent, AgentOptions};
use isogrid_robot::policy::Policy;
use serde_json::{Value, json};

use crate::episode::{self, Episode, Nobody};
use crate::scenario::Scenario;
use crate::world::World;

/// Makes the policy of an episode from its seed.
pub type MakePolicy<'a> = &'a (dyn Fn(u64) -> Box<dyn Policy> + Sync);

/// What is run.
pub struct Batch<'a> {
    /// The scenario; its seed is replaced.
    pub scenario: Scenario,
    /// First and last seed.
    pub seeds: (u64, u64),
    /// How the agent behaves.
    pub agent: AgentOptions,
    /// Who moves the hand.
    pub policy: MakePolicy<'a>,
    /// Episodes at a time.
    pub threads: usize,
}

/// One episode's line.
#[derive(Debug, Clone)]
pub struct Line {
    /// The seed.
    pub seed: u64,
    /// What happened.
    pub episode: Episode,
    /// Wall seconds.
    pub wall_seconds: f64,
}

/// Runs all episodes; `each` sees them in the order in which they end. Returned in the order of seeds.
///
/// # Errors
/// The scenario is unusable, or a fault of the agent.
pub fn run(batch: &Batch<'_>, each: &(dyn Fn(&Line) + Sync)) -> Result<Vec<Line>> {
    let (first, last) = batch.seeds;
    let next = AtomicU64::new(first);
    let done: Mutex<BTreeMap<u64, Result<Line>>> = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > last {
                break;
            }
            let line = one(batch, seed);
            if let Ok(line) = &line {
                each(line);
            }
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(seed, line);
        }
    };
    thread::scope(|scope| {
        for _ in 0..batch.threads.clamp(1, MAX_THREADS) {
            scope.spawn(work);
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

/// More threads than this do not make anything faster.
const MAX_THREADS: usize = 256;

fn one(batch: &Batch<'_>, seed: u64) -> Result<Line> {
    let start = Instant::now();
    let mut world = World::new(&Scenario { seed, ..batch.scenario.clone() })?;
    let (scene, task) = (world.layout().scene.clone(), world.layout().task.clone());
    let mut agent = Agent::new(&scene, &task, (batch.policy)(seed), batch.agent.clone())?;
    let episode = episode::run(&Ctx::new(seed), &mut world, &mut agent, &mut Nobody, None)?;
    Ok(Line { seed, episode, wall_seconds: start.elapsed().as_secs_f64() })
}

/// All episodes in one object: rates with their intervals, medians and quantiles.
pub fn summary(lines: &[Line]) -> Value {
    let n = lines.len() as u64;
    let reached = lines.iter().filter(|line| line.episode.verdict.reached).count() as u64;
    let (low, high) = wilson(reached, n, Z_95);
    let of = |value: &dyn Fn(&Line) -> f64| lines.iter().map(value).collect::<Vec<_>>();
    let progress = of(&|line| line.episode.verdict.met as f64 / line.episode.verdict.goals.max(1) as f64);
    let seconds = of(&|line| line.episode.verdict.seconds);
    let wall: f64 = of(&|line| line.wall_seconds).iter().sum();
    let ticks: usize = lines.iter().map(|line| line.episode.decisions.len()).sum();
    let decisions: Vec<f64> =
        lines.iter().flat_map(|line| &line.episode.decisions).map(|time| time.as_secs_f64() * 1e3).collect();
    let share = |values: &[f64], q: f64| if values.is_empty() { None } else { Some(quantile(values, q)) };
    json!({
        "episodes": n,
        "reached": reached,
        "success": reached as f64 / n.max(1) as f64,
        "wilson_95": [low, high],
        "progress": progress.iter().sum::<f64>() / n.max(1) as f64,
        "violations": lines.iter().map(|line| line.episode.verdict.violations).sum::<usize>(),
        "replans": lines.iter().map(|line| line.episode.replans).sum::<usize>(),
        "failed_moves": lines.iter().map(|line| line.episode.failures).sum::<usize>(),
        "median_seconds": share(&seconds, 0.5),
        "decision_ms_median": share(&decisions, 0.5),
        "decision_ms_p99": share(&decisions, 0.99),
        "control_steps": ticks,
        "wall_seconds": wall,
    })
}

/// One episode as an object.
pub fn record(line: &Line) -> Value {
    json!({
        "seed": line.seed,
        "verdict": line.episode.verdict,
        "status": format!("{:?}", line.episode.status),
        "replans": line.episode.replans,
        "failed_moves": line.episode.failures,
        "ticks": line.episode.decisions.len(),
        "wall_seconds": line.wall_seconds,
        "disturbances": line.episode.disturbances,
    })
}
