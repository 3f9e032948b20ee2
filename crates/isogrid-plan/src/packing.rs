//! States packed into 64-bit words: each variable takes the bits it needs and never straddles a word.

use crate::ground::VarVal;
use crate::task::Change;

/// A packed state of one task.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State(Box<[u64]>);

impl State {
    pub(crate) fn words(&self) -> &[u64] {
        &self.0
    }

    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.0
    }
}

#[derive(Debug, Clone, Copy)]
struct Field {
    word: u32,
    shift: u32,
    mask: u64,
}

/// Where each variable lies.
#[derive(Debug, Clone)]
pub(crate) struct Packing {
    fields: Vec<Field>,
    n_words: usize,
}

impl Packing {
    /// Lays out variables with the given domain sizes, first fit in order of falling width.
    pub(crate) fn new(sizes: &[u32]) -> Packing {
        let width = |size: u32| size.max(2).next_power_of_two().trailing_zeros();
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        order.sort_by_key(|&variable| std::cmp::Reverse(width(sizes[variable])));
        let mut fields = vec![Field { word: 0, shift: 0, mask: 0 }; sizes.len()];
        let mut used: Vec<u32> = Vec::new();
        let mut first_open = 0;
        for variable in order {
            let width = width(sizes[variable]);
            while first_open < used.len() && used[first_open] == 64 {
                first_open += 1;
            }
            let word = (first_open..used.len()).find(|&word| used[word] + width <= 64).unwrap_or_else(|| {
                used.push(0);
                used.len() - 1
            });
            fields[variable] = Field { word: word as u32, shift: used[word], mask: (1 << width) - 1 };
            used[word] += width;
        }
        Packing { fields, n_words: used.len().max(1) }
    }

    pub(crate) fn n_words(&self) -> usize {
        self.n_words
    }

    #[inline]
    pub(crate) fn get(&self, words: &[u64], variable: usize) -> u32 {
        let field = self.fields[variable];
        (words[field.word as usize] >> field.shift & field.mask) as u32
    }

    /// Sets one variable.
    #[inline]
    pub(crate) fn set(&self, words: &mut [u64], variable: usize, value: u32) {
        let field = self.fields[variable];
        let word = &mut words[field.word as usize];
        *word = *word & !(field.mask << field.shift) | u64::from(value) << field.shift;
    }

    /// One value per variable; `more` words follow.
    pub(crate) fn pack_with(&self, values: &[u32], more: &[f64]) -> State {
        let packed = self.pack(values);
        State(packed.0.iter().copied().chain(more.iter().map(|number| number.to_bits())).collect())
    }

    /// One value per variable.
    pub(crate) fn pack(&self, values: &[u32]) -> State {
        let mut words = vec![0; self.n_words];
        for (field, &value) in self.fields.iter().zip(values) {
            words[field.word as usize] |= u64::from(value) << field.shift;
        }
        State(words.into())
    }

    /// The assignments as changes of words.
    pub(crate) fn changes(&self, assignments: &[VarVal]) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        for &(variable, value) in assignments {
            let field = self.fields[variable as usize];
            let keep = !(field.mask << field.shift);
            let set = u64::from(value) << field.shift;
            match changes.iter_mut().find(|change| change.word == field.word) {
                Some(change) => {
                    change.keep &= keep;
                    change.set |= set;
                }
                None => changes.push(Change { word: field.word, keep, set }),
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_come_back(sizes in prop::collection::vec(1u32..5000, 0..80), seed in any::<u64>()) {
            let packing = Packing::new(&sizes);
            let values: Vec<u32> = sizes
                .iter()
                .enumerate()
                .map(|(i, &size)| ((seed.rotate_left(i as u32 * 7) ^ i as u64) % u64::from(size)) as u32)
                .collect();
            let state = packing.pack(&values);
            for (variable, &value) in values.iter().enumerate() {
                prop_assert_eq!(packing.get(state.words(), variable), value);
            }
        }
    }
}
