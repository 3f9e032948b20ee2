//! Cartesian sets of states as bits, one a value; the values of a variable lie side by side.
//!
//! Variables of up to 64 values share words and never straddle two; larger ones have words of their own.

use crate::ground::VarVal;

#[derive(Debug, Clone, Copy)]
struct Field {
    word: u32,
    n_words: u32,
    /// The first value's bit.
    shift: u32,
    /// Bits of the variable in its first word.
    mask: u64,
}

/// Where the values of each variable lie.
pub(super) struct Layout {
    fields: Vec<Field>,
    n_words: usize,
}

impl Layout {
    /// A layout of variables with these numbers of values.
    pub(super) fn new(sizes: &[u32]) -> Layout {
        let (mut fields, mut n_words, mut used) = (Vec::with_capacity(sizes.len()), 0, 64);
        for &size in sizes {
            if size > 64 - used {
                n_words += size.div_ceil(64).max(1);
                used = 0;
            }
            let taken = size.div_ceil(64).max(1);
            let mask = if size >= 64 { u64::MAX } else { (1 << size) - 1 };
            fields.push(Field { word: n_words - taken, n_words: taken, shift: used, mask: mask << used });
            used = if size > 64 { 64 } else { used + size };
        }
        Layout { fields, n_words: n_words as usize }
    }

    /// Words of one set.
    pub(super) fn n_words(&self) -> usize {
        self.n_words
    }

    pub(super) fn n_variables(&self) -> usize {
        self.fields.len()
    }

    #[inline]
    fn place(&self, (variable, value): VarVal) -> (usize, u64) {
        let field = self.fields[variable as usize];
        let bit = field.shift + value;
        ((field.word + bit / 64) as usize, 1 << (bit % 64))
    }

    #[inline]
    pub(super) fn contains(&self, set: &[u64], fact: VarVal) -> bool {
        let (word, bit) = self.place(fact);
        set[word] & bit != 0
    }

    pub(super) fn insert(&self, set: &mut [u64], fact: VarVal) {
        let (word, bit) = self.place(fact);
        set[word] |= bit;
    }

    /// Leaves `fact` as the only value of its variable.
    #[inline]
    pub(super) fn assign(&self, set: &mut [u64], fact: VarVal) {
        let field = self.fields[fact.0 as usize];
        set[field.word as usize] &= !field.mask;
        for word in 1..field.n_words {
            set[(field.word + word) as usize] = 0;
        }
        self.insert(set, fact);
    }

    /// The words of one variable, with bits of other variables beside it.
    #[inline]
    fn words<'s>(&self, set: &'s [u64], variable: u32) -> (&'s [u64], u64) {
        let field = self.fields[variable as usize];
        (&set[field.word as usize..(field.word + field.n_words) as usize], field.mask)
    }

    /// Whether two sets share a value of the variable.
    #[inline]
    pub(super) fn meet(&self, a: &[u64], b: &[u64], variable: u32) -> bool {
        let ((a, mask), (b, _)) = (self.words(a, variable), self.words(b, variable));
        a[0] & b[0] & mask != 0 || a.iter().zip(b).skip(1).any(|(a, b)| a & b != 0)
    }

    /// How many values of the variable a set has.
    pub(super) fn count(&self, set: &[u64], variable: u32) -> u32 {
        let (words, mask) = self.words(set, variable);
        (words[0] & mask).count_ones() + words[1..].iter().map(|word| word.count_ones()).sum::<u32>()
    }

    /// The values of the variable that two sets share, as a part.
    pub(super) fn shared(&self, a: &[u64], b: &[u64], variable: u32) -> Vec<u64> {
        let ((a, mask), (b, _)) = (self.words(a, variable), self.words(b, variable));
        let mut part: Vec<u64> = a.iter().zip(b).map(|(a, b)| a & b).collect();
        part[0] &= mask;
        part
    }

    /// One value, as a part.
    pub(super) fn single(&self, (variable, value): VarVal) -> Vec<u64> {
        let field = self.fields[variable as usize];
        let bit = (field.shift + value) as usize;
        let mut part = vec![0; field.n_words as usize];
        part[bit / 64] = 1 << (bit % 64);
        part
    }

    /// Whether a part has the value.
    #[inline]
    pub(super) fn part_contains(&self, part: &[u64], (variable, value): VarVal) -> bool {
        let bit = (self.fields[variable as usize].shift + value) as usize;
        part[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// Takes the values of a part away from one set and leaves the other with none but them.
    pub(super) fn divide(&self, variable: u32, part: &[u64], without: &mut [u64], with: &mut [u64]) {
        let field = self.fields[variable as usize];
        for (at, &values) in part.iter().enumerate() {
            let word = field.word as usize + at;
            let others = if at == 0 { !field.mask } else { 0 };
            without[word] &= !values;
            with[word] &= values | others;
        }
    }
}

/// Whether every state of `inner` is in `outer`, where `inner` has a value of every variable.
#[inline]
pub(super) fn is_within(inner: &[u64], outer: &[u64]) -> bool {
    inner.iter().zip(outer).all(|(inner, outer)| inner & !outer == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_divide_a_set(sizes in prop::collection::vec(1u32..200, 1..12), seed in any::<u64>()) {
            let layout = Layout::new(&sizes);
            let chosen = |variable: u32, value: u32, salt: u64| {
                isogrid_num::rng::splitmix64(seed ^ salt, u64::from(variable) << 32 | u64::from(value)) & 1 == 1
            };
            let facts: Vec<VarVal> =
                (0..sizes.len() as u32).flat_map(|v| (0..sizes[v as usize]).map(move |value| (v, value))).collect();
            let (mut a, mut b) = (vec![0; layout.n_words()], vec![0; layout.n_words()]);
            facts.iter().filter(|fact| chosen(fact.0, fact.1, 1)).for_each(|&fact| layout.insert(&mut a, fact));
            facts.iter().filter(|fact| chosen(fact.0, fact.1, 2)).for_each(|&fact| layout.insert(&mut b, fact));
            for variable in 0..sizes.len() as u32 {
                let values = || (0..sizes[variable as usize]).map(|value| (variable, value));
                let both = values().filter(|&f| layout.contains(&a, f) && layout.contains(&b, f)).count();
                prop_assert_eq!(layout.meet(&a, &b, variable), both > 0);
                prop_assert_eq!(layout.count(&a, variable) as usize, values().filter(|f| chosen(f.0, f.1, 1)).count());
                let part = layout.shared(&a, &b, variable);
                let (mut without, mut with) = (a.clone(), a.clone());
                layout.divide(variable, &part, &mut without, &mut with);
                for &fact in &facts {
                    let (here, is_wanted) = (layout.contains(&a, fact), layout.contains(&b, fact));
                    let is_split = fact.0 == variable;
                    prop_assert_eq!(layout.contains(&with, fact), here && (!is_split || is_wanted));
                    prop_assert_eq!(layout.contains(&without, fact), here && (!is_split || !is_wanted));
                    if is_split {
                        prop_assert_eq!(layout.part_contains(&part, fact), here && is_wanted);
                        prop_assert_eq!(layout.part_contains(&layout.single(fact), fact), true);
                    }
                }
                let (mut assigned, last) = (a.clone(), (variable, sizes[variable as usize] - 1));
                layout.assign(&mut assigned, last);
                prop_assert_eq!(layout.count(&assigned, variable), 1);
                prop_assert_eq!(is_within(&assigned, &a), layout.contains(&a, last));
            }
        }
    }
}
