//! The statistics that LeRobot keeps of every feature, for normalization.
//!
//! Quantiles are exact, by linear interpolation between order statistics; LeRobot's own come from histograms.

/// Names of quantiles, and what they are.
const QUANTILES: [(&str, f64); 5] = [("q01", 0.01), ("q10", 0.1), ("q50", 0.5), ("q90", 0.9), ("q99", 0.99)];

/// Statistics of one feature, each with a number a component, in the order in which LeRobot writes them.
pub fn of(values: &[f64], width: usize) -> Vec<(&'static str, Vec<f64>)> {
    let n_rows = values.len() / width;
    let component = |k: usize| values.iter().skip(k).step_by(width).copied();
    let each = |f: &dyn Fn(usize) -> f64| (0..width).map(f).collect::<Vec<f64>>();
    let mean = each(&|k| component(k).sum::<f64>() / n_rows as f64);
    let variance =
        |k: usize| component(k).map(|value| (value - mean[k]).powi(2)).sum::<f64>() / n_rows as f64;
    let mut all = vec![
        ("min", each(&|k| component(k).fold(f64::INFINITY, f64::min))),
        ("max", each(&|k| component(k).fold(f64::NEG_INFINITY, f64::max))),
        ("mean", mean.clone()),
        ("std", each(&|k| variance(k).sqrt())),
        ("count", vec![n_rows as f64]),
    ];
    let sorted: Vec<Vec<f64>> = (0..width)
        .map(|k| {
            let mut sorted: Vec<f64> = component(k).collect();
            sorted.sort_by(f64::total_cmp);
            sorted
        })
        .collect();
    all.extend(QUANTILES.map(|(name, share)| (name, each(&|k| quantile(&sorted[k], share)))));
    all
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_components_of_five_rows() {
        let values = [1.0, 10.0, 2.0, 10.0, 3.0, 10.0, 4.0, 10.0, 5.0, 10.0];
        let all = of(&values, 2);
        let get = |name: &str| all.iter().find(|(known, _)| *known == name).expect("a statistic").1.clone();
        assert_eq!(get("min"), [1.0, 10.0]);
        assert_eq!(get("max"), [5.0, 10.0]);
        assert_eq!(get("mean"), [3.0, 10.0]);
        assert_eq!(get("std"), [2.0_f64.sqrt(), 0.0]);
        assert_eq!(get("count"), [5.0]);
        assert_eq!(get("q50"), [3.0, 10.0]);
        assert_eq!(get("q10"), [1.4, 10.0]);
    }
}
