//! `isogrid plan validate`: an independent check of a plan, wherever it came from.

use std::path::Path;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use isogrid::core::{Diagnose, Entry, Fault, Source};
use isogrid::plan::pddl::{Warning, parse_domain, parse_problem};
use isogrid::plan::plan_file::parse_plan;
use isogrid::plan::validate::{Validation, validate};
use isogrid::{Error, wire};

use crate::app::App;
use crate::exit::{Exit, Trouble};
use crate::screen::Form;

/// The largest text read.
const MAX_BYTES: u64 = 1 << 30;

pub(crate) fn command(_: &[Entry]) -> Command {
    let file = |name: &'static str, help: &'static str| {
        Arg::new(name).value_name(name).required(true).value_parser(value_parser!(PathBuf)).help(help)
    };
    Command::new("plan")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(
            Command::new("validate")
                .about("Execute a plan step by step and name the first thing that is wrong")
                .after_help(
                    "Exit codes: 0 valid, 1 not valid, 2 a file that cannot be read as what it should be.",
                )
                .arg(file("DOMAIN", "The PDDL domain"))
                .arg(file("PROBLEM", "The PDDL problem"))
                .arg(file("PLAN", "The plan: one action a line, as planners write it")),
        )
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let Some((_, matches)) = matches.subcommand() else { return Ok(Exit::BadInput) };
    let path = |name: &str| matches.get_one::<PathBuf>(name).map_or(Path::new(""), PathBuf::as_path);
    let (domain_path, problem_path, plan_path) = (path("DOMAIN"), path("PROBLEM"), path("PLAN"));
    let (domain, warnings) = parse_domain(&name(domain_path), &read(domain_path)?).map_err(fault)?;
    warn(app, &warnings);
    let (problem, warnings) =
        parse_problem(&name(problem_path), &read(problem_path)?, &domain).map_err(fault)?;
    warn(app, &warnings);
    let plan = parse_plan(&name(plan_path), &read(plan_path)?).map_err(fault)?;
    let validation = validate(&domain, &problem, &plan.steps);
    if let Some(stated) = plan.cost.filter(|stated| validation.is_valid() && stated.value != validation.cost)
    {
        app.screen
            .warning(&format!("the file states cost {}, the plan costs {}", stated.value, validation.cost));
    }
    answer(app, &validation)
}

fn answer(app: &App, validation: &Validation) -> Result<Exit, Trouble> {
    let exit = if validation.is_valid() { Exit::Answered } else { Exit::Negative };
    let message = validation.to_string();
    match app.screen.form {
        Form::Json => app.screen.object(&wire::Validation {
            valid: validation.is_valid(),
            steps: validation.steps as u64,
            cost: validation.cost,
            message: &message,
            exit: exit.code(),
        })?,
        Form::Text if validation.is_valid() => app.screen.data(&format!("{message}\n"))?,
        Form::Text => app.screen.data(&format!("invalid plan: {message}\n"))?,
    }
    Ok(exit)
}

fn warn(app: &App, warnings: &[Warning]) {
    for warning in warnings {
        app.screen.warning(&warning.to_string());
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    Source::file(path).read(MAX_BYTES).map_err(|source| Error::Unreadable { name: name(path), source })
}

fn fault(error: impl Diagnose) -> Fault {
    Fault { class: error.class(), message: error.to_string(), hint: error.hint() }
}
