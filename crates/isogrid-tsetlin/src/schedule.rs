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
    let state =
        State { idle, busy: Vec::new(), n_paid: 0, end: plan.n_steps, flow: ControlFlow::Continue(()) };
    let shared = Shared { state: Mutex::new(state), changed: Condvar::new() };
    let worker = |own: usize| {
        let mut done = None;
        while let Some(mut task) =
            shared.exchange(done.take(), own, |ticks_of| ctx.tick(ticks_of.map_or(0, &plan.cost)))
        {
            let guard = EndOnPanic(&shared, task.step);
            work(task.team, task.step);
            drop(guard);
            task.step += 1;
            done = Some(task);
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
    /// The steps that are at work.
    busy: Vec<usize>,
    /// Steps whose ticks are counted.
    n_paid: usize,
    /// The step before which all end.
    end: usize,
    flow: ControlFlow<Stop>,
}

impl<T> State<'_, T> {
    /// The place among the idle of what a thread should take: its own team in the middle of a run, or the one that is
    /// farthest behind, first of its own. Nobody goes so far ahead that a limit would come too late for the others.
    fn choice(&self, own: usize) -> Option<usize> {
        let slowest = self.idle.iter().map(|task| task.step).chain(self.busy.iter().copied()).min()?;
        let end = self.end.min(slowest + 2 * RUN);
        let order = |task: &Task<'_, T>| {
            let is_own = task.owner == own;
            (!is_own, is_own && task.step.is_multiple_of(RUN), task.step, task.place)
        };
        let left = self.idle.iter().enumerate().filter(|(_, task)| task.step < end);
        left.min_by_key(|(_, task)| order(task)).map(|(place, _)| place)
    }
}

struct Shared<'a, T> {
    state: Mutex<State<'a, T>>,
    changed: Condvar,
}

impl<'a, T> Shared<'a, T> {
    fn lock(&self) -> MutexGuard<'_, State<'a, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back what is `done` and takes the next step, waiting until there is one; `None` when all are at the end.
    /// `pay` counts the ticks of a step, or none, and says whether a limit is reached.
    fn exchange(
        &self,
        done: Option<Task<'a, T>>,
        own: usize,
        pay: impl Fn(Option<usize>) -> ControlFlow<Stop>,
    ) -> Option<Task<'a, T>> {
        let mut state = self.lock();
        if let Some(task) = done {
            state.stop_being_busy(task.step - 1);
            state.idle.push(task);
            self.changed.notify_all();
        }
        loop {
            let Some(place) = state.choice(own) else {
                if state.busy.is_empty() {
                    self.changed.notify_all();
                    return None;
                }
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let step = state.idle[place].step;
            // Steps that are paid for are finished by all, whatever comes; but nobody pays for more after a limit.
            let new = (step == state.n_paid).then_some(step);
            if state.flow.is_continue()
                && let ControlFlow::Break(stop) = pay(new)
            {
                (state.end, state.flow) = (state.n_paid, ControlFlow::Break(stop));
                continue;
            }
            state.n_paid += usize::from(new.is_some());
            let task = state.idle.swap_remove(place);
            state.busy.push(step);
            return Some(Task { owner: own, ..task });
        }
    }
}

impl<T> State<'_, T> {
    fn stop_being_busy(&mut self, step: usize) {
        if let Some(place) = self.busy.iter().position(|&busy| busy == step) {
            self.busy.swap_remove(place);
        }
    }
}

/// Without it the other threads would wait for a team that never comes back.
struct EndOnPanic<'b, 'a, T>(&'b Shared<'a, T>, usize);

impl<T> Drop for EndOnPanic<'_, '_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut state = self.0.lock();
            state.stop_being_busy(self.1);
            state.end = 0;
            self.0.changed.notify_all();
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
