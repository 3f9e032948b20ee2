//! The literals of one clause on one column, as a person would say them.
//!
//! A strict clause needs all of its literals, so that only the tightest thresholds matter: `8.4 <= temperature < 15`. A
//! fuzzy one counts them, so that each stands: `temperature >= 8.1, 8.4`, where each number is a literal of its own.

/// What a clause asks of one column of numbers.
#[derive(Debug, Default)]
pub(super) struct Thresholds {
    /// Cuts to reach, ascending.
    pub(super) at_least: Vec<f64>,
    /// Cuts to stay below, ascending.
    pub(super) below: Vec<f64>,
    /// Whether missing values pass "below".
    pub(super) may_be_missing: bool,
}

/// How a clause takes its literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// All must be true.
    Strict,
    /// Each counts.
    Fuzzy,
}

impl Thresholds {
    pub(super) fn say(&self, name: &str, reading: Reading) -> Vec<String> {
        let or_missing = if self.may_be_missing { " or missing" } else { "" };
        match (reading, self.at_least.last(), self.below.first()) {
            (_, None, None) => Vec::new(),
            (Reading::Strict, Some(least), Some(below)) if least < below => {
                vec![format!("{least} <= {name} < {below}")]
            }
            (Reading::Strict, least, below) => {
                let least = least.map(|least| format!("{name} >= {least}"));
                let below = below.map(|below| format!("{name} < {below}{or_missing}"));
                least.into_iter().chain(below).collect()
            }
            (Reading::Fuzzy, ..) => {
                let list = |values: &[f64]| {
                    values.iter().map(ToString::to_string).collect::<Vec<String>>().join(", ")
                };
                let least =
                    (!self.at_least.is_empty()).then(|| format!("{name} >= {}", list(&self.at_least)));
                let below =
                    (!self.below.is_empty()).then(|| format!("{name} < {}{or_missing}", list(&self.below)));
                least.into_iter().chain(below).collect()
            }
        }
    }
}
