//! Benchmarks: rungs of the scale ladder, outside programs as peers, and runs that can be committed.
//!
//! [`rungs`] are contenders behind the facade's contract, each runnable alone. [`planners`], [`sim`], [`tables`],
//! [`tsetlin`] and [`cold`] are benches (`nn` and `robot` too, behind features), [`demo`] is the first minute; [`process`] measures any
//! program, [`run`] writes a run directory with its [`bars`]. Left out: the engines, and every claim without a run.

pub mod bars;
pub mod cold;
pub mod demo;
pub mod grid;
pub mod machine;
#[cfg(feature = "nn")]
pub mod nn;
mod piece;
pub mod planners;
pub mod process;
#[cfg(feature = "robot")]
pub mod robot;
pub mod run;
pub mod rungs;
pub mod sim;
pub mod tables;
pub mod tsetlin;
mod worlds;
