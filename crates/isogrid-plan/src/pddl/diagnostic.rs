//! What the parser has to say: places with a caret, errors collected per file, warnings.
//!
//! Lines and columns count from one; columns count characters. The source line is cut to a window around the place.

use std::fmt::{self, Write as _};

use isogrid_core::Diagnose;

use super::tree::{Node, Tree};

/// More errors than this are only counted; unsupported features are always listed in full.
const MAX_ERRORS: usize = 20;
/// More than all features that are known by name.
const MAX_UNSUPPORTED: usize = 100;
const MAX_WARNINGS: usize = 20;
/// Hints that are shown together.
const MAX_HINTS: usize = 5;
/// Characters of the source line that are shown.
const WINDOW: usize = 100;
/// Characters shown before the place in a line that does not fit.
const LEAD: usize = 60;
/// Bytes that are plenty for a window: a character has at most four.
const BYTES: usize = 4 * WINDOW;

/// A place in a file, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Line, from one.
    pub line: usize,
    /// Column in characters, from one.
    pub column: usize,
    /// The source line, or a window of it; control characters are shown as spaces.
    pub excerpt: String,
    /// Characters of `excerpt` before the place.
    pub caret: usize,
    /// Characters under which carets stand, at least one.
    pub width: usize,
}

impl Place {
    /// The place of the bytes `start..end` of `text`, which need not be UTF-8.
    pub(crate) fn of(file: &str, text: &[u8], start: usize, end: usize) -> Place {
        let start = start.min(text.len());
        // A file may be one line of megabytes, so only bytes near the place are looked at closely.
        let line = 1 + count_line_ends(text, start);
        let first = (0..start).rev().find(|&i| is_line_end(text, i)).map_or(0, |i| i + 1);
        let near = &text[start..text.len().min(start + BYTES)];
        let last = start + near.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(near.len());
        let column = text[first..start].iter().filter(|&&b| begins_char(b)).count();
        let rest = String::from_utf8_lossy(&text[start..last]);
        let is_cut = column > LEAD && column + rest.chars().count() > WINDOW;
        let from = if is_cut { back(text, start, LEAD) } else { first };
        let before = String::from_utf8_lossy(&text[from..start]);
        let caret = before.chars().count();
        let window = before.chars().chain(rest.chars()).take(WINDOW);
        let mut excerpt: String = window.map(|c| if c.is_control() { ' ' } else { c }).collect();
        if is_cut {
            excerpt = format!("...{}", excerpt.chars().skip(3).collect::<String>());
        }
        let shown = String::from_utf8_lossy(&text[start..end.clamp(start, last)]);
        let width = shown.chars().count().clamp(1, WINDOW.saturating_sub(caret).max(1));
        Place { file: file.to_string(), line, column: column + 1, excerpt, caret, width }
    }
}

/// Whether a line ends with byte `i`: at a line feed, or a carriage return that none follows.
pub(crate) fn is_line_end(text: &[u8], i: usize) -> bool {
    text[i] == b'\n' || (text[i] == b'\r' && text.get(i + 1) != Some(&b'\n'))
}

fn count_line_ends(text: &[u8], end: usize) -> usize {
    let feeds = text[..end].iter().filter(|&&b| b == b'\n').count();
    let is_lone = |pair: &[u8]| pair[0] == b'\r' && pair[1] != b'\n';
    feeds + text[..text.len().min(end + 1)].windows(2).filter(|pair| is_lone(pair)).count()
}

/// Whether a byte of UTF-8 begins a character.
fn begins_char(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

/// The place `n` characters before `start`, or the beginning.
fn back(text: &[u8], start: usize, n: usize) -> usize {
    (0..start).rev().filter(|&i| begins_char(text[i])).nth(n - 1).unwrap_or(0)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What is wrong, for programs; the message is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiagnosticKind {
    /// Not text, or not UTF-8.
    Encoding,
    /// Parentheses, words and sections are not where they belong.
    Syntax,
    /// Another kind of file was expected.
    WrongFile,
    /// A feature that this planner does not have, by its name.
    Unsupported(String),
    /// A name that was not declared.
    Unknown,
    /// The wrong number of arguments.
    Arity,
    /// An argument or object of the wrong type.
    Type,
    /// A name declared twice.
    Duplicate,
    /// A type that is its own super-type.
    CyclicTypes,
    /// A derived predicate that is changed by an action, given at first, or depends on its own negation.
    Derived,
    /// A number outside its range.
    Value,
    /// More of something than the parser takes.
    Limit,
}

/// One error at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of error.
    pub kind: DiagnosticKind,
    /// Where.
    pub place: Place,
    /// What was found.
    pub message: String,
    /// What was expected instead.
    pub expected: Option<String>,
    /// What to try.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnostic {
    /// Message, source line and caret; no trailing newline and no hint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        if let Some(expected) = &self.expected {
            write!(f, "; expected {expected}")?;
        }
        let number = self.place.line.to_string();
        let margin = " ".repeat(number.len());
        let indent = " ".repeat(self.place.caret);
        let carets = "^".repeat(self.place.width);
        let line = format!("  {number} | {}", self.place.excerpt);
        write!(f, "\n{}\n  {margin} | {indent}{carets}", line.trim_end())
    }
}

/// Everything that is wrong with a PDDL file or a plan file. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PddlError {
    diagnostics: Vec<Diagnostic>,
    omitted: usize,
}

impl PddlError {
    /// An error of one diagnostic.
    pub fn single(diagnostic: Diagnostic) -> PddlError {
        PddlError { diagnostics: vec![diagnostic], omitted: 0 }
    }

