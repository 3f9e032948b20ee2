//! What the arm does when its work is over: it puts down what it still holds, and goes out of the way.

use crate::facts::distance;
use crate::world::{Action, Observation};

/// Where the hand is parked, in metres.
const PARK: [f64; 3] = [0.42, 0.0, 0.4];

/// A hand as near as this is there, in metres.
const THERE: f64 = 0.03;

/// Seconds for which the arm stays at work after its last move: what was put down may still fall.
const LEAST_SECONDS: f64 = 1.0;

/// Seconds after which an arm that does not arrive is left where it is.
const MOST_SECONDS: f64 = 10.0;

/// How fast a block is brought down, as a share of the fastest.
const SINK: f64 = 0.4;

/// A hand that sinks by less than this between ticks has put its block onto something, in metres.
const RESTS: f64 = 0.0005;

/// Ticks for which it must rest.
const CONFIRM: u32 = 6;

/// The way to the end of an episode.
#[derive(Debug, Clone)]
pub(super) struct Parking {
    /// When the work was over.
    since: f64,
    /// Nothing is held and nothing remains: there is no need to wait for the arm.
    reached: bool,
    /// The hand's height at the last tick, and for how many ticks it has not sunk.
    height: f64,
    rests: u32,
    is_over: bool,
}

impl Parking {
    pub(super) fn new(seen: &Observation, reached: bool) -> Parking {
        Parking { since: seen.seconds, reached, height: f64::INFINITY, rests: 0, is_over: false }
    }

    /// Whether the arm has stood where it is parked, or has tried to for long enough.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// The action of one tick: straight down with what is held, until it lies on something; then up and aside.
    pub(super) fn act(&mut self, seen: &Observation, holds: bool) -> Action {
        let (after, here) = (seen.seconds - self.since, seen.hand.position);
        let is_there = self.reached || (!holds && distance(&here, &PARK) < THERE);
        self.is_over = after >= LEAST_SECONDS && (is_there || after >= MOST_SECONDS);
        if !holds {
            return aside(here);
        }
        self.rests = if here[2] > self.height - RESTS { self.rests + 1 } else { 0 };
        self.height = here[2];
        match self.rests < CONFIRM {
            true => Action { offset: [0.0, 0.0, -SINK], grip: 1.0 },
            false => Action { offset: [0.0; 3], grip: -1.0 },
        }
    }
}

/// Straight up first, with an open hand: next to what was just put down there is no room to turn.
fn aside(here: [f64; 3]) -> Action {
    let up = (PARK[2] - here[2]).clamp(-0.05, 0.05) / 0.05;
    let side = if (PARK[2] - here[2]).abs() < 0.05 { 1.0 } else { 0.0 };
    let aside = |axis: usize| side * ((PARK[axis] - here[axis]) / 0.1).clamp(-0.5, 0.5);
    Action { offset: [aside(0), aside(1), up], grip: -1.0 }
}
