//! The verbs of the `isogrid-sim` executable.

pub mod film;
pub mod learn;
pub mod run;
pub mod serve;
