//! An expert that misses some grasps and mends them, for demonstrations of recovery.

use isogrid_num::rng::Rng;
use isogrid_robot::Action;
use isogrid_robot::policy::{Policy, Scripted};
use isogrid_robot::skill::{HALF_OPEN, MAX_FEATURES, Skill};

/// How far beside a block a missed grasp closes, in metres: the fingers pass it.
const BESIDE: f64 = 0.038;

/// Ticks for which the empty hand stays closed before it is noticed.
const CLOSED_TICKS: u32 = 8;

/// A miss is over when the hand is open again this far above the block, in metres.
const UP: f64 = 0.05;

/// The scripted expert, with misses.
#[derive(Debug, Clone)]
pub struct Clumsy {
    expert: Scripted,
    misses: u32,
    side: f64,
    closed: u32,
    rng: Rng,
}

impl Clumsy {
    /// An expert whose first `misses` grasps close beside the block.
    pub fn new(expert: Scripted, misses: u32, seed: u64) -> Clumsy {
        let mut clumsy = Clumsy { expert, misses, side: 0.0, closed: 0, rng: Rng::new(seed, 0xc1) };
        clumsy.choose_side();
        clumsy
    }

    /// Grasps that will still miss.
    pub fn misses(&self) -> u32 {
        self.misses
    }

    fn choose_side(&mut self) {
        self.side = if self.rng.unit() < 0.5 { -BESIDE } else { BESIDE };
    }
}

impl Policy for Clumsy {
    fn decide(&mut self, skill: Skill, features: &[f64; MAX_FEATURES], actions: &mut Vec<Action>) {
        if self.misses == 0 || skill != Skill::Pick {
            return self.expert.decide(skill, features, actions);
        }
        let [x, y, z, loose] = *features;
        if self.closed < CLOSED_TICKS {
            // Fingers close across y, so beside in x they meet nothing.
            let beside = [x + self.side, y, z, loose];
            self.expert.decide(skill, &beside, actions);
            let closing = actions.last().is_some_and(|action| action.grip > 0.0);
            self.closed += u32::from(closing);
            return;
        }
        // Noticed: open, and up again.
        actions.push(Action { offset: [0.0, 0.0, if loose > HALF_OPEN { 1.0 } else { 0.0 }], grip: -1.0 });
        if z < -UP {
            self.misses -= 1;
            self.closed = 0;
            self.choose_side();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_miss_closes_beside_the_block_opens_rises_and_is_over() {
        let mut clumsy = Clumsy::new(Scripted::new(0.0, 1), 1, 1);
        let mut decide = |features: [f64; 4]| {
            let mut actions = Vec::new();
            clumsy.decide(Skill::Pick, &features, &mut actions);
            (actions[0], clumsy.misses())
        };
        let above = decide([0.0, 0.0, -0.06, 1.0]).0;
        assert!(above.offset[0].abs() > 0.3, "it goes aside: {above:?}");
        for _ in 0..CLOSED_TICKS {
            assert!(decide([0.0, 0.0, 0.0, 0.0]).0.grip > 0.0);
        }
        assert!(decide([0.0, 0.0, 0.0, 0.0]).0.grip < 0.0);
        assert!(decide([0.0, 0.0, 0.0, 1.0]).0.offset[2] > 0.0);
        assert_eq!(decide([0.0, 0.0, -0.06, 1.0]).1, 0);
        assert_eq!(decide([0.0, 0.0, 0.0, 1.0]).0.grip, 1.0, "the next one is a grasp");
    }
}
