//! Do relaxed plans point along real plans? A shortest plan found by blind search is walked; at each step the
//! operator it takes is preferred or not, and chance would prefer it as often as it prefers any applicable one.
//!
//! The last two steps are left out: next to the goal any relaxation is right.

use isogrid_core::Ctx;

use crate::search::{Query, Referee};
use crate::task::Task;

/// Ticks that blind search may take for the plan.
const TICKS: u64 = 2_000_000;

/// The agreement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preferences {
    /// Steps looked at.
    pub steps: u64,
    /// Steps whose operator the relaxed plan preferred.
    pub hits: u64,
    /// Hits expected by chance.
    pub expected: f64,
    /// The fewest hits that chance reaches with at most 5 %.
    pub critical: u64,
    /// Probability of at least so many hits by chance (exact, steps independent).
    pub p: f64,
}

/// Measures the agreement; `None` when blind search finds no plan of more than two steps within its ticks.
pub fn preferences(ctx: &Ctx, task: &Task) -> Option<Preferences> {
    let query = Query { init: task.init().clone(), goal: task.goal.clone() };
    let plan = Referee::shortest_plan(ctx, task, &query, TICKS)?;
    let walked = plan.len().checked_sub(2).filter(|&steps| steps > 0)?;
    let mut referee = Referee::new(task, &query);
    let mut state = task.init().clone();
    let mut chances = Vec::with_capacity(walked);
    let mut hits = 0;
    for &operator in &plan[..walked] {
        let (preferred, n_applicable) = referee.preferred(&state);
        chances.push(preferred.len() as f64 / n_applicable.max(1) as f64);
        hits += u64::from(preferred.contains(&operator));
        state = task.apply(&state, operator)?;
    }
    let p = upper_tail(&chances, hits);
    let is_critical = |hits: &u64| upper_tail(&chances, *hits) <= 0.05;
    let critical = (0..=walked as u64).find(is_critical).unwrap_or(walked as u64 + 1);
    Some(Preferences { steps: walked as u64, hits, expected: chances.iter().sum(), critical, p })
}

/// Probability that at least `hits` of independent events with these chances happen.
fn upper_tail(chances: &[f64], hits: u64) -> f64 {
    let mut distribution = vec![1.0];
    for &chance in chances {
        let mut next = vec![0.0; distribution.len() + 1];
        for (count, &probability) in distribution.iter().enumerate() {
            next[count] += probability * (1.0 - chance);
            next[count + 1] += probability * chance;
        }
        distribution = next;
    }
    distribution.iter().skip(hits as usize).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_binomial_one_for_equal_chances() {
        let tail = upper_tail(&[0.5; 4], 3);
        assert!((tail - 5.0 / 16.0).abs() < 1e-12, "{tail}");
        assert!((upper_tail(&[0.3, 0.9], 0) - 1.0).abs() < 1e-12);
    }
}
