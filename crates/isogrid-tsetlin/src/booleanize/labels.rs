//! One feature for each label of a column of categories.

use std::collections::BTreeMap;

use isogrid_data::Column;

/// Labels of a column beyond the most frequent ones share "none of them".
const MAX_LABELS: usize = 64;

/// How often each label stands in a column.
pub(super) fn count(column: &Column) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for label in (0..column.len()).filter_map(|row| column.text(row)) {
        *counts.entry(label.into_owned()).or_default() += 1;
    }
    counts
}

/// The most frequent labels, by name.
pub(super) fn all(column: &Column) -> Vec<String> {
    most_frequent(count(column), MAX_LABELS)
}

/// The most frequent labels that tell rows apart, by name. Of two labels without missing values, one feature tells.
pub(super) fn kept(counts: BTreeMap<String, usize>, n_missing: usize) -> Vec<String> {
    let n_kept = match counts.len() {
        1 => 0,
        2 if n_missing == 0 => 1,
        n => n.min(MAX_LABELS),
    };
    most_frequent(counts, n_kept)
}

fn most_frequent(counts: BTreeMap<String, usize>, n_kept: usize) -> Vec<String> {
    let mut labels: Vec<(String, usize)> = counts.into_iter().collect();
    labels.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut kept: Vec<String> = labels.into_iter().take(n_kept).map(|(label, _)| label).collect();
    kept.sort_unstable();
    kept
}
