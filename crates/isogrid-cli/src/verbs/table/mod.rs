//! `isogrid table`: tools for saved models of tables. What they go by is shown, and they are made smaller.

mod explain;
mod prune;

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use isogrid::core::{Diagnose, Entry, Fault, Source};
use isogrid::data::{CsvOptions, Table, read_table};
use isogrid::envelope;
use isogrid::tsetlin::TableClassifier;

use crate::app::App;
use crate::exit::{Exit, Trouble};
use crate::inputs;

/// The engine whose models these tools take.
const ENGINE: &str = "tsetlin";

pub(crate) fn command(_: &[Entry]) -> Command {
    Command::new("table")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(explain::command())
        .subcommand(prune::command())
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    match matches.subcommand() {
        Some(("explain", matches)) => explain::execute(app, matches),
        Some(("prune", matches)) => prune::execute(app, matches),
        _ => Ok(Exit::BadInput),
    }
}

fn model_arg() -> Arg {
    Arg::new("model")
        .short('m')
        .long("model")
        .value_name("MODEL")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help("A model that `isogrid fit --engine tsetlin` wrote")
}

fn table_arg() -> Arg {
    Arg::new("TABLE").value_name("TABLE").value_parser(value_parser!(PathBuf))
}

fn model(matches: &ArgMatches) -> Result<TableClassifier, Trouble> {
    let path = matches.get_one::<PathBuf>("model").map_or(Path::new(""), PathBuf::as_path);
    let bytes = inputs::model(path)?;
    let payload = envelope::unwrap_for(&path.display().to_string(), &bytes, ENGINE)?;
    TableClassifier::from_bytes(payload).map_err(|error| fault(&error).into())
}

/// The table given, if one is; what is odd about it is shown.
fn table(app: &App, matches: &ArgMatches) -> Result<Option<Table>, Trouble> {
    let Some(path) = matches.get_one::<PathBuf>("TABLE") else { return Ok(None) };
    let (table, warnings) =
        read_table(&Source::file(path), &CsvOptions::default()).map_err(|error| fault(&error))?;
    for warning in warnings {
        app.screen.warning(&format!("{}: {warning}", path.display()));
    }
    Ok(Some(table))
}

fn fault(error: &impl Diagnose) -> Fault {
    Fault { class: error.class(), message: error.to_string(), hint: error.hint() }
}
