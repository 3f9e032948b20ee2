//! The planners that are compared, and one attempt of one of them.
//!
//! Every attempt is a process of its own, alone, on one core, under the same limits; every plan is checked by the
//! validator before it counts, and a plan that came too late does not.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use isogrid_plan::plan_file::parse_plan;
use isogrid_plan::validate::validate;
use serde::Serialize;
use serde_json::{Value, json};

use super::LIMITS;
use super::contest::watch;
use super::downward::{self, Downward, Log};
use super::ours::Answer;
use super::pair::{Pair, Parsed};
use crate::process::{self, Call, Ended, Terms, Usage};

const DOMAIN: &str = "domain.pddl";
const PROBLEM: &str = "problem.pddl";
const PLAN: &str = "plan";

/// A planner in one of its modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Planner {
    /// `isogrid run --first`.
    #[serde(rename = "isogrid --first")]
    First,
    /// `isogrid run --optimal`.
    #[serde(rename = "isogrid --optimal")]
    Optimal,
    /// Fast Downward, alias `lama-first`.
    #[serde(rename = "Fast Downward lama-first")]
    LamaFirst,
    /// Fast Downward, `astar(blind())`.
    #[serde(rename = "Fast Downward A* blind")]
    AStarBlind,
}

/// Who is started, and on what terms.
#[derive(Debug, Clone)]
pub struct Field {
    /// The `isogrid` executable.
    pub isogrid: PathBuf,
    /// The peer.
    pub downward: Downward,
    /// The one core that all use.
    pub core: Option<usize>,
}

/// What is said of a plan for files that our parser does not take.
pub const UNCHECKED: &str = "a plan that the validator cannot check";

/// Limits of an attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Wall seconds.
    pub seconds: u64,
    /// Bytes of memory.
    pub bytes: u64,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A valid plan in time.
    Solved {
        /// Its steps.
        steps: usize,
        /// Its cost.
        cost: f64,
    },
    /// A plan that the validator refused.
    Invalid(String),
    /// No plan, and why.
    NoPlan(String),
}

/// One attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Who attempted.
    pub planner: Planner,
    /// What it used.
    pub usage: Usage,
    /// What came of it.
    pub outcome: Outcome,
    /// What it says of itself.
    pub said: Said,
}

/// A planner's own figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Ours.
    Isogrid(Answer),
    /// The peer's.
    FastDownward(Log),
}

impl Planner {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Planner::First => "isogrid --first",
            Planner::Optimal => "isogrid --optimal",
            Planner::LamaFirst => "FD lama-first",
            Planner::AStarBlind => "FD A* blind",
        }
    }

    fn call(self, field: &Field, limits: &Limits, folder: &Path) -> Call {
        let (program, args) = match self {
            Planner::First => (&field.isogrid, ours("--first", limits)),
            Planner::Optimal => (&field.isogrid, ours("--optimal", limits)),
            Planner::LamaFirst => {
                (&field.downward.python, theirs(field, limits, ["--alias", "lama-first", DOMAIN, PROBLEM]))
            }
            Planner::AStarBlind => (
                &field.downward.python,
                theirs(field, limits, [DOMAIN, PROBLEM, "--search", "astar(blind())"]),
            ),
        };
        Call { program: program.clone(), args, folder: folder.to_path_buf() }
    }

    fn said(self, ended: &Ended) -> Said {
        match self {
            Planner::First | Planner::Optimal => Said::Isogrid(Answer::parse(&ended.stdout)),
            Planner::LamaFirst | Planner::AStarBlind => Said::FastDownward(Log::parse(&ended.stdout)),
        }
    }
}

fn ours(mode: &str, limits: &Limits) -> Vec<OsString> {
    let budget = format!("{}s,{}B", limits.seconds, limits.bytes);
    ["run", mode, "--json", "--budget", &budget, "-o", PLAN, DOMAIN, PROBLEM].map(OsString::from).to_vec()
}

fn theirs(field: &Field, limits: &Limits, what: [&str; 4]) -> Vec<OsString> {
    let (time, memory) = (format!("{}s", limits.seconds), format!("{}M", limits.bytes >> 20));
    let limits = ["--overall-time-limit", &time, "--overall-memory-limit", &memory, "--plan-file", PLAN];
    let script = field.downward.script.as_os_str();
    std::iter::once(script.to_owned()).chain(limits.into_iter().chain(what).map(OsString::from)).collect()
}

impl Field {
    /// That core, as a range.
    pub(super) fn cores(&self) -> Option<(usize, usize)> {
        self.core.map(|core| (core, core))
    }

    /// What our clocks may use.
    pub(super) fn terms(&self) -> watch::Terms {
        let seconds = LIMITS.seconds as f64;
        watch::Terms { cpu_seconds: seconds, wall_seconds: seconds, bytes: LIMITS.bytes, core: self.core }
    }

    /// Lets `planner` attempt `pair`. `parsed` is the pair for the validator; a plan for a pair without it cannot
    /// count.
    ///
    /// # Errors
    /// The attempt cannot be made or measured. That there is no plan is no error.
    pub fn attempt(
        &self,
        planner: Planner,
        pair: &Pair,
        parsed: Option<&Parsed>,
        limits: &Limits,
    ) -> Result<Attempt> {
        let folder = tempfile::tempdir().context("creating a folder for an attempt")?;
        pair.write(folder.path())?;
        // A second and an eighth more than they are told, so that whoever minds the limits ends by itself.
        let terms = Terms {
            kill_after: limits.seconds as f64 + 1.0,
            address_space: limits.bytes + limits.bytes / 8,
            cores: self.cores(),
        };
        let ended = process::run(&planner.call(self, limits, folder.path()), &terms)?;
        let said = planner.said(&ended);
        let plan = fs::read(folder.path().join(PLAN)).ok();
        let outcome = match plan {
            Some(_) if ended.usage.wall_seconds > limits.seconds as f64 => {
                Outcome::NoPlan("time ended".to_string())
            }
            Some(plan) => judge(&plan, parsed),
            None => Outcome::NoPlan(planner.excuse(&ended, &said)),
        };
        Ok(Attempt { planner, usage: ended.usage, outcome, said })
    }
}

