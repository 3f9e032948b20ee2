//! All assignments of objects to variables under which a condition may hold.
//!
//! Variables are bound one after the other, those with the fewest candidates first. A literal of the condition's
//! outermost conjunction is tested as soon as its variables are bound; where it is positive, the candidates for its last
//! variable are looked up.

use std::ops::ControlFlow;

use isogrid_num::hash::FastMap;

use crate::pddl::{Atom, Formula, Literal, Param, Term};
use crate::validate::certificate::universe::{Atoms, Halt, Kind, Meter, Universe, resolve, with_key};

/// Not bound yet.
const UNBOUND: usize = usize::MAX;

/// How the variables after a prefix of bound ones are assigned.
pub(crate) struct Assignments<'a> {
    universe: &'a Universe<'a>,
    atoms: &'a Atoms,
    levels: Vec<Level<'a>>,
    /// Literals that are complete when so many variables are bound.
    tests: Vec<Vec<&'a Literal>>,
}

/// A variable and where its objects come from.
struct Level<'a> {
    variable: usize,
    /// Those that its types admit.
    objects: Vec<usize>,
    lookup: Option<Lookup<'a>>,
}

/// The objects that complete an atom that may hold, by its other arguments.
struct Lookup<'a> {
    variable: usize,
    terms: &'a [Term],
    rows: FastMap<Vec<u32>, Vec<usize>>,
}

/// A literal with the variables that it still misses, and how many atoms may match it.
struct Open<'a> {
    needed: Vec<usize>,
    literal: &'a Literal,
    size: usize,
}

