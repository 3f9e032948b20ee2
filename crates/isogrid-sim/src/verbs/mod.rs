//! The verbs of the `isogrid-sim` executable.

pub mod film;
pub mod record;
pub mod run;
pub mod serve;
pub mod speed;
