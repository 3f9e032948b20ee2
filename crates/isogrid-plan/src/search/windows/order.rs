//! Another order of a plan's steps that leads to the same end.

use isogrid_num::rng::Rng;

use crate::task::{OperatorId, Task};

/// Steps may change places where neither writes a variable that the other reads or writes. Of those whose turn it may be
/// the one comes that has waited for the step before, so that steps which belong together are neighbours; the rest is
/// left to chance. Cost: linear in the conditions and effects of all steps.
pub(super) fn reordered(task: &Task, plan: &[OperatorId], seed: u64) -> Vec<OperatorId> {
    let mut followers = followers(task, plan);
    let mut waiting = vec![0u32; plan.len()];
    followers.iter().flatten().for_each(|&step| waiting[step] += 1);
    let mut rng = Rng::new(seed, 0);
    let mut ready: Vec<usize> = (0..plan.len()).filter(|&step| waiting[step] == 0).collect();
    rng.shuffle(&mut ready);
    let mut order = Vec::with_capacity(plan.len());
    while let Some(step) = ready.pop() {
        order.push(plan[step]);
        let first = ready.len();
        for follower in std::mem::take(&mut followers[step]) {
            waiting[follower] -= 1;
            if waiting[follower] == 0 {
                ready.push(follower);
            }
        }
        rng.shuffle(&mut ready[first..]);
    }
    order
}

/// For each step those that must come after it; some more than once, and not those that must for another's sake.
fn followers(task: &Task, plan: &[OperatorId]) -> Vec<Vec<usize>> {
    let mut followers = vec![Vec::new(); plan.len()];
    let mut writer: Vec<Option<usize>> = vec![None; task.n_variables()];
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); task.n_variables()];
    for (step, &operator) in plan.iter().enumerate() {
        for &(variable, _) in task.operators.pre(operator) {
            if let Some(before) = writer[variable as usize] {
                followers[before].push(step);
            }
            readers[variable as usize].push(step);
        }
        for &(variable, _) in task.operators.eff(operator) {
            let before = writer[variable as usize].replace(step);
            for earlier in before.into_iter().chain(readers[variable as usize].drain(..)) {
                if earlier != step {
                    followers[earlier].push(step);
                }
            }
        }
    }
    followers
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use isogrid_core::Ctx;

    use super::*;
    use crate::ground::{Keep, ground_in};
    use crate::random::{Language, random_task, stroll};

    #[test]
    fn every_order_is_a_plan_of_the_same_steps() {
        let mut n_other = 0;
        for seed in 0..400 {
            let (domain, problem) = random_task(seed, Language::Strips);
            let task = ground_in(&Ctx::new(0), &Arc::new(domain), &Arc::new(problem), Keep::Relevant);
            let task = task.expect("a task");
            let Some(plan) = stroll(&task, &mut Rng::new(seed, 5)) else { continue };
            let other = reordered(&task, &plan, seed);
            let mut state = task.init().clone();
            for &operator in &other {
                state = task.apply(&state, operator).expect("a step that applies");
            }
            assert!(task.is_goal(&state), "seed {seed}");
            n_other += usize::from(other != plan);
            let sorted = |mut plan: Vec<OperatorId>| {
                plan.sort_unstable();
                plan
            };
            assert_eq!(sorted(other), sorted(plan), "seed {seed}");
        }
        assert!(n_other > 10, "{n_other}");
    }
}
