//! A dense layer and the product of a few rows with a matrix under it.
//!
//! Sums run over the inputs in order, for every output by itself, so a row's result does not depend on the rows that
//! are computed with it. Left out: threads (a row is microseconds of work) and reduced precision.

use super::Activation;
use super::error::{Error, check_size, check_weights};

/// The largest width of any layer.
pub(super) const MAX_WIDTH: usize = 1 << 16;

/// Columns that are computed together: two registers of AVX2.
const PANEL: usize = 16;

/// An affine map: `n_in` numbers to `n_out`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    n_in: usize,
    n_out: usize,
    panels: Vec<f32>, // [n_out / PANEL rounded up, n_in, PANEL], zero from n_out on
    bias: Vec<f32>,   // [n_out]
}

impl Dense {
    /// A layer of given weights, `[n_in, n_out]` row after row, and bias, `[n_out]`.
    ///
    /// # Errors
    /// A size is zero or above 65,536, a length does not fit, or a number is not finite.
    pub fn new(n_in: usize, n_out: usize, weights: &[f32], bias: Vec<f32>) -> Result<Dense, Error> {
        check_size("the number of inputs", n_in, 1, MAX_WIDTH)?;
        check_size("the number of outputs", n_out, 1, MAX_WIDTH)?;
        check_weights("the weights", weights, n_in * n_out)?;
        check_weights("the bias", &bias, n_out)?;
        Ok(Dense { n_in, n_out, panels: to_panels(weights, n_in, n_out), bias })
    }

    /// Numbers in.
    pub fn n_in(&self) -> usize {
        self.n_in
    }

    /// Numbers out.
    pub fn n_out(&self) -> usize {
        self.n_out
    }

    /// The weights, `[n_in, n_out]`: a copy, because they are kept in the order in which they are read.
    pub fn weights(&self) -> Vec<f32> {
        let mut weights = vec![0.0; self.n_in * self.n_out];
        for (panel, first) in self.panels.chunks_exact(self.n_in * PANEL).zip((0..).step_by(PANEL)) {
            let n = PANEL.min(self.n_out - first);
            for (row, from) in weights.chunks_exact_mut(self.n_out).zip(panel.chunks_exact(PANEL)) {
                row[first..][..n].copy_from_slice(&from[..n]);
            }
        }
        weights
    }

    /// The bias, `[n_out]`.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// `out = activation(x @ weights + bias)` for `x` of `[rows, n_in]` and `out` of `[rows, n_out]`.
    ///
    /// # Panics
    /// The lengths do not fit each other.
    pub fn forward(&self, x: &[f32], activation: Activation, out: &mut [f32]) {
        let n_rows = x.len() / self.n_in;
        assert_eq!(x.len(), n_rows * self.n_in, "inputs are whole rows of {}", self.n_in);
        assert_eq!(out.len(), n_rows * self.n_out, "{n_rows} rows of {} come out", self.n_out);
        for row in out.chunks_exact_mut(self.n_out) {
            row.copy_from_slice(&self.bias);
        }
        add_panels(x, &self.panels, [self.n_in, self.n_out], out);
        activation.apply(out);
    }

    /// Like [`Dense::forward`] without an activation, added to what `out` holds.
    pub(super) fn forward_onto(&self, x: &[f32], out: &mut [f32]) {
        for row in out.chunks_exact_mut(self.n_out) {
            row.iter_mut().zip(&self.bias).for_each(|(o, b)| *o += b);
        }
        add_panels(x, &self.panels, [self.n_in, self.n_out], out);
    }
}

/// Weights of `[n_in, n_out]` by panels of columns, each panel row after row: a forward pass reads them in order.
fn to_panels(weights: &[f32], n_in: usize, n_out: usize) -> Vec<f32> {
    let mut panels = vec![0.0; n_out.div_ceil(PANEL) * n_in * PANEL];
    for (panel, first) in panels.chunks_exact_mut(n_in * PANEL).zip((0..).step_by(PANEL)) {
        let n = PANEL.min(n_out - first);
        for (to, row) in panel.chunks_exact_mut(PANEL).zip(weights.chunks_exact(n_out)) {
            to[..n].copy_from_slice(&row[first..][..n]);
        }
    }
    panels
}

/// Rows that pass a panel together.
const ROWS: usize = 4;

crate::vectorized! {
    /// `out += x @ weights` for the panels of weights of `[n_in, n_out]`, the two `sizes`.
    fn add_panels(x: &[f32], panels: &[f32], sizes: [usize; 2], out: &mut [f32]) {
        let [n_in, n_out] = sizes;
        let n_rows = x.len() / n_in;
        if n_rows < ROWS {
            for (x, out) in x.chunks_exact(n_in).zip(out.chunks_exact_mut(n_out)) {
                add_row(x, panels, out);
            }
            return;
        }
        // A panel stays in the first cache while all rows pass it.
        for (panel, first) in panels.chunks_exact(n_in * PANEL).zip((0..).step_by(PANEL)) {
            let (mut rows, mut outs) = (x.chunks_exact(ROWS * n_in), out.chunks_exact_mut(ROWS * n_out));
            for (x, out) in (&mut rows).zip(&mut outs) {
                add_block::<ROWS, 1>(x, panel, [n_out, first], out);
            }
            let rows = rows.remainder().chunks_exact(n_in);
            for (x, out) in rows.zip(outs.into_remainder().chunks_exact_mut(n_out)) {
                add_block::<1, 1>(x, panel, [n_out, first], out);
            }
        }
    }

    /// `out += x @ weights` for weights of `[n_in, n_out]`, the two `sizes`, row after row.
    pub(super) fn add_product(x: &[f32], weights: &[f32], sizes: [usize; 2], out: &mut [f32]) {
        let [n_in, n_out] = sizes;
        for (x, out) in x.chunks_exact(n_in).zip(out.chunks_exact_mut(n_out)) {
            for (factor, weights) in x.iter().zip(weights.chunks_exact(n_out)) {
                out.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += factor * weight);
            }
        }
    }
}

