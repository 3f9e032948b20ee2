//! A recorded episode: what was seen and done at every tick.

use crate::world::{Action, Observation, Scene};

/// One demonstration of a task by whoever drove the arm.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The scene it was made in.
    pub scene: Scene,
    /// What was demonstrated, in words; may be empty.
    pub task: String,
    /// Ticks in order.
    pub frames: Vec<Frame>,
}

/// One tick of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// What was seen.
    pub observation: Observation,
    /// What was then done.
    pub action: Action,
}
