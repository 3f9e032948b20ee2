//! Tables at an engine's edge: what is asked of them, and classes of their rows as text and records.
//!
//! Every engine that answers rows with classes reads the same requests and prints the same columns, so that their answers
//! can be laid side by side. Left out: numbers as answers, batches larger than memory.

use isogrid_core::{Printed, Recognition, Request, Source, Value, Verdict};
use isogrid_num::calibrate::Calibration;

use crate::{Column, CsvOptions, DataError, Table, Warning, looks_like_table, read_table, write_csv};

const HEAD_BYTES: u64 = 1 << 16;

/// A table and the column to learn.
#[derive(Debug, Clone)]
pub struct LabeledTable {
    /// The rows.
    pub table: Table,
    /// The column to predict.
    pub target: String,
}

/// Rows to answer.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The rows.
    pub table: Table,
    /// Their numbers in the file they come from, from 0; one a row.
    pub numbers: Vec<usize>,
}

/// The answer for one row of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// The row's number in its table, from 0.
    pub row: usize,
    /// The number of the class.
    pub class: u32,
    /// By how much it leads; the unit is the engine's.
    pub margin: f64,
    /// How likely the class is, by the engine's own reckoning; `None` if it could not learn that.
    pub probability: Option<f64>,
    /// Whether the margin is large enough for the promised accuracy.
    pub is_kept: bool,
}

impl Rows {
    /// All rows of a table.
    pub fn all(table: Table) -> Rows {
        Rows { numbers: (0..table.n_rows()).collect(), table }
    }

    /// The rows without a value in the column `target`; `None` where there are none.
    ///
    /// # Errors
    /// There is no such column.
    pub fn blank(table: &Table, target: &str) -> Result<Option<Rows>, DataError> {
        let column = table.require(target)?;
        let numbers: Vec<usize> = (0..table.n_rows()).filter(|&row| column.text(row).is_none()).collect();
        Ok((!numbers.is_empty()).then(|| Rows { table: table.take_rows(&numbers), numbers }))
    }
}

impl Answer {
    /// The most probable class, the first of equal ones; it leads by the difference to the next probability, to six
    /// decimals, so that what is printed is what is compared. One class alone leads by 1.
    pub fn of_probabilities(row: usize, probabilities: &[f64], calibration: &Calibration) -> Answer {
        let (mut class, mut best, mut next) = (0, f64::NEG_INFINITY, 0.0);
        for (place, &probability) in probabilities.iter().enumerate() {
            if probability > best {
                (class, next, best) = (place as u32, best.max(0.0), probability);
            } else {
                next = probability.max(next);
            }
        }
        let margin = ((best - next) * 1e6).round() / 1e6;
        Answer { row, class, margin, probability: Some(best), is_kept: calibration.keeps(margin) }
    }
}

/// Whether a request is one or two tables with a target column.
pub fn recognize_table(request: &Request) -> Recognition {
    // Who names a target column means a table: what is wrong with the file is then the reader's to say.
    let has_target = request.option("target").is_some();
    let is_table = |source: &Source| {
        source.head(HEAD_BYTES).is_ok_and(|head| looks_like_table(&head) || (has_target && !is_code(&head)))
    };
    if !(1..=2).contains(&request.sources.len()) || !request.sources.iter().all(is_table) {
        return Recognition::No;
    }
    match request.option("target") {
        Some(target) => Recognition::Yes(format!("a table with the target column `{target}`")),
        None => Recognition::Almost("a table; name the column to predict with --target COL".to_string()),
    }
}

/// Reads a table and passes its warnings on, but not that a column to be `answered` has no values.
///
/// # Errors
/// It cannot be read.
pub fn read_with_warnings(
    request: &Request,
    source: &Source,
    answered: Option<&str>,
) -> Result<Table, DataError> {
    let (table, warnings) = read_table(source, &CsvOptions::default())?;
    let is_plain = |warning: &Warning| matches!(warning, Warning::AllMissing { column } if Some(column.as_str()) == answered);
    for warning in warnings.into_iter().filter(|warning| !is_plain(warning)) {
        request.warnings.push(format!("{}: {warning}", source.name));
    }
    Ok(table)
}

/// Answers as CSV and as a record.
pub fn print_answers(target: &str, classes: &[String], answers: &[Answer]) -> Printed {
    let class = |answer: &Answer| classes.get(answer.class as usize).map(String::as_str);
    let numbers = |value: fn(&Answer) -> f64| answers.iter().map(value).collect::<Vec<f64>>();
    let kept = answers.iter().map(|answer| Some(if answer.is_kept { "yes" } else { "no" }));
    let columns = vec![
        Column::numbers("row", numbers(|answer| answer.row as f64)),
        Column::categories("prediction", answers.iter().map(class)),
        Column::numbers("margin", numbers(|answer| answer.margin)),
        Column::numbers("probability", numbers(|answer| rounded(answer.probability).unwrap_or(f64::NAN))),
        Column::categories("kept", kept),
    ];
    let mut text = Vec::new();
    // Equal lengths, different names, and memory that takes every write: neither can fail.
    let _ = write_csv("predictions", &Table::new(columns).unwrap_or_default(), &mut text);
    let n_kept = answers.iter().filter(|answer| answer.is_kept).count();
    let record = |answer: &Answer| {
        Value::map([
            ("row", answer.row.into()),
            ("prediction", class(answer).into()),
            ("margin", answer.margin.into()),
            ("probability", rounded(answer.probability).into()),
            ("kept", answer.is_kept.into()),
        ])
    };
    Printed {
        text: String::from_utf8(text).unwrap_or_default(),
        summary: format!("{} rows answered, {n_kept} of them kept", answers.len()),
        record: Value::map([
            ("target", target.into()),
            ("n_rows", answers.len().into()),
            ("n_kept", n_kept.into()),
            ("predictions", Value::List(answers.iter().map(record).collect())),
        ]),
    }
}

