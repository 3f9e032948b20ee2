//! One arm in one world, tick by tick, until the world is over or the arm has finished.

use std::time::{Duration, Instant};

use isogrid_core::{Ctx, Stop};
use isogrid_robot::agent::{Account, Agent, Event, Status};
use isogrid_robot::protocol::{Briefing, RemoteWorld};
use isogrid_robot::{Observation, RobotError, Verdict};

/// What an episode came to.
#[derive(Debug, Clone)]
pub struct Episode {
    /// The judge's word.
    pub verdict: Verdict,
    /// The arm's own view.
    pub status: Status,
    /// How long every decision took.
    pub decisions: Vec<Duration>,
    /// Why it ended, where a budget or an interrupt ended it.
    pub stop: Stop,
}

/// What is known after a tick.
pub struct Tick<'a> {
    /// What was seen.
    pub seen: &'a Observation,
    /// The arm.
    pub agent: &'a Agent,
    /// What it reports.
    pub events: &'a [Event],
    /// What others did to the world, and when.
    pub disturbances: &'a [(f64, String)],
}

/// Plays one episode. `watch` is called once a tick.
///
/// # Errors
/// A fault of the arm or of the world.
pub fn play(
    ctx: &Ctx,
    world: &mut RemoteWorld,
    briefing: &Briefing,
    agent: &mut Agent,
    watch: &mut dyn FnMut(&Tick<'_>),
) -> Result<Episode, RobotError> {
    let mut seen = briefing.observation.clone();
    let (mut decisions, mut stop) = (Vec::new(), Stop::Done);
    let mut over = false;
    while !over && !agent.has_ended() {
        if let std::ops::ControlFlow::Break(why) = ctx.tick(1) {
            stop = why;
            break;
        }
        let start = Instant::now();
        let action = match agent.act(ctx, &seen) {
            Ok(action) => action,
            Err(fault) => {
                // Nobody watches the arm any more. Whether the world can be stopped or not, the fault is what is told.
                let _ = world.stop();
                return Err(fault);
            }
        };
        let decision = start.elapsed();
        decisions.push(decision);
        let events = agent.take_events();
        if briefing.listens {
            world.tell(Account::of(agent, events.clone(), decision))?;
        }
        let step = world.act(&action)?;
        watch(&Tick { seen: &seen, agent, events: &events, disturbances: &step.disturbances });
        (seen, over) = (step.observation, step.over);
    }
    // First of all the arm stands still; a world that cannot be stopped may still give its verdict.
    let stopped = (stop != Stop::Done).then(|| world.stop().ok()).flatten();
    let verdict = stopped.map_or_else(|| world.verdict(), Ok)?;
    Ok(Episode { verdict, status: agent.status().clone(), decisions, stop })
}
