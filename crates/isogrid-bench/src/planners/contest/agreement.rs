//! Section: the files of amlgym and pddlgym, ours against Fast Downward's translator and blind A*.
//!
//! Verdicts of parsing, sizes of ground tasks, optimal costs where both find them in a few seconds. Sizes need not be
//! equal (both prune, each in its way); verdicts and costs must be, or the table says what differs.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use super::Contest;
use super::attempt::{Limits, Outcome, Row, Trial};
use super::coverage::geometric_mean;
use super::pace::{Pace, Paced};
use super::rivals::{Rival, Told};
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::planners::pair::Pair;
use crate::planners::{Bench, LIMITS, Say, amlgym_problems};

const SECONDS: u64 = 5;
/// Problems of each domain.
const MAX_PROBLEMS: usize = 5;

/// One file for both.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Compared {
    set: String,
    ground: Paced,
    ours: Row,
    theirs: Row,
}

impl Bench {
    pub(in crate::planners) fn agreement(&mut self, contest: &Contest, say: &mut Say<'_>) -> Result<()> {
        let n_domains = self.either(3, usize::MAX);
        let amlgym = amlgym_problems(&self.folder("amlgym")?, n_domains, MAX_PROBLEMS)?;
        let pddlgym = self.pddlgym_domains()?;
        let sets = [("amlgym", amlgym), ("pddlgym", pddlgym)];
        let mut all = Vec::new();
        for (set, domains) in sets {
            for pairs in domains {
                say(&format!("agreement: {set} {}", pairs[0].domain));
                for pair in pairs.iter().take(MAX_PROBLEMS) {
                    let Some(one) = compare(contest, set, pair)? else { continue };
                    self.run.record(&serde_json::json!({"section": "agreement", "compared": one}))?;
                    all.push(one);
                }
            }
        }
        self.agreement_tables(&all);
        Ok(())
    }

    fn agreement_tables(&mut self, all: &[Compared]) {
        let mut grid = Grid::new(&["set", "domain", "problem", "what differs", "isogrid", "Fast Downward"]);
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for one in all {
            if let Some((kind, ours, theirs)) = one.difference() {
                *kinds.entry(kind).or_default() += 1;
                let cells = [&one.set, &one.ours.domain, &one.ours.instance].map(Clone::clone);
                let words = [kind.to_string(), ours, theirs].map(|text| text.replace('|', "/"));
                grid.row(cells.into_iter().chain(words).collect());
            }
        }
        let text = format!("{} files. Differences: {kinds:?}\n\n{}", all.len(), grid.markdown());
        self.run.fragment("agreement", text);
        self.run.fragment("ground sizes", sizes(all));
        let n = all.len();
        let count = |of: &[&str]| {
            let sum: usize = of.iter().map(|kind| kinds.get(kind).copied().unwrap_or(0)).sum();
            Some(sum as f64).filter(|_| n > 0)
        };
        let text =
            format!("of {n} files, those with another verdict, an invalid plan or another optimal cost");
        let bar = Bar::judge(&text, count(&[COST, SOLVABLE, INVALID]), Promise::AtMost, Some(0.0));
        self.run.bar("agreement: answers", bar);
        let text = format!("of {n} files, those that Fast Downward takes and we refuse");
        let bar = Bar::judge(&text, count(&[REFUSED]), Promise::AtMost, Some(0.0));
        self.run.bar("agreement: refused", bar);
        let text = format!("of {n} files, those on which either ends without a plan, and not by a limit");
        let bar = Bar::judge(&text, count(&[FAILED]), Promise::AtMost, Some(0.0));
        self.run.bar("agreement: ends", bar);
        let most = all.iter().filter_map(Compared::operators_ratio).reduce(f64::max);
        let text = format!("operators of our ground task over the translator's, at most over {n} files");
        self.run.bar("agreement: ground size", Bar::judge(&text, most, Promise::AtMost, Some(1.0)));
    }
}

const REFUSED: &str = "only we refuse";
const TAKEN: &str = "only Fast Downward refuses";
const COST: &str = "optimal cost";
const SOLVABLE: &str = "whether there is a plan";
const INVALID: &str = "an invalid plan";
const FAILED: &str = "one ends without a plan, and not by a limit";

