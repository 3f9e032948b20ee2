//! The planner's text edge: a PDDL pair in, IPC plans out; models saved as canonical PDDL.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;

use isogrid_core::{Port, Printed, Recognition, Request, Source, Store, Value};

use crate::engine::{GroundOptions, Planner, PlanningData, PlanningModel};
use crate::error::PlanError;
use crate::ground::Keep;
use crate::pddl::{self, FunctionValue, GroundAtom, Problem, Term, Warning};
use crate::search::{Mode, Reduction, Search, SolveOptions, Statistics, Unsolvable};
use crate::session::{PlanAnswer, PlanQuery, ValidPlan};

/// Larger PDDL files are refused.
const MAX_BYTES: u64 = 256 << 20;
/// How much of a file is looked at to recognize it.
const HEAD: u64 = 64 << 10;

/// What a file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Domain,
    Problem,
    /// It is named like PDDL, but does not begin like it.
    Named,
    Other,
}

impl Port for Planner {
    fn recognize(&self, request: &Request) -> Recognition {
        let looks: Vec<Look> = request.sources.iter().map(look).collect();
        match looks.as_slice() {
            [Look::Other, ..] | [] => Recognition::No,
            [_, second] if *second != Look::Other => Recognition::Yes("PDDL domain and problem".to_string()),
            [Look::Domain] => Recognition::Almost("a PDDL domain; its problem is missing".to_string()),
            [Look::Problem] => Recognition::Almost("a PDDL problem; its domain is missing".to_string()),
            [_] => Recognition::Almost("one PDDL file; a domain and a problem are needed".to_string()),
            [_, _] if request.sources[1].is_folder() => {
                Recognition::Almost("a PDDL file and a folder".to_string())
            }
            [_, _] => Recognition::Almost("a PDDL file and something else".to_string()),
            _ => Recognition::Almost("more than two files; give one domain and one problem".to_string()),
        }
    }

    fn data(&self, request: &Request) -> Result<(PlanningData, GroundOptions), PlanError> {
        for source in &request.sources {
            source.head(1).map_err(|error| unreadable(source, &error))?;
        }
        let [first, second] = request.sources.as_slice() else {
            let n = request.sources.len();
            return Err(PlanError::Request(format!("expected a domain file and a problem file, found {n}")));
        };
        let swapped = look(first) == Look::Problem && look(second) == Look::Domain;
        let (domain, problem) = if swapped { (second, first) } else { (first, second) };
        let (domain, warnings) = pddl::parse_domain(&domain.name, &read(domain)?)?;
        warn(request, &warnings);
        let (problem, warnings) = pddl::parse_problem(&problem.name, &read(problem)?, &domain)?;
        warn(request, &warnings);
        Ok((PlanningData { domain: Arc::new(domain), problem: Arc::new(problem) }, GroundOptions::default()))
    }

    fn input(
        &self,
        request: &Request,
        model: &PlanningModel,
        fitted_here: bool,
    ) -> Result<PlanQuery, PlanError> {
        let options = search_options(request)?;
        if fitted_here || request.sources.is_empty() {
            return Ok(PlanQuery { options, ..PlanQuery::default() });
        }
        let [source] = request.sources.as_slice() else {
            let n = request.sources.len();
            return Err(PlanError::Request(format!("a saved model takes one problem file, found {n}")));
        };
        let (problem, warnings) = pddl::parse_problem(&source.name, &read(source)?, &model.domain)?;
        warn(request, &warnings);
        let renaming = renaming(&problem, &model.problem)?;
        Ok(PlanQuery {
            state: Some(problem.init.iter().map(|atom| renamed_atom(atom, &renaming)).collect()),
            values: problem
                .function_values
                .iter()
                .map(|value| renamed_value(value, &renaming))
                .filter(|value| !model.problem.function_values.contains(value))
                .collect(),
            goal: Some(problem.goal.map_terms(&|term| renamed_term(term, &renaming))),
            options,
        })
    }

    fn print(&self, _model: &PlanningModel, output: &PlanAnswer) -> Printed {
        match output {
            PlanAnswer::Plan(plan) => print_plan(plan),
            PlanAnswer::Unsolvable(because, statistics) => print_unsolvable(because, *statistics),
        }
    }
}

