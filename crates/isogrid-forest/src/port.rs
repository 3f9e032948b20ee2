//! The text edge: delimited tables and options in, predictions out.

use std::str::FromStr;

use isogrid_core::{Port, Printed, Recognition, Request};
use isogrid_data::answers::{Answer, LabeledTable, Rows, print_answers, read_with_warnings, recognize_table};

use crate::ForestError;
use crate::boost::{BoostedTrees, ForestOptions};
use crate::engine::Forest;

impl Port for Forest {
    fn recognize(&self, request: &Request) -> Recognition {
        recognize_table(request)
    }

    fn data(&self, request: &Request) -> Result<(LabeledTable, ForestOptions), ForestError> {
        let options = options(request)?;
        let found = request.sources.len();
        let ([source] | [source, _]) = request.sources.as_slice() else {
            return Err(ForestError::Sources {
                found,
                expected: "a table to learn from, and maybe one to answer",
            });
        };
        let target = request.option("target").ok_or(ForestError::NoTarget)?.to_string();
        let table = read_with_warnings(request, source, None)?;
        table.require(&target)?;
        Ok((LabeledTable { table, target }, options))
    }

    fn input(&self, request: &Request, model: &BoostedTrees, fitted_here: bool) -> Result<Rows, ForestError> {
        let target = model.target();
        let read = |source| read_with_warnings(request, source, Some(target));
        match (request.sources.as_slice(), fitted_here) {
            ([source], false) | ([_, source], true) => Ok(Rows::all(read(source)?)),
            ([source], true) => Rows::blank(&read(source)?, target)?
                .ok_or_else(|| ForestError::NothingToPredict { target: target.to_string() }),
            (sources, _) => {
                Err(ForestError::Sources { found: sources.len(), expected: "one table to answer" })
            }
        }
    }

    fn print(&self, model: &BoostedTrees, answers: &Vec<Answer>) -> Printed {
        print_answers(model.target(), model.classes(), answers)
    }
}

fn options(request: &Request) -> Result<ForestOptions, ForestError> {
    let defaults = ForestOptions::default();
    Ok(ForestOptions {
        rounds: number(request, "rounds", "a number within 1..=10000")?.unwrap_or(defaults.rounds),
        depth: number(request, "depth", "a number within 1..=8")?.unwrap_or(defaults.depth),
        rate: number(request, "rate", "a number within 0.001..=1")?.unwrap_or(defaults.rate),
        columns: number(request, "columns", "a share within 0.01..=1")?.or(defaults.columns),
        level: number(request, "level", "a share within 0.5..=0.999")?.unwrap_or(defaults.level),
    })
}

fn number<T: FromStr>(
    request: &Request,
    option: &'static str,
    expected: &'static str,
) -> Result<Option<T>, ForestError> {
    let Some(text) = request.option(option) else { return Ok(None) };
    let refuse = |_| ForestError::Option { option, value: format!("`{text}`"), expected };
    text.parse().map(Some).map_err(refuse)
}
