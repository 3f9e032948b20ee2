//! The `isogrid-sim` executable: worlds for `isogrid`, for benches, and for agents of others.

mod args;

use std::io::{self, Write};
use std::process::ExitCode;

use isogrid_core::Diagnose;
use isogrid_sim::SimError;

/// As the shell reports a program that SIGPIPE ended.
const PIPE: u8 = 141;

fn main() -> ExitCode {
    match args::serve() {
        Ok(code) => code,
        // Whoever reads has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::from(PIPE),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            if let Some(hint) = error.downcast_ref::<SimError>().and_then(Diagnose::hint) {
                let _ = writeln!(io::stderr(), "hint: {hint}");
            }
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
