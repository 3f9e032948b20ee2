//! Sample states at the end of random walks, twice as long on average as a plan is estimated to be (Haslum, Botea,
//! Helmert, Bonet and Koenig, "Domain-Independent Construction of Pattern Database Heuristics", AAAI 2007).

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::rng::Rng;

use crate::heuristic::cartesian::collection::Collection;
use crate::heuristic::cartesian::diagram::RowId;
use crate::packing::State;
use crate::task::{OperatorId, Task};

/// The stream of random numbers that walks are drawn from.
const STREAM: u64 = 0xca27;
/// Coins tossed for the length of a walk.
const MIN_COINS: u64 = 20;
const MAX_COINS: u64 = 1 << 12;
/// Diagrams that count as one tick.
const DIAGRAMS_PER_TICK: u64 = 8;

/// The row of a state in every abstraction.
pub(super) type Rows = Vec<RowId>;

/// The rows of `n` states; `estimate` is that of the initial state. A walk into a dead end starts again.
pub(super) fn samples(
    ctx: &Ctx,
    task: &Task,
    (init, estimate): (&State, u32),
    collection: &Collection,
    n: usize,
) -> ControlFlow<Stop, Vec<Rows>> {
    let Collection { abstractions, lookup, .. } = collection;
    let total: u64 = task.operators.cost.iter().map(|&cost| u64::from(cost)).sum();
    let length = u64::from(estimate) * task.n_operators() as u64 / total.max(1);
    let n_coins = length.saturating_mul(4).clamp(MIN_COINS, MAX_COINS);
    let deadly: Vec<usize> = (0..abstractions.len()).filter(|&at| abstractions[at].has_dead_ends).collect();
    let is_dead = |state: &State| deadly.iter().any(|&at| lookup.diagrams.row(at, state.words()).is_none());
    let ticks = 1 + deadly.len() as u64 / DIAGRAMS_PER_TICK;
    let mut rng = Rng::new(ctx.seed(), STREAM);
    let (mut samples, mut applicable) = (Vec::with_capacity(n), Vec::new());
    for _ in 0..n {
        let mut state = init.clone();
        let n_steps = (0..n_coins).filter(|_| rng.chance(0.5)).count();
        for _ in 0..n_steps {
            ctx.tick(ticks)?;
            let Some(next) = step(task, &state, &mut rng, &mut applicable) else { break };
            state = if is_dead(&next) { init.clone() } else { next };
        }
        ctx.tick(abstractions.len() as u64 / DIAGRAMS_PER_TICK)?;
        samples.extend(lookup.rows(state.words()));
    }
    ControlFlow::Continue(samples)
}

/// The successor by a random operator; none where no operator applies.
fn step(task: &Task, state: &State, rng: &mut Rng, applicable: &mut Vec<OperatorId>) -> Option<State> {
    applicable.clear();
    task.successors.applicable(&task.packing, state.words(), applicable);
    let operator = applicable[rng.index(applicable.len())?];
    let mut next = state.clone();
    task.succeed(operator, state.words(), next.words_mut());
    Some(next)
}
