//! Where to cut a column of numbers into "at least" features (a thermometer).
//!
//! Cuts lie between neighbouring values that occur, on the shortest decimal number in the gap, so that rules read
//! well. Learned cuts are those of Fayyad and Irani, "Multi-interval discretization of continuous-valued attributes"
//! (1993), the most informative first; evenly over distinct values is Abeyrathna et al. (2019, arXiv 1905.04199).

use serde::{Deserialize, Serialize};

/// How the cuts of a numeric column are placed. With a single one, all but [`Binning::Learned`] cut at the mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Binning {
    /// Evenly over the distinct values.
    Distinct,
    /// Evenly over the rows.
    #[default]
    Quantile,
    /// In equal steps from the least to the largest value.
    Uniform,
    /// Where classes are told apart best; at quantiles where there are no classes.
    Learned,
}

impl Binning {
    /// Every way, by the name it has at the text edge.
    pub const ALL: [(&'static str, Binning); 4] = [
        ("distinct", Binning::Distinct),
        ("quantile", Binning::Quantile),
        ("uniform", Binning::Uniform),
        ("learned", Binning::Learned),
    ];
}

/// At most `n_cuts` cuts, ascending, for values of which none is NaN. `classes` has one entry a value, or none.
pub(super) fn cuts_of(
    mut values: Vec<(f64, u32)>,
    n_cuts: usize,
    binning: Binning,
    n_classes: usize,
) -> Vec<f64> {
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let runs = Runs::new(&values);
    let n_cuts = n_cuts.min(runs.distinct.len().saturating_sub(1));
    let mut borders = match binning {
        _ if n_cuts == 0 => Vec::new(),
        _ if n_cuts + 1 == runs.distinct.len() && binning != Binning::Learned => (1..=n_cuts).collect(),
        Binning::Learned if n_classes > 1 => learned(&values, &runs, (n_cuts, n_classes)),
        // One cut in the middle of the distinct values would ignore how rare they are, as the grays of a pixel are.
        _ if n_cuts == 1 => vec![runs.border_at(mean(&values))],
        Binning::Distinct => (1..=n_cuts).map(|cut| cut * runs.distinct.len() / (n_cuts + 1)).collect(),
        Binning::Quantile | Binning::Learned => {
            let at = |cut: usize| values[cut * values.len() / (n_cuts + 1)].0;
            (1..=n_cuts).map(|cut| runs.border_at(at(cut))).collect()
        }
        Binning::Uniform => {
            let (least, most) = (runs.distinct[0], runs.distinct[runs.distinct.len() - 1]);
            let at = |cut: usize| least + (most - least) * (cut as f64 / (n_cuts + 1) as f64);
            (1..=n_cuts).map(|cut| runs.border_at(at(cut))).collect()
        }
    };
    borders.sort_unstable();
    borders.dedup();
    borders.iter().map(|&border| between(runs.distinct[border - 1], runs.distinct[border])).collect()
}

/// How far beyond the range seen the outer cuts lie, as shares of the range.
const BEYOND: [f64; 6] = [0.0, 0.02, 0.05, 0.1, 0.2, 0.4];

/// Adds cuts at the end of the range of the values, and beyond it on both sides.
pub(super) fn add_outer(cuts: &mut Vec<f64>, values: &[f64]) {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (least, most) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if least > most {
        return;
    }
    // A column of one value has no range; its size stands in.
    let range = if most > least { most - least } else { most.abs().max(1.0) };
    for beyond in BEYOND {
        cuts.extend([least - beyond * range, (most + beyond * range).next_up()]);
    }
    cuts.retain(|cut| cut.is_finite());
    cuts.sort_unstable_by(f64::total_cmp);
    cuts.dedup();
}

fn mean(values: &[(f64, u32)]) -> f64 {
    // Scaled first, so that large values do not overflow.
    values.iter().map(|(value, _)| value / values.len() as f64).sum()
}

/// Sorted values by their distinct ones.
struct Runs {
    distinct: Vec<f64>,
    /// Where the values of each distinct one begin.
    starts: Vec<usize>,
}

impl Runs {
    fn new(values: &[(f64, u32)]) -> Runs {
        let mut runs = Runs { distinct: Vec::new(), starts: Vec::new() };
        for (place, &(value, _)) in values.iter().enumerate() {
            if runs.distinct.last().is_none_or(|&last| last != value) {
                runs.distinct.push(value);
                runs.starts.push(place);
            }
        }
        runs
    }

