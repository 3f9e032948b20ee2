//! The `isogrid-sim` executable: worlds for `isogrid`, for benches, and for agents of others.

mod args;

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match args::serve() {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}
