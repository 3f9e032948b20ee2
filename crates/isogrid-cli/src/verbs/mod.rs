//! The verbs: an explicit list, one file each.

mod completions;
mod contend;
mod data;
mod fit;
mod info;
mod list;
mod man;
mod measure;
#[cfg(feature = "plan")]
mod plan;
mod profile;
mod run;
#[cfg(feature = "tsetlin")]
mod table;

use clap::{ArgMatches, Command};
use isogrid::core::Entry;

use crate::app::App;
use crate::exit::{Exit, Trouble};

/// One verb.
pub(crate) struct Verb {
    /// Its name.
    pub(crate) name: &'static str,
    /// One line of help.
    pub(crate) about: &'static str,
    /// Its arguments.
    pub(crate) command: fn(&[Entry]) -> Command,
    /// Its work.
    pub(crate) execute: fn(&mut App, &ArgMatches) -> Result<Exit, Trouble>,
}

/// All verbs, in the order of the help.
pub(crate) const VERBS: &[Verb] = &[
    Verb {
        name: "profile",
        about: "Say what structure is in the input, with evidence",
        command: profile::command,
        execute: profile::execute,
    },
    Verb {
        name: "run",
        about: "Solve the input, or use a saved model on it",
        command: run::command,
        execute: run::execute,
    },
    Verb { name: "fit", about: "Fit a model and save it", command: fit::command, execute: fit::execute },
    Verb {
        name: "measure",
        about: "Put an engine beside the scale ladder: score, time, memory, energy",
        command: measure::command,
        execute: measure::execute,
    },
    Verb { name: "list", about: "List the engines", command: list::command, execute: list::execute },
    Verb {
        name: "info",
        about: "Tell what an engine exploits, assumes, promises and takes",
        command: info::command,
        execute: info::execute,
    },
    Verb {
        name: "data",
        about: "List, fetch and locate public data sets",
        command: data::command,
        execute: data::execute,
    },
    #[cfg(feature = "plan")]
    Verb {
        name: "plan",
        about: "Tools for planning: check and explain a plan from anywhere, prove that there is none",
        command: plan::command,
        execute: plan::execute,
    },
    #[cfg(feature = "tsetlin")]
    Verb {
        name: "table",
        about: "Tools for models of tables: show what a Tsetlin machine goes by, make it smaller",
        command: table::command,
        execute: table::execute,
    },
    Verb {
        name: "completions",
        about: "Print a completion script for a shell",
        command: completions::command,
        execute: completions::execute,
    },
    Verb { name: "man", about: "Print the manual page", command: man::command, execute: man::execute },
    Verb {
        name: "contend",
        about: "Run one contender of a measurement",
        command: contend::command,
        execute: contend::execute,
    },
];
