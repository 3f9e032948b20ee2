//! Which random number decides what: the contract between the fast machine and its slow reference.
//!
//! Every decision has a fixed place (stream, index) in a counter-based generator, so both paths read the same numbers
//! in whatever order, and one path may skip numbers that cannot change its result.

use isogrid_num::rng::{Rng, splitmix64};

/// Probabilities of events are multiples of 2^-16.
pub(crate) const PROBABILITY_BITS: u32 = 16;

const ORDER_DOMAIN: u64 = 0x6f72_6465;
const RIVAL_DOMAIN: u64 = 0x7269_7661;

/// The random numbers of one fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draws {
    pub(crate) seed: u64,
}

impl Draws {
    /// The order of the samples in an epoch.
    pub(crate) fn order(&self, epoch: u64, n_samples: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n_samples).collect();
        Rng::new(self.seed ^ ORDER_DOMAIN, epoch).shuffle(&mut order);
        order
    }

    /// The class that is told "not this one" for the sample number `visit` of class `class`.
    pub(crate) fn rival(&self, visit: u64, class: usize, n_classes: usize) -> usize {
        let other = Rng::new(self.seed ^ RIVAL_DOMAIN, visit).below(n_classes as u64 - 1) as usize;
        if other < class { other } else { other + 1 }
    }

    /// The random numbers of the update number `update`.
    pub(crate) fn update(&self, update: u64) -> UpdateDraws {
        let (selection, events) = Rng::new(self.seed, update).pair(0);
        UpdateDraws { selection, events }
    }
}

/// The random numbers of one update of one class.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UpdateDraws {
    selection: u64,
    events: u64,
}

impl UpdateDraws {
    /// Whether a clause gets feedback, with probability `numerator / denominator`.
    pub(crate) fn is_selected(&self, clause: usize, numerator: u64, denominator: u64) -> bool {
        let draw = splitmix64(self.selection, clause as u64);
        ((u128::from(draw) * u128::from(denominator)) >> 64) < u128::from(numerator)
    }

    /// The events of a clause's literals.
    pub(crate) fn events(&self, clause: usize, probability: u32) -> Events {
        Events { key: splitmix64(self.events, clause as u64), probability }
    }
}

/// 1 / `specificity` as a multiple of 2^-16, at least one.
pub(crate) fn event_probability(specificity: f64) -> u32 {
    ((f64::from(1 << PROBABILITY_BITS) / specificity).round() as u32).max(1)
}

/// One event a literal. A lane's bits in the draws of its word, first draw first, are the binary digits of a uniform
/// number; the event is that it lies below the probability.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Events {
    key: u64,
    probability: u32,
}

impl Events {
    /// The events of the 64 literals of a word at once; stops drawing when every lane is decided.
    pub(crate) fn word(&self, word: usize) -> u64 {
        if self.probability >> PROBABILITY_BITS != 0 {
            return u64::MAX;
        }
        let (mut events, mut undecided) = (0_u64, u64::MAX);
        // Below the last one of the probability's digits, an undecided lane can only be equal or above.
        let n_digits = PROBABILITY_BITS - self.probability.trailing_zeros();
        for digit in 0..n_digits {
            let bits = self.digits(word, digit);
            if self.probability >> (PROBABILITY_BITS - 1 - digit) & 1 == 1 {
                events |= undecided & !bits;
                undecided &= bits;
            } else {
                undecided &= !bits;
            }
            if undecided == 0 {
                break;
            }
        }
        events
    }

    /// The event of one literal, computed from its definition.
    pub(crate) fn literal(&self, literal: usize) -> bool {
        let (word, lane) = (literal / 64, literal % 64);
        let digit = |number: u32| (self.digits(word, number) >> lane & 1) as u32;
        let uniform = (0..PROBABILITY_BITS).fold(0, |uniform, number| uniform << 1 | digit(number));
        uniform < self.probability
    }

    fn digits(&self, word: usize, digit: u32) -> u64 {
        splitmix64(self.key, word as u64 * u64::from(PROBABILITY_BITS) + u64::from(digit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_by_word_and_by_literal_agree() {
        let draws = Draws { seed: 5 };
        for probability in [1, 2, 163, 6_554, 32_768, 40_000, 65_535, 65_536] {
            let events = draws.update(3).events(7, probability);
            for literal in 0..256 {
                let by_word = events.word(literal / 64) >> (literal % 64) & 1 == 1;
                assert_eq!(by_word, events.literal(literal), "{probability} {literal}");
            }
        }
    }

    #[test]
    fn events_and_selections_have_their_probability() {
        let update = Draws { seed: 1 }.update(9);
        let events = update.events(0, event_probability(10.0));
        let n_events: u32 = (0..2_000).map(|word| events.word(word).count_ones()).sum();
        let share = f64::from(n_events) / (2_000.0 * 64.0);
        assert!((share - 0.1).abs() < 0.005, "{share}");
        let n_selected = (0..20_000).filter(|&clause| update.is_selected(clause, 3, 10)).count();
        assert!((5_800..6_200).contains(&n_selected), "{n_selected}");
        assert!(
            (0..1_000).all(|clause| update.is_selected(clause, 4, 4) && !update.is_selected(clause, 0, 4))
        );
    }

    #[test]
    fn rivals_are_every_class_but_the_own() {
        let draws = Draws { seed: 1 };
        let mut counts = [0_u32; 4];
        for visit in 0..3_000 {
            counts[draws.rival(visit, 2, 4)] += 1;
        }
        assert!(counts[2] == 0 && [0, 1, 3].iter().all(|&class| counts[class] > 900), "{counts:?}");
    }
}
