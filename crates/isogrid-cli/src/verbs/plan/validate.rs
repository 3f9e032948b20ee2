//! `isogrid plan validate`: an independent check of a plan, or of a certificate that there is none, wherever it came
//! from.

use std::ops::ControlFlow;
use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};
use isogrid::core::{Stop, Verdict};
use isogrid::plan::certificate::parse_certificate;
use isogrid::plan::pddl::{Domain, Problem};
use isogrid::plan::plan_file::{PlanFile, PlanStep, parse_plan};
use isogrid::plan::validate::{Judgement, Validation, Validator, check_certificate};
use isogrid::wire;

use super::{fault, file, is_certificate, name, pair, path, read, within};
use crate::app::App;
use crate::exit::{Answer, Exit, Trouble};
use crate::screen::Form;

pub(super) fn command() -> Command {
    let certificate = Arg::new("certificate")
        .long("certificate")
        .action(ArgAction::SetTrue)
        .help("Read the file as a certificate, whatever it begins with");
    Command::new("validate")
        .about("Execute a plan step by step and name the first thing that is wrong; or check a certificate")
        .after_help(
            "Exit codes: 0 valid, 1 not valid, 2 a file that cannot be read as what it should be, 3 the budget ended \
             first, or a certificate on which the checker has no word.",
        )
        .arg(
            file("PLAN", "The plan: one action a line, as planners write it; or a certificate of `plan certify`")
                .required(true)
                .index(3),
        )
        .arg(certificate)
}

pub(super) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let (domain, problem) = pair(app, matches)?;
    let path = path(matches, "PLAN").unwrap_or(Path::new(""));
    let bytes = read(path)?;
    if matches.get_flag("certificate") || is_certificate(&bytes) {
        return judge(app, matches, (&domain, &problem), (path, &bytes));
    }
    let PlanFile { steps, cost, .. } = parse_plan(&name(path), &bytes).map_err(fault)?;
    let validation = match plan(app, matches, (&domain, &problem), &steps)? {
        ControlFlow::Continue(validation) => validation,
        ControlFlow::Break(stop) => return Ok(no_answer(app, stop)),
    };
    if let Some(stated) = cost.filter(|stated| validation.is_valid() && stated.value != validation.cost) {
        let text = format!("the file states cost {}, the plan costs {}", stated.value, validation.cost);
        app.screen.warning(&text);
    }
    answer(app, &validation)
}

pub(super) fn no_answer(app: &App, stop: Stop) -> Exit {
    app.screen.note(&format!("no answer: {stop}"));
    Exit::after(stop, Answer::Incomplete)
}

/// The validator's word on a plan, within the budget.
pub(super) fn plan(
    app: &mut App,
    matches: &ArgMatches,
    (domain, problem): (&Domain, &Problem),
    steps: &[PlanStep],
) -> Result<ControlFlow<Stop, Validation>, Trouble> {
    let checked = within(app, matches, |ctx| {
        Validator::new(domain, problem).check_plan_in(ctx, (&problem.init, &problem.goal), steps)
    })?;
    Ok(checked.value)
}

/// Prints the validator's word.
pub(super) fn answer(app: &App, validation: &Validation) -> Result<Exit, Trouble> {
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

fn judge(
    app: &mut App,
    matches: &ArgMatches,
    (domain, problem): (&Domain, &Problem),
    (path, bytes): (&Path, &[u8]),
) -> Result<Exit, Trouble> {
    let certificate = parse_certificate(&name(path), bytes).map_err(fault)?;
    let judgement = within(app, matches, |ctx| check_certificate(ctx, domain, problem, &certificate))?.value;
    let (valid, exit) = match &judgement {
        Judgement::Valid(_) => (Some(true), Exit::Answered),
        Judgement::Invalid(_) => (Some(false), Exit::Negative),
        Judgement::Stopped(stop) => (None, Exit::after(*stop, Answer::Incomplete)),
        Judgement::Numbers { .. } | Judgement::TooLarge => (None, Exit::Budget),
    };
    let (word, message) = match judgement.verdict() {
        Verdict::Pass(how) => ("valid certificate: there is no plan: ", how),
        Verdict::Fail(why) => ("invalid certificate: ", why),
        Verdict::Abstain(why) => ("no word on this certificate: ", why),
    };
    match app.screen.form {
        Form::Json => {
            let kind = certificate.proof.kind();
            app.screen.object(&wire::Judged { valid, kind, message: &message, exit: exit.code() })?;
        }
        Form::Text => app.screen.data(&format!("{word}{message}\n"))?,
    }
    Ok(exit)
}
