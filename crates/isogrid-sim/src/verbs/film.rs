//! `isogrid-sim run --film FILE`: one episode, and pictures of it.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, ensure};
use isogrid_core::Ctx;
use isogrid_robot::agent::Agent;

use super::run::{Batch, Line};
use crate::episode;
use crate::film::{Film, Kind};
use crate::scenario::Scenario;
use crate::world::World;

/// Runs the only seed of a batch and writes a film of it to every path: `.png` a strip, `.gif` a moving picture.
///
/// # Errors
/// More than one seed, a name that ends in neither, an unusable scenario, or a file that cannot be written.
pub fn run(batch: &Batch<'_>, paths: &[PathBuf]) -> Result<Line> {
    let (seed, last) = batch.seeds;
    ensure!(seed == last, "a film shows one episode, and --seeds {seed}..{last} are {}", last - seed + 1);
    for path in paths {
        Kind::of(path)?;
    }
    let start = Instant::now();
    let mut world = World::new(&Scenario { seed, ..batch.scenario.clone() })?;
    let (scene, task) = (world.layout().scene.clone(), world.layout().task.clone());
    let mut agent = Agent::new(&scene, &task, (batch.policy)(seed), batch.agent.clone())?;
    let mut film = Film::new(&mut world);
    let episode = episode::run(&Ctx::new(seed), &mut world, &mut agent, &mut film, None)?;
    let line = Line { seed, episode, wall_seconds: start.elapsed().as_secs_f64() };
    for path in paths {
        film.write(path)?;
    }
    Ok(line)
}
