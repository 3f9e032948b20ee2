//! What a transformer's sequences start as: rows of a table, and learned positions.

use crate::params::Region;
use crate::tape::{BackwardStep, Forward, Fused};

/// Rows of a table, one an id. The input is ignored: ids are no numbers to differentiate by.
#[derive(Debug)]
pub(crate) struct TableOp {
    pub table: Region, // [n_ids, width]
    pub ids: Vec<u32>,
    pub width: usize,
}

impl Fused for TableOp {
    fn forward(&self, weights: &[f32], _inputs: [&[f32]; 2]) -> Forward {
        let table = self.table.of(weights);
        let mut output = Vec::with_capacity(self.ids.len() * self.width);
        for id in &self.ids {
            output.extend_from_slice(&table[*id as usize * self.width..][..self.width]);
        }
        Forward { output, width: self.width, saved: Vec::new() }
    }

    fn backward(&self, step: BackwardStep<'_>) -> [Option<Vec<f32>>; 2] {
        let table = self.table.of_mut(step.gradients);
        for (id, row) in self.ids.iter().zip(step.upstream.chunks_exact(self.width)) {
            let to = &mut table[*id as usize * self.width..][..self.width];
            to.iter_mut().zip(row).for_each(|(to, g)| *to += g);
        }
        [None, None]
    }
}

/// `x + positions`, position by position in every sequence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PositionOp {
    pub positions: Region, // [longest sequence, width]
    pub n_tokens: usize,
    pub width: usize,
}

impl Fused for PositionOp {
    fn forward(&self, weights: &[f32], [x, _]: [&[f32]; 2]) -> Forward {
        let n = self.n_tokens * self.width;
        let positions = &self.positions.of(weights)[..n];
        let mut output = x.to_vec();
        for sequence in output.chunks_exact_mut(n) {
            sequence.iter_mut().zip(positions).for_each(|(x, position)| *x += position);
        }
        Forward { output, width: self.width, saved: Vec::new() }
    }

    fn backward(&self, step: BackwardStep<'_>) -> [Option<Vec<f32>>; 2] {
        let n = self.n_tokens * self.width;
        let positions = &mut self.positions.of_mut(step.gradients)[..n];
        for sequence in step.upstream.chunks_exact(n) {
            positions.iter_mut().zip(sequence).for_each(|(to, g)| *to += g);
        }
        [Some(step.upstream), None]
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{Layout, assert_gradients};
    use super::*;

    #[test]
    fn gradients_equal_differences() {
        let mut layout = Layout::default();
        let op = PositionOp { positions: layout.add(12), n_tokens: 3, width: 4 };
        assert_gradients(&op, &layout, [24, 0]);
    }

    #[test]
    fn rows_of_a_table_collect_their_gradients() {
        let mut layout = Layout::default();
        let op = TableOp { table: layout.add(6), ids: vec![2, 0, 2], width: 2 };
        let mut gradients = vec![0.0; 6];
        let weights = layout.weights();
        assert_eq!(op.forward(&weights, [&[], &[]]).output[..2], weights[4..]);
        op.backward(BackwardStep {
            weights: &weights,
            gradients: &mut gradients,
            inputs: [&[], &[]],
            saved: &[],
            upstream: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            is_input_tracked: false,
        });
        assert_eq!(gradients, [3.0, 4.0, 0.0, 0.0, 6.0, 8.0]);
    }
}
