//! `isogrid plan explain`: what each step of a plan is for, and what the plan can do without. Without a plan:
//! [`super::outlook`].

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command};
use isogrid::core::{Ctx, Fault, FaultClass, Stop, Value};
use isogrid::files;
use isogrid::plan::explain::{
    DrawLinks, DrawOptions, Eliminated, EliminationOptions, Timeline, eliminate, operators_of, timeline,
};
use isogrid::plan::pddl::{Domain, Problem};
use isogrid::plan::plan_file::{CostKind, PlanStep, parse_plan, write_plan};
use isogrid::plan::validate::{Validation, Validator, validate as checked};
use isogrid::plan::{Keep, OperatorId, PlanError, ground_in};
use isogrid::wire::Explanation;

use super::{fault, file, name, outlook, pair, path, read, validate, within};
use crate::app::App;
use crate::args;
use crate::exit::{Answer, Exit, Trouble};
use crate::screen::Form;

/// Ticks of taking steps out of a plan: some seconds.
const ELIMINATION_TICKS: u64 = 10_000_000;

pub(super) fn command() -> Command {
    let links = Arg::new("links")
        .long("links")
        .action(ArgAction::SetTrue)
        .help("Show under each step what it makes true, and for which steps");
    let after = Arg::new("after")
        .long("after")
        .value_name("N")
        .value_parser(clap::value_parser!(usize))
        .requires("PLAN")
        .conflicts_with_all(["output", "links", "all"])
        .help("Say what is ahead, or why there is no way on, after this many steps of the plan");
    let whole =
        Arg::new("all").long("all").action(ArgAction::SetTrue).help("Leave nothing out of a long plan");
    Command::new("explain")
        .about("Say what each step of a plan is for; without a plan, what every plan has to pass, or why there is none")
        .after_help(
            "With a plan: its steps by the earliest moment at which each can run when all that can run together; an \
             arrow leads to the steps that need what a step makes true; then the steps that the plan can do without. \
             Without one: facts that every plan makes true, those that are next first; or why there is no plan, and which \
             facts are missing. With --after N the same from where the first N steps of the plan lead, whatever follows \
             them.\n\n\
             Exit codes: 0 answered, 1 the plan is not valid or there is none, 2 a file that cannot be read as what it \
             should be, 3 the budget ended first.",
        )
        .arg(file("PLAN", "The plan: one action a line, as planners write it").index(3))
        .arg(args::output("Write the plan without the steps that it can do without to this file, whole or not at all"))
        .arg(after)
        .arg(links)
        .arg(whole)
}

pub(super) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let (domain, problem) = pair(app, matches)?;
    let output = path(matches, "output");
    let Some(path) = path(matches, "PLAN") else {
        return match output {
            Some(_) => Err(Fault::bad_input("--output needs a plan to leave steps out of").into()),
            None => outlook::execute(app, matches, (domain, problem)),
        };
    };
    output.map_or(Ok(()), files::check)?;
    let bytes = read(path)?;
    let steps = parse_plan(&name(path), &bytes).map_err(fault)?.steps;
    if let Some(&n) = matches.get_one::<usize>("after") {
        return match rest((&domain, &problem), (path, &steps), n)? {
            Ok(rest) => outlook::execute(app, matches, (domain, rest)),
            Err(validation) => validate::answer(app, &validation),
        };
    }
    let validation = match validate::plan(app, matches, (&domain, &problem), &steps)? {
        ControlFlow::Continue(validation) => validation,
        ControlFlow::Break(stop) => return stopped(app, stop),
    };
    if !validation.is_valid() {
        return validate::answer(app, &validation);
    }
    let actions = actions((&domain, &problem), &steps);
    let pair = (domain.clone(), problem.clone());
    let explained = within(app, matches, |ctx| explain_plan(ctx, pair, &actions))?.value;
    let explained = match explained {
        Ok(ControlFlow::Continue(explained)) => explained,
        Ok(ControlFlow::Break(stop)) | Err(PlanError::Stopped(stop)) => return stopped(app, stop),
        Err(error) => return Err(fault(error).into()),
    };
    if let Some(output) = output {
        write_less((&domain, &problem), steps, (&explained.removed, output))?;
    }
    let exit = show_plan(app, matches, (&validation, &explained))?;
    if let Some(output) = output {
        app.screen.note(&format!("wrote {}", output.display()));
    }
    Ok(exit)
}

/// Writes a plan without some of its steps, if the validator takes it.
fn write_less(
    (domain, problem): (&Domain, &Problem),
    steps: Vec<PlanStep>,
    (removed, output): (&[usize], &Path),
) -> Result<(), Trouble> {
    let left = (1..).zip(steps).filter(|(number, _)| removed.binary_search(number).is_err());
    let left: Vec<PlanStep> = left.map(|(_, step)| step).collect();
    let validation = checked(domain, problem, &left);
    if !validation.is_valid() {
        return Err(Fault {
            class: FaultClass::Internal,
            message: format!("the plan without these steps is not valid, and is not written: {validation}"),
            hint: Some("this is a fault of isogrid, not of your input: please report it".to_string()),
        }
        .into());
    }
    let kind = if problem.metric.is_some() { CostKind::General } else { CostKind::Unit };
    Ok(files::write(output, write_plan(&left, validation.cost, kind).as_bytes())?)
}

