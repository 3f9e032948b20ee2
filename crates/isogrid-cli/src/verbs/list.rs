//! `isogrid list`: the engines of this build.

use clap::{ArgMatches, Command};
use isogrid::core::Entry;
use isogrid::wire::Engines;

use crate::app::App;
use crate::exit::{Exit, Trouble};
use crate::screen::Form;
use crate::text::{Side, TextTable};

pub(crate) fn command(_: &[Entry]) -> Command {
    Command::new("list")
}

pub(crate) fn execute(app: &mut App, _: &ArgMatches) -> Result<Exit, Trouble> {
    if app.screen.form == Form::Json {
        app.screen.object(&Engines::of(app.entries))?;
        return Ok(Exit::Answered);
    }
    let mut table = TextTable::new(&[
        ("engine", Side::Left),
        ("status", Side::Left),
        ("structure it exploits", Side::Left),
    ]);
    for info in app.entries.iter().map(|entry| (entry.info)()) {
        table.row(vec![info.name.to_string(), info.status.word().to_string(), info.structure.to_string()]);
    }
    app.screen.data(&table.render(app.screen.width()))?;
    Ok(Exit::Answered)
}
