//! Rungs of the scale ladders: general methods of growing size that know nothing of the structure.
//!
//! Tables: the most frequent class, logistic regression, random forests of three sizes. Planning: blind search with
//! three amounts of work. Each is tuned as its authors advise, on the training part alone, and that tuning is part of
//! its measured work. Left out: neural rungs, which need a training backend.

mod blind;
#[cfg(feature = "ladder")]
mod design;
#[cfg(feature = "ladder")]
mod forest;
#[cfg(feature = "ladder")]
mod holdout;
#[cfg(feature = "ladder")]
mod logistic;
mod majority;

use isogrid::workloads::{ENTRANTS, Entrant};

use blind::Blind;
#[cfg(feature = "ladder")]
use forest::Forest;
#[cfg(feature = "ladder")]
use logistic::Logistic;
use majority::Majority;

/// The rungs of this executable.
pub static RUNGS: &[Entrant] = &[
    Entrant::Table(&Majority),
    #[cfg(feature = "ladder")]
    Entrant::Table(&Logistic),
    #[cfg(feature = "ladder")]
    Entrant::Table(&Forest { trees: 10 }),
    #[cfg(feature = "ladder")]
    Entrant::Table(&Forest { trees: 50 }),
    #[cfg(feature = "ladder")]
    Entrant::Table(&Forest { trees: 200 }),
    Entrant::Planning(&Blind { ticks: 100_000 }),
    Entrant::Planning(&Blind { ticks: 1_000_000 }),
    Entrant::Planning(&Blind { ticks: 10_000_000 }),
];

/// The rungs and the engines, for a bench that runs both from this executable.
pub fn everybody() -> Vec<Entrant> {
    ENTRANTS.iter().chain(RUNGS).copied().collect()
}
