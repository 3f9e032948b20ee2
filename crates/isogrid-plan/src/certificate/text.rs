//! Certificates as text, a line for each thing.
//!
//! ```text
//! isogrid certificate 1
//! kind pairs            or relaxed, explored
//! atoms 3
//! (at r left)
//! (at r right)
//! (open door)
//! apart 1               of pairs: groups of places in the list, from 0
//! 0 1
//! end
//! ```
//!
//! Of `explored`, `states N` follows instead: `open` or `dead`, then a hexadecimal digit for four atoms, lowest first.

use std::fmt::Write as _;

use crate::certificate::{AtomName, Certificate, ListedState, Proof, StateKind};
use crate::error::PlanError;

/// How a certificate begins.
pub const MAGIC: &str = "isogrid certificate ";
/// The version that is read and written.
const VERSION: &str = "1";

/// Reads a certificate; `name` is the file's name in messages. Cost: linear in the text.
///
/// # Errors
/// [`PlanError::BadCertificate`] with the line that is not as it should be.
pub fn parse_certificate(name: &str, text: &[u8]) -> Result<Certificate, PlanError> {
    let bad = |line, problem: &str| PlanError::BadCertificate {
        name: name.to_string(),
        line,
        problem: problem.to_string(),
    };
    let text = std::str::from_utf8(text).map_err(|error| {
        let line = 1 + text[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
        bad(line, "not UTF-8")
    })?;
    let mut lines = Lines { rest: text.lines(), number: 0 };
    lines.certificate().map_err(|problem| bad(lines.number, &problem))
}

struct Lines<'t> {
    rest: std::str::Lines<'t>,
    number: usize,
}

impl<'t> Lines<'t> {
    fn certificate(&mut self) -> Result<Certificate, String> {
        match self.next("the header")?.strip_prefix(MAGIC) {
            Some(VERSION) => {}
            Some(version) => return Err(format!("version `{}`, expected {VERSION}", cut(version))),
            None => return Err(format!("not a certificate; one begins with `{MAGIC}{VERSION}`")),
        }
        let kind = self.after("kind")?;
        if !["relaxed", "pairs", "explored"].contains(&kind) {
            return Err(format!("kind `{}`, expected relaxed, pairs or explored", cut(kind)));
        }
        let n_atoms = self.count("atoms")?;
        let mut atoms = Vec::new();
        for _ in 0..n_atoms {
            atoms.push(atom(self.next("an atom")?)?);
        }
        let proof = match kind {
            "relaxed" => Proof::Relaxed,
            "pairs" => {
                let n = self.count("apart")?;
                let group = |lines: &mut Self| group(lines.next("a group of atoms")?, atoms.len());
                Proof::Pairs { apart: (0..n).map(|_| group(self)).collect::<Result<_, _>>()? }
            }
            _ => {
                let n = self.count("states")?;
                let state = |lines: &mut Self| state(lines.next("a state")?, atoms.len());
                Proof::Explored { states: (0..n).map(|_| state(self)).collect::<Result<_, _>>()? }
            }
        };
        match self.next("`end`")? {
            "end" => {}
            other => return Err(format!("`{}`, expected `end`", cut(other))),
        }
        match self.rest.find(|line| !line.trim().is_empty()) {
            Some(_) => Err("more after `end`".to_string()),
            None => Ok(Certificate { atoms, proof }),
        }
    }

    fn next(&mut self, expected: &str) -> Result<&'t str, String> {
        self.number += 1;
        self.rest.next().map(str::trim_end).ok_or_else(|| format!("it ends here, expected {expected}"))
    }

    fn after(&mut self, word: &str) -> Result<&'t str, String> {
        let line = self.next(&format!("`{word}`"))?;
        let rest = line.strip_prefix(word).and_then(|rest| rest.strip_prefix(' '));
        rest.ok_or_else(|| format!("`{}`, expected `{word} ...`", cut(line)))
    }

    /// A count; each thing counted takes a line, so a false one ends with the text.
    fn count(&mut self, word: &str) -> Result<usize, String> {
        let text = self.after(word)?;
        text.parse().map_err(|_| format!("`{}` is not a number of {word}", cut(text)))
    }
}