impl Store for Planner {
    /// The problem as canonical PDDL behind a byte for what grounding keeps. Loading parses; the first query grounds,
    /// within its own budget.
    fn save(&self, model: &PlanningModel) -> Vec<u8> {
        let domain = pddl::print_domain(&model.domain);
        let problem = pddl::print_problem(&model.domain, &model.problem);
        let mut bytes = vec![u8::from(model.keep == Keep::Everything)];
        bytes.extend((domain.len() as u64).to_le_bytes());
        bytes.extend(domain.as_bytes());
        bytes.extend(problem.as_bytes());
        bytes
    }

    fn load(&self, bytes: &[u8]) -> Result<PlanningModel, PlanError> {
        let bad = |what: &str| PlanError::BadModel(what.to_string());
        let (keep, rest) = match bytes.split_first() {
            Some((0, rest)) => (Keep::Relevant, rest),
            Some((1, rest)) => (Keep::Everything, rest),
            _ => return Err(bad("it does not say what the task keeps")),
        };
        let (length, rest) = rest.split_first_chunk::<8>().ok_or_else(|| bad("it is cut off"))?;
        let length =
            usize::try_from(u64::from_le_bytes(*length)).map_err(|_| bad("its domain is too long"))?;
        let domain = rest.get(..length).ok_or_else(|| bad("its domain is cut off"))?;
        let inside = |error: pddl::PddlError| PlanError::BadModel(error.to_string());
        let (domain, _) = pddl::parse_domain("saved domain", domain).map_err(inside)?;
        let (problem, _) = pddl::parse_problem("saved problem", &rest[length..], &domain).map_err(inside)?;
        Ok(PlanningModel { domain: Arc::new(domain), problem: Arc::new(problem), keep, task: None })
    }
}

fn look(source: &Source) -> Look {
    let named = source.name.to_ascii_lowercase().ends_with(".pddl");
    let head = source.head(HEAD).unwrap_or_default();
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let without_comments =
        text.trim_start_matches('\u{feff}').lines().map(|line| line.split(';').next().unwrap_or(""));
    let spaced = without_comments.collect::<Vec<_>>().join(" ").replace(['(', ')'], " ");
    let mut words = spaced.split_whitespace();
    match (words.next(), words.next()) {
        (Some("define"), Some("domain")) => Look::Domain,
        (Some("define"), Some("problem")) => Look::Problem,
        _ if named => Look::Named,
        _ => Look::Other,
    }
}

fn read(source: &Source) -> Result<Vec<u8>, PlanError> {
    source.read(MAX_BYTES).map_err(|error| unreadable(source, &error))
}

fn unreadable(source: &Source, error: &std::io::Error) -> PlanError {
    PlanError::Read { name: source.name.clone(), reason: error.to_string() }
}

fn warn(request: &Request, warnings: &[Warning]) {
    warnings.iter().for_each(|warning| request.warnings.push(warning.to_string()));
}

fn search_options(request: &Request) -> Result<SolveOptions, PlanError> {
    let mode = match (request.switch("optimal"), request.switch("first")) {
        (true, true) => {
            return Err(PlanError::Conflict { one: "optimal", other: "first" });
        }
        (true, false) => Mode::Optimal,
        (false, true) => Mode::First,
        (false, false) => Mode::Improve,
    };
    let search = match request.option("search") {
        None => Search::Auto,
        Some(name) => Search::named(name).ok_or_else(|| PlanError::UnknownSearch(name.to_string()))?,
    };
    let defaults = SolveOptions::default();
    let options = SolveOptions {
        mode,
        search,
        weight: whole(request, "weight", 1..=SolveOptions::MAX_WEIGHT)?.unwrap_or(defaults.weight),
        reduction: reduction(request)?,
        improve_ticks: whole(request, "improve-ticks", 0..=u64::MAX)?.unwrap_or(defaults.improve_ticks),
        threads: whole(request, "threads", 1..=SolveOptions::MAX_THREADS)?.unwrap_or(defaults.threads),
        ..defaults
    };
    options.check()?;
    Ok(options)
}

fn reduction(request: &Request) -> Result<Reduction, PlanError> {
    let Some(name) = request.option("reduction") else { return Ok(Reduction::None) };
    Reduction::named(name).ok_or_else(|| PlanError::BadOption {
        option: "reduction",
        value: name.to_string(),
        expected: Reduction::NAMED.map(|(name, _)| name).join(" or "),
    })
}

