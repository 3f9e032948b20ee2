//! The text edge: recordings in, a world's transcript in, actions out.
//!
//! Worlds that answer are driven from outside (the facade does it); what is read here is what one said once.

use std::io::BufReader;
use std::path::Path;

use isogrid_core::{Port, Printed, Recognition, Request, Source, Value};

use crate::RobotError;
use crate::agent::{AgentOptions, Feedback, Status};
use crate::engine::{Assignment, Decision, Demonstrations, Percepts, Robot};
use crate::learn::{Symmetry, TrainOptions};
use crate::protocol;
use crate::skills::{Head, LearnedOptions, Skills};

/// The first bytes of an HDF5 file.
const HDF5_MAGIC: &[u8; 8] = b"\x89HDF\r\n\x1a\n";

/// The file that makes a folder a LeRobot data set.
const LEROBOT_INFO: &str = "meta/info.json";

/// DDIM steps of the diffusion head.
const DIFFUSION_STEPS: u8 = 8;

/// Euler steps of the flow head.
const FLOW_STEPS: u8 = 2;

impl Port for Robot {
    fn recognize(&self, request: &Request) -> Recognition {
        let kinds: Vec<Kind> = request.sources.iter().map(kind).collect();
        match kinds.first() {
            Some(Kind::Demonstrations(what)) if !kinds.contains(&Kind::Other) => {
                Recognition::Yes(format!("demonstrations ({what})"))
            }
            Some(Kind::Scenario) => Recognition::Almost(
                "a scenario of a simulated world; skills are needed: -m SKILLS".to_string(),
            ),
            Some(Kind::Transcript) => {
                Recognition::Almost("what a world said; skills are needed: -m SKILLS".to_string())
            }
            _ => Recognition::No,
        }
    }

    fn data(&self, request: &Request) -> Result<(Demonstrations, TrainOptions), RobotError> {
        if request.sources.is_empty() {
            return Err(RobotError::Request("no demonstrations were given".to_string()));
        }
        let options = train_options(request)?;
        Ok((read(request)?, options))
    }

    fn input(&self, request: &Request, _: &Skills, _: bool) -> Result<Percepts, RobotError> {
        let [source] = request.sources.as_slice() else {
            let n = request.sources.len();
            return Err(RobotError::Request(format!("expected one transcript of a world, found {n} inputs")));
        };
        let fault =
            |error: &dyn std::fmt::Display| RobotError::Request(format!("`{}`: {error}", source.name));
        let stream = source.open().map_err(|error| fault(&error))?;
        let (briefing, seen) =
            protocol::read_transcript(&mut BufReader::new(stream)).map_err(|error| fault(&error))?;
        let assignment = assignment(request, briefing.scene, briefing.task)?;
        Ok(Percepts { assignment: Some(Box::new(assignment)), seen })
    }

    fn print(&self, _: &Skills, output: &Decision) -> Printed {
        let [x, y, z, grip] = output.action.to_array();
        let mut text: String = output.events.iter().map(|event| format!("# {event}\n")).collect();
        text += &format!("{:.3},{x:.4},{y:.4},{z:.4},{grip:.4}\n", output.seconds);
        let (done, remain) = output.moves;
        let status = match output.status {
            Status::Working => "working",
            Status::Reached => "reached",
            Status::Unreachable => "unreachable",
            Status::GaveUp => "gave up",
        };
        Printed {
            text,
            summary: format!("{status} at {:.1} s: {done} moves done, {remain} remain", output.seconds),
            record: Value::map([
                ("seconds", output.seconds.into()),
                ("action", Value::List(output.action.to_array().into_iter().map(Value::from).collect())),
                ("status", status.into()),
                ("done", done.into()),
                ("remaining", remain.into()),
                ("events", Value::List(output.events.iter().map(|event| event.as_str().into()).collect())),
            ]),
        }
    }
}

