//! Which random number decides what: the contract between the fast machine and its slow reference.
//!
//! Every decision has a fixed place in a counter-based generator, so that both paths read the same numbers in whatever
//! order, on any number of threads, and one path may skip numbers that cannot change its result.

use isogrid_num::rng::{Rng, splitmix64};

use crate::kernels::lanes::BLOCK;
use crate::kernels::pick;

/// Probabilities of classic events are multiples of 2^-16.
pub(crate) const PROBABILITY_BITS: u32 = 16;

const COMPOSITION_DOMAIN: u64 = 0x626c_6f63;
const ORDER_DOMAIN: u64 = 0x6f72_6465;
const VISIT_DOMAIN: u64 = 0x7669_7369;
const WEIGHT_DOMAIN: u64 = 0x7765_6967;
const NEGATIVE_DOMAIN: u64 = 0x6e65_6761;

/// The random numbers of one fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draws {
    pub(crate) seed: u64,
}

impl Draws {
    /// Which samples are in which block, the same in every epoch: block `b` has the samples from place `b * BLOCK` on.
    pub(crate) fn composition(self, n_samples: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n_samples as u32).collect();
        Rng::new(self.seed ^ COMPOSITION_DOMAIN, 0).shuffle(&mut order);
        order
    }

    /// The order of the blocks in an epoch.
    pub(crate) fn blocks(self, epoch: u64, n_blocks: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n_blocks as u32).collect();
        Rng::new(self.seed ^ ORDER_DOMAIN, epoch).shuffle(&mut order);
        order
    }

    /// The weight that a shared clause begins with: one, of either sign.
    pub(crate) fn first_weight(self, clause: usize, output: usize) -> i32 {
        let bits = Rng::new(self.seed ^ WEIGHT_DOMAIN, clause as u64).at(output as u64 / 64);
        if bits >> (output % 64) & 1 == 0 { 1 } else { -1 }
    }

    /// The random numbers of one pass over a block.
    pub(crate) fn pass(self, epoch: u64, block: u32) -> Pass {
        let stream = epoch << 32 | u64::from(block);
        let (order, visits) = Rng::new(self.seed ^ VISIT_DOMAIN, stream).pair(0);
        let (negatives, _) = Rng::new(self.seed ^ NEGATIVE_DOMAIN, stream).pair(0);
        Pass { order, visits, negatives }
    }
}

/// The random numbers of one pass over a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass {
    order: u64,
    visits: u64,
    negatives: u64,
}

impl Pass {
    /// The order in which the first `n` lanes of the block are visited (Fisher and Yates).
    pub(crate) fn lanes(self, n: usize) -> Vec<u8> {
        let mut order: Vec<u8> = (0..n.min(BLOCK)).map(|lane| lane as u8).collect();
        for last in (1..order.len()).rev() {
            let other = below(splitmix64(self.order, last as u64) >> 32, last as u64 + 1);
            order.swap(last, other as usize);
        }
        order
    }

    /// The visit of the sample in a lane.
    pub(crate) fn place(self, lane: u8) -> Place {
        Place { pass: self, lane: u64::from(lane) }
    }
}

/// The visit of one sample in one pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pass: Pass,
    lane: u64,
}

impl Place {
    /// The random numbers of one output's update.
    pub(crate) fn visit(self, output: u32) -> Visit {
        let key = splitmix64(self.pass.visits, self.lane << 32 | u64::from(output));
        Visit { selection: key, events: splitmix64(key, 0) }
    }

    /// Whether class `class`, which is not the sample's own, is among the `n_drawn` of all `n_classes` that are told
    /// "not this one". Drawn without putting back (Floyd's sampling over the other classes).
    pub(crate) fn draws_negative(self, (class, own): (u32, u32), n_classes: u32, n_drawn: u32) -> bool {
        let n_others = n_classes - 1;
        if n_drawn >= n_others {
            return true;
        }
        let sought = if class < own { class } else { class - 1 };
        let mut drawn = Vec::with_capacity(n_drawn as usize);
        for last in n_others - n_drawn..n_others {
            let key = splitmix64(self.pass.negatives, self.lane << 32 | u64::from(last));
            let other = below(key >> 32, u64::from(last) + 1) as u32;
            drawn.push(if drawn.contains(&other) { last } else { other });
        }
        drawn.contains(&sought)
    }
}

/// The random numbers of one update of one output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit {
    /// The key of [`pick::pick`].
    pub(crate) selection: u64,
    events: u64,
}

impl Visit {
    /// Whether a clause gets feedback, with probability `threshold` / 2^32.
    pub(crate) fn is_selected(self, clause: u32, threshold: u64) -> bool {
        u64::from(pick::draw(self.selection, clause)) < threshold
    }

    /// The events of one clause.
    pub(crate) fn events(self, clause: u32) -> Events {
        Events { key: splitmix64(self.events, u64::from(clause)) }
    }
}

/// The random events inside one clause's feedback.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Events {
    key: u64,
}

impl Events {
    /// A number below `n`, which is at least one: the choice among patches that fit equally well.
    pub(crate) fn choice(self, n: u32) -> u32 {
        below(splitmix64(self.key, u64::MAX) >> 32, u64::from(n)) as u32
    }

    /// The features of which a clause that does not fire forgets literals: first the true one, then the negated one.
    /// Their number is `rate.0`, and one more with probability `rate.1` / 2^32. A feature may come twice.
    pub(crate) fn forgotten(
        self,
        rate: (u32, u32),
        n_features: usize,
    ) -> impl Iterator<Item = (usize, usize)> {
        let has_more = splitmix64(self.key, 0) >> 32 < u64::from(rate.1);
        (1..=u64::from(rate.0) + u64::from(has_more)).map(move |number| {
            let draw = splitmix64(self.key, number);
            let feature = |half: u64| below(half, n_features as u64) as usize;
            (feature(draw >> 32), feature(draw & 0xffff_ffff))
        })
    }

