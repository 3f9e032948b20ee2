//! Writes a [`Table`] as comma-separated text that [`read_csv`](crate::read_csv) reads back: quotes where needed,
//! missing values as empty fields, numbers in their shortest exact form, a line feed after each row.

use std::io::Write;

use crate::{Column, DataError, Table};

/// Writes `table` with a header line to `out`; `name` stands in messages. The caller buffers and renames files.
///
/// # Errors
/// The output refuses a write (a full disk, a closed pipe).
pub fn write_csv(name: &str, table: &Table, out: &mut dyn Write) -> Result<(), DataError> {
    let fault = |error: csv::Error| {
        let source = match error.into_kind() {
            csv::ErrorKind::Io(source) => source,
            other => std::io::Error::other(format!("{other:?}")),
        };
        DataError::Io { file: name.to_string(), source }
    };
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    writer.write_record(table.columns().iter().map(Column::name)).map_err(fault)?;
    for row in 0..table.n_rows() {
        for column in table.columns() {
            let text = column.text(row);
            writer.write_field(text.as_deref().unwrap_or_default().as_bytes()).map_err(fault)?;
        }
        writer.write_record(None::<&[u8]>).map_err(fault)?;
    }
    writer.flush().map_err(DataError::io(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{CsvOptions, read_csv};

    fn written(table: &Table) -> String {
        let mut bytes = Vec::new();
        write_csv("memory", table, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn awkward_cells_are_quoted() {
        let labels = Column::categories("a,b", [Some("x\"y"), Some("two\nlines"), None]);
        let table = Table::new(vec![labels, Column::numbers("n", vec![0.1, -2.0, f64::NAN])]).unwrap();
        assert_eq!(written(&table), "\"a,b\",n\n\"x\"\"y\",0.1\n\"two\nlines\",-2\n,\n");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            numbers in prop::collection::vec(prop::option::of(-1e9_f64..1e9), 1..20),
            words in prop::collection::vec("[a-z][a-z;|,\"\n\t é]{0,6}[a-z]", 20),
        ) {
            let n = numbers.len();
            let values = numbers.iter().map(|number| number.unwrap_or(f64::NAN)).collect();
            let labels = Column::categories("label", words[..n].iter().map(|word| Some(word.as_str())));
            let table = Table::new(vec![labels, Column::numbers("value", values)]).unwrap();
            let text = written(&table);
            let options =
                CsvOptions { delimiter: Some(b','), missing: Vec::new(), ..CsvOptions::default() };
            let (again, _) = read_csv("memory", text.as_bytes(), &options).unwrap();
            prop_assert_eq!(written(&again), text);
        }
    }
}
