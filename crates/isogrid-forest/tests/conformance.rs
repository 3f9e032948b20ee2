//! The contract that every engine keeps.

use isogrid_data::answers::{LabeledTable, Rows};
use isogrid_forest::{ALPHA, Forest, ForestOptions, planted};

fn data() -> LabeledTable {
    LabeledTable { table: planted(1), target: "y".to_string() }
}

fn inputs() -> Vec<Rows> {
    let table = planted(2);
    let some = |rows: Vec<usize>| Rows { table: table.take_rows(&rows), numbers: rows };
    vec![some((0..40).collect()), some(vec![7]), some(Vec::new())]
}

isogrid_testing::conformance! {
    engine: Forest,
    data: data,
    options: || ForestOptions { rounds: 20, ..ForestOptions::default() },
    inputs: |_model| inputs(),
    // One column of all rows.
    tick_slack: 600,
    request_options: &[("target", "y")],
}

isogrid_testing::conformance_detect! { engine: Forest, alpha: ALPHA }
