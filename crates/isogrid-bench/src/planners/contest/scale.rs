//! Section: time and memory against size, ours and Fast Downward's, and what ends each curve.

use anyhow::Result;

use super::Contest;
use super::attempt::{Limits, Outcome, Row, Trial};
use super::pace::{Clock, Pace, Paced};
use super::rivals::{Rival, Told};
use super::scale_tasks::{FAMILIES, Family};
use super::val::{self, Word};
use super::watch::Over;
use crate::grid::{Grid, number};
use crate::planners::{Bench, LIMITS, Say};

/// Processor seconds of an attempt: ten million facts are no matter of 30 s.
const SECONDS: u64 = 120;
/// Those of grounding alone, which is to end by memory and not by time.
const GROUND_SECONDS: u64 = 600;
const QUICK_SECONDS: u64 = 2;
const QUICK_SIZES: usize = 2;

const HEADER: [&str; 11] = [
    "domain",
    "size",
    "facts",
    "operators",
    "read s",
    "ground s",
    "search s",
    "peak MB",
    "FD translate s",
    "FD search s",
    "FD peak MB",
];

/// What the section tells.
struct Curves {
    grid: Grid,
    /// What bounds each curve, a line each.
    ends: String,
    /// What VAL says of the plans of both.
    words: Vec<Word>,
}

impl Bench {
    pub(in crate::planners) fn scale(&mut self, contest: &Contest, say: &mut Say<'_>) -> Result<()> {
        let mut told = Curves { grid: Grid::new(&HEADER), ends: String::new(), words: Vec::new() };
        for family in FAMILIES {
            self.curve(contest, family, &mut told, say)?;
        }
        let Curves { grid, ends, words } = told;
        let text = format!(
            "Processor seconds; {SECONDS} s and 2 GiB for each attempt; `-` is not reached. Where isogrid finds no plan \
             any more, its curve goes on with grounding alone, in {GROUND_SECONDS} s; Fast Downward's \
             ends. The plans of both are judged as in the contest. {}\n\n{}\nWhat bounds it:\n\n{ends}",
            val::account(words.iter()),
            grid.markdown()
        );
        self.run.fragment("scale", text);
        Ok(())
    }

    fn curve(
        &mut self,
        contest: &Contest,
        family: Family,
        told: &mut Curves,
        say: &mut Say<'_>,
    ) -> Result<()> {
        let n_sizes = self.either(QUICK_SIZES, usize::MAX);
        let (mut ours_is, mut they_go_on) = (Some(Pace::First), true);
        for n in family.sizes().into_iter().take(n_sizes) {
            if ours_is.is_none() && !they_go_on {
                return Ok(());
            }
            say(&format!("scale: {} {n}", family.name()));
            let pair = family.pair(n);
            let parsed = pair.parse()?;
            let trial = |what: Pace| {
                let limits = Limits { told: self.told(what), ..contest.limits() };
                Trial { section: "scale", pair: &pair, parsed: Some(&parsed), limits }
            };
            let ours = ours_is.map_or(Ok(None), |what| contest.paced(&trial(what), what))?;
            let theirs =
                if they_go_on { contest.attempt(&trial(Pace::First), Rival::LamaFirst)? } else { None };
            if (ours_is.is_some() && ours.is_none()) || (they_go_on && theirs.is_none()) {
                return Ok(());
            }
            self.run.record(&serde_json::json!({"section": "scale", "instance": pair.problem, "ours": ours, "FD": theirs}))?;
            told.row((family, n), ours.as_ref(), theirs.as_ref());
            if let (Some(what), Some(paced)) = (ours_is, &ours)
                && let Some((end, next)) = bound(paced, what)
            {
                told.ends += &format!("- {}, isogrid: {end} at size {n}\n", family.name());
                ours_is = next;
            }
            if let Some(end) = theirs.as_ref().and_then(bound_of_peer) {
                told.ends += &format!("- {}, Fast Downward: {end} at size {n}\n", family.name());
                they_go_on = false;
            }
        }
        if let Some(what) = ours_is {
            let what = if what == Pace::Ground { "grounded" } else { "solved" };
            told.ends += &format!("- {}, isogrid: nothing; the largest size is {what}\n", family.name());
        }
        Ok(())
    }

    /// The limits of an attempt.
    fn told(&self, what: Pace) -> Told {
        let seconds = if what == Pace::Ground { GROUND_SECONDS } else { SECONDS };
        Told { seconds: self.either(QUICK_SECONDS, seconds), bytes: LIMITS.bytes }
    }
}

