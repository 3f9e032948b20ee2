//! `isogrid plan translate`: the grounded task in the format of Fast Downward's translator.

use std::sync::Arc;

use clap::{ArgMatches, Command};
use isogrid::core::{Ctx, Fault, Stop};
use isogrid::plan::pddl::{Domain, Problem};
use isogrid::plan::sas::SasFile;
use isogrid::plan::{Keep, PlanError, ground_in};
use isogrid::{files, wire};

use super::made::Made;
use super::{fault, pair, path, within};
use crate::app::App;
use crate::args;
use crate::exit::{Answer, Exit, Trouble};

pub(super) fn command() -> Command {
    Command::new("translate")
        .about("Ground a problem and write it in the SAS+ format of Fast Downward's translator")
        .after_help(
            "Exit codes: 0 translated; 2 a file that cannot be read as what it should be, or a task with numbers, for \
             which the format has no place; 3 the budget ended first. The task goes to standard output where no \
             file is given.",
        )
        .arg(args::output("Write the task to this file, whole or not at all"))
}

pub(super) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let (domain, problem) = pair(app, matches)?;
    let file = path(matches, "output");
    file.map_or(Ok(()), files::check)?;
    let driven = within(app, matches, |ctx| translate(ctx, domain, problem))?;
    let translated = driven.value?;
    let (message, exit) = match &translated {
        Ok(task) => {
            let (variables, operators) = (task.variables.len(), task.operators.len());
            (format!("a task of {variables} variables and {operators} operators"), Exit::Answered)
        }
        Err(stop) => (format!("no task: {stop}"), Exit::after(*stop, Answer::Incomplete)),
    };
    let task = translated.as_ref().ok();
    let made = Made { file, text: task.map(ToString::to_string), message, ticks: driven.ticks, exit };
    let count = |of: fn(&SasFile) -> usize| task.map(|task| of(task) as u64);
    made.hand_out(app, |made| wire::Translated {
        variables: count(|task| task.variables.len()),
        facts: count(|task| task.variables.iter().map(|variable| variable.values.len()).sum()),
        operators: count(|task| task.operators.len()),
        axioms: count(|task| task.axioms.len()),
        made,
    })
}

/// The task, or why the work ended before there was one.
fn translate(ctx: &Ctx, domain: Domain, problem: Problem) -> Result<Result<SasFile, Stop>, Fault> {
    let task = match ground_in(ctx, &Arc::new(domain), &Arc::new(problem), Keep::Relevant) {
        Err(PlanError::Stopped(stop)) => return Ok(Err(stop)),
        task => task.map_err(fault)?,
    };
    let numbers = || Fault::bad_input("the task has numbers, for which the SAS+ format has no place");
    SasFile::from_task(&task).map(Ok).ok_or_else(numbers)
}
