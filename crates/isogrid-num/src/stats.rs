//! Statistics of reports and detectors: moments, quantiles, intervals, exact tail probabilities, ranks.
//!
//! Functions of an empty slice return not-a-number instead of panicking. Left out: distributions that no detector
//! uses yet.

/// The arithmetic mean; not-a-number of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sample standard deviation (divisor n - 1); not-a-number of fewer than two values.
pub fn sd(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let center = mean(values);
    let squares: f64 = values.iter().map(|value| (value - center).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

/// The quantile `q` in 0..=1 by linear interpolation of order statistics (type 7 of Hyndman and Fan, 1996);
/// not-a-number of nothing. Sorts a copy.
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = q.clamp(0.0, 1.0) * last as f64;
    let (low, part) = (place as usize, place.fract());
    let high = sorted[(low + 1).min(last)];
    if part == 0.0 { sorted[low] } else { sorted[low] + part * (high - sorted[low]) }
}

/// The middle value, or the mean of the two middle ones.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The normal quantile of a two-sided 95 % interval.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// The score interval of a proportion (Wilson, 1927) for `successes` of `n` at the normal quantile `z`, for example
/// [`Z_95`]. Of no trials it is (0, 1).
pub fn wilson(successes: u64, n: u64, z: f64) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let (total, share) = (n as f64, successes as f64 / n as f64);
    let shrink = 1.0 + z * z / total;
    let center = (share + z * z / (2.0 * total)) / shrink;
    let half = z / shrink * (share * (1.0 - share) / total + z * z / (4.0 * total * total)).sqrt();
    let low = if successes == 0 { 0.0 } else { (center - half).max(0.0) };
    let high = if successes == n { 1.0 } else { (center + half).min(1.0) };
    (low, high)
}

/// The exact probability of `k` or more successes in `n` trials of probability `p`. Cost: n - k + 1 terms.
pub fn binomial_upper_tail(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 || p >= 1.0 && k <= n {
        return 1.0;
    }
    if k > n || p <= 0.0 {
        return 0.0;
    }
    let (log_p, log_q) = (p.ln(), (-p).ln_1p());
    let term = |i: u64| (ln_choose(n, i) + i as f64 * log_p + (n - i) as f64 * log_q).exp();
    // Smallest terms first, so that they are not lost beside the large ones.
    let sum: f64 = (k..=n).rev().map(term).sum();
    sum.min(1.0)
}

/// The one-sided exact McNemar test: the probability that the first of two paired methods wins at least
/// `first_only` of the `first_only + second_only` cases in which just one is right, if they are equally good.
pub fn mcnemar(first_only: u64, second_only: u64) -> f64 {
    binomial_upper_tail(first_only, first_only + second_only, 0.5)
}

/// The natural logarithm of "n choose k" for `k <= n`, to about 1e-12 relative.
pub fn ln_choose(n: u64, k: u64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

fn ln_factorial(n: u64) -> f64 {
    if n < 64 {
        return (2..=n).map(|i| (i as f64).ln()).sum();
    }
    let x = n as f64;
    let series = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1260.0 * x.powi(5));
    x * x.ln() - x + 0.5 * (std::f64::consts::TAU * x).ln() + series
}

/// Ranks from 1, ties sharing the mean of theirs.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let before = order.partition_point(|&i| values[i].total_cmp(&values[tied[0]]).is_lt());
        for &i in tied {
            ranks[i] = before as f64 + (tied.len() + 1) as f64 / 2.0;
        }
    }
    ranks
}

