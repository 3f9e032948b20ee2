//! Single instances that bars name: two large ones by wall time and grounding, three for the speed of LM-cut.

use anyhow::{Context, Result};

use super::Contest;
use super::attempt::{Row, Trial};
use super::estimates::STATES;
use super::instances::List;
use super::pace::{Clock, Pace, Paced};
use super::rivals::Rival;
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::planners::pair::Pair;
use crate::planners::{Bench, Say};

const LARGE: [&str; 2] = ["blocks-40", "logistics-10x5-40"];
const LM_CUT: [&str; 3] = ["lmcut-gripper-8", "lmcut-blocks-8", "lmcut-logistics"];
const SECTION: &str = "fixed";
const REPEATS: usize = 3;
/// Searches of some milliseconds: the least of few would be that of a busy machine.
const SHORT_REPEATS: usize = 15;
const PROMISED_WALL: f64 = 0.2;
const PROMISED_GROUNDING: f64 = 0.1;
const PROMISED_SPEED: f64 = 2.0;

impl Bench {
    pub(in crate::planners) fn fixed(&mut self, contest: &Contest, say: &mut Say<'_>) -> Result<()> {
        let pairs = List::Fixed.make(&contest.programs.tools, &contest.programs.downward, &self.data)?;
        let named = |name: &str| {
            pairs.iter().find(|pair| pair.problem == name).with_context(|| format!("no `{name}` in the list"))
        };
        let large: &[&str] = self.either(&[], &LARGE);
        for name in large {
            self.large(contest, named(name)?, say)?;
        }
        let mut grid = Grid::new(&[
            "instance",
            "cost: ours",
            "FD",
            "expanded before the last layer: ours",
            "FD",
            "evaluated: ours",
            "FD",
            "evaluated/s: ours",
            "FD",
            "ratio",
        ]);
        for name in LM_CUT {
            if let Some(cells) = self.lm_cut(contest, named(name)?, say)? {
                grid.row(cells);
            }
            self.estimates(contest, named(name)?)?;
        }
        self.run.fragment("LM-cut", grid.markdown());
        Ok(())
    }

    fn large(&mut self, contest: &Contest, pair: &Pair, say: &mut Say<'_>) -> Result<()> {
        say(&format!("fixed: {}", pair.problem));
        let (mut walls, mut peaks) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
        let mut translation = Vec::new();
        let mut grounding = Vec::new();
        let parsed = pair.parse()?;
        for repeat in 0..REPEATS {
            let again = repeated(pair, repeat);
            let trial =
                Trial { section: SECTION, pair: &again, parsed: Some(&parsed), limits: contest.limits() };
            for (at, rival) in [Rival::IsogridFirst, Rival::LamaFirst].into_iter().enumerate() {
                let Some(row) = contest.attempt(&trial, rival)? else { return Ok(()) };
                walls[at].push(row.cost().map(|_| row.usage.wall_seconds));
                peaks[at].push(row.cost().map(|_| row.usage.peak_bytes as f64));
                if rival == Rival::LamaFirst {
                    translation.push(row.said.ground_seconds);
                }
                self.run.record(&serde_json::to_value(row)?)?;
            }
            let Some(paced) = contest.paced(&trial, Pace::Ground)? else { return Ok(()) };
            grounding.push(ground_seconds(&paced));
        }
        let bar = Bar::judge(
            "wall seconds to the first plan, whole process, best of three, over lama-first's",
            ratio(&walls[0], &walls[1]),
            Promise::AtMost,
            Some(PROMISED_WALL),
        );
        self.run.bar(&format!("{} wall vs lama-first", pair.problem), bar);
        let bar = Bar::judge(
            "peak memory of the first plan, least of three, over lama-first's",
            ratio(&peaks[0], &peaks[1]),
            Promise::AtMost,
            Some(1.0),
        );
        self.run.bar(&format!("{} memory vs lama-first", pair.problem), bar);
        let bar = Bar::judge(
            "processor seconds of reading and grounding, best of three, over the translator's of Fast Downward",
            ratio(&grounding, &translation),
            Promise::AtMost,
            Some(PROMISED_GROUNDING),
        );
        self.run.bar(&format!("{} grounding vs FD", pair.problem), bar);
        Ok(())
    }

