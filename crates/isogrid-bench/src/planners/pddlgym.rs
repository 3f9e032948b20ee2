//! Section: the domains of PDDLGym, as found in the wild: what we plan for, and what we refuse by name.

use anyhow::Result;

use super::contender::{Attempt, Limits, Outcome, Planner, UNCHECKED, first_line};
use super::pair::{Pair, pddl_files, stem};
use super::{Bench, LIMITS, Say};
use crate::grid::Grid;

const MAX_PROBLEMS: usize = 10;
const SHORT: Limits = Limits { seconds: 10, bytes: LIMITS.bytes };

/// What came of one domain.
#[derive(Default)]
struct Fate {
    /// Our attempts, and the peer's of the same problems.
    attempts: Vec<(Attempt, Attempt)>,
    /// Problems that we refuse, and the words of the first refusal.
    refused: usize,
    refusal: Option<String>,
    /// How the peer ended on the first problem that we refuse.
    peer: Option<String>,
    /// Why the domain is left out: the peer cannot read it.
    left_out: Option<String>,
}

impl Bench {
    pub(super) fn pddlgym(&mut self, say: &mut Say<'_>) -> Result<()> {
        let domains = self.pddlgym_domains()?;
        let n = domains.len();
        let mut fates = Vec::new();
        for (at, pairs) in domains.into_iter().enumerate() {
            say(&format!("pddlgym: {} of {n} domains, now {}", at + 1, pairs[0].domain));
            let fate = self.fate(&pairs)?;
            fates.push((pairs[0].domain.clone(), fate));
        }
        self.run.fragment("pddlgym", summary(&fates));
        Ok(())
    }

    /// The problems of every domain that has some.
    pub(super) fn pddlgym_domains(&self) -> Result<Vec<Vec<Pair>>> {
        let folder = self.folder("pddlgym")?;
        let (n_domains, n_problems) = self.either((3, 2), (usize::MAX, MAX_PROBLEMS));
        let mut all = Vec::new();
        let mut domains = pddl_files(&folder)?;
        domains.sort();
        for domain in domains {
            let name = stem(&domain);
            let mut problems = pddl_files(&folder.join(&name))?;
            problems.extend(pddl_files(&folder.join(format!("{name}_test")))?);
            problems.truncate(n_problems);
            let pairs =
                problems.iter().map(|problem| Pair::read(&domain, problem)).collect::<Result<Vec<_>>>()?;
            if !pairs.is_empty() && all.len() < n_domains {
                all.push(pairs);
            }
        }
        Ok(all)
    }

    fn fate(&mut self, pairs: &[Pair]) -> Result<Fate> {
        let mut fate = Fate::default();
        for pair in pairs {
            if let Err(error) = pair.parse() {
                self.refuse(&mut fate, pair, &error.to_string())?;
                continue;
            }
            let theirs = self.try_one(Planner::LamaFirst, pair)?;
            if fate.attempts.is_empty()
                && let Outcome::NoPlan(why) = &theirs.outcome
                && REFUSALS.contains(&why.as_str())
            {
                fate.left_out = Some(why.clone());
                break;
            }
            fate.attempts.push((self.try_one(Planner::First, pair)?, theirs));
        }
        Ok(fate)
    }

    fn refuse(&mut self, fate: &mut Fate, pair: &Pair, why: &str) -> Result<()> {
        fate.refused += 1;
        if fate.refusal.is_none() {
            fate.refusal = Some(first_line(why));
            fate.peer = Some(match self.try_one(Planner::LamaFirst, pair)?.outcome {
                Outcome::NoPlan(why) if why != UNCHECKED => why,
                _ => "finds a plan".to_string(),
            });
        }
        Ok(())
    }

    fn try_one(&mut self, planner: Planner, pair: &Pair) -> Result<Attempt> {
        let parsed = pair.parse().ok();
        let attempt = self.field.attempt(planner, pair, parsed.as_ref(), &SHORT)?;
        self.run.record(&attempt.line("pddlgym", pair, 0))?;
        Ok(attempt)
    }
}

/// Ends of the peer that say that it cannot read the files.
const REFUSALS: [&str; 3] = ["refused its input", "does not support it", "failed"];

fn summary(fates: &[(String, Fate)]) -> String {
    let mut grid = Grid::new(&[
        "domain",
        "problems",
        "solved: isogrid",
        "FD",
        "proved unsolvable: isogrid",
        "FD",
        "refused: isogrid",
    ]);
    let (mut refusals, mut left_out) = (String::new(), Vec::new());
    let mut totals = [0; 6];
    for (domain, fate) in fates {
        if let (Some(why), Some(peer)) = (&fate.refusal, &fate.peer) {
            refusals += &format!("- {domain}: `{why}` (FD: {peer})\n");
        }
        if let Some(why) = &fate.left_out {
            left_out.push(format!("{domain} ({why})"));
            continue;
        }
        let counts = fate.counts();
        totals.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
        grid.row(cells(domain, counts));
    }
    grid.row(cells("**all**", totals));
    let mut text = grid.markdown();
    if !refusals.is_empty() {
        text += &format!("\nRefused by name, the first refusal of each domain:\n\n{refusals}");
    }
    if !left_out.is_empty() {
        text += &format!("\nLeft out because Fast Downward cannot read them: {}.\n", left_out.join(", "));
    }
    text
}

impl Fate {
    fn counts(&self) -> [usize; 6] {
        let count =
            |is: fn(&(Attempt, Attempt)) -> bool| self.attempts.iter().filter(|pair| is(pair)).count();
        [
            self.attempts.len() + self.refused,
            count(|(ours, _)| ours.solved().is_some()),
            count(|(_, theirs)| theirs.solved().is_some()),
            count(|(ours, _)| is_unsolvable(ours)),
            count(|(_, theirs)| is_unsolvable(theirs)),
            self.refused,
        ]
    }
}

fn is_unsolvable(attempt: &Attempt) -> bool {
    attempt.outcome == Outcome::NoPlan("unsolvable".to_string())
}

fn cells(domain: &str, counts: [usize; 6]) -> Vec<String> {
    std::iter::once(domain.to_string()).chain(counts.map(|count| count.to_string())).collect()
}
