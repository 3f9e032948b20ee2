//! One feature for each frequent word, or pair of neighbouring words, of a column of text.
//!
//! Words are runs of letters and digits in lower case. Left out: stemming, counts, weights.

use std::collections::{BTreeMap, BTreeSet};

use isogrid_data::Column;

/// Features of a column of text, at most.
const MAX_WORDS: usize = 2_048;
/// Rows that a word must stand in.
const LEAST_ROWS: usize = 2;
/// Words a row from which on labels that hardly repeat are text, on average.
const WORDS_OF_TEXT: usize = 3;

/// The words of a text and its pairs of neighbouring words, each once.
pub(super) fn words_of(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let pairs = words.windows(2).map(|pair| format!("{} {}", pair[0], pair[1]));
    words.iter().map(ToString::to_string).chain(pairs).collect()
}

/// Whether a column's labels are text: they hardly repeat, and have several words.
pub(super) fn is_text(counts: &BTreeMap<String, usize>) -> bool {
    let n_rows: usize = counts.values().sum();
    let n_words = || counts.keys().map(|label| label.split_whitespace().count()).sum::<usize>();
    counts.len() * 2 > n_rows && n_words() >= WORDS_OF_TEXT * counts.len()
}

/// The words that stand in most rows, though not in all, by name.
pub(super) fn kept(column: &Column) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for text in (0..column.len()).filter_map(|row| column.text(row)) {
        words_of(&text).into_iter().for_each(|word| *counts.entry(word).or_default() += 1);
    }
    let n_rows = column.len() - column.n_missing();
    let mut words: Vec<(String, usize)> =
        counts.into_iter().filter(|(_, count)| (LEAST_ROWS..n_rows).contains(count)).collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut kept: Vec<String> = words.into_iter().take(MAX_WORDS).map(|(word, _)| word).collect();
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_pairs() {
        let found: Vec<String> = words_of("The film, the FILM: très bon!").into_iter().collect();
        assert_eq!(found, ["bon", "film", "film the", "film très", "the", "the film", "très", "très bon"]);
        assert!(words_of(" - ").is_empty());
    }

    #[test]
    fn text_hardly_repeats_and_has_words() {
        let column = |texts: &[&str]| Column::categories("t", texts.iter().map(|&text| Some(text)));
        for (texts, expected) in [
            (vec!["a good film", "a very bad film", "not my kind of film"], true),
            (vec!["red", "blue", "green"], false),
            (vec!["a b c", "a b c", "a b c", "d e f"], false),
        ] {
            assert_eq!(is_text(&super::super::labels::count(&column(&texts))), expected, "{texts:?}");
        }
        let films = column(&["a good film", "a bad film", "a bad day"]);
        assert_eq!(kept(&films), ["a bad", "bad", "film"]);
    }
}
