//! What an agent tells of a tick: for pictures, recordings and worlds that show it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::events::{Event, Happening};
use super::executor::Executor;
use super::manager::{Agent, Status};
use super::memory::Move;

/// One tick in the agent's own view.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// What happened since the last one.
    pub events: Vec<Event>,
    /// The move at work.
    pub step: Option<Move>,
    /// The hand's (or the held block's) way to the next contact, in metres; empty in contact.
    pub trace: Vec<[f64; 3]>,
    /// Moves whose effects were seen.
    pub done: usize,
    /// Moves that lead to the goal.
    pub remaining: usize,
    /// What the decision took, in milliseconds.
    pub decision_ms: f64,
}

impl Account {
    /// What `agent` tells after a decision, with the events taken out of it.
    pub fn of(agent: &Agent, events: Vec<Event>, decision: Duration) -> Account {
        let executor = agent.executor().filter(|_| *agent.status() == Status::Working);
        Account {
            events,
            step: executor.map(Executor::step),
            trace: executor.into_iter().flat_map(Executor::trace).copied().collect(),
            done: agent.memory().done.len(),
            remaining: agent.memory().remaining.len(),
            decision_ms: decision.as_secs_f64() * 1e3,
        }
    }

    /// Plans that were made because the world differed.
    pub fn replans(&self) -> usize {
        let again = |event: &&Event| matches!(event.what, Happening::Planned { again: true, .. });
        self.events.iter().filter(again).count()
    }
}
