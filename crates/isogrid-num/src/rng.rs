//! A counter-based random generator: every draw is a pure function of (seed, stream, index).
//!
//! Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011),
//! checked against the published known-answer vectors. Because nothing but a counter advances, streams for (epoch,
//! sample, class, ..) need no shared state, and results do not depend on the number of threads. Not for cryptography.

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// The Philox4x32-10 bijection: a 128-bit counter to 128 random bits under a 64-bit key.
#[inline]
pub fn philox4x32(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    let [mut k0, mut k1] = key;
    for _ in 0..10 {
        let first = u64::from(MULTIPLIERS[0]) * u64::from(c0);
        let second = u64::from(MULTIPLIERS[1]) * u64::from(c2);
        (c0, c1, c2, c3) =
            ((second >> 32) as u32 ^ c1 ^ k0, second as u32, (first >> 32) as u32 ^ c3 ^ k1, first as u32);
        k0 = k0.wrapping_add(WEYL[0]);
        k1 = k1.wrapping_add(WEYL[1]);
    }
    [c0, c1, c2, c3]
}

/// A stream of random numbers. Streams of one seed are independent; cloning replays.
///
/// ```
/// use isogrid_num::rng::Rng;
/// let mut rng = Rng::new(42, 0);
/// let third = Rng::new(42, 0).at(2);
/// rng.next_u64();
/// rng.next_u64();
/// assert_eq!(rng.next_u64(), third);
/// assert!(rng.below(6) < 6);
/// ```
#[derive(Debug, Clone)]
pub struct Rng {
    seed: u64,
    stream: u64,
    next: u64,
    spare: u64,
}

impl Rng {
    /// The stream `stream` of `seed`, at its start.
    #[inline]
    pub fn new(seed: u64, stream: u64) -> Rng {
        Rng { seed, stream, next: 0, spare: 0 }
    }

    /// The draws number `2 * number` and `2 * number + 1` of this stream, at the cost of one.
    #[inline]
    pub fn pair(&self, number: u64) -> (u64, u64) {
        let counter = [number as u32, (number >> 32) as u32, self.stream as u32, (self.stream >> 32) as u32];
        let [a, b, c, d] = philox4x32(counter, [self.seed as u32, (self.seed >> 32) as u32]);
        (u64::from(b) << 32 | u64::from(a), u64::from(d) << 32 | u64::from(c))
    }

    /// The draw number `index` of this stream, wherever the stream stands now.
    #[inline]
    pub fn at(&self, index: u64) -> u64 {
        let (even, odd) = self.pair(index / 2);
        if index.is_multiple_of(2) { even } else { odd }
    }

    /// 64 uniform bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let index = self.next;
        self.next = index.wrapping_add(1);
        if !index.is_multiple_of(2) {
            return self.spare;
        }
        let (even, odd) = self.pair(index / 2);
        self.spare = odd;
        even
    }

    /// 32 uniform bits (the high half of a 64-bit draw).
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    /// A uniform number in `0..n`, without bias (Lemire, "Fast random integer generation in an interval", 2019).
    ///
    /// # Panics
    /// If `n` is zero: there is no such number.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "the range 0..0 holds no number");
        let mut product = u128::from(self.next_u64()) * u128::from(n);
        if (product as u64) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u64) < threshold {
                product = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// A uniform index into a slice of `len` elements; `None` for an empty one.
    #[inline]
    pub fn index(&mut self, len: usize) -> Option<usize> {
        (len > 0).then(|| self.below(len as u64) as usize)
    }

    /// A uniform number in `[0, 1)`, a multiple of 2^-53.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// True with probability `p`; never for `p <= 0`, always for `p >= 1`.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A standard normal number (Box and Muller, 1958; the second of each pair is dropped to keep draws countable).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Puts the elements in a uniformly random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}

/// The draw number `index` of SplitMix64 seeded with `key` (Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", OOPSLA 2014): several times cheaper than [`Rng`] for the inner loops below one of its draws.
/// Take `key` from an [`Rng`], never from a counter: neighboring keys are not independent by themselves.
#[inline]
pub const fn splitmix64(key: u64, index: u64) -> u64 {
    let state = key.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Rng, philox4x32, splitmix64};
    use crate::stats;

    #[test]
    fn philox_gives_the_published_answers() {
        let ones = u32::MAX;
        let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
        let cases = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([ones; 4], [ones; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (pi, [0xa409_3822, 0x299f_31d0], [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
        ];
        for (counter, key, expected) in cases {
            assert_eq!(philox4x32(counter, key), expected, "counter {counter:x?}");
        }
    }

    #[test]
    fn splitmix_gives_the_known_sequence() {
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([0, 1, 2].map(|index| splitmix64(1_234_567, index)), expected);
    }

    #[test]
    fn units_normals_and_ranges_have_their_moments() {
        let mut rng = Rng::new(3, 1);
        let units: Vec<f64> = (0..40_000).map(|_| rng.unit()).collect();
        assert!((stats::mean(&units) - 0.5).abs() < 0.01 && units.iter().all(|u| (0.0..1.0).contains(u)));
        let normals: Vec<f64> = (0..40_000).map(|_| rng.normal()).collect();
        assert!(stats::mean(&normals).abs() < 0.02 && (stats::sd(&normals) - 1.0).abs() < 0.02);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[rng.below(6) as usize] += 1;
        }
        assert!(counts.iter().all(|&n| (9_600..10_400).contains(&n)), "{counts:?}");
    }

    #[test]
    fn every_order_of_three_is_equally_likely() {
        let mut rng = Rng::new(9, 0);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..6_000 {
            let mut items = [0, 1, 2];
            rng.shuffle(&mut items);
            *counts.entry(items).or_insert(0_u32) += 1;
        }
        assert!(counts.len() == 6 && counts.values().all(|n| (880..1_120).contains(n)), "{counts:?}");
    }

    #[test]
    fn chances_at_the_ends_are_certain() {
        let mut rng = Rng::new(0, 0);
        assert!((0..100).all(|_| !rng.chance(0.0) && rng.chance(1.0) && !rng.chance(f64::NAN)));
    }

    proptest! {
        #[test]
        fn random_access_equals_the_stream(seed: u64, stream: u64, n in 1_u64..40) {
            let mut rng = Rng::new(seed, stream);
            let origin = rng.clone();
            for index in 0..n {
                prop_assert_eq!(rng.next_u64(), origin.at(index));
                let (even, odd) = origin.pair(index / 2);
                prop_assert_eq!(origin.at(index), if index % 2 == 0 { even } else { odd });
            }
        }

        #[test]
        fn below_stays_below(seed: u64, n in 1_u64..) {
            prop_assert!(Rng::new(seed, 0).below(n) < n);
        }

        #[test]
        fn a_shuffle_keeps_the_elements(seed: u64, len in 0_usize..50) {
            let mut items: Vec<usize> = (0..len).collect();
            Rng::new(seed, 0).shuffle(&mut items);
            items.sort_unstable();
            prop_assert!(items.iter().copied().eq(0..len));
        }

        #[test]
        fn streams_and_seeds_differ(seed: u64, stream: u64) {
            let first = Rng::new(seed, stream).at(0);
            prop_assert_ne!(first, Rng::new(seed, stream.wrapping_add(1)).at(0));
            prop_assert_ne!(first, Rng::new(seed.wrapping_add(1), stream).at(0));
        }
    }
}
