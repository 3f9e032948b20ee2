//! Disjunctive landmarks: where every rule that may reach a landmark first has a condition of the same predicate, one
//! of these conditions must hold before it.

use isogrid_core::Ctx;

use crate::landmarks::discover::Propagated;
use crate::packing::State;
use crate::task::{FactId, Task};

/// Larger sets say too little.
const MAX_FACTS: usize = 4;

/// Finds the sets, each sorted, none overlapping another or a landmark of a single fact. `None` when the context stops
/// the work.
pub(crate) fn find(
    ctx: &Ctx,
    task: &Task,
    init: &State,
    propagated: &Propagated,
) -> Option<Vec<Vec<FactId>>> {
    let mut found: Vec<Vec<FactId>> = Vec::new();
    let mut is_taken = vec![false; task.n_facts()];
    propagated.landmarks.iter().for_each(|&fact| is_taken[fact as usize] = true);
    let mut at_first = vec![false; task.n_facts()];
    for variable in 0..task.n_variables() {
        at_first[(task.first_fact[variable] + task.packing.get(init.words(), variable)) as usize] = true;
    }
    let singles = propagated.landmarks.iter().filter(|&&fact| !at_first[fact as usize]);
    let mut queue: Vec<Vec<FactId>> = singles.map(|&fact| vec![fact]).collect();
    while let Some(landmark) = queue.pop() {
        let sets = conditions_by_predicate(ctx, task, propagated, &landmark)?;
        for set in sets {
            if set.iter().any(|&fact| is_taken[fact as usize] || at_first[fact as usize]) {
                continue;
            }
            set.iter().for_each(|&fact| is_taken[fact as usize] = true);
            queue.push(set.clone());
            found.push(set);
        }
    }
    Some(found)
}

/// The small sets of conditions of one predicate that all first achievers share.
fn conditions_by_predicate(
    ctx: &Ctx,
    task: &Task,
    propagated: &Propagated,
    landmark: &[FactId],
) -> Option<Vec<Vec<FactId>>> {
    let achievers = propagated.first_achievers(landmark);
    let n_achievers: usize = landmark.iter().map(|&fact| propagated.achievers[fact as usize].len()).sum();
    if ctx.tick(1 + n_achievers as u64 / 8).is_break() {
        return None;
    }
    // A predicate's sets so far; the first achiever says which predicates can be shared.
    let mut sets: Vec<(usize, Vec<FactId>)> = Vec::new();
    for (at, &rule) in achievers.iter().enumerate() {
        let conditions = propagated.rules.pre.row(rule);
        let of = |predicate: usize| {
            conditions.iter().copied().filter(move |&fact| task.predicate_of(fact) == Some(predicate))
        };
        if at == 0 {
            let mut predicates: Vec<usize> =
                conditions.iter().filter_map(|&fact| task.predicate_of(fact)).collect();
            predicates.sort_unstable();
            predicates.dedup();
            sets = predicates.into_iter().map(|predicate| (predicate, Vec::new())).collect();
        }
        sets.retain_mut(|(predicate, set)| {
            let before = set.len();
            let has_any = of(*predicate).next().is_some();
            set.extend(of(*predicate));
            if set.len() > before {
                set.sort_unstable();
                set.dedup();
            }
            has_any && set.len() <= MAX_FACTS
        });
        if sets.is_empty() {
            break;
        }
    }
    Some(sets.into_iter().map(|(_, set)| set).filter(|set| set.len() > 1).collect())
}
