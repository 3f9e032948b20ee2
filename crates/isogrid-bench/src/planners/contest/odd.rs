//! Section: 204 odd but legal PDDL files, rewritten by rule, as we and Fast Downward's translator take them.
//!
//! Five plain tasks in fifteen structures and twelve layouts, each combination of the two once, on a task that the
//! structure changes.

use std::sync::Arc;

use anyhow::{Context, Result};
use isogrid_plan::pddl::PddlError;
use isogrid_plan::{Mode, OperatorId, Outcome, SolveOptions, Task, ground, solve};
use serde::Serialize;

use super::Contest;
use super::attempt::{Limits, Row, Trial};
use super::odd_style::{LAYOUTS, STRUCTURES, Structure, Tree};
use super::rivals::{Rival, Told};
use crate::bars::{Bar, Promise};
use crate::grid::Grid;
use crate::planners::pair::{Pair, Parsed};
use crate::planners::{Bench, LIMITS, Say};

macro_rules! plain {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../../isogrid-plan/tests/data/odd/", $name, "-domain.pddl")),
            include_str!(concat!("../../../../isogrid-plan/tests/data/odd/", $name, "-problem.pddl")),
        )
    };
}

/// The plain tasks: name, domain, problem.
const PLAIN: [(&str, &str, &str); 5] =
    [plain!("parcels"), plain!("lamps"), plain!("garden"), plain!("tower"), plain!("wires")];

const SECONDS: u64 = 10;
/// As many files are to be compared.
const LEAST_FILES: f64 = 100.0;

/// A rewritten task.
pub(super) struct Odd {
    pub name: String,
    pub pair: Pair,
    pub plain: Pair,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Verdict {
    name: String,
    /// Why we refuse it.
    ours: Option<String>,
    /// Whether it is the same task as its plain twin for us.
    same: bool,
    /// Why Fast Downward refuses it.
    theirs: Option<String>,
    /// It finds a plan, of the plain task's optimal cost.
    costs_agree: bool,
}

/// All of them.
pub(super) fn odd_tasks() -> Vec<Odd> {
    let mut all = Vec::new();
    for (row, structure) in STRUCTURES.into_iter().enumerate() {
        for (column, layout) in LAYOUTS.into_iter().enumerate() {
            let order = (0..PLAIN.len()).map(|at| PLAIN[(row + column + at) % PLAIN.len()]);
            let changed = order.filter_map(|plain| Some((plain, changed(structure, plain)?))).next();
            let Some(((base, domain, problem), (domain_tree, problem_tree))) = changed else { continue };
            let name = format!("{base} {structure:?} {layout:?}");
            let texts = [&domain_tree, &problem_tree].map(|tree| layout.print(tree));
            let [domain_text, problem_text] = texts;
            let pair = Pair { problem: name.clone(), ..plain_pair(base, domain_text, problem_text) };
            all.push(Odd { name, pair, plain: plain_pair(base, domain.into(), problem.into()) });
        }
    }
    all
}

/// The trees of a plain task in a structure; none where it is no change.
fn changed(structure: Structure, (_, domain, problem): (&str, &str, &str)) -> Option<(Tree, Tree)> {
    let plain = (Tree::parse(domain)?, Tree::parse(problem)?);
    let mut odd = plain.clone();
    structure.change(&mut odd.0, &mut odd.1);
    (odd != plain || structure == Structure::Plain).then_some(odd)
}

fn plain_pair(base: &str, domain_text: Vec<u8>, problem_text: Vec<u8>) -> Pair {
    let (domain, problem) = (base.to_string(), base.to_string());
    Pair { domain, problem, domain_text, problem_text, repaired: false }
}

/// What a task is, whatever its file looks like: its ground actions with their costs, and its optimal cost.
fn substance(parsed: Parsed) -> Result<(Vec<String>, Option<u64>)> {
    let task: Task = ground(&Arc::new(parsed.domain), &Arc::new(parsed.problem))?;
    let ids = 0..task.n_operators() as OperatorId;
    // The style that adds an idle action is the only one that may have it.
    let names = ids.map(|id| format!("{} {}", task.step(id), task.cost(id)).to_lowercase());
    let mut actions: Vec<String> = names.filter(|name| !name.starts_with("(idle)")).collect();
    actions.sort();
    let result = solve(&task, &SolveOptions { mode: Mode::Optimal, ..SolveOptions::default() });
    let cost = match result.outcome {
        Outcome::Solved { plan, optimal: true } => Some(plan.cost),
        _ => None,
    };
    Ok((actions, cost))
}

impl Bench {
    pub(in crate::planners) fn odd(&mut self, contest: &Contest, say: &mut Say<'_>) -> Result<()> {
        let tasks = odd_tasks();
        let n = self.either(6, tasks.len());
        let told = Told { seconds: SECONDS, bytes: LIMITS.bytes };
        let limits = Limits { told, ..contest.limits() };
        let mut verdicts = Vec::new();
        for (at, odd) in tasks.iter().take(n).enumerate() {
            if at.is_multiple_of(10) {
                say(&format!("odd files: {at} of {n}"));
            }
            let parsed = odd.pair.parse();
            let trial = Trial { section: "odd", pair: &odd.pair, parsed: parsed.as_ref().ok(), limits };
            let Some(row) = contest.attempt(&trial, Rival::Blind)? else { continue };
            let verdict = odd.verdict(parsed, &row)?;
            self.run.record(&serde_json::json!({"section": "odd", "verdict": verdict}))?;
            verdicts.push(verdict);
        }
        self.odd_table(&verdicts);
        Ok(())
    }

