//! Binary tables and arrays: every kind by name, files that are cut short, and what other programs wrote.
#![expect(clippy::unwrap_used, reason = "a broken test should stop at once")]

use std::io::Write as _;

use isogrid_core::{Diagnose, Source};
use isogrid_data::{
    Array, CsvOptions, DataError, Table, Values, looks_like_table, read_array, read_idx, read_npy, read_npz,
    read_table, write_csv, write_npy,
};
use proptest::prelude::*;

fn shown(table: &Table) -> String {
    let mut bytes = Vec::new();
    write_csv("memory", table, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn table(bytes: &[u8]) -> Result<String, DataError> {
    let source = Source::memory("t", bytes);
    read_table(&source, &CsvOptions::default()).map(|(table, _)| shown(&table))
}

fn npy(array: &Array) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_npy("memory", array, &mut bytes).unwrap();
    bytes
}

/// A file of version 1 with this dictionary.
fn npy_of(header: &str, values: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", length.as_slice(), header.as_bytes(), values].concat()
}

fn idx(code: u8, lengths: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, lengths.len() as u8];
    lengths.iter().for_each(|length| bytes.extend(length.to_be_bytes()));
    bytes.extend(values);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn bytes_of(shape: &[usize]) -> Array {
    let n: usize = shape.iter().product();
    Array::new(shape.to_vec(), Values::U8((0..n).map(|i| i as u8).collect())).unwrap()
}

#[test]
fn one_door_for_every_format() {
    let pictures = idx(8, &[2, 1, 2], &[1, 2, 3, 255]);
    let pixels = "y0_x0,y0_x1\n1,2\n3,255\n";
    let text = b"a,b\n1,x\n";
    let arrays = zip(&[
        ("data.npy", &npy(&bytes_of(&[2, 2]))),
        ("notes.txt", b"hello"),
        ("label.npy", &npy(&bytes_of(&[2]))),
    ]);
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("csv", text.to_vec(), "a,b\n1,x\n"),
        ("packed csv", gzip(text), "a,b\n1,x\n"),
        ("idx", pictures.clone(), pixels),
        ("packed idx", gzip(&pictures), pixels),
        ("npy", npy(&bytes_of(&[2, 2])), "x0,x1\n0,1\n2,3\n"),
        ("packed npy", gzip(&npy(&bytes_of(&[3]))), "x\n0\n1\n2\n"),
        ("npz", arrays, "data0,data1,label\n0,1,0\n2,3,1\n"),
        ("two gzip streams", [gzip(b"a,b\n1,x\n"), gzip(b"2,y\n")].concat(), "a,b\n1,x\n2,y\n"),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(table(&bytes).unwrap_or_else(|error| panic!("{name}: {error}")), expected, "{name}");
        assert!(looks_like_table(&bytes), "{name}");
    }
    let others: [(&str, Vec<u8>); 6] = [
        ("nothing", Vec::new()),
        ("other zip", zip(&[("a.txt", b"a,b\n1,2\n")])),
        ("npz in gzip", gzip(&zip(&[("a.npy", &npy(&bytes_of(&[1])))]))),
        ("packed prose", gzip(b"Dear reader,\nthis, too, is prose.\nYours, me\n")),
        ("gzip in gzip", gzip(&gzip(text))),
        ("a cut zip", b"PK\x03\x04".to_vec()),
    ];
    for (name, bytes) in others {
        assert!(!looks_like_table(&bytes), "{name}");
        assert!(table(&bytes).is_err() || name == "packed prose", "{name}");
    }
}

