//! What a rival is and how it is trained: the settings that are tuned, with what its authors advise as defaults.

use serde::{Deserialize, Serialize};

use super::encode::BLOCK_SLOTS;
use super::error::RivalError;

/// All settings of one rival. Two rivals of equal settings, seed, steps and demonstrations are equal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// How the network's output becomes a chunk. Default: [`Head::Chunk`].
    pub head: Head,
    /// What the network is made of. Default: [`Body::Tokens`].
    pub body: Body,
    /// How large it is. Default: [`Size::Medium`].
    pub size: Size,
    /// What is asked of it. Default: [`View::Goal`].
    pub view: View,
    /// Residual or attention blocks. Default 3.
    pub n_blocks: usize,
    /// Actions predicted at once, a multiple of 4. Default 16.
    pub chunk: usize,
    /// How many of them are carried out. Default: 8.
    pub execute: Execute,
    /// Scale of the noise that a denoised chunk starts from; below 1 the likelier chunks are drawn. Default 0.
    pub temperature: f64,
    /// Ticks seen, 1 or 2. Default 2, from which it can tell up from down.
    pub history: usize,
    /// Standard deviation of noise on seen positions while learning, in millimetres. Default 1.
    pub jitter_mm: f64,
    /// The share of examples whose goal is cut down to the move that follows, by hindsight, so that single moves can
    /// be asked for. Default 0.15.
    pub relabel: f64,
    /// Block slots over which the blocks of a scene are spread while learning. Default: all.
    pub spread: usize,
    /// Learning rate at the top of its cosine. Default 1e-3.
    pub learning_rate: f32,
    /// Examples of a step. Default 128.
    pub batch: usize,
    /// Of the random start and of the batches. Default 0.
    pub seed: u64,
}

/// How a network's output becomes a chunk of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Head {
    /// The output is the chunk (ACT: Zhao et al. 2023). Without its variational encoder: its authors find that it
    /// matters for people's demonstrations and not for a script's, and these are a script's.
    Chunk,
    /// The output is the clean chunk behind a noisy one (Diffusion Policy: Chi et al. 2023), squared-cosine schedule,
    /// sampled by DDIM.
    Denoise {
        /// Sampling steps.
        steps: u8,
    },
}

/// What a network is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// A transformer over the hand, the slots, and queries for the actions.
    Tokens,
    /// A residual perceptron over all numbers in a row.
    Flat,
}

/// How many parameters a network has, about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Size {
    /// 0.1 million.
    Small,
    /// 0.8 million.
    Medium,
    /// 3.5 million.
    Large,
}

/// All sizes, small to large.
pub const SIZES: [Size; 3] = [Size::Small, Size::Medium, Size::Large];

impl Size {
    /// Parameters aimed at; a network has at most a twentieth more.
    pub fn n_parameters(self) -> usize {
        match self {
            Size::Small => 100_000,
            Size::Medium => 800_000,
            Size::Large => 3_500_000,
        }
    }
}

/// A kind of rival, which is tuned on its own at each size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Action chunking, end to end.
    Chunking,
    /// Diffusion, end to end.
    Diffusion,
    /// Action chunking behind a planner.
    Guided,
}

/// All kinds.
pub const KINDS: [Kind; 3] = [Kind::Chunking, Kind::Diffusion, Kind::Guided];

/// DDIM steps of a diffusion rival.
const SAMPLING_STEPS: u8 = 8;

impl Kind {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Chunking => "action-chunking transformer",
            Kind::Diffusion => "diffusion policy",
            Kind::Guided => "planner-guided transformer",
        }
    }

    /// The eight settings that are tried for this kind at one size: around what its authors advise, one or two things
    /// changed at a time.
    pub fn candidates(self, size: Size) -> [Settings; 8] {
        let head = match self {
            Kind::Diffusion => Head::Denoise { steps: SAMPLING_STEPS },
            Kind::Chunking | Kind::Guided => Head::Chunk,
        };
        let view = if self == Kind::Guided { View::SubTask } else { View::Goal };
        // Small networks bear a higher rate.
        let learning_rate = if size == Size::Large { 5e-4 } else { 2e-3 };
        let usual = Settings { head, view, size, learning_rate, batch: 64, ..Settings::default() };
        let half = Settings { learning_rate: learning_rate / 2.0, ..usual };
        [
            usual,
            half,
            Settings { chunk: 8, execute: Execute::First(4), ..usual },
            Settings { chunk: 8, execute: Execute::First(4), jitter_mm: 2.0, ..half },
            Settings { history: 1, ..usual },
            Settings { n_blocks: 5, ..half },
            Settings { jitter_mm: 3.0, relabel: 0.4, ..usual },
            Settings { body: Body::Flat, batch: 256, execute: Execute::First(4), ..half },
        ]
    }
}

