//! Builds one column from a stream of text fields: numeric until a field is not a number, categorical from then on.
//!
//! A column that turns categorical late must show its earlier fields as they were written ("007", not "7"), so
//! fields that their number would not print back are remembered until the column is finished.

use std::fmt::Write as _;

use crate::table::{CategoriesBuilder, Column};

pub(crate) struct ColumnBuilder {
    name: String,
    cells: State,
    /// (row, text) of numbers whose shortest form is not the text, by row.
    irregular: Vec<(usize, Box<str>)>,
    first_text: Option<(u64, String)>,
    scratch: String,
}

enum State {
    Numbers(Vec<f64>),
    Categories(CategoriesBuilder),
}

/// A finished column, and the first field that made it categorical although most fields are numbers.
pub(crate) struct Finished {
    pub(crate) column: Column,
    pub(crate) odd_field: Option<(u64, String)>,
}

impl ColumnBuilder {
    pub(crate) fn new(name: String) -> ColumnBuilder {
        let cells = State::Numbers(Vec::new());
        ColumnBuilder { name, cells, irregular: Vec::new(), first_text: None, scratch: String::new() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn push_missing(&mut self) {
        match &mut self.cells {
            State::Numbers(values) => values.push(f64::NAN),
            State::Categories(builder) => builder.push(None),
        }
    }

    /// Adds a field; false if it is not a number and `numeric` was demanded.
    pub(crate) fn push(&mut self, line: u64, text: &str, demand: Demand) -> bool {
        let State::Numbers(values) = &mut self.cells else {
            self.push_category(text);
            return true;
        };
        match text.parse::<f64>() {
            Ok(value) if !value.is_nan() => {
                if !prints_back(value, text, &mut self.scratch) {
                    self.irregular.push((values.len(), text.into()));
                }
                values.push(value);
                true
            }
            _ if demand == Demand::Numeric => false,
            _ => {
                self.first_text = Some((line, text.to_string()));
                self.turn_categorical();
                self.push_category(text);
                true
            }
        }
    }

    fn push_category(&mut self, text: &str) {
        if let State::Categories(builder) = &mut self.cells {
            builder.push(Some(text));
        }
    }

    fn turn_categorical(&mut self) {
        let State::Numbers(values) = &self.cells else { return };
        let mut builder = CategoriesBuilder::default();
        let mut irregular = std::mem::take(&mut self.irregular).into_iter().peekable();
        for (row, value) in values.iter().enumerate() {
            if value.is_nan() {
                builder.push(None);
            } else if let Some((_, text)) = irregular.next_if(|(at, _)| *at == row) {
                builder.push(Some(&text));
            } else {
                builder.push(Some(&value.to_string()));
            }
        }
        self.cells = State::Categories(builder);
    }

    pub(crate) fn finish(self) -> Finished {
        let categories = match self.cells {
            State::Numbers(values) => {
                return Finished { column: Column::numbers(&self.name, values), odd_field: None };
            }
            State::Categories(builder) => builder.finish(),
        };
        let numeric: Vec<bool> =
            categories.labels().iter().map(|label| label.parse::<f64>().is_ok()).collect();
        let (mut n_numeric, mut n_present) = (0_usize, 0_usize);
        for &code in categories.codes() {
            let Some(&is_numeric) = numeric.get(code as usize) else { continue };
            n_present += 1;
            n_numeric += usize::from(is_numeric);
        }
        let odd_field = self.first_text.filter(|_| n_numeric * 2 >= n_present);
        Finished { column: Column::of_categories(self.name, categories), odd_field }
    }
}

/// What the caller wants a column to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Whatever its fields are.
    Nothing,
    /// Numbers only.
    Numeric,
}

/// Whether the shortest form of `value` is `text`. Plain integers, the common case, are not formatted.
fn prints_back(value: f64, text: &str, scratch: &mut String) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    if digits.len() <= 15 && digits.iter().all(u8::is_ascii_digit) {
        return digits != b"0" && digits[0] != b'0' || text == "0";
    }
    scratch.clear();
    write!(scratch, "{value}").is_ok() && scratch == text
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::*;

    fn texts(fields: &[&str]) -> (Vec<Option<String>>, Option<(u64, String)>) {
        let mut builder = ColumnBuilder::new("c".to_string());
        for (row, field) in fields.iter().enumerate() {
            assert!(builder.push(row as u64 + 1, field, Demand::Nothing));
        }
        let finished = builder.finish();
        let texts = (0..fields.len()).map(|row| finished.column.text(row).map(Cow::into_owned));
        (texts.collect(), finished.odd_field)
    }

    #[test]
    fn late_text_keeps_the_writing_of_earlier_numbers() {
        let fields = ["007", "7", "1.50", "1e3", "+4", "-0", "0", "00", "inf", "12345678901234567890", "x"];
        let (kept, odd) = texts(&fields);
        assert_eq!(kept, fields.map(|field| Some(field.to_string())));
        assert_eq!(odd, Some((11, "x".to_string())));
    }

    #[test]
    fn a_column_of_words_is_no_surprise() {
        assert_eq!(texts(&["red", "blue", "4"]).1, None);
    }

    #[test]
    fn demanded_numbers_refuse_words() {
        let mut builder = ColumnBuilder::new("c".to_string());
        assert!(builder.push(1, "1", Demand::Numeric) && !builder.push(2, "one", Demand::Numeric));
        assert!(!builder.push(2, "nan", Demand::Numeric));
    }

    proptest! {
        #[test]
        fn numbers_then_a_word_read_back_as_written(
            fields in prop::collection::vec("-?[0-9]{1,18}(\\.[0-9]{1,4})?(e-?[0-9]{1,2})?", 0..30),
        ) {
            let mut all: Vec<&str> = fields.iter().map(String::as_str).collect();
            all.push("word");
            let expected: Vec<Option<String>> = all.iter().map(|field| Some((*field).to_string())).collect();
            prop_assert_eq!(texts(&all).0, expected);
        }
    }
}
