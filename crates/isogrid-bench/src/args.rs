//! The verbs for people: `bench` and `demo`.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
#[cfg(feature = "nn")]
use isogrid_bench::nn;
use isogrid_bench::{cold, demo, planners, sim, tables, tsetlin};

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
    let tools = || folder("tools", "Folder with installed peers");
    let out = || folder("out", "Run directory to write");
    let runs = folder("runs", "Folder with committed runs").required(false).default_value("bench/runs");
    let quick =
        || Arg::new("quick").long("quick").action(ArgAction::SetTrue).help("A smoke run of the same path");
    let part =
        Arg::new("part").long("part").value_parser(["plans", "arm", "tables"]).help("Show one part only");
    let benches = [
        ("planners", "Our planner beside Fast Downward", tools()),
        ("sim", "The speed of our simulated arm beside robosuite", tools()),
        ("tables", "Engines for tables beside the scale ladder", tools().required(false)),
        ("tsetlin", "Our Tsetlin machine beside released ones", tools()),
        ("cold", "How long README's commands take in a fresh clone", tools().required(false)),
    ];
    let mut benches = Vec::from(benches);
    if cfg!(feature = "nn") {
        benches.push(("nn", "Training of small networks, fused and unfused", tools().required(false)));
    }
    if cfg!(feature = "robot") {
        benches.push(("robot", "The arm, its ablations and end-to-end rivals", tools().required(false)));
    }
    let resume = || folder("resume", "A run directory that lacks parts, to go on from").required(false);
    let number = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("N").value_parser(value_parser!(usize)).help(help)
    };
    let benches = benches.into_iter().map(|(name, about, tools)| {
        let bench = Command::new(name).about(about).args([data(), tools, out(), quick()]);
        match name {
            "robot" => bench.args([
                folder("work", "Where finished parts are kept, to go on from [target/work/robot]")
                    .required(false),
                number("threads", "Episodes and trainings at a time [cores]"),
                resume(),
                number("minutes", "Begin no further part after so many minutes"),
            ]),
            "planners" => bench.args([
                folder("work", "Where finished attempts are kept, to go on from [target/work/planners]")
                    .required(false),
                resume(),
                number("minutes", "Stop the long sections after so many minutes"),
                Arg::new("only")
                    .long("only")
                    .value_name("SECTIONS")
                    .value_delimiter(',')
                    .value_parser(planners::SECTIONS)
                    .help("Run these sections only"),
            ]),
            "tsetlin" => bench.args([
                folder("work", "Where finished work is kept, to go on from [target/work/tsetlin]")
                    .required(false),
                resume(),
                number("minutes", "Begin no further work after so many minutes"),
                Arg::new("only")
                    .long("only")
                    .value_name("SECTIONS")
                    .value_delimiter(',')
                    .value_parser(tsetlin::SECTIONS)
                    .help("Run these sections only"),
            ]),
            _ => bench,
        }
    });
    Command::new("isogrid-bench")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Benchmarks of isogrid; `cargo xtask bench NAME` fetches what they need and runs them")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(Command::new("bench").about("Run a bench").subcommand_required(true).subcommands(benches))
        .subcommand(
            Command::new("demo").about("A newcomer's first minute").args([
                data(),
                runs,
                Arg::new("skills")
                    .long("skills")
                    .value_name("FILE")
                    .default_value("models/arm.iso")
                    .value_parser(value_parser!(PathBuf))
                    .help("Skills of the arm"),
                folder("pictures", "Where pictures are put").required(false).default_value("target/demo"),
                quick(),
                part,
            ]),
        )
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
    match matches.subcommand() {
        Some(("bench", matches)) => bench(matches, out),
        Some(("demo", matches)) => {
            let small = demo::Size { problems: 1, states: 50, digits: 500, episodes: 1 };
            let size = if matches.get_flag("quick") { small } else { demo::Size::default() };
            let part = matches.get_one::<String>("part").map(|part| match part.as_str() {
                "plans" => demo::Part::Plans,
                "arm" => demo::Part::Arm,
                _ => demo::Part::Tables,
            });
            let (data, runs) = (path(matches, "data"), path(matches, "runs"));
            let (skills, pictures) = (path(matches, "skills"), path(matches, "pictures"));
            demo::run(&demo::Options { data, runs, skills, pictures, size, part }, out)
        }
        _ => Ok(()),
    }
}

fn bench(matches: &ArgMatches, out: &mut dyn Write) -> Result<()> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    let (data, out_folder, quick) = (path(matches, "data"), path(matches, "out"), matches.get_flag("quick"));
    let bars = match name {
        #[cfg(feature = "nn")]
        "nn" => nn::run(&nn::Options { out: out_folder, quick }, &mut say)?,
        #[cfg(feature = "robot")]
        "robot" => {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            let own = std::env::current_exe()?;
            let options = isogrid_bench::robot::Options {
                programs: own.parent().unwrap_or(&own).to_path_buf(),
                work: matches.get_one("work").cloned().unwrap_or_else(|| PathBuf::from("target/work/robot")),
                out: out_folder,
                threads: matches.get_one("threads").copied().unwrap_or(cores),
                quick,
                resume: matches.get_one("resume").cloned(),
                minutes: matches.get_one::<usize>("minutes").map(|&minutes| minutes as f64),
            };
            isogrid_bench::robot::run(&options, &mut say)?
        }
        "sim" => {
            let own = std::env::current_exe()?;
            let options = sim::Options {
                programs: own.parent().unwrap_or(&own).to_path_buf(),
                tools: path(matches, "tools"),
                script: sim::script().to_path_buf(),
                out: out_folder,
                quick,
            };
            sim::run(&options, &mut say)?
        }
        "tsetlin" => {
            let options = tsetlin::Options {
                data,
                tools: path(matches, "tools"),
                scripts: tsetlin::scripts().to_path_buf(),
                out: out_folder,
                work: matches
                    .get_one("work")
                    .cloned()
                    .unwrap_or_else(|| PathBuf::from("target/work/tsetlin")),
                minutes: matches.get_one::<usize>("minutes").map(|&minutes| minutes as f64),
                only: matches.get_many::<String>("only").into_iter().flatten().cloned().collect(),
                quick,
                resume: matches.get_one("resume").cloned(),
            };
            tsetlin::run(&options, &mut say)?
        }
        "cold" => {
            let repository = cold::repository()?;
            cold::run(&cold::Options { repository, out: out_folder, quick }, &mut say)?
        }
        "tables" => tables::run(&tables::Options { data, out: out_folder, quick }, &mut say)?,
        _ => {
            let options = planners::Options {
                data,
                tools: path(matches, "tools"),
                out: out_folder,
                work: matches
                    .get_one("work")
                    .cloned()
                    .unwrap_or_else(|| PathBuf::from("target/work/planners")),
                minutes: matches.get_one::<usize>("minutes").map(|&minutes| minutes as u64),
                only: matches.get_many::<String>("only").into_iter().flatten().cloned().collect(),
                quick,
                resume: matches.get_one("resume").cloned(),
            };
            planners::run(&options, &mut say)?
        }
    };
    Ok(write!(out, "{bars}")?)
}

fn path(matches: &ArgMatches, name: &str) -> PathBuf {
    matches.get_one::<PathBuf>(name).cloned().unwrap_or_default()
}

/// Progress is for whoever watches; a standard error that is gone stops nothing.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
