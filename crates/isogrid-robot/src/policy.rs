//! Policies: what turns a skill's features into actions.

use isogrid_num::rng::Rng;

use crate::skill::{HALF_OPEN, MAX_FEATURES, Skill};
use crate::world::{ACTION_METRES, Action};

/// Decides the next actions of a sub-skill.
pub trait Policy: Send {
    /// Appends one or more actions, to be carried out one per tick before the policy is asked again.
    fn decide(&mut self, skill: Skill, features: &[f64; MAX_FEATURES], actions: &mut Vec<Action>);

    /// Ticks a second that its actions are meant for; none where any will do.
    fn rate_hz(&self) -> Option<f64> {
        None
    }
}

/// A hand-written proportional controller: the demonstrator, and a contender beside what is learned.
///
/// Its noise grows with the distance still to go, so demonstrations hold recoveries and stay precise at contacts
/// (arXiv 2602.19260: gain 5, noise of half the distance).
#[derive(Debug, Clone)]
pub struct Scripted {
    noise: f64,
    rng: Rng,
}

/// Speed towards the aim: the share of the distance that is asked for within a tick.
const GAIN: f64 = 0.75;

/// A block is grasped and let go within this height of its place, in metres.
const CONTACT_HEIGHT: f64 = 0.004;

/// The hand goes down to a contact only within this distance across, in metres.
const ALIGNED: f64 = 0.006;

/// Where it waits until it is aligned, in metres above the contact.
const WAIT_HEIGHT: f64 = 0.05;

impl Scripted {
    /// A controller whose actions deviate by `noise` times the distance to go (0 for none).
    pub fn new(noise: f64, seed: u64) -> Scripted {
        Scripted { noise, rng: Rng::new(seed, 0x5c41) }
    }

    fn toward(&mut self, way: [f64; 3]) -> [f64; 3] {
        let far = way.iter().map(|value| value * value).sum::<f64>().sqrt();
        way.map(|value| {
            let noise = self.noise * far * self.rng.normal();
            ((GAIN * value + noise) / ACTION_METRES).clamp(-1.0, 1.0)
        })
    }
}

impl Policy for Scripted {
    fn decide(&mut self, skill: Skill, features: &[f64; MAX_FEATURES], actions: &mut Vec<Action>) {
        let [x, y, z, loose] = *features;
        let contact = matches!(skill, Skill::Pick | Skill::Drop);
        let closed = loose < HALF_OPEN;
        let (grip, still) = match skill {
            Skill::ReachPick => (-1.0, false),
            Skill::ReachDrop => (1.0, false),
            // Fingers that have begun to move go on.
            Skill::Pick if z.abs() < CONTACT_HEIGHT || closed => (1.0, true),
            Skill::Pick => (-1.0, false),
            Skill::Drop if z.abs() < CONTACT_HEIGHT || !closed => (-1.0, true),
            Skill::Drop => (1.0, false),
        };
        let offset = match still {
            true => [0.0; 3],
            // Too far across to go down: up or down to where it can be mended.
            false if contact && x.hypot(y) > ALIGNED => self.toward([x, y, z + WAIT_HEIGHT]),
            false => self.toward([x, y, z]),
        };
        actions.push(Action { offset, grip });
    }
}