/// What is asked of a rival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum View {
    /// The goal: end to end.
    Goal,
    /// The sub-task that a planner gives, from a plan made once at the start.
    SubTask,
}

/// How much of a chunk is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Execute {
    /// So many actions, then the next chunk.
    First(usize),
    /// A chunk at every tick, and the mean of all that speak of it, weighted by `exp(-decay * i)` from the oldest
    /// (temporal ensembling).
    Ensemble {
        /// How fast weights fall from the oldest to the newest.
        decay: f64,
    },
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            head: Head::Chunk,
            body: Body::Tokens,
            size: Size::Medium,
            view: View::Goal,
            n_blocks: 3,
            chunk: 16,
            execute: Execute::First(8),
            temperature: 0.0,
            history: 2,
            jitter_mm: 1.0,
            relabel: 0.15,
            spread: BLOCK_SLOTS,
            learning_rate: 1e-3,
            batch: 128,
            seed: 0,
        }
    }
}

impl Settings {
    /// Looks at every number.
    ///
    /// # Errors
    /// [`RivalError::Setting`] names the first that is out of range.
    pub fn check(&self) -> Result<(), RivalError> {
        let whole = [
            ("the number of blocks", self.n_blocks, 1, 16),
            ("the history", self.history, 1, 2),
            ("the block slots used while learning", self.spread, 1, BLOCK_SLOTS),
            ("the batch", self.batch, 1, 1 << 16),
            ("the chunk", self.chunk, ACTIONS_PER_QUERY, 64),
        ];
        for (what, found, least, most) in whole {
            if !(least..=most).contains(&found) {
                return Err(RivalError::setting(what, found, format!("{least} to {most}")));
            }
        }
        if !self.chunk.is_multiple_of(ACTIONS_PER_QUERY) {
            let expected = format!("a multiple of {ACTIONS_PER_QUERY}");
            return Err(RivalError::setting("the chunk", self.chunk, expected));
        }
        if let Execute::First(found) = self.execute
            && !(1..=self.chunk).contains(&found)
        {
            let expected = format!("1 to {}", self.chunk);
            return Err(RivalError::setting("the number of actions carried out", found, expected));
        }
        if self.head == (Head::Denoise { steps: 0 }) {
            return Err(RivalError::setting("the number of sampling steps", 0, "1 to 255"));
        }
        let decay = if let Execute::Ensemble { decay } = self.execute { decay } else { 0.0 };
        let numbers = [
            ("the ensemble's decay", decay, 10.0),
            ("the temperature", self.temperature, 1.0),
            ("the jitter in millimetres", self.jitter_mm, 50.0),
            ("the share of cut goals", self.relabel, 1.0),
            ("the learning rate", f64::from(self.learning_rate), 1.0),
        ];
        for (what, found, most) in numbers {
            if !(0.0..=most).contains(&found) {
                return Err(RivalError::setting(what, found, format!("0 to {most}")));
            }
        }
        Ok(())
    }
}

/// Actions that one query token of a transformer answers with.
pub(super) const ACTIONS_PER_QUERY: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_sound_and_differ() {
        for kind in KINDS {
            for size in SIZES {
                let all = kind.candidates(size);
                for (at, one) in all.iter().enumerate() {
                    assert!(one.check().is_ok(), "{kind:?} {size:?} {at}");
                    assert!(all[..at].iter().all(|other| other != one), "{kind:?} {size:?} {at}");
                }
            }
        }
    }
}
