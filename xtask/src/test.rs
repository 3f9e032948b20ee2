//! `cargo xtask test`: everything that CI checks, cheapest first.
//!
//! CI runs this verb and nothing else, so a green run here is a green run there.

use std::fmt;

use anyhow::{Result, bail, ensure};

use crate::args::{Args, Usage};
use crate::repo::Repo;
use crate::shell::{self, Steps};
use crate::tidy::{Layout, Workspace};
use crate::{data, docs, links, new_engine, tidy};

struct Check {
    name: &'static str,
    what: &'static str,
    run: fn(&Repo, &mut Tally) -> Result<()>,
}

static CHECKS: &[Check] = &[
    Check { name: "fmt", what: "formatting", run: fmt },
    Check { name: "tidy", what: "house rules, dependency rule, licenses", run: |repo, _| tidy::run(repo) },
    Check { name: "links", what: "links between documents", run: |repo, _| links::run(repo) },
    Check { name: "deny", what: "cargo deny, where it is installed", run: deny },
    // Before anything is built: the arm's worlds are linked to what is fetched.
    Check {
        name: "data",
        what: "data sets and libraries that tests need",
        run: |repo, _| data::fetch(repo, data::FOR_TESTS),
    },
    Check { name: "clippy", what: "lints, warnings denied", run: clippy },
    Check {
        name: "solitude",
        what: "each library alone, and the facade with each engine alone",
        run: solitude,
    },
    Check {
        name: "skeleton",
        what: "a new engine from the template",
        run: |repo, _| new_engine::prove(repo),
    },
    Check { name: "doc", what: "API documentation, warnings denied", run: doc },
    Check { name: "generated", what: "generated parts of documents", run: |repo, _| docs::check(repo) },
    Check { name: "test", what: "unit, integration and doc tests", run: tests },
];

/// What is off by default and checked all the same: training, worlds with physics, and their benches.
const FEATURES: &str = "isogrid-robot/train,isogrid-sim/recordings,isogrid-bench/nn,isogrid-bench/robot";

/// The level of the facade: crates up to it are libraries that others use alone.
const FACADE_LEVEL: u8 = 4;

/// How many tests ran.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Runs the checks and prints one closing line.
///
/// # Errors
/// A check fails, or an argument names none.
pub fn run(repo: &Repo, mut args: Args) -> Result<()> {
    let keep_going = args.switch("--keep-going");
    let only = args.value("--only")?;
    args.finish()?;
    let chosen = choose(only.as_deref())?;
    let mut steps = Steps::new(chosen.len());
    let mut tally = Tally::default();
    let mut failed = Vec::new();
    for check in &chosen {
        let result = steps.step(&format!("{}: {}", check.name, check.what), || (check.run)(repo, &mut tally));
        if let Err(error) = result {
            println!("{}: {error:#}", check.name);
            failed.push(check.name);
            if !keep_going {
                break;
            }
        }
    }
    if !failed.is_empty() {
        bail!("xtask test: FAILED: {} (in {:.1} s; {tally})", failed.join(", "), steps.seconds());
    }
    println!(
        "xtask test: {} of {} checks passed in {:.1} s; {tally}",
        chosen.len(),
        CHECKS.len(),
        steps.seconds()
    );
    Ok(())
}

fn choose(only: Option<&str>) -> Result<Vec<&'static Check>> {
    let Some(only) = only else { return Ok(CHECKS.iter().collect()) };
    let mut chosen = Vec::new();
    for name in only.split(',') {
        let Some(check) = CHECKS.iter().find(|check| check.name == name) else {
            let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
            return Err(Usage(format!("there is no check `{name}`; there are {}", names.join(", "))).into());
        };
        chosen.push(check);
    }
    Ok(chosen)
}

fn fmt(repo: &Repo, _: &mut Tally) -> Result<()> {
    shell::run(repo.cargo().args(["fmt", "--all", "--check"]))
}

fn deny(repo: &Repo, _: &mut Tally) -> Result<()> {
    if !shell::is_installed("cargo-deny") {
        println!("  not installed: tidy checked licenses and sources");
        return Ok(());
    }
    shell::run(repo.cargo().args(["deny", "check"]))
}

fn clippy(repo: &Repo, _: &mut Tally) -> Result<()> {
    shell::run(repo.cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--features",
        FEATURES,
        "--",
        "-D",
        "warnings",
    ]))
}

fn solitude(repo: &Repo, _: &mut Tally) -> Result<()> {
    let layout = Layout::parse(&repo.read("ARCHITECTURE.md")?)?;
    let workspace = Workspace::read(repo)?;
    let check = |words: &[&str]| -> Result<()> {
        shell::run(repo.cargo().args(["check", "--quiet", "--locked", "-p"]).args(words))?;
        println!("  {}", words.join(" "));
        Ok(())
    };
    for package in workspace.packages.iter().filter(|package| package.has_library) {
        if layout.level(&package.name).is_some_and(|level| level <= FACADE_LEVEL) {
            check(&[&package.name])?;
        }
    }
    check(&["isogrid", "--no-default-features"])?;
    let engines = workspace.packages.iter().filter(|package| layout.is_engine(&package.name));
    for engine in engines {
        let feature = engine.name.trim_start_matches("isogrid-");
        check(&["isogrid", "--no-default-features", "--features", feature])?;
    }
    Ok(())
}

fn doc(repo: &Repo, _: &mut Tally) -> Result<()> {
    let mut cargo = repo.cargo();
    cargo.args(["doc", "--workspace", "--no-deps", "--locked", "--features", FEATURES]);
    shell::run(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}

fn tests(repo: &Repo, tally: &mut Tally) -> Result<()> {
    let mut cargo = repo.cargo();
    cargo.args(["test", "--workspace", "--locked", "--features", FEATURES]);
    let done = shell::run_lines(&mut cargo, |line| tally.add(line));
    done?;
    ensure!(tally.ignored == 0, "{} tests are ignored: a test runs or does not exist", tally.ignored);
    ensure!(tally.passed > 0, "no test ran");
    Ok(())
}

impl Tally {
    /// Counts a closing line of the test harness.
    fn add(&mut self, line: &str) {
        let Some(counts) = line.trim_start().strip_prefix("test result: ") else { return };
        let count = |word: &str| {
            let number = counts.split(word).next().and_then(|text| text.trim_end().rsplit(' ').next());
            number.and_then(|number| number.parse::<u64>().ok()).unwrap_or(0)
        };
        self.passed += count(" passed");
        self.failed += count(" failed");
        self.ignored += count(" ignored");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tests passed, {} failed, {} ignored", self.passed, self.failed, self.ignored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_added_up() {
        let mut tally = Tally::default();
        for line in [
            "running 2 tests",
            "test a ... ok",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ] {
            tally.add(line);
        }
        assert_eq!(tally, Tally { passed: 15, failed: 2, ignored: 1 });
    }

    #[test]
    fn checks_are_chosen_by_name() {
        let names =
            |only| choose(only).map(|checks| checks.iter().map(|check| check.name).collect::<Vec<_>>());
        assert_eq!(names(Some("links,tidy")).expect("known names"), ["links", "tidy"]);
        assert_eq!(names(None).expect("all").len(), CHECKS.len());
        assert!(names(Some("tests")).is_err());
    }
}
