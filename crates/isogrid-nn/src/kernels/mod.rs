//! Loops on plain slices under the fused operations: no tensor, no graph.
//!
//! Work is cut into pieces of fixed size, and sums across pieces are added in the order of the pieces: results do not
//! depend on the number of threads.

pub(crate) mod allocator;
pub(crate) mod matmul;

use isogrid_num::net::Activation;
use rayon::prelude::*;

/// Numbers in a piece of elementwise work.
const PIECE: usize = 1 << 14;
/// Rows in a piece of a sum over rows.
const SUM_ROWS: usize = 64;

/// Rows of `width` in a piece.
pub(crate) fn piece_rows(width: usize) -> usize {
    (PIECE / width).max(1)
}

/// Runs `work(first_row, rows)` on pieces of `out`, on all threads where there is more than one piece.
pub(crate) fn for_rows(out: &mut [f32], width: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
    let n_rows = piece_rows(width);
    if out.len() <= n_rows * width {
        return work(0, out);
    }
    let pieces = out.par_chunks_mut(n_rows * width).enumerate();
    pieces.for_each(|(i, piece)| work(i * n_rows, piece));
}

/// `sums += ` the sum over all rows of `rows`, `[.., sums.len()]`.
pub(crate) fn add_column_sums(rows: &[f32], sums: &mut [f32]) {
    let width = sums.len();
    if rows.len() <= SUM_ROWS * width {
        return sum_columns(rows, sums);
    }
    let partial = |piece: &[f32]| {
        let mut sums = vec![0.0; width];
        sum_columns(piece, &mut sums);
        sums
    };
    let partials: Vec<Vec<f32>> = rows.par_chunks(SUM_ROWS * width).map(partial).collect();
    for partial in partials {
        sums.iter_mut().zip(partial).for_each(|(sum, part)| *sum += part);
    }
}

/// Adds the bias to every row of `x` and writes the activation of the result to `out`; `x` keeps the sum.
pub(crate) fn bias_activate(x: &mut [f32], bias: &[f32], activation: Activation, out: &mut [f32]) {
    let n_rows = piece_rows(bias.len());
    let pieces = x.par_chunks_mut(n_rows * bias.len()).zip(out.par_chunks_mut(n_rows * bias.len()));
    pieces.for_each(|(x, out)| {
        add_bias(x, bias);
        out.copy_from_slice(x);
        activation.apply(out);
    });
}

/// `gradients *= ` the activation's slope at `inputs`, element for element.
pub(crate) fn chain(activation: Activation, inputs: &[f32], gradients: &mut [f32]) {
    let pieces = gradients.par_chunks_mut(PIECE).zip(inputs.par_chunks(PIECE));
    pieces.for_each(|(gradients, inputs)| activation.chain(inputs, gradients));
}

/// `x` with every row started by `bias`, `[n_rows, bias.len()]`.
pub(crate) fn bias_rows(bias: &[f32], n_rows: usize) -> Vec<f32> {
    let mut rows = Vec::with_capacity(bias.len() * n_rows);
    (0..n_rows).for_each(|_| rows.extend_from_slice(bias));
    rows
}

isogrid_num::vectorized! {
    /// Adds the bias to every row.
    pub(crate) fn add_bias(rows: &mut [f32], bias: &[f32]) {
        for row in rows.chunks_exact_mut(bias.len()) {
            for (x, b) in row.iter_mut().zip(bias) {
                *x += b;
            }
        }
    }

    /// `to += from`.
    pub(crate) fn add(to: &mut [f32], from: &[f32]) {
        for (to, from) in to.iter_mut().zip(from) {
            *to += from;
        }
    }

    fn sum_columns(rows: &[f32], sums: &mut [f32]) {
        for row in rows.chunks_exact(sums.len()) {
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += x;
            }
        }
    }
}