/// What an input looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Demonstrations(&'static str),
    Scenario,
    Transcript,
    Other,
}

fn kind(source: &Source) -> Kind {
    let folder = source.path().filter(|_| source.is_folder());
    if let Some(folder) = folder {
        return match folder.join(LEROBOT_INFO).is_file() {
            true => Kind::Demonstrations("LeRobot folder"),
            false => Kind::Other,
        };
    }
    let head = source.head(64).unwrap_or_default();
    if head.starts_with(HDF5_MAGIC) {
        return Kind::Demonstrations("HDF5");
    }
    if head.starts_with(b"{\"protocol\"") {
        return Kind::Transcript;
    }
    match Path::new(&source.name).extension().and_then(|extension| extension.to_str()) {
        Some("toml") => Kind::Scenario,
        _ => Kind::Other,
    }
}

/// The options at the text edge of an arm that is given a task.
///
/// # Errors
/// [`RobotError::Request`] for a value out of its range.
pub fn assignment(
    request: &Request,
    scene: crate::Scene,
    task: crate::tasks::Task,
) -> Result<Assignment, RobotError> {
    let feedback = match request.option("feedback") {
        None | Some("full") => Feedback::Full,
        Some("retry") => Feedback::Retry,
        Some("none") => Feedback::None,
        Some(other) => return Err(wrong("feedback", other, "full, retry or none")),
    };
    let noise = number(request, "pose-noise", 0.0, (0.0, 50.0))? / 1000.0;
    let agent = AgentOptions { feedback, noise, ..AgentOptions::default() };
    Ok(Assignment { scene, task, agent, skills: LearnedOptions::default() })
}

fn train_options(request: &Request) -> Result<TrainOptions, RobotError> {
    let mut options = TrainOptions::default();
    options.head = match request.option("head") {
        None => options.head,
        Some("cloning") => Head::Cloning,
        Some("diffusion") => Head::Diffusion { steps: DIFFUSION_STEPS },
        Some("flow") => Head::Flow { steps: FLOW_STEPS },
        Some(other) => return Err(wrong("head", other, "cloning, diffusion or flow")),
    };
    options.symmetry = match request.option("symmetry") {
        None | Some("assumed") => Symmetry::Assumed,
        Some("none") => Symmetry::None,
        Some(other) => return Err(wrong("symmetry", other, "assumed or none")),
    };
    options.n_steps = number(request, "steps", options.n_steps as f64, (1.0, 1e7))? as u64;
    options.width = number(request, "width", options.width as f64, (4.0, 4096.0))? as usize;
    options.checkpoints = request.option("checkpoints").map(Into::into);
    Ok(options)
}

fn number(request: &Request, name: &str, default: f64, range: (f64, f64)) -> Result<f64, RobotError> {
    let Some(text) = request.option(name) else { return Ok(default) };
    let expected = format!("a number from {} to {}", range.0, range.1);
    let value: f64 = text.parse().map_err(|_| wrong(name, text, &expected))?;
    if (range.0..=range.1).contains(&value) { Ok(value) } else { Err(wrong(name, text, &expected)) }
}

fn wrong(option: &str, found: &str, expected: &str) -> RobotError {
    RobotError::Request(format!("--{option} {found}: expected {expected}"))
}

#[cfg(not(feature = "formats"))]
fn read(_: &Request) -> Result<Demonstrations, RobotError> {
    Err(RobotError::Request("this program was built without its readers of recordings".to_string()))
}

