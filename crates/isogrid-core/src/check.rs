//! Capability: an independent test of an answer.

use serde::{Deserialize, Serialize};

use crate::Engine;

/// Tests an answer without trusting the computation that made it.
pub trait Check: Engine {
    /// Judges one output of a session on `model`. It must share no code with `step` that could hide the same fault.
    fn check(&self, model: &Self::Model, output: &Self::Output) -> Verdict;
}

/// A checker's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The answer stands; how that is known.
    Pass(String),
    /// The answer is wrong; what is wrong with it.
    Fail(String),
    /// The engine itself says that it does not know enough; why.
    Abstain(String),
}

impl Verdict {
    /// Whether the answer may be used.
    pub fn passed(&self) -> bool {
        matches!(self, Verdict::Pass(_))
    }
}
