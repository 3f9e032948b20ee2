//! The bench `planners`: our planner beside Fast Downward, in one run on one machine.

mod amlgym;
mod contender;
pub mod contest;
mod downward;
mod hanoi;
mod missed;
mod ours;
mod pair;
mod pddlgym;
mod protocol;
pub mod replan;
mod replanning;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use isogrid_data::locate;

use crate::process;
use crate::run::Run;
use contender::{Field, Limits};
use contest::Contest;
use downward::Downward;

pub use amlgym::amlgym_problems;
pub use pair::{Pair, Parsed};

/// What the bench is given.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder with fetched data sets.
    pub data: PathBuf,
    /// The folder with installed peers.
    pub tools: PathBuf,
    /// The run directory to write.
    pub out: PathBuf,
    /// Where finished attempts of long sections are kept, to go on from.
    pub work: PathBuf,
    /// After so many minutes the long sections stop and tell what they have.
    pub minutes: Option<u64>,
    /// The sections to run; all if none are named.
    pub only: Vec<String>,
    /// A smoke run of the same path: a few problems a section.
    pub quick: bool,
    /// A run directory that lacks parts, to go on from.
    pub resume: Option<PathBuf>,
}

impl Options {
    /// Whether parts are left out.
    fn is_part(&self) -> bool {
        self.minutes.is_some() || !self.only.is_empty()
    }
}

/// The sections by name.
pub const SECTIONS: [&str; 9] =
    ["amlgym", "hanoi", "replanning", "pddlgym", "fixed", "odd", "agreement", "scale", "contest"];

/// The bench at work.
struct Bench {
    field: Field,
    run: Run,
    data: PathBuf,
    quick: bool,
}

/// Hears a line for each step.
pub type Say<'a> = dyn FnMut(&str) + Send + 'a;

/// The limits of the issue: 30 seconds and 2 GiB.
const LIMITS: Limits = Limits { seconds: 30, bytes: 2 << 30 };

impl Bench {
    fn folder(&self, set: &str) -> Result<PathBuf> {
        locate(set, &self.data)
            .with_context(|| format!("`{set}` is not in the data folder: cargo xtask fetch {set}"))
    }

    /// `quick` in a smoke run, else `full`.
    fn either<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }
}

/// Runs the bench, writes its run directory and returns its bars as a table. `say` receives a line per step.
///
/// # Errors
/// Data, a peer or our own executable is missing, or a process cannot be measured. A bar that falls short is none.
pub fn run(options: &Options, say: &mut Say<'_>) -> Result<String> {
    let field = Field {
        isogrid: process::beside("isogrid", "isogrid-cli")?,
        downward: Downward::find(&options.tools)?,
        core: process::first_core(),
    };
    let notes = fs::read_to_string(missed::NOTES).with_context(|| format!("reading {}", missed::NOTES))?;
    let run = Run::begin(&options.out)?;
    let mut bench = Bench { field, run, data: options.data.clone(), quick: options.quick };
    bench.introduce()?;
    bench.say_what_is_left_out(options);
    let is_wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|only| only == name);
    let mut contest: Option<Contest> = None;
    for section in SECTIONS.into_iter().filter(|name| is_wanted(name)) {
        match section {
            "amlgym" => bench.amlgym(say)?,
            "hanoi" => bench.hanoi(say)?,
            "replanning" => bench.replanning(say)?,
            "pddlgym" => bench.pddlgym(say)?,
            long => {
                let opened = match contest.take() {
                    Some(opened) => opened,
                    None => Contest::open(&mut bench, options)?,
                };
                bench.long(long, contest.insert(opened), say)?;
            }
        }
    }
    if let Some(contest) = &contest {
        contest.end(&mut bench, options)?;
    }
    let accounts = missed::accounts(&notes, bench.run.bars());
    bench.run.fragment("bars that fall short", accounts);
    let about = if options.quick { protocol::QUICK } else { protocol::FULL };
    bench.run.finish(&about)
}

impl Bench {
    /// Sections that keep what is finished, and go on where they were.
    fn long(&mut self, section: &str, contest: &Contest, say: &mut Say<'_>) -> Result<()> {
        match section {
            "fixed" => self.fixed(contest, say),
            "odd" => self.odd(contest, say),
            "agreement" => self.agreement(contest, say),
            "scale" => self.scale(contest, say),
            _ => self.contest(contest, say),
        }
    }

    /// A part of the bench says of which parts.
    fn say_what_is_left_out(&mut self, options: &Options) {
        if !options.only.is_empty() {
            self.run.fact("sections", format!("only {}", options.only.join(", ")));
        }
        if let Some(minutes) = options.minutes {
            let words = format!("attempts ended after {minutes} minutes; what was not attempted is left out");
            self.run.fact("time", words);
        }
    }

    fn introduce(&mut self) -> Result<()> {
        let floor = self.floor()?;
        let core = self.field.core.map_or("not pinned: the affinity is unknown".to_string(), |core| {
            format!(
                "every process keeps to core {core}, in the contest to one of its own (sched_setaffinity)"
            )
        });
        let version = self.field.downward.version.clone();
        self.run.fact("peer", format!("Fast Downward, PyPI up-fast-downward {version}"));
        self.run.fact("core", core);
        self.run.fact("floor of a peak", format!("{:.1} MB (that of `true`)", floor as f64 * 1e-6));
        Ok(())
    }

    /// The peak that the method itself reports for a program that does nothing.
    fn floor(&self) -> Result<u64> {
        let call = process::Call {
            program: PathBuf::from("true"),
            args: Vec::new(),
            folder: Path::new(".").to_path_buf(),
        };
        let terms =
            process::Terms { kill_after: 10.0, address_space: LIMITS.bytes, cores: self.field.cores() };
        Ok(process::run(&call, &terms)?.usage.peak_bytes)
    }
}
