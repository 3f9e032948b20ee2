//! Grows one tree, level by level, against slopes of the loss.
//!
//! The splits are those of Chen and Guestrin, "XGBoost" (2016, arXiv 1603.02754), section 2.2, over bins and with a learned
//! side for missing values (section 3.4). A level reads each column once for all of its nodes. Left out: subtraction of
//! siblings' sums, leaf-wise growth, pruning.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::bins::{BinnedColumn, Bins, MISSING};
use crate::tree::{Node, Tree};

/// Added to curvatures: answers of few rows are drawn toward zero.
pub(crate) const RIDGE: f64 = 1.0;
/// Either side of a split needs so much curvature.
pub(crate) const LEAST_CURVATURE: f64 = 1.0;
/// A split must gain more than rounding does.
pub(crate) const LEAST_GAIN: f64 = 1e-6;

/// First and second derivative of the loss by the score, of a row or summed over rows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Slope {
    /// The first.
    pub gradient: f64,
    /// The second.
    pub curvature: f64,
}

impl Slope {
    pub(crate) fn add(&mut self, other: Slope) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
    }

    pub(crate) fn less(self, other: Slope) -> Slope {
        Slope { gradient: self.gradient - other.gradient, curvature: self.curvature - other.curvature }
    }

    /// How much the best answer of these rows lessens the loss, doubled.
    pub(crate) fn worth(self) -> f64 {
        self.gradient * self.gradient / (self.curvature + RIDGE)
    }

    /// The best answer of these rows.
    pub(crate) fn answer(self, rate: f64) -> f32 {
        (-rate * self.gradient / (self.curvature + RIDGE)) as f32
    }
}

/// What a tree may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape<'a> {
    /// Features it may look at, ascending.
    pub(crate) columns: &'a [usize],
    /// Thresholds on the way to a leaf.
    pub(crate) depth: u32,
    /// Share of its answer that it adds.
    pub(crate) rate: f64,
}

/// The tree and the leaf of each row. Breaks when a limit of `ctx` is reached; a tick is a row of a column listed.
pub(crate) fn grow(
    ctx: &Ctx,
    bins: &Bins,
    slopes: &[Slope],
    shape: &Shape<'_>,
) -> ControlFlow<Stop, (Tree, Vec<u32>)> {
    let mut growing =
        Growing { bins, slopes, nodes: vec![Node::Leaf(0.0)], places: vec![0; bins.n_rows], first: 0 };
    for _ in 0..shape.depth {
        let splits = growing.best_splits(ctx, shape.columns)?;
        if splits.iter().all(Option::is_none) {
            break;
        }
        growing.split(&splits);
    }
    let mut sums = vec![Slope::default(); growing.nodes.len()];
    growing.places.iter().zip(slopes).for_each(|(&place, &slope)| sums[place as usize].add(slope));
    for (node, sum) in growing.nodes.iter_mut().zip(sums) {
        if let Node::Leaf(value) = node {
            *value = sum.answer(shape.rate);
        }
    }
    ControlFlow::Continue((Tree { nodes: growing.nodes }, growing.places))
}

/// A threshold that a node may get.
#[derive(Debug, Clone, Copy)]
struct Split {
    gain: f64,
    column: usize,
    /// The last bin that goes left.
    cut: usize,
    is_missing_left: bool,
}

impl Split {
    fn goes_left(&self, bin: u8) -> bool {
        if bin == MISSING { self.is_missing_left } else { usize::from(bin) <= self.cut }
    }
}

struct Growing<'a> {
    bins: &'a Bins,
    slopes: &'a [Slope],
    nodes: Vec<Node>,
    /// The node of each row.
    places: Vec<u32>,
    /// The first node of the level that grows; those before have ended or split.
    first: usize,
}

