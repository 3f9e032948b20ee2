//! Planning problems as every contender gets them: a domain and a problem in a folder of their own.
//!
//! Where the problem names another domain than its domain's file does (`grid_visit_all`, `grid-visit-all`), the name
//! is replaced in the copy, for all contenders alike.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use isogrid_plan::pddl::{Domain, PddlError, Problem, parse_domain, parse_problem};

/// A domain and a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The name of its domain.
    pub domain: String,
    /// The name of its problem.
    pub problem: String,
    /// The domain's text.
    pub domain_text: Vec<u8>,
    /// The problem's text, repaired where needed.
    pub problem_text: Vec<u8>,
    /// Whether the domain's name was replaced.
    pub repaired: bool,
}

/// The same, parsed, for the validator.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The domain.
    pub domain: Domain,
    /// The problem.
    pub problem: Problem,
}

impl Pair {
    /// Reads a pair; names are those of the files without their endings.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn read(domain: &Path, problem: &Path) -> Result<Pair> {
        let text = |path: &Path| fs::read(path).with_context(|| format!("reading {}", stem(path)));
        Ok(Pair::new(&stem(domain), &stem(problem), text(domain)?, text(problem)?))
    }

    /// A pair of texts.
    pub fn new(domain: &str, problem: &str, domain_text: Vec<u8>, problem_text: Vec<u8>) -> Pair {
        let fixed = repair(&domain_text, &problem_text);
        Pair {
            domain: domain.to_string(),
            problem: problem.to_string(),
            repaired: fixed.is_some(),
            problem_text: fixed.unwrap_or(problem_text),
            domain_text,
        }
    }

    /// Writes the pair as `domain.pddl` and `problem.pddl`.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write(&self, folder: &Path) -> Result<()> {
        for (name, text) in [("domain.pddl", &self.domain_text), ("problem.pddl", &self.problem_text)] {
            fs::write(folder.join(name), text).with_context(|| format!("writing {name}"))?;
        }
        Ok(())
    }

    /// Parses the pair with our own parser.
    ///
    /// # Errors
    /// It is not what the parser takes; the message names the place.
    pub fn parse(&self) -> Result<Parsed, PddlError> {
        let (domain, _) = parse_domain(&format!("{}.pddl", self.domain), &self.domain_text)?;
        let (problem, _) = parse_problem(&format!("{}.pddl", self.problem), &self.problem_text, &domain)?;
        Ok(Parsed { domain, problem })
    }
}

/// The name of a file without its ending.
pub fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The `.pddl` files of a folder, by number where their names begin with one, else by name; none if there is no folder.
///
/// # Errors
/// The folder cannot be read.
pub fn pddl_files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", stem(folder)))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "pddl"));
    files.sort_by_key(|path| (leading_number(&stem(path)), stem(path)));
    Ok(files)
}

fn leading_number(name: &str) -> u64 {
    let digits: String =
        name.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(u64::MAX)
}

/// The problem with the domain's own name in it; none where the names agree or cannot be found.
fn repair(domain: &[u8], problem: &[u8]) -> Option<Vec<u8>> {
    let name = name_after(domain, b"domain")?;
    let stated = name_after(problem, b":domain")?;
    let (name, old) = (&domain[name], &problem[stated.clone()]);
    if name.eq_ignore_ascii_case(old) {
        return None;
    }
    Some([&problem[..stated.start], name, &problem[stated.end..]].concat())
}

/// Where the word behind the first `(keyword` stands; comments are passed over.
fn name_after(text: &[u8], keyword: &[u8]) -> Option<std::ops::Range<usize>> {
    let words = words(text);
    let mut pairs = words.iter().zip(words.iter().skip(1));
    let (_, name) = pairs.find(|(word, _)| text[(*word).clone()].eq_ignore_ascii_case(keyword))?;
    Some(name.clone())
}

fn words(text: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut words = Vec::new();
    let (mut start, mut in_comment) = (None, false);
    for (at, &byte) in text.iter().enumerate().chain([(text.len(), &b' ')]) {
        in_comment = if in_comment { byte != b'\n' } else { byte == b';' };
        let ends = in_comment || byte.is_ascii_whitespace() || byte == b'(' || byte == b')';
        match (ends, start) {
            (true, Some(from)) => {
                words.push(from..at);
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_domain_name_is_replaced() {
        let cases: [(&str, &str, Option<&str>); 5] = [
            (
                "; domain x\n(define (domain grid-visit-all))",
                "(define (problem p) (:domain grid_visit_all) (:init))",
                Some("(define (problem p) (:domain grid-visit-all) (:init))"),
            ),
            (
                "(define(DOMAIN a))",
                "(define (problem p)(:Domain b))",
                Some("(define (problem p)(:Domain a))"),
            ),
            ("(define (domain Same))", "(define (problem p) (:domain same))", None),
            ("(define (domain a))", "(define (problem p)) ; (:domain b)", None),
            ("", "(:domain b)", None),
        ];
        for (domain, problem, expected) in cases {
            let pair = Pair::new("d", "p", domain.into(), problem.into());
            assert_eq!(pair.repaired, expected.is_some(), "{problem}");
            assert_eq!(String::from_utf8_lossy(&pair.problem_text), expected.unwrap_or(problem));
        }
    }

    #[test]
    fn files_are_sorted_by_number() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["10_x.pddl", "9_x.pddl", "problem2.pddl", "readme.md"] {
            fs::write(folder.path().join(name), "").expect("writable");
        }
        let names: Vec<String> =
            pddl_files(folder.path()).expect("readable").iter().map(|path| stem(path)).collect();
        assert_eq!(names, ["problem2", "9_x", "10_x"]);
        assert_eq!(pddl_files(&folder.path().join("absent")).expect("no error"), [""; 0].map(PathBuf::from));
    }
}
