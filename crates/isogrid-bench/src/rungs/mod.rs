//! Rungs of the scale ladders: general methods of growing size that know nothing of the structure.
//!
//! Tables: the most frequent class, logistic regression, random forests of three sizes. Planning: blind search with
//! three amounts of work. Each is tuned as its authors advise, on the training part alone, and that tuning is part of
//! its measured work. Left out: neural rungs, which need a training backend.

mod blind;
mod design;
mod forest;
mod holdout;
mod logistic;
mod majority;

use isogrid::workloads::{ENTRANTS, Entrant};

use blind::Blind;
use forest::Forest;
use logistic::Logistic;
use majority::Majority;

/// The rungs of this executable.
pub static RUNGS: &[Entrant] = &[
    Entrant::Table(&Majority),
    Entrant::Table(&Logistic),
    Entrant::Table(&Forest { trees: 10 }),
    Entrant::Table(&Forest { trees: 50 }),
    Entrant::Table(&Forest { trees: 200 }),
    Entrant::Planning(&Blind { ticks: 100_000 }),
    Entrant::Planning(&Blind { ticks: 1_000_000 }),
    Entrant::Planning(&Blind { ticks: 10_000_000 }),
];

/// The rungs and the engines, for a bench that runs both from this executable.
pub fn everybody() -> Vec<Entrant> {
    ENTRANTS.iter().chain(RUNGS).copied().collect()
}
