//! Any bytes through the door that tells formats by content: IDX and its packed form first of all. No panic, and every
//! column has a value or a gap for every row.

#![no_main]

use isogrid_core::Source;
use isogrid_data::{CsvOptions, looks_like_table, read_array, read_idx, read_table};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let source = Source::memory("file", bytes);
    if let Ok(array) = read_idx("file", bytes) {
        assert_eq!(read_array(&source).ok().map(|again| again.values().len()), Some(array.values().len()));
    }
    looks_like_table(bytes);
    match read_table(&source, &CsvOptions::default()) {
        Ok((table, _)) => assert!(table.columns().iter().all(|column| column.len() == table.n_rows())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
