//! The patch that fits a clause best: misses counted over all patches of a sample at once.
//!
//! Counters begin so that they overflow at the clause's `fuzziness`-th miss: what overflows cannot vote, and when all
//! patches have, counting ends early.

use super::lanes::{BLOCK, Lanes, each, full_add};

/// Bits of a counter.
const N_DIGITS: usize = 8;

/// A clause as it is matched with patches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filter<'a> {
    /// Its literals, ascending; those from `half` on are negations.
    pub(crate) literals: &'a [u32],
    pub(crate) half: u32,
    /// Misses at which it does not vote.
    pub(crate) fuzziness: u8,
}

isogrid_num::vectorized_wide! {
    /// The fewest misses of a clause among the patches of a chunk and the patches that have no more, if they are below
    /// its fuzziness. `rows[f * n_chunks + chunk]` are the patches' values of feature `f`, `begins` the patches there are.
    pub(crate) fn fit(filter: Filter<'_>, rows: &[Lanes], chunk: (usize, usize), begins: &Lanes) -> Option<(u32, Lanes)> {
        let (chunk, n_chunks) = chunk;
        let (literals, half) = (filter.literals, filter.half);
        let n_digits = (8 - (filter.fuzziness - 1).leading_zeros() as usize).max(1);
        let start = (1_u32 << n_digits) - u32::from(filter.fuzziness);
        let mut digits = [[0_u64; BLOCK / 64]; N_DIGITS];
        for (place, digit) in digits[..n_digits].iter_mut().enumerate() {
            *digit = if start >> place & 1 == 1 { [u64::MAX; 4] } else { [0; 4] };
        }
        let mut dead = [!begins[0], !begins[1], !begins[2], !begins[3]];
        let miss = |literal: u32| {
            let (feature, flip) = if literal < half { (literal, u64::MAX) } else { (literal - half, 0) };
            let row = &rows[feature as usize * n_chunks + chunk];
            [row[0] ^ flip, row[1] ^ flip, row[2] ^ flip, row[3] ^ flip]
        };
        let mut fours = literals.chunks_exact(4);
        for four in &mut fours {
            let (sum, first) = full_add(miss(four[0]), miss(four[1]), miss(four[2]));
            let (ones, second) = full_add(digits[0], sum, miss(four[3]));
            digits[0] = ones;
            // Two carries of weight two; their own carry weighs four.
            if n_digits == 1 {
                dead = each(dead, each(first, second, |a, b| a | b), |a, b| a | b);
            } else {
                let (twos, mut carry) = full_add(digits[1], first, second);
                digits[1] = twos;
                for digit in &mut digits[2..n_digits] {
                    let old = *digit;
                    *digit = each(old, carry, |a, b| a ^ b);
                    carry = each(old, carry, |a, b| a & b);
                }
                dead = each(dead, carry, |a, b| a | b);
            }
            if dead == [u64::MAX; 4] {
                return None;
            }
        }
        for &literal in fours.remainder() {
            let mut carry = miss(literal);
            for digit in &mut digits[..n_digits] {
                let old = *digit;
                *digit = each(old, carry, |a, b| a ^ b);
                carry = each(old, carry, |a, b| a & b);
            }
            dead = each(dead, carry, |a, b| a | b);
        }
        let mut best = [!dead[0], !dead[1], !dead[2], !dead[3]];
        if best == [0; 4] {
            return None;
        }
        let mut least = 0;
        for place in (0..n_digits).rev() {
            let lower = each(best, digits[place], |best, digit| best & !digit);
            if lower == [0; 4] {
                least |= 1 << place;
            } else {
                best = lower;
            }
        }
        Some((least - start, best))
    }
}

#[cfg(test)]
mod tests {
    use isogrid_num::rng::Rng;

    use super::*;

    #[test]
    fn the_best_patches_are_those_with_the_fewest_misses() {
        let mut rng = Rng::new(2, 0);
        let n_chunks = 2;
        let rows: Vec<Lanes> =
            (0..200).map(|_| std::array::from_fn(|_| rng.next_u64() | rng.next_u64())).collect();
        for round in 0..400 {
            let mut literals: Vec<u32> = (0..rng.below(40))
                .map(|_| rng.below(100) as u32 + if rng.chance(0.2) { 128 } else { 0 })
                .collect();
            literals.sort_unstable();
            let fuzziness = [1, 2, 3, 4, 5, 7, 8, 9, 16, 100, 255][round % 11];
            let begins: Lanes = std::array::from_fn(|_| rng.next_u64() & rng.next_u64());
            for chunk in 0..n_chunks {
                let misses = |lane: usize| {
                    let is_false = |&&literal: &&u32| {
                        let value = |feature: u32| {
                            rows[feature as usize * n_chunks + chunk][lane / 64] >> (lane % 64) & 1 == 1
                        };
                        if literal < 128 { !value(literal) } else { value(literal - 128) }
                    };
                    literals.iter().filter(is_false).count() as u32
                };
                let lanes = || (0..BLOCK).filter(|lane| begins[lane / 64] >> (lane % 64) & 1 == 1);
                let least = lanes().map(misses).min().filter(|&least| least < u32::from(fuzziness));
                let filter = Filter { literals: &literals, half: 128, fuzziness };
                let found = fit(filter, &rows, (chunk, n_chunks), &begins);
                assert_eq!(found.map(|(least, _)| least), least, "round {round}");
                let Some((least, best)) = found else { continue };
                for lane in 0..BLOCK {
                    let is_best = begins[lane / 64] >> (lane % 64) & 1 == 1 && misses(lane) == least;
                    assert_eq!(
                        best[lane / 64] >> (lane % 64) & 1 == 1,
                        is_best,
                        "round {round}, lane {lane}"
                    );
                }
            }
        }
    }
}
