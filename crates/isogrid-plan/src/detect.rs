//! Structure findings of the planner, with evidence and a bid.

use std::sync::Arc;

use isogrid_core::{Bid, Ctx, Detect, Evidence, Finding};
use isogrid_num::stats::wilson;

use crate::engine::{Planner, PlanningData};
use crate::error::PlanError;
use crate::generate::{DeliveryOptions, ScrambledOptions, delivery, scrambled};
use crate::ground::{Keep, ground_in};
use crate::pddl::{Domain, Problem};
use crate::structure::{EffectiveWidth, effective_width, guidance, landmark_counts, preferences};
use crate::task::Task;

/// The level of the statistical findings.
const ALPHA: f64 = 0.05;
/// CPU seconds a tick is taken to cost in a bid: a round figure for a 2 GHz core, not a measurement.
const SECONDS_PER_TICK: f64 = 2e-7;
/// Ticks that the width searches may take.
const WIDTH_TICKS: u64 = 2_000_000;

impl Detect for Planner {
    fn detect(&self, ctx: &Ctx, data: &PlanningData) -> Result<Vec<Finding>, PlanError> {
        let task = ground_in(ctx, &data.domain, &data.problem, Keep::Relevant)?;
        if !task.unreachable_goals().is_empty() {
            return Ok(vec![unsolvable(&task)]);
        }
        Ok(vec![guided(ctx, &task), width(ctx, &task), agreement(ctx, &task), landmarks(ctx, &task)])
    }

    fn counter_example(&self, seed: u64) -> PlanningData {
        data(scrambled(seed, &ScrambledOptions::default()))
    }

    fn planted(&self, seed: u64) -> PlanningData {
        data(delivery(seed, &DeliveryOptions::default()))
    }
}

fn data((domain, problem): (Domain, Problem)) -> PlanningData {
    PlanningData { domain: Arc::new(domain), problem: Arc::new(problem) }
}

fn unsolvable(task: &Task) -> Finding {
    Finding {
        structure: "solvability".to_string(),
        found: false,
        statement: format!("these goal conditions can never hold: {}", task.unreachable_goals().join(", ")),
        evidence: Evidence::Proof { certificate: "relaxed reachability from the initial state".to_string() },
        bid: None,
    }
}

fn guided(ctx: &Ctx, task: &Task) -> Finding {
    let result = guidance(ctx, task);
    let found = result.decided > 0 && result.p <= ALPHA;
    let interval = wilson(result.guided_solved, result.tried.max(1), 1.96);
    Finding {
        structure: "guidance by relaxed plans".to_string(),
        found,
        statement: format!(
            "guided search needed fewer ticks than blind search on {} of {} sub-problems, median {:.1}x fewer",
            result.guided_wins, result.decided, result.median_ratio
        ),
        evidence: Evidence::Test {
            statistic: result.guided_wins as f64,
            null_quantile: critical_wins(result.decided),
            p: result.p,
        },
        bid: found.then(|| Bid {
            score: result.guided_solved as f64 / result.tried.max(1) as f64,
            cost: result.mean_guided_ticks * SECONDS_PER_TICK,
            interval,
            backing_run: "this profile: sub-problems of the task, cost at a declared 0.2 microseconds a tick"
                .to_string(),
        }),
    }
}

/// The fewest wins in `n` fair tosses that are significant; one more than `n` when none are.
fn critical_wins(n: u64) -> f64 {
    let significant = |wins: &u64| isogrid_num::stats::binomial_upper_tail(*wins, n, 0.5) <= ALPHA;
    (0..=n).find(significant).unwrap_or(n + 1) as f64
}

fn width(ctx: &Ctx, task: &Task) -> Finding {
    let child = ctx.child(WIDTH_TICKS);
    let result = effective_width(&child, task);
    ctx.absorb(&child);
    let EffectiveWidth { widths, states, is_partial } = &result;
    let (goals, one, two) = (widths.len(), result.reached(1), result.reached(2));
    let partly = if *is_partial { " before its ticks ended" } else { "" };
    Finding {
        structure: "effective novelty width".to_string(),
        found: goals > 0 && two == goals,
        statement: format!(
            "of {goals} goal conditions {one} have width 1 and {} width 2, the other {} more than 2{partly}",
            two - one,
            goals - two
        ),
        evidence: Evidence::Proof {
            certificate: format!("IW(1) kept {} states, IW(2) {}{partly}", states[0], states[1]),
        },
        bid: None,
    }
}

fn agreement(ctx: &Ctx, task: &Task) -> Finding {
    let structure = "agreement of preferred operators with a shortest plan".to_string();
    match preferences(ctx, task) {
        Some(result) => Finding {
            structure,
            found: result.p <= ALPHA,
            statement: format!(
                "relaxed plans preferred the right operator at {} of {} steps, {:.1} expected by chance",
                result.hits, result.steps, result.expected
            ),
            evidence: Evidence::Test {
                statistic: result.hits as f64,
                null_quantile: result.critical as f64,
                p: result.p,
            },
            bid: None,
        },
        None => Finding {
            structure,
            found: false,
            statement: "blind search found no plan of three or more steps to compare with".to_string(),
            evidence: Evidence::ByConstruction { why: "there is no plan to compare with".to_string() },
            bid: None,
        },
    }
}

fn landmarks(ctx: &Ctx, task: &Task) -> Finding {
    let structure = "landmarks".to_string();
    match landmark_counts(ctx, task) {
        Some(counts) => Finding {
            structure,
            found: counts.intermediate > 0,
            statement: format!(
                "every plan passes {} intermediate facts on the way to {} goal conditions; {} reasonable orders",
                counts.intermediate, counts.goals, counts.reasonable_orders
            ),
            evidence: Evidence::Proof {
                certificate: "each is unavoidable even where nothing is ever deleted".to_string(),
            },
            bid: None,
        },
        None => Finding {
            structure,
            found: false,
            statement: "the task is too large for landmark propagation".to_string(),
            evidence: Evidence::ByConstruction { why: "memory quadratic in the facts".to_string() },
            bid: None,
        },
    }
}
