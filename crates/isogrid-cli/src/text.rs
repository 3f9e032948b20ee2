//! Text for people: tables, wrapped paragraphs, numbers with their units.

use console::{Style, measure_text_width};

/// Which side of a column its cells stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table with a header.
#[derive(Debug, Default)]
pub(crate) struct TextTable {
    columns: Vec<(String, Side)>,
    rows: Vec<Vec<String>>,
}

impl TextTable {
    /// A table of these columns.
    pub(crate) fn new(columns: &[(&str, Side)]) -> TextTable {
        TextTable {
            columns: columns.iter().map(|(name, side)| (name.to_string(), *side)).collect(),
            rows: vec![],
        }
    }

    /// Adds a row; missing cells are empty.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table as lines of at most `width` columns where that is possible: what is too wide is the last column, if
    /// it holds words, and it is wrapped.
    pub(crate) fn render(&self, width: usize) -> String {
        let mut widths: Vec<usize> = self.columns.iter().map(|(name, _)| measure_text_width(name)).collect();
        for (column, widest) in widths.iter_mut().enumerate() {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            *widest = cells.map(|cell| measure_text_width(cell)).fold(*widest, usize::max);
        }
        let before: usize = widths.iter().rev().skip(1).map(|width| width + 2).sum();
        if let (Some(last), Some((_, Side::Left))) = (widths.last_mut(), self.columns.last()) {
            *last = (*last).min(width.saturating_sub(before).max(24));
        }
        let header: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let bold = Style::new().for_stdout().bold();
        let mut text = String::new();
        for line in self.lines(&header, &widths) {
            text += &format!("{}\n", bold.apply_to(line));
        }
        for row in &self.rows {
            for line in self.lines(row, &widths) {
                text += &line;
                text.push('\n');
            }
        }
        text
    }

    fn lines(&self, cells: &[String], widths: &[usize]) -> Vec<String> {
        let last = widths.len().saturating_sub(1);
        let mut first = String::new();
        for (column, width) in widths.iter().enumerate().take(last) {
            first += &padded(cells.get(column).map_or("", String::as_str), *width, self.columns[column].1);
            first += "  ";
        }
        let (Some(width), Some((_, side))) = (widths.last(), self.columns.last()) else { return vec![first] };
        let cell = cells.get(last).map_or("", String::as_str);
        if *side == Side::Right {
            return vec![first + &padded(cell, *width, Side::Right)];
        }
        let mut parts = wrap(cell, *width).into_iter();
        let indent = " ".repeat(measure_text_width(&first));
        first += &parts.next().unwrap_or_default();
        let mut lines = vec![first.trim_end().to_string()];
        lines.extend(parts.map(|part| format!("{indent}{part}")));
        lines
    }
}

fn padded(cell: &str, width: usize, side: Side) -> String {
    let space = " ".repeat(width.saturating_sub(measure_text_width(cell)));
    match side {
        Side::Left => format!("{cell}{space}"),
        Side::Right => format!("{space}{cell}"),
    }
}

/// `text` in lines of at most `width` columns, broken at spaces; a longer word stands alone.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if measure_text_width(line) + 1 + measure_text_width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

/// `text` wrapped to `width`, with `first` before its first line and as many spaces before the others.
pub(crate) fn hanging(first: &str, text: &str, width: usize) -> String {
    let indent = measure_text_width(first);
    let lines = wrap(text, width.saturating_sub(indent).max(20));
    lines.join(&format!("\n{}", " ".repeat(indent))).replacen("", first, 1)
}

/// A number with three significant digits and no exponent, for example `0.0123`, `1.23`, `12300`.
pub(crate) fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let digits = 2 - value.abs().log10().floor() as i32;
    let text = format!("{value:.*}", digits.clamp(0, 9) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// Seconds with a unit that fits, for example `12 ms`, `1.5 s`, `3 min 20 s`.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{} us", number(s * 1e6)),
        s if s < 1.0 => format!("{} ms", number(s * 1e3)),
        s if s < 120.0 => format!("{} s", number(s)),
        s => format!("{} min {} s", (s / 60.0).floor(), (s % 60.0).round()),
    }
}

/// Bytes with a decimal unit that fits, for example `1.2 kB`.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes as f64 {
        b if b < 1e3 => format!("{bytes} B"),
        b if b < 1e6 => format!("{} kB", number(b * 1e-3)),
        b if b < 1e9 => format!("{} MB", number(b * 1e-6)),
        b => format!("{} GB", number(b * 1e-9)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let cases = [
            (0.0, "0"),
            (0.012_345, "0.0123"),
            (0.5, "0.5"),
            (1.0, "1"),
            (9.999, "10"),
            (12.34, "12.3"),
            (12_345.6, "12346"),
            (100.0, "100"),
            (-0.25, "-0.25"),
        ];
        for (value, expected) in cases {
            assert_eq!(number(value), expected);
        }
        assert_eq!(
            (seconds(0.0123), seconds(75.0), seconds(200.0)),
            ("12.3 ms".into(), "75 s".into(), "3 min 20 s".into())
        );
        assert_eq!(
            (bytes(12), bytes(12_345), bytes(7_000_000)),
            ("12 B".into(), "12.3 kB".into(), "7 MB".into())
        );
    }

    #[test]
    fn paragraphs_hang_and_break_at_spaces() {
        assert_eq!(
            hanging("- ", "one two three four five six seven", 22),
            "- one two three four\n  five six seven"
        );
        assert_eq!(wrap("a aVeryLongWordIndeed b", 6), ["a", "aVeryLongWordIndeed", "b"]);
        assert_eq!(hanging("x ", "", 80), "x ");
    }

    #[test]
    fn tables_align_and_wrap_their_last_column() {
        let mut table = TextTable::new(&[("name", Side::Left), ("n", Side::Right), ("about", Side::Left)]);
        table.row(vec!["é".into(), "100".into(), "words that do not fit into the width given".into()]);
        table.row(vec!["longer".into(), "7".into()]);
        let expected = "name      n  about\n\
                        é       100  words that do not fit\n             into the width given\n\
                        longer    7\n";
        assert_eq!(table.render(37), expected);
    }
}
