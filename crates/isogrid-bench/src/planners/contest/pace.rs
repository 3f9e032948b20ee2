//! Our own clocks in one search: a pair read, grounded and searched in a fresh process of this executable.
//!
//! Times are the processor time of the process, as Fast Downward's own clocks are. After every phase a line is
//! printed, so that a process that was ended still shows how far it came. The plan is written when all clocks have
//! stopped, and judged in the sections of the contest.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use isogrid_plan::pddl::{parse_domain, parse_problem};
use isogrid_plan::{Mode, Outcome, Plan, Search, SolveOptions, Task, ground, solve};
use serde::{Deserialize, Serialize};

use super::attempt::{self, Trial, plans};
use super::rivals::{DOMAIN, PLAN, PROBLEM, Programs};
use super::val::Word;
use super::watch::{self, Terms, Usage};
use crate::planners::pair::Pair;
use crate::process;

/// The verb of this executable that [`verb`] serves.
pub const VERB: &str = "pace";

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::planners) enum Pace {
    /// Reading and grounding alone.
    Ground,
    /// LAMA's search until its first plan.
    Lama,
    /// A* with LM-cut.
    LmCut,
    /// The same on a task of Fast Downward's translator.
    SharedLmCut,
    /// The default portfolio until its first plan.
    First,
    /// The default portfolio until the proof.
    Optimal,
}

/// Seconds and counts; what was not reached is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::planners) struct Clock {
    /// Reading and parsing.
    pub read_seconds: Option<f64>,
    /// Grounding.
    pub ground_seconds: Option<f64>,
    /// Facts of the ground task: values of all its variables.
    pub facts: Option<u64>,
    /// Its operators.
    pub operators: Option<u64>,
    /// Search, its landmarks and first heuristic values included.
    pub search_seconds: Option<f64>,
    /// States evaluated.
    pub evaluated: Option<u64>,
    /// States expanded.
    pub expanded: Option<u64>,
    /// Of these, before the last value of cost and estimate together.
    pub before_last_layer: Option<u64>,
    /// The cost of the plan.
    pub cost: Option<u64>,
}

/// A clock, and what the process used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::planners) struct Paced {
    pub clock: Clock,
    pub usage: Usage,
    /// What it said where it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What came of its plan; none where it handed none in, or nobody judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) verdict: Option<attempt::Outcome>,
    /// What VAL says of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) val: Option<Word>,
}

impl Paced {
    /// The cost of its plan, where that is valid.
    pub(super) fn valid_cost(&self) -> Option<f64> {
        match self.verdict {
            Some(attempt::Outcome::Solved { cost, .. }) => Some(cost),
            _ => None,
        }
    }

    /// Why its plan was refused.
    pub(super) fn refusal(&self) -> Option<&str> {
        match &self.verdict {
            Some(attempt::Outcome::Invalid(why)) => Some(why),
            _ => None,
        }
    }
}

impl Pace {
    fn word(self) -> &'static str {
        match self {
            Pace::Ground => "ground",
            Pace::Lama => "lama",
            Pace::LmCut | Pace::SharedLmCut => "lmcut",
            Pace::First => "first",
            Pace::Optimal => "optimal",
        }
    }

    fn options(word: &str) -> Result<Option<SolveOptions>> {
        let (mode, search) = match word {
            "ground" => return Ok(None),
            "lama" => (Mode::First, Search::Lama),
            "lmcut" => (Mode::Optimal, Search::AStar(isogrid_plan::Estimate::LmCut)),
            "first" => (Mode::First, Search::Auto),
            "optimal" => (Mode::Optimal, Search::Auto),
            other => bail!("`{other}`: expected ground, lama, lmcut, first or optimal"),
        };
        Ok(Some(SolveOptions { mode, search, ..SolveOptions::default() }))
    }
}

/// Times `pair` in a process of its own. Nobody judges its plan.
///
/// # Errors
/// The process cannot be started.
pub(in crate::planners) fn pace(pace: Pace, pair: &Pair, terms: &Terms) -> Result<Paced> {
    let folder = tempfile::tempdir().context("creating a folder")?;
    pair.write(folder.path())?;
    run(&[VERB, pace.word(), DOMAIN, PROBLEM], folder.path(), terms)
}

impl Programs {
    /// Times what `trial` names, on its terms, and has the plan judged; on a shared task nobody judges it.
    ///
    /// # Errors
    /// A process cannot be started, or Fast Downward's translator refuses the pair where it is to be shared.
    pub fn pace(&self, trial: &Trial<'_>, what: Pace) -> Result<Paced> {
        let terms = trial.limits.terms();
        let folder = tempfile::tempdir().context("creating a folder")?;
        trial.pair.write(folder.path())?;
        if what == Pace::SharedLmCut {
            self.downward.translate(folder.path())?;
            return run(&[VERB, what.word(), "output.sas"], folder.path(), &terms);
        }
        let paced = run(&[VERB, what.word(), DOMAIN, PROBLEM], folder.path(), &terms)?;
        let (verdict, val) = self.judged_twice(&plans(folder.path())?, trial.parsed, folder.path())?;
        // Who is ended while it writes a plan has not handed one in; VAL is asked of whole ones alone.
        let is_refused = matches!(verdict, Some(attempt::Outcome::Invalid(_)));
        let is_cut_off = is_refused && val.is_none() && paced.usage.over.is_some();
        Ok(Paced { verdict: verdict.filter(|_| !is_cut_off), val, ..paced })
    }
}

