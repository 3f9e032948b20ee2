//! Threads that work on parts of one sample and add up what they found, thousands of times a second.
//!
//! Sums of integers do not depend on who adds first, so that the total is the same for every number of threads. Waiting
//! is spinning at first: a sample takes microseconds, and waking a thread takes longer.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};

/// Turns before a waiting thread lets others run.
const SPINS: u32 = 2_000;
/// A slot is read in one round, emptied in the next, and filled in the one after that.
const N_SLOTS: usize = 3;

/// A meeting point of a fixed number of threads.
#[derive(Debug)]
pub(crate) struct Rendezvous {
    n_threads: usize,
    n_waiting: AtomicUsize,
    round: AtomicUsize,
    is_broken: AtomicBool,
    slots: [Vec<AtomicI32>; N_SLOTS],
}

impl Rendezvous {
    pub(crate) fn new(n_threads: usize, n_sums: usize) -> Rendezvous {
        let slot = || (0..n_sums).map(|_| AtomicI32::new(0)).collect();
        Rendezvous {
            n_threads,
            n_waiting: AtomicUsize::new(0),
            round: AtomicUsize::new(0),
            is_broken: AtomicBool::new(false),
            slots: [slot(), slot(), slot()],
        }
    }

    /// Adds `sums` to those of the other threads, and replaces them by the total once all have come. Every thread calls
    /// it as often as the others.
    ///
    /// # Panics
    /// If another thread has panicked, which would not come.
    pub(crate) fn add_up(&self, sums: &mut [i32]) {
        if self.n_threads == 1 {
            return;
        }
        let round = self.round.load(Ordering::Acquire);
        let slot = &self.slots[round % N_SLOTS];
        for (total, &sum) in slot.iter().zip(sums.iter()) {
            total.fetch_add(sum, Ordering::Relaxed);
        }
        if self.n_waiting.fetch_add(1, Ordering::AcqRel) + 1 == self.n_threads {
            // The slot after the next was read by all before they came here.
            self.slots[(round + 1) % N_SLOTS].iter().for_each(|total| total.store(0, Ordering::Relaxed));
            self.n_waiting.store(0, Ordering::Relaxed);
            self.round.store(round + 1, Ordering::Release);
        } else {
            self.wait(round);
        }
        for (total, sum) in slot.iter().zip(sums) {
            *sum = total.load(Ordering::Relaxed);
        }
    }

    fn wait(&self, round: usize) {
        let mut n_spins = 0;
        while self.round.load(Ordering::Acquire) == round {
            assert!(!self.is_broken.load(Ordering::Relaxed), "another thread of this training has panicked");
            if n_spins < SPINS {
                n_spins += 1;
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }

    /// Runs `work(part, self)` for every part on a thread of its own. `parts` are as many as the threads.
    pub(crate) fn run<T: Send>(&self, parts: &mut [T], work: impl Fn(&mut T) + Sync) {
        let guarded = |part: &mut T| {
            let guard = BreakOnPanic(self);
            work(part);
            drop(guard);
        };
        let Some((first, rest)) = parts.split_first_mut() else { return };
        std::thread::scope(|scope| {
            for part in rest {
                scope.spawn(|| guarded(part));
            }
            guarded(first);
        });
    }
}

struct BreakOnPanic<'a>(&'a Rendezvous);

impl Drop for BreakOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.is_broken.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_the_same_everywhere() {
        for n_threads in [1, 2, 3, 5] {
            let meeting = Rendezvous::new(n_threads, 2);
            let mut parts: Vec<(i32, Vec<i32>)> =
                (0..n_threads as i32).map(|part| (part, Vec::new())).collect();
            meeting.run(&mut parts, |(part, totals)| {
                for round in 0..300 {
                    let mut sums = [*part + round, 1];
                    meeting.add_up(&mut sums);
                    totals.extend(sums);
                }
            });
            let n = n_threads as i32;
            let expected: Vec<i32> = (0..300).flat_map(|round| [n * (n - 1) / 2 + n * round, n]).collect();
            assert!(parts.iter().all(|(_, totals)| *totals == expected), "{n_threads} threads");
        }
    }

    #[test]
    fn a_panic_comes_through() {
        let caught = std::panic::catch_unwind(|| {
            let meeting = Rendezvous::new(2, 1);
            meeting.run(&mut [0, 1], |part| {
                assert!(*part == 0, "the second part fails");
                meeting.add_up(&mut [0]);
            });
        });
        assert!(caught.is_err());
    }
}
