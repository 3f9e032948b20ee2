//! A*'s open list: by the sum of cost and estimate, ties to the smaller estimate, then to the newest state.

use std::collections::BTreeMap;

use crate::search::space::StateId;

/// States by sum and estimate. Few pairs of these are open at a time, so a tree of them is small.
#[derive(Default)]
pub(crate) struct Frontier {
    open: BTreeMap<(u64, u32), Vec<StateId>>,
    /// A list that was emptied, for the next pair.
    spare: Vec<StateId>,
}

/// Emptied lists larger than this give their memory back.
const MAX_SPARE: usize = 64;

impl Frontier {
    #[inline]
    pub(crate) fn push(&mut self, sum: u64, estimate: u32, id: StateId) {
        let spare = &mut self.spare;
        self.open.entry((sum, estimate)).or_insert_with(|| std::mem::take(spare)).push(id);
    }

    /// The first state and its sum.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<(u64, StateId)> {
        let mut first = self.open.first_entry()?;
        let (sum, _) = *first.key();
        let id = first.get_mut().pop()?;
        if first.get().is_empty() {
            let list = first.remove();
            if list.capacity() <= MAX_SPARE {
                self.spare = list;
            }
        }
        Some((sum, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn states_come_out_by_sum_then_estimate_then_newest(keys in prop::collection::vec((0u64..9, 0u32..4), 0..200)) {
            let mut frontier = Frontier::default();
            (0..).zip(&keys).for_each(|(id, &(sum, estimate))| frontier.push(sum, estimate, id));
            let mut expected: Vec<_> = (0..).zip(&keys).map(|(id, &(sum, estimate))| (sum, estimate, id)).collect();
            expected.sort_by_key(|&(sum, estimate, id): &(u64, u32, StateId)| (sum, estimate, StateId::MAX - id));
            let popped: Vec<_> = std::iter::from_fn(|| frontier.pop()).collect();
            prop_assert_eq!(popped, expected.into_iter().map(|(sum, _, id)| (sum, id)).collect::<Vec<_>>());
        }
    }
}
