//! From arguments to an exit code: parsing, dispatch to a verb, and what to do when isogrid itself is at fault.

use std::ffi::OsString;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

use clap::ArgMatches;
use clap::error::ErrorKind;
use isogrid::core::{Cancel, Entry, Fault, FaultClass};
use isogrid::wire::{self, Failure};

use crate::exit::{Exit, Trouble};
use crate::screen::{Form, Screen};
use crate::{args, verbs};

/// What a verb works with.
#[derive(Debug)]
pub(crate) struct App {
    /// The engines.
    pub(crate) entries: &'static [Entry],
    /// Where to write.
    pub(crate) screen: Screen,
    /// Ends the work when the user interrupts it.
    pub(crate) cancel: Cancel,
}

/// Runs the command line `words` with these engines.
pub(crate) fn main(entries: &'static [Entry], words: impl Iterator<Item = OsString>) -> Exit {
    let words: Vec<OsString> = words.collect();
    let matches = match args::command(entries).try_get_matches_from(&words) {
        Ok(matches) => matches,
        Err(error) => return usage(&error, &words),
    };
    let screen = Screen::new(args::form(&matches), args::volume(&matches));
    let mut app = App { entries, screen, cancel: Cancel::default() };
    guarded(|| dispatch(&mut app, &matches))
}

fn dispatch(app: &mut App, matches: &ArgMatches) -> Exit {
    let Some((name, matches)) = matches.subcommand() else { return Exit::BadInput };
    let Some(verb) = verbs::VERBS.iter().find(|verb| verb.name == name) else { return Exit::BadInput };
    let ended = (verb.execute)(app, matches);
    app.screen.unwatch();
    match ended {
        Ok(exit) => exit,
        Err(Trouble::Pipe) => Exit::Pipe,
        Err(Trouble::Fault(fault)) => app.screen.failure(&fault),
    }
}

/// Help, version and wrong usage, in clap's own words.
fn usage(error: &clap::Error, words: &[OsString]) -> Exit {
    // Nobody is left to be told when this fails.
    let _ = error.print();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Exit::Answered;
    }
    if words.iter().any(|word| word == "--json") {
        let text = error.render().to_string();
        let lines: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
        let message = lines.join(" ");
        let message = message.trim_start_matches("error: ");
        let hint = Some("`isogrid --help` shows the verbs and options");
        let failure = Failure { class: "usage", message, hint, exit: Exit::BadInput.code() };
        let _ = writeln!(std::io::stdout(), "{}", wire::line(&failure));
    }
    Exit::BadInput
}

/// Runs `work`; a panic in it becomes an error message that asks for a report.
fn guarded(work: impl FnOnce() -> Exit) -> Exit {
    static PLACE: Mutex<String> = Mutex::new(String::new());
    panic::set_hook(Box::new(|info| {
        if let Ok(mut place) = PLACE.lock() {
            *place = info.to_string().replace('\n', " ");
        }
    }));
    let ended = panic::catch_unwind(AssertUnwindSafe(work));
    let _ = panic::take_hook();
    ended.unwrap_or_else(|_| {
        let what = PLACE.lock().map(|place| place.clone()).unwrap_or_default();
        let message = format!("isogrid itself failed: {what}");
        let hint =
            "this is a fault of isogrid, not of your input: please report it with the command and the input";
        let fault = Fault { class: FaultClass::Internal, message, hint: Some(hint.to_string()) };
        let json = std::env::args_os().any(|word| word == "--json");
        Screen::new(if json { Form::Json } else { Form::Text }, crate::screen::Volume::Normal).failure(&fault)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_internal_fault() {
        assert_eq!(guarded(|| panic!("on purpose")), Exit::Internal);
        assert_eq!(guarded(|| Exit::Negative), Exit::Negative);
    }
}
