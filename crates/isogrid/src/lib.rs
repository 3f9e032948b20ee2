//! Isogrid's facade: every engine behind one registry, and what a command or a server needs around them.
//!
//! [`registry`] lists the engines; [`choose`](fn@choose) picks one by the content of a request, and of several the one that
//! [`decide`](mod@decide) finds by their bids; [`drive`](mod@drive) turns a budget into cancellation; [`envelope`] and
//! [`files`] save models so that nothing is lost; [`workloads`] and [`isolate`] measure contenders in child processes;
//! [`arm`] drives worlds that are programs; [`wire`] is the only place that knows JSON. Left out: everything an engine does
//! (use its own crate, re-exported here by Cargo feature) and every terminal.
#![doc = ""]
#![doc = include_str!("../README.md")]

#[cfg(feature = "robot")]
pub mod arm;
pub mod budget;
mod choose;
pub mod decide;
pub mod drive;
pub mod envelope;
mod error;
pub mod files;
pub mod isolate;
mod registry;
pub mod wire;
pub mod workloads;

pub use choose::{Choice, able, candidates, choose, choose_among, choose_named};
pub use error::Error;
pub use registry::{find, registry};

pub use isogrid_core as core;
pub use isogrid_data as data;
#[cfg(feature = "forest")]
pub use isogrid_forest as forest;
#[cfg(feature = "linear")]
pub use isogrid_linear as linear;
#[cfg(feature = "plan")]
pub use isogrid_plan as plan;
#[cfg(feature = "robot")]
pub use isogrid_robot as robot;
#[cfg(feature = "tsetlin")]
pub use isogrid_tsetlin as tsetlin;

#[cfg(test)]
mod test_engine;
