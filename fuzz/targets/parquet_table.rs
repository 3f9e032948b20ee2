//! Any bytes as a parquet file: no panic, and every column has a value or a gap for every row.

#![no_main]

use isogrid_data::read_parquet;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    match read_parquet("file", bytes.to_vec()) {
        Ok(table) => assert!(table.columns().iter().all(|column| column.len() == table.n_rows())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
