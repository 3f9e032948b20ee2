//! Predicates from geometry: what lies on what, what is held, what is askew.
//!
//! The rules are given, as in arXiv 2602.19260 (there: within 3 cm across and a few millimetres to centimetres up);
//! learning them from demonstrations is left out. They hold for blocks that stand on a face.

use crate::world::{Hand, Object, ObjectKind, Observation, Pose, Scene};

/// Distances of the rules, in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerances {
    /// A block is in place when its centre is this near to its support's centre, across. 3 cm.
    pub across: f64,
    /// A block lies on what its underside is this near to. 1.5 cm.
    pub gap: f64,
    /// A block is held when its centre is this near to the finger tips, across. 2.5 cm.
    pub grasp: f64,
    /// The fingers touch a block when they are this near to its width. 1 cm.
    pub width: f64,
}

impl Default for Tolerances {
    fn default() -> Tolerances {
        Tolerances { across: 0.03, gap: 0.015, grasp: 0.025, width: 0.01 }
    }
}

/// What a block rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Support {
    /// An object of the scene.
    Object(usize),
    /// The bare table, or nothing that is known.
    Table,
    /// The hand.
    Hand,
}

/// The relations that hold in one observation, per object of the scene.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relations {
    /// What each block rests on; `None` for pads.
    pub support: Vec<Option<Support>>,
    /// Blocks that rest on something without being in its middle.
    pub askew: Vec<bool>,
}

impl Relations {
    /// Reads the relations out of an observation, whose poses must be those of `scene`.
    pub fn of(scene: &Scene, seen: &Observation, tolerances: &Tolerances) -> Relations {
        let held = held(scene, seen, tolerances);
        let n = scene.objects.len();
        let mut relations = Relations { support: vec![None; n], askew: vec![false; n] };
        for (block, object) in scene.objects.iter().enumerate() {
            if object.kind != ObjectKind::Block {
                continue;
            }
            if held == Some(block) {
                relations.support[block] = Some(Support::Hand);
                continue;
            }
            let under = support(scene, seen, block, held, tolerances);
            relations.support[block] = Some(under.map_or(Support::Table, Support::Object));
            relations.askew[block] = under.is_some_and(|under| {
                across(&seen.objects[block].position, &seen.objects[under].position) > tolerances.across
            });
        }
        relations
    }

    /// The block in the hand.
    pub fn held(&self) -> Option<usize> {
        self.support.iter().position(|support| *support == Some(Support::Hand))
    }

    /// Whether nothing rests on `object`.
    pub fn is_clear(&self, object: usize) -> bool {
        !self.support.contains(&Some(Support::Object(object)))
    }
}

/// Distance between two points, seen from above.
pub fn across(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Half the height that an object has as it lies: boxes may have fallen over.
pub fn half_height(object: &Object, pose: &Pose) -> f64 {
    let [w, x, y, z] = pose.rotation;
    // The third row of the rotation matrix: how much of each own axis points up.
    let up = [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)];
    let face = (0..3).max_by(|&a, &b| up[a].abs().total_cmp(&up[b].abs())).unwrap_or(2);
    object.half_size[face]
}

/// The height of an object's upper face.
pub fn top(object: &Object, pose: &Pose) -> f64 {
    pose.position[2] + half_height(object, pose)
}

fn held(scene: &Scene, seen: &Observation, tolerances: &Tolerances) -> Option<usize> {
    let holds = |block: &usize| {
        let (object, pose) = (&scene.objects[*block], &seen.objects[*block]);
        object.kind == ObjectKind::Block && touches(object, pose, &seen.hand, tolerances)
    };
    let near = |block: &usize| distance(&seen.objects[*block].position, &seen.hand.position);
    (0..scene.objects.len()).filter(holds).min_by(|a, b| near(a).total_cmp(&near(b)))
}

/// Whether the fingers are closed around a block.
fn touches(object: &Object, pose: &Pose, hand: &Hand, tolerances: &Tolerances) -> bool {
    let offset = across(&pose.position, &hand.position);
    let height = (pose.position[2] - hand.position[2]).abs();
    let width = 2.0 * object.half_size[1];
    offset < tolerances.grasp
        && height < half_height(object, pose) + tolerances.gap
        && (hand.opening - width).abs() < tolerances.width
        && hand.opening < FULLY_OPEN
}

/// An opening, in metres, from which on the hand counts as open.
pub const FULLY_OPEN: f64 = 0.076;

pub(crate) fn distance(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// What `block` rests on: of all that its underside meets, what is nearest across.
fn support(
    scene: &Scene,
    seen: &Observation,
    block: usize,
    held: Option<usize>,
    tolerances: &Tolerances,
) -> Option<usize> {
    let (object, pose) = (&scene.objects[block], &seen.objects[block]);
    let bottom = pose.position[2] - half_height(object, pose);
    let carries = |other: &usize| {
        let (below, at) = (&scene.objects[*other], &seen.objects[*other]);
        // Half of the block's own extent may hang over before it would fall.
        let reach = |axis: usize| below.half_size[axis] + 0.5 * object.half_size[axis];
        *other != block
            && Some(*other) != held
            && (bottom - top(below, at)).abs() < tolerances.gap
            && (0..2).all(|axis| (pose.position[axis] - at.position[axis]).abs() < reach(axis))
    };
    let far = |other: &usize| across(&pose.position, &seen.objects[*other].position);
    (0..scene.objects.len()).filter(carries).min_by(|a, b| far(a).total_cmp(&far(b)))
}
