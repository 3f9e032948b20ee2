//! `cargo xtask tidy`: the rules of this repository that can be measured.
//!
//! Each rule is a function from text to violations, tested on small strings; this module feeds them the repository
//! and prints what they find. Formatting and lints are left to rustfmt and clippy.

mod edges;
mod layout;
mod licenses;
mod metadata;
mod size;
mod source;
mod text;
mod words;

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use anyhow::{Result, bail};

use crate::repo::Repo;
pub use layout::Layout;
pub use metadata::Workspace;
use source::Source;

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Path from the repository root.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The rule's name.
    pub rule: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl Violation {
    /// A violation of `rule`.
    pub fn new(path: &str, line: usize, rule: &'static str, message: String) -> Violation {
        Violation { path: path.to_string(), line, rule, message }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.message)
    }
}

/// Checks every rule and prints figures and violations.
///
/// # Errors
/// A rule is broken, or the repository cannot be read.
pub fn run(repo: &Repo) -> Result<()> {
    let (found, figures) = violations(repo)?;
    print!("{figures}");
    for violation in &found {
        println!("{violation}");
    }
    match found.len() {
        0 => Ok(()),
        1 => bail!("1 violation of the house rules"),
        n => bail!("{n} violations of the house rules"),
    }
}

/// Every broken rule, sorted by place, and the measured figures in words.
///
/// # Errors
/// The repository cannot be read.
pub fn violations(repo: &Repo) -> Result<(Vec<Violation>, String)> {
    let layout = Layout::parse(&repo.read("ARCHITECTURE.md")?)?;
    let (mut found, mut figures) = text_rules(repo, &layout)?;
    found.extend(edges::check(&Workspace::read(repo)?, &layout));
    let deny_toml = repo.read("deny.toml")?;
    let (allowed, exceptions) = (licenses::allowed(&deny_toml)?, licenses::exceptions(&deny_toml));
    let outside = metadata::outside(repo)?;
    let _ = writeln!(figures, "  {} outside crates, licenses allowed: {}", outside.len(), allowed.join(", "));
    found.extend(licenses::check(&outside, &allowed, &exceptions));
    found.sort();
    found.dedup();
    Ok((found, figures))
}

fn text_rules(repo: &Repo, layout: &Layout) -> Result<(Vec<Violation>, String)> {
    let mut found = Vec::new();
    let mut sources = Vec::new();
    for path in repo.files()? {
        let Some(raw) = repo.read_text(&path)? else { continue };
        if !path.starts_with("LICENSE") && path != "Cargo.lock" {
            found.extend(text::machine_paths(&path, &raw));
            found.extend(text::white_space(&path, &raw));
        }
        if path.ends_with(".md") {
            found.extend(text::bare_notes(&path, &raw));
        }
        if path.ends_with(".rs") {
            sources.push(Source::new(&path, &raw));
        }
    }
    mark_test_modules(&mut sources);
    let included = included_paths(&sources);
    for file in &sources {
        if !included.contains(&file.path) {
            found.extend(text::module_doc(file));
        }
        found.extend(text::bare_notes(&file.path, &file.comments));
        found.extend(words::check(file, layout));
    }
    let (sizes, figures) = size::check(&sources, layout);
    found.extend(sizes);
    Ok((found, figures))
}

/// Files that others paste in with `include!`: they are no modules.
fn included_paths(sources: &[Source]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for file in sources {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for offset in source::words(&file.code, "include!(") {
            let argument = file.raw[offset + "include!(".len()..].trim_start();
            let name = argument.strip_prefix('"').and_then(|rest| rest.split('"').next());
            paths.extend(name.map(|name| format!("{folder}/{name}")));
        }
    }
    paths
}

/// Finds files whose `mod` line stands under `#[cfg(test)]`.
fn mark_test_modules(sources: &mut [Source]) {
    let mut paths = BTreeSet::new();
    for file in &*sources {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let own = match name {
            "lib.rs" | "main.rs" | "mod.rs" => folder.to_string(),
            other => format!("{folder}/{}", other.trim_end_matches(".rs")),
        };
        for module in file.test_modules() {
            paths.insert(format!("{own}/{module}.rs"));
            paths.insert(format!("{own}/{module}/mod.rs"));
        }
    }
    sources.iter_mut().filter(|file| paths.contains(&file.path)).for_each(Source::mark_as_test);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_modules_are_found_beside_their_parent() {
        let mut sources = [
            Source::new("crates/a/src/lib.rs", "#[cfg(test)]\nmod cases;\n"),
            Source::new("crates/a/src/cases.rs", "fn a() {}\n"),
            Source::new("crates/a/src/b.rs", "#[cfg(test)]\nmod deep;\n"),
            Source::new("crates/a/src/b/deep.rs", "fn b() {}\n"),
            Source::new("crates/a/src/deep.rs", "fn c() {}\n"),
        ];
        mark_test_modules(&mut sources);
        let shipped: Vec<bool> = sources.iter().map(Source::is_src).collect();
        assert_eq!(shipped, [true, false, true, false, true]);
    }

    #[test]
    fn included_files_are_no_modules() {
        let text = "include!(\"toy/engine.rs\");\nlet a = include_str!(\"b.rs\"); // include!(\"c.rs\")\n";
        let included = included_paths(&[Source::new("crates/a/tests/toy.rs", text)]);
        assert_eq!(included.into_iter().collect::<Vec<_>>(), ["crates/a/tests/toy/engine.rs"]);
    }

    #[test]
    fn a_violation_reads_like_a_compiler_message() {
        let violation = Violation::new("src/a.rs", 3, "unwrap", "no".into());
        assert_eq!(violation.to_string(), "src/a.rs:3: unwrap: no");
    }
}