impl<'a> Assignments<'a> {
    /// `params` follow `n_bound` variables that are bound; only where there are none is a table worth its while.
    pub(crate) fn new(
        universe: &'a Universe<'a>,
        atoms: &'a Atoms,
        (n_bound, params): (usize, &[Param]),
        condition: &'a Formula,
    ) -> Assignments<'a> {
        let mut open: Vec<Open<'a>> = condition
            .conjuncts()
            .iter()
            .filter_map(|part| match part {
                Formula::Literal(literal) => Some(Open {
                    needed: variables(literal, n_bound),
                    literal,
                    size: size(universe, atoms, literal),
                }),
                _ => None,
            })
            .collect();
        let mut left: Vec<(usize, Vec<usize>)> =
            params.iter().enumerate().map(|(at, param)| (n_bound + at, universe.admitted(param))).collect();
        let mut found =
            Assignments { universe, atoms, levels: Vec::new(), tests: vec![take_complete(&mut open)] };
        while !left.is_empty() {
            let best = (0..left.len()).min_by_key(|&at| rank(&left[at], &open)).unwrap_or(0);
            let (variable, objects) = left.remove(best);
            open.iter_mut().for_each(|open| open.needed.retain(|&other| other != variable));
            let tests = take_complete(&mut open);
            let lookup = if n_bound == 0 { found.lookup(variable, &objects, &tests) } else { None };
            found.levels.push(Level { variable, objects, lookup });
            found.tests.push(tests);
        }
        found
    }

    /// A table for the smallest of the literals that the variable completes.
    fn lookup(&self, variable: usize, objects: &[usize], tests: &[&'a Literal]) -> Option<Lookup<'a>> {
        let best =
            tests.iter().filter(|literal| !literal.negated).filter_map(|literal| match &literal.atom {
                Atom::Predicate(predicate, terms) => {
                    Some((size(self.universe, self.atoms, literal), *predicate, terms))
                }
                Atom::Equal(..) => None,
            });
        let (_, predicate, terms) = best.min_by_key(|&(size, ..)| size)?;
        let mut is_admitted = vec![false; self.universe.problem.objects.len()];
        objects.iter().for_each(|&object| is_admitted[object] = true);
        let mut lookup = Lookup { variable, terms, rows: FastMap::default() };
        let mut note = |key: &[u32]| {
            let own = |(term, _): &(&Term, &u32)| **term == Term::Param(variable);
            let (mine, others): (Vec<_>, Vec<_>) = terms.iter().zip(&key[1..]).partition(own);
            let [(_, first), rest @ ..] = mine.as_slice() else { return };
            if rest.iter().all(|(_, other)| other == first) && is_admitted[**first as usize] {
                let row = others.into_iter().map(|(_, &arg)| arg).collect();
                lookup.rows.entry(row).or_default().push(**first as usize);
            }
        };
        self.universe.static_keys(predicate).iter().for_each(|key| note(key));
        self.atoms.of_predicate(predicate).for_each(&mut note);
        lookup.rows.values_mut().for_each(|row| row.sort_unstable());
        Some(lookup)
    }

    /// Calls `visit` with every assignment; `binding` holds the bound variables and is as before at the end.
    pub(crate) fn for_each(
        &self,
        binding: &mut Vec<usize>,
        meter: &mut Meter<'_>,
        visit: &mut dyn FnMut(&mut Vec<usize>, &mut Meter<'_>) -> ControlFlow<Halt>,
    ) -> ControlFlow<Halt> {
        let n_bound = binding.len();
        binding.resize(n_bound + self.levels.len(), UNBOUND);
        let ended = self.bind((0, binding), meter, visit);
        binding.truncate(n_bound);
        ended
    }

    fn bind(
        &self,
        (depth, binding): (usize, &mut Vec<usize>),
        meter: &mut Meter<'_>,
        visit: &mut dyn FnMut(&mut Vec<usize>, &mut Meter<'_>) -> ControlFlow<Halt>,
    ) -> ControlFlow<Halt> {
        meter.step(1 + self.tests[depth].len() as u64)?;
        if !self.tests[depth].iter().all(|literal| self.may_hold(literal, binding)) {
            return ControlFlow::Continue(());
        }
        let Some(level) = self.levels.get(depth) else { return visit(binding, meter) };
        let objects = match &level.lookup {
            Some(lookup) => lookup.candidates(binding),
            None => &level.objects,
        };
        for &object in objects {
            binding[level.variable] = object;
            self.bind((depth + 1, binding), meter, visit)?;
        }
        binding[level.variable] = UNBOUND;
        ControlFlow::Continue(())
    }

    fn may_hold(&self, literal: &Literal, binding: &[usize]) -> bool {
        match &literal.atom {
            Atom::Equal(a, b) => (resolve(*a, binding) == resolve(*b, binding)) != literal.negated,
            Atom::Predicate(predicate, terms) => {
                with_key(*predicate, terms, binding, |key| match self.universe.kind(key) {
                    Kind::Static => self.universe.is_static(key) != literal.negated,
                    _ => literal.negated || self.atoms.get(key).is_some(),
                })
            }
        }
    }
}

/// The variables of a literal from `first` on.
fn variables(literal: &Literal, first: usize) -> Vec<usize> {
    let terms = match &literal.atom {
        Atom::Predicate(_, terms) => terms.clone(),
        Atom::Equal(a, b) => vec![*a, *b],
    };
    let mut found: Vec<usize> = terms
        .into_iter()
        .filter_map(|term| match term {
            Term::Param(param) if param >= first => Some(param),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn take_complete<'a>(open: &mut Vec<Open<'a>>) -> Vec<&'a Literal> {
    let complete = open.iter().filter(|open| open.needed.is_empty()).map(|open| open.literal).collect();
    open.retain(|open| !open.needed.is_empty());
    complete
}

/// How many atoms may match; unknown of what does not name them.
fn size(universe: &Universe<'_>, atoms: &Atoms, literal: &Literal) -> usize {
    match &literal.atom {
        Atom::Predicate(predicate, _) if !literal.negated => {
            universe.static_keys(*predicate).len() + atoms.of_predicate(*predicate).len()
        }
        _ => usize::MAX,
    }
}

/// About how many candidates a variable has, then the size of the smallest literal that names it.
fn rank((variable, objects): &(usize, Vec<usize>), open: &[Open<'_>]) -> (usize, usize) {
    let smallest = |sizes: &mut dyn Iterator<Item = usize>| sizes.min().unwrap_or(usize::MAX);
    let naming = open.iter().filter(|open| open.needed.contains(variable));
    let size = smallest(&mut naming.map(|open| open.size));
    let completed = open.iter().filter(|open| open.needed == [*variable]);
    // An equality leaves one candidate, or all but one.
    let last = smallest(&mut completed.map(|open| open.size / objects.len().max(1)));
    (objects.len().min(size).min(last), size)
}

impl Lookup<'_> {
    fn candidates(&self, binding: &[usize]) -> &[usize] {
        let others = self.terms.iter().filter(|term| **term != Term::Param(self.variable));
        let key: Vec<u32> = others.map(|&term| resolve(term, binding) as u32).collect();
        self.rows.get(&key).map_or(&[], Vec::as_slice)
    }
}
