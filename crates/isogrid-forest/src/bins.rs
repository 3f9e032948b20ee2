//! Features cut into bins, so that the sums a tree needs are over bins and not over values.
//!
//! Cuts lie between neighboring values: between all of them where they are few, else where they part the rows evenly.
//! A column lists only the rows outside its most frequent bin, whose sums follow from the rest: pixels that are mostly
//! black and labels that are rare cost as little as they tell. Left out: cuts that know the target.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

/// The most cuts of a feature.
const MAX_CUTS: usize = 127;

/// The bin of a missing value.
pub(crate) const MISSING: u8 = u8::MAX;

/// All features of some rows.
#[derive(Debug)]
pub(crate) struct Bins {
    pub(crate) columns: Vec<BinnedColumn>,
    pub(crate) n_rows: usize,
}

/// One feature.
#[derive(Debug)]
pub(crate) struct BinnedColumn {
    /// A value is in the bin of as many cuts as it reaches; ascending.
    pub(crate) cuts: Vec<f64>,
    /// The bin of the rows that are not listed.
    pub(crate) common: u8,
    /// The other rows, ascending, and their bins.
    pub(crate) rows: Vec<u32>,
    pub(crate) bins: Vec<u8>,
}

impl Bins {
    /// Bins of features given row by row. One tick a row and feature.
    pub(crate) fn of(ctx: &Ctx, features: &[f64], n_features: usize) -> ControlFlow<Stop, Bins> {
        let n_rows = features.len().checked_div(n_features).unwrap_or(0);
        let mut columns = Vec::with_capacity(n_features);
        for feature in 0..n_features.min(features.len()) {
            ctx.tick(n_rows as u64)?;
            columns.push(BinnedColumn::of(features[feature..].iter().step_by(n_features).copied()));
        }
        ControlFlow::Continue(Bins { columns, n_rows })
    }
}

impl BinnedColumn {
    fn of(values: impl Iterator<Item = f64> + Clone) -> BinnedColumn {
        let cuts = cuts_of(values.clone().filter(|value| !value.is_nan()).collect());
        let bins: Vec<u8> = values.map(|value| bin(&cuts, value)).collect();
        let mut counts = [0_u32; 256];
        bins.iter().for_each(|&bin| counts[usize::from(bin)] += 1);
        let common = (1..256).fold(0, |best, bin| if counts[bin] > counts[best] { bin } else { best }) as u8;
        let listed = bins.iter().enumerate().filter(|(_, bin)| **bin != common);
        let (rows, bins) = listed.map(|(row, &bin)| (row as u32, bin)).unzip();
        BinnedColumn { cuts, common, rows, bins }
    }

    /// Bins of values that are not missing.
    pub(crate) fn n_bins(&self) -> usize {
        self.cuts.len() + 1
    }
}

fn bin(cuts: &[f64], value: f64) -> u8 {
    if value.is_nan() { MISSING } else { cuts.partition_point(|&cut| cut <= value) as u8 }
}

fn cuts_of(mut sorted: Vec<f64>) -> Vec<f64> {
    sorted.sort_unstable_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    let places: Vec<usize> = if distinct.len() <= MAX_CUTS + 1 {
        (1..distinct.len()).collect()
    } else {
        let value = |part: usize| sorted[part * sorted.len() / (MAX_CUTS + 1)];
        let place = |part| distinct.partition_point(|&other| other < value(part));
        let mut places: Vec<usize> = (1..=MAX_CUTS).map(place).filter(|&place| place > 0).collect();
        places.dedup();
        places
    };
    places.into_iter().map(|place| between(distinct[place - 1], distinct[place])).collect()
}

/// A number above `low` and not above `high`, in the middle where there is one.
fn between(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    if low < middle && middle <= high { middle } else { high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_lie_between_values() {
        let cases: [(&[f64], &[f64]); 5] = [
            (&[3.0, 1.0, 1.0], &[2.0]),
            (&[0.0, -0.0], &[]),
            (&[f64::NEG_INFINITY, f64::INFINITY, 5.0], &[5.0, f64::INFINITY]),
            (&[f64::MAX, f64::MIN], &[0.0]),
            (&[], &[]),
        ];
        for (values, expected) in cases {
            assert_eq!(cuts_of(values.to_vec()), expected, "{values:?}");
        }
        let many = cuts_of((0..10_000).map(f64::from).collect());
        assert!(many.len() == MAX_CUTS && many.is_sorted_by(|a, b| a < b) && many[0] == 77.5, "{many:?}");
    }

    #[test]
    fn rows_outside_the_common_bin_are_listed() {
        let column = BinnedColumn::of([0.0, 0.0, 7.0, f64::NAN, 0.0, 3.0].into_iter());
        assert_eq!((column.cuts.as_slice(), column.common), ([1.5, 5.0].as_slice(), 0));
        assert_eq!((column.rows, column.bins), (vec![2, 3, 5], vec![2, MISSING, 1]));
        let bins = Bins::of(&Ctx::new(1), &[1.0, 5.0, 2.0, 5.0], 2).continue_value().unwrap();
        assert_eq!((bins.n_rows, bins.columns.len(), bins.columns[1].n_bins()), (2, 2, 1));
    }
}