fn run(args: &[&str], folder: &Path, terms: &Terms) -> Result<Paced> {
    let call = process::own(args, folder)?;
    let ended = watch::run(&call, terms)?;
    let clock =
        ended.stdout.lines().rev().find_map(|line| serde_json::from_str(line).ok()).unwrap_or_default();
    let failure = ended.stderr.lines().next().filter(|_| ended.usage.code != Some(0)).map(str::to_string);
    Ok(Paced { clock, usage: ended.usage, failure, verdict: None, val: None })
}

/// Times the parts; `args` are what is timed, then a domain and a problem, or a translated task. A line of `out` after
/// each; a plan goes into a file beside the others.
///
/// # Errors
/// The arguments are wrong, the files cannot be read or grounded, or the plan cannot be written.
pub fn verb(args: &[String], out: &mut dyn Write) -> Result<()> {
    let [word, files @ ..] = args else { bail!("`{VERB}` takes a pace and files") };
    let options = Pace::options(word)?;
    let mut watch = Watch { clock: Clock::default(), since: process::cpu_seconds(), out };
    let task = match files {
        [domain, problem] => watch.read_pair(domain, problem)?,
        [sas] => watch.read_shared(sas)?,
        _ => bail!("`{VERB}` takes a domain and a problem, or a translated task"),
    };
    let Some(options) = options else { return Ok(()) };
    let result = solve(&task, &options);
    watch.clock.search_seconds = watch.lap();
    let counted = result.statistics;
    watch.clock.evaluated = Some(counted.evaluated);
    watch.clock.expanded = Some(counted.expanded);
    watch.clock.before_last_layer = Some(counted.before_last_layer);
    let Outcome::Solved { plan, .. } = &result.outcome else { return watch.say() };
    watch.clock.cost = Some(plan.cost);
    watch.say()?;
    write_plan(&task, plan, &Path::new(&files[0]).with_file_name(PLAN)).context("writing the plan")
}

/// Writes step by step: a text of all of them would count as memory of the search.
fn write_plan(task: &Task, plan: &Plan, path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    plan.operators.iter().try_for_each(|&operator| writeln!(file, "{}", task.step(operator)))?;
    Ok(file.flush()?)
}

/// A clock that is read after each part.
struct Watch<'a> {
    clock: Clock,
    since: f64,
    out: &'a mut dyn Write,
}

impl Watch<'_> {
    fn read_pair(&mut self, domain: &str, problem: &str) -> Result<Task> {
        let (parsed, _) = parse_domain(domain, &bytes(domain)?)?;
        let (problem, _) = parse_problem(problem, &bytes(problem)?, &parsed)?;
        self.clock.read_seconds = self.lap();
        self.say()?;
        let task = ground(&Arc::new(parsed), &Arc::new(problem))?;
        self.clock.ground_seconds = self.lap();
        self.clock.facts = Some(task.n_facts() as u64);
        self.clock.operators = Some(task.n_operators() as u64);
        self.say()?;
        Ok(task)
    }

    fn read_shared(&mut self, sas: &str) -> Result<Task> {
        let task = Task::from_sas(sas, &bytes(sas)?)?;
        self.clock.read_seconds = self.lap();
        self.say()?;
        Ok(task)
    }

    /// Seconds since the part before.
    fn lap(&mut self) -> Option<f64> {
        let (before, now) = (self.since, process::cpu_seconds());
        self.since = now;
        Some(now - before)
    }

    fn say(&mut self) -> Result<()> {
        writeln!(self.out, "{}", serde_json::to_string(&self.clock)?)?;
        Ok(self.out.flush()?)
    }
}

fn bytes(path: &str) -> Result<Vec<u8>> {
    fs::read(Path::new(path)).with_context(|| format!("reading {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_printed_as_they_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let domain = "(define (domain lamp) (:predicates (on) (off))
            (:action switch :parameters () :precondition (off) :effect (and (on) (not (off)))))";
        fs::write(path("d"), domain).expect("writable");
        fs::write(path("p"), "(define (problem dark) (:domain lamp) (:init (off)) (:goal (on)))")
            .expect("writable");
        for (word, n_lines, cost) in [("ground", 2, None), ("lama", 3, Some(1)), ("lmcut", 3, Some(1))] {
            let mut out = Vec::new();
            verb(&[word.to_string(), path("d"), path("p")], &mut out).expect("a task");
            let text = String::from_utf8(out).expect("text");
            assert_eq!(text.lines().count(), n_lines, "{text}");
            let last: Clock = serde_json::from_str(text.lines().last().expect("a line")).expect("a clock");
            assert_eq!(last.cost, cost);
            let plan = fs::read_to_string(path(PLAN)).ok();
            assert_eq!(plan.as_deref(), cost.map(|_| "(switch)\n"));
        }
        assert!(verb(&["fast".to_string(), path("d"), path("p")], &mut Vec::new()).is_err());
    }
}
