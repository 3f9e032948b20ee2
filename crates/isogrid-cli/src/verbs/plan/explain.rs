//! `isogrid plan explain`: what each step of a plan is for and what it can do without; without a plan, what is ahead on
//! every way to the goal, or why there is no way.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command};
use isogrid::core::{Ctx, Stop, Value};
use isogrid::plan::certificate::{Certification, CertifyOptions, certify};
use isogrid::plan::explain::{
    DrawLinks, DrawOptions, Eliminated, EliminationOptions, LandmarksAhead, Timeline, eliminate, landmarks,
    operators_of, timeline,
};
use isogrid::plan::pddl::{Domain, Problem};
use isogrid::plan::plan_file::parse_plan;
use isogrid::plan::validate::{Judgement, Validation, check_certificate};
use isogrid::plan::{Keep, OperatorId, PlanError, Task, ground_in};
use isogrid::wire::Explanation;

use super::{fault, file, name, pair, path, read, validate, within};
use crate::app::App;
use crate::exit::{Answer, Exit, Trouble};
use crate::screen::Form;

/// Ticks of taking steps out of a plan: some seconds.
const ELIMINATION_TICKS: u64 = 10_000_000;
/// Ticks of looking for a proof that there is no plan before landmarks are shown.
const PROOF_TICKS: u64 = 4_000_000;
/// Landmarks shown to people.
const MAX_LANDMARKS: usize = 40;

pub(super) fn command() -> Command {
    let links = Arg::new("links")
        .long("links")
        .action(ArgAction::SetTrue)
        .help("Show under each step what it makes true, and for which steps");
    let whole =
        Arg::new("all").long("all").action(ArgAction::SetTrue).help("Leave nothing out of a long plan");
    Command::new("explain")
        .about("Say what each step of a plan is for; without a plan, what every plan has to pass, or why there is none")
        .after_help(
            "With a plan: its steps by the earliest moment at which each can run when all that can run together; an \
             arrow leads to the steps that need what a step makes true; then the steps that the plan can do without. \
             Without one: facts that every plan makes true, those that are next first.\n\n\
             Exit codes: 0 answered, 1 the plan is not valid or there is none, 2 a file that cannot be read as what it \
             should be, 3 the budget ended first.",
        )
        .arg(file("PLAN", "The plan: one action a line, as planners write it").index(3))
        .arg(links)
        .arg(whole)
}

pub(super) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let (domain, problem) = pair(app, matches)?;
    let Some(path) = path(matches, "PLAN") else { return explain_problem(app, matches, (domain, problem)) };
    let bytes = read(path)?;
    let (validation, _) = validate::plan((&domain, &problem), (path, &bytes))?;
    if !validation.is_valid() {
        return validate::answer(app, &validation);
    }
    let actions = actions((&domain, &problem), (path, &bytes))?;
    let explained = within(app, matches, |ctx| explain_plan(ctx, (domain, problem), &actions))?.value;
    let explained = match explained {
        Ok(ControlFlow::Continue(explained)) => explained,
        Ok(ControlFlow::Break(stop)) | Err(PlanError::Stopped(stop)) => return stopped(app, stop),
        Err(error) => return Err(fault(error).into()),
    };
    show_plan(app, matches, (&validation, &explained))
}

