//! The verbs of the `isogrid-sim` executable.

pub mod learn;
pub mod run;
pub mod serve;
