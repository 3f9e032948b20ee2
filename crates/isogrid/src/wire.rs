//! The wire format, version 1: one JSON object a line. This is the only place that knows JSON.
//!
//! Every object starts with `"isogrid": 1` and `"type"`. `docs/wire.md` documents each type with an example, which
//! a test here holds against the code. Two rules of form: an unknown figure is `null`; a value that is one of
//! several kinds with data is an object with the kind as its one field, without data the kind's name.
//! Readers should ignore fields that they do not know: new ones may be added within a version.

use isogrid_core::{Emission, Entry, Finding, Report, Role, Row, Stop, Value, Verdict};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Error;

/// The version of the format, in every object.
pub const VERSION: u64 = 1;

/// The longest line that a reader needs to accept.
pub const MAX_LINE_BYTES: u64 = 16 << 20;

/// One type of object.
pub trait Message: Serialize {
    /// The value of its `type` field.
    const TYPE: &'static str;
}

#[derive(Serialize)]
struct Line<'a, M> {
    isogrid: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    message: &'a M,
}

/// The object as one line, without the line's end.
pub fn line<M: Message>(message: &M) -> String {
    let line = Line { isogrid: VERSION, kind: M::TYPE, message };
    // Serialization of these types fails only for maps with keys that are not text; there is none.
    serde_json::to_string(&line).unwrap_or_else(|error| panic!("a `{}` object: {error}", M::TYPE))
}

/// The object back from its line.
///
/// # Errors
/// [`Error::Wire`]: not JSON, another version or type, or a field is missing.
pub fn read<M: Message + DeserializeOwned>(line: &str) -> Result<M, Error> {
    let wire = |problem: String| Error::Wire { problem };
    let object: serde_json::Value = serde_json::from_str(line).map_err(|error| wire(error.to_string()))?;
    let version = object.get("isogrid").and_then(serde_json::Value::as_u64);
    if version != Some(VERSION) {
        return Err(wire(format!("version {version:?}, expected {VERSION}")));
    }
    let kind = object.get("type").and_then(serde_json::Value::as_str);
    if kind != Some(M::TYPE) {
        return Err(wire(format!("type {kind:?}, expected `{}`", M::TYPE)));
    }
    serde_json::from_value(object).map_err(|error| wire(error.to_string()))
}

/// One output of `run`: a plan, a batch of predictions.
#[derive(Debug, Serialize)]
pub struct Output<'a> {
    /// The engine.
    pub engine: &'a str,
    /// Counts the outputs of this run from 0.
    pub index: u64,
    /// Wall seconds since the run started.
    pub seconds: f64,
    /// Work ticks so far.
    pub ticks: u64,
    /// The checker's word, where the engine has a checker.
    pub verdict: Option<&'a Verdict>,
    /// One line about it.
    pub summary: &'a str,
    /// The output in the format that its field expects.
    pub text: &'a str,
    /// The engine's own fields.
    pub record: &'a Value,
}

/// The end of `run` or `fit`.
#[derive(Debug, Serialize)]
pub struct Outcome<'a> {
    /// The engine.
    pub engine: &'a str,
    /// The verb: `run` or `fit`.
    pub verb: &'a str,
    /// Why it ended.
    pub stop: Stop,
    /// How many outputs there were.
    pub outputs: u64,
    /// Wall seconds.
    pub seconds: f64,
    /// Work ticks.
    pub ticks: u64,
    /// The size of the model that was loaded or saved.
    pub model_bytes: Option<u64>,
    /// The checker's word on the last output.
    pub verdict: Option<&'a Verdict>,
    /// The file that was written.
    pub file: Option<String>,
    /// The exit code.
    pub exit: u8,
}

/// One finding of `profile`.
#[derive(Debug, Serialize)]
pub struct Found<'a> {
    /// The engine that looked.
    pub engine: &'a str,
    /// What it found, or that it is absent.
    #[serde(flatten)]
    pub finding: &'a Finding,
}