/// One row against all panels, four at a time, whose sums do not wait for each other.
#[inline(always)]
fn add_row(x: &[f32], panels: &[f32], out: &mut [f32]) {
    let (n_in, n_out) = (x.len(), out.len());
    let mut groups = panels.chunks_exact(4 * n_in * PANEL);
    let mut first = 0;
    for group in &mut groups {
        add_block::<1, 4>(x, group, [n_out, first], out);
        first += 4 * PANEL;
    }
    for panel in groups.remainder().chunks_exact(n_in * PANEL) {
        add_block::<1, 1>(x, panel, [n_out, first], out);
        first += PANEL;
    }
}

/// `R` rows against `P` panels, whose first column is `first`; the sums stay in registers while the inputs pass by.
#[inline(always)]
fn add_block<const R: usize, const P: usize>(
    x: &[f32],
    panels: &[f32],
    [n_out, first]: [usize; 2],
    out: &mut [f32],
) {
    let n_in = x.len() / R;
    let rows: [&[f32]; R] = std::array::from_fn(|row| &x[row * n_in..][..n_in]);
    let panels: [&[[f32; PANEL]]; P] = std::array::from_fn(|at| &panels.as_chunks().0[at * n_in..][..n_in]);
    let mut sums = [[[0.0_f32; PANEL]; P]; R];
    for_each_part(&mut sums, [n_out, first], |sums, part| sums[..part.len()].copy_from_slice(&out[part]));
    for i in 0..n_in {
        for (row, sums) in rows.iter().zip(&mut sums) {
            let factor = row[i];
            for (panel, sums) in panels.iter().zip(sums) {
                sums.iter_mut().zip(&panel[i]).for_each(|(sum, weight)| *sum += factor * weight);
            }
        }
    }
    for_each_part(&mut sums, [n_out, first], |sums, part| {
        out[part.clone()].copy_from_slice(&sums[..part.len()]);
    });
}

/// Each panel's sums of each row, and where they stand in the output.
#[inline(always)]
fn for_each_part<const R: usize, const P: usize>(
    sums: &mut [[[f32; PANEL]; P]; R],
    [n_out, first]: [usize; 2],
    mut visit: impl FnMut(&mut [f32; PANEL], std::ops::Range<usize>),
) {
    for (row, sums) in sums.iter_mut().enumerate() {
        for (at, sums) in sums.iter_mut().enumerate() {
            let column = (first + at * PANEL).min(n_out);
            visit(sums, row * n_out + column..row * n_out + (column + PANEL).min(n_out));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn products_equal_the_plain_sum_for_every_shape() {
        let mut rng = Rng::new(5, 0);
        let mut draw = |n: usize| (0..n).map(|_| rng.normal() as f32).collect::<Vec<f32>>();
        for (n_rows, n_in, n_out) in
            [(1, 1, 1), (1, 7, 64), (3, 64, 65), (4, 5, 16), (9, 33, 150), (13, 2, 3)]
        {
            let (x, weights, bias) = (draw(n_rows * n_in), draw(n_in * n_out), draw(n_out));
            let layer = Dense::new(n_in, n_out, &weights, bias.clone()).expect("sizes fit");
            let mut out = vec![0.0; n_rows * n_out];
            assert_eq!(layer.weights(), weights);
            layer.forward(&x, Activation::Identity, &mut out);
            for row in 0..n_rows {
                for column in 0..n_out {
                    let terms = (0..n_in).map(|i| x[row * n_in + i] * weights[i * n_out + column]);
                    let plain = terms.fold(bias[column], |sum, term| sum + term);
                    assert_eq!(out[row * n_out + column], plain, "{n_rows} x {n_in} x {n_out}");
                }
            }
        }
    }

    #[test]
    fn weights_are_checked() {
        let cases = [
            (Dense::new(0, 1, &[], vec![0.0]), "the number of inputs is 0, outside 1 to 65536"),
            (Dense::new(1, 70_000, &[], vec![]), "the number of outputs is 70000, outside 1 to 65536"),
            (Dense::new(2, 1, &[0.0], vec![0.0]), "the weights: 1 numbers where the sizes ask for 2"),
            (Dense::new(1, 2, &[0.0; 2], vec![0.0, f32::NAN]), "the bias: number 1 is not finite"),
        ];
        for (layer, message) in cases {
            assert_eq!(layer.expect_err(message).to_string(), message);
        }
    }
}
