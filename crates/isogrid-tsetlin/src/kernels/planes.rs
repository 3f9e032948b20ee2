//! Feedback on the automata of one clause: bit-sliced states, 64 literals a word.
//!
//! A state has 8 bits, each in a plane of its own; the top plane is the include mask, so that a clause is evaluated
//! without unpacking, and a whole word of automata counts up or down by a ripple of carries. States stop at 0 and 255.

/// Bits of a state.
pub(crate) const N_PLANES: usize = 8;

/// One step of 64 automata: those of `up` gain one, those of `down`, which are others, lose one.
#[inline(always)]
fn step(planes: &mut [u64; N_PLANES], up: u64, down: u64) {
    let mut carry = up | down;
    for plane in planes.iter_mut() {
        let old = *plane;
        *plane = old ^ carry;
        // A carry goes on through ones upward and through zeros downward.
        carry &= old ^ down;
    }
    let (over, under) = (carry & up, carry & down);
    for plane in planes {
        *plane = (*plane | over) & !under;
    }
}

/// The planes of word `w` of a clause whose rows have `n` words.
macro_rules! word {
    ($planes:expr, $n:expr, $w:expr, $counts:expr) => {{
        let mut states = [0_u64; N_PLANES];
        for plane in 0..N_PLANES {
            states[plane] = $planes[plane * $n + $w];
        }
        let before = states[N_PLANES - 1];
        let (up, down) = $counts(before);
        step(&mut states, up, down);
        for plane in 0..N_PLANES {
            $planes[plane * $n + $w] = states[plane];
        }
        before ^ states[N_PLANES - 1]
    }};
}

isogrid_num::vectorized_wide! {
    /// Fuzzy feedback to a clause that is to fire and does: true literals gain one if it may `grow` (all ones, else
    /// zero), false ones that are not included lose one. `changed` gets the literals that were taken in or left out.
    pub(crate) fn reinforce(planes: &mut [u64], literals: &[u64], grow: u64, changed: &mut [u64]) {
        let n = literals.len();
        assert!(planes.len() == N_PLANES * n && changed.len() == n, "rows of {n} words");
        for w in 0..n {
            let true_ones = literals[w];
            changed[w] = word!(planes, n, w, |included: u64| (true_ones & grow, !true_ones & !included));
        }
    }

    /// Feedback to a clause that fires and is not to: false literals that exist and are not included gain one.
    pub(crate) fn reject(planes: &mut [u64], literals: &[u64], exist: &[u64], changed: &mut [u64]) {
        let n = literals.len();
        assert!(planes.len() == N_PLANES * n && changed.len() == n && exist.len() == n, "rows of {n} words");
        for w in 0..n {
            let false_ones = !literals[w] & exist[w];
            changed[w] = word!(planes, n, w, |included: u64| (false_ones & !included, 0));
        }
    }

    /// Counts the automata of `up` up and those of `down`, which are others, down.
    pub(crate) fn count(planes: &mut [u64], up: &[u64], down: &[u64], changed: &mut [u64]) {
        let n = up.len();
        assert!(planes.len() == N_PLANES * n && changed.len() == n && down.len() == n, "rows of {n} words");
        for w in 0..n {
            let (up, down) = (up[w], down[w]);
            changed[w] = word!(planes, n, w, |_| (up, down));
        }
    }
}

/// One automaton loses one; true if its literal is left out by that.
pub(crate) fn decrement(planes: &mut [u64], n: usize, literal: usize) -> bool {
    let (w, bit) = (literal / 64, 1_u64 << (literal % 64));
    let Some(lowest) = (0..N_PLANES).find(|plane| planes[plane * n + w] & bit != 0) else { return false };
    for plane in 0..=lowest {
        planes[plane * n + w] ^= bit;
    }
    lowest == N_PLANES - 1
}

#[cfg(test)]
mod tests {
    use isogrid_num::rng::Rng;

    use super::*;

    fn state(planes: &[u64], n: usize, literal: usize) -> u8 {
        (0..N_PLANES)
            .map(|plane| ((planes[plane * n + literal / 64] >> (literal % 64) & 1) as u8) << plane)
            .sum()
    }

    #[test]
    fn automata_count_like_numbers_that_saturate() {
        let mut rng = Rng::new(1, 0);
        for n in [1, 2, 4, 7] {
            let mut planes: Vec<u64> = (0..N_PLANES * n).map(|_| rng.next_u64() | rng.next_u64()).collect();
            let mut states: Vec<u8> = (0..64 * n).map(|literal| state(&planes, n, literal)).collect();
            let mut changed = vec![0; n];
            for round in 0..600 {
                let mut row = || (0..n).map(|_| rng.next_u64()).collect::<Vec<u64>>();
                let (literals, exist) = (row(), row());
                let bit = |row: &[u64], literal: usize| row[literal / 64] >> (literal % 64) & 1 == 1;
                let before = states.clone();
                for (literal, state) in states.iter_mut().enumerate() {
                    let (is_true, exists, included) =
                        (bit(&literals, literal), bit(&exist, literal), *state >= 128);
                    match round % 4 {
                        0 if is_true => *state = state.saturating_add(1),
                        0 | 1 if !is_true && !included => *state = state.saturating_sub(1),
                        2 if !is_true && exists && !included => *state += 1,
                        3 if is_true => *state = state.saturating_add(1),
                        3 if exists => *state = state.saturating_sub(1),
                        _ => {}
                    }
                }
                let others: Vec<u64> =
                    exist.iter().zip(&literals).map(|(exist, literals)| exist & !literals).collect();
                match round % 4 {
                    0 => reinforce(&mut planes, &literals, u64::MAX, &mut changed),
                    1 => reinforce(&mut planes, &literals, 0, &mut changed),
                    2 => reject(&mut planes, &literals, &exist, &mut changed),
                    _ => count(&mut planes, &literals, &others, &mut changed),
                }
                let at = rng.below(64 * n as u64) as usize;
                let left_out = decrement(&mut planes, n, at);
                for literal in 0..64 * n {
                    let crossed = (before[literal] >= 128) != (states[literal] >= 128);
                    assert_eq!(
                        bit(&changed, literal),
                        crossed,
                        "{n} words, round {round}, literal {literal}"
                    );
                }
                assert_eq!(left_out, states[at] == 128);
                states[at] = states[at].saturating_sub(1);
                for (literal, &expected) in states.iter().enumerate() {
                    assert_eq!(
                        state(&planes, n, literal),
                        expected,
                        "{n} words, round {round}, literal {literal}"
                    );
                }
            }
        }
    }
}
