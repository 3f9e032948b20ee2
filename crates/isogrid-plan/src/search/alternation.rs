//! Open lists that take turns (after Richter and Helmert, ICAPS 2009): two for each heuristic, one of which takes in
//! only what some heuristic prefers. The latter gain turns whenever an estimate falls below all earlier ones.

use crate::search::open_list::OpenList;

/// Turns that the preferred lists gain on progress.
const BOOST: i64 = 1000;

/// One of the lists.
pub(crate) struct Queue<T> {
    pub(crate) open: OpenList<T>,
    pub(crate) only_preferred: bool,
    heuristic: usize,
    turns: i64,
}

/// The open lists of one search.
pub(crate) struct Alternation<T> {
    queues: Vec<Queue<T>>,
    /// The least estimate of each heuristic so far.
    best: Vec<u32>,
}

impl<T: Copy> Alternation<T> {
    pub(crate) fn new(n_heuristics: usize) -> Alternation<T> {
        let queue = |heuristic, only_preferred| {
            let open = OpenList::new();
            Queue { open, heuristic, only_preferred, turns: 0 }
        };
        let queues = (0..n_heuristics).flat_map(|h| [queue(h, false), queue(h, true)]).collect();
        Alternation { queues, best: vec![u32::MAX; n_heuristics] }
    }

    /// Hears the estimates of a state, one for each heuristic.
    pub(crate) fn reward_progress(&mut self, estimates: &[u32]) {
        for (best, &estimate) in self.best.iter_mut().zip(estimates) {
            if estimate < *best {
                *best = estimate;
                self.queues.iter_mut().filter(|q| q.only_preferred).for_each(|q| q.turns -= BOOST);
            }
        }
    }

    /// Takes an entry into the lists that take all in, each by the key that its heuristic gives.
    pub(crate) fn push(&mut self, entry: T, key: impl Fn(usize) -> u64) {
        for queue in self.queues.iter_mut().filter(|queue| !queue.only_preferred) {
            queue.open.push(key(queue.heuristic), entry);
        }
    }

    /// Takes an entry into the lists of what is preferred.
    pub(crate) fn push_preferred(&mut self, entry: T, key: impl Fn(usize) -> u64) {
        for queue in self.queues.iter_mut().filter(|queue| queue.only_preferred) {
            queue.open.push(key(queue.heuristic), entry);
        }
    }

    /// The number of lists.
    pub(crate) fn len(&self) -> usize {
        self.queues.len()
    }

    /// The list whose turn it is, which has entries, and its number; it has had a turn then.
    pub(crate) fn turn(&mut self) -> Option<(usize, &mut Queue<T>)> {
        let open = self.queues.iter_mut().enumerate().filter(|(_, queue)| !queue.open.is_empty());
        let (at, queue) = open.min_by_key(|(_, queue)| queue.turns)?;
        queue.turns += 1;
        Some((at, queue))
    }

    /// The next entry of the list whose turn it is.
    pub(crate) fn take(&mut self) -> Option<T> {
        let (_, queue) = self.turn()?;
        queue.open.pop().map(|(_, entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(lists: &mut Alternation<u32>, n: usize) -> Vec<u32> {
        (0..n).map_while(|_| lists.take()).collect()
    }

    #[test]
    fn lists_take_turns_and_each_gives_its_least() {
        let mut lists = Alternation::new(2);
        for (entry, keys) in [(0, [5, 1]), (1, [4, 2]), (2, [3, 3])] {
            lists.push(entry, |heuristic| keys[heuristic]);
        }
        assert_eq!(taken(&mut lists, 7), [2, 0, 1, 1, 0, 2]);
    }

    #[test]
    fn progress_gives_turns_to_what_is_preferred() {
        let mut lists = Alternation::new(1);
        (0..4).for_each(|entry| lists.push(entry, |_| 1));
        (4..7).for_each(|entry| lists.push(entry, |_| 9));
        [4, 6].iter().for_each(|&entry| lists.push_preferred(entry, |_| 9));
        lists.reward_progress(&[3]);
        lists.reward_progress(&[3]);
        assert_eq!(taken(&mut lists, 20), [4, 6, 0, 1, 2, 3, 4, 5, 6]);
    }
}
