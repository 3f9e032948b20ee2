//! A world without physics: the hand goes where it is told, a block sticks to fingers closed around it, and what is let
//! go comes to rest on what is below.
//!
//! For tests, examples and planted data where no simulator is linked. It shows that an agent decides rightly, never how
//! well it does in a real world.

use crate::facts::half_height;
use crate::world::{ACTION_METRES, Action, Hand, ObjectKind, Observation, Pose, Scene};

/// How far a finger moves in one tick, in metres.
const FINGER_STEP: f64 = 0.01;

/// The hand's widest opening, in metres.
const OPEN: f64 = 0.08;

/// The share of an action's offset that the hand makes in one tick, as a lagging controller would.
const LAG: f64 = 0.6;

/// A world of poses.
#[derive(Debug, Clone, PartialEq)]
pub struct Kinematic {
    scene: Scene,
    seen: Observation,
    /// The block in the hand, and where it sits there.
    held: Option<(usize, [f64; 3])>,
}

impl Kinematic {
    /// A world with objects at these centres, in metres.
    pub fn new(scene: &Scene, centres: &[[f64; 3]]) -> Kinematic {
        let hand = Hand { position: [0.42, 0.0, 0.3], opening: OPEN };
        let objects = centres.iter().map(|&centre| Pose::upright(centre)).collect();
        Kinematic { scene: scene.clone(), seen: Observation { seconds: 0.0, hand, objects }, held: None }
    }

    /// What is seen now.
    pub fn observe(&self) -> &Observation {
        &self.seen
    }

    /// Puts an object elsewhere.
    pub fn put(&mut self, object: usize, centre: [f64; 3]) {
        if self.held.is_some_and(|(block, _)| block == object) {
            self.held = None;
        }
        self.seen.objects[object] = Pose::upright(centre);
    }

    /// Carries out one action.
    pub fn act(&mut self, action: &Action) {
        let action = action.clipped();
        let [low, high] = self.scene.workspace;
        for axis in 0..3 {
            let moved = self.seen.hand.position[axis] + LAG * ACTION_METRES * action.offset[axis];
            self.seen.hand.position[axis] = moved.clamp(low[axis], high[axis]);
        }
        if action.grip > 0.0 {
            self.close();
        } else {
            self.open();
        }
        if let Some((block, offset)) = self.held {
            let hand = self.seen.hand.position;
            self.seen.objects[block].position = std::array::from_fn(|axis| hand[axis] + offset[axis]);
        }
        self.seen.seconds += 1.0 / self.scene.rate_hz;
    }

    fn close(&mut self) {
        let between = self.held.map(|(block, _)| block).or_else(|| self.between());
        let width = between.map_or(0.0, |block| 2.0 * self.scene.objects[block].half_size[1]);
        self.seen.hand.opening = (self.seen.hand.opening - FINGER_STEP).max(width);
        if let Some(block) = between.filter(|_| self.held.is_none() && self.seen.hand.opening <= width) {
            let (at, hand) = (self.seen.objects[block].position, self.seen.hand.position);
            self.held = Some((block, std::array::from_fn(|axis| at[axis] - hand[axis])));
        }
    }

    fn open(&mut self) {
        self.seen.hand.opening = (self.seen.hand.opening + FINGER_STEP).min(OPEN);
        if let Some((block, _)) = self.held.take() {
            self.fall(block);
        }
    }

    /// The block between the fingers.
    fn between(&self) -> Option<usize> {
        let hand = self.seen.hand.position;
        (0..self.scene.objects.len()).find(|&at| {
            let (object, pose) = (&self.scene.objects[at], &self.seen.objects[at]);
            let off = |axis: usize| (pose.position[axis] - hand[axis]).abs();
            object.kind == ObjectKind::Block
                && off(0) < object.half_size[0]
                && off(1) < 0.01
                && off(2) < half_height(object, pose)
        })
    }

    /// Lets a block down onto the highest thing under its centre.
    fn fall(&mut self, block: usize) {
        let [x, y, z] = self.seen.objects[block].position;
        let height = half_height(&self.scene.objects[block], &self.seen.objects[block]);
        let below = (0..self.scene.objects.len()).filter(|&at| at != block).filter_map(|at| {
            let (object, pose) = (&self.scene.objects[at], &self.seen.objects[at]);
            let over = (pose.position[0] - x).abs() < object.half_size[0]
                && (pose.position[1] - y).abs() < object.half_size[1];
            let top = pose.position[2] + half_height(object, pose);
            (over && top <= z - height + 0.01).then_some(top)
        });
        let floor = below.fold(0.0, f64::max);
        self.seen.objects[block].position[2] = floor + height;
    }
}
