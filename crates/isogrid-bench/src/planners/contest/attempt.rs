//! One attempt of one planner at one instance, under limits, with its plans judged by the validator.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use isogrid_num::hash::hash_words;
use isogrid_plan::plan_file::parse_plan;
use isogrid_plan::validate::validate;
use serde::{Deserialize, Serialize};

use super::rivals::{Maker, PLAN, Programs, Rival, Told};
use super::said::Said;
use super::state::{Key, Stamp, hash_bytes};
use super::val::{self, Word};
use super::watch::{self, Over, Terms, Usage};
use crate::planners::downward;
use crate::planners::pair::{Pair, Parsed};

/// Whoever runs on is ended so much later, in processor seconds.
const GRACE_SECONDS: f64 = 0.5;
/// A process that waits is ended after so many times its processor seconds.
const PATIENCE: f64 = 3.0;
const MAX_MESSAGE: usize = 160;
/// The plan that is checked from outside, in a name that no planner uses.
const CHECKED: &str = "checked";

/// A finished attempt: a line of the state file and of raw.jsonl.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    /// The part of the bench.
    pub section: String,
    /// The domain.
    pub domain: String,
    /// The instance.
    pub instance: String,
    /// Who attempted.
    pub rival: Rival,
    /// What came of it.
    pub outcome: Outcome,
    /// What it used.
    pub usage: Usage,
    /// What it says.
    pub said: Said,
    /// What VAL says of the plan that counts, or would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub val: Option<Word>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// A valid plan in time; the cheapest where there are several.
    Solved {
        /// Its steps.
        steps: usize,
        /// Its cost.
        cost: f64,
    },
    /// The validator refused a plan and took none.
    Invalid(String),
    /// Proved to have no plan, as the planner says.
    Unsolvable,
    /// No plan, and why.
    NoPlan(String),
}

impl Row {
    /// The cost of the plan that counts.
    pub fn cost(&self) -> Option<f64> {
        match self.outcome {
            Outcome::Solved { cost, .. } => Some(cost),
            _ => None,
        }
    }
}

/// What is attempted, for which section, on what terms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial<'a> {
    pub section: &'a str,
    pub pair: &'a Pair,
    /// The pair for the validator; none where we cannot read it.
    pub parsed: Option<&'a Parsed>,
    pub limits: Limits,
}

impl Trial<'_> {
    /// Under what an attempt of `who`, made with what `stamp` is a digest of, is kept.
    pub fn key(&self, who: &str, stamp: Stamp) -> Key {
        let Pair { domain, problem, domain_text, problem_text, .. } = self.pair;
        let Told { seconds, bytes } = self.limits.told;
        let group = format!("{} {domain} {problem}", self.section);
        let words = hash_words(&[hash_bytes(domain_text), hash_bytes(problem_text), seconds, bytes]);
        Key { name: format!("{group} {who} {words:016x}"), group, stamp }
    }
}

/// On what terms everybody attempts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    pub told: Told,
    pub core: Option<usize>,
    /// Time is over: nothing is attempted any more, and what is known still counts.
    pub is_over: bool,
}

impl Limits {
    /// The accounts of an attempt.
    pub fn terms(&self) -> Terms {
        let seconds = self.told.seconds as f64;
        Terms {
            cpu_seconds: seconds + GRACE_SECONDS,
            wall_seconds: seconds * PATIENCE + GRACE_SECONDS,
            bytes: self.told.bytes,
            core: self.core,
        }
    }
}