    fn odd_table(&mut self, verdicts: &[Verdict]) {
        let agree = verdicts.iter().filter(|one| one.ours.is_none() == one.theirs.is_none()).count();
        let same = verdicts.iter().filter(|one| one.same).count();
        let mut grid = Grid::new(&["file", "isogrid", "Fast Downward"]);
        for one in verdicts.iter().filter(|one| !one.agrees()) {
            let words = |refusal: &Option<String>| {
                refusal.clone().unwrap_or("takes it".to_string()).replace('|', "/")
            };
            let ours =
                if one.same || one.ours.is_some() { words(&one.ours) } else { "ANOTHER TASK".to_string() };
            grid.row(vec![one.name.clone(), ours, words(&one.theirs)]);
        }
        let text = format!(
            "{} files; both take or both refuse {agree}; {same} are the same task as their plain twins for us. Fast \
             Downward knows `either` where predicates are declared, and nowhere else. Where we differ:\n\n{}",
            verdicts.len(),
            grid.markdown()
        );
        self.run.fragment("odd files", text);
        let taken: Vec<&Verdict> = verdicts.iter().filter(|one| one.theirs.is_none()).collect();
        let good = taken.iter().filter(|one| one.same && one.costs_agree).count() as f64;
        let n = Some(taken.len() as f64).filter(|&n| n > 0.0);
        let text =
            "odd files that Fast Downward takes and that we take as the same task, of the same optimal cost";
        self.run.bar("odd files", Bar::judge(text, Some(good), Promise::AtLeast, n));
        let text = "odd files that Fast Downward takes";
        self.run.bar("odd files in number", Bar::judge(text, n, Promise::AtLeast, Some(LEAST_FILES)));
    }
}

impl Odd {
    /// What we make of it, beside what Fast Downward did.
    fn verdict(&self, parsed: Result<Parsed, PddlError>, theirs: &Row) -> Result<Verdict> {
        let plain = substance(self.plain.parse().context("a plain task")?)?;
        let ours = parsed.map_err(anyhow::Error::from).and_then(substance);
        Ok(Verdict {
            name: self.name.clone(),
            same: ours.as_ref().is_ok_and(|ours| *ours == plain),
            costs_agree: theirs.cost().is_some() && theirs.cost() == plain.1.map(|cost| cost as f64),
            ours: ours.err().map(|error| format!("{error:#}")),
            theirs: theirs.said.operators.is_none().then(|| format!("{:?}", theirs.outcome)),
        })
    }
}

impl Verdict {
    fn agrees(&self) -> bool {
        self.same && self.costs_agree && self.ours.is_none() == self.theirs.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewritten_files_are_the_same_tasks() {
        let tasks = odd_tasks();
        assert_eq!(tasks.len(), STRUCTURES.len() * LAYOUTS.len());
        for odd in tasks {
            let plain = substance(odd.plain.parse().expect("a plain task")).expect("a ground task");
            let parsed = odd.pair.parse().unwrap_or_else(|error| panic!("{}: {error}", odd.name));
            assert_eq!(substance(parsed).expect("a ground task"), plain, "{}", odd.name);
        }
    }

    #[test]
    fn structures_change_something() {
        for structure in STRUCTURES {
            assert!(PLAIN.into_iter().any(|plain| changed(structure, plain).is_some()), "{structure:?}");
        }
    }
}
