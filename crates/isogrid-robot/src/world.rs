//! What crosses between an agent and a world: observations in, actions out.
//!
//! Lengths are metres in the frame of the robot's base plate (x forward, y left, z up), times are seconds, rotations
//! are unit quaternions (w, x, y, z). An action is the one of robosuite's `OSC_POSITION` controller, so that recordings
//! made there mean the same here. The world is owned by whoever judges: a simulator, a real robot, a user's program.
//! Left out: images, joint torques, rewards.

use serde::{Deserialize, Serialize};

/// How far the hand is asked to move by an action component of one, in metres.
pub const ACTION_METRES: f64 = 0.05;

/// What does not change while an episode runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Everything that is observed, in the order of [`Observation::objects`].
    pub objects: Vec<Object>,
    /// Observations and actions a second.
    pub rate_hz: f64,
    /// Where the hand may go: lowest and highest corner.
    pub workspace: [[f64; 3]; 2],
}

/// A thing in a scene.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// A unique name; it is also the name in plans.
    pub name: String,
    /// What it is.
    pub kind: ObjectKind,
    /// Half its extent along its own axes.
    pub half_size: [f64; 3],
}

/// What a thing in a scene is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// It can be grasped and moved.
    Block,
    /// It stays where it is; a block can lie on it.
    Pad,
}

/// The state of the world as it is known at one control tick.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Time since the episode's start.
    pub seconds: f64,
    /// The hand.
    pub hand: Hand,
    /// Poses in the order of [`Scene::objects`].
    pub objects: Vec<Pose>,
}

/// The hand: where its finger tips meet, and how far they are apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Hand {
    /// The point between the finger tips.
    pub position: [f64; 3],
    /// Distance between the fingers' pads; 0 is closed.
    pub opening: f64,
}

/// Position and rotation of an object's centre.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// The centre.
    pub position: [f64; 3],
    /// A unit quaternion (w, x, y, z).
    pub rotation: [f64; 4],
}

/// What the arm shall do until the next tick. Components beyond [-1, 1] are clipped by the world.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Action {
    /// Where the hand shall be, relative to where it is, in units of [`ACTION_METRES`].
    pub offset: [f64; 3],
    /// -1 opens the gripper, 1 closes it.
    pub grip: f64,
}

/// What an episode came to, in the word of the world's judge. An agent never judges itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// All goals hold, nothing is held, and the rules were kept.
    pub reached: bool,
    /// Goals that hold, of all.
    pub met: usize,
    /// Goals.
    pub goals: usize,
    /// Times a block came to rest where the rules do not allow it by the arm's doing.
    pub violations: usize,
    /// Seconds of the episode.
    pub seconds: f64,
    /// Why the arm or the physics stopped, if they did.
    pub stopped: Option<String>,
}

impl Scene {
    /// The index of the object called `name`.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.objects.iter().position(|object| object.name == name)
    }
}

impl Pose {
    /// An upright pose.
    pub fn upright(position: [f64; 3]) -> Pose {
        Pose { position, rotation: [1.0, 0.0, 0.0, 0.0] }
    }
}

impl Action {
    /// Numbers of an action: three of the hand, one of the gripper.
    pub const LEN: usize = 4;

    /// The action as [`Action::LEN`] numbers: x, y, z, grip.
    pub fn to_array(self) -> [f64; Action::LEN] {
        let [x, y, z] = self.offset;
        [x, y, z, self.grip]
    }

    /// The action back from its numbers.
    pub fn from_array([x, y, z, grip]: [f64; Action::LEN]) -> Action {
        Action { offset: [x, y, z], grip }
    }

    /// The same action with every component within [-1, 1]; a component that is not a number becomes 0.
    #[must_use]
    pub fn clipped(self) -> Action {
        let clip = |value: f64| if value.is_nan() { 0.0 } else { value.clamp(-1.0, 1.0) };
        Action::from_array(self.to_array().map(clip))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_clipped_and_keep_their_order() {
        let action = Action { offset: [2.0, -3.0, f64::NAN], grip: 0.5 };
        assert_eq!(action.clipped().to_array(), [1.0, -1.0, 0.0, 0.5]);
        assert_eq!(Action::from_array([0.1, 0.2, 0.3, 0.4]).to_array(), [0.1, 0.2, 0.3, 0.4]);
    }
}
