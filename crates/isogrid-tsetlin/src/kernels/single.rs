//! Misses of clauses on one sample: a population count over packed literals.

isogrid_num::vectorized_wide! {
    /// How many included literals are false. `included` and `literals` are rows of the same length.
    pub(crate) fn misses(included: &[u64], literals: &[u64]) -> u32 {
        included.iter().zip(literals).map(|(included, literals)| (included & !literals).count_ones()).sum()
    }
}
