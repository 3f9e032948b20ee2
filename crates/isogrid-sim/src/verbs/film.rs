//! `isogrid-sim run --film FILE --record FILE`: one episode, pictures of it, and a recording for the Rerun viewer.

use std::time::Instant;

use anyhow::{Result, ensure};
use isogrid_core::Ctx;
use isogrid_robot::agent::Agent;

use super::run::{Batch, Line};
use crate::episode;
use crate::kept::Keep;
use crate::scenario::Scenario;
use crate::world::World;

/// Runs the only seed of a batch and writes what is to be kept of it.
///
/// # Errors
/// More than one seed, an unusable scenario, a fault of the agent, or what cannot be kept.
pub fn run(batch: &Batch<'_>, keep: &Keep<'_>) -> Result<Line> {
    let (seed, last) = batch.seeds;
    ensure!(seed == last, "a film shows one episode, and --seeds {seed}..{last} are {}", last - seed + 1);
    let start = Instant::now();
    let scenario = Scenario { seed, ..batch.scenario.clone() };
    let mut world = World::new(&scenario)?;
    let (scene, task) = (world.layout().scene.clone(), world.layout().task.clone());
    let mut agent = Agent::new(&scene, &task, (batch.policy)(seed), batch.agent.clone())?;
    let mut kept = keep.begin(&mut world, &scenario.title())?;
    let played = episode::run(&Ctx::new(seed), &mut world, &mut agent, &mut kept, None);
    let ended = played.as_ref().map(|episode| &episode.verdict).map_err(ToString::to_string);
    let written = kept.finish(ended);
    let line = Line { seed, episode: played?, wall_seconds: start.elapsed().as_secs_f64() };
    written?;
    Ok(line)
}
