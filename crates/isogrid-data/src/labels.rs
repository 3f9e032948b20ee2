//! The column to learn as class numbers, and which of its rows to learn from.
//!
//! Rows without a value are left out. Classes are the distinct values in ascending order. Left out: numbers to regress,
//! several labels a row.

use std::collections::BTreeSet;

use isogrid_num::rng::Rng;

use crate::{DataError, Table};

/// One held-out row in this many, for calibration.
const HELD_OUT: usize = 10;
const MAX_HELD_OUT: usize = 2_000;
const CALIBRATION_DOMAIN: u64 = 0x6361_6c69;
const TRIAL_DOMAIN: u64 = 0x7370_6c69;

/// The target column as class numbers, with the rows that have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    classes: Vec<String>,
    rows: Vec<usize>,
    /// A class number for each of `rows`.
    codes: Vec<u32>,
}

/// Places of labels, apart: rows to learn from, and rows that learning does not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parting {
    /// Places to learn from.
    pub train: Vec<usize>,
    /// Places kept away from it.
    pub held_out: Vec<usize>,
}

impl Labels {
    /// The column `target` of a table.
    ///
    /// # Errors
    /// There is no such column.
    pub fn read(table: &Table, target: &str) -> Result<Labels, DataError> {
        let column = table.require(target)?;
        let texts: Vec<(usize, String)> =
            (0..table.n_rows()).filter_map(|row| Some((row, column.text(row)?.into_owned()))).collect();
        let distinct: BTreeSet<&str> = texts.iter().map(|(_, text)| text.as_str()).collect();
        let classes: Vec<String> = distinct.into_iter().map(String::from).collect();
        let code = |text: &String| classes.binary_search(text).unwrap_or(0) as u32;
        let codes = texts.iter().map(|(_, text)| code(text)).collect();
        Ok(Labels { rows: texts.into_iter().map(|(row, _)| row).collect(), codes, classes })
    }

    /// The names of the classes by number, ascending.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The number of rows with a label. Places are below it.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether no row has a label.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Whether the values repeat so little that they can hardly be classes.
    pub fn hardly_repeat(&self) -> bool {
        self.classes.len() > 2 && self.classes.len() * 2 > self.codes.len()
    }

    /// The table's rows at these places.
    ///
    /// # Panics
    /// If a place is not below the number of labels.
    pub fn rows_at(&self, places: &[usize]) -> Vec<usize> {
        places.iter().map(|&place| self.rows[place]).collect()
    }

    /// The class numbers at these places.
    ///
    /// # Panics
    /// If a place is not below the number of labels.
    pub fn codes_at(&self, places: &[usize]) -> Vec<u32> {
        places.iter().map(|&place| self.codes[place]).collect()
    }

    /// A tenth of the places, `least` if that is more, away from training for calibration; none where that would be more
    /// than a quarter. The last row of each class is always trained on.
    pub fn hold_out(&self, seed: u64, least: usize) -> Parting {
        let n_labels = self.codes.len();
        let n_held_out = (n_labels / HELD_OUT).min(MAX_HELD_OUT).max(least);
        if n_held_out.saturating_mul(4) > n_labels {
            return Parting { train: (0..n_labels).collect(), held_out: Vec::new() };
        }
        let mut left = vec![0_usize; self.classes.len()];
        self.codes.iter().for_each(|&code| left[code as usize] += 1);
        let mut parting = Parting { train: Vec::new(), held_out: Vec::new() };
        for place in shuffled(n_labels, seed ^ CALIBRATION_DOMAIN) {
            let left = &mut left[self.codes[place] as usize];
            if parting.held_out.len() < n_held_out && *left > 1 {
                *left -= 1;
                parting.held_out.push(place);
            } else {
                parting.train.push(place);
            }
        }
        parting.train.sort_unstable();
        parting
    }

    /// A random third of at most `most` places to try a method on, and two thirds for it to learn from.
    pub fn trial(&self, seed: u64, most: usize) -> Parting {
        let mut order = shuffled(self.codes.len(), seed ^ TRIAL_DOMAIN);
        order.truncate(most);
        let (held_out, train) = order.split_at(order.len() / 3);
        Parting { train: train.to_vec(), held_out: held_out.to_vec() }
    }
}

fn shuffled(n: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    Rng::new(seed, 0).shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Column;

    fn labels(values: &[Option<&str>]) -> Labels {
        let table = Table::new(vec![Column::categories("y", values.iter().copied())]).unwrap();
        Labels::read(&table, "y").unwrap()
    }

    #[test]
    fn classes_ascend_and_blanks_are_left_out() {
        let labels = labels(&[Some("b"), None, Some("a"), Some("b")]);
        assert_eq!(labels.classes(), ["a", "b"]);
        assert_eq!((labels.rows_at(&[0, 1, 2]), labels.codes_at(&[0, 1, 2])), (vec![0, 2, 3], vec![1, 0, 1]));
        assert!(!labels.hardly_repeat() && !labels.is_empty());
        let message = Labels::read(&Table::default(), "y").unwrap_err().to_string();
        assert!(message.starts_with("no column `y`"), "{message}");
    }

    #[test]
    fn identifiers_hardly_repeat() {
        assert!(labels(&[Some("a"), Some("b"), Some("c")]).hardly_repeat());
        assert!(!labels(&[Some("a"), Some("b")]).hardly_repeat());
    }

    #[test]
    fn held_out_places_and_the_rest_are_all_and_repeat() {
        let values: Vec<Option<&str>> =
            (0..400).map(|row| Some(if row == 7 { "rare" } else { "often" })).collect();
        let labels = labels(&values);
        for least in [10, 60, 100, 101, usize::MAX] {
            let parting = labels.hold_out(3, least);
            assert_eq!(parting.held_out.len(), if least > 100 { 0 } else { least.max(40) });
            assert!(parting.train.contains(&7));
            let mut all = [parting.train.clone(), parting.held_out.clone()].concat();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..400));
            assert_eq!(parting, labels.hold_out(3, least));
        }
        let trial = labels.trial(1, 90);
        assert_eq!((trial.train.len(), trial.held_out.len()), (60, 30));
    }
}
