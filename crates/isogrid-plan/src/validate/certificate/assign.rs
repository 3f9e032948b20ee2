//! All assignments of objects to variables under which a condition may hold.
//!
//! Variables are bound one after the other, those first that complete a literal soonest; a literal of the condition's
//! outermost conjunction is tested as soon as its variables are bound. Left out: joins by index.

use std::ops::ControlFlow;

use crate::pddl::{Atom, Formula, Literal, Param, Term};
use crate::validate::certificate::universe::{Atoms, Halt, Kind, Meter, Universe, resolve, with_key};

/// Not bound yet.
const UNBOUND: usize = usize::MAX;

/// How the variables after a prefix of bound ones are assigned.
pub(crate) struct Assignments<'a> {
    universe: &'a Universe<'a>,
    /// The variables in the order of their binding, each with the objects that it admits.
    order: Vec<(usize, Vec<usize>)>,
    /// Literals that are complete when so many variables are bound.
    tests: Vec<Vec<&'a Literal>>,
}

impl<'a> Assignments<'a> {
    /// `params` follow `n_bound` variables that are bound.
    pub(crate) fn new(
        universe: &'a Universe<'a>,
        (n_bound, params): (usize, &[Param]),
        condition: &'a Formula,
    ) -> Assignments<'a> {
        let mut open: Vec<(Vec<usize>, &Literal)> = condition
            .conjuncts()
            .iter()
            .filter_map(|part| match part {
                Formula::Literal(literal) => Some((variables(literal, n_bound), literal)),
                _ => None,
            })
            .collect();
        let mut left: Vec<(usize, Vec<usize>)> =
            params.iter().enumerate().map(|(at, param)| (n_bound + at, universe.admitted(param))).collect();
        let mut order = Vec::new();
        let mut tests = vec![take_complete(&mut open)];
        while !left.is_empty() {
            let rank = |(variable, objects): &(usize, Vec<usize>)| {
                let completes = open.iter().filter(|(needed, _)| needed == &[*variable]).count();
                let in_smallest =
                    open.iter().filter(|(needed, _)| needed.contains(variable)).map(|(n, _)| n.len());
                (std::cmp::Reverse(completes), in_smallest.min().unwrap_or(usize::MAX), objects.len())
            };
            let best = (0..left.len()).min_by_key(|&at| rank(&left[at])).unwrap_or(0);
            let chosen = left.remove(best);
            open.iter_mut().for_each(|(needed, _)| needed.retain(|&variable| variable != chosen.0));
            order.push(chosen);
            tests.push(take_complete(&mut open));
        }
        Assignments { universe, order, tests }
    }

    /// Calls `visit` with every assignment; `binding` holds the bound variables and is as before at the end.
    pub(crate) fn for_each(
        &self,
        atoms: &Atoms,
        binding: &mut Vec<usize>,
        meter: &mut Meter<'_>,
        visit: &mut dyn FnMut(&mut Vec<usize>, &mut Meter<'_>) -> ControlFlow<Halt>,
    ) -> ControlFlow<Halt> {
        let n_bound = binding.len();
        binding.resize(n_bound + self.order.len(), UNBOUND);
        let ended = self.bind(atoms, (0, binding), meter, visit);
        binding.truncate(n_bound);
        ended
    }

    fn bind(
        &self,
        atoms: &Atoms,
        (depth, binding): (usize, &mut Vec<usize>),
        meter: &mut Meter<'_>,
        visit: &mut dyn FnMut(&mut Vec<usize>, &mut Meter<'_>) -> ControlFlow<Halt>,
    ) -> ControlFlow<Halt> {
        meter.step(1 + self.tests[depth].len() as u64)?;
        if !self.tests[depth].iter().all(|literal| self.may_hold(atoms, literal, binding)) {
            return ControlFlow::Continue(());
        }
        let Some((variable, objects)) = self.order.get(depth) else { return visit(binding, meter) };
        for &object in objects {
            binding[*variable] = object;
            self.bind(atoms, (depth + 1, binding), meter, visit)?;
        }
        binding[*variable] = UNBOUND;
        ControlFlow::Continue(())
    }

    fn may_hold(&self, atoms: &Atoms, literal: &Literal, binding: &[usize]) -> bool {
        match &literal.atom {
            Atom::Equal(a, b) => (resolve(*a, binding) == resolve(*b, binding)) != literal.negated,
            Atom::Predicate(predicate, terms) => {
                with_key(*predicate, terms, binding, |key| match self.universe.kind(key) {
                    Kind::Static => self.universe.is_static(key) != literal.negated,
                    _ => literal.negated || atoms.get(key).is_some(),
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

fn take_complete<'a>(open: &mut Vec<(Vec<usize>, &'a Literal)>) -> Vec<&'a Literal> {
    let complete = open.iter().filter(|(needed, _)| needed.is_empty()).map(|(_, literal)| *literal).collect();
    open.retain(|(needed, _)| !needed.is_empty());
    complete
}
