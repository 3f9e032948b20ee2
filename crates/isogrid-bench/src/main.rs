//! The `isogrid-bench` executable.
//!
//! `rungs` and `contend` serve the facade's contract; `bench` and `demo` are for people and for `cargo xtask`; the
//! other verbs are its own children.

mod args;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Result, bail};
use isogrid::isolate;
#[cfg(feature = "nn")]
use isogrid_bench::nn;
use isogrid_bench::planners::contest::{pace, watch};
use isogrid_bench::planners::replan;
use isogrid_bench::tables::phases;
use isogrid_bench::tsetlin::{ours, scaling};
use isogrid_bench::{process, rungs};

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    match serve(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn serve(args: &[OsString]) -> Result<()> {
    let (verb, rest) = match args.split_first() {
        Some((verb, rest)) => (verb.to_str().unwrap_or_default(), rest),
        None => ("", args),
    };
    let mut out = io::stdout().lock();
    match verb {
        "rungs" => isolate::rungs(rungs::RUNGS, rest.iter().cloned(), &mut out)?,
        "contend" => isolate::contend(&rungs::everybody(), rest.iter().cloned(), &mut out)?,
        process::VERB => writeln!(out, "{}", process::watch(rest)?)?,
        watch::VERB => writeln!(out, "{}", watch::verb(rest)?)?,
        pace::VERB => pace::verb(&words(rest)?, &mut out)?,
        replan::VERB => writeln!(out, "{}", serde_json::to_string(&replan::verb(&words(rest)?)?)?)?,
        phases::VERB => writeln!(out, "{}", serde_json::to_string(&phases::verb(&words(rest)?)?)?)?,
        scaling::VERB => scaling::verb(&words(rest)?, &mut out)?,
        ours::VERB => ours::verb(&words(rest)?, &mut out)?,
        #[cfg(feature = "nn")]
        nn::VERB => writeln!(out, "{}", serde_json::to_string(&nn::verb(&words(rest)?)?)?)?,
        _ => args::serve(args, &mut out)?,
    }
    Ok(())
}

fn words(args: &[OsString]) -> Result<Vec<String>> {
    let word = |arg: &OsString| match arg.to_str() {
        Some(word) => Ok(word.to_string()),
        None => bail!("an argument is not UTF-8"),
    };
    args.iter().map(word).collect()
}
