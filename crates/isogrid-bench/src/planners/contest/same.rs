//! The same search of both, clock against clock: LAMA's first, and A* with LM-cut.
//!
//! The bar is over instances on which the peer's search takes 50 ms or more by its own clock: shorter ones say nothing.

use super::attempt::Row;
use super::coverage::geometric_mean;
use super::pace::{Pace, Paced};
use super::rivals::Rival;
use super::{Race, Raced, val};
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
    /// Whether ours has what the peer has: a valid plan, and an equally cheap one where that is the question.
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
            let cost = ours.valid_cost();
            let solved = cost.is_some() && (what != Pace::LmCut || cost == theirs.cost());
            Some(Match { instance, theirs, ours, solved, limit: self.seconds })
        };
        self.paces.iter().filter_map(of).collect()
    }

    /// Who judged the plans of ours, and each that was refused.
    fn judged(&self) -> String {
        let words = val::account(self.paces.iter().filter_map(|(_, paced)| paced.val.as_ref()));
        let refusals = self.paces.iter().filter_map(|(instance, paced)| {
            Some(format!(" INVALID PLAN on {instance}: {}.", paced.refusal()?))
        });
        std::iter::once(words).chain(refusals).collect()
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
        self.same_mode_table((what, peer), &judged, either, &raced.judged());
    }

    fn same_mode_table(
        &mut self,
        (what, peer): (Pace, Rival),
        matches: &[&Match<'_>],
        either: Option<f64>,
        account: &str,
    ) {
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
             ratio is {}. The plans of ours are judged as in the contest. {account}\n\n{}",
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

#[cfg(test)]
mod tests {
    use super::super::attempt::Outcome;
    use super::super::pace::Clock;
    use super::super::said::Said;
    use super::super::val::Word;
    use super::super::watch::Usage;
    use super::super::{OPTIMAL_RACE, SATISFICING_RACE};
    use super::*;

    const USAGE: Usage =
        Usage { wall_seconds: 1.0, cpu_seconds: 1.0, peak_bytes: 1, code: Some(0), signal: None, over: None };

    /// One instance that the peer solves at this cost, with what came of ours.
    fn raced(peer: Rival, cost: f64, verdict: Outcome) -> Raced {
        let row = Row {
            section: "s".into(),
            domain: "a".into(),
            instance: "1".into(),
            rival: peer,
            outcome: Outcome::Solved { steps: 1, cost },
            usage: USAGE,
            said: Said { search_seconds: Some(1.0), ..Said::default() },
            val: None,
        };
        let clock = Clock { search_seconds: Some(2.0), cost: Some(7), ..Clock::default() };
        let val = Some(Word::Valid(7.0));
        let paced = Paced { clock, usage: USAGE, failure: None, verdict: Some(verdict), val };
        Raced { rows: vec![row], paces: vec![("1".into(), paced)], n_done: 1, n_all: 1, seconds: 30.0 }
    }

    #[test]
    fn only_a_valid_plan_solves() {
        let valid = || Outcome::Solved { steps: 7, cost: 7.0 };
        let cases = [
            (SATISFICING_RACE, 8.0, valid(), Some(2.0)),
            (SATISFICING_RACE, 8.0, Outcome::Invalid("why".into()), Some(30.0)),
            (OPTIMAL_RACE, 7.0, valid(), Some(2.0)),
            (OPTIMAL_RACE, 6.0, valid(), Some(30.0)),
        ];
        for (race, cost, verdict, ratio) in cases {
            let raced = raced(race.same_mode.1, cost, verdict);
            let matches = raced.matches(&race);
            assert_eq!(matches.iter().map(Match::time_ratio).collect::<Vec<_>>(), [ratio]);
        }
    }

    #[test]
    fn a_refused_plan_is_named() {
        let text = raced(Rival::LamaFirst, 8.0, Outcome::Invalid("why".into())).judged();
        assert_eq!(text, "VAL gave its word on all 1 plans. INVALID PLAN on 1: why.");
    }
}
