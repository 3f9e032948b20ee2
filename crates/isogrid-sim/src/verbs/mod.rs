//! The verbs of the `isogrid-sim` executable.

pub mod run;
pub mod serve;
