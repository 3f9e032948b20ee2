//! The judge: looks at the true poses, with rules of its own, and keeps count of what was not allowed.

pub use isogrid_robot::Verdict;
use isogrid_robot::tasks::{Rule, Task};
use isogrid_robot::{Object, ObjectKind, Pose, Scene};

/// A block is in place within this distance across, in metres.
const ACROSS: f64 = 0.03;

/// Two faces touch within this distance, in metres.
const TOUCH: f64 = 0.008;

/// The true state at one instant.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Poses in the order of the scene.
    pub poses: &'a [Pose],
    /// Whether a block is between closed fingers.
    pub held: bool,
    /// Whether what moved since the last moment was moved by the arm.
    pub by_arm: bool,
}

/// Watches one episode.
#[derive(Debug, Clone)]
pub struct Judge {
    scene: Scene,
    task: Task,
    rule: Rule,
    /// What each object rested on when last looked at.
    last: Vec<Option<usize>>,
    delivered: Vec<usize>,
    violations: usize,
}

impl Judge {
    /// A judge of an episode that begins with these poses.
    pub fn new(scene: &Scene, task: &Task, rule: Rule, poses: &[Pose]) -> Judge {
        let last = (0..scene.objects.len()).map(|at| rests_on(scene, poses, at)).collect();
        let (scene, task) = (scene.clone(), task.clone());
        Judge { scene, task, rule, last, delivered: Vec::new(), violations: 0 }
    }

    /// Takes note of where blocks came to rest.
    pub fn look(&mut self, moment: &Moment<'_>) {
        for at in 0..self.scene.objects.len() {
            let now = rests_on(&self.scene, moment.poses, at);
            if moment.held || now == self.last[at] {
                continue;
            }
            self.last[at] = now;
            let Some(on) = now else { continue };
            let (block, below) = (&self.scene.objects[at], &self.scene.objects[on]);
            let forbidden = self.rule == Rule::SmallerOnLarger
                && below.kind == ObjectKind::Block
                && block.half_size[0] >= below.half_size[0];
            let too_early = self.deliver(at, on);
            if moment.by_arm && (forbidden || too_early) {
                self.violations += 1;
            }
        }
    }

    /// Notes a first delivery; true where one that comes before is missing.
    fn deliver(&mut self, block: usize, on: usize) -> bool {
        let Some(turn) = self.task.order.iter().position(|&other| other == block) else { return false };
        if !self.task.goal.contains(&(block, on)) || self.delivered.contains(&block) {
            return false;
        }
        let early = self.task.order[..turn].iter().any(|before| !self.delivered.contains(before));
        self.delivered.push(block);
        early
    }

    /// What the episode has come to; time and stops are the world's to add.
    pub fn verdict(&self, moment: &Moment<'_>) -> Verdict {
        let holds = |(block, on): &&(usize, usize)| rests_on(&self.scene, moment.poses, *block) == Some(*on);
        let (met, goals) = (self.task.goal.iter().filter(holds).count(), self.task.goal.len());
        let reached = met == goals && !moment.held && self.violations == 0;
        Verdict { reached, met, goals, violations: self.violations, ..Verdict::default() }
    }
}

/// What lies right under an object, in place.
fn rests_on(scene: &Scene, poses: &[Pose], at: usize) -> Option<usize> {
    if scene.objects[at].kind == ObjectKind::Pad {
        return None;
    }
    let bottom = poses[at].position[2] - upright_height(&scene.objects[at], &poses[at]);
    (0..scene.objects.len()).find(|&other| {
        let (from, to) = (poses[at].position, poses[other].position);
        let top = to[2] + upright_height(&scene.objects[other], &poses[other]);
        other != at && (from[0] - to[0]).hypot(from[1] - to[1]) < ACROSS && (bottom - top).abs() < TOUCH
    })
}

/// Half the vertical extent of a box that stands on a face.
fn upright_height(object: &Object, pose: &Pose) -> f64 {
    let [w, x, y, z] = pose.rotation;
    let vertical = [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)];
    let face =
        (0..3).fold(0, |best, axis| if vertical[axis].abs() > vertical[best].abs() { axis } else { best });
    object.half_size[face]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene() -> Scene {
        let pad = |name: &str| Object {
            name: name.to_string(),
            kind: ObjectKind::Pad,
            half_size: [0.04, 0.04, 0.0005],
        };
        let block = |name: &str, half: f64| Object {
            name: name.to_string(),
            kind: ObjectKind::Block,
            half_size: [half; 3],
        };
        let objects = vec![pad("pad1"), pad("pad2"), block("b1", 0.02), block("b2", 0.0225)];
        Scene { objects, rate_hz: 20.0, workspace: [[0.0; 3], [1.0; 3]] }
    }

    fn poses(b1: [f64; 3], b2: [f64; 3]) -> Vec<Pose> {
        [[0.5, -0.2, 0.0005], [0.5, 0.2, 0.0005], b1, b2].into_iter().map(Pose::upright).collect()
    }

    #[test]
    fn a_reached_goal_needs_place_and_an_empty_hand() {
        let scene = scene();
        let task = Task::new(&scene, Rule::SmallerOnLarger, vec![(2, 3), (3, 1)]);
        let start = poses([0.5, -0.2, 0.066], [0.5, -0.2, 0.0235]);
        let judge = Judge::new(&scene, &task, Rule::SmallerOnLarger, &start);
        let verdict = |poses: &[Pose], held: bool| judge.verdict(&Moment { poses, held, by_arm: true });
        assert_eq!(verdict(&start, false).met, 1);
        let done = poses([0.51, 0.2, 0.066], [0.5, 0.21, 0.0235]);
        assert!(verdict(&done, false).reached);
        assert!(!verdict(&done, true).reached);
        let askew = poses([0.54, 0.2, 0.066], [0.5, 0.2, 0.0235]);
        assert_eq!(verdict(&askew, false).met, 1);
    }

    #[test]
    fn the_arm_answers_for_broken_rules_and_others_do_not() {
        let scene = scene();
        let task = Task::new(&scene, Rule::SmallerOnLarger, vec![(2, 1)]);
        let start = poses([0.5, 0.2, 0.0205], [0.5, -0.2, 0.0235]);
        let upside_down = poses([0.5, 0.2, 0.0205], [0.5, 0.2, 0.0635]);
        for (by_arm, violations) in [(true, 1), (false, 0)] {
            let mut judge = Judge::new(&scene, &task, Rule::SmallerOnLarger, &start);
            judge.look(&Moment { poses: &upside_down, held: false, by_arm });
            let verdict = judge.verdict(&Moment { poses: &upside_down, held: false, by_arm });
            assert_eq!((verdict.violations, verdict.reached), (violations, !by_arm));
        }
    }

    #[test]
    fn deliveries_out_of_turn_are_counted() {
        let scene = scene();
        let task = Task::new(&scene, Rule::PadsOnly, vec![(2, 0), (3, 1)]).in_order(vec![2, 3]);
        let start = poses([0.4, 0.0, 0.02], [0.6, 0.0, 0.0225]);
        let mut judge = Judge::new(&scene, &task, Rule::PadsOnly, &start);
        let early = poses([0.4, 0.0, 0.02], [0.5, 0.2, 0.0235]);
        judge.look(&Moment { poses: &early, held: false, by_arm: true });
        assert_eq!(judge.verdict(&Moment { poses: &early, held: false, by_arm: true }).violations, 1);
    }
}
