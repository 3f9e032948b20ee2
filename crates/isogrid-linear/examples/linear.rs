//! Learns four fifths of a table's rows and answers the others.
//!
//! `cargo run --release -p isogrid-linear --example linear -- FILE.csv TARGET`
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::time::Instant;

use isogrid_core::{Ctx, Source};
use isogrid_data::answers::Answer;
use isogrid_data::{CsvOptions, read_csv_source};
use isogrid_linear::{LinearOptions, LogisticRegression};
use isogrid_num::stats::{Z_95, wilson};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("usage: linear FILE.csv TARGET".into());
    };
    let (table, _) = read_csv_source(&Source::file(path), &CsvOptions::default())?;
    let (test, train) = table.split(0.2, 0);

    let ctx = Ctx::new(1);
    let start = Instant::now();
    let fitted = LogisticRegression::fit(&ctx, &train, &target, &LinearOptions::default())?;
    let (seconds, model) = (start.elapsed().as_secs_f64(), fitted.model);
    println!("fitted {} rows in {seconds:.2} s, {} ticks, {}", train.n_rows(), ctx.ticks(), fitted.stop);

    let start = Instant::now();
    let (answers, _) = model.answer(&ctx, &test, 0..test.n_rows())?;
    println!("answered {} rows in {:.3} s", test.n_rows(), start.elapsed().as_secs_f64());
    let truth = test.require(&target)?;
    let is_right = |answer: &Answer| {
        truth.text(answer.row).as_deref() == Some(model.classes()[answer.class as usize].as_str())
    };
    for (what, kept_only) in [("all answers", false), ("kept answers", true)] {
        let counted: Vec<&Answer> = answers.iter().filter(|answer| answer.is_kept || !kept_only).collect();
        let (n, right) =
            (counted.len() as u64, counted.into_iter().filter(|answer| is_right(answer)).count());
        let (low, high) = wilson(right as u64, n, Z_95);
        println!(
            "{what}: {right} of {n} right, accuracy {:.4} ({low:.4} to {high:.4})",
            right as f64 / n as f64
        );
    }
    println!("the model is {} bytes; {:?}", model.to_bytes().len(), model.calibration());
    Ok(())
}
