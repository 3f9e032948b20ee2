//! Any bytes as a `.npy` file and as an `.npz` archive: no panic, and what is read is written and read back the same.

#![no_main]

use isogrid_data::{Array, Values, read_npy, read_npz, write_npy};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(array) = read_npy("array", bytes) {
        check(array);
    }
    for (name, array) in read_npz("archive", bytes).unwrap_or_default() {
        assert!(array.n_items() == 0 || array.values().len() == array.n_items() * array.item_len(), "{name}");
        check(array);
    }
});

fn check(array: Array) {
    let mut written = Vec::new();
    if write_npy("written", &array, &mut written).is_ok() {
        let again = read_npy("written", written.as_slice()).expect("own file");
        assert_eq!(again.shape(), array.shape());
        // What is not a number does not equal itself: bits do.
        assert_eq!(bits(again.values()), bits(array.values()));
    }
    if let Ok(table) = array.into_table("array", "") {
        assert!(table.columns().iter().all(|column| column.len() == table.n_rows()));
    }
}

fn bits(values: &Values) -> Vec<u64> {
    match values {
        Values::F32(values) => values.iter().map(|value| u64::from(value.to_bits())).collect(),
        Values::F64(values) => values.iter().map(|value| value.to_bits()).collect(),
        Values::U8(values) => values.iter().map(|&value| u64::from(value)).collect(),
        Values::I64(values) => values.iter().map(|&value| value.cast_unsigned()).collect(),
        Values::Bool(values) => values.iter().map(|&value| u64::from(value)).collect(),
        Values::Text(_) => Vec::new(),
    }
}