#[test]
fn bad_files_name_their_place() {
    let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    let kind = |descr: &str| npy_of(&good.replace("'<f4'", descr), &[0; 8]);
    let shape = |shape: &str| npy_of(&good.replace("(2,)", shape), &[0; 8]);
    let arrays = |first: &[u8], second: &[u8]| zip(&[("a.npy", first), ("b.npy", second)]);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "pickle",
            kind("'|O'"),
            "t: an array of Python objects is a pickle, and unpickling runs code of whoever made the file",
        ),
        ("record", kind("[('a', '<f4')]"), "t: elements of kind `[('a', '<f4')]` are not read"),
        ("complex", kind("'<c8'"), "t: elements of kind `<c8` are not read"),
        ("date", kind("'<M8[s]'"), "t: elements of kind `<M8[s]` are not read"),
        ("text of no length", kind("'<U0'"), "t: elements of kind `<U0` are not read"),
        ("no values", npy(&bytes_of(&[0, 3])), "t: an array of shape (0, 3) has no values"),
        (
            "too short",
            shape("(3,)"),
            "t: not a sound npy file: its header promises 12 bytes of values, there are 8",
        ),
        ("too long", shape("(1,)"), "t: not a sound npy file: bytes follow the 4 bytes of values"),
        (
            "beyond any memory",
            shape("(9999999999, 9999999999)"),
            "t: not a sound npy file: its header asks for more than fits any memory",
        ),
        ("a negative length", shape("(-1,)"), "t: not a sound npy file: its header is `{'descr'"),
        ("no dictionary", npy_of("hello", &[]), "t: not a sound npy file: its header is `hello`"),
        (
            "version",
            b"\x93NUMPY\x09\x00".to_vec(),
            "t: not a sound npy file: its version is 9, expected 1 to 3",
        ),
        ("only the magic", b"\x93NUMPY".to_vec(), "t: not a sound npy file: it ends within its header"),
        ("cut IDX", idx(8, &[2, 2], &[1, 2, 3]), "t: not a sound IDX file: its header promises 4 bytes"),
        ("long IDX", idx(8, &[1], &[1, 2]), "t: not a sound IDX file: bytes follow the 1 bytes of values"),
        ("IDX of no values", idx(8, &[0, 28, 28], &[]), "t: an array of shape (0, 28, 28) has no values"),
        ("IDX header", vec![0, 0, 8, 3, 0], "t: not a sound IDX file: it ends within its header"),
        ("IDX lengths", idx(14, &[u32::MAX; 8], &[]), "t: not a sound IDX file: its header asks for more"),
        ("no arrays", zip(&[("a.csv", b"a,b\n")]), "t: an archive without a NumPy array"),
        (
            "arrays of different lengths",
            arrays(&npy(&bytes_of(&[2])), &npy(&bytes_of(&[3]))),
            "column `b` has 3 rows, expected 2 as in the first column",
        ),
        (
            "columns of one name",
            zip(&[("a.npy", &npy(&bytes_of(&[1, 1]))), ("a0.npy", &npy(&bytes_of(&[1])))]),
            "t: column name `a0` stands twice in the header (fields 1 and 2)",
        ),
        (
            "a bad array in an archive",
            arrays(&npy(&bytes_of(&[2])), &kind("'|O'")),
            "t, array `b`: an array of Python objects",
        ),
        ("zip in gzip", gzip(b"PK\x03\x04...."), "t: it is an archive packed by gzip"),
        ("cut gzip", gzip(b"a,b\n1,2\n")[..20].to_vec(), "t: "),
    ];
    for (name, bytes, expected) in cases {
        let error = table(&bytes).expect_err(name);
        assert!(error.to_string().starts_with(expected), "{name}: {error}");
        let is_plain = matches!(error, DataError::UnevenColumns { .. } | DataError::Io { .. });
        assert!(is_plain || error.hint().is_some(), "{name} has no hint");
    }
}

#[test]
fn arrays_keep_their_kind() {
    let source = |bytes: Vec<u8>| Source::memory("t", bytes);
    let array = read_array(&source(gzip(&idx(8, &[2, 1, 2], &[1, 2, 3, 255])))).unwrap();
    assert_eq!((array.shape(), array.as_bytes()), (&[2, 1, 2][..], Some(&[1, 2, 3, 255][..])));
    assert_eq!((array.n_items(), array.item_len()), (2, 2));
    let error = read_array(&source(b"a,b\n1,2\n".to_vec())).unwrap_err();
    assert_eq!(error.to_string(), "t: it is text or of an unknown format, expected one array");
    let dimensions = read_idx("t", &b"\0\0\x0d\0\0\0\x16\0"[..]).unwrap_err();
    assert_eq!(dimensions.to_string(), "t: not a sound IDX file: it has 0 dimensions, expected 1 to 8");
    let codes = [(9, 1), (11, 2), (12, 4), (13, 4), (14, 8)];
    for (code, size) in codes {
        let array = read_idx("t", idx(code, &[3], &vec![0; 3 * size]).as_slice()).unwrap();
        assert_eq!(array.shape(), [3], "{code}");
    }
}

