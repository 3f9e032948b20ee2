//! `isogrid-rerun FILE.rrd`: an episode as lines of JSON on standard input becomes a file for the Rerun viewer.
//!
//! `isogrid-sim run --record FILE.rrd` starts it; README.md describes the lines for everybody else. Left out: a
//! connection to a running viewer, and everything that Rerun's own command does with such files.

mod blueprint;
mod error;
mod file;
mod lines;
mod recording;
mod shapes;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: isogrid-rerun FILE.rrd < EPISODE.jsonl";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let (text, code) = match arguments.as_slice() {
        [only] if only == "--help" || only == "-h" => (USAGE.to_string(), ExitCode::SUCCESS),
        [only] if only == "--version" => {
            (concat!("isogrid-rerun ", env!("CARGO_PKG_VERSION")).to_string(), ExitCode::SUCCESS)
        }
        [path] if !path.to_string_lossy().starts_with('-') => {
            match recording::write(&mut io::stdin().lock(), &PathBuf::from(path)) {
                Ok(()) => return ExitCode::SUCCESS,
                Err(error) => (format!("error: {error}"), ExitCode::from(2)),
            }
        }
        _ => (USAGE.to_string(), ExitCode::from(2)),
    };
    let _ = match code == ExitCode::SUCCESS {
        true => writeln!(io::stdout(), "{text}"),
        false => writeln!(io::stderr(), "{text}"),
    };
    code
}
