//! Section: the files of amlgym and pddlgym, ours against Fast Downward's translator and blind A*.
//!
//! Verdicts of parsing, sizes of ground tasks, optimal costs where both find them in a few seconds. Sizes need not be
//! equal (both prune, each in its way); verdicts and costs must be, or the table says what differs.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::Contest;
use super::attempt::{Limits, Outcome, Row};
use super::coverage::geometric_mean;
use super::pace::{Pace, Paced, pace};
use super::rivals::{Rival, Told};
use super::watch::Terms;
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::planners::pair::Pair;
use crate::planners::{Bench, LIMITS, amlgym_problems};

const SECONDS: u64 = 5;
/// Problems of each domain.
const MAX_PROBLEMS: usize = 5;

/// One file for both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Compared {
    set: String,
    ground: Paced,
    ours: Row,
    theirs: Row,
}

impl Bench {
    pub(in crate::planners) fn agreement(
        &mut self,
        contest: &mut Contest,
        say: &mut dyn FnMut(&str),
    ) -> Result<()> {
        let n_domains = self.either(3, usize::MAX);
        let amlgym = amlgym_problems(&self.folder("amlgym")?, n_domains, MAX_PROBLEMS)?;
        let pddlgym = self.pddlgym_domains()?;
        let sets = [("amlgym", amlgym), ("pddlgym", pddlgym)];
        let mut all = Vec::new();
        for (set, domains) in sets {
            for pairs in domains {
                say(&format!("agreement: {set} {}", pairs[0].domain));
                for pair in pairs.iter().take(MAX_PROBLEMS) {
                    if contest.extent.is_over() {
                        continue;
                    }
                    let one = compare(contest, set, pair)?;
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
        let count = |kind: &str| Some(kinds.get(kind).copied().unwrap_or(0) as f64);
        let bar = Bar::judge("optimal costs that differ", count(COST), Promise::AtMost, Some(0.0));
        self.run.bar("agreement: costs", bar);
        let bar = Bar::judge(
            "files that Fast Downward takes and we refuse",
            count(REFUSED),
            Promise::AtMost,
            Some(0.0),
        );
        self.run.bar("agreement: refused", bar);
    }
}

const REFUSED: &str = "only we refuse";
const TAKEN: &str = "only Fast Downward refuses";
const COST: &str = "optimal cost";
const SOLVABLE: &str = "whether there is a plan";

fn compare(contest: &mut Contest, set: &str, pair: &Pair) -> Result<Compared> {
    let told = Told { seconds: SECONDS, bytes: LIMITS.bytes };
    let limits = Limits { told, core: contest.limits.core };
    let parsed = pair.parse().ok();
    let programs = &contest.programs;
    contest.state.row(&format!("agreement {set} {} {}", pair.domain, pair.problem), || {
        let seconds = SECONDS as f64;
        let terms =
            Terms { cpu_seconds: seconds, wall_seconds: 3.0 * seconds, bytes: told.bytes, core: limits.core };
        let attempt = |rival| programs.attempt("agreement", rival, (pair, parsed.as_ref()), &limits);
        Ok(Compared {
            set: set.to_string(),
            ground: pace(Pace::Ground, pair, &terms)?,
            ours: attempt(Rival::IsogridOptimal)?,
            theirs: attempt(Rival::Blind)?,
        })
    })
}

impl Compared {
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
            (Outcome::Invalid(_), _) | (_, Outcome::Invalid(_)) => Some(("an invalid plan", ours, theirs)),
            _ => None,
        }
    }
}

impl Row {
    /// Whether a limit ended it.
    fn is_stopped(&self) -> bool {
        matches!(&self.outcome, Outcome::NoPlan(why) if why == "time ended" || why == "memory ended")
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
        let operators: Vec<f64> = files
            .iter()
            .filter_map(|one| ratio(one.ground.clock.operators, one.theirs.said.operators))
            .collect();
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
