//! Chores of this repository: demo, tests, benches, documents, fetching, new engines.
//!
//! One verb a module; arguments are matched by hand, because this program is compiled before anything else runs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command's output is its product")]

mod args;
mod bars;
mod bench;
mod data;
mod demo;
mod docs;
mod fuzz;
mod links;
mod new_engine;
mod peers;
mod repo;
mod shell;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;

use args::{Args, Usage};
use repo::Repo;

struct Verb {
    name: &'static str,
    usage: &'static str,
    help: &'static str,
    run: fn(&Repo, Args) -> Result<()>,
}

static VERBS: &[Verb] = &[
    Verb {
        name: "demo",
        usage: "",
        help: "fetch, build, and show plans, an arm and tables; --train learns the arm first",
        run: demo::run,
    },
    Verb {
        name: "test",
        usage: "[--only CHECK,..] [--keep-going]",
        help: "everything that CI checks, cheapest first; stops at the first failure",
        run: test::run,
    },
    Verb {
        name: "tidy",
        usage: "",
        help: "house rules, the dependency rule, licenses",
        run: |repo, args| args.finish().and_then(|()| tidy::run(repo)),
    },
    Verb {
        name: "docs",
        usage: "[--check]",
        help: "fill the generated parts of README.md and docs/; --check only compares",
        run: docs::run,
    },
    Verb {
        name: "bench",
        usage: "NAME [--quick] [--machine NAME] [--only SECTIONS] [--minutes N] [--keep] [--resume RUN]",
        help: "install peers, run a bench, write its run directory, print its bars",
        run: bench::run,
    },
    Verb {
        name: "fetch",
        usage: "[NAME..]",
        help: "fetch data sets; without names, all of them",
        run: data::run,
    },
    Verb {
        name: "fuzz",
        usage: "TARGET [--seconds N]",
        help: "build a fuzz target of fuzz/ and run it, a minute by default",
        run: fuzz::run,
    },
    Verb {
        name: "new-engine",
        usage: "NAME",
        help: "write the skeleton of crates/isogrid-NAME and register it",
        run: new_engine::run,
    },
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(name) = words.next() else {
        eprint!("{}", help());
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    match run(&name, Args::new(words)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Usage>() => {
            eprintln!("error: {error}\n\nhint: `cargo xtask help` lists verbs and their arguments");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(name: &str, args: Args) -> Result<()> {
    let verb = VERBS.iter().find(|verb| verb.name == name);
    let verb = verb.ok_or_else(|| Usage(format!("there is no verb `{name}`")))?;
    (verb.run)(&Repo::find()?, args)
}

fn help() -> String {
    let mut text = String::from("Usage: cargo xtask VERB [ARGS]\n\nVerbs:\n");
    for verb in VERBS {
        let head = format!("{} {}", verb.name, verb.usage);
        text.push_str(&format!("  {}\n      {}\n", head.trim_end(), verb.help));
    }
    text.push_str(
        "\nFetched data goes to $ISOGRID_DATA or data/, outside programs to .tools/, built files to\n\
         $CARGO_TARGET_DIR or target/; none of them is tracked by git.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_verb() {
        assert!(VERBS.iter().all(|verb| help().contains(&format!("  {}", verb.name))));
    }

    #[test]
    fn an_unknown_verb_is_a_usage_error() {
        let error = run("dance", Args::new([])).expect_err("no such verb");
        assert!(error.is::<Usage>(), "{error}");
    }
}