fn judge(plan: &[u8], parsed: Option<&Parsed>) -> Outcome {
    let Some(Parsed { domain, problem }) = parsed else {
        return Outcome::NoPlan(UNCHECKED.to_string());
    };
    let plan = match parse_plan("plan", plan) {
        Ok(plan) => plan,
        Err(error) => return Outcome::Invalid(error.to_string()),
    };
    let validation = validate(domain, problem, &plan.steps);
    match validation.is_valid() {
        true => Outcome::Solved { steps: validation.steps, cost: validation.cost },
        false => Outcome::Invalid(validation.to_string()),
    }
}

impl Planner {
    /// Why there is no plan.
    fn excuse(self, ended: &Ended, said: &Said) -> String {
        let usage = &ended.usage;
        if usage.too_late {
            return "time ended".to_string();
        }
        let Some(code) = usage.code else {
            return format!("ended by signal {}", usage.signal.unwrap_or_default());
        };
        match (said, code) {
            (Said::FastDownward(_), code) => downward::meaning(code).to_string(),
            (Said::Isogrid(_), 3) => "budget ended".to_string(),
            (Said::Isogrid(_), 1) => "unsolvable".to_string(),
            (Said::Isogrid(Answer { message: Some(message), .. }), _) => first_line(message),
            (Said::Isogrid(_), code) => format!("exit code {code}"),
        }
    }
}

/// The first line of a message.
pub fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_string()
}

impl Attempt {
    /// Wall seconds of the whole process.
    pub fn wall(&self) -> f64 {
        self.usage.wall_seconds
    }

    /// Steps and cost of the plan that counts.
    pub fn solved(&self) -> Option<(usize, f64)> {
        match self.outcome {
            Outcome::Solved { steps, cost } => Some((steps, cost)),
            _ => None,
        }
    }

    /// The peer's figures.
    pub fn log(&self) -> Option<&Log> {
        match &self.said {
            Said::FastDownward(log) => Some(log),
            Said::Isogrid(_) => None,
        }
    }

    /// Our figures.
    pub fn answer(&self) -> Option<&Answer> {
        match &self.said {
            Said::Isogrid(answer) => Some(answer),
            Said::FastDownward(_) => None,
        }
    }

    /// States expanded, by the planner's own count.
    pub fn expanded(&self) -> Option<u64> {
        match &self.said {
            Said::Isogrid(answer) => answer.expanded,
            Said::FastDownward(log) => log.expanded,
        }
    }

    /// A line of raw.jsonl.
    pub fn line(&self, section: &str, pair: &Pair, repeat: usize) -> Value {
        json!({
            "section": section,
            "planner": self.planner,
            "domain": pair.domain,
            "problem": pair.problem,
            "repeat": repeat,
            "repaired": pair.repaired,
            "outcome": self.outcome,
            "usage": self.usage,
            "said": self.said,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(code: Option<i32>, too_late: bool, stdout: &str) -> Ended {
        let usage = Usage {
            wall_seconds: 1.0,
            cpu_seconds: 1.0,
            peak_bytes: 1,
            code,
            signal: code.is_none().then_some(9),
            too_late,
        };
        Ended { usage, stdout: stdout.to_string(), stderr: String::new() }
    }

    #[test]
    fn missing_plans_have_a_reason() {
        let refused = r#"{"isogrid":1,"type":"error","message":"no :adl\nsecond line"}"#;
        let cases = [
            (Planner::First, ended(None, true, ""), "time ended"),
            (Planner::First, ended(None, false, ""), "ended by signal 9"),
            (Planner::First, ended(Some(1), false, ""), "unsolvable"),
            (Planner::First, ended(Some(3), false, ""), "budget ended"),
            (Planner::First, ended(Some(2), false, refused), "no :adl"),
            (Planner::Optimal, ended(Some(4), false, ""), "exit code 4"),
            (Planner::LamaFirst, ended(Some(12), false, ""), "unsolvable"),
            (Planner::LamaFirst, ended(Some(22), false, ""), "memory ended"),
            (Planner::AStarBlind, ended(Some(31), false, ""), "refused its input"),
            (Planner::AStarBlind, ended(Some(35), false, ""), "failed"),
        ];
        for (planner, ended, expected) in cases {
            assert_eq!(planner.excuse(&ended, &planner.said(&ended)), expected);
        }
    }

    #[test]
    fn only_valid_plans_count() {
        let domain = "(define (domain lamp) (:predicates (on))
            (:action switch :parameters () :precondition (not (on)) :effect (on)))";
        let problem = "(define (problem dark) (:domain lamp) (:init) (:goal (on)))";
        let parsed = Pair::new("lamp", "dark", domain.into(), problem.into()).parse().expect("good PDDL");
        assert_eq!(judge(b"(switch)\n; cost = 1\n", Some(&parsed)), Outcome::Solved { steps: 1, cost: 1.0 });
        assert!(matches!(judge(b"(switch)\n(switch)\n", Some(&parsed)), Outcome::Invalid(_)));
        assert!(matches!(judge(b"(((", Some(&parsed)), Outcome::Invalid(_)));
        assert!(matches!(judge(b"(switch)\n", None), Outcome::NoPlan(_)));
    }
}
