//! Section: Towers of Hanoi in two encodings, where optimal lengths are known.

use anyhow::Result;
use isogrid_data::hanoi::{self, Encoding};
use isogrid_num::stats::median;
use serde_json::json;

use super::contender::{Attempt, Planner};
use super::contest::pace::{Clock, Pace, pace};
use super::pair::Pair;
use super::{Bench, LIMITS, Say};
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};

const PLANNERS: [Planner; 4] = [Planner::Optimal, Planner::First, Planner::AStarBlind, Planner::LamaFirst];

/// The instance that bars are on.
const PROMISED: (Encoding, usize) = (Encoding::PickPlace, 10);
const PROMISED_SPEED: f64 = 2.0;
const PROMISED_MEMORY: f64 = 0.5;
const PROMISED_SECONDS: f64 = 0.3;

/// The repeats of one planner on one instance.
struct Repeats {
    planner: Planner,
    attempts: Vec<Attempt>,
    clocks: Vec<Clock>,
}

impl Bench {
    pub(super) fn hanoi(&mut self, say: &mut Say<'_>) -> Result<()> {
        let (sizes, repeats) = self.either((vec![3, 10], 1), ((3..=10).collect(), 5));
        let mut grid = Grid::new(&HEADER);
        for encoding in [Encoding::PickPlace, Encoding::Move] {
            for &n_discs in &sizes {
                say(&format!("hanoi: {n_discs} discs, {}", encoding_name(encoding)));
                let pair = pair(encoding, n_discs);
                let all = self.repeat(&pair, repeats)?;
                for one in &all {
                    grid.row(one.row(encoding, n_discs));
                }
                if (encoding, n_discs) == PROMISED {
                    self.hanoi_bars(&all);
                }
            }
        }
        let text = format!(
            "Medians of {repeats}. Own clock: the whole run inside the process for isogrid, search alone for FD. Peak: \
             largest process, in parentheses FD's search component.\n\n{}",
            grid.markdown()
        );
        self.run.fragment("hanoi", text);
        Ok(())
    }

    /// Round after round, so that a machine that slows down slows all of them.
    fn repeat(&mut self, pair: &Pair, repeats: usize) -> Result<Vec<Repeats>> {
        let parsed = pair.parse()?;
        let empty = |planner| Repeats { planner, attempts: Vec::new(), clocks: Vec::new() };
        let mut all = PLANNERS.map(empty);
        for repeat in 0..repeats {
            for one in &mut all {
                let attempt = self.field.attempt(one.planner, pair, Some(&parsed), &LIMITS)?;
                self.run.record(&attempt.line("hanoi", pair, repeat))?;
                if attempt.answer().is_some() {
                    let what = if one.planner == Planner::Optimal { Pace::Optimal } else { Pace::First };
                    let clock = pace(what, pair, &self.field.terms())?.clock;
                    self.run.record(&json!({
                        "section": "hanoi clock", "planner": one.planner, "domain": pair.domain,
                        "problem": pair.problem, "repeat": repeat, "clock": clock,
                    }))?;
                    one.clocks.push(clock);
                }
                one.attempts.push(attempt);
            }
        }
        Ok(all.into())
    }

    fn hanoi_bars(&mut self, all: &[Repeats]) {
        let of = |planner| all.iter().find(|one| one.planner == planner);
        let (Some(ours), Some(theirs)) = (of(Planner::Optimal), of(Planner::AStarBlind)) else { return };
        let ratio = |a: Option<f64>, b: Option<f64>| Some(a? / b?);
        let speed = "states expanded per second on 10-disc Hanoi (pick and place), optimal: ours over its whole run, \
                     against the search time of Fast Downward's A* blind";
        let speed =
            Bar::judge(speed, ratio(ours.rate(), theirs.rate()), Promise::AtLeast, Some(PROMISED_SPEED));
        self.run.bar("hanoi-10 expanded/s ratio", speed);
        let memory = "peak memory on 10-disc Hanoi (pick and place), optimal: ours against the search component of \
                      Fast Downward's A* blind alone";
        let memory_ratio = ratio(ours.peak(), theirs.component_peak());
        self.run.bar(
            "hanoi-10 memory ratio",
            Bar::judge(memory, memory_ratio, Promise::AtMost, Some(PROMISED_MEMORY)),
        );
        let wall = Bar::judge(
            "whole-process wall time of `--optimal` on 10-disc Hanoi (pick and place)",
            ours.median(Attempt::wall),
            Promise::AtMost,
            Some(PROMISED_SECONDS),
        );
        self.run.bar("hanoi-10 optimal wall seconds", wall.in_unit("s"));
        let optimal = hanoi::optimal_steps(PROMISED.1, PROMISED.0).map(|steps| steps as f64);
        let text =
            "steps of the `--optimal` plan for 10-disc Hanoi (pick and place), the longest of all repeats";
        self.run.bar("hanoi-10 optimal steps", Bar::judge(text, ours.longest(), Promise::AtMost, optimal));
    }
}