/// The steps of a valid plan by indices.
fn actions(
    (domain, problem): (&Domain, &Problem),
    (path, bytes): (&Path, &[u8]),
) -> Result<Vec<(usize, Vec<usize>)>, Trouble> {
    let plan = parse_plan(&name(path), bytes).map_err(fault)?;
    let steps = plan.steps.iter().filter_map(|step| {
        let action =
            domain.actions.iter().position(|action| action.name.eq_ignore_ascii_case(&step.action))?;
        let object =
            |arg: &String| problem.objects.iter().position(|object| object.name.eq_ignore_ascii_case(arg));
        Some((action, step.args.iter().map(object).collect::<Option<Vec<usize>>>()?))
    });
    Ok(steps.collect())
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
            validation: Some(&message),
            timeline: Some(&explained.timeline.record()),
            elimination: Some(&elimination),
            landmarks: None,
            unsolvable: None,
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

/// What is known of a problem without a plan at hand.
enum Outlook {
    /// There is no plan.
    Unsolvable(String),
    /// Landmarks, where there are any to be had.
    Ahead(Option<LandmarksAhead>),
}

fn explain_problem(
    app: &mut App,
    matches: &ArgMatches,
    (domain, problem): (Domain, Problem),
) -> Result<Exit, Trouble> {
    let outlook = match within(app, matches, |ctx| outlook(ctx, (domain, problem)))?.value {
        Ok(ControlFlow::Continue(outlook)) => outlook,
        Ok(ControlFlow::Break(stop)) | Err(PlanError::Stopped(stop)) => return stopped(app, stop),
        Err(error) => return Err(fault(error).into()),
    };
    let exit = if matches!(outlook, Outlook::Unsolvable(_)) { Exit::Negative } else { Exit::Answered };
    if app.screen.form == Form::Json {
        let (unsolvable, ahead) = match &outlook {
            Outlook::Unsolvable(why) => (Some(why.as_str()), None),
            Outlook::Ahead(ahead) => (None, ahead.as_ref().map(LandmarksAhead::record)),
        };
        app.screen.object(&Explanation {
            validation: None,
            timeline: None,
            elimination: None,
            landmarks: ahead.as_ref(),
            unsolvable,
            exit: exit.code(),
        })?;
        return Ok(exit);
    }
    app.screen.data(&match &outlook {
        Outlook::Unsolvable(why) => format!("unsolvable: {why}\n"),
        Outlook::Ahead(Some(ahead)) => landmarks_text(ahead, app.screen.width().min(100)),
        Outlook::Ahead(None) => "no landmarks are known of this problem\n".to_string(),
    })?;
    Ok(exit)
}

fn outlook(ctx: &Ctx, (domain, problem): (Domain, Problem)) -> Result<ControlFlow<Stop, Outlook>, PlanError> {
    if let Some(why) = proof(ctx, (&domain, &problem)) {
        return Ok(ControlFlow::Continue(Outlook::Unsolvable(why)));
    }
    let task: Task = ground_in(ctx, &Arc::new(domain), &Arc::new(problem), Keep::Relevant)?;
    if !task.unreachable_goals().is_empty() {
        let why = format!("these goal conditions never hold: {}", task.unreachable_goals().join(", "));
        return Ok(ControlFlow::Continue(Outlook::Unsolvable(why)));
    }
    let ahead = landmarks(ctx, &task, task.init());
    Ok(match ctx.tick(0) {
        ControlFlow::Break(stop) if ahead.is_none() => ControlFlow::Break(stop),
        _ => ControlFlow::Continue(Outlook::Ahead(ahead)),
    })
}

/// Why there is no plan, if that is soon proved.
fn proof(ctx: &Ctx, (domain, problem): (&Domain, &Problem)) -> Option<String> {
    let child = ctx.child(PROOF_TICKS);
    let options = CertifyOptions { max_states: 10_000, pair_ticks: PROOF_TICKS / 4 };
    let made = certify(&child, domain, problem, &options);
    let judged = match made {
        ControlFlow::Continue(Certification::Certified(certificate)) => {
            Some(check_certificate(&child, domain, problem, &certificate))
        }
        _ => None,
    };
    ctx.absorb(&child);
    match judged {
        Some(Judgement::Valid(why)) => Some(why),
        _ => None,
    }
}

fn landmarks_text(found: &LandmarksAhead, width: usize) -> String {
    if found.ahead.is_empty() {
        return "no fact is known that every plan still has to make true\n".to_string();
    }
    let mut text =
        format!("every plan has to make true, in about this order ({} hold already):\n\n", found.n_reached);
    let digits = found.ahead.len().to_string().len();
    for (at, landmark) in found.ahead.iter().take(MAX_LANDMARKS).enumerate() {
        let mark = if landmark.is_next() { "next" } else { "" };
        let goal = if landmark.is_goal { "  goal" } else { "" };
        let line = format!("{:>digits$}  {mark:4}  {}{goal}", at + 1, landmark.text);
        let line: String = line.chars().take(width).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if found.ahead.len() > MAX_LANDMARKS {
        let _ = writeln!(text, "... {} more ...", found.ahead.len() - MAX_LANDMARKS);
    }
    text
}

fn stopped(app: &App, stop: Stop) -> Result<Exit, Trouble> {
    let exit = Exit::after(stop, Answer::Incomplete);
    if app.screen.form == Form::Json {
        app.screen.object(&Explanation {
            validation: None,
            timeline: None,
            elimination: None,
            landmarks: None,
            unsolvable: None,
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