/// The area under the receiver operating characteristic: the probability that a random positive scores above a
/// random negative, ties counting half. `None` when either class is missing or the lengths differ.
pub fn auc(scores: &[f64], positive: &[bool]) -> Option<f64> {
    let n_positive = positive.iter().filter(|&&is| is).count();
    let n_negative = positive.len() - n_positive;
    if scores.len() != positive.len() || n_positive == 0 || n_negative == 0 {
        return None;
    }
    let rank_sum: f64 = ranks(scores).iter().zip(positive).filter(|(_, is)| **is).map(|(rank, _)| rank).sum();
    let (positives, negatives) = (n_positive as f64, n_negative as f64);
    Some((rank_sum - positives * (positives + 1.0) / 2.0) / (positives * negatives))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
    }

    #[test]
    fn values_of_textbooks() {
        let data = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert!(close(mean(&data), 5.0) && close(sd(&data), (32.0_f64 / 7.0).sqrt()));
        assert!(close(quantile(&[1.0, 2.0, 3.0, 4.0], 0.25), 1.75) && close(median(&[3.0, 1.0, 2.0]), 2.0));
        let (low, high) = wilson(8, 10, Z_95);
        assert!((low - 0.4902).abs() < 1e-4 && (high - 0.9433).abs() < 1e-4, "{low} {high}");
        assert!(close(binomial_upper_tail(8, 10, 0.5), 56.0 / 1024.0) && close(mcnemar(8, 2), 56.0 / 1024.0));
        assert_eq!(ranks(&[10.0, 20.0, 10.0, 30.0]), [1.5, 3.0, 1.5, 4.0]);
        assert_eq!(auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), Some(0.75));
        assert_eq!(auc(&[0.1], &[true]), None);
    }

    #[test]
    fn nothing_gives_no_panic() {
        assert!(mean(&[]).is_nan() && sd(&[1.0]).is_nan() && median(&[]).is_nan());
        assert_eq!(wilson(0, 0, Z_95), (0.0, 1.0));
        assert_eq!((binomial_upper_tail(3, 2, 0.5), binomial_upper_tail(2, 2, 1.0)), (0.0, 1.0));
        assert_eq!((wilson(0, 9, Z_95).0, wilson(9, 9, Z_95).1), (0.0, 1.0));
    }

    #[test]
    fn factorials_agree_across_the_switch_of_method() {
        for n in [63, 64, 65, 200] {
            let sum: f64 = (2..=n).map(|i| (i as f64).ln()).sum();
            assert!(close(ln_factorial(n), sum), "{n}");
        }
    }

    proptest! {
        #[test]
        fn tails_fall_and_complement(n in 1_u64..200, p in 0.01_f64..0.99) {
            let tails: Vec<f64> = (0..=n + 1).map(|k| binomial_upper_tail(k, n, p)).collect();
            prop_assert!(tails.windows(2).all(|pair| pair[0] >= pair[1] - 1e-12));
            let mirrored = binomial_upper_tail(n + 1 - n / 2, n, 1.0 - p);
            prop_assert!((tails[(n / 2) as usize] + mirrored - 1.0).abs() < 1e-9);
        }

        #[test]
        fn quantiles_lie_between_the_extremes(
            values in prop::collection::vec(-1e6_f64..1e6, 1..50), q in 0.0_f64..=1.0,
        ) {
            let value = quantile(&values, q);
            prop_assert!(value >= quantile(&values, 0.0) && value <= quantile(&values, 1.0));
        }

        #[test]
        fn wilson_holds_the_share(successes in 0_u64..100, more in 0_u64..100) {
            let n = successes + more;
            let (low, high) = wilson(successes, n, Z_95);
            let share = if n == 0 { 0.5 } else { successes as f64 / n as f64 };
            prop_assert!((0.0..=share).contains(&low) && (share..=1.0).contains(&high));
        }

        #[test]
        fn auc_equals_the_count_of_pairs(
            items in prop::collection::vec((0_u8..6, any::<bool>()), 2..40),
        ) {
            let scores: Vec<f64> = items.iter().map(|item| f64::from(item.0)).collect();
            let positive: Vec<bool> = items.iter().map(|item| item.1).collect();
            let (mut wins, mut pairs) = (0.0, 0.0);
            for (a, b) in items.iter().flat_map(|a| items.iter().map(move |b| (a, b))) {
                if a.1 && !b.1 {
                    pairs += 1.0;
                    wins += if a.0 > b.0 { 1.0 } else if a.0 == b.0 { 0.5 } else { 0.0 };
                }
            }
            prop_assert_eq!(auc(&scores, &positive).is_some(), pairs > 0.0);
            prop_assert!(auc(&scores, &positive).is_none_or(|area| close(area, wins / pairs)));
        }
    }
}
