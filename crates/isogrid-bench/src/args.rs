//! The verbs for people: `bench` and `demo`.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use isogrid_bench::planners;

fn command() -> Command {
    let folder = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("DIR")
            .required(true)
            .value_parser(value_parser!(PathBuf))
            .help(help)
    };
    let data = || folder("data", "Folder with fetched data sets");
    let out = || folder("out", "Run directory to write");
    let quick =
        || Arg::new("quick").long("quick").action(ArgAction::SetTrue).help("A smoke run of the same path");
    let planners = Command::new("planners").about("Our planner beside Fast Downward").args([
        data(),
        folder("tools", "Folder with installed peers"),
        out(),
        quick(),
    ]);
    Command::new("isogrid-bench")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Benchmarks of isogrid; `cargo xtask bench NAME` fetches what they need and runs them")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(Command::new("bench").about("Run a bench").subcommand_required(true).subcommand(planners))
        .subcommand(Command::new("rungs").about("List contenders: --kind KIND"))
        .subcommand(Command::new("contend").about("Run one contender: NAME --kind KIND [OPTIONS] -- PATHS"))
}

/// Serves `bench` and `demo`.
///
/// # Errors
/// As the bench. Wrong usage ends the process with a message and code 2.
pub(crate) fn serve(args: &[OsString], out: &mut dyn Write) -> Result<()> {
    let name = OsString::from("isogrid-bench");
    let matches = command().get_matches_from(std::iter::once(&name).chain(args));
    if let Some(("bench", matches)) = matches.subcommand()
        && let Some(("planners", matches)) = matches.subcommand()
    {
        let options = planners::Options {
            data: path(matches, "data"),
            tools: path(matches, "tools"),
            out: path(matches, "out"),
            quick: matches.get_flag("quick"),
        };
        let bars = planners::run(&options, &mut say)?;
        write!(out, "{bars}")?;
    }
    Ok(())
}

fn path(matches: &ArgMatches, name: &str) -> PathBuf {
    matches.get_one::<PathBuf>(name).cloned().unwrap_or_default()
}

/// Progress is for whoever watches; a standard error that is gone stops nothing.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
