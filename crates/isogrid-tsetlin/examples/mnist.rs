//! Learns 8,000 of the 10,000 digits of the data set `mnist-10k` and answers the other 2,000.
//!
//! `cargo run --release -p isogrid-tsetlin --example mnist -- mnist.csv`
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::time::Instant;

use isogrid_core::{Ctx, Source};
use isogrid_data::{CsvOptions, read_csv_source};
use isogrid_num::stats::{Z_95, wilson};
use isogrid_tsetlin::{TableClassifier, TableOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: mnist FILE.csv, with a column `label`")?;
    let (table, _) = read_csv_source(&Source::file(path), &CsvOptions::default())?;
    let (test, train) = table.split(0.2, 0);

    let ctx = Ctx::new(1);
    let start = Instant::now();
    let fitted = TableClassifier::fit(&ctx, &train, "label", &TableOptions::default())?;
    let (seconds, model) = (start.elapsed().as_secs_f64(), fitted.model);
    println!("fitted {} rows in {seconds:.1} s, {} ticks, {}", train.n_rows(), ctx.ticks(), fitted.stop);

    let start = Instant::now();
    let (answers, _) = model.answer(&ctx, &test, 0..test.n_rows())?;
    let seconds = start.elapsed().as_secs_f64();
    let truth = test.require("label")?;
    let is_right =
        |class: u32, row: usize| truth.text(row).as_deref() == Some(&model.classes()[class as usize]);
    let report = |what: &str, kept_only: bool| {
        let counted = answers.iter().filter(|answer| answer.is_kept || !kept_only);
        let right: Vec<bool> = counted.map(|answer| is_right(answer.class, answer.row)).collect();
        let (n, n_right) = (right.len() as u64, right.iter().filter(|&&is| is).count() as u64);
        let (low, high) = wilson(n_right, n, Z_95);
        println!(
            "{what}: {n_right} of {n} right, accuracy {:.4} ({low:.4} to {high:.4})",
            n_right as f64 / n as f64
        );
    };
    report("all answers", false);
    report("kept answers", true);
    println!(
        "answered in {seconds:.2} s; the model is {} bytes; {:?}",
        model.to_bytes().len(),
        model.calibration()
    );
    Ok(())
}
