//! The table workload: learn a target column from four fifths of the rows, answer the rest.
//!
//! The split is random and stratified by class. Score: accuracy on the rows held out, with Wilson's 95 % interval (it
//! speaks of the sampling of those rows, not of other splits). Left out: regression, cross-validation.

use std::collections::BTreeMap;

use isogrid_core::{Diagnose, Fault, Score, Workload};
use isogrid_data::{Column, CsvOptions, Table, read_table};
use isogrid_num::rng::Rng;
use isogrid_num::stats::{Z_95, wilson};

use super::Job;
use crate::Error;

/// One held-out row in this many.
const FOLDS: usize = 5;

/// A table with a target column, split.
#[derive(Debug, Clone)]
pub struct TableWorkload {
    name: String,
    target: String,
    options: Vec<(String, String)>,
    train: Table,
    queries: Table,
    truth: Vec<String>,
}

impl TableWorkload {
    /// Reads the one table of `job` and splits it by the option `target` and the seed.
    ///
    /// # Errors
    /// [`Error::Workload`]: not one file, not a table, no such column, or too few rows and classes to learn from.
    pub fn open(job: &Job) -> Result<TableWorkload, Error> {
        let request = job.request();
        let [source] = request.sources.as_slice() else {
            let message = format!("a table workload takes one file, found {}", request.sources.len());
            return Err(Error::Workload(Fault::bad_input(message)));
        };
        let (table, _) = read_table(source, &CsvOptions::default()).map_err(|error| of_data(&error))?;
        let columns: Vec<_> = table.columns().iter().map(Column::name).collect();
        let target = request.option("target").ok_or_else(|| {
            let fault = Fault::bad_input("a table workload needs the column to predict");
            Error::Workload(fault.with_hint(format!("`--target COL`, one of {}", some_of(&columns))))
        })?;
        let workload = TableWorkload::split(&source.name, &table, target, job.seed)?;
        Ok(TableWorkload { options: job.options.clone(), ..workload })
    }

    /// Splits `table`; rows without a target value are left out.
    ///
    /// # Errors
    /// [`Error::Workload`]: no such column, fewer than two classes, mostly distinct values, or nothing to hold out.
    pub fn split(name: &str, table: &Table, target: &str, seed: u64) -> Result<TableWorkload, Error> {
        let column = table.require(target).map_err(|error| of_data(&error))?;
        let mut rows_of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for row in 0..table.n_rows() {
            if let Some(class) = column.text(row) {
                rows_of.entry(class.into_owned()).or_default().push(row);
            }
        }
        let (n_rows, n_classes) = (rows_of.values().map(Vec::len).sum::<usize>(), rows_of.len());
        let refuse =
            |what: String| Err(Error::Workload(Fault::bad_input(format!("target `{target}`: {what}"))));
        if n_classes < 2 {
            return refuse(format!("{n_classes} distinct values in {n_rows} rows, expected at least 2"));
        }
        if n_classes * 2 > n_rows {
            return refuse(format!(
                "{n_classes} distinct values in {n_rows} rows, expected classes that repeat"
            ));
        }
        let (train, test) = stratified(rows_of.values(), seed);
        if test.is_empty() {
            return refuse(format!("{n_rows} rows are too few to hold some out"));
        }
        let truth = test.iter().filter_map(|&row| Some(column.text(row)?.into_owned())).collect();
        let inputs = table.columns().iter().filter(|column| column.name() != target).cloned().collect();
        let inputs = Table::new(inputs).map_err(|error| of_data(&error))?;
        Ok(TableWorkload {
            name: format!("{name}, target {target}, {} rows to learn, {} held out", train.len(), test.len()),
            target: target.to_string(),
            options: vec![("target".to_string(), target.to_string())],
            train: table.take_rows(&train),
            queries: inputs.take_rows(&test),
            truth,
        })
    }

    /// The target column's name.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The job's options, for contenders that have such.
    pub fn options(&self) -> &[(String, String)] {
        &self.options
    }

    /// The rows to learn from, target included.
    pub fn train(&self) -> &Table {
        &self.train
    }

    /// The rows to answer, without the target column.
    pub fn queries(&self) -> &Table {
        &self.queries
    }
}

impl Workload for TableWorkload {
    /// A class per row of [`TableWorkload::queries`]; `None` abstains, which counts as wrong.
    type Answer = Vec<Option<String>>;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn score(&self, answer: &Vec<Option<String>>) -> Score {
        let (n, complete) = (self.truth.len(), answer.len() == self.truth.len());
        let right =
            answer.iter().zip(&self.truth).filter(|(given, truth)| given.as_ref() == Some(*truth)).count();
        Score {
            name: "accuracy".to_string(),
            value: complete.then_some(right as f64 / n as f64),
            higher_is_better: true,
            interval: complete.then(|| wilson(right as u64, n as u64, Z_95)),
        }
    }
}

