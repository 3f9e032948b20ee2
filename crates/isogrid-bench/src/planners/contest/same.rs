//! The same search of both, clock against clock: LAMA's first, and A* with LM-cut.
//!
//! The bar is over instances on which the peer's search takes 50 ms or more by its own clock: shorter ones say nothing.

use super::attempt::Row;
use super::coverage::geometric_mean;
use super::pace::{Pace, Paced};
use super::rivals::Rival;
use super::{Race, Raced};
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::planners::Bench;

const LEAST_SECONDS: f64 = 0.05;
const PROMISED_TIME: f64 = 0.5;

/// One instance that the peer solved and both searched.
struct Match<'a> {
    instance: &'a str,
    theirs: &'a Row,
    ours: &'a Paced,
    /// Whether ours has what the peer has: a plan, and an equally cheap one where that is the question.
    solved: bool,
    /// What an unsolved one counts.
    limit: f64,
}

impl Raced {
    fn matches<'a>(&'a self, race: &Race) -> Vec<Match<'a>> {
        let (what, peer) = race.same_mode;
        let of = |(instance, ours): &'a (String, Paced)| {
            let theirs = self.rows.iter().find(|row| row.rival == peer && row.instance == *instance)?;
            theirs.said.search_seconds?;
            let cost = ours.clock.cost.map(|cost| cost as f64);
            let solved = cost.is_some() && (what != Pace::LmCut || cost == theirs.cost());
            Some(Match { instance, theirs, ours, solved, limit: self.seconds })
        };
        self.paces.iter().filter_map(of).collect()
    }
}

impl Bench {
    pub(super) fn same_mode(&mut self, race: &Race, raced: &Raced) {
        let (what, peer) = race.same_mode;
        let all = raced.matches(race);
        let long = |seconds: Option<f64>| seconds.is_some_and(|seconds| seconds >= LEAST_SECONDS);
        let (judged, rest): (Vec<&Match<'_>>, Vec<&Match<'_>>) =
            all.iter().partition(|one| long(one.theirs.said.search_seconds));
        let ours_long = rest.iter().filter(|one| long(Some(one.our_seconds())));
        let either = geometric_mean(judged.iter().chain(ours_long).filter_map(|one| one.time_ratio()));
        self.same_mode_table((what, peer), &judged, either);
    }

    fn same_mode_table(&mut self, (what, peer): (Pace, Rival), matches: &[&Match<'_>], either: Option<f64>) {
        let header = [
            "instance",
            "ours s",
            "FD s",
            "ratio",
            "evaluated/s: ours",
            "FD",
            "ratio",
            "evaluated: ours",
            "FD",
        ];
        let mut grid = Grid::new(&header);
        for one in matches {
            grid.row(one.cells());
        }
        let unsolved = matches.iter().filter(|one| !one.solved).count();
        let text = format!(
            "{what:?} of ours beside {}, where its search takes 50 ms or more. Seconds are processor time of search; \
             ours include landmarks and first heuristic values, the peer's do not. Ours ended without an answer: \
             {unsolved} of {}, for which the limit counts. Where either takes 50 ms or more the mean \
             ratio is {}.\n\n{}",
            peer.name(),
            matches.len(),
            number(either),
            grid.markdown()
        );
        self.run.fragment(&format!("same mode {}", peer.name()), text);
        let ratios: Vec<f64> = matches.iter().filter_map(|one| one.time_ratio()).collect();
        let ratio = geometric_mean(ratios.iter().copied());
        let within = ratios.iter().filter(|&&ratio| ratio <= PROMISED_TIME).count();
        let text = format!(
            "search seconds of ours over the peer's in the same mode, geometric mean over {} instances, on {within} of \
             which it is at most a half, {} at worst; what ours does not solve ({unsolved}) counts as the limit",
            matches.len(),
            number(ratios.iter().copied().reduce(f64::max)),
        );
        let bar = Bar::judge(&text, ratio, Promise::AtMost, Some(PROMISED_TIME));
        self.run.bar(&format!("search time vs {}", peer.name()), bar);
    }
}

impl Match<'_> {
    fn cells(&self) -> Vec<String> {
        let (ours, theirs) = (&self.ours.clock, &self.theirs.said);
        let per_second = |n: Option<u64>, seconds: Option<f64>| Some(n? as f64 / seconds?);
        let speeds = (
            per_second(ours.evaluated, ours.search_seconds),
            per_second(theirs.evaluated, theirs.search_seconds),
        );
        let count = |n: Option<u64>| number(n.map(|n| n as f64));
        vec![
            self.instance.to_string(),
            if self.solved { number(ours.search_seconds) } else { "-".to_string() },
            number(theirs.search_seconds),
            number(self.time_ratio()),
            number(speeds.0),
            number(speeds.1),
            number(speeds.0.zip(speeds.1).map(|(ours, theirs)| ours / theirs)),
            count(ours.evaluated),
            count(theirs.evaluated),
        ]
    }

    /// Where ours did not solve it, the limit stands for it: a lower bound.
    fn our_seconds(&self) -> f64 {
        self.ours.clock.search_seconds.filter(|_| self.solved).unwrap_or(self.limit)
    }

    fn time_ratio(&self) -> Option<f64> {
        Some(self.our_seconds() / self.theirs.said.search_seconds?)
    }
}
