//! What happened, for whoever watches: a timeline in words and as data.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::memory::Move;
use crate::skill::Skill;
use crate::world::Scene;

/// One entry of the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Seconds of the episode.
    pub seconds: f64,
    /// What happened.
    pub what: Happening,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happening {
    /// The planner answered with a plan.
    Planned {
        /// Moves of the plan.
        moves: usize,
        /// Whether the world had left an earlier plan.
        again: bool,
    },
    /// A move began.
    Began(Move),
    /// A move's effect was seen.
    Done(Move),
    /// A move is needed no more: the world did it, or made it pointless.
    Needless(Move),
    /// A move ended without its effect.
    Failed {
        /// Which one.
        step: Move,
        /// During which sub-skill.
        skill: Skill,
        /// Why it was ended.
        why: Why,
    },
    /// The goal holds.
    Reached,
    /// No plan leads to the goal, or a thing it needs is out of reach; the arm is parked.
    Unreachable(String),
    /// Too many failures in a row; the arm is parked.
    GaveUp,
}

/// Why a sub-skill was ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It took too long.
    Patience,
    /// The held block left the hand.
    Lost,
    /// What it aims at is no longer free.
    Blocked,
    /// The block is not under the hand any more.
    Astray,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::Patience => "too slow",
            Why::Lost => "block lost",
            Why::Blocked => "target taken",
            Why::Astray => "block astray",
        })
    }
}

impl Move {
    /// The move in words.
    pub fn text(&self, scene: &Scene) -> String {
        let name = |at: usize| scene.objects.get(at).map_or("?", |object| object.name.as_str());
        match *self {
            Move::Pick { block } => format!("pick {}", name(block)),
            Move::Place { block, on } => format!("place {} on {}", name(block), name(on)),
        }
    }
}

impl Happening {
    /// What happened, in words.
    pub fn text(&self, scene: &Scene) -> String {
        match self {
            Happening::Planned { moves, again: false } => format!("plan: {moves} moves"),
            Happening::Planned { moves, again: true } => {
                format!("the world differs; new plan: {moves} moves")
            }
            Happening::Began(step) => format!("begin  {}", step.text(scene)),
            Happening::Done(step) => format!("done   {}", step.text(scene)),
            Happening::Needless(step) => format!("needed no more: {}", step.text(scene)),
            Happening::Failed { step, skill, why } => {
                format!("failed {} in {}: {why}", step.text(scene), skill.name())
            }
            Happening::Reached => "goal reached".to_string(),
            Happening::Unreachable(why) => format!("goal unreachable, parked: {why}"),
            Happening::GaveUp => "too many failures in a row, parked".to_string(),
        }
    }
}

impl Event {
    /// The event as one line.
    pub fn text(&self, scene: &Scene) -> String {
        format!("{:7.2} s  {}", self.seconds, self.what.text(scene))
    }
}