/// The problem that the first `n` steps of a plan leave, or the step that cannot be executed.
fn rest(
    (domain, problem): (&Domain, &Problem),
    (path, steps): (&Path, &[PlanStep]),
    n: usize,
) -> Result<Result<Problem, Validation>, Trouble> {
    let Some(first) = steps.get(..n) else {
        let message = format!("--after {n}: {} has {} steps", name(path), steps.len());
        return Err(Fault::bad_input(message).into());
    };
    Ok(Validator::new(domain, problem).rest(problem, first))
}

/// The steps of a valid plan by indices.
fn actions((domain, problem): (&Domain, &Problem), steps: &[PlanStep]) -> Vec<(usize, Vec<usize>)> {
    let steps = steps.iter().filter_map(|step| {
        let action =
            domain.actions.iter().position(|action| action.name.eq_ignore_ascii_case(&step.action))?;
        let object =
            |arg: &String| problem.objects.iter().position(|object| object.name.eq_ignore_ascii_case(arg));
        Some((action, step.args.iter().map(object).collect::<Option<Vec<usize>>>()?))
    });
    steps.collect()
}

/// A plan with its reasons.
struct Explained {
    timeline: Timeline,
    less: Eliminated,
    /// Numbers of the steps that the plan can do without, ascending.
    removed: Vec<usize>,
    /// What the plan costs without them.
    cost: f64,
}

fn explain_plan(
    ctx: &Ctx,
    (domain, problem): (Domain, Problem),
    actions: &[(usize, Vec<usize>)],
) -> Result<ControlFlow<Stop, Explained>, PlanError> {
    let task = ground_in(ctx, &Arc::new(domain), &Arc::new(problem), Keep::Everything)?;
    let found = operators_of(&task, task.init(), actions);
    // Steps without an operator change nothing: every plan can do without them.
    let numbers: Vec<usize> = (1..=found.len()).filter(|number| found[number - 1].is_some()).collect();
    let plan: Vec<OperatorId> = found.iter().copied().flatten().collect();
    let mut timeline = match timeline(ctx, &task, task.init(), &plan)? {
        ControlFlow::Continue(timeline) => timeline,
        ControlFlow::Break(stop) => return Ok(ControlFlow::Break(stop)),
    };
    timeline.steps.iter_mut().zip(&numbers).for_each(|(step, &number)| step.number = number);
    let child = ctx.child(ELIMINATION_TICKS);
    let less = eliminate(&child, &task, task.init(), &plan, &EliminationOptions::default())?;
    ctx.absorb(&child);
    let mut removed: Vec<usize> = (1..=found.len()).filter(|number| found[number - 1].is_none()).collect();
    removed.extend(less.removed.iter().map(|&step| numbers[step]));
    removed.sort_unstable();
    let cost = less.plan.cost as f64 * task.cost_unit();
    Ok(ControlFlow::Continue(Explained { timeline, less, removed, cost }))
}

fn show_plan(
    app: &App,
    matches: &ArgMatches,
    (validation, explained): (&Validation, &Explained),
) -> Result<Exit, Trouble> {
    let (message, left) = (validation.to_string(), validation.steps - explained.removed.len());
    let is_done = explained.less.stop == Stop::Done;
    if app.screen.form == Form::Json {
        let elimination = Value::map([
            ("removed", explained.removed.clone().into()),
            ("steps", left.into()),
            ("cost", number(explained.cost)),
            ("done", is_done.into()),
        ]);
        app.screen.object(&Explanation {
            solvable: Some(true),
            validation: Some(&message),
            timeline: Some(&explained.timeline.record()),
            elimination: Some(&elimination),
            landmarks: None,
            unsolvable: None,
            out_of_reach: None,
            file: path(matches, "output").map(|path| path.display().to_string()),
            exit: Exit::Answered.code(),
        })?;
        return Ok(Exit::Answered);
    }
    let all = matches.get_flag("all");
    let options = DrawOptions {
        width: app.screen.width().min(100),
        max_steps: if all { usize::MAX } else { DrawOptions::default().max_steps },
        links: if matches.get_flag("links") { DrawLinks::Facts } else { DrawLinks::Numbers },
    };
    let moments = plural(explained.timeline.makespan, "moment");
    let mut text = format!("{message}; {moments} where all steps run together that can\n\n");
    text += &explained.timeline.draw(&options);
    text += &elimination_text(validation, explained, left);
    if !is_done {
        text += "the budget ended before all steps were tried\n";
    }
    app.screen.data(&text)?;
    Ok(Exit::Answered)
}

fn elimination_text(validation: &Validation, explained: &Explained, left: usize) -> String {
    if explained.removed.is_empty() {
        return "\nno step can be left out\n".to_string();
    }
    let mut numbers: Vec<String> = explained.removed.iter().take(20).map(ToString::to_string).collect();
    let more = explained.removed.len() - numbers.len();
    if more > 0 {
        numbers.push(format!("{more} more"));
    }
    format!(
        "\nwithout {}: a plan of {}, cost {} instead of {}\n",
        numbers.join(", "),
        plural(left, "step"),
        explained.cost,
        validation.cost
    )
}

/// Says that there is no answer.
pub(super) fn stopped(app: &App, stop: Stop) -> Result<Exit, Trouble> {
    let exit = Exit::after(stop, Answer::Incomplete);
    if app.screen.form == Form::Json {
        app.screen.object(&Explanation {
            solvable: None,
            validation: None,
            timeline: None,
            elimination: None,
            landmarks: None,
            unsolvable: None,
            out_of_reach: None,
            file: None,
            exit: exit.code(),
        })?;
    }
    app.screen.note(&format!("no answer: {stop}"));
    Ok(exit)
}

/// A whole number where it is one.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 2f64.powi(53) { Value::Int(value as i64) } else { value.into() }
}

fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
