//! The command line: verbs, the options they share, and the options that engines declare.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use isogrid::core::{Entry, OptionSpec};

use crate::screen::{Form, Volume};
use crate::verbs::VERBS;

const AFTER_HELP: &str = "\
Exit codes: 0 answered, 1 an honest negative (no plan exists, nothing found), 2 wrong usage or bad input, \
3 the budget ended without an answer, 4 a fault of isogrid, 130 interrupted (the best so far is kept).";

/// The whole command line for these engines.
pub(crate) fn command(entries: &[Entry]) -> Command {
    let styles = Styles::styled()
        .header(AnsiColor::Green.on_default().bold())
        .usage(AnsiColor::Green.on_default().bold())
        .literal(AnsiColor::Cyan.on_default().bold())
        .placeholder(AnsiColor::Cyan.on_default());
    let verbs = VERBS.iter().map(|verb| (verb.command)(entries).name(verb.name).about(verb.about));
    Command::new("isogrid")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Match the computation to the structure of the problem")
        .after_help(AFTER_HELP)
        .styles(styles)
        .max_term_width(100)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .args(everywhere())
        .subcommands(verbs)
}

fn everywhere() -> [Arg; 3] {
    let switch = |name: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).global(true).display_order(900)
    };
    [
        switch("json").help("Print objects of the wire format (docs/wire.md), one a line"),
        switch("quiet").short('q').help("Say nothing but errors on standard error").conflicts_with("verbose"),
        switch("verbose").short('v').help("Say more on standard error"),
    ]
}

/// What standard output is to carry.
pub(crate) fn form(matches: &ArgMatches) -> Form {
    if matches.get_flag("json") { Form::Json } else { Form::Text }
}

/// How much is to be said.
pub(crate) fn volume(matches: &ArgMatches) -> Volume {
    match (matches.get_flag("quiet"), matches.get_flag("verbose")) {
        (true, _) => Volume::Quiet,
        (_, true) => Volume::Verbose,
        _ => Volume::Normal,
    }
}

/// The inputs of a verb.
pub(crate) fn paths() -> Arg {
    Arg::new("paths")
        .value_name("PATH")
        .num_args(1..)
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help("The input files, in the order that the engine expects; `-` is standard input")
}

/// A file to write.
pub(crate) fn output(help: &'static str) -> Arg {
    Arg::new("output")
        .short('o')
        .long("output")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help(help)
}

/// Adds what every verb takes that makes an engine work: its choice, seed, budget and the engines' own options.
pub(crate) fn with_work(command: Command, entries: &[Entry]) -> Command {
    let names: Vec<_> = entries.iter().map(|entry| (entry.info)().name).collect();
    let engine = Arg::new("engine")
        .long("engine")
        .value_name("NAME")
        .help(format!("Use this engine ({}) instead of asking which one takes the input", names.join(", ")));
    let seed = Arg::new("seed")
        .long("seed")
        .value_name("N")
        .value_parser(value_parser!(u64))
        .help("The seed of all randomness [the input's own, or 1]");
    command.arg(engine).arg(seed).arg(budget()).args(engine_options(entries))
}

/// When to stop.
pub(crate) fn budget() -> Arg {
    Arg::new("budget")
        .long("budget")
        .value_name("B")
        .allow_hyphen_values(true)
        .help("When to stop: time, memory, work, or several: `10s`, `2GiB`, `5Mticks`, `10s,2GiB`")
}

/// One argument per option name, whichever engines have it, in the order in which engines declare them.
fn engine_options(entries: &[Entry]) -> Vec<Arg> {
    let mut by_name: Vec<(&'static str, Vec<(&'static str, OptionSpec)>)> = Vec::new();
    for info in entries.iter().map(|entry| (entry.info)()) {
        for spec in info.options {
            match by_name.iter_mut().find(|(name, _)| *name == spec.name) {
                Some((_, owners)) => owners.push((info.name, *spec)),
                None => by_name.push((spec.name, vec![(info.name, *spec)])),
            }
        }
    }
    by_name.into_iter().map(|(name, owners)| engine_option(name, &owners)).collect()
}

fn engine_option(name: &'static str, owners: &[(&'static str, OptionSpec)]) -> Arg {
    let engines: Vec<_> = owners.iter().map(|(engine, _)| *engine).collect();
    let heading = match engines.as_slice() {
        [several @ .., last] if !several.is_empty() => {
            format!("Options of {} and {last}", several.join(", "))
        }
        one => format!("Options of {}", one.concat()),
    };
    let mut helps: Vec<_> = owners.iter().map(|(engine, spec)| format!("{engine}: {}", spec.help)).collect();
    if owners.iter().all(|(_, spec)| spec.help == owners[0].1.help) {
        helps = vec![owners[0].1.help.to_string()];
    }
    let arg = Arg::new(name).long(name).help_heading(heading).help(helps.join("; "));
    match owners.iter().find_map(|(_, spec)| spec.value) {
        Some(value) => arg.value_name(value).action(ArgAction::Append).allow_negative_numbers(true),
        None => arg.action(ArgAction::SetTrue),
    }
}

/// The engine options that were given, in alphabetical order of their names.
pub(crate) fn given_options(entries: &[Entry], matches: &ArgMatches) -> Vec<(String, String)> {
    let mut given: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for spec in entries.iter().flat_map(|entry| (entry.info)().options) {
        let values = match spec.value {
            Some(_) => matches.get_many::<String>(spec.name).map(|values| values.cloned().collect()),
            None => matches.get_flag(spec.name).then(|| vec![String::new()]),
        };
        given.extend(values.map(|values| (spec.name, values)));
    }
    let pairs = given
        .into_iter()
        .flat_map(|(name, values)| values.into_iter().map(move |value| (name.to_string(), value)));
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command(isogrid::registry()).debug_assert();
    }

    #[test]
    fn an_option_of_two_engines_is_a_value_in_both_or_a_switch_in_both() {
        let mut seen: BTreeMap<&str, bool> = BTreeMap::new();
        for spec in isogrid::registry().iter().flat_map(|entry| (entry.info)().options) {
            let takes_value = spec.value.is_some();
            assert_eq!(*seen.entry(spec.name).or_insert(takes_value), takes_value, "--{}", spec.name);
        }
    }

    #[test]
    fn a_shared_option_names_both_engines() {
        let spec = |help| OptionSpec { name: "threads", value: Some("N"), help };
        let arg = engine_option("threads", &[("a", spec("threads of a")), ("b", spec("threads of b"))]);
        assert_eq!(arg.get_help_heading(), Some("Options of a and b"));
        assert_eq!(
            arg.get_help().map(ToString::to_string).as_deref(),
            Some("a: threads of a; b: threads of b")
        );
    }
}