    /// The border below the first distinct value of at least `value`, moved inside.
    fn border_at(&self, value: f64) -> usize {
        let border = self.distinct.partition_point(|&distinct| distinct < value);
        border.clamp(1, self.distinct.len() - 1)
    }
}

/// Splits the interval whose best split gains most information, until there are enough or none is worth its own
/// description.
fn learned(values: &[(f64, u32)], runs: &Runs, (n_cuts, n_classes): (usize, usize)) -> Vec<usize> {
    let classes: Vec<u32> = values.iter().map(|(_, class)| *class).collect();
    let best = |span| best_split(&classes, runs, span, n_classes);
    let mut open: Vec<Split> = best((0, runs.distinct.len())).into_iter().collect();
    let mut borders = Vec::new();
    while borders.len() < n_cuts {
        let widest = (0..open.len()).max_by(|&a, &b| open[a].gain.total_cmp(&open[b].gain).then(b.cmp(&a)));
        let Some(place) = widest else { break };
        let Split { border, span, .. } = open.swap_remove(place);
        borders.push(border);
        open.extend([(span.0, border), (border, span.1)].into_iter().filter_map(best));
    }
    if borders.is_empty() {
        // A column that tells nothing alone may still tell something together with others.
        borders.push(runs.border_at(mean(values)));
    }
    borders
}

/// A cut of the distinct values `span.0..span.1` before `border`.
struct Split {
    /// Bits gained, summed over the rows.
    gain: f64,
    border: usize,
    span: (usize, usize),
}

fn best_split(classes: &[u32], runs: &Runs, span: (usize, usize), n_classes: usize) -> Option<Split> {
    let end = |border: usize| runs.starts.get(border).copied().unwrap_or(classes.len());
    let mut right = vec![0_u32; n_classes];
    classes[end(span.0)..end(span.1)].iter().for_each(|&class| right[class as usize] += 1);
    let mut left = vec![0_u32; n_classes];
    let whole = Mixture::of(&right);
    let mut best: Option<(f64, usize, Mixture, Mixture)> = None;
    for border in span.0 + 1..span.1 {
        for &class in &classes[end(border - 1)..end(border)] {
            left[class as usize] += 1;
            right[class as usize] -= 1;
        }
        let (a, b) = (Mixture::of(&left), Mixture::of(&right));
        let gain = whole.bits - a.bits - b.bits;
        if best.as_ref().is_none_or(|best| gain > best.0) {
            best = Some((gain, border, a, b));
        }
    }
    let (gain, border, a, b) = best?;
    (gain > price(&whole, &a, &b)).then_some(Split { gain, border, span })
}

/// What a split costs to describe, in bits (Fayyad and Irani 1993, the minimum description length criterion).
fn price(whole: &Mixture, a: &Mixture, b: &Mixture) -> f64 {
    let delta = (3_f64.powf(whole.n_kinds) - 2.0).log2()
        - (whole.n_kinds * whole.entropy() - a.n_kinds * a.entropy() - b.n_kinds * b.entropy());
    (whole.n - 1.0).log2() + delta
}

/// How mixed the classes of some rows are.
struct Mixture {
    n: f64,
    /// Entropy times rows.
    bits: f64,
    /// Classes that occur.
    n_kinds: f64,
}

impl Mixture {
    fn of(counts: &[u32]) -> Mixture {
        let n = f64::from(counts.iter().sum::<u32>());
        let present = || counts.iter().filter(|&&count| count > 0).map(|&count| f64::from(count));
        let bits = present().map(|count| -count * (count / n).log2()).sum();
        Mixture { n, bits, n_kinds: present().count() as f64 }
    }

