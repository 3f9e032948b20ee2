//! The wire format, version 1: one JSON object a line. This is the only place that knows JSON.
//!
//! Every object starts with `"isogrid": 1` and `"type"`. `docs/wire.md` documents each type with an example, which
//! a test here holds against the code. Two rules of form: an unknown figure is `null`; a value that is one of
//! several kinds with data is an object with the kind as its one field, without data the kind's name.
//! Readers should ignore fields that they do not know: new ones may be added within a version.

mod engines;

use std::path::Path;

use isogrid_core::{Bid, Finding, Report, Role, Row, Stop, Value, Verdict};
use isogrid_data::DataSet;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use engines::{About, AboutOption, AboutPart, AboutProperty, Engines, Listed};

use crate::Error;
use crate::decide::{Decision, Offer};

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
    /// What readers found odd but could use.
    pub warnings: &'a [String],
    /// What the engine tells of a fit.
    pub report: &'a [String],
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

/// Which of several engines takes the input.
#[derive(Debug, Serialize)]
pub struct Decided<'a> {
    /// The engine that takes it.
    pub engine: &'a str,
    /// The bids on found structure, the engine's first; none where nobody found any.
    pub bids: Vec<Offered<'a>>,
    /// Whether a limit ended the looking.
    pub stop: Stop,
    /// Wall seconds that the looking took.
    pub seconds: f64,
    /// Work ticks that it took.
    pub ticks: u64,
}

/// The bid of one engine.
#[derive(Debug, Serialize)]
pub struct Offered<'a> {
    /// The engine.
    pub engine: &'a str,
    /// What it offers.
    #[serde(flatten)]
    pub bid: &'a Bid,
}

impl<'a> Decided<'a> {
    /// What `decision` says.
    pub fn of(decision: &'a Decision<'_>) -> Decided<'a> {
        let offered = |offer: &'a Offer| Offered { engine: offer.engine, bid: &offer.bid };
        Decided {
            engine: (decision.entry.info)().name,
            bids: decision.offers.iter().map(offered).collect(),
            stop: decision.stop,
            seconds: decision.seconds,
            ticks: decision.ticks,
        }
    }
}

/// The report of `measure`.
#[derive(Debug, Serialize)]
pub struct Measured<'a> {
    /// The rows.
    #[serde(flatten)]
    pub report: &'a Report,
    /// The limits of each attempt, for example `10s,2GiB`, or of our patience where no budget was given.
    pub budget: &'a str,
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

/// The validator's word on a plan.
#[derive(Debug, Serialize)]
pub struct Validation<'a> {
    /// Whether the plan is valid.
    pub valid: bool,
    /// Steps that could be executed.
    pub steps: u64,
    /// What they cost; written without a fraction where it is whole.
    #[serde(serialize_with = "whole_if_whole")]
    pub cost: f64,
    /// The word in words: for an invalid plan the first step that fails and the condition that does not hold.
    pub message: &'a str,
    /// The exit code.
    pub exit: u8,
}

/// The checker's word on a certificate.
#[derive(Debug, Serialize)]
pub struct Judged<'a> {
    /// Whether it proves that there is no plan; nothing where the checker abstains.
    pub valid: Option<bool>,
    /// `relaxed`, `pairs` or `explored`.
    pub kind: &'a str,
    /// The word in words.
    pub message: &'a str,
    /// The exit code.
    pub exit: u8,
}

/// What a tool made, which is a text: the end of each object that hands one out.
#[derive(Debug, Serialize)]
pub struct Made<'a> {
    /// What it is, or why there is none.
    pub message: &'a str,
    /// The text, where it went to no file.
    pub text: Option<&'a str>,
    /// The file that was written.
    pub file: Option<String>,
    /// Work ticks.
    pub ticks: u64,
    /// The exit code.
    pub exit: u8,
}

/// The end of `plan certify`.
#[derive(Debug, Serialize)]
pub struct Certified<'a> {
    /// The kind of the certificate, if there is one.
    pub kind: Option<&'a str>,
    /// How many atoms it speaks of.
    pub atoms: Option<u64>,
    /// How many states it lists, if that is its kind.
    pub states: Option<u64>,
    /// The certificate.
    #[serde(flatten)]
    pub made: Made<'a>,
}

/// The end of `plan translate`.
#[derive(Debug, Serialize)]
pub struct Translated<'a> {
    /// Variables of the task; these figures are nothing where the budget ended first.
    pub variables: Option<u64>,
    /// Values of all variables together.
    pub facts: Option<u64>,
    /// Its operators.
    pub operators: Option<u64>,
    /// Its axioms.
    pub axioms: Option<u64>,
    /// The task.
    #[serde(flatten)]
    pub made: Made<'a>,
}

