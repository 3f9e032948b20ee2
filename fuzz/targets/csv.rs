//! Any bytes as a table: no panic, and every column has a value or a gap for every row.

#![no_main]

use isogrid_data::{CsvOptions, read_csv};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    match read_csv("table", bytes, &CsvOptions::default()) {
        Ok((table, _)) => assert!(table.columns().iter().all(|column| column.len() == table.n_rows())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
