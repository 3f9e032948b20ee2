//! Counters of conditions: how many are not reached yet and what those that are cost together, in one word, so that
//! reaching one more is one addition.

/// A counter: conditions that are left in the low bits, the sum above them.
pub(super) trait Tally: Copy {
    /// With so many conditions left, which must be [`Counters::MOST`] at most where counters are narrow.
    fn fresh(conditions: usize) -> Self;
    /// What to add when a condition of this cost is reached.
    fn step(cost: u32) -> Self;
    /// Adds it; whether conditions are left.
    fn take(&mut self, step: Self) -> bool;
    /// Takes it back; whether conditions were left before.
    fn give(&mut self, step: Self) -> bool;
    /// What to add when a condition that was reached is reached for so much less.
    fn less(cost: u32) -> Self;
    /// The sum.
    fn cost(self) -> u32;
    /// The sum, where no conditions are left.
    fn closed(self) -> Option<u32>;
}

impl Tally for u32 {
    fn fresh(conditions: usize) -> u32 {
        conditions as u32
    }

    #[inline(always)]
    fn step(cost: u32) -> u32 {
        (cost << 8).wrapping_sub(1)
    }

    #[inline(always)]
    fn take(&mut self, step: u32) -> bool {
        *self = self.wrapping_add(step);
        *self as u8 != 0
    }

    #[inline(always)]
    fn give(&mut self, step: u32) -> bool {
        let was_open = *self as u8 != 0;
        *self = self.wrapping_sub(step);
        was_open
    }

    #[inline(always)]
    fn less(cost: u32) -> u32 {
        (cost << 8).wrapping_neg()
    }

    #[inline(always)]
    fn cost(self) -> u32 {
        self >> 8
    }

    #[inline(always)]
    fn closed(self) -> Option<u32> {
        (self as u8 == 0).then_some(self >> 8)
    }
}

impl Tally for u64 {
    fn fresh(conditions: usize) -> u64 {
        conditions as u64
    }

    #[inline(always)]
    fn step(cost: u32) -> u64 {
        (u64::from(cost) << 32).wrapping_sub(1)
    }

    #[inline(always)]
    fn take(&mut self, step: u64) -> bool {
        *self = self.wrapping_add(step);
        *self as u32 != 0
    }

    #[inline(always)]
    fn give(&mut self, step: u64) -> bool {
        let was_open = *self as u32 != 0;
        *self = self.wrapping_sub(step);
        was_open
    }

    #[inline(always)]
    fn less(cost: u32) -> u64 {
        (u64::from(cost) << 32).wrapping_neg()
    }

    #[inline(always)]
    fn cost(self) -> u32 {
        (self >> 32) as u32
    }

    #[inline(always)]
    fn closed(self) -> Option<u32> {
        (self as u32 == 0).then_some((self >> 32) as u32)
    }
}

/// Counters of all groups: narrow where costs are small, for they are what an exploration reads most.
#[derive(Clone)]
pub(super) enum Counters {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

impl Counters {
    /// Conditions of a group where counters are narrow.
    const MOST: usize = u8::MAX as usize;
    /// Sums stay below this where counters are narrow.
    const NARROW: u32 = 1 << 24;
    /// Rules cost this at most where counters are narrow: ways of thousands of such rules are told apart.
    const DEAREST_RULE: u32 = u8::MAX as u32;

    /// Counters of groups with so many conditions each, of rules that cost up to `dearest_rule`.
    pub(super) fn new(conditions: &[usize], dearest_rule: u32) -> Counters {
        let most = conditions.iter().copied().max().unwrap_or(0);
        if most <= Counters::MOST && dearest_rule <= Counters::DEAREST_RULE {
            Counters::Narrow(conditions.iter().map(|&n| Tally::fresh(n)).collect())
        } else {
            Counters::Wide(conditions.iter().map(|&n| Tally::fresh(n)).collect())
        }
    }

    /// No sum may be larger.
    pub(super) fn largest(&self) -> u32 {
        match self {
            Counters::Narrow(_) => Counters::NARROW - 1,
            Counters::Wide(_) => u32::MAX / 2,
        }
    }

    /// Sets all counters back.
    pub(super) fn reset(&mut self, fresh: &Counters) {
        match (self, fresh) {
            (Counters::Narrow(counters), Counters::Narrow(fresh)) => counters.copy_from_slice(fresh),
            (Counters::Wide(counters), Counters::Wide(fresh)) => counters.copy_from_slice(fresh),
            (counters, fresh) => counters.clone_from(fresh),
        }
    }

    /// The sum of a group, where no conditions are left.
    #[inline]
    pub(super) fn closed(&self, group: usize) -> Option<u32> {
        match self {
            Counters::Narrow(counters) => counters[group].closed(),
            Counters::Wide(counters) => counters[group].closed(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Counters::Narrow(counters) => counters.len(),
            Counters::Wide(counters) => counters.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts<T: Tally>() {
        let mut tally = T::fresh(3);
        assert!(tally.take(T::step(0)));
        assert!(tally.take(T::step(70_000)));
        assert_eq!(tally.closed(), None);
        assert!(!tally.take(T::step(5)));
        assert_eq!((tally.cost(), tally.closed()), (70_005, Some(70_005)));
        assert!(!tally.take(T::less(69_000)));
        assert_eq!(tally.cost(), 1_005);
        assert!(!tally.give(T::step(5)));
        assert!(tally.give(T::step(1_000)));
        assert_eq!((tally.cost(), tally.closed()), (0, None));
    }

    #[test]
    fn the_last_condition_closes_a_counter() {
        counts::<u32>();
        counts::<u64>();
    }

    #[test]
    fn counters_are_wide_where_they_must_be() {
        let is_narrow =
            |conditions: &[usize], cost| matches!(Counters::new(conditions, cost), Counters::Narrow(_));
        assert!(is_narrow(&[2, 255], 255));
        assert!(!is_narrow(&[2, 256], 1));
        assert!(!is_narrow(&[2], 256));
        assert!(is_narrow(&[], 0));
    }
}
