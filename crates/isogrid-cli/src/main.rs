//! The `isogrid` command: engines that exploit the structure of a problem, behind a few verbs.
//!
//! `main` only reads the arguments and turns the end of a verb into an exit code; each verb is a file in `verbs`.

mod app;
mod args;
mod bids;
mod exit;
mod inputs;
mod interrupt;
mod progress;
mod screen;
mod text;
mod verbs;

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(app::main(isogrid::registry(), std::env::args_os()).code())
}
