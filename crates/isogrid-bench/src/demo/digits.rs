//! The Tsetlin machine beside the scale ladder on handwritten digits.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use isogrid_core::Row;

use crate::grid::{grouped, number};
use crate::tables::{accuracy_text, compare, digits};

pub(super) fn show(data: &Path, n_rows: usize, out: &mut dyn Write) -> Result<()> {
    let folder = tempfile::tempdir().context("creating a folder")?;
    let table = digits(data, n_rows, folder.path())?;
    writeln!(out, "4. Tables: {} handwritten digits (MNIST), a fifth held out", grouped(n_rows as i64))?;
    writeln!(out, "   Each in a process of its own, one thread; what is tuned is tuned inside.\n")?;
    line(out, ["contender", "accuracy [95 %]", "seconds", "model bytes"].map(String::from))?;
    let mut outcome = Ok(());
    compare(&table, &[], 1, &mut |row| {
        if outcome.is_ok() {
            outcome = line(out, cells(row));
        }
    })?;
    outcome?;
    Ok(writeln!(out)?)
}

fn cells(row: &Row) -> [String; 4] {
    [
        row.contender.clone(),
        accuracy_text(row),
        number(Some(row.cost.work_seconds)),
        row.cost.model_bytes.map_or("-".to_string(), |bytes| grouped(bytes as i64)),
    ]
}

fn line(out: &mut dyn Write, cells: [String; 4]) -> Result<()> {
    let [name, accuracy, seconds, bytes] = cells;
    writeln!(out, "   {name:<35}{accuracy:>22}{seconds:>9}{bytes:>11}")?;
    Ok(out.flush()?)
}
