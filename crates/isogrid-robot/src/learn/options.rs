//! How sub-skills are trained; the trainer itself is behind the feature `train`.

use std::path::PathBuf;

use crate::skills::Head;

/// How skills are trained.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    /// What the networks predict. Default: flow matching in two steps.
    pub head: Head,
    /// Steps of each network. Default 6,000.
    pub n_steps: u64,
    /// Rows of a batch. Default 256.
    pub batch: usize,
    /// Width of the networks. Default 128.
    pub width: usize,
    /// Residual blocks of the networks. Default 2.
    pub n_blocks: usize,
    /// Learning rate at its top. Default 1e-3.
    pub learning_rate: f32,
    /// Standard deviation of noise on seen lengths, as a share of the length, that makes a skill forgiving. Default
    /// 0.02.
    pub jitter: f64,
    /// Whether examples are shown turned and mirrored too. Default: yes.
    pub symmetry: Symmetry,
    /// A folder for checkpoints, one file a skill; a run that finds them goes on from there.
    pub checkpoints: Option<PathBuf>,
}

/// Whether directions are alike: demonstrations that move blocks along one line then teach the others too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symmetry {
    /// Reaching is alike in all directions around the vertical, grasping and letting go in mirrors along and across the
    /// fingers.
    Assumed,
    /// Examples are shown as they are.
    None,
}

impl Default for TrainOptions {
    fn default() -> TrainOptions {
        TrainOptions {
            head: Head::Flow { steps: 2 },
            n_steps: 6000,
            batch: 256,
            width: 128,
            n_blocks: 2,
            learning_rate: 1e-3,
            jitter: 0.02,
            symmetry: Symmetry::Assumed,
            checkpoints: None,
        }
    }
}