impl Growing<'_> {
    /// The best split of each node of the level, if any is worth it; of equal ones the first.
    fn best_splits(&self, ctx: &Ctx, columns: &[usize]) -> ControlFlow<Stop, Vec<Option<Split>>> {
        let n_nodes = self.nodes.len() - self.first;
        // Rows that have ended share one more node, which is not looked at.
        let slot = |place: u32| (place as usize).checked_sub(self.first).unwrap_or(n_nodes);
        let slots: Vec<u32> = self.places.iter().map(|&place| slot(place) as u32).collect();
        let mut totals = vec![Slope::default(); n_nodes + 1];
        slots.iter().zip(self.slopes).for_each(|(&slot, &slope)| totals[slot as usize].add(slope));
        let mut best = vec![None; n_nodes];
        let mut sums = Vec::new();
        for &column in columns {
            let binned = &self.bins.columns[column];
            ctx.tick(binned.rows.len() as u64 + 1)?;
            self.sum(binned, &slots, &totals, &mut sums);
            for (node, sums) in sums.chunks_exact(binned.n_bins() + 1).take(n_nodes).enumerate() {
                let least = best[node].map_or(LEAST_GAIN, |split: Split| split.gain);
                if let Some(found) = best_cut(sums, totals[node], least) {
                    best[node] = Some(Split { column, ..found });
                }
            }
        }
        ControlFlow::Continue(best)
    }

    /// `[node][bin]`, the last bin for missing values.
    fn sum(&self, column: &BinnedColumn, slots: &[u32], totals: &[Slope], sums: &mut Vec<Slope>) {
        let stride = column.n_bins() + 1;
        let index = |bin: u8| if bin == MISSING { stride - 1 } else { usize::from(bin) };
        sums.clear();
        sums.resize(totals.len() * stride, Slope::default());
        for (&row, &bin) in column.rows.iter().zip(&column.bins) {
            sums[slots[row as usize] as usize * stride + index(bin)].add(self.slopes[row as usize]);
        }
        for (sums, total) in sums.chunks_exact_mut(stride).zip(totals) {
            let mut listed = Slope::default();
            sums.iter().for_each(|&sum| listed.add(sum));
            sums[index(column.common)] = total.less(listed);
        }
    }

    fn split(&mut self, splits: &[Option<Split>]) {
        let first = std::mem::replace(&mut self.first, self.nodes.len());
        let mut goes_left = vec![false; self.places.len()];
        let split_of = |place: u32| splits[(place as usize).checked_sub(first)?];
        for (&place, goes_left) in self.places.iter().zip(&mut goes_left) {
            let Some(split) = split_of(place) else { continue };
            *goes_left = split.goes_left(self.bins.columns[split.column].common);
        }
        for (node, split) in splits.iter().enumerate() {
            let Some(split) = split else { continue };
            let column = &self.bins.columns[split.column];
            for (&row, &bin) in column.rows.iter().zip(&column.bins) {
                if self.places[row as usize] as usize == first + node {
                    goes_left[row as usize] = split.goes_left(bin);
                }
            }
            let at = column.cuts.get(split.cut).copied().unwrap_or(f64::INFINITY);
            let (feature, is_missing_left) = (split.column as u32, split.is_missing_left);
            let left = self.nodes.len() as u32;
            self.nodes[first + node] = Node::Split { feature, at, is_missing_left, left };
            self.nodes.extend([Node::Leaf(0.0); 2]);
        }
        for (place, goes_left) in self.places.iter_mut().zip(goes_left) {
            if let Node::Split { left, .. } = self.nodes[*place as usize] {
                *place = left + u32::from(!goes_left);
            }
        }
    }
}

