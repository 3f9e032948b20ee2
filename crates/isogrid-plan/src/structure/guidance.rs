//! Does knowing the structure pay? Guided against blind search at equal cost, on sub-problems of the task itself.
//!
//! From states that random walks reach, both searches look for the task's goal, with ticks as the cost of both. The
//! sign test's null is that either is as likely to need fewer ticks.

use isogrid_core::{Ctx, Limit, Stop};
use isogrid_num::rng::Rng;
use isogrid_num::stats::binomial_upper_tail;

use crate::search::{Query, Referee};
use crate::task::Task;

/// Sub-problems compared.
const PAIRS: u64 = 12;
/// Ticks that each search gets for one of them.
const TICKS: u64 = 150_000;

/// The outcome of the comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guidance {
    /// Sub-problems that at least one of the searches solved within its ticks.
    pub decided: u64,
    /// Of these, those for which guided search needed fewer ticks.
    pub guided_wins: u64,
    /// Sub-problems that guided search solved.
    pub guided_solved: u64,
    /// Sub-problems tried.
    pub tried: u64,
    /// Probability of at least so many wins if both were equally good.
    pub p: f64,
    /// Median over decided sub-problems of blind ticks over guided ticks; a cut-off search counts its limit.
    pub median_ratio: f64,
    /// Mean ticks of guided search.
    pub mean_guided_ticks: f64,
}

/// Compares the searches. Cost: at most 3.6 million ticks.
pub fn guidance(ctx: &Ctx, task: &Task) -> Guidance {
    let mut rng = Rng::new(ctx.seed(), 0x9d1a);
    let mut ratios = Vec::new();
    let mut result = Guidance {
        decided: 0,
        guided_wins: 0,
        guided_solved: 0,
        tried: 0,
        p: 1.0,
        median_ratio: 1.0,
        mean_guided_ticks: 0.0,
    };
    for pair in 0..PAIRS {
        let init = if pair == 0 { task.init().clone() } else { walk(task, &mut rng) };
        if task.is_goal(&init) {
            continue;
        }
        let query = Query { init, goal: task.goal.clone() };
        let Ok(guided) = Referee::guided(ctx, task, &query, TICKS) else { break };
        let Ok(blind) = Referee::blind(ctx, task, &query, TICKS) else { break };
        result.tried += 1;
        result.guided_solved += u64::from(guided.solved);
        result.mean_guided_ticks += guided.ticks as f64;
        if guided.solved || blind.solved {
            result.decided += 1;
            let wins = guided.solved && (!blind.solved || guided.ticks < blind.ticks);
            result.guided_wins += u64::from(wins);
            ratios.push(blind.ticks as f64 / guided.ticks.max(1) as f64);
        }
    }
    result.mean_guided_ticks /= result.tried.max(1) as f64;
    if !ratios.is_empty() {
        result.median_ratio = isogrid_num::stats::median(&ratios);
        result.p = binomial_upper_tail(result.guided_wins, result.decided, 0.5);
    }
    result
}

/// A state some random steps away from the initial one.
fn walk(task: &Task, rng: &mut Rng) -> crate::packing::State {
    let mut state = task.init().clone();
    let steps = 1 + rng.below(2 * task.n_variables() as u64 + 4);
    for _ in 0..steps {
        let applicable = task.applicable(&state);
        if applicable.is_empty() {
            break;
        }
        let operator = applicable[rng.below(applicable.len() as u64) as usize];
        match task.apply(&state, operator) {
            Some(next) => state = next,
            None => break,
        }
    }
    state
}

/// Whether a stop means that the comparison is over, and not only this search.
pub(crate) fn is_over(ctx: &Ctx, stop: Stop) -> bool {
    stop != Stop::Budget(Limit::Ticks) || ctx.remaining() == 0
}