    fn lm_cut(&mut self, contest: &Contest, pair: &Pair, say: &mut Say<'_>) -> Result<Option<Vec<String>>> {
        say(&format!("fixed: {}", pair.problem));
        let (mut ours, mut rows): (Vec<Clock>, Vec<Row>) = (Vec::new(), Vec::new());
        let parsed = pair.parse()?;
        for repeat in 0..SHORT_REPEATS {
            let again = repeated(pair, repeat);
            let trial =
                Trial { section: SECTION, pair: &again, parsed: Some(&parsed), limits: contest.limits() };
            let (theirs, own) =
                (contest.attempt(&trial, Rival::LmCut)?, contest.paced(&trial, Pace::SharedLmCut)?);
            let Some((theirs, own)) = theirs.zip(own) else { return Ok(None) };
            self.run.record(&serde_json::to_value(&theirs)?)?;
            rows.push(theirs);
            ours.push(own.clock);
        }
        let slow = |seconds: Option<f64>| seconds.unwrap_or(f64::INFINITY);
        let ours = ours.into_iter().min_by(|a, b| slow(a.search_seconds).total_cmp(&slow(b.search_seconds)));
        let theirs =
            rows.iter().min_by(|a, b| slow(a.said.search_seconds).total_cmp(&slow(b.said.search_seconds)));
        let (ours, theirs) = ours.zip(theirs).context("an attempt of either")?;
        // Searches that end with different costs are not the same work.
        let same_cost = ours.cost.is_some() && ours.cost.map(|cost| cost as f64) == theirs.cost();
        let per_second =
            |n: Option<u64>, seconds: Option<f64>| Some(n? as f64 / seconds.filter(|s| *s > 0.0)?);
        let speeds = (
            per_second(ours.evaluated, ours.search_seconds),
            per_second(theirs.said.evaluated, theirs.said.search_seconds),
        );
        let ratio = speeds.0.zip(speeds.1).filter(|_| same_cost).map(|(ours, theirs)| ours / theirs);
        let bar = Bar::judge(
            "states evaluated per second in A* with LM-cut, best of fifteen, over seq-opt-lmcut's",
            ratio,
            Promise::AtLeast,
            Some(PROMISED_SPEED),
        );
        self.run.bar(&format!("{} evaluations/s", pair.problem), bar);
        let layers = (ours.before_last_layer, theirs.said.before_last_layer);
        let bar = Bar::judge(
            "difference of the states that either expands before the last layer, which is zero for equal estimates",
            layers.0.zip(layers.1).filter(|_| same_cost).map(|(ours, theirs)| ours.abs_diff(theirs) as f64),
            Promise::AtMost,
            Some(0.0),
        );
        self.run.bar(&format!("{} same layers", pair.problem), bar);
        let cells = [
            ours.cost.map(|cost| cost as f64),
            theirs.cost(),
            layers.0.map(|n| n as f64),
            layers.1.map(|n| n as f64),
            ours.evaluated.map(|n| n as f64),
            theirs.said.evaluated.map(|n| n as f64),
            speeds.0,
            speeds.1,
            ratio,
        ];
        Ok(Some(std::iter::once(pair.problem.clone()).chain(cells.map(number)).collect()))
    }
}

impl Bench {
    /// LM-cut's values of both, state by state.
    fn estimates(&mut self, contest: &Contest, pair: &Pair) -> Result<()> {
        let parsed = pair.parse()?;
        let trial = Trial { section: SECTION, pair, parsed: Some(&parsed), limits: contest.limits() };
        let Some(compared) = contest.estimates(&trial, self.either(2, STATES))? else { return Ok(()) };
        let line = serde_json::json!({"section": "estimates", "instance": pair.problem, "states": compared});
        self.run.record(&line)?;
        let differing = compared.iter().filter(|one| one.ours != one.theirs).count();
        let bar = Bar::judge(
            &format!("of {} states on random walks, those with another value of LM-cut", compared.len()),
            Some(differing as f64),
            Promise::AtMost,
            Some(0.0),
        );
        self.run.bar(&format!("{} same estimates", pair.problem), bar);
        Ok(())
    }
}

/// The pair under a name of its own.
fn repeated(pair: &Pair, repeat: usize) -> Pair {
    Pair { problem: format!("{} {repeat}", pair.problem), ..pair.clone() }
}

fn ground_seconds(paced: &Paced) -> Option<f64> {
    Some(paced.clock.read_seconds? + paced.clock.ground_seconds?)
}

/// The best of ours over the best of theirs; none if an attempt of either failed.
fn ratio(ours: &[Option<f64>], theirs: &[Option<f64>]) -> Option<f64> {
    let best =
        |all: &[Option<f64>]| all.iter().copied().try_fold(f64::INFINITY, |best, one| Some(best.min(one?)));
    Some(best(ours)? / best(theirs)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_attempt_leaves_no_ratio() {
        assert_eq!(ratio(&[Some(2.0), Some(1.0)], &[Some(4.0), Some(8.0)]), Some(0.25));
        assert_eq!(ratio(&[Some(2.0), None], &[Some(4.0)]), None);
    }
}
