//! The same search of both, clock against clock: LAMA's first, and A* with LM-cut.
//!
//! Only instances on which the peer's search takes 50 ms or more by its own clock: shorter ones say nothing.

use anyhow::{Context, Result};

use super::attempt::Row;
use super::coverage::geometric_mean;
use super::pace::{Pace, Paced, pace, pace_shared};
use super::rivals::Rival;
use super::watch::Terms;
use super::{Contest, Raced};
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::planners::Bench;
use crate::planners::pair::Pair;

const LEAST_SECONDS: f64 = 0.05;
const PROMISED_TIME: f64 = 0.5;

/// One instance that both searched.
struct Match {
    instance: String,
    theirs: Row,
    ours: Paced,
}

impl Contest {
    /// Our clocks in the search `what`, kept in the state.
    pub(super) fn paced(&mut self, what: Pace, pair: &Pair) -> Result<Paced> {
        let key = format!("{what:?} {}", pair.problem);
        let terms = self.terms();
        self.state.row(&key, || pace(what, pair, &terms))
    }

    /// Our clocks in A* with LM-cut on the task of Fast Downward's translator, kept in the state.
    pub(super) fn paced_shared(&mut self, pair: &Pair) -> Result<Paced> {
        let key = format!("{:?} {}", Pace::SharedLmCut, pair.problem);
        let (terms, downward) = (self.terms(), &self.programs.downward);
        self.state.row(&key, || {
            let folder = tempfile::tempdir().context("creating a folder")?;
            pair.write(folder.path())?;
            pace_shared(&downward.translate(folder.path())?, &terms)
        })
    }

    fn terms(&self) -> Terms {
        let seconds = self.limits.told.seconds as f64;
        Terms {
            cpu_seconds: seconds,
            wall_seconds: 3.0 * seconds,
            bytes: self.limits.told.bytes,
            core: self.limits.core,
        }
    }
}

impl Bench {
    pub(super) fn same_mode(
        &mut self,
        contest: &mut Contest,
        (what, peer): (Pace, Rival),
        raced: &Raced,
        say: &mut dyn FnMut(&str),
    ) -> Result<()> {
        let mut matches = Vec::new();
        for pair in &raced.pairs {
            let of_peer = raced.rows.iter().find(|row| row.rival == peer && row.instance == pair.problem);
            let Some(row) = of_peer.filter(|row| row.said.search_seconds >= Some(LEAST_SECONDS)) else {
                continue;
            };
            if row.cost().is_none() || contest.extent.is_over() {
                continue;
            }
            say(&format!("{what:?} beside {}: {}", peer.name(), pair.problem));
            let ours = contest.paced(what, pair)?;
            self.run.record(&serde_json::json!({
                "section": format!("same mode {what:?}"), "instance": pair.problem, "paced": ours,
            }))?;
            matches.push(Match { instance: pair.problem.clone(), theirs: row.clone(), ours });
        }
        self.same_mode_table(what, peer, &matches);
        Ok(())
    }

    fn same_mode_table(&mut self, what: Pace, peer: Rival, matches: &[Match]) {
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
        let unsolved = matches.iter().filter(|one| one.ours.clock.search_seconds.is_none()).count();
        let text = format!(
            "{what:?} of ours beside {}, where its search takes 50 ms or more. Seconds are processor time of search; \
             ours include landmarks and first heuristic values, the peer's do not. Ours ended without an answer: \
             {unsolved} of {}.\n\n{}",
            peer.name(),
            matches.len(),
            grid.markdown()
        );
        self.run.fragment(&format!("same mode {}", peer.name()), text);
        let ratio = geometric_mean(matches.iter().filter_map(Match::time_ratio));
        let bar = Bar::judge(
            "search seconds of ours over the peer's in the same mode, geometric mean; not solved by ours counts as its limit",
            ratio,
            Promise::AtMost,
            Some(PROMISED_TIME),
        );
        self.run.bar(&format!("search time vs {}", peer.name()), bar);
    }
}

impl Match {
    fn cells(&self) -> Vec<String> {
        let (ours, theirs) = (&self.ours.clock, &self.theirs.said);
        let per_second = |n: Option<u64>, seconds: Option<f64>| Some(n? as f64 / seconds?);
        let speeds = (
            per_second(ours.evaluated, ours.search_seconds),
            per_second(theirs.evaluated, theirs.search_seconds),
        );
        let count = |n: Option<u64>| number(n.map(|n| n as f64));
        vec![
            self.instance.clone(),
            number(ours.search_seconds),
            number(theirs.search_seconds),
            number(self.time_ratio()),
            number(speeds.0),
            number(speeds.1),
            number(speeds.0.zip(speeds.1).map(|(ours, theirs)| ours / theirs)),
            count(ours.evaluated),
            count(theirs.evaluated),
        ]
    }

    /// Where ours did not end, what its process took stands for it: a lower bound.
    fn time_ratio(&self) -> Option<f64> {
        let ours = self.ours.clock.search_seconds.unwrap_or(self.ours.usage.cpu_seconds);
        Some(ours / self.theirs.said.search_seconds?)
    }
}
