//! `isogrid plan search`: a task in the SAS+ format, searched as it stands.

use clap::{Arg, ArgAction, ArgMatches, Command};
use isogrid::core::{Ctx, Fault, FaultClass, Stop};
use isogrid::plan::plan_file::{CostKind, PlanStep, write_plan};
use isogrid::plan::sas::{SasFile, parse_sas};
use isogrid::plan::{
    Mode, Outcome, PlanError, Reduction, Search, SolveOptions, SolveResult, Task, Unsolvable, solve_in,
};
use isogrid::{files, wire};

use super::made::Made;
use super::{fault, file, name, path, read, within};
use crate::app::App;
use crate::args;
use crate::exit::{Answer, Exit, Trouble};

pub(super) fn command() -> Command {
    let mode = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let search = Arg::new("search")
        .long("search")
        .value_name("NAME")
        .value_parser(Search::NAMED.map(|(name, _)| name))
        .default_value("auto")
        .help("One search instead of the portfolio");
    let reduction = Arg::new("reduction")
        .long("reduction")
        .value_name("NAME")
        .value_parser(Reduction::NAMED.map(|(name, _)| name))
        .default_value("none")
        .help("What A* leaves out; the portfolio decides for itself");
    let whole = |name: &'static str, value: &'static str, most: u64, help: &'static str| {
        let parser = clap::value_parser!(u64).range(1..=most);
        Arg::new(name).long(name).value_name(value).value_parser(parser).default_value("1").help(help)
    };
    let weight = "A*'s weight: plans cost at most W times the least";
    let threads = "1 takes turns between searches, more let those for a first or a cheapest plan race";
    Command::new("search")
        .about("Search a task in the SAS+ format of Fast Downward's translator, without any PDDL")
        .after_help(
            "The plan is executed as the file says before it is shown. Exit codes: 0 a plan, 1 there is none or the \
             search gave up, 2 a file that cannot be read as what it should be, 3 the budget ended first. The plan goes \
             to standard output where no file is given.",
        )
        .arg(file("TASK", "The task, for example `output.sas`").required(true).index(1))
        .arg(args::output("Write the plan to this file, whole or not at all"))
        .arg(mode("optimal", "Look for a plan of least cost, with proof").conflicts_with("first"))
        .arg(mode("first", "Stop at the first plan"))
        .arg(search)
        .arg(reduction)
        .arg(whole("weight", "W", SolveOptions::MAX_WEIGHT.into(), weight))
        .arg(whole("threads", "N", SolveOptions::MAX_THREADS as u64, threads))
}

/// What came of it.
struct Answered {
    message: String,
    exit: Exit,
    /// Whether there is a plan, if that is known.
    solved: Option<bool>,
    plan: Option<Plan>,
}

struct Plan {
    steps: usize,
    cost: u64,
    optimal: bool,
    text: String,
}

pub(super) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let options = options(matches)?;
    let task = path(matches, "TASK").map(|path| Ok::<_, Trouble>((name(path), read(path)?))).transpose()?;
    let (name, bytes) = task.unwrap_or_default();
    let file = parse_sas(&name, &bytes).map_err(fault)?;
    let output = path(matches, "output");
    output.map_or(Ok(()), files::check)?;
    let driven = within(app, matches, |ctx| searched(ctx, &file, &options))?;
    let Answered { message, exit, solved, plan } = match &driven.value {
        Ok((task, result)) => answer(&file, task, result)?,
        Err(PlanError::Stopped(stop)) => no_plan(*stop),
        Err(why) => return Err(Fault::bad_input(format!("{name}: {why}")).into()),
    };
    let text = plan.as_ref().map(|plan| plan.text.clone());
    let made = Made { file: output, text, message, ticks: driven.ticks, exit };
    let plan = plan.as_ref();
    made.hand_out(app, |made| wire::Searched {
        solved,
        steps: plan.map(|plan| plan.steps as u64),
        cost: plan.map(|plan| plan.cost),
        optimal: plan.map(|plan| plan.optimal),
        made,
    })
}

