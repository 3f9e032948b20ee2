//! Licenses and sources of dependencies, against the allow list of deny.toml.
//!
//! `cargo deny` does more, but takes minutes to compile; this keeps its two hard rules true without it.

use anyhow::{Context, Result};

use super::Violation;
use super::metadata::Outside;

/// What cargo calls a registry, as against a path or a git repository.
const REGISTRY: &str = "registry+";

/// The `allow` list of the `[licenses]` table.
///
/// # Errors
/// There is no such list.
pub fn allowed(deny_toml: &str) -> Result<Vec<String>> {
    let table = deny_toml.split_once("[licenses]").context("deny.toml has no [licenses] table")?.1;
    let list = table.split_once("allow = [").context("[licenses] of deny.toml has no `allow` list")?.1;
    let list = list.split_once(']').context("the `allow` list of deny.toml does not end")?.0;
    let quoted = list.lines().flat_map(|line| line.split('#').next().unwrap_or_default().split(','));
    let names = quoted.map(|name| name.trim().trim_matches('"').to_string());
    Ok(names.filter(|name| !name.is_empty()).collect())
}

/// The `exceptions` list of the `[licenses]` table: packages, each with one license that only it may have. None where
/// there is no such list.
pub fn exceptions(deny_toml: &str) -> Vec<(String, String)> {
    let table = deny_toml.split_once("[licenses]").map_or("", |(_, table)| table);
    let list = table.split_once("exceptions = [").and_then(|(_, list)| list.split_once("\n]"));
    let quoted = |line: &str, key: &str| {
        let (_, value) = line.split_once(key)?;
        value.split('"').nth(1).map(str::to_string)
    };
    let lines = list.map_or("", |(list, _)| list).lines();
    lines.filter_map(|line| Some((quoted(line, "crate")?, quoted(line, "allow")?))).collect()
}

/// Every package whose license is not allowed, or that does not come from the registry.
pub fn check(packages: &[Outside], allowed: &[String], exceptions: &[(String, String)]) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in packages {
        let name = format!("{} {}", package.name, package.version);
        match &package.license {
            None => found.push(wrong("license", format!("`{name}` declares no license"))),
            Some(license)
                if !satisfied(license, allowed)
                    && !exceptions.contains(&(package.name.clone(), license.clone())) =>
            {
                let message = format!("`{name}` is under `{license}`, which deny.toml does not allow");
                found.push(wrong("license", message));
            }
            Some(_) => {}
        }
        if package.source.as_deref().is_some_and(|source| !source.starts_with(REGISTRY)) {
            found.push(wrong("source", format!("`{name}` does not come from the registry")));
        }
    }
    found
}

fn wrong(rule: &'static str, message: String) -> Violation {
    Violation::new("Cargo.lock", 1, rule, message)
}

/// Whether a license expression holds when exactly the licenses in `allowed` are accepted.
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allowed };
    reader.any() && reader.words.is_empty()
}

/// What is left of an expression.
struct Reader<'a> {
    words: &'a [&'a str],
    allowed: &'a [String],
}

impl Reader<'_> {
    fn take(&mut self, word: &str) -> bool {
        let hit = self.words.first() == Some(&word);
        if hit {
            self.words = &self.words[1..];
        }
        hit
    }

    fn any(&mut self) -> bool {
        let mut holds = self.all();
        while self.take("OR") {
            holds |= self.all();
        }
        holds
    }

    fn all(&mut self) -> bool {
        let mut holds = self.one();
        while self.take("AND") {
            holds &= self.one();
        }
        holds
    }

    fn one(&mut self) -> bool {
        if self.take("(") {
            let holds = self.any();
            return self.take(")") && holds;
        }
        let Some((first, rest)) = self.words.split_first() else { return false };
        let mut name = (*first).to_string();
        self.words = rest;
        if self.take("WITH") {
            let Some((exception, rest)) = self.words.split_first() else { return false };
            name = format!("{name} WITH {exception}");
            self.words = rest;
        }
        self.allowed.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_judged() {
        let allowed =
            ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"].map(String::from);
        let cases = [
            ("MIT", true),
            ("MIT OR GPL-3.0", true),
            ("GPL-3.0 OR MIT", true),
            ("MIT/Apache-2.0", true),
            ("MIT AND GPL-3.0", false),
            ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
            ("(MIT OR Apache-2.0) AND OpenSSL", false),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("MIT WITH LLVM-exception", false),
            ("EUPL-1.2", false),
            ("(MIT", false),
            ("", false),
        ];
        for (expression, expected) in cases {
            assert_eq!(satisfied(expression, &allowed), expected, "{expression}");
        }
    }

    #[test]
    fn the_allow_list_is_read() {
        let text = "[bans]\nallow = [\"x\"]\n[licenses]\nallow = [\n  \"MIT\", # ours\n  \"Zlib\",\n]\n";
        assert_eq!(allowed(text).expect("a list"), ["MIT", "Zlib"]);
        assert!(allowed("[bans]\nallow = []\n").is_err());
    }

    #[test]
    fn exceptions_are_read() {
        let text = "[licenses]\nallow = [\n  \"MIT\",\n]\nexceptions = [\n  \
                    { crate = \"a\", allow = [\"MPL-2.0\"] }, # why\n]\n";
        assert_eq!(exceptions(text), [("a".to_string(), "MPL-2.0".to_string())]);
        assert!(exceptions("[licenses]\nallow = [\n]\n").is_empty());
    }

    #[test]
    fn packages_are_judged() {
        let package = |license: Option<&str>, source: &str| Outside {
            name: "a".into(),
            version: "1.0.0".into(),
            license: license.map(String::from),
            source: Some(source.into()),
        };
        let cases = [
            ("good", package(Some("MIT"), REGISTRY), vec![]),
            ("no license", package(None, REGISTRY), vec!["license"]),
            ("another license", package(Some("EUPL-1.2"), REGISTRY), vec!["license"]),
            ("an exception", package(Some("MPL-2.0"), REGISTRY), vec![]),
            ("a fork", package(Some("MIT"), "git+https://example.org/a"), vec!["source"]),
        ];
        for (name, package, expected) in cases {
            let exceptions =
                [("a".to_string(), "MPL-2.0".to_string()), ("b".to_string(), "EUPL-1.2".to_string())];
            let found: Vec<_> =
                check(&[package], &["MIT".into()], &exceptions).iter().map(|v| v.rule).collect();
            assert_eq!(found, expected, "{name}");
        }
    }
}
