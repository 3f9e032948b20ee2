//! Which clauses of a team get feedback: one 32-bit hash a clause, compared with a threshold.
//!
//! The hash is the "lowbias32" mixer of Wellons (public domain) with a key before and between its multiplications: eight
//! clauses fit a vector, where a 64-bit mixer fits none.

use std::ops::Range;

/// The draw of one clause.
#[inline(always)]
pub(crate) fn draw(key: u64, clause: u32) -> u32 {
    let mut x = clause.wrapping_mul(0x9e37_79b9).wrapping_add(key as u32);
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d) ^ (key >> 32) as u32;
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

const PART: usize = 64;

isogrid_num::vectorized_wide! {
    /// Writes into `picked` those of `clauses` whose draw is below `threshold`, ascending.
    pub(crate) fn pick(key: u64, clauses: Range<u32>, threshold: u64, picked: &mut Vec<u32>) {
        picked.clear();
        if threshold > u64::from(u32::MAX) {
            picked.extend(clauses);
            return;
        }
        let threshold = threshold as u32;
        let mut draws = [0_u32; PART];
        for start in clauses.clone().step_by(PART) {
            for (place, draw_of) in draws.iter_mut().enumerate() {
                *draw_of = draw(key, start.wrapping_add(place as u32));
            }
            for part in 0..PART / 8 {
                let below = (0..8).fold(0_u8, |mask, place| mask | u8::from(draws[part * 8 + place] < threshold) << place);
                let mut left = below;
                while left != 0 {
                    let clause = start + part as u32 * 8 + left.trailing_zeros();
                    if clause < clauses.end {
                        picked.push(clause);
                    }
                    left &= left - 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_picked_by_their_draws() {
        let mut picked = Vec::new();
        for n in [0, 1, 7, 64, 65, 200] {
            for (first, threshold) in
                [(0, 0), (3, 1 << 20), (70, 1 << 31), (1, u64::from(u32::MAX)), (2, 1 << 32)]
            {
                pick(99, first..first + n, threshold, &mut picked);
                let expected = (first..first + n).filter(|&clause| u64::from(draw(99, clause)) < threshold);
                assert!(picked.iter().copied().eq(expected), "{n} {threshold}");
            }
        }
    }

    #[test]
    fn draws_have_their_probability_and_do_not_hang_together() {
        let n_keys = 4_000_u64;
        let (mut counts, mut both) = ([0_u64; 32], [0_u64; 31]);
        for key in 0..n_keys {
            let key = isogrid_num::rng::splitmix64(5, key);
            let is_below: Vec<bool> = (0..32).map(|clause| draw(key, clause) < 1 << 30).collect();
            counts.iter_mut().zip(&is_below).for_each(|(count, &is)| *count += u64::from(is));
            both.iter_mut()
                .zip(is_below.windows(2))
                .for_each(|(count, pair)| *count += u64::from(pair[0] && pair[1]));
        }
        // Three standard deviations and a bit around 1,000 and 250 of 4,000.
        assert!(counts.iter().all(|count| (890..1_110).contains(count)), "{counts:?}");
        assert!(both.iter().all(|count| (190..310).contains(count)), "{both:?}");
    }
}
