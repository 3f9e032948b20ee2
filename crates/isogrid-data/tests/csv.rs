//! Delimited text, good and bad: every case by name.
#![expect(clippy::unwrap_used, reason = "a broken test should stop at once")]

use isogrid_core::{Diagnose, Source};
use isogrid_data::{
    Cells, CsvOptions, DataError, NumericColumns, Table, Warning, read_csv, read_csv_source, write_csv,
};
use proptest::prelude::*;

fn read(text: impl AsRef<[u8]>) -> Result<(Table, Vec<Warning>), DataError> {
    read_csv("t.csv", text.as_ref(), &CsvOptions::default())
}

fn shown(table: &Table) -> String {
    let mut bytes = Vec::new();
    write_csv("memory", table, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn good_text() {
    let cases: &[(&str, &[u8], &str)] = &[
        ("plain", b"a,b\n1,x\n2,y\n", "a,b\n1,x\n2,y\n"),
        ("no line end at the end", b"a,b\n1,x", "a,b\n1,x\n"),
        ("windows line ends", b"a,b\r\n1,x\r\n", "a,b\n1,x\n"),
        ("byte order mark", b"\xef\xbb\xbfa,b\n1,x\n", "a,b\n1,x\n"),
        ("byte order mark and quotes", b"\xef\xbb\xbf\"a\",b\n1,x\n", "a,b\n1,x\n"),
        ("semicolons", b"a;b\n1;x,y\n", "a,b\n1,\"x,y\"\n"),
        ("tabs", b"a\tb\n1\tx\n", "a,b\n1,x\n"),
        (
            "quotes, separators and lines inside",
            b"a,b\n\"1\",\"x,\"\"y\"\"\nz\"\n",
            "a,b\n1,\"x,\"\"y\"\"\nz\"\n",
        ),
        ("spaces around", b" a , b \n 1 , x \n", "a,b\n1,x\n"),
        ("blank lines", b"\n\na,b\n\n1,x\n\n\n2,y\n\n", "a,b\n1,x\n2,y\n"),
        ("missing values", b"a,b\n,x\nNA,\n3,?\n", "a,b\n,x\n,\n3,\n"),
        ("numbers in every form", b"a\n1e3\n-.5\n+2\n1.50\n", "a\n1000\n-0.5\n2\n1.5\n"),
        ("a word keeps the numbers as written", b"a\n007\n1.50\nx\n", "a\n007\n1.50\nx\n"),
        ("one column", b"a\n1\n", "a\n1\n"),
        ("infinities", b"a,b\ninf,1\n-inf,Infinity\n", "a,b\ninf,1\n-inf,inf\n"),
        ("every writing of not-a-number is missing or text", b"a,b\nNaN,1\nnan,NAN\n", "a,b\n,1\n,NAN\n"),
        ("quotes inside a bare field", b"a,b\nx\"y,1\n", "a,b\n\"x\"\"y\",1\n"),
        ("an empty quoted field", b"a,b\n\"\",1\n", "a,b\n,1\n"),
        ("not ascii", "größe\nñ\n".as_bytes(), "größe\nñ\n"),
    ];
    for (name, text, expected) in cases {
        let (table, _) = read(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(shown(&table), *expected, "{name}");
    }
}

#[test]
fn bad_text_names_its_place() {
    let long = format!("a,b\n1,{}\n", "x".repeat(2 << 20));
    let cases: &[(&str, &[u8], &str)] = &[
        ("empty", b"", "t.csv: the file is empty, expected a header line and rows"),
        ("white space", b" \n\r\n\t", "t.csv: the file is empty, expected a header line and rows"),
        ("only a mark", b"\xef\xbb\xbf", "t.csv: the file is empty, expected a header line and rows"),
        ("header only", b"a,b\n", "t.csv: no rows after the header"),
        ("too few", b"a,b\n1,2\n3\n", "t.csv:3: expected 2 fields as in the header, found 1"),
        ("too many", b"a,b\n1,2\n3,4,5\n", "t.csv:3: expected 2 fields as in the header, found 3"),
        (
            "ragged after blank lines",
            b"a,b\n\n\n1,2\n\n3\n",
            "t.csv:6: expected 2 fields as in the header, found 1",
        ),
        (
            "ragged after a quoted line",
            b"a,b\n\"x\ny\",2\n3\n",
            "t.csv:4: expected 2 fields as in the header, found 1",
        ),
        ("twice", b"a,b,a\n1,2,3\n", "t.csv: column name `a` stands twice in the header (fields 1 and 3)"),
        (
            "unclosed quote",
            b"a,b\n1,2\n1,\"x\n2,y\n",
            "t.csv:3: a quote is opened in this row and never closed",
        ),
        (
            "unclosed quote in the header",
            b"a,\"b\n1,2\n",
            "t.csv:1: a quote is opened in this row and never closed",
        ),
        (
            "a name twice after spaces",
            b"a, a\n1,2\n",
            "t.csv: column name `a` stands twice in the header (fields 1 and 2)",
        ),
        (
            "a given name twice",
            b"c1,\n1,2\n",
            "t.csv: column name `c1` stands twice in the header (fields 1 and 2)",
        ),
        ("header without its line end", b"a,b", "t.csv: no rows after the header"),
        ("latin1", b"a,b\n1,gr\xf6sse\n", "t.csv:2: field 2 is not valid UTF-8"),
        ("latin1 header", b"a,gr\xf6sse\n1,2\n", "t.csv:1: field 2 is not valid UTF-8"),
        ("zero bytes", b"a,b\n1,\0\n", "t.csv: not a text table: it holds zero bytes"),
        ("utf-16", b"\xff\xfea\0,\0", "t.csv: not a text table: it is UTF-16"),
        ("zip", b"PK\x03\x04rest", "t.csv: not a text table: it is a compressed archive"),
        ("long field", long.as_bytes(), "t.csv:2: a field's length in bytes exceeds the limit of 1048576"),
    ];
    for (name, text, expected) in cases {
        let error = read(text).expect_err(name);
        assert_eq!(error.to_string(), *expected, "{name}");
        assert!(error.hint().is_some(), "{name} has no hint");
    }
}

#[test]
fn limits_and_demands() {
    let demand = |numeric| CsvOptions { numeric, ..CsvOptions::default() };
    let named = |name: &str| demand(NumericColumns::Named(vec![name.to_string()]));
    let cases: &[(&str, CsvOptions, &str)] = &[
        ("all numeric", demand(NumericColumns::All), "t.csv:3: column `b`: expected a number, found `x`"),
        ("one numeric", named("b"), "t.csv:3: column `b`: expected a number, found `x`"),
        ("no such column", named("c"), "no column `c`; there are `a`, `b`"),
        (
            "columns",
            CsvOptions { max_columns: 1, ..CsvOptions::default() },
            "t.csv:1: the number of columns exceeds the limit of 1",
        ),
    ];
    for (name, options, expected) in cases {
        let error = read_csv("t.csv", &b"a,b\n1,2\n3,x\n"[..], options).expect_err(name);
        assert_eq!(error.to_string(), *expected, "{name}");
    }
    assert!(read_csv("t.csv", &b"a,b\n1,2\n3,x\n"[..], &named("a")).is_ok());
}

#[test]
fn a_table_has_at_most_a_million_columns() {
    let text = |n: usize| {
        let names: Vec<String> = (0..n).map(|i| format!("c{i}")).collect();
        format!("{}\n{}\n", names.join(","), vec!["1"; n].join(","))
    };
    let (table, _) = read(text(1 << 16)).unwrap();
    assert_eq!((table.n_rows(), table.columns().len()), (1, 1 << 16));
    let error = read(text((1 << 20) + 2)).unwrap_err().to_string();
    assert_eq!(error, "t.csv:1: the number of columns exceeds the limit of 1048577");
}

#[test]
fn an_unclosed_quote_does_not_fill_the_memory() {
    let options = CsvOptions { max_row_bytes: 1 << 20, ..CsvOptions::default() };
    let endless = std::io::Read::chain(&b"a,b\n1,2\n\"3,"[..], std::io::repeat(b'x'));
    let error = read_csv("t.csv", endless, &options).expect_err("endless");
    assert_eq!(error.to_string(), "t.csv:3: a row's length in bytes exceeds the limit of 1048576");
}

#[test]
fn rows_without_a_header() {
    let options = CsvOptions { has_header: false, ..CsvOptions::default() };
    let (table, _) = read_csv("t.csv", &b"1,x\n2,y\n"[..], &options).unwrap();
    assert_eq!(shown(&table), "c0,c1\n1,x\n2,y\n");
}

#[test]
fn warnings_in_words() {
    let cases: [(&str, &str, &[&str]); 5] = [
        (
            "one odd field",
            "a,b\n1,x\n2,y\nthree,z\n4,x\n",
            &["column `a` is read as text because line 4 has `three`"],
        ),
        (
            "decimal comma",
            "a;b\n1;2\n2;3\n1,5;4\n",
            &["column `a` is read as text because line 4 has `1,5` (a decimal comma: write a point)"],
        ),
        ("nothing there", "a,b\n1,\n2,NA\n", &["column `b` has no values"]),
        ("no header", "1,2\n3,4\n", &["the header is all numbers: is the first line data?"]),
        ("no name", "a,\n1,2\n", &["a column without a name is called `c1`"]),
    ];
    for (name, text, expected) in cases {
        let warnings: Vec<String> = read(text).unwrap().1.iter().map(ToString::to_string).collect();
        assert_eq!(warnings, expected, "{name}");
    }
    assert!(read("a,b\n1,x\n").unwrap().1.is_empty());
}

#[test]
fn sources_that_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    for (path, reason) in
        [(folder.path().to_path_buf(), "directory"), (folder.path().join("none.csv"), "No such file")]
    {
        let error = read_csv_source(&Source::file(&path), &CsvOptions::default()).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with(&path.display().to_string()) && message.contains(reason), "{message}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn rows_beyond_the_sampled_head_are_read_too() {
    let mut text = "number;word\n".to_string();
    for row in 0..20_000 {
        text.push_str(&format!("{row};w{}\n", row % 7));
    }
    let (table, _) = read(&text).unwrap();
    assert_eq!(shown(&table), text.replace(';', ","));
    assert!(matches!(table.columns()[0].cells(), Cells::Numbers(values) if values.len() == 20_000));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a1.,;|\t\"\r\n é-]{0,120}") {
        if let Ok((table, _)) = read(&text) {
            prop_assert!(table.n_rows() > 0 && !table.columns().is_empty());
        }
    }
}