impl Programs {
    /// Lets `rival` attempt what `trial` says.
    ///
    /// # Errors
    /// The attempt cannot be made or measured. That there is no plan is no error.
    pub fn attempt(&self, trial: &Trial<'_>, rival: Rival) -> Result<Row> {
        let Trial { section, pair, parsed, limits } = trial;
        let folder = tempfile::tempdir().context("creating a folder for an attempt")?;
        pair.write(folder.path())?;
        let call = self.call(rival, &limits.told, folder.path());
        let ended = watch::run(&call, &limits.terms())?;
        let said = Said::parse(rival.maker(), &ended.stdout);
        let late = !rival.is_anytime() && ended.usage.cpu_seconds > limits.told.seconds as f64;
        let plans = if late { Vec::new() } else { plans(folder.path())? };
        let (verdict, val) = self.judged_twice(&plans, *parsed, folder.path())?;
        let outcome = match verdict {
            // Who is ended while it writes a plan has not handed one in; VAL is asked of whole ones alone.
            Some(Outcome::Invalid(_)) if ended.usage.over.is_some() && val.is_none() => {
                self.excuse(rival.maker(), &ended, &said)
            }
            // What is no proof is no answer to the question for an optimal plan.
            Some(Outcome::Solved { .. }) if rival == Rival::IsogridOptimal && said.optimal != Some(true) => {
                Outcome::NoPlan("a plan without a proof".to_string())
            }
            Some(outcome) => outcome,
            None if late => Outcome::NoPlan("time ended".to_string()),
            None => self.excuse(rival.maker(), &ended, &said),
        };
        Ok(Row {
            section: section.to_string(),
            domain: pair.domain.clone(),
            instance: pair.problem.clone(),
            rival,
            outcome,
            usage: ended.usage,
            said,
            val,
        })
    }

    /// The validator's verdict on the cheapest plan, and VAL's, which may overrule it.
    pub fn judged_twice(
        &self,
        plans: &[Vec<u8>],
        parsed: Option<&Parsed>,
        folder: &Path,
    ) -> Result<(Option<Outcome>, Option<Word>)> {
        let Some((plan, verdict)) = judge(plans, parsed) else { return Ok((None, None)) };
        let Outcome::Solved { cost, .. } = verdict else { return Ok((Some(verdict), None)) };
        fs::write(folder.join(CHECKED), plan).context("writing the plan that is checked")?;
        let word = val::ask(&self.tools, folder, CHECKED)?;
        let verdict = word.contradicts(cost).map_or(verdict, Outcome::Invalid);
        Ok((Some(verdict), Some(word)))
    }

    /// Why there is no plan, in the planner's own words where it has some.
    fn excuse(&self, maker: Maker, ended: &watch::Ended, said: &Said) -> Outcome {
        let why = |text: &str| Outcome::NoPlan(text.to_string());
        match ended.usage.over {
            Some(Over::Cpu | Over::Wall) => return why("time ended"),
            Some(Over::Memory) => return why("memory ended"),
            None => {}
        }
        match (maker, ended.usage.code) {
            (Maker::Isogrid, Some(1)) => return Outcome::Unsolvable,
            (Maker::Isogrid, Some(3)) => return why("budget ended"),
            (Maker::FastDownward, Some(10..=12)) => return Outcome::Unsolvable,
            // Its driver passes on that SIGXCPU ended its translator.
            (Maker::FastDownward, Some(232)) => return why("time ended"),
            (Maker::FastDownward, Some(code)) if downward::meaning(code) != "failed" => {
                return why(downward::meaning(code));
            }
            _ => {}
        }
        let own =
            said.message.clone().or_else(|| last_words(&ended.stderr)).or_else(|| last_words(&ended.stdout));
        let own = own.map(|text| self.without_paths(&text)).unwrap_or_default();
        match (ended.usage.code, ended.usage.signal) {
            (_, Some(signal)) => why(&format!("ended by signal {signal}: {own}")),
            (Some(code), None) => why(&format!("exit code {code}: {own}")),
            (None, None) => why(&own),
        }
    }

    fn without_paths(&self, text: &str) -> String {
        let text = text.replace(&*self.tools.to_string_lossy(), "TOOLS");
        let words = text.split(' ').map(|word| {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
            if bare.starts_with('/') { "PATH" } else { word }
        });
        words.collect::<Vec<_>>().join(" ").chars().take(MAX_MESSAGE).collect()
    }
}

fn last_words(text: &str) -> Option<String> {
    text.lines().rev().map(str::trim).find(|line| line.chars().any(char::is_alphanumeric)).map(str::to_string)
}

