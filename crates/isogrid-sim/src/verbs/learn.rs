//! `isogrid-sim learn`: demonstrations by the scripted expert, skills from them, saved.

use anyhow::{Result, ensure};
use isogrid_core::Ctx;
use isogrid_robot::Recording;
use isogrid_robot::agent::{Agent, AgentOptions};
use isogrid_robot::policy::Scripted;

use crate::episode::{self, Nobody, Recorder};
use crate::scenario::Scenario;
use crate::world::World;

/// What is demonstrated.
pub struct Demonstrations {
    /// The scenario; its seed is replaced.
    pub scenario: Scenario,
    /// How many.
    pub n: usize,
    /// The seed of the first.
    pub first_seed: u64,
    /// Noise of the expert, a share of the distance to go.
    pub noise: f64,
}

/// Lets the scripted expert solve one task after another, and keeps what was seen and done.
///
/// # Errors
/// The scenario is unusable, or a fault of the agent.
pub fn demonstrate(what: &Demonstrations) -> Result<Vec<Recording>> {
    ensure!(what.n > 0, "zero demonstrations teach nothing");
    (0..what.n as u64).map(|at| one(what, what.first_seed + at)).collect()
}

fn one(what: &Demonstrations, seed: u64) -> Result<Recording> {
    let mut world = World::new(&Scenario { seed, ..what.scenario.clone() })?;
    let (scene, task) = (world.layout().scene.clone(), world.layout().task.clone());
    let expert = Scripted::new(what.noise, seed);
    let mut agent = Agent::new(&scene, &task, Box::new(expert), AgentOptions::default())?;
    let words = "stack the blocks".to_string();
    let mut recorder = Recorder(Recording { scene, task: words, frames: Vec::new() });
    episode::run(&Ctx::new(seed), &mut world, &mut agent, &mut Nobody, Some(&mut recorder))?;
    Ok(recorder.0)
}
