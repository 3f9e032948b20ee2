//! Parquet and NumPy files as pandas, Arrow, polars and NumPy write them: `fixtures/make.py` made them.
#![cfg(feature = "parquet")]
#![expect(clippy::unwrap_used, reason = "a broken test should stop at once")]

use std::path::PathBuf;

use isogrid_core::{Diagnose, Source};
use isogrid_data::{CsvOptions, DataError, Table, looks_like_table, read_parquet, read_table, write_csv};
use proptest::prelude::*;

fn bytes(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    std::fs::read(folder.join(name)).unwrap()
}

fn shown(table: &Table) -> String {
    let mut bytes = Vec::new();
    write_csv("memory", table, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn table(name: &str) -> Result<Table, DataError> {
    let bytes = bytes(name);
    assert!(looks_like_table(&bytes), "{name}");
    read_table(&Source::memory("t", bytes), &CsvOptions::default()).map(|(table, _)| table)
}

fn text(name: &str) -> String {
    shown(&table(name).unwrap_or_else(|error| panic!("{name}: {error}")))
}

#[test]
fn what_pandas_and_polars_write() {
    let large = format!("1{}", "0".repeat(300));
    let pandas = format!(
        "flag,count,byte,big,single,double,word,kind,moment,day,price\n\
         1,1,0,0,0.5,0.1,a,x,86400,1,12.34\n\
         0,,200,9223372036854776000,,,,y,1582977600.5,,-0.01\n\
         ,-3,255,18446744073709550000,-1.25,{large},größe,x,,-1,\n"
    );
    assert_eq!(text("pandas.parquet"), pandas);
    let polars = "flag,i,f,w,k,e,d,t,u,g,p\n\
                  1,1,0.5,a,x,u,1,1.5,1,2000000,1.25\n\
                  ,,,,y,,,,,,\n\
                  0,3,2.5,b,x,v,10957,946684800,3600,86400000000,-3.5\n";
    assert_eq!(text("polars.parquet"), polars);
}

#[test]
fn every_codec_and_age() {
    let expected = "half,time,milli,nano,small,nothing,large,bits,id\n\
                    1.5,61.5,1.5,1.5,1.5,,a,a,1\n\
                    -2,,,,,,b,,2\n\
                    0,82800,-0.001,-1,-2.5,,,b,3\n";
    for name in ["none-v1", "snappy-v1", "gzip-v1", "zstd-v1", "lz4-v1", "zstd-v2"] {
        assert_eq!(text(&format!("arrow-{name}.parquet")), expected, "{name}");
    }
    assert_eq!(text("old.parquet"), "id,nano,small,large\n1,1.5,1.5,a\n2,,,b\n3,-1,-2.5,\n");
    let source = Source::memory("t", bytes("arrow-none-v1.parquet"));
    let (_, warnings) = read_table(&source, &CsvOptions::default()).unwrap();
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["column `nothing` has no values"]);
}

#[test]
fn groups_pages_and_encodings() {
    let mut expected = "i,w,d\n".to_string();
    for i in 0..3000 {
        let word = if i % 11 == 0 { String::new() } else { format!("w{}", i % 7) };
        expected.push_str(&format!("{i},{word},prefix-{i}\n"));
    }
    assert_eq!(text("groups.parquet"), expected);
    let halves: String = (0..100).map(|i| format!("{}\n", 0.5 * f64::from(i))).collect();
    assert_eq!(text("split.parquet"), format!("f\n{halves}"));
}

#[test]
fn what_numpy_writes() {
    let cases = [
        ("half.npy", "x\n1.5\n-2\ninf\n"),
        ("words.npy", "x\na\ngröße\n\"\"\n"),
        ("bytes.npy", "x\nab\nc\n"),
        ("packed.npz", "data0,data1,label\n0,1,x\n2,3,y\n4,5,x\n"),
    ];
    for (name, expected) in cases {
        assert_eq!(text(name), expected, "{name}");
    }
    let rows: Vec<String> = text("fortran.npy").lines().map(str::to_string).collect();
    let line = |first: i32| (first..first + 12).map(|value| value.to_string()).collect::<Vec<_>>().join(",");
    assert_eq!(rows[1..], [line(0), line(12)]);
    assert!(rows[0].starts_with("y0_x0,y0_x1,y0_x2,y0_x3,y1_x0,"));
}

#[test]
fn refusals_name_column_and_row() {
    let cases = [
        ("list.parquet", "t: column `list.list.element` is nested"),
        ("struct.parquet", "t: column `pair.a` is nested"),
        ("empty.parquet", "t: no rows after the header"),
        ("raw.parquet", "t: row 2, column `raw`: not valid UTF-8"),
        ("fixed.parquet", "t: column `raw` holds FIXED_LEN_BYTE_ARRAY, which makes no cell"),
        ("arrow-brotli-v1.parquet", "t: column `half` is compressed by BROTLI"),
        (
            "objects.npy",
            "t: an array of Python objects is a pickle, and unpickling runs code of whoever made the file",
        ),
    ];
    for (name, expected) in cases {
        let error = table(name).expect_err(name);
        assert_eq!(error.to_string(), expected, "{name}");
        assert!(error.hint().is_some(), "{name} has no hint");
    }
}

#[test]
fn cut_files_are_refused() {
    for name in ["polars.parquet", "arrow-snappy-v1.parquet"] {
        let bytes = bytes(name);
        for end in 4..bytes.len() {
            let error = read_parquet("t", bytes[..end].to_vec()).expect_err(name);
            assert!(matches!(error, DataError::Damaged { .. }), "{name} to {end}: {error}");
        }
    }
}

#[test]
fn lies_about_the_number_of_rows_are_refused() {
    // The footer of `split.parquet` counts its 100 rows and values as the varint 200.
    let good = bytes("split.parquet");
    let footer =
        good.len() - 8 - u32::from_le_bytes(good[good.len() - 8..][..4].try_into().unwrap()) as usize;
    let places = (footer..good.len() - 9).filter(|&at| good[at..at + 2] == [0xc8, 0x01]);
    let mut n_places = 0;
    for place in places {
        for lie in [0xc6, 0xca] {
            let mut bytes = good.clone();
            bytes[place] = lie;
            if let Ok(table) = read_parquet("t", bytes) {
                assert_eq!(table.n_rows(), 100, "place {place}");
            }
        }
        n_places += 1;
    }
    assert!(n_places >= 2);
}

proptest! {
    #[test]
    fn changed_bytes_make_no_panic(
        file in 0_usize..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let names = ["polars.parquet", "arrow-lz4-v1.parquet", "split.parquet", "groups.parquet"];
        let mut bytes = bytes(names[file]);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(table) = read_parquet("t", bytes) {
            prop_assert!(table.columns().iter().all(|column| column.len() == table.n_rows()));
        }
    }
}
