//! A plan made cheaper without another search for the goal: steps that it can do without go, then its neighborhood is
//! looked through, further and further out while that helps.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::explain::{EliminationOptions, eliminate_to};
use crate::search::neighborhood::shortcut;
use crate::search::{Query, Statistics};
use crate::task::{OperatorId, Task};

/// The first neighborhood.
const FIRST_STATES: usize = 4_000;
/// No neighborhood takes more memory than about this.
const MOST_BYTES: usize = 256 << 20;
/// What a state takes beside its words.
const BYTES: usize = 16;
/// Operators looked at that count as one tick.
const OPERATORS_PER_TICK: u64 = 16;

/// Works on one plan within the context's limit; what was gained before a stop counts. The flag says that no plan is
/// cheaper.
pub(crate) fn polish(
    ctx: &Ctx,
    task: &Task,
    query: &Query,
    plan: Vec<OperatorId>,
    statistics: &mut Statistics,
) -> (Vec<OperatorId>, bool) {
    let mut polished = (plan, false);
    let _: ControlFlow<Stop> = work(ctx, (task, query), &mut polished, statistics);
    polished
}

fn work(
    ctx: &Ctx,
    (task, query): (&Task, &Query),
    (plan, is_cheapest): &mut (Vec<OperatorId>, bool),
    statistics: &mut Statistics,
) -> ControlFlow<Stop> {
    ctx.tick(1 + task.n_operators() as u64 / OPERATORS_PER_TICK)?;
    let half = ctx.child(ctx.remaining() / 2);
    let goal = (&query.init, query.goal.as_slice());
    let cost = |plan: &[OperatorId]| task.plan_cost(plan);
    // Operators of one name may differ in their costs: the replay could take a dearer one.
    if let Ok(less) = eliminate_to(&half, task, goal, plan, &EliminationOptions::default())
        && cost(&less.plan.operators) <= cost(plan)
    {
        *plan = less.plan.operators;
    }
    ctx.absorb(&half);
    let most_states = MOST_BYTES / (8 * task.n_words() + BYTES);
    let mut n_states = FIRST_STATES;
    while n_states <= most_states {
        let Some(found) = shortcut(ctx, (task, query), plan, n_states, statistics)? else { break };
        if found.is_everything {
            *is_cheapest = true;
        }
        if cost(&found.plan) < cost(plan) {
            *plan = found.plan;
        } else {
            n_states *= 2;
        }
        if *is_cheapest {
            break;
        }
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::lively_task;
    use crate::search::strolls::Stroll;

    #[test]
    fn polished_plans_are_valid_and_at_most_as_dear_whatever_the_limit() {
        let (mut n_cheaper, mut n_cheapest) = (0, 0);
        for seed in 0..150 {
            let Some(walk) = Stroll::new(lively_task(seed), seed) else { continue };
            for limit in [0, 3, 30, 300, u64::MAX] {
                let ctx = Ctx::new(0).with_tick_limit(limit);
                let statistics = &mut Statistics::default();
                let (polished, is_cheapest) =
                    polish(&ctx, &walk.task, &walk.query, walk.plan.clone(), statistics);
                let is_cheaper = walk.check(&polished, is_cheapest, &format!("seed {seed}, limit {limit}"));
                n_cheaper += usize::from(is_cheaper);
                n_cheapest += usize::from(is_cheapest);
            }
        }
        assert!(n_cheaper > 20 && n_cheapest > 20, "{n_cheaper} cheaper, {n_cheapest} cheapest");
    }
}
