//! The four sub-skills: what each sees, and when it is over.
//!
//! Observations are relative to the hand and few (arXiv 2602.19260 cuts them to two or three numbers by oracle filters),
//! so a skill learned on one pair of places works on all.

use serde::{Deserialize, Serialize};

use crate::facts::{FULLY_OPEN, half_height};
use crate::trace;
use crate::world::{Action, Observation, Scene};

/// A sub-skill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skill {
    /// Bring the empty hand to a point.
    ReachPick,
    /// Go down to a block and close around it.
    Pick,
    /// Bring the held block to a point.
    ReachDrop,
    /// Lower the held block onto its support and let go.
    Drop,
}

/// All sub-skills in the order of a move.
pub const SKILLS: [Skill; 4] = [Skill::ReachPick, Skill::Pick, Skill::ReachDrop, Skill::Drop];

/// The largest number of features of a skill.
pub const MAX_FEATURES: usize = 4;

/// A reach ends this near to its last point, across, in metres (arXiv 2602.19260 uses 4 mm).
pub const ARRIVED_ACROSS: f64 = 0.004;

/// A reach ends this near to its last point, in height, in metres.
const ARRIVED_HEIGHT: f64 = 0.008;

/// The fingers' distance when the hand is open, in metres.
const OPEN: f64 = 0.08;

/// Below this looseness the hand counts as closed around a block.
pub const HALF_OPEN: f64 = 0.5;

/// The fingers hold a block when they have not moved for so many ticks.
const STILL_TICKS: usize = 2;

/// What one sub-skill shall do: a typed goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aim {
    /// Hand or held block to a point; `last` is the one where a contact follows.
    Point {
        /// Where to, in metres.
        at: [f64; 3],
        /// Whether precision matters here.
        last: bool,
    },
    /// Grasp a block of the scene.
    Grasp(usize),
    /// Put the held block on an object.
    Place {
        /// The held block.
        block: usize,
        /// What it goes onto.
        on: usize,
    },
}

impl Skill {
    /// The name in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Skill::ReachPick => "reach-pick",
            Skill::Pick => "pick",
            Skill::ReachDrop => "reach-drop",
            Skill::Drop => "drop",
        }
    }

    /// How many numbers the skill sees.
    pub fn n_features(self) -> usize {
        match self {
            Skill::ReachPick | Skill::ReachDrop => 3,
            Skill::Pick | Skill::Drop => 4,
        }
    }

    /// How many numbers of an action it decides: reaching leaves the grip as it is.
    pub fn n_actions(self) -> usize {
        match self {
            Skill::ReachPick | Skill::ReachDrop => 3,
            Skill::Pick | Skill::Drop => Action::LEN,
        }
    }

    /// The grip while the skill does not decide it.
    pub fn grip(self) -> f64 {
        match self {
            Skill::ReachPick | Skill::Pick => -1.0,
            Skill::ReachDrop | Skill::Drop => 1.0,
        }
    }
}

/// What a skill sees, in metres: the way from the hand (or the held block) to its aim, and how
/// loose the fingers are: 0 where they touch the block, 1 where the hand is open.
pub fn features(scene: &Scene, seen: &Observation, aim: &Aim, held: Option<usize>) -> [f64; MAX_FEATURES] {
    let hand = seen.hand;
    let minus = |to: [f64; 3], from: [f64; 3]| [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
    match *aim {
        Aim::Point { at, .. } => {
            let from = held.map_or(hand.position, |block| seen.objects[block].position);
            let [x, y, z] = minus(at, from);
            [x, y, z, 0.0]
        }
        Aim::Grasp(block) => {
            let [x, y, z] = minus(seen.objects[block].position, hand.position);
            [x, y, z, looseness(scene, seen, block)]
        }
        Aim::Place { block, on } => {
            let to = trace::place_point(scene, seen, block, on);
            let [x, y, z] = minus(to, seen.objects[block].position);
            [x, y, z, looseness(scene, seen, block)]
        }
    }
}

/// How far the fingers are from a block's sides: 0 where they touch it, 1 where the hand is open.
fn looseness(scene: &Scene, seen: &Observation, block: usize) -> f64 {
    let width = 2.0 * scene.objects[block].half_size[1];
    (seen.hand.opening - width) / (OPEN - width).max(0.005)
}

/// Whether a skill has done its part. `still` counts ticks for which the fingers have not moved.
pub fn is_over(scene: &Scene, seen: &Observation, aim: &Aim, held: Option<usize>, still: usize) -> bool {
    let [x, y, z, loose] = features(scene, seen, aim, held);
    match *aim {
        // The trace drops a point that is passed by itself.
        Aim::Point { last: false, .. } => false,
        Aim::Point { last: true, .. } => x.hypot(y) < ARRIVED_ACROSS && z.abs() < ARRIVED_HEIGHT,
        Aim::Grasp(block) => {
            let low = half_height(&scene.objects[block], &seen.objects[block]);
            loose < HALF_OPEN && still >= STILL_TICKS && z.abs() < low && x.hypot(y) < low
        }
        Aim::Place { .. } => seen.hand.opening > FULLY_OPEN,
    }
}