const HEADER: [&str; 12] = [
    "encoding",
    "discs",
    "planner",
    "solved",
    "steps",
    "optimal steps",
    "expanded",
    "wall s",
    "own clock s",
    "expanded/s",
    "expanded/s, search alone",
    "peak MB",
];

fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Move => "move",
        Encoding::PickPlace => "pick and place",
    }
}

fn pair(encoding: Encoding, n_discs: usize) -> Pair {
    let name = format!("hanoi-{}", encoding_name(encoding).replace(' ', "-"));
    let (domain, problem) = (hanoi::domain(encoding).into(), hanoi::problem(n_discs, encoding).into_bytes());
    Pair::new(&name, &format!("hanoi-{n_discs}"), domain, problem)
}

impl Repeats {
    /// The median over attempts that solved it.
    fn median(&self, figure: impl Fn(&Attempt) -> f64) -> Option<f64> {
        let solved = self.attempts.iter().filter(|attempt| attempt.solved().is_some());
        Some(median(&solved.map(figure).collect::<Vec<_>>())).filter(|value| value.is_finite())
    }

    /// Seconds by the planner's own clock: our whole run, the peer's search.
    fn own_clock(&self) -> Option<f64> {
        self.median(|attempt| {
            let ours = attempt.answer().and_then(|answer| answer.run_seconds);
            ours.or(attempt.log().and_then(|log| log.search_seconds)).unwrap_or(f64::NAN)
        })
    }

    fn expanded(&self) -> Option<f64> {
        self.median(|attempt| attempt.expanded().map_or(f64::NAN, |n| n as f64))
    }

    fn rate(&self) -> Option<f64> {
        Some(self.expanded()? / self.own_clock().filter(|&seconds| seconds > 0.0)?)
    }

    /// The same over search alone.
    fn search_rate(&self) -> Option<f64> {
        if self.clocks.is_empty() {
            return self.rate();
        }
        let rate = |clock: &Clock| Some(clock.expanded? as f64 / clock.search_seconds?);
        Some(median(&self.clocks.iter().map(rate).collect::<Option<Vec<_>>>()?))
    }

    fn peak(&self) -> Option<f64> {
        self.median(|attempt| attempt.usage.peak_bytes as f64)
    }

    fn component_peak(&self) -> Option<f64> {
        self.median(|attempt| {
            attempt.log().and_then(|log| log.component_peak_bytes).map_or(f64::NAN, |bytes| bytes as f64)
        })
    }

    fn longest(&self) -> Option<f64> {
        let steps: Option<Vec<usize>> =
            self.attempts.iter().map(|attempt| Some(attempt.solved()?.0)).collect();
        steps?.into_iter().max().map(|steps| steps as f64)
    }

    fn row(&self, encoding: Encoding, n_discs: usize) -> Vec<String> {
        let solved = self.attempts.iter().filter(|attempt| attempt.solved().is_some()).count();
        let peak = number(self.peak().map(|bytes| bytes * 1e-6));
        let component = self.component_peak().map(|bytes| format!(" ({})", number(Some(bytes * 1e-6))));
        vec![
            encoding_name(encoding).to_string(),
            n_discs.to_string(),
            self.planner.name().to_string(),
            format!("{solved} of {}", self.attempts.len()),
            number(self.longest()),
            number(hanoi::optimal_steps(n_discs, encoding).map(|steps| steps as f64)),
            number(self.expanded()),
            number(self.median(Attempt::wall)),
            number(self.own_clock()),
            number(self.rate()),
            number(self.search_rate()),
            format!("{peak}{}", component.unwrap_or_default()),
        ]
    }
}
