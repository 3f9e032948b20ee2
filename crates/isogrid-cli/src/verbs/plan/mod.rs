//! `isogrid plan`: tools for planning that need no engine to be chosen. Plans and certificates are checked, plans and
//! problems explained, certificates made, tasks translated and searched.

mod certify;
mod explain;
mod made;
mod outlook;
mod search;
mod translate;
mod validate;

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use isogrid::Error;
use isogrid::budget::Budget;
use isogrid::core::{Ctx, Diagnose, Entry, Fault, Source};
use isogrid::drive::{Driven, Setup, drive};
use isogrid::plan::certificate::MAGIC;
use isogrid::plan::pddl::{Domain, Problem, Warning, parse_domain, parse_problem};

use crate::app::App;
use crate::exit::{Exit, Trouble};
use crate::{args, interrupt};

/// The largest text read.
const MAX_BYTES: u64 = 1 << 30;

pub(crate) fn command(_: &[Entry]) -> Command {
    let tools = [validate::command(), explain::command(), certify::command(), translate::command()];
    Command::new("plan")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommands(tools.map(|tool| {
            tool.arg(file("DOMAIN", "The PDDL domain").required(true).index(1))
                .arg(file("PROBLEM", "The PDDL problem").required(true).index(2))
                .arg(args::budget())
        }))
        .subcommand(search::command().arg(args::budget()))
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    match matches.subcommand() {
        Some(("validate", matches)) => validate::execute(app, matches),
        Some(("explain", matches)) => explain::execute(app, matches),
        Some(("certify", matches)) => certify::execute(app, matches),
        Some(("translate", matches)) => translate::execute(app, matches),
        Some(("search", matches)) => search::execute(app, matches),
        _ => Ok(Exit::BadInput),
    }
}

fn file(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).value_name(name).value_parser(value_parser!(PathBuf)).help(help)
}

fn path<'m>(matches: &'m ArgMatches, name: &str) -> Option<&'m Path> {
    matches.get_one::<PathBuf>(name).map(PathBuf::as_path)
}

/// The domain and the problem; what is odd about them is shown.
fn pair(app: &App, matches: &ArgMatches) -> Result<(Domain, Problem), Trouble> {
    let path = |name: &str| path(matches, name).unwrap_or(Path::new(""));
    let (domain_path, problem_path) = (path("DOMAIN"), path("PROBLEM"));
    let (domain, warnings) = parse_domain(&name(domain_path), &read(domain_path)?).map_err(fault)?;
    warn(app, &warnings);
    let (problem, warnings) =
        parse_problem(&name(problem_path), &read(problem_path)?, &domain).map_err(fault)?;
    warn(app, &warnings);
    Ok((domain, problem))
}

/// Does work within the budget given, and listens to interrupts.
fn within<T>(
    app: &mut App,
    matches: &ArgMatches,
    work: impl FnOnce(&Ctx) -> T,
) -> Result<Driven<T>, Trouble> {
    let budget = matches.get_one::<String>("budget").map_or(Ok(Budget::default()), |text| text.parse())?;
    let observer = app.screen.watch();
    interrupt::listen(app);
    let setup = Setup { seed: 1, budget, cancel: app.cancel.clone(), observer, ..Setup::default() };
    let driven = drive(&setup, work);
    app.screen.unwatch();
    Ok(driven?)
}

/// Whether a file begins as certificates do.
fn is_certificate(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC.trim_end().as_bytes())
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
