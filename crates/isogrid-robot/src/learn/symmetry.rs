//! What the same decision looks like from elsewhere: an example turned about the vertical, or mirrored.

use std::f64::consts::TAU;

use isogrid_num::rng::Rng;

use super::dataset::Example;
use crate::skill::Skill;
use crate::world::Action;

/// An example that is as good as the given one, drawn at random.
///
/// A reach is turned about the vertical. The fingers close along y, so grasps and releases are mirrored only.
pub(crate) fn alike(example: &Example, skill: Skill, rng: &mut Rng) -> Example {
    match skill {
        Skill::ReachPick | Skill::ReachDrop => {
            let (sin, cos) = (TAU * rng.unit()).sin_cos();
            moved(example, |x, y| [cos * x - sin * y, sin * x + cos * y])
        }
        Skill::Pick | Skill::Drop => {
            let mut sign = || if rng.chance(0.5) { 1.0 } else { -1.0 };
            let (along, across) = (sign(), sign());
            moved(example, |x, y| [along * x, across * y])
        }
    }
}

fn moved(example: &Example, to: impl Fn(f64, f64) -> [f64; 2]) -> Example {
    let [x, y, z, loose] = example.features;
    let [x, y] = to(x, y);
    let actions = example.actions.map(|action| {
        let [x, y, z] = action.clipped().offset;
        let [x, y] = to(x, y);
        Action { offset: [x, y, z], ..action }
    });
    Example { features: [x, y, z, loose], actions }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_and_what_is_done_turn_together() {
        let action = Action { offset: [0.3, -0.4, 0.5], grip: -1.0 };
        let example = Example { features: [0.06, -0.08, 0.1, 0.7], actions: [action; 8] };
        let mut rng = Rng::new(1, 2);
        for skill in crate::skill::SKILLS {
            for _ in 0..20 {
                let Example { features, actions } = alike(&example, skill, &mut rng);
                let [x, y, z] = actions[3].offset;
                assert!((features[0] - 0.2 * x).abs() < 1e-12 && (features[1] - 0.2 * y).abs() < 1e-12);
                assert!((x.hypot(y) - 0.5).abs() < 1e-12);
                assert_eq!((features[2], features[3], z, actions[3].grip), (0.1, 0.7, 0.5, -1.0));
                let is_reach = matches!(skill, Skill::ReachPick | Skill::ReachDrop);
                assert!(is_reach || ((x.abs() - 0.3).abs() < 1e-12 && (y.abs() - 0.4).abs() < 1e-12));
            }
        }
    }
}
