//! The contract that every engine keeps.

use isogrid_data::answers::{LabeledTable, Rows};
use isogrid_tsetlin::{ALPHA, Settings, TableOptions, Tsetlin, planted};

fn data() -> LabeledTable {
    LabeledTable { table: planted(1), target: "y".to_string() }
}

fn options() -> TableOptions {
    let machine = Settings { n_clauses: Some(6), threshold: Some(4), epochs: Some(2), ..Settings::default() };
    TableOptions { machine, ..TableOptions::default() }
}

fn inputs() -> Vec<Rows> {
    let table = planted(2);
    let some = |rows: Vec<usize>| Rows { table: table.take_rows(&rows), numbers: rows };
    vec![some((0..40).collect()), some(vec![7]), some(Vec::new())]
}

isogrid_testing::conformance! {
    engine: Tsetlin,
    data: data,
    options: options,
    inputs: |_model| inputs(),
    // A block of 256 rows, two classes.
    tick_slack: 512,
    request_options: &[("target", "y")],
}

isogrid_testing::conformance_detect! { engine: Tsetlin, alpha: ALPHA }
