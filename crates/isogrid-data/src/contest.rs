//! Does one method answer held-out rows better than another? The verdict of detectors of structure in tables.
//!
//! An exact one-sided McNemar test on the rows that only one of the two got right. Left out: more than two methods, scores
//! other than right or wrong.

use isogrid_core::{Bid, Evidence, Finding};
use isogrid_num::stats::{Z_95, binomial_upper_tail, mcnemar, wilson};

/// An engine and its best rival on the same held-out rows; each with whether its answer is right, row by row.
#[derive(Debug, Clone, Copy)]
pub struct Contest<'a> {
    /// The structure's name in findings.
    pub structure: &'static str,
    /// The level of the test.
    pub alpha: f64,
    /// The engine, in words that follow "by".
    pub engine: (&'a str, &'a [bool]),
    /// The rival, likewise.
    pub rival: (&'a str, &'a [bool]),
}

impl Contest<'_> {
    /// The finding: structure is found where the engine wins by more than chance. Its bid is the engine's score here, a
    /// full fit for `cost` CPU seconds, and where that comes from.
    pub fn finding(&self, cost: f64, backing_run: &str) -> Finding {
        let ((name, ours), (rival_name, theirs)) = (self.engine, self.rival);
        let only = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| **a && !**b).count() as u64;
        let (wins, losses) = (only(ours, theirs), only(theirs, ours));
        let p = mcnemar(wins, losses);
        let needed = (0..=wins + losses)
            .find(|&needed| binomial_upper_tail(needed, wins + losses, 0.5) <= self.alpha)
            .map_or(f64::INFINITY, |needed| needed as f64);
        let n = ours.len() as u64;
        let share = |right: &[bool]| n_right(right) as f64 / n as f64;
        let statement = format!(
            "accuracy on {n} held-out rows: {:.3} by {name}, {:.3} by {rival_name}; of the rows that only one got right, \
             {name} got {wins} and {rival_name} {losses}",
            share(ours),
            share(theirs),
        );
        let bid = Bid {
            score: share(ours),
            cost,
            interval: wilson(n_right(ours), n, Z_95),
            backing_run: backing_run.to_string(),
        };
        Finding {
            structure: self.structure.to_string(),
            found: p <= self.alpha,
            statement,
            evidence: Evidence::Test { statistic: wins as f64, null_quantile: needed, p },
            bid: (p <= self.alpha).then_some(bid),
        }
    }
}

/// How many answers are right.
pub fn n_right(right: &[bool]) -> u64 {
    right.iter().filter(|&&is| is).count() as u64
}

/// A finding without a contest, and why there was none.
pub fn not_judged(structure: &str, statement: String) -> Finding {
    let evidence = Evidence::Test { statistic: 0.0, null_quantile: f64::INFINITY, p: 1.0 };
    Finding { structure: structure.to_string(), found: false, statement, evidence, bid: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_wins_of_ten_are_structure_and_three_are_not() {
        for (n_wins, found) in [(10, true), (3, false)] {
            let ours = [true; 40];
            let theirs: Vec<bool> = (0..40).map(|row| row >= n_wins).collect();
            let contest = Contest {
                structure: "s",
                alpha: 0.05,
                engine: ("engines", &ours),
                rival: ("rivals", &theirs),
            };
            let finding = contest.finding(1.5, "none");
            assert_eq!((finding.found, finding.bid.is_some()), (found, found));
            let expected = format!("1.000 by engines, {:.3} by rivals", 1.0 - n_wins as f64 / 40.0);
            assert!(finding.statement.contains(&expected), "{}", finding.statement);
            let Evidence::Test { statistic, null_quantile, p } = finding.evidence else { panic!("a test") };
            assert_eq!((statistic, statistic >= null_quantile, p <= 0.05), (f64::from(n_wins), found, found));
        }
        assert!(!not_judged("s", "why".to_string()).found);
    }
}