    fn entropy(&self) -> f64 {
        self.bits / self.n
    }
}

/// A short decimal number above `below` and at most `above`: near their middle, or `above` where that is shorter.
fn between(below: f64, above: f64) -> f64 {
    let gap = above - below;
    let (least, middle, most) = (below + gap / 4.0, below + gap / 2.0, above - gap / 4.0);
    let largest = above.abs().max(below.abs());
    if !gap.is_finite() || largest == 0.0 {
        return above;
    }
    let first = largest.log10().floor() as i32;
    let mut rounded = (0..=17).map(|digits| round_to(middle, first - digits));
    let is_inside = |value: &f64| *value > below && *value <= above && (least..=most).contains(value);
    let inside = rounded.find(is_inside).unwrap_or(above);
    if above.to_string().len() < inside.to_string().len() { above } else { inside }
}

/// The multiple of a power of ten that is nearest.
fn round_to(value: f64, exponent: i32) -> f64 {
    if exponent >= 0 {
        let scale = 10_f64.powi(exponent);
        (value / scale).round() * scale
    } else {
        let scale = 10_f64.powi(-exponent);
        (value * scale).round() / scale
    }
}

#[cfg(test)]
mod tests {
    use isogrid_num::rng::Rng;

    use super::*;

    fn cuts(values: &[f64], n_cuts: usize, binning: Binning) -> Vec<f64> {
        cuts_of(values.iter().map(|&value| (value, 0)).collect(), n_cuts, binning, 0)
    }

    #[test]
    fn each_way_places_its_cuts() {
        let skewed = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 4.0, 100.0];
        for (binning, n_cuts, expected) in [
            (Binning::Distinct, 4, vec![1.0, 2.0, 3.0, 50.0]),
            (Binning::Distinct, 2, vec![1.0, 3.0]),
            (Binning::Quantile, 3, vec![1.0, 2.0]),
            (Binning::Uniform, 3, vec![50.0]),
            (Binning::Uniform, 99, vec![1.0, 2.0, 3.0, 50.0]),
            (Binning::Learned, 3, vec![1.0, 2.0]),
            (Binning::Distinct, 1, vec![50.0]),
            (Binning::Quantile, 0, vec![]),
        ] {
            assert_eq!(cuts(&skewed, n_cuts, binning), expected, "{binning:?} {n_cuts}");
        }
        for (_, binning) in Binning::ALL {
            assert_eq!(cuts(&[7.0; 4], 5, binning), [], "{binning:?}");
            assert_eq!(cuts(&[], 5, binning), [], "{binning:?}");
        }
    }

    #[test]
    fn learned_cuts_lie_where_classes_change() {
        let mut rng = Rng::new(3, 0);
        let mut sample = || {
            let x = (rng.below(10_000) as f64) / 100.0;
            (x, u32::from((22.0..57.0).contains(&x)))
        };
        let values: Vec<(f64, u32)> = (0..2_000).map(|_| sample()).collect();
        let cuts = cuts_of(values, 16, Binning::Learned, 2);
        assert_eq!(cuts.len(), 2, "{cuts:?}");
        assert!((cuts[0] - 22.0).abs() < 0.2 && (cuts[1] - 57.0).abs() < 0.2, "{cuts:?}");
    }

    #[test]
    fn a_column_that_tells_nothing_keeps_one_cut() {
        let mut rng = Rng::new(4, 0);
        let values = (0..500).map(|_| (rng.unit(), u32::from(rng.chance(0.5)))).collect();
        assert_eq!(cuts_of(values, 16, Binning::Learned, 2).len(), 1);
    }

    #[test]
    fn cuts_are_short_numbers_that_split_the_same() {
        for (below, above, expected) in [
            (2.0, 3.0, 3.0),
            (0.0, 255.0, 100.0),
            (40.738_29, 40.91, 40.8),
            (-5.0, 5.0, 0.0),
            (1e-9, 2e-9, 2e-9),
            (2.1, 2.2, 2.2),
            (4.0, 100.0, 50.0),
            (1e300, 1.1e300, 1.05e300),
            (-f64::MAX, f64::MAX, f64::MAX),
            (1.0, f64::INFINITY, f64::INFINITY),
            (1.0, 1.0 + f64::EPSILON, 1.0 + f64::EPSILON),
        ] {
            let found = between(below, above);
            assert!(
                (found - expected).abs() <= expected.abs() * 1e-12 || found == expected,
                "{found} {expected}"
            );
        }
        let mut rng = Rng::new(5, 0);
        for _ in 0..10_000 {
            let below = f64::from_bits(rng.next_u64());
            let above = if rng.chance(0.5) {
                f64::from_bits(below.to_bits() ^ 5)
            } else {
                f64::from_bits(rng.next_u64())
            };
            if below < above {
                let cut = between(below, above);
                assert!(below < cut && cut <= above, "{below} {cut} {above}");
            }
        }
    }
}