    /// Classic events of probability `probability` / 2^16, one a literal: those of the 64 literals of a word.
    pub(crate) fn word(self, word: usize, probability: u32) -> u64 {
        if probability >> PROBABILITY_BITS != 0 {
            return u64::MAX;
        }
        let (mut events, mut undecided) = (0_u64, u64::MAX);
        // Below the last one of the probability's digits, an undecided lane can only be equal or above.
        let n_digits = PROBABILITY_BITS - probability.trailing_zeros();
        for digit in 0..n_digits {
            let bits = self.digits(word, digit);
            if probability >> (PROBABILITY_BITS - 1 - digit) & 1 == 1 {
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

    /// The classic event of one literal, computed from its definition: the literal's bits in the draws of its word,
    /// first draw first, are the binary digits of a uniform number; the event is that it lies below the probability.
    pub(crate) fn literal(self, literal: usize, probability: u32) -> bool {
        let (word, lane) = (literal / 64, literal % 64);
        let digit = |number: u32| (self.digits(word, number) >> lane & 1) as u32;
        let uniform = (0..PROBABILITY_BITS).fold(0, |uniform, number| uniform << 1 | digit(number));
        uniform < probability
    }

    fn digits(self, word: usize, digit: u32) -> u64 {
        splitmix64(self.key, 1 + word as u64 * u64::from(PROBABILITY_BITS) + u64::from(digit))
    }
}

/// A 32-bit draw as a number below `n`; the bias is below `n` / 2^32.
fn below(draw: u64, n: u64) -> u64 {
    (draw * n) >> 32
}

/// How many of `n_features` literals a clause forgets at a time: whole ones, and the chance of one more over 2^32.
pub(crate) fn forgetting_rate(n_features: usize, specificity: f64) -> (u32, u32) {
    let rate = n_features as f64 / specificity;
    (rate as u32, (rate.fract() * f64::from(u32::MAX)) as u32)
}

/// 1 / `specificity` as a multiple of 2^-16, at least one.
pub(crate) fn event_probability(specificity: f64) -> u32 {
    ((f64::from(1 << PROBABILITY_BITS) / specificity).round() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_by_word_and_by_literal_agree() {
        let events = Draws { seed: 5 }.pass(3, 1).place(7).visit(2).events(9);
        for probability in [1, 2, 163, 6_554, 32_768, 40_000, 65_535, 65_536] {
            for literal in 0..256 {
                let by_word = events.word(literal / 64, probability) >> (literal % 64) & 1 == 1;
                assert_eq!(by_word, events.literal(literal, probability), "{probability} {literal}");
            }
        }
    }

    #[test]
    fn classic_events_have_their_probability() {
        let events = Draws { seed: 1 }.pass(0, 0).place(9).visit(0).events(0);
        let n_events: u32 =
            (0..2_000).map(|word| events.word(word, event_probability(10.0)).count_ones()).sum();
        let share = f64::from(n_events) / (2_000.0 * 64.0);
        assert!((share - 0.1).abs() < 0.005, "{share}");
    }

    #[test]
    fn clauses_forget_as_often_as_their_rate_says() {
        let visit = Draws { seed: 2 }.pass(0, 0).place(0).visit(0);
        let mut counts = [[0_u32; 10]; 2];
        let n_clauses = 20_000;
        for clause in 0..n_clauses {
            for (feature, negated) in visit.events(clause).forgotten(forgetting_rate(10, 4.0), 10) {
                counts[0][feature] += 1;
                counts[1][negated] += 1;
            }
        }
        let expected = f64::from(n_clauses) / 4.0;
        let is_near = |&count: &u32| (f64::from(count) - expected).abs() < 0.05 * expected;
        assert!(counts.iter().flatten().all(is_near), "{counts:?}, {expected} each");
    }

    #[test]
    fn negatives_are_every_class_but_the_own() {
        let mut counts = [0_u32; 5];
        for block in 0..300 {
            let pass = Draws { seed: 1 }.pass(0, block);
            for lane in 0..10 {
                let drawn: Vec<u32> = [0, 1, 3, 4]
                    .into_iter()
                    .filter(|&class| pass.place(lane).draws_negative((class, 2), 5, 2))
                    .collect();
                assert_eq!(drawn.len(), 2);
                drawn.iter().for_each(|&class| counts[class as usize] += 1);
            }
        }
        assert!(counts[2] == 0 && [0, 1, 3, 4].iter().all(|&class| (1_400..1_600).contains(&counts[class])));
    }

    #[test]
    fn orders_are_permutations_that_differ_between_epochs() {
        let draws = Draws { seed: 3 };
        let sorted = |mut order: Vec<u32>| {
            order.sort_unstable();
            order
        };
        assert_eq!(sorted(draws.composition(600)), (0..600).collect::<Vec<_>>());
        assert_eq!(sorted(draws.blocks(1, 9)), (0..9).collect::<Vec<_>>());
        let lanes = |epoch| draws.pass(epoch, 0).lanes(BLOCK);
        assert_ne!(lanes(0), lanes(1));
        let mut all = lanes(0);
        all.sort_unstable();
        assert_eq!(all, (0..=255).collect::<Vec<u8>>());
        assert_eq!(draws.pass(0, 0).lanes(3).len(), 3);
    }
}
