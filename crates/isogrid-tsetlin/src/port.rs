//! The text edge: delimited tables and options in, predictions out.

use std::str::FromStr;

use isogrid_core::{Port, Printed, Recognition, Request};
use isogrid_data::answers::{Answer, LabeledTable, Rows, print_answers, read_with_warnings, recognize_table};

use crate::TsetlinError;
use crate::booleanize::{Binning, EncoderOptions};
use crate::engine::Tsetlin;
use crate::options::Settings;
use crate::table::{TableClassifier, TableOptions};

impl Port for Tsetlin {
    fn recognize(&self, request: &Request) -> Recognition {
        recognize_table(request)
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
        let table = read_with_warnings(request, source, None)?;
        table.require(&target)?;
        Ok((LabeledTable { table, target }, options))
    }

    fn input(
        &self,
        request: &Request,
        model: &TableClassifier,
        fitted_here: bool,
    ) -> Result<Rows, TsetlinError> {
        let target = model.target();
        let read = |source| read_with_warnings(request, source, Some(target));
        match (request.sources.as_slice(), fitted_here) {
            ([source], false) | ([_, source], true) => Ok(Rows::all(read(source)?)),
            ([source], true) => Rows::blank(&read(source)?, target)?
                .ok_or_else(|| TsetlinError::NothingToPredict { target: target.to_string() }),
            (sources, _) => {
                Err(TsetlinError::Sources { found: sources.len(), expected: "one table to answer" })
            }
        }
    }

    fn print(&self, model: &TableClassifier, answers: &Vec<Answer>) -> Printed {
        print_answers(model.target(), model.classes(), answers)
    }
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
