//! What structure a planning task has, measured on the task itself.
//!
//! [`effective_width`]: how few facts must be tracked together to reach each goal condition. [`guidance`]: whether
//! relaxed plans save work against blind search. [`preferences`]: whether relaxed plans point along real plans.
//! [`landmark_counts`]: how many intermediate facts every plan needs. None of them looks at a clock.

mod guidance;
mod novelty;
mod preferences;

pub(crate) use guidance::is_over;
pub use guidance::{Guidance, guidance};
pub use novelty::{EffectiveWidth, effective_width};
pub use preferences::{Preferences, preferences};

use isogrid_core::Ctx;

use crate::landmarks::Landmarks;
use crate::task::Task;

/// Landmarks of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LandmarkCounts {
    /// Facts that every plan makes true, those of the initial state and the goal left out.
    pub intermediate: usize,
    /// Goal conditions.
    pub goals: usize,
    /// Reasonable orders between landmarks.
    pub reasonable_orders: usize,
}

/// Counts the landmarks; `None` where there are too many, or for goals that even the relaxation cannot reach.
pub fn landmark_counts(ctx: &Ctx, task: &Task) -> Option<LandmarkCounts> {
    let landmarks = Landmarks::find(ctx, task, task.init(), &task.goal)?;
    let value = |variable: usize| task.packing.get(task.init().words(), variable);
    let is_initial = |fact: u32| (0..task.n_variables()).any(|v| task.first_fact[v] + value(v) == fact);
    let goals = landmarks.is_goal.iter().filter(|goal| **goal).count();
    let is_intermediate =
        |&at: &usize| landmarks.single(at).is_some_and(|fact| !landmarks.is_goal[at] && !is_initial(fact));
    Some(LandmarkCounts {
        intermediate: (0..landmarks.len()).filter(is_intermediate).count(),
        goals,
        reasonable_orders: landmarks.n_reasonable,
    })
}
