//! `isogrid contend`: hidden; one contender of `measure` in a process of its own.

use std::ffi::OsString;
use std::io;

use clap::{Arg, ArgMatches, Command, value_parser};
use isogrid::core::Entry;
use isogrid::isolate;
use isogrid::workloads::ENTRANTS;

use crate::app::App;
use crate::exit::{Exit, Trouble};

pub(crate) fn command(_: &[Entry]) -> Command {
    let words =
        Arg::new("words").num_args(1..).required(true).trailing_var_arg(true).allow_hyphen_values(true);
    Command::new("contend").hide(true).arg(words.value_parser(value_parser!(OsString)))
}

pub(crate) fn execute(_: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let words = matches.get_many::<OsString>("words").unwrap_or_default().cloned();
    isolate::contend(ENTRANTS, words, &mut io::stdout().lock())?;
    Ok(Exit::Answered)
}