/// The end of `plan search`.
#[derive(Debug, Serialize)]
pub struct Searched<'a> {
    /// Whether there is a plan; nothing where that is not known.
    pub solved: Option<bool>,
    /// Steps of the plan; nothing, as all of the plan, where there is none.
    pub steps: Option<u64>,
    /// Its cost.
    pub cost: Option<u64>,
    /// Whether it was proved to cost least.
    pub optimal: Option<bool>,
    /// The plan.
    #[serde(flatten)]
    pub made: Made<'a>,
}

/// The answer of `plan explain`.
#[derive(Debug, Serialize)]
pub struct Explanation<'a> {
    /// Whether there is a plan, where that is known.
    pub solvable: Option<bool>,
    /// The validator's word on the plan that was given.
    pub validation: Option<&'a str>,
    /// The plan's steps in time, and what each is for.
    pub timeline: Option<&'a Value>,
    /// What action elimination takes out.
    pub elimination: Option<&'a Value>,
    /// Landmarks that are still ahead.
    pub landmarks: Option<&'a Value>,
    /// Why there is no plan.
    pub unsolvable: Option<&'a str>,
    /// Facts that the goal lacks and that never hold, and what would make them true.
    pub out_of_reach: Option<&'a Value>,
    /// The file to which the shorter plan was written.
    pub file: Option<String>,
    /// The exit code.
    pub exit: u8,
}

/// The answer of `table explain`.
#[derive(Debug, Serialize)]
pub struct Rules<'a> {
    /// The column that the model answers.
    pub target: &'a str,
    /// The classes by number.
    pub classes: &'a [String],
    /// The rules shown, those with the most say first.
    pub rules: &'a Value,
    /// The clauses behind each row that was asked for.
    pub reasons: &'a Value,
}

/// The answer of `table prune`.
#[derive(Debug, Serialize)]
pub struct Pruned<'a> {
    /// What each size is worth, from all clauses to few.
    pub sizes: &'a Value,
    /// The size taken.
    pub taken: &'a Value,
    /// The file to which the smaller model was written.
    pub file: Option<String>,
}

fn whole_if_whole<S: serde::Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    // Whole numbers are exact up to 2^53.
    if value.fract() == 0.0 && value.abs() <= (1u64 << 53) as f64 {
        return serializer.serialize_i64(*value as i64);
    }
    serializer.serialize_f64(*value)
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

/// The answer of `data`.
#[derive(Debug, Serialize)]
pub struct DataSets {
    /// The data sets asked for.
    pub sets: Vec<DataSetLine>,
}

/// One data set.
#[derive(Debug, Serialize)]
pub struct DataSetLine {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The pinned version.
    pub version: &'static str,
    /// The size of the archive.
    pub archive_bytes: u64,
    /// The archive's digest.
    pub sha256: &'static str,
    /// Its terms.
    pub license: &'static str,
    /// The folder where it is, if it was fetched.
    pub path: Option<String>,
}

impl DataSets {
    /// Every data set of the catalog, and where it is in `dir`.
    pub fn all(dir: &Path) -> DataSets {
        let line = |set: &DataSet| DataSetLine::of(set, isogrid_data::locate(set.name, dir).as_deref());
        DataSets { sets: isogrid_data::catalog().iter().map(line).collect() }
    }

    /// One data set in its folder.
    pub fn one(set: &DataSet, folder: Option<&Path>) -> DataSets {
        DataSets { sets: vec![DataSetLine::of(set, folder)] }
    }
}

impl DataSetLine {
    fn of(set: &DataSet, folder: Option<&Path>) -> DataSetLine {
        DataSetLine {
            name: set.name,
            about: set.about,
            version: set.version,
            archive_bytes: set.archive_bytes,
            sha256: set.sha256,
            license: set.license,
            path: folder.map(|folder| folder.display().to_string()),
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
    "decision": Decided<'_>,
    "report": Measured<'_>,
    "row": RowLine,
    "rung": Rung,
    "validation": Validation<'_>,
    "judgement": Judged<'_>,
    "certification": Certified<'_>,
    "translation": Translated<'_>,
    "search": Searched<'_>,
    "explanation": Explanation<'_>,
    "rules": Rules<'_>,
    "sizes": Pruned<'_>,
    "error": Failure<'_>,
    "engines": Engines,
    "info": About,
    "data": DataSets,
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use isogrid_core::{Cost, Energy, Evidence, Limit, Score};

    use super::*;
    use crate::test_engine;

    const DOCUMENT: &str = include_str!("../../../docs/wire.md");

    /// The paths of all fields of an object; list elements share one path.
    fn fields(value: &serde_json::Value, path: &str, out: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (name, value) in map {
                    let path = format!("{path}.{name}");
                    fields(value, &path, out);
                    out.insert(path);
                }
            }
            serde_json::Value::Array(values) => {
                values.iter().for_each(|value| fields(value, &format!("{path}[]"), out));
            }
            _ => {}
        }
    }

