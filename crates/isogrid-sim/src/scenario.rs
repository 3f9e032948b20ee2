//! Scenarios: which scene, which start, which goal, what goes wrong, and when.
//!
//! A scenario is a TOML file (the format is in docs/scenarios.md) or one of the families below, drawn from a seed. It
//! describes the world and what its judge asks for; how the goal is reached is the agent's affair.

use std::path::PathBuf;

use isogrid_robot::ObjectKind;
use serde::{Deserialize, Serialize};

/// A whole episode, described.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What kind of task it is.
    pub family: Family,
    /// The seed of everything random in the world.
    #[serde(default = "one")]
    pub seed: u64,
    /// How much is on the table.
    #[serde(default)]
    pub scene: SceneSpec,
    /// Where things begin.
    #[serde(default)]
    pub start: StartSpec,
    /// Where they shall end; the family's usual goal where it is missing.
    #[serde(default)]
    pub goal: Option<GoalSpec>,
    /// What the agent's senses get wrong.
    #[serde(default)]
    pub noise: NoiseSpec,
    /// What goes wrong on the way.
    #[serde(default, rename = "disturbance")]
    pub disturbances: Vec<Disturbance>,
    /// After so many seconds the episode has failed; by default 40 and 15 for every move of a short solution.
    #[serde(default)]
    pub seconds: Option<f64>,
}

impl Scenario {
    /// What pictures and recordings are called.
    pub fn title(&self) -> String {
        format!("{}, seed {}", self.family.words(), self.seed)
    }
}

/// What kind of task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// One block from one pad to another.
    Move,
    /// Blocks to a random arrangement, any block on any other.
    Stacking,
    /// A tower to the last pad, never a larger block on a smaller one.
    Hanoi,
    /// Parts into the slots of trays in a given order; some stand in the way.
    Kitting,
    /// A scene of the user's own.
    Own,
}

impl Family {
    /// What is asked, in words: the task of a recording.
    pub fn words(self) -> &'static str {
        match self {
            Family::Move => "move a block",
            Family::Stacking => "stack the blocks",
            Family::Hanoi => "move the tower",
            Family::Kitting => "put the parts into their slots in order",
            Family::Own => "rearrange the blocks",
        }
    }
}

/// How much is on the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneSpec {
    /// Blocks, or parts.
    #[serde(default = "three")]
    pub blocks: usize,
    /// Pads, 2 to 4; kitting has places of its own.
    #[serde(default = "three")]
    pub pads: usize,
    /// An MJCF file with the scene instead, for the family `own`; relative to the scenario file.
    #[serde(default)]
    pub mjcf: Option<PathBuf>,
    /// What of that scene is observed, by the names of bodies.
    #[serde(default)]
    pub objects: Vec<ObjectSpec>,
}

/// A body of a user's scene.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectSpec {
    /// The body's name; it is also the name in plans.
    pub name: String,
    /// `block`: it can be grasped, and has a free joint. `pad`: it stays where it is, and a block can lie on it.
    #[serde(with = "Kind")]
    pub kind: ObjectKind,
    /// Half its extent along its own axes, in metres; that of its geoms where it is missing.
    #[serde(default)]
    pub half_size: Option<[f64; 3]>,
}

/// Words for kinds of objects.
#[derive(Serialize, Deserialize)]
#[serde(remote = "ObjectKind", rename_all = "kebab-case")]
enum Kind {
    Block,
    Pad,
}

/// Where things begin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartSpec {
    /// `usual`: all blocks on the first pad, in the family's own way; `random`: a random legal arrangement.
    #[serde(default)]
    pub kind: StartKind,
    /// Explicit places instead: pairs of a block and what it lies on.
    #[serde(default)]
    pub on: Vec<(String, String)>,
    /// Standard deviation of where things stand, in millimetres; 10 where it is missing, 0 in the family `own`.
    #[serde(default)]
    pub jitter_mm: Option<f64>,
}

/// How an arrangement is chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartKind {
    /// The family's usual start.
    #[default]
    Usual,
    /// A random arrangement that the rules allow.
    Random,
}

/// Where things shall end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoalSpec {
    /// Pairs of a block and what it shall lie on.
    pub on: Vec<(String, String)>,
    /// Blocks of `on` in the order in which they shall get there; a free order where it is empty.
    #[serde(default)]
    pub order: Vec<String>,
}

/// What the agent's senses get wrong.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseSpec {
    /// Standard deviation of every coordinate of an object's position, at every tick, in millimetres.
    #[serde(default)]
    pub pose_mm: f64,
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disturbance {
    /// What happens.
    pub kind: DisturbanceKind,
    /// When, in seconds.
    pub at: When,
    /// For how long a block is held, in seconds.
    #[serde(default = "three_seconds")]
    pub lasts: f64,
    /// Which block; a random suitable one where it is missing.
    #[serde(default)]
    pub block: Option<String>,
}

/// A time, or two between which the seed draws one, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected seconds, or two numbers between which they are drawn")]
pub enum When {
    /// Then.
    At(f64),
    /// Some time between.
    Between([f64; 2]),
}

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DisturbanceKind {
    /// A clear block is put elsewhere: on a free pad where the rules allow it, else aside on the table.
    Move,
    /// The clear block next to the hand is pushed five to nine centimetres along the table; on a pile it is nudged askew.
    Shove,
    /// The block in the hand is torn out and falls onto the table elsewhere; waits until one is held.
    Drop,
    /// Two clear blocks change places where the rules allow it.
    Swap,
    /// The clear block next to the hand is held in place by somebody.
    Hold,
}

fn one() -> u64 {
    1
}

fn three() -> usize {
    3
}

fn three_seconds() -> f64 {
    3.0
}

impl Default for SceneSpec {
    fn default() -> SceneSpec {
        SceneSpec { blocks: three(), pads: three(), mjcf: None, objects: Vec::new() }
    }
}
