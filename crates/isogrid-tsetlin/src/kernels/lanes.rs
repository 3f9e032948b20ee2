//! Misses of one clause over a block of 256 samples at once, one sample a lane.
//!
//! Literals stand as rows of 256 bits. A clause's misses are counted per lane in bit-sliced counters, then spread to a
//! byte a lane.

use super::misses::{Misses, Of};
use super::tally;
#[cfg(target_arch = "x86_64")]
use super::vector::Avx2;
use super::vector::{Plain, Vector};

/// Samples in a block.
pub(crate) const BLOCK: usize = 256;

/// A bit for each sample of a block.
pub(crate) type Lanes = [u64; BLOCK / 64];

/// A byte for each sample of a block.
pub(crate) type LaneBytes = [u8; BLOCK];

/// Bits of a counter.
const N_DIGITS: usize = 8;

/// The most literals of a clause whose misses fit into a byte.
pub(crate) const MOST_LITERALS: usize = 255;

#[inline(always)]
pub(super) fn each(a: Lanes, b: Lanes, f: impl Fn(u64, u64) -> u64) -> Lanes {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
}

/// Adds three bits a lane: the sum and the carry.
#[inline(always)]
pub(super) fn full_add(a: Lanes, b: Lanes, c: Lanes) -> (Lanes, Lanes) {
    let either = each(a, b, |a, b| a ^ b);
    let carry = each(each(a, b, |a, b| a & b), each(either, c, |either, c| either & c), |x, y| x | y);
    (each(either, c, |either, c| either ^ c), carry)
}

isogrid_num::vectorized_wide! {
    /// Turns up to 256 rows of `n_words` words into lanes: bit `f` of row `r` becomes bit `r` of `lanes[f]`. Lanes without
    /// a row are zero.
    pub(crate) fn turn(rows: &[u64], n_words: usize, lanes: &mut [Lanes]) {
        tally::turn::<Plain, 4>(rows, n_words, lanes);
    }
}

isogrid_num::by_level! {
    /// The false literals among `literals` for each sample of a block. `rows[f]` are the block's values of feature `f`;
    /// literal `l` is feature `l` if below `half`, else the negation of feature `l - half`. At most 255, ascending.
    pub(crate) fn misses(literals: &[u32], half: u32, rows: &[Lanes], out: &mut LaneBytes) {
        baseline: count::<Plain>((literals, half), rows, out),
        avx2: count::<Avx2>((literals, half), rows, out),
        avx512: count::<Avx2>((literals, half), rows, out),
    }
}

#[inline(always)]
fn count<V: Vector>((literals, half): (&[u32], u32), rows: &[Lanes], out: &mut LaneBytes) {
    let mut misses = Misses::<V, N_DIGITS>::from(0);
    let (features, negations) = literals.split_at(literals.partition_point(|&literal| literal < half));
    let (eights, rest) = features.as_chunks();
    for &feature in rest {
        misses.add(0, V::splat(u64::MAX).without(V::load(&rows[feature as usize])));
    }
    misses.add_all(eights, |feature| V::load(&rows[feature as usize]), Of::Features);
    let (eights, rest) = negations.as_chunks();
    let row = |literal: u32| V::load(&rows[(literal - half) as usize]);
    for &literal in rest {
        misses.add(0, row(literal));
    }
    misses.add_all(eights, row, Of::Negations);
    let mut digits = [[0; BLOCK / 64]; N_DIGITS];
    for (digit, counted) in digits.iter_mut().zip(misses.digits) {
        counted.store(digit);
    }
    let n_digits = (usize::BITS - literals.len().leading_zeros()) as usize;
    spread(&digits[..n_digits.min(N_DIGITS)], out);
}

/// Lanes of bits to bytes: byte `i` of `out` is the number whose binary digits stand in lane `i`, lowest digit first.
#[inline]
pub(crate) fn spread(digits: &[Lanes], out: &mut LaneBytes) {
    #[cfg(target_arch = "x86_64")]
    if isogrid_num::simd::has_avx2() {
        // SAFETY: the processor has AVX2, as was just detected.
        #[expect(unsafe_code, reason = "a kernel for a detected instruction set")]
        return unsafe { spread_avx2(digits, out) };
    }
    spread_plain(digits, out);
}

fn spread_plain(digits: &[Lanes], out: &mut LaneBytes) {
    for (lane, byte) in out.iter_mut().enumerate() {
        let digit = |place: usize| (digits[place][lane / 64] >> (lane % 64) & 1) as u8;
        *byte = (0..digits.len()).map(|place| digit(place) << place).sum();
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[expect(unsafe_code, reason = "stores of whole vectors")]
fn spread_avx2(digits: &[Lanes], out: &mut LaneBytes) {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_set1_epi32,
        _mm256_set1_epi64x, _mm256_setr_epi64x, _mm256_setzero_si256, _mm256_shuffle_epi8,
        _mm256_storeu_si256,
    };
    // Byte i of a vector looks at byte i / 8 of 32 bits, and there at bit i % 8.
    let source = _mm256_setr_epi64x(0, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303);
    let bit = _mm256_set1_epi64x(i64::from_le_bytes([1, 2, 4, 8, 16, 32, 64, 128]));
    for (part, bytes) in out.chunks_exact_mut(32).enumerate() {
        let mut sum = _mm256_setzero_si256();
        for (place, lanes) in digits.iter().enumerate() {
            let bits = (lanes[part / 2] >> (part % 2 * 32)) as u32;
            let copies = _mm256_shuffle_epi8(_mm256_set1_epi32(bits.cast_signed()), source);
            let is_set = _mm256_cmpeq_epi8(_mm256_and_si256(copies, bit), bit);
            let weight = _mm256_set1_epi8((1_u8 << place).cast_signed());
            sum = _mm256_or_si256(sum, _mm256_and_si256(is_set, weight));
        }
        // SAFETY: `bytes` has 32 bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast::<__m256i>(), sum) };
    }
}

/// What a clause's votes add to the sums of its output: `misses` a lane, of a clause that is worth `worth` a vote.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Votes {
    /// Votes of the clause without misses.
    pub(crate) most: u8,
    /// Polarity times weight.
    pub(crate) worth: i32,
}