/// The plan files of a folder: `plan`, `plan.1` and on, or pyperplan's `problem.pddl.soln`.
pub(super) fn plans(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let numbered = name.strip_prefix("plan.").is_some_and(|rest| rest.parse::<u64>().is_ok());
        if name == PLAN || numbered || name.ends_with(".soln") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| fs::read(path).context("reading a plan")).collect()
}

/// The cheapest valid plan and its verdict; none where there is no plan at all.
fn judge<'a>(plans: &'a [Vec<u8>], parsed: Option<&Parsed>) -> Option<(&'a [u8], Outcome)> {
    let mut verdict: Option<(&[u8], Outcome)> = None;
    for plan in plans {
        let one = judge_one(plan, parsed);
        let better = match (&one, &verdict) {
            (Outcome::Solved { cost, .. }, Some((_, Outcome::Solved { cost: best, .. }))) => cost < best,
            (Outcome::Solved { .. }, _) | (_, None) => true,
            _ => false,
        };
        if better {
            verdict = Some((plan, one));
        }
    }
    verdict
}

fn judge_one(plan: &[u8], parsed: Option<&Parsed>) -> Outcome {
    let Some(Parsed { domain, problem }) = parsed else {
        return Outcome::Invalid("the validator cannot read the files".to_string());
    };
    let plan = match parse_plan(PLAN, plan) {
        Ok(plan) => plan,
        Err(error) => return Outcome::Invalid(first_line(&error.to_string())),
    };
    let validation = validate(domain, problem, &plan.steps);
    match validation.is_valid() {
        true => Outcome::Solved { steps: validation.steps, cost: validation.cost },
        false => Outcome::Invalid(first_line(&validation.to_string())),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lamp() -> Parsed {
        let domain = "(define (domain lamp) (:predicates (on))
            (:action switch :parameters () :precondition () :effect (on)))";
        let problem = "(define (problem dark) (:domain lamp) (:init) (:goal (on)))";
        Pair::new("lamp", "dark", domain.into(), problem.into()).parse().expect("good PDDL")
    }

    #[test]
    fn the_cheapest_valid_plan_counts() {
        let parsed = lamp();
        let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
        let solved = |steps| Some(Outcome::Solved { steps, cost: steps as f64 });
        let cases = [
            (texts(&[]), None),
            (texts(&["(switch)\n(switch)\n", "(switch)\n"]), solved(1)),
            (texts(&["(switch)\n", "(jump)\n"]), solved(1)),
        ];
        for (plans, expected) in cases {
            assert_eq!(judge(&plans, Some(&parsed)).map(|(_, verdict)| verdict), expected);
        }
        let [wrong, unread] = [texts(&["(jump)\n"]), texts(&["(switch)\n"])];
        assert!(matches!(judge(&wrong, Some(&parsed)), Some((_, Outcome::Invalid(_)))));
        assert!(matches!(judge(&unread, None), Some((_, Outcome::Invalid(_)))));
    }

    #[test]
    fn plan_files_are_found_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["plan", "plan.2", "plan.ipc", "problem.pddl.soln", "domain.pddl"] {
            fs::write(folder.path().join(name), name).expect("writable");
        }
        let found = plans(folder.path()).expect("readable");
        assert_eq!(found, [&b"plan"[..], b"plan.2", b"problem.pddl.soln"]);
    }

    #[test]
    fn words_of_a_planner_lose_their_paths() {
        let programs = Programs {
            isogrid: "i".into(),
            downward: downward::Downward { script: "s".into(), python: "p".into(), version: "1".into() },
            tools: "/opt/tools".into(),
            scripts: "x".into(),
        };
        assert_eq!(
            programs.without_paths("no /opt/tools/a.py in (/some/x) here"),
            "no TOOLS/a.py in PATH here"
        );
        assert_eq!(last_words("Traceback\nValueError: no\n\n  ~~~\n").as_deref(), Some("ValueError: no"));
    }
}
