//! The context every engine call receives: seed, deterministic work ticks, cancellation, spans, notes and progress.
//!
//! Engines count work with [`Ctx::tick`] and never read a clock. A driver turns seconds, bytes or Ctrl-C into
//! [`Cancel::cancel`], so a run that no such limit interrupted repeats exactly for its seed.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// Why a computation ended. Stopping is data; failing is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The work is complete: nothing is left to do.
    Done,
    /// It is proved that no answer exists.
    Impossible,
    /// The attempt ended without success, and more of the budget would not have helped.
    Failed,
    /// The receiver of outputs said that it has enough.
    Enough,
    /// A limit was reached.
    Budget(Limit),
    /// Somebody asked for an end (Ctrl-C, a rival that finished first).
    Cancelled,
}

/// The limit behind [`Stop::Budget`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Deterministic work ticks.
    Ticks,
    /// Wall-clock time, watched by the driver.
    Time,
    /// Memory, watched by the driver.
    Memory,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::Done => "done",
            Stop::Impossible => "proved impossible",
            Stop::Failed => "ended without success",
            Stop::Enough => "enough",
            Stop::Budget(Limit::Ticks) => "tick budget ended",
            Stop::Budget(Limit::Time) => "time budget ended",
            Stop::Budget(Limit::Memory) => "memory budget ended",
            Stop::Cancelled => "cancelled",
        })
    }
}

/// Who ended a computation from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// A user or a caller asked.
    Interrupt = 1,
    /// The driver's clock ran out.
    Time = 2,
    /// The driver saw too much memory in use.
    Memory = 3,
}

/// A handle that ends a computation from another thread. Clones share one flag; the first reason stays.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicU8>);

impl Cancel {
    /// Asks the computation to end at its next tick.
    pub fn cancel(&self, reason: Reason) {
        let _ = self.0.compare_exchange(0, reason as u8, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The stop that was asked for, if any.
    pub fn requested(&self) -> Option<Stop> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            2 => Some(Stop::Budget(Limit::Time)),
            3 => Some(Stop::Budget(Limit::Memory)),
            _ => Some(Stop::Cancelled),
        }
    }
}

/// How far a stage has come. `total` is unknown for searches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress<'a> {
    /// The stage's name, for example `"ground"` or `"epoch"`.
    pub stage: &'a str,
    /// Units done.
    pub done: u64,
    /// Units in all, where known.
    pub total: Option<u64>,
    /// A short note, for example the best plan cost so far.
    pub note: &'a str,
}