/// The cut of most gain above `least` in the sums of one node; its column is not known here.
fn best_cut(sums: &[Slope], total: Slope, least: f64) -> Option<Split> {
    let (missing, present) = sums.split_last()?;
    // Of an empty bin, subtraction may leave the rounding.
    let has_missing = missing.curvature > 1e-9;
    let mut best: Option<Split> = None;
    let mut left = Slope::default();
    for (cut, &sum) in present.iter().enumerate() {
        left.add(sum);
        for is_missing_left in [false, true] {
            if is_missing_left && !has_missing {
                continue;
            }
            let mut here = left;
            if is_missing_left {
                here.add(*missing);
            }
            let there = total.less(here);
            if here.curvature.min(there.curvature) < LEAST_CURVATURE {
                continue;
            }
            let gain = here.worth() + there.worth() - total.worth();
            if gain > best.map_or(least, |best| best.gain) {
                // Where none was missing, a missing value goes where more rows went.
                let is_missing_left =
                    if has_missing { is_missing_left } else { here.curvature > there.curvature };
                best = Some(Split { gain, column: 0, cut, is_missing_left });
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use isogrid_num::rng::Rng;
    use proptest::prelude::*;

    use super::*;
    use crate::reference;

    /// Few values, some missing, and slopes whose sums are exact.
    fn random(seed: u64, n_rows: usize, n_features: usize) -> (Vec<f64>, Vec<Slope>) {
        let mut rng = Rng::new(seed, 0);
        let mut value = || if rng.chance(0.1) { f64::NAN } else { rng.below(6) as f64 };
        let features = (0..n_rows * n_features).map(|_| value()).collect();
        let mut slope = || Slope {
            gradient: rng.below(257) as f64 / 128.0 - 1.0,
            curvature: (1 + rng.below(64)) as f64 / 64.0,
        };
        (features, (0..n_rows).map(|_| slope()).collect())
    }

    proptest! {
        #[test]
        fn trees_equal_the_literal_ones(
            seed: u64, n_rows in 1_usize..60, n_features in 1_usize..5, depth in 0_u32..4,
        ) {
            let (features, slopes) = random(seed, n_rows, n_features);
            let bins = Bins::of(&Ctx::new(1), &features, n_features).continue_value().unwrap();
            let columns: Vec<usize> = (0..n_features).collect();
            let shape = Shape { columns: &columns, depth, rate: 0.5 };
            let (tree, places) = grow(&Ctx::new(1), &bins, &slopes, &shape).continue_value().unwrap();
            prop_assert!(tree.is_consistent(n_features));
            let literal = reference::Branch::grow(&features, &slopes, depth, 0.5);
            for (row, &place) in places.iter().enumerate() {
                let features = &features[row * n_features..][..n_features];
                let Node::Leaf(value) = tree.nodes[place as usize] else { panic!("rows end at leaves") };
                prop_assert_eq!(tree.value(features), f64::from(value));
                prop_assert_eq!(tree.value(features), literal.value(features));
            }
        }
    }

    #[test]
    fn an_exclusive_or_of_thresholds_is_grown_and_a_limit_ends_it() {
        let rows = [[0.0, 0.0], [0.0, 5.0], [5.0, 0.0], [5.0, 5.0], [5.0, 5.0]];
        let features: Vec<f64> = (0..40).flat_map(|row| rows[row % 5]).collect();
        let slope = |row: usize| Slope {
            gradient: if rows[row % 5][0] == rows[row % 5][1] { 0.5 } else { -0.5 },
            curvature: 0.25,
        };
        let slopes: Vec<Slope> = (0..40).map(slope).collect();
        let bins = Bins::of(&Ctx::new(1), &features, 2).continue_value().unwrap();
        let shape = Shape { columns: &[0, 1], depth: 2, rate: 1.0 };
        let (tree, _) = grow(&Ctx::new(1), &bins, &slopes, &shape).continue_value().unwrap();
        let signs: Vec<bool> = rows.iter().map(|row| tree.value(row) < 0.0).collect();
        assert_eq!(signs, [true, false, false, true, true]);
        assert!(grow(&Ctx::new(1).with_tick_limit(20), &bins, &slopes, &shape).is_break());
    }
}
