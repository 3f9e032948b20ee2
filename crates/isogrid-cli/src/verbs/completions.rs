//! `isogrid completions SHELL`: a script that completes verbs and options.

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::{Shell, generate};
use isogrid::core::Entry;

use crate::app::App;
use crate::args;
use crate::exit::{Exit, Trouble};

pub(crate) fn command(_: &[Entry]) -> Command {
    let shell = Arg::new("shell").value_name("SHELL").required(true).value_parser(value_parser!(Shell));
    Command::new("completions").arg(shell.help("The shell to print it for"))
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let mut script = Vec::new();
    if let Some(shell) = matches.get_one::<Shell>("shell") {
        generate(*shell, &mut args::command(app.entries), "isogrid", &mut script);
    }
    app.screen.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Answered)
}