/// Both at one file; none if time is over before they are.
fn compare(contest: &Contest, set: &str, pair: &Pair) -> Result<Option<Compared>> {
    let told = Told { seconds: SECONDS, bytes: LIMITS.bytes };
    let limits = Limits { told, ..contest.limits() };
    let parsed = pair.parse().ok();
    let section = format!("agreement {set}");
    let trial = Trial { section: &section, pair, parsed: parsed.as_ref(), limits };
    let Some(ground) = contest.paced(&trial, Pace::Ground)? else { return Ok(None) };
    let Some(ours) = contest.attempt(&trial, Rival::IsogridOptimal)? else { return Ok(None) };
    let Some(theirs) = contest.attempt(&trial, Rival::Blind)? else { return Ok(None) };
    Ok(Some(Compared { set: set.to_string(), ground, ours, theirs }))
}

impl Compared {
    /// Operators of our ground task over the translator's.
    fn operators_ratio(&self) -> Option<f64> {
        Some(self.ground.clock.operators? as f64 / self.theirs.said.operators.filter(|&n| n > 0)? as f64)
    }

    /// What differs, and what either says; none where nothing does.
    fn difference(&self) -> Option<(&'static str, String, String)> {
        let words = |row: &Row| match &row.outcome {
            Outcome::Solved { cost, .. } => format!("cost {cost}"),
            Outcome::Invalid(why) => format!("invalid: {why}"),
            Outcome::Unsolvable => "no plan".to_string(),
            Outcome::NoPlan(why) => why.clone(),
        };
        let (ours, theirs) = (words(&self.ours), words(&self.theirs));
        let failure = self.ground.failure.clone();
        let refused = (failure.is_some(), self.theirs.said.operators.is_none() && !self.theirs.is_stopped());
        match refused {
            (true, false) => return Some((REFUSED, failure.unwrap_or_default(), theirs)),
            (false, true) => return Some((TAKEN, ours, theirs)),
            (true, true) => return None,
            (false, false) => {}
        }
        match (&self.ours.outcome, &self.theirs.outcome) {
            (Outcome::Solved { cost: a, .. }, Outcome::Solved { cost: b, .. }) if a != b => {
                Some((COST, ours, theirs))
            }
            (Outcome::Solved { .. }, Outcome::Unsolvable) | (Outcome::Unsolvable, Outcome::Solved { .. }) => {
                Some((SOLVABLE, ours, theirs))
            }
            (Outcome::Invalid(_), _) | (_, Outcome::Invalid(_)) => Some((INVALID, ours, theirs)),
            (Outcome::NoPlan(_), _) if !self.ours.is_stopped() => Some((FAILED, ours, theirs)),
            (_, Outcome::NoPlan(_)) if !self.theirs.is_stopped() => Some((FAILED, ours, theirs)),
            _ => None,
        }
    }
}

impl Row {
    /// Whether a limit ended it.
    fn is_stopped(&self) -> bool {
        matches!(&self.outcome, Outcome::NoPlan(why) if matches!(why.as_str(), "time ended" | "memory ended" | "budget ended"))
    }
}

/// Sizes of ground tasks by domain, ours over the translator's.
fn sizes(all: &[Compared]) -> String {
    let mut grid = Grid::new(&["domain", "files", "facts ratio", "operators ratio", "least", "most"]);
    let mut domains: BTreeMap<String, Vec<&Compared>> = BTreeMap::new();
    for one in all {
        domains.entry(format!("{} {}", one.set, one.ours.domain)).or_default().push(one);
    }
    for (domain, files) in domains {
        let ratio = |ours: Option<u64>, theirs: Option<u64>| Some(ours? as f64 / theirs? as f64);
        let facts = files.iter().filter_map(|one| ratio(one.ground.clock.facts, one.theirs.said.facts));
        let operators: Vec<f64> = files.iter().filter_map(|one| one.operators_ratio()).collect();
        let extreme = |pick: fn(f64, f64) -> f64| number(operators.iter().copied().reduce(pick));
        grid.row(vec![
            domain,
            files.len().to_string(),
            number(geometric_mean(facts)),
            number(geometric_mean(operators.iter().copied())),
            extreme(f64::min),
            extreme(f64::max),
        ]);
    }
    format!("Facts and operators of ours over the translator's, geometric means.\n\n{}", grid.markdown())
}
