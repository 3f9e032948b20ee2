//! Training samples in blocks of 256: by sample for feedback, and by feature for counting misses of many at once.

use isogrid_num::bits::{BitMatrix, tail_mask};

use crate::draws::Draws;
use crate::kernels::lanes::{BLOCK, Lanes, turn};

/// Samples in the order of their blocks.
#[derive(Debug)]
pub(crate) struct Blocks<'a> {
    /// The number of each sample, block by block.
    order: Vec<u32>,
    samples: &'a BitMatrix,
    /// `[block][feature]`: 256 samples each; empty where nobody needs them.
    lanes: Vec<Lanes>,
    shape: RowShape,
}

/// How literals stand in a row of words: features, then negations from a word of their own on, then padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowShape {
    n_features: usize,
}

impl RowShape {
    pub(crate) fn new(n_features: usize) -> RowShape {
        RowShape { n_features }
    }

    /// Words of the features.
    pub(crate) fn n_words(self) -> usize {
        self.n_features.div_ceil(64)
    }

    /// Words of a row of literals, a multiple of four for vectors.
    pub(crate) fn row_words(self) -> usize {
        (2 * self.n_words()).next_multiple_of(4)
    }

    /// The place of the first negation.
    pub(crate) fn half(self) -> usize {
        64 * self.n_words()
    }

    /// Ones where there are literals.
    pub(crate) fn exist(self) -> Vec<u64> {
        let mut exist = vec![0; self.row_words()];
        let (features, rest) = exist.split_at_mut(self.n_words());
        for half in [features, &mut rest[..self.n_words()]] {
            half.fill(u64::MAX);
            if let Some(last) = half.last_mut() {
                *last = tail_mask(self.n_features);
            }
        }
        exist
    }

    /// Writes the literals of a row of features.
    pub(crate) fn write(self, features: &[u64], literals: &mut [u64]) {
        let n = self.n_words();
        literals[..n].copy_from_slice(features);
        for (negated, word) in literals[n..].iter_mut().zip(features) {
            *negated = !word;
        }
        literals[2 * n - 1] &= tail_mask(self.n_features);
    }
}

impl<'a> Blocks<'a> {
    pub(crate) fn new(draws: Draws, samples: &'a BitMatrix, has_lanes: bool) -> Blocks<'a> {
        let shape = RowShape::new(samples.n_cols());
        let order = draws.composition(samples.n_rows());
        let n_blocks = if has_lanes { order.len().div_ceil(BLOCK) } else { 0 };
        let mut lanes = vec![[0; BLOCK / 64]; n_blocks * shape.half()];
        let mut rows = Vec::new();
        for (block, lanes) in order.chunks(BLOCK).zip(lanes.chunks_exact_mut(shape.half().max(1))) {
            rows.clear();
            block.iter().for_each(|&sample| rows.extend_from_slice(samples.row(sample as usize)));
            turn(&rows, shape.n_words(), lanes);
        }
        Blocks { order, samples, lanes, shape }
    }

    pub(crate) fn n_blocks(&self) -> usize {
        self.order.len().div_ceil(BLOCK)
    }

    pub(crate) fn block(&self, block: u32) -> Block<'_> {
        let (first, half) = (block as usize * BLOCK, self.shape.half());
        Block {
            order: &self.order[first..self.order.len().min(first + BLOCK)],
            samples: self.samples,
            lanes: if self.lanes.is_empty() { &[] } else { &self.lanes[block as usize * half..][..half] },
        }
    }
}

/// One block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    /// The number of the sample in each lane.
    pub(crate) order: &'a [u32],
    samples: &'a BitMatrix,
    /// `[feature]`.
    pub(crate) lanes: &'a [Lanes],
}

impl<'a> Block<'a> {
    /// The features of the sample in a lane.
    pub(crate) fn row(&self, lane: u8) -> &'a [u64] {
        self.samples.row(self.order[usize::from(lane)] as usize)
    }
}
