//! The text edge: delimited tables and options in, predictions out.

use std::str::FromStr;

use isogrid_core::{Port, Printed, Recognition, Request};
use isogrid_data::answers::{Answer, LabeledTable, Rows, print_answers, read_with_warnings, recognize_table};

use crate::TsetlinError;
use crate::booleanize::{Binning, EncoderOptions};
use crate::device::Size;
use crate::engine::Tsetlin;
use crate::options::{Options, Settings};
use crate::table::{ClassWeight, TableClassifier, TableOptions};
use crate::tune::Trial;

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

    fn report(&self, model: &TableClassifier) -> Vec<String> {
        trials_report(model.trials()).chain(sizes_report(model.tried_sizes())).collect()
    }

    fn print(&self, model: &TableClassifier, answers: &Vec<Answer>) -> Printed {
        print_answers(model.target(), model.classes(), answers)
    }
}

/// Candidates shown of those tried.
const N_REPORTED: usize = 5;

fn trials_report(trials: &[Trial]) -> impl Iterator<Item = String> {
    let head =
        (!trials.is_empty()).then(|| format!("{} settings were tried on rows held out:", trials.len()));
    let line = |trial: &Trial| {
        let Options { n_clauses, threshold, specificity, fuzziness, max_literals, epochs, .. } =
            &trial.options;
        format!(
            "  {:.2} % right: {n_clauses} clauses, threshold {threshold}, specificity {specificity}, fuzziness {fuzziness}, \
             literals {max_literals}, {epochs} passes",
            100.0 * trial.accuracy
        )
    };
    head.into_iter().chain(trials.iter().take(N_REPORTED).map(line))
}

fn sizes_report(sizes: &[Size]) -> impl Iterator<Item = String> {
    let head = (!sizes.is_empty()).then(|| "sizes that fit were tried on rows held out:".to_string());
    let line = |size: &Size| {
        let Size { n_trained, n_clauses, n_literals, n_bytes, accuracy } = size;
        format!(
            "  {:.2} % right: {n_trained} clauses a class trained, {n_clauses} in all left with {n_literals} literals, \
             {n_bytes} bytes",
            100.0 * accuracy
        )
    };
    head.into_iter().chain(sizes.iter().map(line))
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
        class_weight: request.option("class-weight").map_or(Ok(ClassWeight::Uniform), class_weight)?,
    })
}

fn class_weight(text: &str) -> Result<ClassWeight, TsetlinError> {
    match text {
        "uniform" => Ok(ClassWeight::Uniform),
        "balanced" => Ok(ClassWeight::Balanced),
        _ => {
            let expected = "one of uniform, balanced";
            Err(TsetlinError::Option { option: "class-weight", value: format!("`{text}`"), expected })
        }
    }
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
