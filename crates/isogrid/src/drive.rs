//! Runs one computation under a budget: ticks by the context itself, seconds and bytes by a watching thread.
//!
//! This is the only place where wall-clock time and memory in use become cancellation. A run that neither limit
//! interrupted repeats exactly for its seed.

use std::fs;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use isogrid_core::{Cancel, Ctx, Observer, Reason};

use crate::Error;
use crate::budget::Budget;

/// How often memory in use is read: short enough to catch an engine that fills gigabytes a second.
const MEMORY_PERIOD: Duration = Duration::from_millis(10);

/// What a computation is given.
#[derive(Clone, Default)]
pub struct Setup {
    /// The seed all randomness derives from.
    pub seed: u64,
    /// Its limits, which an engine that could improve forever may use up.
    pub budget: Budget,
    /// A time limit that the engine is not told of, so that it ends by itself when it otherwise would.
    pub patience: Option<Duration>,
    /// Ends it from outside.
    pub cancel: Cancel,
    /// Receives spans and progress.
    pub observer: Option<Arc<dyn Observer>>,
}

/// A finished computation and what it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Driven<T> {
    /// What the work returned.
    pub value: T,
    /// Wall seconds.
    pub seconds: f64,
    /// Work ticks.
    pub ticks: u64,
}

/// Runs `work` under `setup`. It receives a context to pass to an engine, and is told to stop when a limit is
/// reached; the watching thread has ended when this returns.
///
/// # Errors
/// [`Error::MemoryUnwatched`] for a memory limit where the memory in use cannot be read.
pub fn drive<T>(setup: &Setup, work: impl FnOnce(&Ctx) -> T) -> Result<Driven<T>, Error> {
    let start = Instant::now();
    let mut budget = setup.budget;
    budget.wall = [budget.wall, setup.patience].into_iter().flatten().min();
    if budget.bytes.is_some() && resident_bytes().is_none() {
        return Err(Error::MemoryUnwatched);
    }
    let ctx = context(setup);
    let watch = Watch::default();
    let limits = Limits { start, budget, cancel: setup.cancel.clone() };
    let value = thread::scope(|scope| {
        let checked = limits.reached();
        if checked.is_none() && (budget.wall.is_some() || budget.bytes.is_some()) {
            scope.spawn(|| watch.keep(&limits));
        }
        let _end = End(&watch);
        work(&ctx)
    });
    Ok(Driven { value, seconds: start.elapsed().as_secs_f64(), ticks: ctx.ticks() })
}

fn context(setup: &Setup) -> Ctx {
    let mut ctx = Ctx::new(setup.seed).with_cancel(setup.cancel.clone());
    if let Some(ticks) = setup.budget.ticks {
        ctx = ctx.with_tick_limit(ticks);
    }
    if setup.budget.wall.is_some() || setup.budget.bytes.is_some() {
        ctx = ctx.with_watchdog();
    }
    match &setup.observer {
        Some(observer) => ctx.with_observer(observer.clone()),
        None => ctx,
    }
}

struct Limits {
    start: Instant,
    budget: Budget,
    cancel: Cancel,
}

impl Limits {
    /// The limit that is reached, already passed on to the computation.
    fn reached(&self) -> Option<Reason> {
        let reason = if self.budget.wall.is_some_and(|wall| self.start.elapsed() >= wall) {
            Reason::Time
        } else if self.budget.bytes.is_some_and(|limit| resident_bytes().is_some_and(|used| used >= limit)) {
            Reason::Memory
        } else {
            return None;
        };
        self.cancel.cancel(reason);
        Some(reason)
    }

    fn pause(&self) -> Duration {
        let left = self.budget.wall.map_or(Duration::MAX, |wall| wall.saturating_sub(self.start.elapsed()));
        if self.budget.bytes.is_some() { left.min(MEMORY_PERIOD) } else { left }
    }
}

/// Wakes the watching thread at once when the work is over.
#[derive(Default)]
struct Watch {
    over: Mutex<bool>,
    changed: Condvar,
}

