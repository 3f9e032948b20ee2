//! The parity point: at which size a rival would do what the engine does, where that can be said at all.

/// One rung.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub parameters: f64,
    /// The share of reached goals.
    pub rate: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// The episodes behind both.
    pub n: u64,
}

/// Below this share of explained variance a line through the logarithm of size says nothing.
const MIN_EXPLAINED: f64 = 0.8;

/// What can be said about rungs of one kind, in words.
pub(super) fn verdict(engine: f64, points: &[Point]) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    if let Some(point) = points.iter().find(|point| point.rate >= engine) {
        let (low, high) = point.interval;
        return format!(
            "reached within the ladder, at {:.1e} parameters ({} of {} episodes, interval {} to {})",
            point.parameters,
            percent(point.rate),
            point.n,
            percent(low),
            percent(high)
        );
    }
    let best = points.iter().map(|point| point.interval.1).fold(0.0, f64::max);
    let near = if best >= engine { "; the best rung's interval holds the engine's rate" } else { "" };
    let line = |rate: fn(&Point) -> f64| {
        let points: Vec<_> = points.iter().map(|point| (point.parameters.ln(), rate(point))).collect();
        fit(&points).filter(|line| line.slope > 0.0)
    };
    let middle = line(|point| point.rate).filter(|line| line.explained > MIN_EXPLAINED);
    let (low, high) = (line(|point| point.interval.1), line(|point| point.interval.0));
    match (middle, low, high) {
        (Some(middle), Some(low), Some(high)) => format!(
            "{:.1e} parameters by a line through the logarithm of size ({:.1e} to {:.1e} through the ends of the \
             intervals): far outside the sizes measured, so a lead and no claim{near}",
            middle.at(engine),
            low.at(engine),
            high.at(engine)
        ),
        _ => format!("refused: over these sizes success does not follow size{near}"),
    }
}

/// A least-squares line.
#[derive(Debug, Clone, Copy)]
struct Line {
    slope: f64,
    start: f64,
    /// The share of the variance that it explains.
    explained: f64,
}

impl Line {
    /// The size at which the line reaches a rate.
    fn at(&self, rate: f64) -> f64 {
        ((rate - self.start) / self.slope).exp()
    }
}

fn fit(points: &[(f64, f64)]) -> Option<Line> {
    let n = points.len() as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / n;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let sum = |value: &dyn Fn(f64, f64) -> f64| points.iter().map(|(a, b)| value(a - x, b - y)).sum::<f64>();
    let (xx, xy, yy) = (sum(&|a, _| a * a), sum(&|a, b| a * b), sum(&|_, b| b * b));
    if points.len() < 3 || xx <= 0.0 {
        return None;
    }
    let explained = if yy > 0.0 { xy * xy / (xx * yy) } else { 0.0 };
    Some(Line { slope: xy / xx, start: y - x * xy / xx, explained })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_fitted_and_refused_where_there_is_none() {
        let line = fit(&[(1.0, 1.0), (2.0, 3.0), (3.0, 5.0)]).expect("three points");
        assert!((line.slope - 2.0).abs() < 1e-12 && (line.start + 1.0).abs() < 1e-12);
        assert!(line.explained > 0.999 && (line.at(7.0) - 4f64.exp()).abs() < 1e-9);
        assert!(fit(&[(1.0, 1.0), (2.0, 3.0)]).is_none());
        assert_eq!(fit(&[(1.0, 0.0), (2.0, 0.0), (3.0, 0.0)]).map(|line| line.explained), Some(0.0));
    }

    #[test]
    fn parity_is_reached_extended_or_refused() {
        let rungs = |rates: [f64; 3]| {
            let sizes = [1e5, 1e6, 1e7].into_iter().zip(rates);
            let rung =
                |(parameters, rate)| Point { parameters, rate, interval: (rate - 0.1, rate + 0.1), n: 50 };
            sizes.map(rung).collect::<Vec<_>>()
        };
        let cases = [
            (
                [0.5, 0.99, 0.6],
                "reached within the ladder, at 1.0e6 parameters (99.0 % of 50 episodes, interval 89.0 %",
            ),
            ([0.2, 0.3, 0.4], "7.9e12 parameters by a line"),
            ([0.4, 0.3, 0.35], "refused"),
        ];
        for (rates, expected) in cases {
            let said = verdict(0.99, &rungs(rates));
            assert!(said.starts_with(expected), "{said}");
        }
    }
}
