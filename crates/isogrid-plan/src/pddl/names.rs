//! Name tables with "did you mean".

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, DefaultHasher};

use super::tree::cut;

/// A map that hashes alike in every process; its iteration order is never used.
pub(crate) type Map<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// At most this many names are listed in a message.
const LISTED: usize = 8;
/// Candidates beyond this many are not compared: a hint is not worth seconds.
const COMPARED: usize = 20_000;

/// Names with indices in the order of declaration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names<'a> {
    indices: Map<&'a str, usize>,
    list: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// Adds a name; the earlier index if it is already there, in which case nothing changes.
    pub(crate) fn insert(&mut self, name: &'a str) -> Result<usize, usize> {
        let index = self.list.len();
        match self.indices.entry(name) {
            Entry::Occupied(earlier) => Err(*earlier.get()),
            Entry::Vacant(entry) => {
                entry.insert(index);
                self.list.push(name);
                Ok(index)
            }
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<usize> {
        self.indices.get(name).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The name of an index.
    pub(crate) fn name(&self, index: usize) -> &'a str {
        self.list[index]
    }

    /// All names in the order of declaration.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a str> {
        self.list.iter().copied()
    }

    /// "did you mean ..." for a name that is not there.
    pub(crate) fn did_you_mean(&self, name: &str) -> Option<String> {
        did_you_mean(name, self.list.iter().copied())
    }

    /// The names in words, for "expected ...", if they are few.
    pub(crate) fn listed(&self, what: &str) -> String {
        match self.list.len() {
            0 => format!("{what}, but none is declared"),
            1..=LISTED => {
                format!("{what}: {}", self.list.iter().map(|n| cut(n)).collect::<Vec<_>>().join(", "))
            }
            n => format!("{what}, of {n} declared ones"),
        }
    }
}

impl<'a> FromIterator<&'a str> for Names<'a> {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Names<'a> {
        let mut table = Names::default();
        for name in names {
            // A name that is there twice keeps its first index, but takes part in the count.
            if table.insert(name).is_err() {
                table.list.push(name);
            }
        }
        table
    }
}

/// "did you mean ..." by edit distance: the nearest candidate that differs in at most a third of the name.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let limit = (name.len() / 3).clamp(1, 3);
    let same_but_separators = |other: &str| {
        let bare = |s: &'_ str| s.bytes().filter(|b| !matches!(b, b'-' | b'_')).collect::<Vec<_>>();
        name.len().abs_diff(other.len()) <= 4 && bare(other) == bare(name)
    };
    let distance = |other: &'a str| {
        let distance = if same_but_separators(other) { 0 } else { edit_distance(name, other, limit)? };
        Some((distance, other))
    };
    let nearest =
        candidates.into_iter().take(COMPARED).filter_map(distance).min_by_key(|&(distance, _)| distance);
    nearest.map(|(_, other)| format!("did you mean '{}'?", cut(other)))
}

/// Levenshtein distance with swaps of neighbors, if at most `limit`. Cost: lengths multiplied, for short names only.
fn edit_distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    const LONGEST: usize = 64;
    if a.len().abs_diff(b.len()) > limit || a.len() > LONGEST || b.len() > LONGEST || a == b {
        return None;
    }
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    Some(last[b.len()]).filter(|&distance| distance <= limit && distance < a.len())
}
