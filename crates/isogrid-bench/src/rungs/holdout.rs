//! The part of the training rows that a rung is tuned on.

use isogrid_num::rng::Rng;

use super::design::Rows;

/// One row in this many is held out.
const FOLDS: usize = 5;

/// Splits training rows at random: most to fit, the rest to compare settings on.
pub(super) fn split(rows: &Rows, seed: u64) -> (Rows, Rows) {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    Rng::new(seed, 0x7475_6e65).shuffle(&mut order);
    let (tune, fit) = order.split_at(rows.len() / FOLDS);
    (rows.take(fit), rows.take(tune))
}

/// The share of equal entries; 0 without any.
pub(super) fn accuracy(given: &[usize], truth: &[usize]) -> f64 {
    let right = given.iter().zip(truth).filter(|(given, truth)| given == truth).count();
    right as f64 / truth.len().max(1) as f64
}

/// The first of `settings` with the highest score. The scores of an error are an error.
pub(super) fn best<S: Copy>(
    settings: &[S],
    score: &mut dyn FnMut(S) -> Result<f64, String>,
) -> Result<Option<S>, String> {
    let mut best: Option<(f64, S)> = None;
    for &setting in settings {
        let score = score(setting)?;
        if best.is_none_or(|(highest, _)| score > highest) {
            best = Some((score, setting));
        }
    }
    Ok(best.map(|(_, setting)| setting))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_a_partition() {
        let rows = Rows { x: (0..11).map(|i| i as f32).collect(), y: (0..11).collect(), n_features: 1 };
        let (fit, tune) = split(&rows, 3);
        assert_eq!((fit.len(), tune.len()), (9, 2));
        let mut all = [fit.y, tune.y].concat();
        all.sort_unstable();
        assert_eq!(all, rows.y);
    }

    #[test]
    fn ties_go_to_the_first_setting() {
        assert_eq!(best(&[1, 2, 3], &mut |s| Ok(if s == 1 { 0.5 } else { 0.75 })), Ok(Some(2)));
        assert_eq!(best::<u8>(&[], &mut |_| Ok(1.0)), Ok(None));
        assert_eq!(accuracy(&[1, 2], &[1, 3]), 0.5);
    }
}