isogrid_num::vectorized_wide! {
    /// Adds the votes of a clause to the sums of a block.
    pub(crate) fn add_votes(misses: &LaneBytes, votes: Votes, sums: &mut [i32; BLOCK]) {
        for (sum, &misses) in sums.iter_mut().zip(misses) {
            *sum += votes.worth * i32::from(votes.most.saturating_sub(misses));
        }
    }

    /// One literal more: misses where `bits` is one, and the votes that go with it.
    pub(crate) fn miss_more(bits: &LaneBytes, misses: &mut LaneBytes, votes: Votes, sums: &mut [i32; BLOCK]) {
        for lane in 0..BLOCK {
            let voted = u8::from(misses[lane] < votes.most) & bits[lane];
            misses[lane] += bits[lane];
            sums[lane] -= votes.worth * i32::from(voted);
        }
    }

    /// One literal less.
    pub(crate) fn miss_less(bits: &LaneBytes, misses: &mut LaneBytes, votes: Votes, sums: &mut [i32; BLOCK]) {
        for lane in 0..BLOCK {
            misses[lane] -= bits[lane];
            let votes_now = u8::from(misses[lane] < votes.most) & bits[lane];
            sums[lane] += votes.worth * i32::from(votes_now);
        }
    }
}

#[cfg(test)]
mod tests {
    use isogrid_num::rng::Rng;

    use super::*;

    #[test]
    fn rows_are_turned_into_lanes() {
        let mut rng = Rng::new(6, 0);
        for (n_rows, n_words) in [(0, 1), (1, 2), (63, 1), (64, 1), (200, 3), (BLOCK, 2)] {
            let rows: Vec<u64> = (0..n_rows * n_words).map(|_| rng.next_u64()).collect();
            let mut lanes = vec![[7; BLOCK / 64]; n_words * 64];
            turn(&rows, n_words, &mut lanes);
            for (feature, lanes) in lanes.iter().enumerate() {
                for lane in 0..BLOCK {
                    let word = rows.get(lane * n_words + feature / 64).copied().unwrap_or(0);
                    assert_eq!(lanes[lane / 64] >> (lane % 64) & 1, word >> (feature % 64) & 1);
                }
            }
        }
    }

    #[test]
    fn misses_are_counted_as_one_by_one() {
        let mut rng = Rng::new(7, 0);
        let rows: Vec<Lanes> = (0..300).map(|_| std::array::from_fn(|_| rng.next_u64())).collect();
        for n_literals in [0, 1, 7, 8, 9, 63, 64, 200, 255] {
            let mut literals: Vec<u32> = (0..n_literals)
                .map(|_| rng.below(300) as u32 + if rng.chance(0.5) { 320 } else { 0 })
                .collect();
            literals.sort_unstable();
            let mut out = [9; BLOCK];
            misses(&literals, 320, &rows, &mut out);
            for (lane, &count) in out.iter().enumerate() {
                let is_false = |&&literal: &&u32| {
                    let value = |feature: u32| rows[feature as usize][lane / 64] >> (lane % 64) & 1 == 1;
                    if literal < 320 { !value(literal) } else { value(literal - 320) }
                };
                assert_eq!(
                    usize::from(count),
                    literals.iter().filter(is_false).count(),
                    "{n_literals} literals"
                );
            }
        }
    }

    #[test]
    fn spread_equals_its_scalar_twin() {
        let mut rng = Rng::new(8, 0);
        for n_digits in 0..=N_DIGITS {
            let digits: Vec<Lanes> = (0..n_digits).map(|_| std::array::from_fn(|_| rng.next_u64())).collect();
            let (mut fast, mut plain) = ([3; BLOCK], [4; BLOCK]);
            spread(&digits, &mut fast);
            spread_plain(&digits, &mut plain);
            assert_eq!(fast, plain);
        }
    }

    #[test]
    fn votes_follow_misses() {
        let mut rng = Rng::new(9, 0);
        let votes = Votes { most: 5, worth: -3 };
        let mut misses: LaneBytes = std::array::from_fn(|_| rng.below(9) as u8);
        let mut sums = [10; BLOCK];
        add_votes(&misses, votes, &mut sums);
        let sum = |misses: u8| 10 - 3 * i32::from(5_u8.saturating_sub(misses));
        assert!(sums.iter().zip(&misses).all(|(&found, &misses)| found == sum(misses)));
        let bits: LaneBytes = std::array::from_fn(|_| rng.below(2) as u8);
        let (misses_before, sums_before) = (misses, sums);
        miss_more(&bits, &mut misses, votes, &mut sums);
        assert!(sums.iter().zip(&misses).all(|(&found, &misses)| found == sum(misses)));
        miss_less(&bits, &mut misses, votes, &mut sums);
        assert_eq!((misses, sums), (misses_before, sums_before));
    }
}
