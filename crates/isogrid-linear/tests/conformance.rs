//! The contract that every engine keeps.

use isogrid_data::answers::{LabeledTable, Rows};
use isogrid_linear::{ALPHA, Linear, LinearOptions, planted};

fn data() -> LabeledTable {
    LabeledTable { table: planted(1), target: "y".to_string() }
}

fn inputs() -> Vec<Rows> {
    let table = planted(2);
    let some = |rows: Vec<usize>| Rows { table: table.take_rows(&rows), numbers: rows };
    vec![some((0..40).collect()), some(vec![7]), some(Vec::new())]
}

isogrid_testing::conformance! {
    engine: Linear,
    data: data,
    options: LinearOptions::default,
    inputs: |_model| inputs(),
    // One row, two classes.
    tick_slack: 2,
    request_options: &[("target", "y")],
}

isogrid_testing::conformance_detect! { engine: Linear, alpha: ALPHA }
