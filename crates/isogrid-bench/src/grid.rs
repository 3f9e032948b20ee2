//! A small table of text: Markdown for run directories, aligned columns for terminals.

use std::fmt::Write;

/// Rows of cells under a header; the first column is aligned left, the others right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// An empty table with these columns.
    pub fn new(header: &[&str]) -> Grid {
        Grid { header: header.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If it has not a cell per column.
    pub fn row(&mut self, cells: Vec<String>) {
        assert_eq!(cells.len(), self.header.len(), "a cell per column: {cells:?}");
        self.rows.push(cells);
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("| {} |\n| --- |", self.header.join(" | "));
        text += &" ---: |".repeat(self.header.len().saturating_sub(1));
        text.push('\n');
        for row in &self.rows {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        text
    }

    /// For a terminal.
    pub fn plain(&self) -> String {
        let all = || std::iter::once(&self.header).chain(&self.rows);
        let width = |at: usize| all().map(|row| row[at].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let mut text = String::new();
        for row in all() {
            let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
                if at == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }
}

/// A number with three significant digits, `-` for none. Whole numbers from 1,000 on are grouped.
pub fn number(value: Option<f64>) -> String {
    let Some(value) = value.filter(|value| value.is_finite()) else { return "-".to_string() };
    if value.abs() >= 1000.0 {
        return grouped(value.round() as i64);
    }
    let digits = if value == 0.0 { 0 } else { (2 - value.abs().log10().floor() as i32).clamp(0, 9) };
    let text = format!("{value:.*}", digits as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// A whole number with commas between thousands.
pub fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_in_both_forms() {
        let mut grid = Grid::new(&["domain", "n"]);
        grid.row(vec!["ferry".to_string(), "10".to_string()]);
        assert_eq!(grid.markdown(), "| domain | n |\n| --- | ---: |\n| ferry | 10 |\n");
        assert_eq!(grid.plain(), "domain   n\nferry   10\n");
    }

    #[test]
    fn numbers_have_three_digits() {
        let cases = [
            (Some(0.0), "0"),
            (Some(0.012_345), "0.0123"),
            (Some(1.5), "1.5"),
            (Some(210.0), "210"),
            (Some(999.6), "1000"),
            (Some(1_234_567.8), "1,234,568"),
            (Some(-1234.0), "-1,234"),
            (Some(f64::NAN), "-"),
            (None, "-"),
        ];
        for (value, expected) in cases {
            assert_eq!(number(value), expected, "{value:?}");
        }
    }
}
