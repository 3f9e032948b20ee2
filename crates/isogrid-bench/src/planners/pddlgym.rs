//! Section: the domains of PDDLGym, as found in the wild: what we plan for, and what we refuse by name.

use anyhow::Result;

use super::contender::{Attempt, Limits, Outcome, Planner, UNCHECKED, first_line};
use super::pair::{Pair, pddl_files, stem};
use super::{Bench, LIMITS};
use crate::grid::Grid;

const MAX_PROBLEMS: usize = 10;
const SHORT: Limits = Limits { seconds: 10, bytes: LIMITS.bytes };

/// One domain with what came of it.
enum Fate {
    /// We refuse it; the words of the refusal, and whether the peer takes its first problem.
    Refused { why: String, peer: String },
    /// The peer cannot read it; how it ended.
    LeftOut { why: String },
    /// Both attempted its problems.
    Attempted { ours: Vec<Attempt>, theirs: Vec<Attempt> },
}

impl Bench {
    pub(super) fn pddlgym(&mut self, say: &mut dyn FnMut(&str)) -> Result<()> {
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
    fn pddlgym_domains(&self) -> Result<Vec<Vec<Pair>>> {
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
        if let Err(error) = pairs[0].parse() {
            let theirs = self.try_one(Planner::LamaFirst, &pairs[0])?;
            let peer = match theirs.outcome {
                Outcome::NoPlan(why) if why != UNCHECKED => why,
                _ => "finds a plan".to_string(),
            };
            return Ok(Fate::Refused { why: first_line(&error.to_string()), peer });
        }
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for pair in pairs {
            let peer = self.try_one(Planner::LamaFirst, pair)?;
            if theirs.is_empty()
                && let Outcome::NoPlan(why) = &peer.outcome
                && REFUSALS.contains(&why.as_str())
            {
                return Ok(Fate::LeftOut { why: why.clone() });
            }
            theirs.push(peer);
            ours.push(self.try_one(Planner::First, pair)?);
        }
        Ok(Fate::Attempted { ours, theirs })
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
    let mut grid =
        Grid::new(&["domain", "problems", "solved: isogrid", "FD", "proved unsolvable: isogrid", "FD"]);
    let (mut refused, mut left_out) = (String::new(), Vec::new());
    let mut totals = [0; 5];
    for (domain, fate) in fates {
        match fate {
            Fate::Refused { why, peer } => refused += &format!("- {domain}: `{why}` (FD: {peer})\n"),
            Fate::LeftOut { why } => left_out.push(format!("{domain} ({why})")),
            Fate::Attempted { ours, theirs } => {
                let counts = [ours.len(), solved(ours), solved(theirs), unsolvable(ours), unsolvable(theirs)];
                totals.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
                grid.row(cells(domain, counts));
            }
        }
    }
    grid.row(cells("**all**", totals));
    let mut text = grid.markdown();
    if !refused.is_empty() {
        text += &format!("\nRefused by name:\n\n{refused}");
    }
    if !left_out.is_empty() {
        text += &format!("\nLeft out because Fast Downward cannot read them: {}.\n", left_out.join(", "));
    }
    text
}

fn cells(domain: &str, counts: [usize; 5]) -> Vec<String> {
    std::iter::once(domain.to_string()).chain(counts.map(|count| count.to_string())).collect()
}

fn solved(attempts: &[Attempt]) -> usize {
    attempts.iter().filter(|attempt| attempt.solved().is_some()).count()
}

fn unsolvable(attempts: &[Attempt]) -> usize {
    attempts.iter().filter(|attempt| attempt.outcome == Outcome::NoPlan("unsolvable".to_string())).count()
}
