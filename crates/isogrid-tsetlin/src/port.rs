//! The text edge: delimited tables and options in, predictions out.

use std::str::FromStr;

use isogrid_core::{Port, Printed, Recognition, Request, Source, Value};
use isogrid_data::{Column, CsvOptions, Table, Warning, looks_like_table, read_table, write_csv};

use crate::TsetlinError;
use crate::booleanize::{Binning, EncoderOptions};
use crate::engine::{LabeledTable, Rows, Tsetlin};
use crate::options::Settings;
use crate::table::{Answer, TableClassifier, TableOptions};

const HEAD_BYTES: u64 = 1 << 16;

impl Port for Tsetlin {
    fn recognize(&self, request: &Request) -> Recognition {
        // Who names a target column means a table: what is wrong with the file is then the reader's to say.
        let has_target = request.option("target").is_some();
        let is_table = |source: &Source| {
            source
                .head(HEAD_BYTES)
                .is_ok_and(|head| looks_like_table(&head) || (has_target && !is_code(&head)))
        };
        if !(1..=2).contains(&request.sources.len()) || !request.sources.iter().all(is_table) {
            return Recognition::No;
        }
        match request.option("target") {
            Some(target) => Recognition::Yes(format!("a table with the target column `{target}`")),
            None => Recognition::Almost("a table; name the column to predict with --target COL".to_string()),
        }
    }

    fn data(&self, request: &Request) -> Result<(LabeledTable, TableOptions), TsetlinError> {
        let options = options(request)?;
        let found = request.sources.len();
        let ([source] | [source, _]) = request.sources.as_slice() else {
            return Err(TsetlinError::Sources {
                found,
                expected: "a table to learn from, and maybe one to answer",
            });
        };
        let target = request.option("target").ok_or(TsetlinError::NoTarget)?.to_string();
        let table = read(request, source, None)?;
        table.require(&target)?;
        Ok((LabeledTable { table, target }, options))
    }

    fn input(
        &self,
        request: &Request,
        model: &TableClassifier,
        fitted_here: bool,
    ) -> Result<Rows, TsetlinError> {
        match (request.sources.as_slice(), fitted_here) {
            ([source], false) | ([_, source], true) => {
                let table = read(request, source, Some(model.target()))?;
                Ok(Rows { numbers: (0..table.n_rows()).collect(), table })
            }
            ([source], true) => blanks(&read(request, source, Some(model.target()))?, model.target()),
            (sources, _) => {
                Err(TsetlinError::Sources { found: sources.len(), expected: "one table to answer" })
            }
        }
    }

    fn print(&self, model: &TableClassifier, answers: &Vec<Answer>) -> Printed {
        let class = |answer: &Answer| model.classes().get(answer.class as usize).map(String::as_str);
        let numbers = |value: fn(&Answer) -> f64| answers.iter().map(value).collect::<Vec<f64>>();
        let kept = answers.iter().map(|answer| Some(if answer.is_kept { "yes" } else { "no" }));
        let columns = vec![
            Column::numbers("row", numbers(|answer| answer.row as f64)),
            Column::categories("prediction", answers.iter().map(class)),
            Column::numbers("margin", numbers(|answer| f64::from(answer.margin))),
            Column::numbers("probability", numbers(|answer| rounded(answer.probability).unwrap_or(f64::NAN))),
            Column::categories("kept", kept),
        ];
        let mut text = Vec::new();
        // Equal lengths, different names, and memory that takes every write: neither can fail.
        let _ = write_csv("predictions", &Table::new(columns).unwrap_or_default(), &mut text);
        let n_kept = answers.iter().filter(|answer| answer.is_kept).count();
        let record = |answer: &Answer| {
            Value::map([
                ("row", answer.row.into()),
                ("prediction", class(answer).into()),
                ("margin", answer.margin.into()),
                ("probability", rounded(answer.probability).into()),
                ("kept", answer.is_kept.into()),
            ])
        };
        Printed {
            text: String::from_utf8(text).unwrap_or_default(),
            summary: format!("{} rows answered, {n_kept} of them kept", answers.len()),
            record: Value::map([
                ("target", model.target().into()),
                ("n_rows", answers.len().into()),
                ("n_kept", n_kept.into()),
                ("predictions", Value::List(answers.iter().map(record).collect())),
            ]),
        }
    }
}