fn atom(line: &str) -> Result<AtomName, String> {
    let inner = line.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let is_name = |word: &str| {
        !word.is_empty()
            && word.chars().all(|c| !matches!(c, '(' | ')' | ';') && !c.is_whitespace() && !c.is_control())
    };
    let words: Vec<&str> = inner.unwrap_or_default().split(' ').collect();
    match words.split_first() {
        Some((predicate, args)) if words.iter().all(|word| is_name(word)) => Ok(AtomName {
            predicate: predicate.to_ascii_lowercase(),
            args: args.iter().map(|arg| arg.to_ascii_lowercase()).collect(),
        }),
        _ => Err(format!("`{}`, expected an atom such as `(at a b)`", cut(line))),
    }
}

fn group(line: &str, n_atoms: usize) -> Result<Vec<u32>, String> {
    let place = |word: &str| {
        let place = word.parse().ok().filter(|&place: &u32| (place as usize) < n_atoms);
        place.ok_or_else(|| format!("`{}`, expected places in the list of {n_atoms} atoms", cut(word)))
    };
    let places: Vec<u32> = line.split(' ').map(place).collect::<Result<_, _>>()?;
    if places.len() < 2 || !places.is_sorted_by(|a, b| a < b) {
        return Err("a group has two atoms or more, ascending".to_string());
    }
    Ok(places)
}

fn state(line: &str, n_atoms: usize) -> Result<ListedState, String> {
    let (word, digits) = line.split_once(' ').unwrap_or((line, ""));
    let kind = match word {
        "open" => StateKind::Open,
        "dead" => StateKind::Dead,
        _ => return Err(format!("`{}`, expected `open` or `dead`", cut(word))),
    };
    let expected = n_atoms.div_ceil(4);
    if digits.len() != expected {
        return Err(format!("{} digits, expected {expected}", digits.len()));
    }
    let mut holds = vec![0u64; n_atoms.div_ceil(64)];
    for (at, digit) in digits.chars().enumerate() {
        let value = digit.to_digit(16).ok_or_else(|| format!("`{digit}` is not a hexadecimal digit"))?;
        holds[at / 16] |= u64::from(value) << (at % 16 * 4);
    }
    let is_beyond =
        holds.last().is_some_and(|&last| !n_atoms.is_multiple_of(64) && last >> (n_atoms % 64) != 0);
    if is_beyond {
        return Err(format!("more than the {n_atoms} atoms of the list hold"));
    }
    Ok(ListedState { kind, holds: holds.into() })
}

/// As much of a word as a message takes.
fn cut(word: &str) -> String {
    let short: String = word.chars().take(40).collect();
    if short.len() < word.len() { format!("{short}...") } else { short }
}

impl Certificate {
    /// The certificate as text that reads back the same.
    pub fn text(&self) -> String {
        let mut text = format!("{MAGIC}{VERSION}\nkind {}\natoms {}\n", self.proof.kind(), self.atoms.len());
        // Writing to a string cannot fail.
        for atom in &self.atoms {
            let _ = writeln!(text, "{atom}");
        }
        match &self.proof {
            Proof::Relaxed => {}
            Proof::Pairs { apart } => {
                let _ = writeln!(text, "apart {}", apart.len());
                for group in apart {
                    let places: Vec<String> = group.iter().map(ToString::to_string).collect();
                    let _ = writeln!(text, "{}", places.join(" "));
                }
            }
            Proof::Explored { states } => {
                let _ = writeln!(text, "states {}", states.len());
                let n_digits = self.atoms.len().div_ceil(4);
                states.iter().for_each(|state| push_state(&mut text, state, n_digits));
            }
        }
        text.push_str("end\n");
        text
    }
}

fn push_state(text: &mut String, state: &ListedState, n_digits: usize) {
    text.push_str(match state.kind {
        StateKind::Open => "open ",
        StateKind::Dead => "dead ",
    });
    for at in 0..n_digits {
        let digit = state.holds.get(at / 16).map_or(0, |word| word >> (at % 16 * 4) & 15);
        text.push(char::from_digit(digit as u32, 16).unwrap_or('0'));
    }
    text.push('\n');
}