fn options(matches: &ArgMatches) -> Result<SolveOptions, Trouble> {
    let mode = match (matches.get_flag("optimal"), matches.get_flag("first")) {
        (true, _) => Mode::Optimal,
        (_, true) => Mode::First,
        _ => Mode::Improve,
    };
    let name = |option: &str| matches.get_one::<String>(option);
    let whole = |option: &str| matches.get_one::<u64>(option).copied().unwrap_or(1);
    let options = SolveOptions {
        mode,
        search: name("search").and_then(|name| Search::named(name)).unwrap_or_default(),
        reduction: name("reduction").and_then(|name| Reduction::named(name)).unwrap_or_default(),
        weight: whole("weight") as u32,
        threads: whole("threads") as usize,
        ..SolveOptions::default()
    };
    options.check().map_err(fault)?;
    Ok(options)
}

/// The task of the file, and what came of its search.
fn searched(ctx: &Ctx, file: &SasFile, options: &SolveOptions) -> Result<(Task, SolveResult), PlanError> {
    let task = file.task_in(ctx)?;
    if let Some(what) = options.only_for_plain_tasks().filter(|_| !task.is_plain()) {
        return Err(PlanError::Unsupported { what });
    }
    let result = solve_in(ctx, &task, options);
    Ok((task, result))
}

/// Nothing, because the budget ended or somebody did.
fn no_plan(stop: Stop) -> Answered {
    let exit = Exit::after(stop, Answer::Incomplete);
    Answered { message: format!("no plan: {stop}"), exit, solved: None, plan: None }
}

fn answer(file: &SasFile, task: &Task, result: &SolveResult) -> Result<Answered, Fault> {
    let none = |message: String, exit, solved| Ok(Answered { message, exit, solved, plan: None });
    match &result.outcome {
        Outcome::Solved { plan, optimal } => {
            let steps: Vec<PlanStep> = plan.operators.iter().map(|&operator| task.step(operator)).collect();
            let behind = file.operators_of_task();
            let places: Vec<usize> = plan.operators.iter().map(|&at| behind[at as usize]).collect();
            let cost = checked(file, &places, plan.cost)?;
            let kind = if file.uses_costs { CostKind::General } else { CostKind::Unit };
            let proof = if *optimal { ", proved optimal" } else { "" };
            let message = format!("plan of {} steps, cost {cost} ({kind}){proof}", steps.len());
            let text = write_plan(&steps, cost as f64, kind);
            let plan = Plan { steps: steps.len(), cost, optimal: *optimal, text };
            let exit = Exit::after(result.stop, Answer::Whole);
            Ok(Answered { message, exit, solved: Some(true), plan: Some(plan) })
        }
        Outcome::Unsolvable(Unsolvable::Exhausted { states }) => none(
            format!("unsolvable: none of the {states} states that can matter is a goal"),
            Exit::Negative,
            Some(false),
        ),
        Outcome::Unsolvable(Unsolvable::UnreachableGoals(goals)) => none(
            format!("unsolvable: these goal conditions never hold: {}", goals.join(", ")),
            Exit::Negative,
            Some(false),
        ),
        Outcome::Stopped(stop) => Ok(no_plan(*stop)),
    }
}

/// The cost by the literal meaning of the file, which shares no code with the search.
fn checked(file: &SasFile, operators: &[usize], claimed: u64) -> Result<u64, Fault> {
    match file.cost_of(operators) {
        Some(cost) if cost == claimed => Ok(cost),
        found => Err(Fault {
            class: FaultClass::Internal,
            message: format!("a plan failed its check and is not shown: cost {claimed}, checked {found:?}"),
            hint: Some(
                "this is a fault of isogrid, not of your input: please report it with the task".to_string(),
            ),
        }),
    }
}
