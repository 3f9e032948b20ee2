//! The text edge: tables of normal rows and of rows to judge in, judgements out.

use isogrid_core::{Port, Printed, Recognition, Request, Source, Value};
use isogrid_data::answers::{Rows, read_with_warnings};
use isogrid_data::{Column, Table, looks_like_table, write_csv};

use super::detector::{AnomalyDetector, AnomalyOptions, Score};
use super::engine::{Anomaly, Judgement};
use crate::TsetlinError;
use crate::port::number;

const HEAD_BYTES: u64 = 1 << 16;

impl Port for Anomaly {
    fn recognize(&self, request: &Request) -> Recognition {
        let is_table = |source: &Source| source.head(HEAD_BYTES).is_ok_and(|head| looks_like_table(&head));
        let is_alone = request.option("target").is_none();
        if !(1..=2).contains(&request.sources.len()) || !is_alone || !request.sources.iter().all(is_table) {
            return Recognition::No;
        }
        match request.option("normal") {
            Some(_) => Recognition::Yes("a table of normal rows".to_string()),
            None => Recognition::Almost("a table; if all of its rows are normal, say --normal".to_string()),
        }
    }

    fn data(&self, request: &Request) -> Result<(Table, AnomalyOptions), TsetlinError> {
        let options = options(request)?;
        match request.sources.as_slice() {
            [source] | [source, _] => Ok((read_with_warnings(request, source, None)?, options)),
            sources => Err(TsetlinError::Sources {
                found: sources.len(),
                expected: "a table of normal rows, and maybe one to judge",
            }),
        }
    }

    fn input(&self, request: &Request, _: &AnomalyDetector, fitted_here: bool) -> Result<Rows, TsetlinError> {
        match (request.sources.as_slice(), fitted_here) {
            ([source], _) | ([_, source], true) => Ok(Rows::all(read_with_warnings(request, source, None)?)),
            (sources, _) => {
                Err(TsetlinError::Sources { found: sources.len(), expected: "one table to judge" })
            }
        }
    }

    fn print(&self, _: &AnomalyDetector, judged: &Vec<Judgement>) -> Printed {
        let numbers = |value: fn(&Judgement) -> f64| judged.iter().map(value).collect::<Vec<f64>>();
        let odd = judged.iter().map(|judged| Some(if judged.answer.is_odd { "yes" } else { "no" }));
        let blamed: Vec<String> = judged.iter().map(|judged| judged.columns.join(" ")).collect();
        let columns = vec![
            Column::numbers("row", numbers(|judged| judged.answer.row as f64)),
            Column::numbers("score", numbers(|judged| rounded(judged.answer.score))),
            Column::numbers("p", numbers(|judged| rounded(judged.answer.p))),
            Column::categories("odd", odd),
            Column::categories(
                "columns",
                blamed.iter().map(|text| (!text.is_empty()).then_some(text.as_str())),
            ),
        ];
        let mut text = Vec::new();
        // Equal lengths, different names, and memory that takes every write: neither can fail.
        let _ = write_csv("judgements", &Table::new(columns).unwrap_or_default(), &mut text);
        let n_odd = judged.iter().filter(|judged| judged.answer.is_odd).count();
        let record = |judged: &Judgement| {
            Value::map([
                ("row", judged.answer.row.into()),
                ("score", rounded(judged.answer.score).into()),
                ("p", rounded(judged.answer.p).into()),
                ("odd", judged.answer.is_odd.into()),
                ("columns", Value::List(judged.columns.iter().map(|name| name.as_str().into()).collect())),
            ])
        };
        Printed {
            text: String::from_utf8(text).unwrap_or_default(),
            summary: format!("{n_odd} of {} rows are odd", judged.len()),
            record: Value::map([
                ("n_rows", judged.len().into()),
                ("n_odd", n_odd.into()),
                ("judgements", Value::List(judged.iter().map(record).collect())),
            ]),
        }
    }
}

/// To four places.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn options(request: &Request) -> Result<AnomalyOptions, TsetlinError> {
    let mut options = AnomalyOptions::default();
    options.machine.n_clauses = number(request, "clauses", "a number within 2..=65536")?;
    options.machine.epochs = number(request, "epochs", "a count")?;
    options.machine.n_threads = number(request, "threads", "a number within 1..=1024")?;
    options.encoder.cuts = number(request, "cuts", "a number within 1..=256")?;
    let share = number(request, "false-alarms", "a share within 0.0001..=0.5")?;
    options.false_alarms = share.unwrap_or(options.false_alarms);
    options.score = match request.option("score") {
        None | Some("overlap") => Score::Overlap,
        Some("reconstruction") => Score::Reconstruction,
        Some(name) => {
            let (value, expected) = (format!("`{name}`"), "overlap or reconstruction");
            return Err(TsetlinError::Option { option: "score", value, expected });
        }
    };
    Ok(options)
}