/// The report of `measure`.
#[derive(Debug, Serialize)]
pub struct Measured<'a> {
    /// The rows.
    #[serde(flatten)]
    pub report: &'a Report,
    /// How often each contender ran; a row is the run of median working time.
    pub repeats: u64,
    /// Contenders whose working times differ by more than a fifth.
    pub noisy: &'a [String],
    /// What could not run here.
    pub absent: &'a [Absent],
}

/// Contenders that this installation lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absent {
    /// What is absent.
    pub what: String,
    /// The command that builds it, or why it does not work.
    pub remedy: String,
}

/// One contender's row, from a child process to its parent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RowLine {
    /// The row.
    #[serde(flatten)]
    pub row: Row,
}

/// A contender that an executable offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// Its name.
    pub name: String,
    /// What it is.
    pub role: Role,
}

/// An error of any verb.
#[derive(Debug, Serialize)]
pub struct Failure<'a> {
    /// `usage`, `bad_input` or `internal`.
    pub class: &'a str,
    /// What went wrong, with its place.
    pub message: &'a str,
    /// What to try.
    pub hint: Option<&'a str>,
    /// The exit code.
    pub exit: u8,
}

/// The answer of `list`.
#[derive(Debug, Serialize)]
pub struct Engines {
    /// The engines of this build.
    pub engines: Vec<Listed>,
}

/// One engine of `list`.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: &'static str,
    /// The structure it exploits.
    pub structure: &'static str,
    /// How far it is.
    pub status: &'static str,
}

/// The answer of `info`.
#[derive(Debug, Serialize)]
pub struct About {
    /// The engine's name.
    pub name: &'static str,
    /// The structure it exploits.
    pub structure: &'static str,
    /// What it takes for granted.
    pub assumes: &'static [&'static str],
    /// What it promises.
    pub guarantees: &'static [&'static str],
    /// The literature it implements.
    pub papers: &'static [&'static str],
    /// How far it is.
    pub status: &'static str,
    /// `improves`: each output replaces the one before. `appends`: they follow each other.
    pub emission: &'static str,
    /// What one tick stands for.
    pub tick: &'static str,
    /// Whether `profile` can ask it.
    pub detects: bool,
    /// Its options.
    pub options: Vec<AboutOption>,
}

/// One option of an engine.
#[derive(Debug, Serialize)]
pub struct AboutOption {
    /// Long name without dashes.
    pub name: &'static str,
    /// The value's name, or nothing for a switch.
    pub value: Option<&'static str>,
    /// One line of help.
    pub help: &'static str,
}

impl Engines {
    /// The list of `entries`.
    pub fn of(entries: &[Entry]) -> Engines {
        let listed = |entry: &Entry| {
            let info = (entry.info)();
            Listed { name: info.name, structure: info.structure, status: info.status.word() }
        };
        Engines { engines: entries.iter().map(listed).collect() }
    }
}

impl About {
    /// All about `entry`.
    pub fn of(entry: &Entry) -> About {
        let info = (entry.info)();
        let option = |spec: &isogrid_core::OptionSpec| AboutOption {
            name: spec.name,
            value: spec.value,
            help: spec.help,
        };
        About {
            name: info.name,
            structure: info.structure,
            assumes: info.assumes,
            guarantees: info.guarantees,
            papers: info.papers,
            status: info.status.word(),
            emission: match info.emission {
                Emission::Improves => "improves",
                Emission::Appends => "appends",
            },
            tick: info.tick,
            detects: entry.detect.is_some(),
            options: info.options.iter().map(option).collect(),
        }
    }
}

macro_rules! messages {
    ($($name:literal: $type:ty),* $(,)?) => { $(impl Message for $type {
        const TYPE: &'static str = $name;
    })* };
}
messages! {
    "output": Output<'_>,
    "result": Outcome<'_>,
    "finding": Found<'_>,
    "report": Measured<'_>,
    "row": RowLine,
    "rung": Rung,
    "error": Failure<'_>,
    "engines": Engines,
    "info": About,
}