/// What a driver does with spans, notes and progress. Every method may be called from several threads.
pub trait Observer: Send + Sync {
    /// A phase begins.
    fn enter(&self, _name: &'static str) {}
    /// The phase ends.
    fn exit(&self, _name: &'static str) {}
    /// Work advanced.
    fn progress(&self, _progress: Progress<'_>) {}
    /// An engine tells something that only who asks for more wants to know: sizes, counts, what was left out.
    fn note(&self, _text: &str) {}
}

/// Seed, work budget, cancellation and observation of one computation. Shared by reference between threads.
pub struct Ctx {
    seed: u64,
    ticks: AtomicU64,
    tick_limit: Arc<AtomicU64>,
    above: Option<Arc<Above>>,
    is_bounded: bool,
    cancel: Cancel,
    observer: Option<Arc<dyn Observer>>,
}

/// The limit of a parent, which may be lowered while its child works.
struct Above {
    limit: Arc<AtomicU64>,
    /// The parent's ticks when the child was made.
    before: u64,
    /// The parent's own parent.
    above: Option<Arc<Above>>,
}

impl Ctx {
    /// A context without limits.
    pub fn new(seed: u64) -> Self {
        Ctx {
            seed,
            ticks: AtomicU64::new(0),
            tick_limit: Arc::new(AtomicU64::new(u64::MAX)),
            above: None,
            is_bounded: false,
            cancel: Cancel::default(),
            observer: None,
        }
    }

    /// Ends the computation after `limit` ticks, with [`Stop::Budget`].
    #[must_use]
    pub fn with_tick_limit(mut self, limit: u64) -> Self {
        self.tick_limit = Arc::new(AtomicU64::new(limit));
        self.is_bounded |= limit < u64::MAX;
        self
    }

    /// Says that a driver will end the computation by time or memory, so an engine may go on as long as it gains.
    #[must_use]
    pub fn with_watchdog(mut self) -> Self {
        self.is_bounded = true;
        self
    }

    /// Whether somebody set a limit. Without one, an engine that could improve forever stops at its own default.
    pub fn is_bounded(&self) -> bool {
        self.is_bounded
    }

    /// Uses `cancel` instead of a flag of its own.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// Sends spans, notes and progress to `observer`.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// A context for a part of the work: same seed, cancellation and observer, its own tick count and limit. The parent
    /// does not see the child's ticks until [`Ctx::absorb`]; the child ends where it would exceed a limit above it,
    /// also one that is lowered later.
    #[must_use]
    pub fn child(&self, tick_limit: u64) -> Ctx {
        Ctx {
            seed: self.seed,
            ticks: AtomicU64::new(0),
            tick_limit: Arc::new(AtomicU64::new(tick_limit.min(self.remaining()))),
            above: Some(Arc::new(Above {
                limit: self.tick_limit.clone(),
                before: self.ticks(),
                above: self.above.clone(),
            })),
            is_bounded: self.is_bounded,
            cancel: self.cancel.clone(),
            observer: self.observer.clone(),
        }
    }

    /// Counts a finished child's ticks as this context's own.
    pub fn absorb(&self, child: &Ctx) {
        self.ticks.fetch_add(child.ticks(), Ordering::Relaxed);
    }

    /// The seed all randomness derives from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Ticks counted so far.
    pub fn ticks(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }

    /// Ticks left before the limit, and before those above it.
    pub fn remaining(&self) -> u64 {
        let (mut ticks, mut above) = (self.ticks(), self.above.as_deref());
        let mut left = self.tick_limit.load(Ordering::Relaxed).saturating_sub(ticks);
        while let Some(parent) = above {
            ticks = ticks.saturating_add(parent.before);
            left = left.min(parent.limit.load(Ordering::Relaxed).saturating_sub(ticks));
            above = parent.above.as_deref();
        }
        left
    }

    /// Whether so many ticks are more than a limit above allows.
    fn exceeds_above(&self, mut ticks: u64) -> bool {
        let mut above = self.above.as_deref();
        while let Some(parent) = above {
            ticks = ticks.saturating_add(parent.before);
            if ticks > parent.limit.load(Ordering::Relaxed) {
                return true;
            }
            above = parent.above.as_deref();
        }
        false
    }

    /// Lowers the tick limit to at most `limit`, also while another thread works. With it the loser of a parallel
    /// race is stopped at the winner's tick count, so the winner does not depend on the speed of the threads.
    pub fn lower_tick_limit(&self, limit: u64) {
        self.tick_limit.fetch_min(limit, Ordering::Relaxed);
    }

    /// Counts `n` units of work; breaks when the budget ended or somebody cancelled. Call it at least every
    /// millisecond of work.
    #[inline]
    pub fn tick(&self, n: u64) -> ControlFlow<Stop> {
        let now = self.ticks.fetch_add(n, Ordering::Relaxed).saturating_add(n);
        if now > self.tick_limit.load(Ordering::Relaxed) || self.exceeds_above(now) {
            return ControlFlow::Break(Stop::Budget(Limit::Ticks));
        }
        match self.cancel.requested() {
            None => ControlFlow::Continue(()),
            Some(stop) => ControlFlow::Break(stop),
        }
    }

    /// A clone of the cancellation handle.
    pub fn cancel_handle(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Marks a phase until the returned guard is dropped; the observer may time it.
    #[must_use = "the phase ends when the guard is dropped"]
    pub fn span(&self, name: &'static str) -> Span<'_> {
        if let Some(observer) = &self.observer {
            observer.enter(name);
        }
        Span { ctx: self, name }
    }

    /// Tells the observer something for those who ask for more; the text is made only where there is one.
    pub fn note(&self, text: impl FnOnce() -> String) {
        if let Some(observer) = &self.observer {
            observer.note(&text());
        }
    }

    /// Reports how far the work has come.
    pub fn progress(&self, progress: Progress<'_>) {
        if let Some(observer) = &self.observer {
            observer.progress(progress);
        }
    }
}

impl fmt::Debug for Ctx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx").field("seed", &self.seed).field("ticks", &self.ticks()).finish_non_exhaustive()
    }
}

/// The guard of one phase.
#[derive(Debug)]
pub struct Span<'a> {
    ctx: &'a Ctx,
    name: &'static str,
}

impl Drop for Span<'_> {
    fn drop(&mut self) {
        if let Some(observer) = &self.ctx.observer {
            observer.exit(self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_end_at_the_limit() {
        let ctx = Ctx::new(1).with_tick_limit(10);
        assert_eq!(ctx.tick(10), ControlFlow::Continue(()));
        assert_eq!(ctx.tick(1), ControlFlow::Break(Stop::Budget(Limit::Ticks)));
    }

    #[test]
    fn the_first_reason_to_cancel_stays() {
        let ctx = Ctx::new(1);
        ctx.cancel_handle().cancel(Reason::Time);
        ctx.cancel_handle().cancel(Reason::Interrupt);
        assert_eq!(ctx.tick(1), ControlFlow::Break(Stop::Budget(Limit::Time)));
    }

    #[test]
    fn a_child_has_its_own_ticks_and_its_parents_flag() {
        let parent = Ctx::new(1).with_tick_limit(100);
        let child = parent.child(1_000);
        assert_eq!(child.remaining(), 100);
        assert!(child.tick(60).is_continue());
        parent.absorb(&child);
        assert_eq!(parent.remaining(), 40);
        child.lower_tick_limit(60);
        assert!(child.tick(1).is_break());
        let later = parent.child(u64::MAX);
        assert!(later.tick(10).is_continue());
        let grandchild = later.child(u64::MAX);
        assert!(grandchild.tick(10).is_continue());
        assert_eq!((later.remaining(), grandchild.remaining()), (30, 20));
        parent.lower_tick_limit(80);
        assert_eq!(grandchild.remaining(), 0);
        assert_eq!(grandchild.tick(1), ControlFlow::Break(Stop::Budget(Limit::Ticks)));
        assert!(later.tick(10).is_continue() && later.tick(1).is_break());
        parent.cancel_handle().cancel(Reason::Interrupt);
        assert_eq!(parent.child(5).tick(0), ControlFlow::Break(Stop::Cancelled));
    }
}
