//! One agent in one world, from start to verdict.

use std::time::{Duration, Instant};

use isogrid_core::Ctx;
use isogrid_robot::agent::{Account, Agent, Event, Happening, Status};
use isogrid_robot::{Frame, Recording};

use crate::SimError;
use crate::judge::Verdict;
use crate::world::World;

/// What an episode came to, in the judge's view and in numbers.
#[derive(Debug, Clone)]
pub struct Episode {
    /// The judge's word.
    pub verdict: Verdict,
    /// The agent's own view.
    pub status: Status,
    /// Plans made after the first.
    pub replans: usize,
    /// Moves that ended without their effect.
    pub failures: usize,
    /// Time of every decision of the agent.
    pub decisions: Vec<Duration>,
    /// What the agent reported.
    pub events: Vec<Event>,
    /// What was done to the world, and when.
    pub disturbances: Vec<(f64, String)>,
}

/// Something that watches an episode, once a tick.
pub trait Watcher {
    /// A tick is over; so the agent saw it.
    fn tick(&mut self, world: &mut World, account: &Account);
}

/// Watches nothing.
pub struct Nobody;

impl Watcher for Nobody {
    fn tick(&mut self, _: &mut World, _: &Account) {}
}

/// Keeps what was seen and done.
#[derive(Debug)]
pub struct Recorder(pub Recording);

/// Runs an episode to its end.
///
/// # Errors
/// A fault of the agent.
pub fn run(
    ctx: &Ctx,
    world: &mut World,
    agent: &mut Agent,
    watcher: &mut dyn Watcher,
    mut recorder: Option<&mut Recorder>,
) -> Result<Episode, SimError> {
    let (mut events, mut decisions, mut disturbances) = (Vec::new(), Vec::new(), Vec::new());
    while !world.is_over() && !agent.has_ended() {
        let is_working = *agent.status() == Status::Working;
        let seen = world.observe();
        let start = Instant::now();
        let action = agent.act(ctx, &seen)?;
        let decision = start.elapsed();
        decisions.push(decision);
        if let Some(recorder) = recorder.as_deref_mut().filter(|_| is_working) {
            recorder.0.frames.push(Frame { observation: seen, action });
        }
        world.act(&action);
        let new = agent.take_events();
        let account = Account::of(agent, new, decision);
        watcher.tick(world, &account);
        events.extend(account.events);
        disturbances.extend(world.take_log());
    }
    let count = |wanted: fn(&Happening) -> bool| events.iter().filter(|event| wanted(&event.what)).count();
    Ok(Episode {
        verdict: world.verdict(),
        status: agent.status().clone(),
        replans: count(|what| matches!(what, Happening::Planned { again: true, .. })),
        failures: count(|what| matches!(what, Happening::Failed { .. })),
        decisions,
        events,
        disturbances,
    })
}
