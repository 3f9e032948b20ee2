//! The arm in worlds that are programs: a simulator, a robot's driver, a script of the user's own.
//!
//! The engine `robot` gives actions for observations and owns no world. Here a world is started as a process, spoken to
//! in the protocol of docs/worlds.md, and asked for its verdict at the end. Left out: worlds in this process.

mod episode;
mod process;
mod run;
mod streams;

pub use episode::{Episode, Tick, play};
pub use process::{WorldProcess, simulator};
pub(crate) use run::ENTRY;
