//! `isogrid-sim run --film FILE --record FILE`: one episode, pictures of it, and a recording for the Rerun viewer.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, ensure};
use isogrid_core::Ctx;
use isogrid_robot::agent::Agent;

use super::run::{Batch, Line};
use crate::episode::{self, All, Watcher};
use crate::film::{Film, Kind};
use crate::scenario::Scenario;
use crate::stream::Stream;
use crate::viewer::Target;
use crate::world::World;

/// What is kept of an episode.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keep<'a> {
    /// Pictures: `.png` a strip, `.gif` a moving picture. None by default.
    pub films: &'a [PathBuf],
    /// A recording: `.rrd` for the Rerun viewer, `.jsonl` its lines. None by default.
    pub record: Option<&'a Path>,
}

/// Runs the only seed of a batch and writes what is to be kept of it.
///
/// # Errors
/// More than one seed, a name with another ending, an unusable scenario, a file that cannot be written, or no
/// `isogrid-rerun` for a recording.
pub fn run(batch: &Batch<'_>, keep: &Keep<'_>) -> Result<Line> {
    let (seed, last) = batch.seeds;
    ensure!(seed == last, "a film shows one episode, and --seeds {seed}..{last} are {}", last - seed + 1);
    for path in keep.films {
        Kind::of(path)?;
    }
    let start = Instant::now();
    let mut world = World::new(&Scenario { seed, ..batch.scenario.clone() })?;
    let (scene, task) = (world.layout().scene.clone(), world.layout().task.clone());
    let mut agent = Agent::new(&scene, &task, (batch.policy)(seed), batch.agent.clone())?;
    let mut target = keep.record.map(Target::open).transpose()?;
    let mut film = (!keep.films.is_empty()).then(|| Film::new(&mut world));
    let title = format!("{}, seed {seed}", batch.scenario.family.words());
    let stream = target.as_mut().map(|target| Stream::new(&mut world, &title, target.out()));
    let mut stream = stream.transpose();
    let mut watchers: Vec<&mut dyn Watcher> = Vec::new();
    watchers.extend(film.as_mut().map(|film| film as &mut dyn Watcher));
    watchers.extend(stream.iter_mut().flatten().map(|stream| stream as &mut dyn Watcher));
    let outcome = episode::run(&Ctx::new(seed), &mut world, &mut agent, &mut All(watchers), None);
    let written = stream.and_then(|stream| match (&outcome, stream) {
        (Ok(episode), Some(stream)) => stream.finish(&episode.verdict),
        (Err(error), _) => Err(io::Error::other(error.to_string())),
        (Ok(_), None) => Ok(()),
    });
    let kept = target.map_or(Ok(()), |target| target.finish(written));
    let line = Line { seed, episode: outcome?, wall_seconds: start.elapsed().as_secs_f64() };
    kept?;
    for (film, path) in film.iter().flat_map(|film| keep.films.iter().map(move |path| (film, path))) {
        film.write(path)?;
    }
    Ok(line)
}
