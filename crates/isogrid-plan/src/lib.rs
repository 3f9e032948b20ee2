#![doc = include_str!("../README.md")]

#[cfg(test)]
extern crate self as isogrid_plan;
#[cfg(test)]
#[path = "../tests/random/mod.rs"]
mod random;

pub mod certificate;
mod check;
mod detect;
mod dynamics;
mod engine;
mod error;
pub mod explain;
mod flat;
pub mod generate;
mod ground;
mod heuristic;
mod landmarks;
mod numbers;
mod packing;
pub mod pddl;
pub mod plan_file;
mod port;
pub mod reference;
pub mod sas;
mod search;
mod session;
pub mod structure;
mod successors;
mod task;
mod text;
pub mod validate;

pub use engine::{GroundOptions, Planner, PlanningData, PlanningModel};
pub use error::PlanError;
pub use ground::{Keep, ground, ground_in};
pub use packing::State;
pub use search::{
    Estimate, Estimator, Guide, Measure, Mode, Outcome, Plan, Reduction, Search, SolveOptions, SolveResult,
    Statistics, Unsolvable, solve, solve_in,
};
pub use session::{PlanAnswer, PlanQuery, Session, ValidPlan};
pub use task::{FactId, GroundFunction, OperatorId, Task};
