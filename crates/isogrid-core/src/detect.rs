//! Capability: does this data have the structure that the engine exploits?

use serde::{Deserialize, Serialize};

use crate::{Ctx, Engine};

/// Looks for the engine's structure and bids on what it finds.
///
/// `counter_example` is data on which the engine has no advantage over its baseline at equal cost (not noise, not an
/// impossible task); `planted` has the structure. Over 200 seeds a detector may find structure in at most its level
/// plus two standard deviations of the first, and must find it in at least 80 % of the second.
pub trait Detect: Engine {
    /// One finding per structure looked for, found or absent.
    ///
    /// # Errors
    /// The data does not have the form that the engine needs.
    fn detect(&self, ctx: &Ctx, data: &Self::Data) -> Result<Vec<Finding>, Self::Error>;

    /// Data of a realistic form in which the engine has nothing to exploit.
    fn counter_example(&self, seed: u64) -> Self::Data;

    /// Data of the same form and size with the structure in it.
    fn planted(&self, seed: u64) -> Self::Data;
}

/// One structure, found or absent, with the evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The structure's name, for example `"effective novelty width"`.
    pub structure: String,
    /// Found, or absent.
    pub found: bool,
    /// What was seen, in one sentence with its numbers.
    pub statement: String,
    /// Why to believe it.
    pub evidence: Evidence,
    /// The engine's offer, when the structure is worth one.
    pub bid: Option<Bid>,
}

/// Why a finding is to be believed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A statistic beside its null distribution.
    Test {
        /// The value on this data.
        statistic: f64,
        /// The quantile of the null that it is held against.
        null_quantile: f64,
        /// Probability of a value at least as extreme under the null.
        p: f64,
    },
    /// A certificate that a checker can verify.
    Proof {
        /// The certificate in words.
        certificate: String,
    },
    /// True of every input of this form.
    ByConstruction {
        /// The reason.
        why: String,
    },
}

/// What an engine offers for a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bid {
    /// Expected score on the workload's own scale (probability solved, accuracy).
    pub score: f64,
    /// Expected cost in CPU seconds.
    pub cost: f64,
    /// 95 % interval of the score.
    pub interval: (f64, f64),
    /// The committed run that backs it, or why there is none yet.
    pub backing_run: String,
}
