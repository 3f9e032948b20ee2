//! The text edge: delimited tables and options in, predictions out.

use std::str::FromStr;

use isogrid_core::{Port, Printed, Recognition, Request};
use isogrid_data::answers::{Answer, LabeledTable, Rows, print_answers, read_with_warnings, recognize_table};

use crate::LinearError;
use crate::engine::Linear;
use crate::logistic::{LinearOptions, LogisticRegression};

impl Port for Linear {
    fn recognize(&self, request: &Request) -> Recognition {
        recognize_table(request)
    }

    fn data(&self, request: &Request) -> Result<(LabeledTable, LinearOptions), LinearError> {
        let options = options(request)?;
        let found = request.sources.len();
        let ([source] | [source, _]) = request.sources.as_slice() else {
            return Err(LinearError::Sources {
                found,
                expected: "a table to learn from, and maybe one to answer",
            });
        };
        let target = request.option("target").ok_or(LinearError::NoTarget)?.to_string();
        let table = read_with_warnings(request, source, None)?;
        table.require(&target)?;
        Ok((LabeledTable { table, target }, options))
    }

    fn input(
        &self,
        request: &Request,
        model: &LogisticRegression,
        fitted_here: bool,
    ) -> Result<Rows, LinearError> {
        let target = model.target();
        let read = |source| read_with_warnings(request, source, Some(target));
        match (request.sources.as_slice(), fitted_here) {
            ([source], false) | ([_, source], true) => Ok(Rows::all(read(source)?)),
            ([source], true) => Rows::blank(&read(source)?, target)?
                .ok_or_else(|| LinearError::NothingToPredict { target: target.to_string() }),
            (sources, _) => {
                Err(LinearError::Sources { found: sources.len(), expected: "one table to answer" })
            }
        }
    }

    fn print(&self, model: &LogisticRegression, answers: &Vec<Answer>) -> Printed {
        print_answers(model.target(), model.classes(), answers)
    }
}

fn options(request: &Request) -> Result<LinearOptions, LinearError> {
    let defaults = LinearOptions::default();
    Ok(LinearOptions {
        penalty: number(request, "penalty", "a number within 0..=1000")?.unwrap_or(defaults.penalty),
        iterations: number(request, "iterations", "a number within 1..=100000")?
            .unwrap_or(defaults.iterations),
        level: number(request, "level", "a share within 0.5..=0.999")?.unwrap_or(defaults.level),
    })
}

fn number<T: FromStr>(
    request: &Request,
    option: &'static str,
    expected: &'static str,
) -> Result<Option<T>, LinearError> {
    let Some(text) = request.option(option) else { return Ok(None) };
    let refuse = |_| LinearError::Option { option, value: format!("`{text}`"), expected };
    text.parse().map(Some).map_err(refuse)
}
