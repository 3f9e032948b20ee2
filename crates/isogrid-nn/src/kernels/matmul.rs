//! Matrix products on slices, by the `gemm` crate.
//!
//! Every entry of a product is a sum over the inner dimension in one order, whatever the number of threads.

use gemm::Parallelism;

/// A matrix in a slice: entry (i, j) stands at `i * row_stride + j * column_stride`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub data: &'a [f32],
    pub rows: usize,
    pub columns: usize,
    pub row_stride: usize,
    pub column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Row after row.
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> Matrix<'a> {
        Matrix { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Rows that are `row_stride` apart.
    pub fn strided(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Matrix<'a> {
        Matrix { data, rows, columns, row_stride, column_stride: 1 }
    }

    /// Rows as columns.
    pub fn transposed(self) -> Matrix<'a> {
        Matrix {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }

    fn is_inside(&self) -> bool {
        is_inside(self.data.len(), [self.rows, self.columns], [self.row_stride, self.column_stride])
    }
}

/// How a product meets what the output holds, and on how many threads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Product {
    /// Every product is multiplied by this.
    pub scale: f32,
    /// Added to what the output holds, or instead of it.
    pub mode: Mode,
    /// On all threads of the pool, or on this one.
    pub threads: Threads,
    /// Numbers between the starts of two rows of the output; `None` where they follow each other.
    pub row_stride: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Replace,
    Add,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    All,
    One,
}

/// On all threads, replacing the output.
pub(crate) const REPLACE: Product =
    Product { scale: 1.0, mode: Mode::Replace, threads: Threads::All, row_stride: None };

/// On all threads, added to the output.
pub(crate) const ADD: Product =
    Product { scale: 1.0, mode: Mode::Add, threads: Threads::All, row_stride: None };

/// `out = scale * left @ right`, or added to it; `out` holds rows of `right.columns`.
pub(crate) fn multiply(out: &mut [f32], left: Matrix<'_>, right: Matrix<'_>, product: Product) {
    let (m, n, k) = (left.rows, right.columns, left.columns);
    let out_stride = product.row_stride.unwrap_or(n);
    assert_eq!(k, right.rows, "the inner dimensions of a product");
    assert!(left.is_inside() && right.is_inside() && is_inside(out.len(), [m, n], [out_stride, 1]));
    let parallelism = match product.threads {
        Threads::All => Parallelism::Rayon(0),
        Threads::One => Parallelism::None,
    };
    // SAFETY: all three matrices lie inside their slices, as was just asserted; the output is borrowed mutably, so it
    // overlaps neither input, and its rows do not overlap since `out_stride >= n`.
    #[expect(unsafe_code, reason = "the product takes pointers")]
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            out_stride as isize,
            product.mode == Mode::Add,
            left.data.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            product.scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

fn is_inside(len: usize, [rows, columns]: [usize; 2], [row_stride, column_stride]: [usize; 2]) -> bool {
    let last = rows.checked_sub(1).zip(columns.checked_sub(1));
    // Either stride may be the longer one (a transposed view), but no two entries may share a place.
    let distinct = row_stride >= columns * column_stride || column_stride >= rows * row_stride;
    distinct && last.is_some_and(|(row, column)| row * row_stride + column * column_stride < len)
}

#[cfg(test)]
mod tests {
    use isogrid_num::rng::Rng;

    use super::*;

    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        let mut rng = Rng::new(seed, 0);
        (0..n).map(|_| rng.normal() as f32).collect()
    }

    #[test]
    fn products_equal_the_plain_sum_on_any_number_of_threads() {
        for (m, n, k) in
            [(1, 1, 1), (3, 5, 7), (64, 48, 33), (256, 256, 256), (2, 300, 500), (257, 129, 1025)]
        {
            let (left, right) = (numbers(m * k, 1), numbers(k * n, 2));
            let product = |n_threads: usize, transpose: bool| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("a pool");
                let mut out = vec![1.0; m * n];
                let left =
                    if transpose { Matrix::new(&left, k, m).transposed() } else { Matrix::new(&left, m, k) };
                pool.install(|| multiply(&mut out, left, Matrix::new(&right, k, n), ADD));
                out
            };
            for transpose in [false, true] {
                let one = product(1, transpose);
                for n_threads in [2, 3, 5] {
                    assert_eq!(one, product(n_threads, transpose), "{m} x {n} x {k} on {n_threads} threads");
                }
                for (idx, value) in one.iter().enumerate().step_by(1 + m * n / 50) {
                    let (i, j) = (idx / n, idx % n);
                    let at = |l: usize| if transpose { left[l * m + i] } else { left[i * k + l] };
                    let plain: f64 = (0..k).map(|l| f64::from(at(l)) * f64::from(right[l * n + j])).sum();
                    assert!((f64::from(*value) - plain - 1.0).abs() < 1e-3, "{m} x {n} x {k}");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "is_inside")]
    fn a_matrix_beyond_its_slice_is_refused() {
        let mut out = [0.0; 4];
        let left = Matrix { data: &[0.0; 4], rows: 2, columns: 2, row_stride: 3, column_stride: 1 };
        multiply(&mut out, left, Matrix::new(&[0.0; 4], 2, 2), REPLACE);
    }
}