impl Curves {
    fn row(&mut self, (family, n): (Family, usize), ours: Option<&Paced>, theirs: Option<&Row>) {
        self.grid.row(cells(family, n, ours, theirs));
        let words = [ours.and_then(|paced| paced.val.clone()), theirs.and_then(|row| row.val.clone())];
        self.words.extend(words.into_iter().flatten());
    }
}

fn cells(family: Family, n: usize, ours: Option<&Paced>, theirs: Option<&Row>) -> Vec<String> {
    let clock = ours.map(|paced| paced.clock).unwrap_or_default();
    let megabytes = |bytes: Option<u64>| number(bytes.map(|bytes| bytes as f64 * 1e-6));
    let count = |n: Option<u64>| number(n.map(|n| n as f64));
    vec![
        family.name().to_string(),
        n.to_string(),
        count(clock.facts),
        count(clock.operators),
        number(clock.read_seconds),
        number(clock.ground_seconds),
        number(clock.search_seconds.filter(|_| ours.is_some_and(|paced| paced.valid_cost().is_some()))),
        megabytes(ours.map(|paced| paced.usage.peak_bytes)),
        number(theirs.and_then(|row| row.said.ground_seconds)),
        number(theirs.and_then(|row| row.said.search_seconds)),
        megabytes(theirs.map(|row| row.usage.peak_bytes)),
    ]
}

/// What ended us, in which phase, and what the curve goes on with; none where all was done that was asked for.
fn bound(paced: &Paced, what: Pace) -> Option<(String, Option<Pace>)> {
    if let Some(why) = paced.refusal() {
        return Some((format!("INVALID PLAN, {why},"), Some(Pace::Ground)));
    }
    let (phase, next) = match paced.clock {
        Clock { read_seconds: None, .. } => ("reading", None),
        Clock { ground_seconds: None, .. } => ("grounding", None),
        _ if what != Pace::Ground && paced.valid_cost().is_none() => ("search", Some(Pace::Ground)),
        _ => return None,
    };
    Some((format!("{} in {phase}", account(paced.usage.over, paced.failure.as_deref())), next))
}

fn bound_of_peer(row: &Row) -> Option<String> {
    let phase = if row.said.ground_seconds.is_none() { "translation" } else { "search" };
    match &row.outcome {
        Outcome::Solved { .. } => None,
        Outcome::Invalid(why) => Some(format!("INVALID PLAN, {why},")),
        Outcome::Unsolvable => Some("it says that there is no plan".to_string()),
        Outcome::NoPlan(why) => Some(format!("{why} in {phase}")),
    }
}

fn account(over: Option<Over>, failure: Option<&str>) -> String {
    match over {
        Some(Over::Cpu | Over::Wall) => "time ended".to_string(),
        Some(Over::Memory) => "memory ended".to_string(),
        None => failure.unwrap_or("ended without a word").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::watch::Usage;
    use super::*;

    #[test]
    fn a_curve_without_valid_plans_goes_on_with_grounding() {
        let usage = Usage {
            wall_seconds: 1.0,
            cpu_seconds: 1.0,
            peak_bytes: 1,
            code: None,
            signal: Some(9),
            over: Some(Over::Cpu),
        };
        let judged =
            |clock, verdict| Paced { clock, usage: usage.clone(), failure: None, verdict, val: None };
        let paced = |clock| judged(clock, None);
        let read = Clock { read_seconds: Some(1.0), ..Clock::default() };
        let ground = Clock { ground_seconds: Some(1.0), ..read };
        let solved = Clock { cost: Some(7), ..ground };
        let ended = |phase: &str, next| Some((format!("time ended in {phase}"), next));
        assert_eq!(bound(&paced(Clock::default()), Pace::First), ended("reading", None));
        assert_eq!(bound(&paced(read), Pace::Ground), ended("grounding", None));
        assert_eq!(bound(&paced(ground), Pace::First), ended("search", Some(Pace::Ground)));
        assert_eq!(bound(&paced(ground), Pace::Ground), None);
        // The time ended while it wrote its plan.
        assert_eq!(bound(&paced(solved), Pace::First), ended("search", Some(Pace::Ground)));
        let valid = judged(solved, Some(Outcome::Solved { steps: 7, cost: 7.0 }));
        assert_eq!((bound(&valid, Pace::First), valid.valid_cost()), (None, Some(7.0)));
        let invalid = judged(solved, Some(Outcome::Invalid("VAL: Goal not satisfied".into())));
        let (end, next) = bound(&invalid, Pace::First).expect("the end of the curve");
        assert!(end.starts_with("INVALID PLAN, VAL: Goal") && next == Some(Pace::Ground), "{end}");
        assert_eq!(invalid.valid_cost(), None);
    }
}