#[test]
fn numpy_headers_of_every_age() {
    let values = [1_u8, 2, 3, 4, 5, 6];
    let read = |header: &str| read_npy("t", npy_of(header, &values).as_slice()).unwrap();
    let rows = Array::new(vec![2, 3], Values::U8(vec![1, 2, 3, 4, 5, 6])).unwrap();
    assert_eq!(read("{\"shape\": (2L, 3L), 'fortran_order': False, 'descr': '|u1'}"), rows);
    let columns = Array::new(vec![2, 3], Values::U8(vec![1, 3, 5, 2, 4, 6])).unwrap();
    assert_eq!(read("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), } \n"), columns);
    let header = b"{'descr': '>i2', 'fortran_order': False, 'shape': (3,)}";
    for version in [2, 3] {
        let length = (header.len() as u32).to_le_bytes();
        let bytes = [b"\x93NUMPY", &[version, 0][..], &length, header, &values].concat();
        let expected = Array::new(vec![3], Values::I64(vec![0x102, 0x304, 0x506])).unwrap();
        assert_eq!(read_npy("t", bytes.as_slice()).unwrap(), expected);
    }
    let single =
        read_npy("t", npy_of("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", &[7]).as_slice());
    assert_eq!(shown(&single.unwrap().into_table("t", "").unwrap()), "x\n7\n");
}

#[test]
fn all_missing_columns_are_warned_of() {
    let values = Values::F64(vec![f64::NAN, 1.0, f64::NAN, 2.0]);
    let bytes = npy(&Array::new(vec![2, 2], values).unwrap());
    let (_, warnings) = read_table(&Source::memory("t", bytes), &CsvOptions::default()).unwrap();
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["column `x0` has no values"]);
}

fn arrays() -> impl Strategy<Value = Array> {
    let shape = prop::collection::vec(0_usize..4, 0..4);
    shape.prop_flat_map(|shape| {
        let n: usize = shape.iter().product();
        let values = prop_oneof![
            prop::collection::vec(any::<u8>(), n).prop_map(Values::U8),
            prop::collection::vec(any::<i64>(), n).prop_map(Values::I64),
            prop::collection::vec(-1e9_f32..1e9, n).prop_map(Values::F32),
            prop::collection::vec(-1e9_f64..1e9, n).prop_map(Values::F64),
            prop::collection::vec(any::<bool>(), n).prop_map(Values::Bool),
        ];
        values.prop_map(move |values| Array::new(shape.clone(), values).unwrap())
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(array in arrays()) {
        let bytes = npy(&array);
        prop_assert_eq!(read_npy("t", bytes.as_slice()).unwrap(), array.clone());
        let packed = zip(&[("one.npy", &bytes)]);
        prop_assert_eq!(read_npz("t", &packed).unwrap(), [("one".to_string(), array)]);
    }

    #[test]
    fn cut_arrays_are_refused(array in arrays()) {
        let bytes = npy(&array);
        for end in 0..bytes.len() {
            prop_assert!(read_npy("t", &bytes[..end]).is_err());
        }
    }

    #[test]
    fn no_bytes_make_a_panic(start in 0_usize..6, rest in prop::collection::vec(any::<u8>(), 0..200)) {
        let starts: [&[u8]; 6] = [b"PAR1", b"\x93NUMPY\x01\x00", b"PK\x03\x04", b"\0\0\x08", b"\x1f\x8b\x08", b""];
        let bytes = [starts[start], &rest].concat();
        let _ = (table(&bytes), looks_like_table(&bytes));
    }
}