    /// The errors: unsupported features first, then in the order of the file. At least one.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// How many more errors were found but not kept.
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// The names of all features that the file needs and this planner does not have.
    pub fn unsupported(&self) -> Vec<&str> {
        self.diagnostics
            .iter()
            .filter_map(|diagnostic| match &diagnostic.kind {
                DiagnosticKind::Unsupported(name) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }
}

impl fmt::Display for PddlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unsupported = self.unsupported();
        if unsupported.len() > 1 {
            let place = &self.diagnostics[0].place;
            writeln!(
                f,
                "{place}: {} features are not supported: {}",
                unsupported.len(),
                unsupported.join(", ")
            )?;
        }
        for (i, diagnostic) in self.diagnostics.iter().enumerate() {
            if i > 0 {
                f.write_char('\n')?;
            }
            write!(f, "{diagnostic}")?;
        }
        match self.omitted {
            0 => Ok(()),
            1 => f.write_str("\n... and one more error"),
            more => write!(f, "\n... and {more} more errors"),
        }
    }
}

impl std::error::Error for PddlError {}

impl Diagnose for PddlError {
    fn hint(&self) -> Option<String> {
        let mut hints: Vec<(usize, &str)> = Vec::new();
        for diagnostic in &self.diagnostics {
            let hint = diagnostic.hint.as_deref().unwrap_or_default();
            if !hint.is_empty() && hints.iter().all(|(_, known)| *known != hint) {
                hints.push((diagnostic.place.line, hint));
            }
        }
        match hints.as_slice() {
            [] => None,
            [(_, hint)] => Some((*hint).to_string()),
            _ => {
                let lines = hints.iter().take(MAX_HINTS).map(|(line, hint)| format!("line {line}: {hint}"));
                Some(lines.collect::<Vec<_>>().join("; "))
            }
        }
    }
}

/// Something odd that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub place: Place,
    /// What, and what was made of it.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// An error before its place is worked out.
#[derive(Debug)]
pub(crate) struct Complaint {
    kind: DiagnosticKind,
    message: String,
    expected: Option<String>,
    hint: Option<String>,
}

impl Complaint {
    pub(crate) fn new(kind: DiagnosticKind, message: impl Into<String>) -> Complaint {
        Complaint { kind, message: message.into(), expected: None, hint: None }
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Complaint {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Complaint {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn hint_if(mut self, hint: Option<String>) -> Complaint {
        self.hint = self.hint.or(hint);
        self
    }

    pub(crate) fn at(self, place: Place) -> Diagnostic {
        Diagnostic { kind: self.kind, place, message: self.message, expected: self.expected, hint: self.hint }
    }
}

/// Collects the errors and warnings of one file.
#[derive(Debug)]
pub(crate) struct Report<'t> {
    tree: &'t Tree<'t>,
    unsupported: Vec<(Node, String, Option<String>)>,
    errors: Vec<(Node, Complaint)>,
    omitted: usize,
    warnings: Vec<(Node, String)>,
}

impl<'t> Report<'t> {
    pub(crate) fn new(tree: &'t Tree<'t>) -> Report<'t> {
        Report { tree, unsupported: Vec::new(), errors: Vec::new(), omitted: 0, warnings: Vec::new() }
    }

    /// Adds an error; `problem` is asked for only while there is room, as working out a hint is slow.
    pub(crate) fn error(&mut self, node: Node, problem: impl FnOnce() -> Complaint) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push((node, problem()));
        } else {
            self.omitted += 1;
        }
    }

    /// Adds an unsupported feature, once per name.
    pub(crate) fn unsupported(&mut self, node: Node, name: &str) {
        self.unsupported_with(node, name, || None);
    }

    /// The same with a hint of its own.
    pub(crate) fn unsupported_with(&mut self, node: Node, name: &str, hint: impl FnOnce() -> Option<String>) {
        if self.unsupported.iter().any(|(_, known, _)| known == name) {
            return;
        }
        if self.unsupported.len() < MAX_UNSUPPORTED {
            self.unsupported.push((node, name.to_string(), hint()));
        } else {
            self.omitted += 1;
        }
    }

    /// Adds a warning; beyond a limit they are dropped.
    pub(crate) fn warn(&mut self, node: Node, message: impl FnOnce() -> String) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push((node, message()));
        }
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_clean(&self) -> bool {
        self.errors.is_empty() && self.unsupported.is_empty()
    }

    /// The warnings, or all errors if there are any.
    pub(crate) fn finish(mut self) -> Result<Vec<Warning>, PddlError> {
        let tree = self.tree;
        if self.is_clean() {
            self.warnings.sort_by_key(|&(node, _)| node);
            let warn = |(node, message)| Warning { place: tree.place(node), message };
            return Ok(self.warnings.into_iter().map(warn).collect());
        }
        self.unsupported.sort_by_key(|&(node, ..)| node);
        self.errors.sort_by_key(|&(node, _)| node);
        let refuse = |(node, name, hint): (Node, String, Option<String>)| {
            let message = format!("not supported: {name}");
            let hint = hint.unwrap_or_else(|| {
                "the planner takes :adl, :derived-predicates, :numeric-fluents and :action-costs".into()
            });
            Complaint::new(DiagnosticKind::Unsupported(name), message).hint(hint).at(tree.place(node))
        };
        let mut diagnostics: Vec<_> = self.unsupported.into_iter().map(refuse).collect();
        diagnostics.extend(self.errors.into_iter().map(|(node, problem)| problem.at(tree.place(node))));
        Err(PddlError { diagnostics, omitted: self.omitted })
    }
}
