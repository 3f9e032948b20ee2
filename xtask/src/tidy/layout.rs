//! The crate table of ARCHITECTURE.md: which crates there are, on which level, and what each may depend on.
//!
//! The table is the law; this module only reads it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

/// Levels of crates that implement structure: below them numbers and data, above them faces.
const ENGINE_LEVELS: std::ops::RangeInclusive<u8> = 2..=3;

/// One row of the crate table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The level; `None` for a tool outside the levels, which may use any crate and is used by none.
    pub level: Option<u8>,
    /// Full names of the workspace crates that it may depend on.
    pub depends_on: BTreeSet<String>,
    /// The line in ARCHITECTURE.md, from 1.
    pub line: usize,
}

/// The crate table.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// Rows by crate name.
    pub rows: BTreeMap<String, Row>,
}

impl Layout {
    /// Reads the table whose header is `level | crate | job | depends on`.
    ///
    /// # Errors
    /// There is no such table, or a row of it cannot be understood.
    pub fn parse(markdown: &str) -> Result<Layout> {
        let mut lines = markdown.lines().enumerate().map(|(i, line)| (i + 1, line));
        let header = lines.find(|(_, line)| is_header(line));
        header.context("ARCHITECTURE.md has no table `| level | crate | job | depends on |`")?;
        let mut rows = BTreeMap::new();
        for (line, text) in lines.skip(1).take_while(|(_, text)| text.starts_with('|')) {
            let (name, row) = parse_row(line, text).with_context(|| format!("ARCHITECTURE.md:{line}"))?;
            if rows.insert(name.clone(), row).is_some() {
                bail!("ARCHITECTURE.md:{line}: `{name}` stands in the crate table twice");
            }
        }
        Ok(Layout { rows })
    }

    /// Whether `name` is an engine.
    pub fn is_engine(&self, name: &str) -> bool {
        self.level(name).is_some_and(|level| ENGINE_LEVELS.contains(&level))
    }

    /// The level of a crate, where it has one.
    pub fn level(&self, name: &str) -> Option<u8> {
        self.rows.get(name).and_then(|row| row.level)
    }

    #[cfg(test)]
    pub fn for_tests(levels: &[(&str, u8)]) -> Layout {
        let row = |level| Row { level: Some(level), depends_on: BTreeSet::new(), line: 1 };
        Layout { rows: levels.iter().map(|(name, level)| ((*name).to_string(), row(*level))).collect() }
    }
}

/// The full name of a crate that the table may write without its prefix.
pub fn full_name(short: &str) -> String {
    match short {
        "isogrid" | "xtask" => short.to_string(),
        name if name.starts_with("isogrid-") => name.to_string(),
        name => format!("isogrid-{name}"),
    }
}

fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect()
}

fn is_header(line: &str) -> bool {
    let names: Vec<String> = cells(line).iter().map(|cell| cell.to_lowercase()).collect();
    names == ["level", "crate", "job", "depends on"]
}

fn parse_row(line: usize, text: &str) -> Result<(String, Row)> {
    let cells = cells(text);
    ensure!(cells.len() == 4, "a row has four cells, this one has {}", cells.len());
    let level = match cells[0] {
        "–" => None,
        digits => {
            Some(digits.parse().with_context(|| format!("the level is a number or –, not `{digits}`"))?)
        }
    };
    let depends_on = cells[3].split([' ', ',', '`']).filter(|name| !name.is_empty() && *name != "–");
    Ok((cells[1].to_string(), Row { level, depends_on: depends_on.map(full_name).collect(), line }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "text\n\n| level | crate | job | depends on |\n| --- | --- | --- | --- |\n\
        | 0 | `isogrid-core` | the waist | – |\n| 2 | `isogrid-plan` | plans | core num |\n\
        | – | `xtask` | chores | data |\n\nmore\n";

    #[test]
    fn the_table_is_read() {
        let layout = Layout::parse(TABLE).expect("a good table");
        assert_eq!(layout.level("isogrid-plan"), Some(2));
        assert_eq!(layout.level("xtask"), None);
        assert!(layout.is_engine("isogrid-plan") && !layout.is_engine("isogrid-core"));
        let expected: BTreeSet<String> = ["isogrid-core", "isogrid-num"].map(String::from).into();
        assert_eq!(layout.rows["isogrid-plan"].depends_on, expected);
        assert_eq!(layout.rows["isogrid-plan"].line, 6);
    }

    #[test]
    fn bad_tables_are_refused() {
        let cases = [
            ("none", "text".to_string(), "no table"),
            ("a bad level", TABLE.replace("| 2 |", "| two |"), "`two`"),
            ("a short row", TABLE.replace("| plans ", ""), "this one has 3"),
            ("a crate twice", TABLE.replace("isogrid-plan", "isogrid-core"), "twice"),
        ];
        for (name, text, expected) in cases {
            let error = format!("{:#}", Layout::parse(&text).expect_err(name));
            assert!(error.contains(expected), "{name}: {error}");
        }
    }
}
