//! The `isogrid-sim` executable: worlds for `isogrid`, for benches, and for agents of others.

mod args;

use std::io::{self, Write};
use std::process::ExitCode;

use isogrid_core::Diagnose;
use isogrid_sim::SimError;

fn main() -> ExitCode {
    match args::serve() {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            if let Some(hint) = error.downcast_ref::<SimError>().and_then(Diagnose::hint) {
                let _ = writeln!(io::stderr(), "hint: {hint}");
            }
            ExitCode::from(2)
        }
    }
}
