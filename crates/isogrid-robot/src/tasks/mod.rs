//! Tasks as planning problems: the operators are given, the facts come from geometry.
//!
//! Two domains serve every family: `rearrange` moves blocks one by one to where they fit (stacking, Towers of Hanoi),
//! `kit` adds places that must be filled in a given order. Learning operators from demonstrations is left out.

mod problem;

use std::sync::Arc;

use isogrid_plan::pddl::{Domain, Problem};
use serde::{Deserialize, Serialize};

use crate::RobotError;
use crate::world::{ObjectKind, Scene};

pub use problem::TaskState;
pub(crate) use problem::is_delivered;

/// A goal and the rules of the game, over objects by index in the scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Wanted: each block on its support.
    pub goal: Vec<(usize, usize)>,
    /// Which block may be put on which object: `fits[block][object]`.
    pub fits: Vec<Vec<bool>>,
    /// Blocks in the order in which they must reach their goals; empty where the order is free.
    pub order: Vec<usize>,
}

/// Which blocks may lie on which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Every block on every pad and every block.
    Anything,
    /// A block on every pad and on larger blocks, as in the Towers of Hanoi.
    SmallerOnLarger,
    /// Blocks on pads only.
    PadsOnly,
}

impl Task {
    /// A task with free order.
    pub fn new(scene: &Scene, rule: Rule, goal: Vec<(usize, usize)>) -> Task {
        let volume = |at: usize| scene.objects[at].half_size.iter().product::<f64>();
        let may = |block: usize, on: usize| {
            let block_moves = scene.objects[block].kind == ObjectKind::Block && block != on;
            block_moves
                && (scene.objects[on].kind == ObjectKind::Pad
                    || match rule {
                        Rule::Anything => true,
                        Rule::SmallerOnLarger => volume(block) < volume(on),
                        Rule::PadsOnly => false,
                    })
        };
        let n = scene.objects.len();
        let fits = (0..n).map(|block| (0..n).map(|on| may(block, on)).collect()).collect();
        Task { goal, fits, order: Vec::new() }
    }

    /// The same task, its goals to be reached in this order of blocks.
    #[must_use]
    pub fn in_order(self, order: Vec<usize>) -> Task {
        Task { order, ..self }
    }

    /// Domain and problem for the planner; the problem's initial state is empty and is pushed at every query.
    ///
    /// # Errors
    /// [`RobotError::Task`] where a name is no PDDL name, an index is out of range, or a block of the order has no
    /// goal.
    pub fn to_pddl(&self, scene: &Scene) -> Result<(Arc<Domain>, Arc<Problem>), RobotError> {
        problem::build(self, scene)
    }
}