#[cfg(feature = "formats")]
fn read(request: &Request) -> Result<Demonstrations, RobotError> {
    let options = read_options(request)?;
    let (mut recordings, mut names) = (Vec::new(), Vec::new());
    for source in &request.sources {
        let path = source.path().ok_or_else(|| {
            RobotError::Request(format!("`{}`: recordings are read from files and folders only", source.name))
        })?;
        let loaded = crate::formats::read(path, &options)?;
        let name = |what: &dyn std::fmt::Display| format!("`{}`: {what}", source.name);
        for rejected in &loaded.rejected {
            request.warnings.push(name(&format!("{} is left out: {}", rejected.episode, rejected.reason)));
        }
        loaded.notes.iter().for_each(|note| request.warnings.push(name(note)));
        names.extend((1..=loaded.recordings.len()).map(|at| name(&format!("usable episode {at}"))));
        recordings.extend(loaded.recordings);
    }
    let intake = crate::learn::dataset(&recordings, &crate::facts::Tolerances::default());
    for rejected in &intake.rejected {
        let name = &names[rejected.recording];
        request.warnings.push(format!("{name} teaches nothing: {}", rejected.why));
    }
    if !intake.rejected.is_empty() {
        let (used, all) = (intake.accepted, recordings.len());
        request.warnings.push(format!("{used} of {all} readable demonstrations are learned from"));
    }
    if intake.accepted < FEW {
        request
            .warnings
            .push(format!("{} usable demonstrations are few; expect failed moves", intake.accepted));
    }
    Ok(Demonstrations { recordings })
}

/// Fewer demonstrations than this are warned of.
#[cfg(feature = "formats")]
const FEW: usize = 5;

#[cfg(feature = "formats")]
const BASE: &str = "three numbers: X,Y,Z";

#[cfg(feature = "formats")]
fn read_options(request: &Request) -> Result<crate::formats::ReadOptions, RobotError> {
    let mut options = crate::formats::ReadOptions {
        filter: request.option("filter").map(str::to_string),
        ..crate::formats::ReadOptions::default()
    };
    if let Some(base) = numbers::<f64, 3>(request, "base", BASE)? {
        if !base.iter().all(|metres| metres.is_finite()) {
            return Err(wrong("base", request.option("base").unwrap_or_default(), BASE));
        }
        options.base = base;
    }
    if request.option("rate").is_some() {
        options.rate_hz = Some(number(request, "rate", 20.0, (0.1, 1e4))?);
    }
    options.hand_columns = numbers(request, "hand-columns", "four column numbers")?;
    options.action_columns = numbers(request, "action-columns", "four column numbers")?;
    for entry in request.option("objects").into_iter().flat_map(|text| text.split(',')) {
        options.objects.push(object(entry.trim())?);
    }
    Ok(options)
}

/// So many numbers, split by commas.
#[cfg(feature = "formats")]
fn numbers<T: std::str::FromStr, const N: usize>(
    request: &Request,
    name: &str,
    expected: &str,
) -> Result<Option<[T; N]>, RobotError> {
    let Some(text) = request.option(name) else { return Ok(None) };
    let parsed: Result<Vec<T>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    let exact = parsed.ok().and_then(|numbers| numbers.try_into().ok());
    exact.map(Some).ok_or_else(|| wrong(name, text, expected))
}

/// `NAME=block:HXxHYxHZ`
#[cfg(feature = "formats")]
fn object(entry: &str) -> Result<crate::Object, RobotError> {
    let bad = || wrong("objects", entry, "NAME=block:HXxHYxHZ or NAME=pad:HXxHYxHZ, half sizes in metres");
    let (name, rest) = entry.split_once('=').ok_or_else(bad)?;
    let (kind, sizes) = rest.split_once(':').ok_or_else(bad)?;
    let kind = match kind {
        "block" => crate::ObjectKind::Block,
        "pad" => crate::ObjectKind::Pad,
        _ => return Err(bad()),
    };
    let sizes: Result<Vec<f64>, _> = sizes.split('x').map(str::parse).collect();
    let half_size: [f64; 3] = sizes.ok().and_then(|sizes| sizes.try_into().ok()).ok_or_else(bad)?;
    match half_size.iter().all(|half| half.is_finite() && *half > 0.0) {
        true => Ok(crate::Object { name: name.to_string(), kind, half_size }),
        false => Err(bad()),
    }
}
