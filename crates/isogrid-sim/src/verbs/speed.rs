//! `isogrid-sim speed`: control steps for each second of processor time, with physics, control and judging.

use std::fs;
use std::time::Instant;

use anyhow::{Result, ensure};
use isogrid_core::Ctx;
use isogrid_robot::agent::{Agent, AgentOptions};
use isogrid_robot::policy::Scripted;
use serde_json::{Value, json};

use crate::episode::{self, Nobody};
use crate::physics::STEPS_PER_ACTION;
use crate::scenario::Scenario;
use crate::world::World;

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Speed {
    /// Actions carried out, 20 for each simulated second.
    pub control_steps: usize,
    /// Episodes.
    pub episodes: usize,
    /// Seconds of this thread on the processor; wall seconds where the system does not tell.
    pub cpu_seconds: f64,
    /// Whether `cpu_seconds` are wall seconds.
    pub wall_clock: bool,
    /// Compilation of the scene and settling, in the same seconds; not part of the others.
    pub setup_seconds: f64,
}

/// Runs episodes with the scripted policy on one thread until `seconds` are used up.
///
/// # Errors
/// No time, an unusable scenario, or a fault of the agent.
pub fn measure(scenario: &Scenario, seconds: f64) -> Result<Speed> {
    ensure!(seconds.is_finite() && seconds > 0.0, "--seconds {seconds}: expected more than 0");
    let clock = Clock::new();
    let mut speed = Speed {
        control_steps: 0,
        episodes: 0,
        cpu_seconds: 0.0,
        wall_clock: matches!(clock, Clock::Wall(_)),
        setup_seconds: 0.0,
    };
    for seed in 1.. {
        let start = clock.seconds();
        let mut world = World::new(&Scenario { seed, ..scenario.clone() })?;
        let layout = world.layout();
        let expert = Box::new(Scripted::new(0.0, seed));
        let mut agent = Agent::new(&layout.scene, &layout.task, expert, AgentOptions::default())?;
        let ready = clock.seconds();
        let episode = episode::run(&Ctx::new(seed), &mut world, &mut agent, &mut Nobody, None)?;
        speed.cpu_seconds += clock.seconds() - ready;
        speed.setup_seconds += ready - start;
        speed.control_steps += episode.decisions.len();
        speed.episodes += 1;
        if speed.cpu_seconds >= seconds {
            break;
        }
    }
    Ok(speed)
}

impl Speed {
    /// Control steps for each second.
    pub fn rate(&self) -> f64 {
        self.control_steps as f64 / self.cpu_seconds.max(1e-9)
    }

    /// The measurement as an object.
    pub fn to_json(&self) -> Value {
        json!({
            "control_steps_per_cpu_second": self.rate(),
            "physics_steps_per_cpu_second": self.rate() * STEPS_PER_ACTION as f64,
            "control_steps": self.control_steps,
            "episodes": self.episodes,
            "cpu_seconds": self.cpu_seconds,
            "setup_cpu_seconds": self.setup_seconds,
            "clock": if self.wall_clock { "wall" } else { "cpu" },
        })
    }
}

/// Time on the processor where the system tells it.
enum Clock {
    Cpu,
    Wall(Instant),
}

impl Clock {
    fn new() -> Clock {
        if on_processor().is_some() { Clock::Cpu } else { Clock::Wall(Instant::now()) }
    }

    fn seconds(&self) -> f64 {
        match self {
            Clock::Cpu => on_processor().unwrap_or(0.0),
            Clock::Wall(start) => start.elapsed().as_secs_f64(),
        }
    }
}

/// Seconds for which this thread ran, from Linux.
fn on_processor() -> Option<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<u64>().ok()? as f64 * 1e-9)
}