/// To what rows held out can tell.
fn rounded(probability: Option<f64>) -> Option<f64> {
    probability.map(|probability| (probability * 1e4).round() / 1e4)
}

/// What the calibration says of answers among `n_classes` classes.
pub fn check_answers(n_classes: usize, calibration: &Calibration, answers: &[Answer]) -> Verdict {
    if let Some(answer) = answers.iter().find(|answer| answer.class as usize >= n_classes) {
        return Verdict::Fail(format!("row {}: class {} of {n_classes}", answer.row, answer.class));
    }
    if let Some(answer) = answers.iter().find(|answer| answer.is_kept != calibration.keeps(answer.margin)) {
        return Verdict::Fail(format!("row {}: kept or not against its margin", answer.row));
    }
    let (least, level, n_held_out) = match calibration {
        Calibration::Margin { least, level, n_rows, .. } => (*least, level * 100.0, *n_rows),
        Calibration::Unreached { level, n_rows } => {
            let level = level * 100.0;
            let reason =
                format!("no margin is {level} % accurate on the {n_rows} rows held out: no row is kept");
            return Verdict::Abstain(reason);
        }
        Calibration::Missing => {
            let reason =
                "margins were not calibrated (too few rows, or the fit was cut short): no row is kept";
            return Verdict::Abstain(reason.to_string());
        }
    };
    let (n, n_low) = (answers.len(), answers.iter().filter(|answer| !answer.is_kept).count());
    let promise = format!("{level} % accurate, by {n_held_out} rows held out");
    if n_low == 0 {
        return Verdict::Pass(format!("all {n} rows have a margin of at least {least}: {promise}"));
    }
    Verdict::Abstain(format!(
        "{n_low} of {n} rows have a margin below {least} and are not kept; the rest is {promise}"
    ))
}

/// Whether a file opens like PDDL, which is another engine's.
fn is_code(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    matches!(text.trim_ascii_start().first(), Some(b'(' | b';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Calibration = Calibration::Margin { least: 0.5, level: 0.9, n_rows: 50, n_kept: 40 };

    #[test]
    fn the_first_of_the_most_probable_classes_answers() {
        for (probabilities, class, margin) in [
            (vec![0.1, 0.7, 0.2], 1, 0.5),
            (vec![0.4, 0.2, 0.4], 0, 0.0),
            (vec![0.2, 0.3, 0.5], 2, 0.2),
            (vec![1.0], 0, 1.0),
        ] {
            let (answer, probability) =
                (Answer::of_probabilities(7, &probabilities, &KEPT), Some(probabilities[class as usize]));
            let expected = Answer { row: 7, class, margin, probability, is_kept: margin >= 0.5 };
            assert_eq!(answer, expected, "{probabilities:?}");
        }
    }

    #[test]
    fn answers_are_printed_and_checked() {
        let classes = ["a", "b"].map(String::from);
        let probability = Some(0.123_456);
        let answer = |row, class, margin| Answer { row, class, margin, probability, is_kept: margin >= 0.5 };
        let answers = [answer(3, 1, 0.75), Answer { probability: None, ..answer(9, 0, 0.25) }];
        let printed = print_answers("y", &classes, &answers);
        assert_eq!(
            printed.text,
            "row,prediction,margin,probability,kept\n3,b,0.75,0.1235,yes\n9,a,0.25,,no\n"
        );
        assert_eq!(printed.record.get("n_kept"), Some(&Value::Int(1)));
        let check = |calibration: &Calibration, answers: &[Answer]| check_answers(2, calibration, answers);
        assert!(matches!(check(&KEPT, &answers[..1]), Verdict::Pass(why) if why.contains("90 % accurate")));
        assert!(matches!(check(&KEPT, &answers), Verdict::Abstain(why) if why.contains("1 of 2 rows")));
        assert!(matches!(check(&KEPT, &[answer(0, 2, 0.75)]), Verdict::Fail(_)));
        assert!(matches!(check(&Calibration::Missing, &answers), Verdict::Fail(_)));
        assert!(matches!(check(&Calibration::Missing, &answers[1..]), Verdict::Abstain(_)));
    }

    #[test]
    fn rows_without_a_target_are_found() {
        let table = Table::new(vec![Column::categories("y", [Some("a"), None, Some("b"), None])]).unwrap();
        assert_eq!(Rows::blank(&table, "y").unwrap().unwrap().numbers, [1, 3]);
        assert!(Rows::blank(&table.take_rows(&[0, 2]), "y").unwrap().is_none());
        assert!(Rows::blank(&table, "z").is_err());
        assert_eq!(Rows::all(table).numbers, [0, 1, 2, 3]);
    }
}
