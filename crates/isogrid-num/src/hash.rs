//! Deterministic hashing: a hasher for maps and a mixing function for packed states.
//!
//! Both multiply two 64-bit words into 128 bits and fold the halves together, the construction of wyhash and its
//! relatives (Wang Yi, "wyhash", 2019). Not for hostile keys: without a secret seed collisions can be constructed.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A hash map whose iteration order depends only on its history of insertions, not on the process.
pub type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<FastHasher>>;

/// The set that belongs to [`FastMap`].
pub type FastSet<K> = HashSet<K, BuildHasherDefault<FastHasher>>;

// Digits of pi, so that nobody chose them.
const SEED: u64 = 0x243f_6a88_85a3_08d3;
const FIRST: u64 = 0x4528_21e6_38d0_1377;
const SECOND: u64 = 0x082e_fa98_ec4e_6c89;
const LAST: u64 = 0xc0ac_29b7_c97c_50dd;

#[inline(always)]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Hashes a slice of words, for example a packed state. Every bit of the result depends on every bit of the input,
/// and slices of different length with equal leading words differ. Cost: one wide multiplication per two words.
#[inline]
pub fn hash_words(words: &[u64]) -> u64 {
    let mut acc = SEED ^ (words.len() as u64).wrapping_mul(LAST);
    let mut pairs = words.chunks_exact(2);
    for pair in &mut pairs {
        acc = fold(pair[0] ^ FIRST, pair[1] ^ acc);
    }
    if let [word] = pairs.remainder() {
        acc = fold(word ^ SECOND, FIRST ^ acc);
    }
    fold(acc ^ SECOND, LAST)
}

/// A fast hasher of small keys. The same key hashes alike in every process and on every platform.
///
/// ```
/// use isogrid_num::hash::FastMap;
/// let mut ages: FastMap<&str, u32> = FastMap::default();
/// ages.insert("ada", 36);
/// assert_eq!(ages["ada"], 36);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FastHasher {
    state: u64,
}

impl Default for FastHasher {
    #[inline]
    fn default() -> Self {
        FastHasher { state: SEED }
    }
}

impl FastHasher {
    #[inline(always)]
    fn mix(&mut self, word: u64) {
        self.state = fold(self.state ^ word, FIRST).wrapping_add(word);
    }
}

impl Hasher for FastHasher {
    #[inline]
    fn finish(&self) -> u64 {
        fold(self.state ^ SECOND, LAST)
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.mix(chunk.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
        let tail = chunks.remainder();
        let word = tail.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
        self.mix(word ^ (bytes.len() as u64) << 56);
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.mix(value.into());
    }

    #[inline]
    fn write_u16(&mut self, value: u16) {
        self.mix(value.into());
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.mix(value.into());
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.mix(value as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, BuildHasherDefault};

    use proptest::prelude::*;

    use super::*;

    fn hash_one<T: std::hash::Hash>(value: T) -> u64 {
        BuildHasherDefault::<FastHasher>::default().hash_one(value)
    }

    // Computed by an independent script from the module's definition.
    #[test]
    fn hashes_are_pinned() {
        assert_eq!(
            [hash_words(&[]), hash_words(&[0]), hash_words(&[1, 2, 3])],
            [PINNED[0], PINNED[1], PINNED[2]]
        );
        assert_eq!([hash_one(7_u64), hash_one("isogrid")], [PINNED[3], PINNED[4]]);
    }

    const PINNED: [u64; 5] = [
        0xfca0_9765_6b2a_c24d,
        0x773f_0603_d538_436d,
        0x9e67_ab9c_4cea_0877,
        0xa19c_c484_6f50_9133,
        0x5ba0_8898_3546_395c,
    ];

    #[test]
    fn a_flipped_bit_flips_half_of_the_hash() {
        let mut flips = 0_u32;
        let mut trials = 0_u32;
        for seed in 0..64_u64 {
            let words = [seed, hash_words(&[seed]), seed * 3];
            for bit in 0..192 {
                let mut changed = words;
                changed[bit / 64] ^= 1 << (bit % 64);
                flips += (hash_words(&words) ^ hash_words(&changed)).count_ones();
                trials += 64;
            }
        }
        let share = f64::from(flips) / f64::from(trials);
        assert!((0.49..0.51).contains(&share), "{share}");
    }

    #[test]
    fn packed_counters_spread_over_low_and_high_bits() {
        for shift in [0, 57] {
            let mut buckets = [0_u32; 128];
            for value in 0..128_000_u64 {
                buckets[(hash_words(&[value, 0]) >> shift & 127) as usize] += 1;
                buckets[(hash_one(value) >> shift & 127) as usize] += 1;
            }
            let chi2: f64 = buckets.iter().map(|&n| (f64::from(n) - 2000.0).powi(2) / 2000.0).sum();
            assert!(chi2 < 220.0, "shift {shift}: chi squared {chi2} of 127 degrees of freedom");
        }
    }

    proptest! {
        #[test]
        fn a_prefix_never_hashes_like_the_whole(words in prop::collection::vec(any::<u64>(), 1..8)) {
            for cut in 0..words.len() {
                prop_assert_ne!(hash_words(&words), hash_words(&words[..cut]));
            }
        }

        #[test]
        fn byte_strings_padded_with_zeros_differ(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            let mut padded = bytes.clone();
            padded.push(0);
            prop_assert_ne!(hash_one(&bytes), hash_one(&padded));
        }
    }
}