impl Watch {
    fn keep(&self, limits: &Limits) {
        let mut over = self.lock();
        while !*over && limits.reached().is_none() {
            let waited = self.changed.wait_timeout(over, limits.pause());
            over = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.over.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the watch also when the work panics.
struct End<'a>(&'a Watch);

impl Drop for End<'_> {
    fn drop(&mut self) {
        *self.0.lock() = true;
        self.0.changed.notify_all();
    }
}

/// Resident memory of this process now, in bytes; `None` where the system does not say.
pub fn resident_bytes() -> Option<u64> {
    status_bytes("VmRSS:")
}

/// The largest resident memory of this process so far, in bytes; `None` where the system does not say.
pub fn peak_resident_bytes() -> Option<u64> {
    status_bytes("VmHWM:")
}

/// From `/proc/self/status` and not the shorter `statm`, which counts pages of a size that std cannot ask for.
fn status_bytes(field: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kib: u64 = line[field.len()..].trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use isogrid_core::{Limit, Stop};

    use super::*;

    fn until_stopped(ctx: &Ctx) -> Stop {
        loop {
            if let ControlFlow::Break(stop) = ctx.tick(1) {
                return stop;
            }
        }
    }

    fn setup(budget: &str) -> Setup {
        Setup { seed: 3, budget: budget.parse().expect("a budget"), ..Setup::default() }
    }

    #[test]
    fn each_limit_ends_the_work_with_its_own_stop() {
        let cases = [
            ("20ms", Stop::Budget(Limit::Time)),
            ("0s", Stop::Budget(Limit::Time)),
            ("1000ticks", Stop::Budget(Limit::Ticks)),
            ("0ticks", Stop::Budget(Limit::Ticks)),
            ("1h,1000ticks", Stop::Budget(Limit::Ticks)),
        ];
        for (budget, expected) in cases {
            let driven = drive(&setup(budget), until_stopped).expect("these limits can be kept");
            assert_eq!(driven.value, expected, "{budget}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_is_watched() {
        for budget in ["1B", "0B", "1B,1h"] {
            let driven = drive(&setup(budget), until_stopped).expect("memory can be read");
            assert_eq!(driven.value, Stop::Budget(Limit::Memory), "{budget}");
        }
        assert!(peak_resident_bytes() >= resident_bytes());
        let held = vec![1u8; 64 << 20];
        assert!(resident_bytes().is_some_and(|bytes| bytes >= held.len() as u64));
    }

    #[test]
    fn work_that_ends_by_itself_is_counted_and_not_waited_for() {
        let driven =
            drive(&setup("1h,1TiB"), |ctx| (ctx.tick(7), ctx.seed())).expect("these limits can be kept");
        assert_eq!(driven.value, (ControlFlow::Continue(()), 3));
        assert_eq!(driven.ticks, 7);
    }

    #[test]
    fn patience_ends_the_work_but_is_not_a_bound() {
        let patient = Setup { patience: Some(Duration::ZERO), ..setup("1h") };
        let driven = drive(&patient, until_stopped).expect("no memory limit");
        assert_eq!(driven.value, Stop::Budget(Limit::Time));
        let patient = Setup { patience: Some(Duration::ZERO), ..Setup::default() };
        assert!(!drive(&patient, Ctx::is_bounded).expect("no memory limit").value);
        assert!(drive(&setup("1h"), Ctx::is_bounded).expect("no memory limit").value);
    }

    #[test]
    fn an_interrupt_from_outside_is_cancellation() {
        let setup = setup("1h");
        setup.cancel.cancel(Reason::Interrupt);
        assert_eq!(drive(&setup, until_stopped).expect("no memory limit").value, Stop::Cancelled);
    }

    #[test]
    fn the_watch_ends_when_the_work_panics() {
        let outcome = std::panic::catch_unwind(|| drive(&setup("1h"), |_| panic!("on purpose")).map(|_| ()));
        assert!(outcome.is_err());
    }
}