    fn fields_of(line: &str) -> (String, BTreeSet<String>) {
        let value: serde_json::Value = serde_json::from_str(line).expect(line);
        let mut out = BTreeSet::new();
        fields(&value, "", &mut out);
        (value["type"].as_str().expect("a type").to_string(), out)
    }

    fn sample_row() -> Row {
        let energy = Energy::Modelled { joules: 1.0, range: (0.5, 2.0), constants: "constants".into() };
        let cost = Cost { work_seconds: 0.5, energy: Some(energy), ..Cost::default() };
        let score = Score {
            name: "accuracy".into(),
            value: Some(0.5),
            higher_is_better: true,
            interval: Some((0.4, 0.6)),
        };
        Row { contender: "x".into(), role: Role::Engine, score: Some(score), cost, outcome: "done".into() }
    }

    fn rung_role() -> Role {
        Role::Rung { ladder: "forest".into(), size: 100 }
    }

    fn made() -> Made<'static> {
        Made { message: "m", text: Some("t"), file: None, ticks: 1, exit: 0 }
    }

    fn explanation() -> String {
        let one = || vec![Value::Int(1)];
        let list = |value: Value| Value::List(vec![value]);
        let step = Value::map([
            ("number", 1_u64.into()),
            ("step", "(a)".into()),
            ("moment", 1_u64.into()),
            ("after", one().into()),
        ]);
        let link =
            Value::map([("producer", 1_u64.into()), ("fact", "(p)".into()), ("consumer", Value::Null)]);
        let timeline = Value::map([("makespan", 1_u64.into()), ("steps", list(step)), ("links", list(link))]);
        let elimination = Value::map([
            ("removed", one().into()),
            ("steps", 1_u64.into()),
            ("cost", 1_u64.into()),
            ("done", true.into()),
        ]);
        let ahead = Value::map([
            ("fact", "(p)".into()),
            ("goal", true.into()),
            ("next", true.into()),
            ("after", one().into()),
        ]);
        let landmarks = Value::map([("reached", 1_u64.into()), ("ahead", list(ahead))]);
        let way = Value::map([("by", "(a)".into()), ("lacks", vec![Value::from("(q)")].into())]);
        let missing = Value::map([("fact", "(p)".into()), ("goal", true.into()), ("ways", list(way))]);
        line(&Explanation {
            solvable: Some(true),
            validation: Some("m"),
            timeline: Some(&timeline),
            elimination: Some(&elimination),
            landmarks: Some(&landmarks),
            unsolvable: None,
            out_of_reach: Some(&list(missing)),
            file: None,
            exit: 0,
        })
    }

    fn rules() -> String {
        let list = |value| Value::List(vec![value]);
        let vote = Value::map([("class", Value::Int(1)), ("weight", Value::Int(-3))]);
        let record = Value::map([("n_fired", Value::Int(9)), ("n_right", Value::Int(8))]);
        let rule = Value::map([
            ("clause", Value::Int(4)),
            ("votes", list(vote)),
            ("most", Value::Int(1)),
            ("record", record),
            ("text", "x >= 2".into()),
        ]);
        let voted =
            Value::map([("clause", Value::Int(4)), ("votes", Value::Int(1)), ("text", "x >= 2".into())]);
        let reasons = Value::map([
            ("row", Value::Int(0)),
            ("class", Value::Int(1)),
            ("probability", 0.9.into()),
            ("sums", list(Value::Int(-3))),
            ("votes", list(voted)),
        ]);
        line(&Rules { target: "y", classes: &["a".to_string()], rules: &list(rule), reasons: &list(reasons) })
    }

    fn sizes() -> String {
        let size = Value::map([
            ("n_clauses", Value::Int(9)),
            ("n_literals", Value::Int(30)),
            ("n_bytes", Value::Int(99)),
            ("accuracy", 0.9.into()),
        ]);
        line(&Pruned { sizes: &Value::List(vec![size.clone()]), taken: &size, file: None })
    }

    fn samples() -> Vec<String> {
        let verdict = Verdict::Pass("valid".into());
        let record = Value::map([("cost", Value::Int(31))]);
        let bid = Bid { score: 0.9, cost: 0.2, interval: (0.8, 1.0), backing_run: "none".into() };
        let evidence = Evidence::Test { statistic: 1.0, null_quantile: 3.0, p: 0.01 };
        let (structure, statement) = ("width".into(), "few".into());
        let finding = Finding { structure, found: true, statement, evidence, bid: Some(bid.clone()) };
        let report = Report { workload: "w".into(), seed: 1, rows: vec![sample_row()] };
        let mut failed = sample_row();
        (failed.score, failed.cost.energy, failed.role) = (None, None, rung_role());
        let entry = &test_engine::ENTRIES[0];
        vec![
            line(&Output {
                engine: "plan",
                index: 0,
                seconds: 0.1,
                ticks: 3,
                verdict: Some(&verdict),
                summary: "s",
                text: "t",
                record: &record,
            }),
            line(&Outcome {
                engine: "plan",
                verb: "run",
                stop: Stop::Budget(Limit::Time),
                outputs: 1,
                seconds: 0.1,
                ticks: 3,
                model_bytes: None,
                verdict: Some(&verdict),
                file: None,
                warnings: &[],
                report: &[],
                exit: 0,
            }),
            line(&Found { engine: "plan", finding: &finding }),
            line(&Decided {
                engine: "plan",
                bids: vec![Offered { engine: "plan", bid: &bid }],
                stop: Stop::Done,
                seconds: 0.1,
                ticks: 3,
            }),
            line(&Measured {
                report: &report,
                budget: "30s",
                repeats: 3,
                noisy: &[],
                absent: &[Absent { what: "rungs".into(), remedy: "build".into() }],
            }),
            line(&RowLine { row: failed }),
            line(&Rung { name: "forest 100".into(), role: rung_role() }),
            line(&Validation { valid: true, steps: 1, cost: 1.0, message: "m", exit: 0 }),
            line(&Judged { valid: None, kind: "pairs", message: "m", exit: 3 }),
            line(&Certified { kind: Some("explored"), atoms: Some(1), states: Some(1), made: made() }),
            line(&Translated {
                variables: Some(1),
                facts: Some(2),
                operators: Some(1),
                axioms: None,
                made: made(),
            }),
            line(&Searched {
                solved: Some(true),
                steps: Some(2),
                cost: Some(2),
                optimal: Some(true),
                made: made(),
            }),
            explanation(),
            rules(),
            sizes(),
            line(&Engines::of(&test_engine::ENTRIES[..1])),
            line(&About::of(entry)),
            line(&DataSets::all(Path::new("nowhere"))),
            line(&Failure { class: "bad_input", message: "m", hint: None, exit: 2 }),
        ]
    }

    #[test]
    fn the_documents_examples_have_exactly_the_fields_that_the_code_writes() {
        let examples: Vec<_> = DOCUMENT.lines().filter(|line| line.starts_with('{')).map(fields_of).collect();
        let written: BTreeMap<_, _> = samples().iter().map(|line| fields_of(line)).collect();
        assert_eq!(examples.len(), written.len(), "one example for each type");
        for (kind, example) in examples {
            assert_eq!(Some(&example), written.get(&kind), "type `{kind}`");
        }
    }

    #[test]
    fn every_type_is_documented_under_its_own_heading() {
        for line in samples() {
            let (kind, _) = fields_of(&line);
            let headed =
                DOCUMENT.lines().any(|line| line.starts_with("## ") && line.contains(&format!("`{kind}`")));
            assert!(headed, "type `{kind}`");
            assert!(line.starts_with(&format!("{{\"isogrid\":1,\"type\":\"{kind}\"")), "{line}");
        }
    }

    #[test]
    fn rows_and_rungs_come_back() {
        let sent = RowLine { row: sample_row() };
        assert_eq!(read::<RowLine>(&line(&sent)).expect("our own line"), sent);
        let sent = Rung { name: "forest 100".into(), role: rung_role() };
        assert_eq!(read::<Rung>(&line(&sent)).expect("our own line"), sent);
    }

    #[test]
    fn figures_that_are_not_numbers_become_null() {
        let mut row = sample_row();
        row.cost.work_seconds = f64::NAN;
        assert!(line(&RowLine { row }).contains("\"work_seconds\":null"));
    }
}