/// To what rows held out can tell.
fn rounded(probability: Option<f64>) -> Option<f64> {
    probability.map(|probability| (probability * 1e4).round() / 1e4)
}

/// Reads a table and passes its warnings on, but not that a column to be `answered` has no values.
pub(crate) fn read(
    request: &Request,
    source: &Source,
    answered: Option<&str>,
) -> Result<Table, TsetlinError> {
    let (table, warnings) = read_table(source, &CsvOptions::default())?;
    let is_plain = |warning: &Warning| matches!(warning, Warning::AllMissing { column } if Some(column.as_str()) == answered);
    for warning in warnings.into_iter().filter(|warning| !is_plain(warning)) {
        request.warnings.push(format!("{}: {warning}", source.name));
    }
    Ok(table)
}

/// The rows without a target value.
fn blanks(table: &Table, target: &str) -> Result<Rows, TsetlinError> {
    let column = table.require(target)?;
    let numbers: Vec<usize> = (0..table.n_rows()).filter(|&row| column.text(row).is_none()).collect();
    if numbers.is_empty() {
        return Err(TsetlinError::NothingToPredict { target: target.to_string() });
    }
    Ok(Rows { table: table.take_rows(&numbers), numbers })
}

fn options(request: &Request) -> Result<TableOptions, TsetlinError> {
    let machine = Settings {
        n_clauses: number(request, "clauses", "a number within 2..=65536")?,
        threshold: number(request, "threshold", "a number within 1..=1000000")?,
        specificity: number(request, "specificity", "a number within 1..=1000000")?,
        fuzziness: number(request, "fuzziness", "a number within 1..=255")?,
        max_literals: number(request, "literals", "a number of at least 1")?,
        epochs: number(request, "epochs", "a count")?,
        n_threads: number(request, "threads", "a number within 1..=1024")?,
    };
    let encoder = EncoderOptions {
        cuts: number(request, "cuts", "a number within 1..=256")?,
        binning: request.option("binning").map(binning).transpose()?,
    };
    let level = number(request, "level", "a share within 0.5..=0.999")?;
    Ok(TableOptions {
        machine,
        encoder,
        level: level.unwrap_or(TableOptions::default().level),
        n_trials: number(request, "trials", "a number within 0..=1000")?.unwrap_or(0),
        flash: request.option("flash").map(bytes).transpose()?,
    })
}

/// A number of bytes, as in `32k` or `1M`.
fn bytes(text: &str) -> Result<usize, TsetlinError> {
    let (digits, scale) = match text.trim_end_matches(['k', 'K', 'M']) {
        digits if digits.len() == text.len() => (digits, 1),
        digits if text.ends_with('M') => (digits, 1 << 20),
        digits => (digits, 1 << 10),
    };
    let refuse = || {
        let value = format!("`{text}`");
        TsetlinError::Option { option: "flash", value, expected: "a number of bytes, as in 4096 or 32k" }
    };
    let number: usize = digits.parse().map_err(|_| refuse())?;
    number.checked_mul(scale).ok_or_else(refuse)
}

fn binning(name: &str) -> Result<Binning, TsetlinError> {
    let known = Binning::ALL.iter().find(|(known, _)| *known == name);
    let (value, expected) = (format!("`{name}`"), "one of distinct, quantile, uniform, learned");
    known.map(|(_, binning)| *binning).ok_or(TsetlinError::Option { option: "binning", value, expected })
}

pub(crate) fn number<T: FromStr>(
    request: &Request,
    option: &'static str,
    expected: &'static str,
) -> Result<Option<T>, TsetlinError> {
    let Some(text) = request.option(option) else { return Ok(None) };
    let refuse = |_| TsetlinError::Option { option, value: format!("`{text}`"), expected };
    text.parse().map(Some).map_err(refuse)
}

/// Whether a file opens like PDDL, which is another engine's.
fn is_code(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    matches!(text.trim_ascii_start().first(), Some(b'(' | b';'))
}
