//! Who trains what: each thread has teams of its own, and takes others' only when its own are at the end.
//!
//! Teams do not read each other, so they need not wait for each other either. A team is a quarter of a megabyte and more:
//! it stays in the cache of one core for several blocks, and on that core while it can. Ticks are counted in the order of
//! the blocks, by whoever comes first, so that a tick limit ends every team after the same block.

use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use isogrid_core::{Ctx, Stop};

/// Steps that a thread takes with a team before it looks at another.
const RUN: usize = 8;

/// Steps to take, and what they cost.
pub(crate) struct Plan<C> {
    pub(crate) n_steps: usize,
    pub(crate) n_threads: usize,
    /// The ticks of all teams' work on a step.
    pub(crate) cost: C,
}

/// Runs `work(team, step)` for every team and step, the steps of a team in order. A limit ends all teams before the same
/// step, which is returned with the stop.
pub(crate) fn run<T: Send>(
    ctx: &Ctx,
    teams: &mut [T],
    plan: &Plan<impl Fn(usize) -> u64 + Sync>,
    work: impl Fn(&mut T, usize) + Sync,
) -> (usize, ControlFlow<Stop>) {
    let n_threads = plan.n_threads.clamp(1, teams.len().max(1));
    let task = |(place, team)| Task { step: 0, place, owner: place % n_threads, team };
    let idle = teams.iter_mut().enumerate().map(task).collect();
    let state = State { idle, n_busy: 0, n_paid: 0, end: plan.n_steps, flow: ControlFlow::Continue(()) };
    let shared = Shared { state: Mutex::new(state), freed: Condvar::new() };
    let worker = |own: usize| {
        while let Some(mut task) = shared.next(own, |step| ctx.tick((plan.cost)(step))) {
            let guard = EndOnPanic(&shared);
            work(task.team, task.step);
            drop(guard);
            task.step += 1;
            shared.put_back(task);
        }
    };
    std::thread::scope(|scope| {
        let worker = &worker;
        for own in 1..n_threads {
            scope.spawn(move || worker(own));
        }
        worker(0);
    });
    let state = shared.lock();
    (state.end, state.flow)
}

struct Task<'a, T> {
    step: usize,
    place: usize,
    /// The thread that had it last.
    owner: usize,
    team: &'a mut T,
}

struct State<'a, T> {
    idle: Vec<Task<'a, T>>,
    n_busy: usize,
    /// Steps whose ticks are counted.
    n_paid: usize,
    /// The step before which all end.
    end: usize,
    flow: ControlFlow<Stop>,
}

struct Shared<'a, T> {
    state: Mutex<State<'a, T>>,
    freed: Condvar,
}

impl<'a, T> Shared<'a, T> {
    fn lock(&self) -> MutexGuard<'_, State<'a, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread's own team in the middle of a run, or the one that is farthest behind, first of its own; `None` when all
    /// are at the end.
    fn next(&self, own: usize, pay: impl Fn(usize) -> ControlFlow<Stop>) -> Option<Task<'a, T>> {
        let mut state = self.lock();
        loop {
            let left = state.idle.iter().enumerate().filter(|(_, task)| task.step < state.end);
            let order = |task: &Task<'_, T>| {
                let is_own = task.owner == own;
                (!is_own, is_own && task.step.is_multiple_of(RUN), task.step, task.place)
            };
            let Some((index, step)) =
                left.min_by_key(|(_, task)| order(task)).map(|(i, task)| (i, task.step))
            else {
                if state.n_busy == 0 {
                    self.freed.notify_all();
                    return None;
                }
                state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if step == state.n_paid {
                if let ControlFlow::Break(stop) = pay(step) {
                    (state.end, state.flow) = (step, ControlFlow::Break(stop));
                    continue;
                }
                state.n_paid += 1;
            }
            state.n_busy += 1;
            let task = state.idle.swap_remove(index);
            return Some(Task { owner: own, ..task });
        }
    }

    fn put_back(&self, task: Task<'a, T>) {
        let mut state = self.lock();
        state.n_busy -= 1;
        state.idle.push(task);
        self.freed.notify_one();
    }
}

/// Without it the other threads would wait for a team that never comes back.
struct EndOnPanic<'b, 'a, T>(&'b Shared<'a, T>);

impl<T> Drop for EndOnPanic<'_, '_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut state = self.0.lock();
            state.n_busy -= 1;
            state.end = 0;
            self.0.freed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use isogrid_core::Limit;

    use super::*;

    fn plan(n_threads: usize) -> Plan<impl Fn(usize) -> u64 + Sync> {
        Plan { n_steps: 20, n_threads, cost: |_| 10 }
    }

    #[test]
    fn every_team_takes_every_step_in_order() {
        for n_threads in [1, 2, 3, 16] {
            let mut teams = vec![Vec::new(); 5];
            let ctx = Ctx::new(0);
            let (end, flow) = run(&ctx, &mut teams, &plan(n_threads), Vec::push);
            assert_eq!((end, flow, ctx.ticks()), (20, ControlFlow::Continue(()), 200));
            assert!(teams.iter().all(|team| team.iter().copied().eq(0..20)));
        }
    }

    #[test]
    fn a_limit_ends_all_teams_before_the_same_step() {
        for n_threads in [1, 2, 4] {
            let mut teams = vec![0; 5];
            let ctx = Ctx::new(0).with_tick_limit(75);
            let (end, flow) = run(&ctx, &mut teams, &plan(n_threads), |team, _| *team += 1);
            assert_eq!((end, flow), (7, ControlFlow::Break(Stop::Budget(Limit::Ticks))));
            assert_eq!(teams, [7; 5]);
        }
    }

    #[test]
    fn a_panic_comes_through() {
        let caught = std::panic::catch_unwind(|| {
            let mut teams = [0; 4];
            run(&Ctx::new(0), &mut teams, &plan(2), |_, step| assert!(step < 3, "step {step}"))
        });
        assert!(caught.is_err());
    }
}
