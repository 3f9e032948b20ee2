//! Data sets as .npy files, which every entrant reads.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use isogrid::data::{Array, Cells, CsvOptions, Table, Values, locate, read_table, write_npy};
use isogrid_core::Source;
use isogrid_num::rng::Rng;

use super::spec::Arrays;

/// Gray values above this are ones, as in the peers' own examples.
const INK: f64 = 75.0;
const N_LEARNED: usize = 8_000;
/// The seed of the split.
const SPLIT: u64 = 0;

/// The digits as bits: 8,000 to learn and 2,000 to answer, one split for everybody.
///
/// # Errors
/// The data set is not there, or the disk refuses.
pub fn digits(data: &Path, folder: &Path) -> Result<Arrays> {
    let set = locate("mnist-10k", data).context("no `mnist-10k`: cargo xtask fetch mnist-10k")?;
    let (table, _) = read_table(&Source::file(set.join("mnist.csv")), &CsvOptions::default())?;
    ensure!(table.n_rows() > N_LEARNED, "{} digits", table.n_rows());
    let mut order: Vec<usize> = (0..table.n_rows()).collect();
    Rng::new(SPLIT, 0).shuffle(&mut order);
    let arrays = Arrays { folder: folder.to_path_buf() };
    for (part, rows) in [("train", &order[..N_LEARNED]), ("test", &order[N_LEARNED..])] {
        let (bits, labels) = bits(&table.take_rows(rows))?;
        write(
            &arrays.path(&format!("x_{part}")),
            vec![rows.len(), bits.len() / rows.len()],
            Values::U8(bits),
        )?;
        write(&arrays.path(&format!("y_{part}")), vec![rows.len()], Values::U8(labels))?;
    }
    Ok(arrays)
}

/// Rows of bits, one byte each, and the labels.
fn bits(table: &Table) -> Result<(Vec<u8>, Vec<u8>)> {
    let mut columns = Vec::new();
    let mut labels = Vec::new();
    for column in table.columns() {
        let Cells::Numbers(values) = column.cells() else {
            anyhow::bail!("`{}` is not numeric", column.name())
        };
        if column.name() == "label" {
            labels = values.iter().map(|&value| value as u8).collect();
        } else {
            columns.push(values);
        }
    }
    let row = |row: usize| columns.iter().map(move |values| u8::from(values[row] > INK));
    Ok(((0..table.n_rows()).flat_map(row).collect(), labels))
}

pub(super) fn write(path: &Path, shape: Vec<usize>, values: Values) -> Result<()> {
    let array = Array::new(shape, values)?;
    let mut bytes = Vec::new();
    write_npy(&path.display().to_string(), &array, &mut bytes)?;
    std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}
