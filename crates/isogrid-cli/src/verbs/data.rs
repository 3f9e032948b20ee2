//! `isogrid data`: the public data sets this project knows.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use isogrid::core::{Diagnose, Entry, Fault};
use isogrid::data::{DataError, DataSet, catalog, fetch, locate};
use isogrid::wire::DataSets;

use crate::app::App;
use crate::exit::{Exit, Trouble};
use crate::screen::Form;
use crate::text::{Side, TextTable, bytes};

pub(crate) fn command(_: &[Entry]) -> Command {
    let dir = Arg::new("dir")
        .long("dir")
        .value_name("DIR")
        .global(true)
        .value_parser(value_parser!(PathBuf))
        .default_value("data")
        .help("The folder that holds the data sets");
    let name = || Arg::new("name").value_name("NAME").required(true).help("The data set");
    Command::new("data")
        .arg(dir)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(Command::new("list").about("List the data sets and where they are"))
        .subcommand(Command::new("fetch").about("Fetch a data set, check it and unpack it").arg(name()))
        .subcommand(Command::new("path").about("Print the folder of a data set that was fetched").arg(name()))
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let Some((verb, matches)) = matches.subcommand() else { return Ok(Exit::BadInput) };
    let dir = matches.get_one::<PathBuf>("dir").cloned().unwrap_or_default();
    if verb == "list" {
        return list(app, &dir);
    }
    let name = matches.get_one::<String>("name").map(String::as_str).unwrap_or_default();
    let set = DataSet::named(name).map_err(of_data)?;
    let folder = if verb == "fetch" {
        let screen = app.screen.clone();
        fetch(set, &dir, &mut |line| screen.note(line)).map_err(of_data)?
    } else {
        let absent = || {
            let fault = Fault::bad_input(format!("data set `{name}` is not in `{}`", dir.display()));
            fault.with_hint(format!("`isogrid data fetch {name}` brings it there"))
        };
        locate(name, &dir).ok_or_else(absent)?
    };
    match app.screen.form {
        Form::Json => app.screen.object(&DataSets::one(set, Some(&folder)))?,
        Form::Text => app.screen.data(&format!("{}\n", folder.display()))?,
    }
    Ok(Exit::Answered)
}

fn list(app: &App, dir: &std::path::Path) -> Result<Exit, Trouble> {
    if app.screen.form == Form::Json {
        app.screen.object(&DataSets::all(dir))?;
        return Ok(Exit::Answered);
    }
    let columns = ["data set", "version", "archive", "here", "what it is, and its license"];
    let mut table = TextTable::new(&columns.map(|name| (name, Side::Left)));
    for set in catalog() {
        let here = locate(set.name, dir).map_or("no", |_| "yes");
        let about = format!("{}; {}", set.about, set.license);
        let cells = [set.name, set.version, &bytes(set.archive_bytes), here, &about];
        table.row(cells.map(str::to_string).to_vec());
    }
    app.screen.data(&table.render(app.screen.width()))?;
    Ok(Exit::Answered)
}

fn of_data(error: DataError) -> Fault {
    Fault { class: error.class(), message: error.to_string(), hint: error.hint() }
}
