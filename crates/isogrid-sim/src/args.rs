//! Arguments of `isogrid-sim`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use isogrid_robot::agent::{AgentOptions, Feedback};
use isogrid_robot::policy::{Policy, Scripted};
use isogrid_robot::skills::{Learned, LearnedOptions, Skills};
use isogrid_sim::kept::Keep;
use isogrid_sim::scenario::{
    Disturbance, DisturbanceKind, Family, NoiseSpec, Scenario, SceneSpec, StartKind, StartSpec, When,
};
use isogrid_sim::verbs::{film, record, run, serve, speed};
use isogrid_sim::{library, scenario_file};
use serde::de::DeserializeOwned;

fn command() -> Command {
    Command::new("isogrid-sim")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Worlds with real physics (MuJoCo) for agents")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(run_command())
        .subcommand(record_command())
        .subcommand(speed_command())
        .subcommand(
            Command::new("serve")
                .about("A world over standard input and output, one JSON object a line")
                .args(world())
                .arg(
                    value("seed", "N", "Seed of the first episode [the file's, or 1]")
                        .value_parser(value_parser!(u64)),
                )
                .args(kept()),
        )
}

fn value(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn number(name: &'static str, unit: &'static str, help: &'static str) -> Arg {
    value(name, unit, help).value_parser(value_parser!(f64))
}

fn count(name: &'static str, help: &'static str) -> Arg {
    value(name, "N", help).value_parser(value_parser!(usize))
}

/// Options that describe a world.
fn world() -> [Arg; 7] {
    [
        Arg::new("scenario")
            .value_name("SCENARIO")
            .value_parser(value_parser!(PathBuf))
            .help("A scenario file (TOML)"),
        value("family", "NAME", "Instead of a file: move, stacking, hanoi or kitting"),
        count("blocks", "Blocks or parts [3]"),
        value("start", "KIND", "usual or random"),
        number("pose-mm", "MM", "Noise of seen positions [0]"),
        value("disturb", "KIND", "move, shove, drop, swap or hold, once in the episode"),
        value("disturb-at", "S", "When, or between which seconds: 9 or 4..40 [9]"),
    ]
}

/// Options for what is kept of an episode.
fn kept() -> [Arg; 2] {
    let film = "Pictures of the only episode: a strip (.png) or a film (.gif); may be repeated";
    let record = "The only episode for the Rerun viewer (.rrd), or as lines of JSON (.jsonl)";
    [
        value("film", "FILE", film).value_parser(value_parser!(PathBuf)).action(ArgAction::Append),
        value("record", "FILE", record).value_parser(value_parser!(PathBuf)),
    ]
}

fn run_command() -> Command {
    Command::new("run").about("Run and judge episodes").args(world()).args(kept()).args([
        value("seeds", "A..B", "First and last seed [the file's, or 1]"),
        value("policy", "NAME", "scripted, or a file of skills [scripted]"),
        number("noise", "X", "Noise of the scripted policy, a share of the distance [0]"),
        value("feedback", "KIND", "full, retry or none [full]"),
        count("threads", "Episodes at a time [1]"),
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("One object an episode, then the summary"),
    ])
}

fn record_command() -> Command {
    Command::new("record")
        .about("Record demonstrations by the scripted expert; by default 50 of stacking three blocks")
        .args(world())
        .args([
            count("demos", "How many [50]"),
            value("seed", "N", "The seed of the first [1000]").value_parser(value_parser!(u64)),
            number("noise", "X", "Noise of the expert, a share of the distance to go [0.1]"),
            number("recoveries", "X", "Share that begins with the hand elsewhere and grasps that miss [0.3]"),
            number("disturbed", "X", "Share that is disturbed once [0.2]"),
            count("threads", "Demonstrations at a time [1]"),
            value("output", "PATH", "A .hdf5 file (robomimic), or a folder (LeRobot)")
                .short('o')
                .required(true)
                .value_parser(value_parser!(PathBuf)),
        ])
}

fn speed_command() -> Command {
    Command::new("speed")
        .about("Measure control steps for each second of processor time, by default with four blocks")
        .args(world())
        .args([
            number("seconds", "S", "For so many seconds [5]"),
            Arg::new("json").long("json").action(ArgAction::SetTrue).help("One object"),
        ])
}

/// Serves the verbs.
///
/// # Errors
/// Wrong usage, bad files, or a fault.
pub fn serve() -> Result<ExitCode> {
    let matches = command().get_matches();
    library::check()?;
    match matches.subcommand() {
        Some(("run", matches)) => episodes(matches),
        Some(("record", matches)) => demonstrations(matches),
        Some(("speed", matches)) => speed(matches),
        Some(("serve", matches)) => {
            let mut scenario = scenario(matches)?;
            if let Some(&seed) = matches.get_one::<u64>("seed") {
                scenario.seed = seed;
            }
            let films = films(matches);
            let keep = Keep { films: &films, record: recording(matches) };
            serve::serve(&scenario, &keep, &mut io::stdin().lock(), &mut io::stdout().lock())?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Ok(ExitCode::from(2)),
    }
}

fn episodes(matches: &ArgMatches) -> Result<ExitCode> {
    let scenario = scenario(matches)?;
    let noise = matches.get_one::<f64>("noise").copied().unwrap_or(0.0);
    let name = matches.get_one::<String>("policy").map_or("scripted", String::as_str);
    let skills = match name {
        "scripted" => None,
        file => Some(Arc::new(read_skills(Path::new(file))?)),
    };
    let policy = |seed: u64| -> Box<dyn Policy> {
        match &skills {
            Some(skills) => {
                Box::new(Learned::new(skills, LearnedOptions { seed, ..LearnedOptions::default() }))
            }
            None => Box::new(Scripted::new(noise, seed)),
        }
    };
    let batch = run::Batch {
        agent: AgentOptions {
            noise: scenario.noise.pose_mm / 1000.0,
            feedback: feedback(matches)?,
            ..AgentOptions::default()
        },
        seeds: seeds(matches, scenario.seed)?,
        scenario,
        policy: &policy,
        threads: matches.get_one::<usize>("threads").copied().unwrap_or(1),
    };
    let json = matches.get_flag("json");
    let show = |line: &run::Line| {
        let mut out = io::stdout().lock();
        let _ = match json {
            true => writeln!(out, "{}", run::record(line)),
            false => writeln!(out, "{}", in_words(line)),
        };
    };
    let films = films(matches);
    let keep = Keep { films: &films, record: recording(matches) };
    let lines = match keep.is_empty() {
        true => run::run(&batch, &show)?,
        false => {
            let line = film::run(&batch, &keep)?;
            show(&line);
            vec![line]
        }
    };
    writeln!(io::stdout(), "{}", run::summary(&lines))?;
    let all = lines.iter().all(|line| line.episode.verdict.reached);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn films(matches: &ArgMatches) -> Vec<PathBuf> {
    matches.get_many("film").into_iter().flatten().cloned().collect()
}

fn recording(matches: &ArgMatches) -> Option<&Path> {
    matches.get_one::<PathBuf>("record").map(PathBuf::as_path)
}

fn demonstrations(matches: &ArgMatches) -> Result<ExitCode> {
    let path = matches.get_one::<PathBuf>("output").context("no output")?;
    record::Target::of(path)?;
    let share = |name: &str, usual: f64| matches.get_one::<f64>(name).copied().unwrap_or(usual);
    let what = record::Demonstrations {
        scenario: match matches.contains_id("scenario") || matches.contains_id("family") {
            true => scenario(matches)?,
            false => drawn(matches, 3, Family::Stacking)?,
        },
        n: matches.get_one::<usize>("demos").copied().unwrap_or(50),
        first_seed: matches.get_one::<u64>("seed").copied().unwrap_or(1000),
        noise: share("noise", 0.1),
        recoveries: share("recoveries", 0.3),
        disturbed: share("disturbed", 0.2),
        threads: matches.get_one::<usize>("threads").copied().unwrap_or(1),
    };
    let start = Instant::now();
    let all = record::demonstrate(&what)?;
    record::write(path, &all.recordings)?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{} demonstrations, {} ticks, {:.0} simulated seconds, in {:.1} s: `{}`",
        all.recordings.len(),
        all.ticks,
        all.seconds,
        start.elapsed().as_secs_f64(),
        path.display()
    )?;
    writeln!(out, "{} with a recovery start, {} disturbed", all.recoveries, all.disturbed)?;
    if !all.failed.is_empty() {
        writeln!(out, "without reaching the goal: seeds {:?}", all.failed)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn speed(matches: &ArgMatches) -> Result<ExitCode> {
    let scenario = match matches.contains_id("scenario") || matches.contains_id("family") {
        true => scenario(matches)?,
        false => drawn(matches, 4, Family::Hanoi)?,
    };
    let seconds = matches.get_one::<f64>("seconds").copied().unwrap_or(5.0);
    let speed = speed::measure(&scenario, seconds)?;
    let mut out = io::stdout().lock();
    match matches.get_flag("json") {
        true => writeln!(out, "{}", speed.to_json())?,
        false => writeln!(
            out,
            "{:.0} control steps a second on one core ({} in {:.1} s)",
            speed.rate(),
            speed.control_steps,
            speed.cpu_seconds
        )?,
    }
    Ok(ExitCode::SUCCESS)
}

fn read_skills(path: &Path) -> Result<Skills> {
    let name = || format!("`{}`", path.display());
    let bytes = std::fs::read(path).with_context(name)?;
    let payload = isogrid::envelope::unwrap_for(&path.display().to_string(), &bytes, "robot")?;
    Skills::from_bytes(payload).with_context(name)
}

fn in_words(line: &run::Line) -> String {
    let verdict = &line.episode.verdict;
    let word = if verdict.reached { "reached" } else { "MISSED " };
    let mut text = format!(
        "seed {:>4}  {word}  {:>6.1} s  {} of {} goals, {} replans, {} failed moves",
        line.seed, verdict.seconds, verdict.met, verdict.goals, line.episode.replans, line.episode.failures
    );
    for (at, what) in &line.episode.disturbances {
        text += &format!("; {at:.1} s: {what}");
    }
    if let Some(why) = &verdict.stopped {
        text += &format!("; stopped: {why}");
    }
    text
}

fn scenario(matches: &ArgMatches) -> Result<Scenario> {
    if let Some(path) = matches.get_one::<PathBuf>("scenario") {
        let drawn = ["family", "blocks", "start", "pose-mm", "disturb", "disturb-at"];
        if let Some(option) = drawn.into_iter().find(|option| matches.contains_id(option)) {
            bail!("--{option} is for worlds without a file: {} says it itself", path.display());
        }
        return Ok(scenario_file::read(path)?);
    }
    let family = matches.get_one::<String>("family").context("name a scenario file or --family")?;
    drawn(matches, 3, word::<Family>("family", family)?)
}

/// The scenario that the options describe.
fn drawn(matches: &ArgMatches, blocks: usize, family: Family) -> Result<Scenario> {
    let at = matches.get_one::<String>("disturb-at").map_or(Ok(When::At(9.0)), |text| when(text))?;
    if matches.contains_id("disturb-at") && !matches.contains_id("disturb") {
        bail!("--disturb-at says when; --disturb KIND says what");
    }
    let disturbance = |kind: &String| -> Result<Disturbance> {
        Ok(Disturbance { kind: word::<DisturbanceKind>("disturb", kind)?, at, lasts: 3.0, block: None })
    };
    Ok(Scenario {
        family,
        seed: 1,
        scene: SceneSpec {
            blocks: matches.get_one::<usize>("blocks").copied().unwrap_or(blocks),
            ..SceneSpec::default()
        },
        start: StartSpec {
            kind: matches
                .get_one::<String>("start")
                .map_or(Ok(StartKind::Usual), |kind| word::<StartKind>("start", kind))?,
            ..StartSpec::default()
        },
        goal: None,
        noise: NoiseSpec { pose_mm: matches.get_one::<f64>("pose-mm").copied().unwrap_or(0.0) },
        disturbances: matches
            .get_one::<String>("disturb")
            .map(disturbance)
            .transpose()?
            .into_iter()
            .collect(),
        seconds: None,
    })
}

/// Seconds, or two numbers of seconds.
fn when(text: &str) -> Result<When> {
    let wrong = || format!("--disturb-at {text}: expected seconds, as 9 or 4..40");
    let number = |text: &str| text.parse::<f64>().with_context(wrong);
    Ok(match text.split_once("..") {
        Some((from, to)) => When::Between([number(from)?, number(to)?]),
        None => When::At(number(text)?),
    })
}

/// A word of the scenario format.
fn word<T: DeserializeOwned>(option: &str, text: &str) -> Result<T> {
    let value = serde_json::Value::String(text.to_string());
    serde_json::from_value(value).with_context(|| format!("--{option} {text}"))
}

fn feedback(matches: &ArgMatches) -> Result<Feedback> {
    match matches.get_one::<String>("feedback").map_or("full", String::as_str) {
        "full" => Ok(Feedback::Full),
        "retry" => Ok(Feedback::Retry),
        "none" => Ok(Feedback::None),
        other => bail!("--feedback {other}: expected full, retry or none"),
    }
}

fn seeds(matches: &ArgMatches, usual: u64) -> Result<(u64, u64)> {
    let Some(text) = matches.get_one::<String>("seeds") else { return Ok((usual, usual)) };
    let wrong = || format!("--seeds {text}: expected two numbers like 1..20");
    let (first, last) = text.split_once("..").with_context(wrong)?;
    let (first, last) = (first.parse().with_context(wrong)?, last.parse().with_context(wrong)?);
    if first > last {
        bail!("--seeds {text}: the first is larger than the last");
    }
    Ok((first, last))
}
