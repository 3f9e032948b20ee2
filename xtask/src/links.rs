//! Links between the repository's Markdown files: the file exists, and so does the heading.
//!
//! Links to the web are left alone: a test must not need the network.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use crate::repo::Repo;

/// One link.
#[derive(Debug, PartialEq, Eq)]
struct Link {
    line: usize,
    target: String,
}

/// Checks every relative link of every Markdown file.
///
/// # Errors
/// A link leads nowhere, or a file cannot be read.
pub fn run(repo: &Repo) -> Result<()> {
    let paths: Vec<String> = repo.files()?.into_iter().filter(|path| path.ends_with(".md")).collect();
    let mut texts = BTreeMap::new();
    for path in paths {
        let text = repo.read(&path)?;
        texts.insert(path, text);
    }
    let dead = dead_links(&texts, |path| repo.path(path).exists());
    for link in &dead {
        println!("{link}");
    }
    if !dead.is_empty() {
        bail!("links that lead nowhere: {}", dead.len());
    }
    println!("  {} Markdown files", texts.len());
    Ok(())
}

fn dead_links(texts: &BTreeMap<String, String>, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut dead = Vec::new();
    for (path, text) in texts {
        for link in links(text).into_iter().filter(|link| !is_web(&link.target)) {
            if let Some(problem) = problem(path, &link.target, texts, &exists) {
                dead.push(format!("{path}:{}: link `{}`: {problem}", link.line, link.target));
            }
        }
    }
    dead
}

fn problem(
    from: &str,
    target: &str,
    texts: &BTreeMap<String, String>,
    exists: impl Fn(&str) -> bool,
) -> Option<String> {
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let path = if file.is_empty() { Some(from.to_string()) } else { resolve(from, file) };
    let Some(path) = path else { return Some("leaves the repository".into()) };
    if !exists(&path) {
        return Some(format!("there is no `{path}`"));
    }
    let anchor = anchor?;
    let text = texts.get(&path)?;
    (!anchors(text).contains(anchor)).then(|| format!("`{path}` has no heading `#{anchor}`"))
}

fn is_web(target: &str) -> bool {
    ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
}

/// The path from the root of what `target` means in the file `from`.
fn resolve(from: &str, target: &str) -> Option<String> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Lines outside code fences, with code spans blanked out.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let start = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => lines.push((i + 1, without_code_spans(line))),
            _ => {}
        }
    }
    lines
}

fn without_code_spans(line: &str) -> String {
    let parts: Vec<&str> = line.split('`').collect();
    let last = parts.len() - 1;
    let is_code = |i: usize| i % 2 == 1 && i != last;
    parts.iter().enumerate().map(|(i, part)| if is_code(i) { "_" } else { *part }).collect()
}

fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    for (line, prose) in prose(text) {
        for (at, _) in prose.match_indices("](") {
            let target = prose[at + 2..].split([')', ' ']).next().unwrap_or_default();
            found.push(Link { line, target: target.trim_matches(['<', '>']).to_string() });
        }
        if let Some((_, target)) = prose.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
            let target = target.split(' ').next().unwrap_or_default();
            found.push(Link { line, target: target.trim_matches(['<', '>']).to_string() });
        }
    }
    found
}

/// Anchors of a file: headings as code hosts name them, and named HTML anchors.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for (line, prose) in prose(text) {
        let raw = text.lines().nth(line - 1).unwrap_or_default();
        if let Some(title) = heading(raw) {
            let slug = slug(title);
            let count = seen.entry(slug.clone()).or_default();
            found.insert(if *count == 0 { slug } else { format!("{slug}-{count}") });
            *count += 1;
        }
        for mark in ["id=\"", "name=\""] {
            let names = prose.match_indices(mark).map(|(at, _)| &prose[at + mark.len()..]);
            found.extend(names.filter_map(|rest| rest.split('"').next()).map(String::from));
        }
    }
    found
}

fn heading(line: &str) -> Option<&str> {
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    ((1..=6).contains(&level) && title.starts_with(' ')).then(|| title.trim())
}

fn slug(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_become_anchors() {
        let text = "# A `b` & C_d\n## Same\n```\n# code\n```\n## Same\n<a id=\"here\"></a>\n#no heading\n";
        let expected = ["a-b--c_d", "here", "same", "same-1"];
        assert_eq!(anchors(text).into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn dead_links_are_found() {
        let guide = ("docs/guide.md".to_string(), "# Guide\n## Two words\n".to_string());
        let cases = [
            ("a file", "[x](docs/guide.md)", None),
            ("a heading", "[x](docs/guide.md#two-words)", None),
            ("a folder", "[x](docs/)", None),
            ("the web", "[x](https://example.org/a)", None),
            ("in a code span", "`[x](nowhere.md)`", None),
            ("in a code block", "```\n[x](nowhere.md)\n```", None),
            ("its own heading", "# Top\n[x](#top)", None),
            ("an image", "![x](no.png)", Some("README.md:1: link `no.png`: there is no `no.png`")),
            ("a reference", "[x]: no.md", Some("README.md:1: link `no.md`: there is no `no.md`")),
            ("outside", "[x](../no.md)", Some("README.md:1: link `../no.md`: leaves the repository")),
            (
                "no heading",
                "a\n[x](docs/guide.md#three)",
                Some("README.md:2: link `docs/guide.md#three`: `docs/guide.md` has no heading `#three`"),
            ),
        ];
        for (name, text, expected) in cases {
            let texts = BTreeMap::from([guide.clone(), ("README.md".into(), text.to_string())]);
            let dead = dead_links(&texts, |path| matches!(path, "docs" | "docs/guide.md" | "README.md"));
            assert_eq!(dead.first().map(String::as_str), expected, "{name}");
        }
    }
}
