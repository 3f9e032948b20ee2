//! What a certificate claims of every reachable state: which atoms may hold at all, and which hold together.
//!
//! A condition is split into the cases that the claims leave possible. Where there are too many, disjunctions are taken
//! to hold: more seems possible then, never less.

use std::ops::ControlFlow;

use crate::validate::certificate::universe::{AtomId, Atoms, Ground, Halt, Kind, Universe};

/// Cases of one condition that are told apart.
const MAX_CASES: usize = 64;

/// The claims.
pub(crate) struct Claims {
    /// Atoms that may hold; no other one ever does.
    pub(crate) atoms: Atoms,
    /// Whether actions change the atom; axioms derive the others.
    is_fluent: Vec<bool>,
    /// Atoms that may hold together; nothing where no pair is excluded. Only of atoms that actions change.
    together: Option<Vec<Vec<u64>>>,
}

/// Atoms that hold and that do not in one case of a condition.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    pub(crate) holds: Vec<AtomId>,
    pub(crate) fails: Vec<AtomId>,
}

/// Whether pairs of atoms are excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pairs {
    /// None is.
    Free,
    /// All are at first, also of an atom with itself.
    Apart,
}

impl Claims {
    pub(crate) fn new(pairs: Pairs) -> Claims {
        let together = (pairs == Pairs::Apart).then(Vec::new);
        Claims { atoms: Atoms::default(), is_fluent: Vec::new(), together }
    }

    /// Lets an atom hold.
    pub(crate) fn admit(&mut self, universe: &Universe<'_>, key: &[u32]) -> AtomId {
        let atom = self.atoms.intern(key);
        if atom as usize == self.is_fluent.len() {
            self.is_fluent.push(universe.kind(key) == Kind::Fluent);
            if let Some(rows) = &mut self.together {
                rows.push(Vec::new());
            }
            self.join(atom, atom);
        }
        atom
    }

    /// Lets two atoms hold together.
    pub(crate) fn join(&mut self, a: AtomId, b: AtomId) {
        let Some(rows) = &mut self.together else { return };
        for (row, column) in [(a, b), (b, a)] {
            let row = &mut rows[row as usize];
            let word = column as usize / 64;
            if row.len() <= word {
                row.resize(word + 1, 0);
            }
            row[word] |= 1 << (column % 64);
        }
    }

    /// Lets all atoms hold together.
    pub(crate) fn join_all(&mut self) {
        let n_words = self.atoms.len().div_ceil(64);
        self.together.iter_mut().flatten().for_each(|row| *row = vec![u64::MAX; n_words]);
    }

    /// Claims that two atoms never hold together.
    pub(crate) fn part(&mut self, a: AtomId, b: AtomId) {
        let Some(rows) = &mut self.together else { return };
        for (row, column) in [(a, b), (b, a)] {
            if let Some(word) = rows[row as usize].get_mut(column as usize / 64) {
                *word &= !(1 << (column % 64));
            }
        }
    }

    pub(crate) fn has_pairs(&self) -> bool {
        self.together.is_some()
    }

    pub(crate) fn is_fluent(&self, atom: AtomId) -> bool {
        self.is_fluent[atom as usize]
    }

    /// Whether the two are claimed never to hold together.
    pub(crate) fn are_apart(&self, a: AtomId, b: AtomId) -> bool {
        let Some(rows) = &self.together else { return false };
        if a == b || !self.is_fluent(a) || !self.is_fluent(b) {
            return false;
        }
        let word = rows[a as usize].get(b as usize / 64).copied().unwrap_or(0);
        word >> (b % 64) & 1 == 0
    }

    /// Atoms apart from `atom` that may hold in a case.
    pub(crate) fn strangers(&self, atom: AtomId, case: &Case) -> Vec<AtomId> {
        let Some(rows) = &self.together else { return Vec::new() };
        let word_of = |row: AtomId, word: usize| rows[row as usize].get(word).copied().unwrap_or(0);
        let mut found = Vec::new();
        for word in 0..self.atoms.len().div_ceil(64) {
            let with_all = case.holds.iter().filter(|&&held| self.is_fluent(held));
            let mut bits = with_all.fold(!word_of(atom, word), |bits, &held| bits & word_of(held, word));
            while bits != 0 {
                let other = (word * 64) as u32 + bits.trailing_zeros();
                bits &= bits - 1;
                if (other as usize) < self.atoms.len()
                    && self.is_fluent(other)
                    && other != atom
                    && !case.fails.contains(&other)
                {
                    found.push(other);
                }
            }
        }
        found
    }

    /// The cases among `cases` in which the condition may hold.
    pub(crate) fn split(&self, cases: Vec<Case>, condition: &Ground) -> Vec<Case> {
        match condition {
            Ground::True | Ground::Open => cases,
            Ground::False => Vec::new(),
            Ground::Literal { atom, negated } => {
                cases.into_iter().filter_map(|case| self.with(case, *atom, *negated)).collect()
            }
            Ground::And(parts) => {
                let is_literal = |part: &&Ground| matches!(part, Ground::Literal { .. });
                let (first, then): (Vec<&Ground>, Vec<&Ground>) = parts.iter().partition(is_literal);
                first.into_iter().chain(then).fold(cases, |cases, part| self.split(cases, part))
            }
            Ground::Or(parts) => {
                let mut found = Vec::new();
                for part in parts {
                    found.extend(self.split(cases.clone(), part));
                    if found.len() > MAX_CASES {
                        return cases;
                    }
                }
                found
            }
        }
    }

    fn with(&self, mut case: Case, atom: AtomId, negated: bool) -> Option<Case> {
        let (own, other) =
            if negated { (&mut case.fails, &case.holds) } else { (&mut case.holds, &case.fails) };
        if other.contains(&atom) || !negated && own.iter().any(|&held| self.are_apart(held, atom)) {
            return None;
        }
        if !own.contains(&atom) {
            own.push(atom);
        }
        Some(case)
    }

    /// Whether the condition surely holds in a case in which `more` holds too.
    pub(crate) fn entails(&self, case: &Case, more: AtomId, condition: &Ground) -> bool {
        match condition {
            Ground::True => true,
            Ground::False | Ground::Open => false,
            Ground::Literal { atom, negated: false } => *atom == more || case.holds.contains(atom),
            Ground::Literal { atom, negated: true } => {
                let excludes = |held: AtomId| self.are_apart(held, *atom);
                case.fails.contains(atom) || excludes(more) || case.holds.iter().any(|&held| excludes(held))
            }
            Ground::And(parts) => parts.iter().all(|part| self.entails(case, more, part)),
            Ground::Or(parts) => parts.iter().any(|part| self.entails(case, more, part)),
        }
    }
}

/// Continues with a value.
pub(crate) fn go<T>(value: T) -> ControlFlow<Halt, T> {
    ControlFlow::Continue(value)
}