/// Row numbers to learn from and to hold out, ascending: of each class a fifth, to the nearest row.
fn stratified<'a>(classes: impl Iterator<Item = &'a Vec<usize>>, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (class, rows) in classes.enumerate() {
        let mut rows = rows.clone();
        Rng::new(seed, class as u64).shuffle(&mut rows);
        let n_test = (rows.len() + FOLDS / 2) / FOLDS;
        test.extend_from_slice(&rows[..n_test]);
        train.extend_from_slice(&rows[n_test..]);
    }
    train.sort_unstable();
    test.sort_unstable();
    (train, test)
}

fn of_data(error: &dyn Diagnose) -> Error {
    Error::Workload(Fault { class: error.class(), message: error.to_string(), hint: error.hint() })
}

fn some_of(names: &[&str]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
    shown.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels and how many rows have each; `-` is a missing label.
    type Classes<'a> = &'a [(&'a str, usize)];

    fn table(classes: Classes<'_>) -> Table {
        let labels = || classes.iter().flat_map(|(label, n)| std::iter::repeat_n(*label, *n));
        let n = labels().count();
        let numbers = Column::numbers("x", (0..n).map(|row| row as f64).collect());
        let target = Column::categories("y", labels().map(|label| (label != "-").then_some(label)));
        Table::new(vec![numbers, target]).expect("equal lengths")
    }

    fn rows(table: &Table) -> Vec<String> {
        let x = table.column("x").expect("it is there");
        (0..table.n_rows()).map(|row| x.text(row).expect("no gaps").into_owned()).collect()
    }

    #[test]
    fn a_split_is_stratified_seeded_and_a_partition() {
        let table = table(&[("a", 50), ("-", 3), ("b", 10)]);
        let split = |seed| TableWorkload::split("t", &table, "y", seed).expect("enough rows");
        let workload = split(1);
        assert_eq!((workload.train().n_rows(), workload.queries().n_rows()), (48, 12));
        assert!(workload.queries().column("y").is_none());
        assert_eq!(workload.truth.iter().filter(|class| *class == "b").count(), 2);
        let mut all = [rows(workload.train()), rows(workload.queries())].concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 60);
        assert_eq!(rows(workload.queries()), rows(split(1).queries()));
        assert_ne!(rows(workload.queries()), rows(split(2).queries()));
    }

    #[test]
    fn answers_are_scored_with_an_interval_and_incomplete_ones_not_at_all() {
        let workload =
            TableWorkload::split("t", &table(&[("a", 50), ("b", 50)]), "y", 1).expect("enough rows");
        let truth: Vec<_> = workload.truth.iter().cloned().map(Some).collect();
        let score = workload.score(&truth);
        assert_eq!(score.value, Some(1.0));
        assert!(score.interval.is_some_and(|(low, high)| low > 0.8 && high == 1.0));
        assert_eq!(workload.score(&vec![None; truth.len()]).value, Some(0.0));
        assert_eq!(workload.score(&truth[1..].to_vec()).value, None);
    }

    #[test]
    fn tables_that_cannot_be_learned_from_are_refused() {
        let cases: [(Classes<'_>, &str, &str); 5] = [
            (&[("a", 9)], "y", "target `y`: 1 distinct values in 9 rows, expected at least 2"),
            (&[("-", 9)], "y", "target `y`: 0 distinct values in 0 rows, expected at least 2"),
            (&[("a", 2), ("b", 2)], "y", "target `y`: 4 rows are too few to hold some out"),
            (&[("a", 5), ("b", 5)], "x", "10 distinct values in 10 rows, expected classes that repeat"),
            (&[("a", 5), ("b", 5)], "z", "no column `z`"),
        ];
        for (classes, target, expected) in cases {
            let message =
                TableWorkload::split("t", &table(classes), target, 1).expect_err(expected).to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_missing_target_option_names_the_columns() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("t.csv");
        std::fs::write(&path, "x,y\n1,a\n2,b\n").expect("writable");
        let job = Job { paths: vec![path.clone()], ..Job::default() };
        let fault = Fault::from(TableWorkload::open(&job).expect_err("no target"));
        assert_eq!(fault.hint.as_deref(), Some("`--target COL`, one of `x`, `y`"));
        let job = Job { paths: vec![path.clone(), path], ..Job::default() };
        let message = TableWorkload::open(&job).expect_err("two files").to_string();
        assert_eq!(message, "a table workload takes one file, found 2");
    }
}
