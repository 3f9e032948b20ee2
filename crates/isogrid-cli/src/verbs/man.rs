//! `isogrid man [VERB]`: the manual page of the command or of a verb.

use clap::{Arg, ArgMatches, Command};
use clap_mangen::Man;
use isogrid::core::{Entry, Fault};

use crate::app::App;
use crate::args;
use crate::exit::{Exit, Trouble};

pub(crate) fn command(_: &[Entry]) -> Command {
    Command::new("man")
        .arg(Arg::new("verb").value_name("VERB").help("The verb; without it the page of the whole command"))
        .after_help("Read a page with `isogrid man run | man -l -`.")
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let mut whole = args::command(app.entries);
    whole.build();
    let page = match matches.get_one::<String>("verb") {
        None => whole,
        Some(name) => {
            let verb = whole.get_subcommands().find(|verb| verb.get_name() == name && !verb.is_hide_set());
            let unknown =
                || Fault::bad_input(format!("there is no verb `{name}`")).with_hint("see `isogrid --help`");
            verb.cloned().ok_or_else(unknown)?
        }
    };
    let mut bytes = Vec::new();
    Man::new(page).render(&mut bytes).map_err(Trouble::of_stdout)?;
    app.screen.data(&String::from_utf8_lossy(&bytes))?;
    Ok(Exit::Answered)
}