/// A whole number in a range, if the option is given.
fn whole<T>(request: &Request, option: &'static str, range: RangeInclusive<T>) -> Result<Option<T>, PlanError>
where
    T: FromStr + PartialOrd + Display,
{
    let Some(text) = request.option(option) else { return Ok(None) };
    let value = text.parse().ok().filter(|value| range.contains(value));
    let expected = || format!("a whole number from {} to {}", range.start(), range.end());
    value.map(Some).ok_or_else(|| PlanError::BadOption {
        option,
        value: text.to_string(),
        expected: expected(),
    })
}

/// For each object of `from`, the same one of `to`.
fn renaming(from: &Problem, to: &Problem) -> Result<Vec<usize>, PlanError> {
    let find = |object: &pddl::Object| {
        let found = to.objects.iter().position(|other| other.name == object.name);
        found.ok_or_else(|| {
            PlanError::BadState(format!("names the object `{}`, which the saved problem lacks", object.name))
        })
    };
    from.objects.iter().map(find).collect()
}

fn renamed_atom(atom: &GroundAtom, renaming: &[usize]) -> GroundAtom {
    GroundAtom { predicate: atom.predicate, args: atom.args.iter().map(|&arg| renaming[arg]).collect() }
}

fn renamed_value(value: &FunctionValue, renaming: &[usize]) -> FunctionValue {
    FunctionValue { args: value.args.iter().map(|&arg| renaming[arg]).collect(), ..value.clone() }
}

fn renamed_term(term: Term, renaming: &[usize]) -> Term {
    match term {
        Term::Object(object) => Term::Object(renaming[object]),
        param => param,
    }
}

fn print_plan(plan: &ValidPlan) -> Printed {
    let steps = plan.steps.len();
    let options = plan.query.options;
    let proof = match (plan.optimal, options.mode) {
        (true, _) => ", proved optimal".to_string(),
        (false, Mode::Optimal) => {
            ", not proved optimal: sums of 2147483647 and more are not told apart".to_string()
        }
        (false, _) if options.weight > 1 => format!(", at most {} times the least", options.weight),
        (false, _) => String::new(),
    };
    let plural = if steps == 1 { "" } else { "s" };
    Printed {
        text: plan.text(),
        summary: format!("plan of {steps} step{plural}, cost {} ({}){proof}", plan.cost, plan.cost_kind),
        record: Value::map([
            ("solved", true.into()),
            ("optimal", plan.optimal.into()),
            ("steps", plan.steps.iter().map(ToString::to_string).collect::<Vec<_>>().into()),
            ("cost", number(plan.cost)),
            ("cost_kind", plan.cost_kind.to_string().into()),
            ("statistics", plan.statistics.map_or(Value::Null, |all| statistics_value(all, plan.found_cost))),
        ]),
    }
}

/// A whole number where it is one.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value >= 0.0 && value < 2f64.powi(53) {
        (value as u64).into()
    } else {
        value.into()
    }
}

fn print_unsolvable(because: &Unsolvable, statistics: Statistics) -> Printed {
    let (summary, goals) = match because {
        Unsolvable::UnreachableGoals(goals) => {
            (format!("unsolvable: these goal conditions can never hold: {}", goals.join(", ")), goals.clone())
        }
        Unsolvable::Exhausted { states } => (
            format!(
                "unsolvable: every state that can matter was tried, and none of the {states} seen is a goal"
            ),
            Vec::new(),
        ),
    };
    Printed {
        text: String::new(),
        record: Value::map([
            ("solved", false.into()),
            ("reason", summary.as_str().into()),
            ("unreachable_goals", goals.into()),
            ("statistics", statistics_value(statistics, None)),
        ]),
        summary,
    }
}

fn statistics_value(statistics: Statistics, found_cost: Option<f64>) -> Value {
    Value::map([
        ("expanded", statistics.expanded.into()),
        ("before_last_layer", statistics.before_last_layer.into()),
        ("generated", statistics.generated.into()),
        ("evaluated", statistics.evaluated.into()),
        ("reopened", statistics.reopened.into()),
        ("dead_ends", statistics.dead_ends.into()),
        ("pruned", statistics.pruned.into()),
        ("states", statistics.states.into()),
        ("found_cost", found_cost.map_or(Value::Null, number)),
    ])
}
