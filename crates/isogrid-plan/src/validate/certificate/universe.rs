//! A problem as its certificates are judged: which predicates and functions change, what the others say, and conditions
//! with objects put in for variables.
//!
//! Straight from the syntax tree. Predicates that nothing changes are evaluated at once; so are comparisons of functions
//! that nothing changes. Other comparisons stay open: whoever judges must be content that they hold and that they do not.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::hash::{FastMap, FastSet};

use crate::numbers::settle;
use crate::pddl::{
    Atom, Change, Comparison, Domain, Expression, Formula, GroundAtom, Leaf, Param, Problem, Relation,
    TOTAL_COST, Term, strata,
};
use crate::validate::certificate::refusal::Refusal;
use crate::validate::evaluate::apply_arithmetic;

/// A predicate and its arguments.
pub(crate) type Key = Box<[u32]>;
/// Index of an atom in a table.
pub(crate) type AtomId = u32;

/// What ends a judgement early.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The context ended the work.
    Stop(Stop),
    /// A claim does not hold.
    Refused(Box<Refusal>),
}

/// Counts work in ticks of a context.
pub(crate) struct Meter<'c> {
    ctx: &'c Ctx,
    steps: u64,
}

/// Conditions looked at that count as one tick.
const STEPS_PER_TICK: u64 = 32;

impl<'c> Meter<'c> {
    pub(crate) fn new(ctx: &'c Ctx) -> Meter<'c> {
        Meter { ctx, steps: 0 }
    }

    #[inline]
    pub(crate) fn step(&mut self, n: u64) -> ControlFlow<Halt> {
        self.steps += n;
        if self.steps < STEPS_PER_TICK {
            return ControlFlow::Continue(());
        }
        let ticks = self.steps / STEPS_PER_TICK;
        self.steps %= STEPS_PER_TICK;
        match self.ctx.tick(ticks) {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(stop) => ControlFlow::Break(Halt::Stop(stop)),
        }
    }
}

/// Atoms with numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Atoms {
    ids: FastMap<Key, AtomId>,
    keys: Vec<Key>,
    by_predicate: FastMap<u32, Vec<AtomId>>,
}

impl Atoms {
    pub(crate) fn get(&self, key: &[u32]) -> Option<AtomId> {
        self.ids.get(key).copied()
    }

    /// The atom's number, a new one where it has none.
    pub(crate) fn intern(&mut self, key: &[u32]) -> AtomId {
        if let Some(id) = self.get(key) {
            return id;
        }
        let id = self.keys.len() as AtomId;
        self.ids.insert(key.into(), id);
        self.keys.push(key.into());
        self.by_predicate.entry(key[0]).or_default().push(id);
        id
    }

    pub(crate) fn key(&self, id: AtomId) -> &[u32] {
        &self.keys[id as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The atoms of a predicate.
    pub(crate) fn of_predicate(&self, predicate: usize) -> impl ExactSizeIterator<Item = &[u32]> {
        let ids = self.by_predicate.get(&(predicate as u32)).map_or(&[][..], Vec::as_slice);
        ids.iter().map(|&id| self.key(id))
    }
}

/// What can happen to a predicate's atoms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing changes them.
    Static,
    /// Actions change them.
    Fluent,
    /// Axioms derive them.
    Derived,
}

/// A condition without variables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ground {
    True,
    False,
    /// A comparison of numbers that change.
    Open,
    Literal {
        atom: AtomId,
        negated: bool,
    },
    And(Vec<Ground>),
    Or(Vec<Ground>),
}

/// The problem.
pub(crate) struct Universe<'a> {
    pub(crate) domain: &'a Domain,
    pub(crate) problem: &'a Problem,
    kinds: Vec<Kind>,
    /// Initial atoms of predicates that nothing changes.
    statics: FastSet<Key>,
    statics_of: Vec<Vec<Key>>,
    /// Functions that actions change.
    is_changing: Vec<bool>,
    values: FastMap<(usize, Vec<usize>), f64>,
    /// Axioms in the order of their layers, with the layer of each.
    pub(crate) axioms: Vec<(usize, usize)>,
}

impl<'a> Universe<'a> {
    pub(crate) fn new(domain: &'a Domain, problem: &'a Problem) -> Universe<'a> {
        let mut kinds = vec![Kind::Static; domain.predicates.len()];
        let mut is_changing = vec![false; domain.functions.len()];
        for effect in domain.actions.iter().flat_map(|action| &action.effects) {
            match &effect.change {
                Change::Literal(literal) => {
                    if let Atom::Predicate(predicate, _) = literal.atom {
                        kinds[predicate] = Kind::Fluent;
                    }
                }
                Change::Number { function, .. } => is_changing[*function] = true,
            }
        }
        domain.axioms.iter().for_each(|axiom| kinds[axiom.predicate] = Kind::Derived);
        let is_static = |atom: &&GroundAtom| kinds[atom.predicate] == Kind::Static;
        let statics: FastSet<Key> = problem.init.iter().filter(is_static).map(key_of).collect();
        let mut statics_of = vec![Vec::new(); domain.predicates.len()];
        statics.iter().for_each(|key| statics_of[key[0] as usize].push(key.clone()));
        let mut values: FastMap<(usize, Vec<usize>), f64> = problem
            .function_values
            .iter()
            .map(|value| ((value.function, value.args.clone()), settle(value.value)))
            .collect();
        if let Some(total_cost) = domain.functions.iter().position(|function| function.name == TOTAL_COST) {
            values.entry((total_cost, Vec::new())).or_insert(0.0);
        }
        let conditions = domain.axioms.iter().map(|axiom| (axiom.predicate, &axiom.condition));
        let layers = strata(domain.predicates.len(), conditions).unwrap_or_default();
        let layer = |predicate: usize| layers.get(predicate).copied().unwrap_or(1);
        let mut axioms: Vec<(usize, usize)> =
            domain.axioms.iter().enumerate().map(|(at, axiom)| (layer(axiom.predicate), at)).collect();
        axioms.sort_unstable();
        Universe { domain, problem, kinds, statics, statics_of, is_changing, values, axioms }
    }

    pub(crate) fn kind(&self, key: &[u32]) -> Kind {
        self.kinds[key[0] as usize]
    }

    pub(crate) fn is_static(&self, key: &[u32]) -> bool {
        self.statics.contains(key)
    }

    /// Initial atoms of a predicate that nothing changes.
    pub(crate) fn static_keys(&self, predicate: usize) -> &[Key] {
        if self.kinds[predicate] == Kind::Static { &self.statics_of[predicate] } else { &[] }
    }

    /// Initial atoms that actions change.
    pub(crate) fn initial(&self) -> impl Iterator<Item = Key> {
        let is_fluent = |atom: &&GroundAtom| self.kinds[atom.predicate] == Kind::Fluent;
        self.problem.init.iter().filter(is_fluent).map(key_of)
    }

    /// The objects that may stand for a variable.
    pub(crate) fn admitted(&self, param: &Param) -> Vec<usize> {
        let objects = &self.problem.objects;
        (0..objects.len()).filter(|&object| self.domain.admits(&objects[object], param)).collect()
    }

    /// A function that changes and that a condition looks at.
    pub(crate) fn number_read(&self) -> Option<&'a str> {
        let domain = self.domain;
        let conditions = domain.actions.iter().flat_map(|action| {
            [&action.precondition].into_iter().chain(action.effects.iter().map(|effect| &effect.condition))
        });
        let axioms = domain.axioms.iter().map(|axiom| &axiom.condition);
        let mut found = None;
        for formula in conditions.chain(axioms).chain([&self.problem.goal]) {
            formula.for_each_leaf(&mut |leaf| {
                let Leaf::Compare(comparison) = leaf else { return };
                for side in [&comparison.left, &comparison.right] {
                    side.for_each_function(&mut |function, _| {
                        if self.is_changing[function] {
                            found.get_or_insert(domain.functions[function].name.as_str());
                        }
                    });
                }
            });
        }
        found
    }

    /// The condition with `binding` put in. Atoms that are not in the table never hold.
    pub(crate) fn ground(
        &self,
        atoms: &Atoms,
        formula: &Formula,
        binding: &mut Vec<usize>,
        meter: &mut Meter<'_>,
    ) -> ControlFlow<Halt, Ground> {
        meter.step(1)?;
        ControlFlow::Continue(match formula {
            Formula::Literal(literal) => match &literal.atom {
                Atom::Equal(a, b) => truth((resolve(*a, binding) == resolve(*b, binding)) != literal.negated),
                Atom::Predicate(predicate, terms) => {
                    with_key(*predicate, terms, binding, |key| match (self.kind(key), atoms.get(key)) {
                        (Kind::Static, _) => truth(self.is_static(key) != literal.negated),
                        (_, Some(atom)) => Ground::Literal { atom, negated: literal.negated },
                        (_, None) => truth(literal.negated),
                    })
                }
            },
            Formula::Compare(comparison) => self.compare(comparison, binding),
            Formula::And(parts) => {
                let parts = parts.iter().map(|part| self.ground(atoms, part, binding, meter));
                all(parts)?
            }
            Formula::Or(parts) => {
                let parts = parts.iter().map(|part| self.ground(atoms, part, binding, meter));
                any(parts)?
            }
            Formula::Forall(params, body) => all(self.unrolled(atoms, (params, body), binding, meter)?)?,
            Formula::Exists(params, body) => any(self.unrolled(atoms, (params, body), binding, meter)?)?,
        })
    }

    /// The body for every choice of objects.
    fn unrolled(
        &self,
        atoms: &Atoms,
        (params, body): (&[Param], &Formula),
        binding: &mut Vec<usize>,
        meter: &mut Meter<'_>,
    ) -> ControlFlow<Halt, Vec<ControlFlow<Halt, Ground>>> {
        let Some((first, rest)) = params.split_first() else {
            return ControlFlow::Continue(vec![ControlFlow::Continue(
                self.ground(atoms, body, binding, meter)?,
            )]);
        };
        let mut found = Vec::new();
        for object in self.admitted(first) {
            binding.push(object);
            found.extend(self.unrolled(atoms, (rest, body), binding, meter)?);
            binding.pop();
        }
        ControlFlow::Continue(found)
    }

    fn compare(&self, comparison: &Comparison, binding: &[usize]) -> Ground {
        let mut is_open = false;
        for side in [&comparison.left, &comparison.right] {
            side.for_each_function(&mut |function, _| is_open |= self.is_changing[function]);
        }
        if is_open {
            return Ground::Open;
        }
        let sides = [&comparison.left, &comparison.right].map(|side| self.value(side, binding));
        let [Some(left), Some(right)] = sides else { return Ground::False };
        let difference = settle(left - right);
        truth(match comparison.relation {
            Relation::Less => difference < 0.0,
            Relation::AtMost => difference <= 0.0,
            Relation::Equal => difference == 0.0,
            Relation::AtLeast => difference >= 0.0,
            Relation::Greater => difference > 0.0,
        })
    }

    fn value(&self, expression: &Expression, binding: &[usize]) -> Option<f64> {
        match expression {
            Expression::Number(number) => Some(settle(*number)),
            Expression::Function(function, terms) => {
                let args = terms.iter().map(|&term| resolve(term, binding)).collect();
                self.values.get(&(*function, args)).copied()
            }
            Expression::Apply(operator, operands) => {
                let operands: Option<Vec<f64>> =
                    operands.iter().map(|operand| self.value(operand, binding)).collect();
                apply_arithmetic(*operator, &operands?).ok()
            }
        }
    }

    /// An atom in PDDL.
    pub(crate) fn text(&self, key: &[u32]) -> String {
        let args = key[1..].iter().map(|&object| format!(" {}", self.problem.objects[object as usize].name));
        format!("({}{})", self.domain.predicates[key[0] as usize].name, args.collect::<String>())
    }
}

fn truth(holds: bool) -> Ground {
    if holds { Ground::True } else { Ground::False }
}

fn all(parts: impl IntoIterator<Item = ControlFlow<Halt, Ground>>) -> ControlFlow<Halt, Ground> {
    let mut kept = Vec::new();
    for part in parts {
        match part? {
            Ground::True => {}
            Ground::False => return ControlFlow::Continue(Ground::False),
            Ground::And(inner) => kept.extend(inner),
            other => kept.push(other),
        }
    }
    ControlFlow::Continue(match kept.len() {
        0 => Ground::True,
        1 => kept.swap_remove(0),
        _ => Ground::And(kept),
    })
}

fn any(parts: impl IntoIterator<Item = ControlFlow<Halt, Ground>>) -> ControlFlow<Halt, Ground> {
    let mut kept = Vec::new();
    for part in parts {
        match part? {
            Ground::False => {}
            Ground::True => return ControlFlow::Continue(Ground::True),
            Ground::Or(inner) => kept.extend(inner),
            other => kept.push(other),
        }
    }
    ControlFlow::Continue(match kept.len() {
        0 => Ground::False,
        1 => kept.swap_remove(0),
        _ => Ground::Or(kept),
    })
}

pub(crate) fn resolve(term: Term, binding: &[usize]) -> usize {
    match term {
        Term::Param(param) => binding[param],
        Term::Object(object) => object,
    }
}

/// Calls `look` with a ground atom, which lies on the stack where it is short.
#[inline]
pub(crate) fn with_key<T>(
    predicate: usize,
    terms: &[Term],
    binding: &[usize],
    look: impl FnOnce(&[u32]) -> T,
) -> T {
    let mut short = [predicate as u32; 8];
    match short.get_mut(1..=terms.len()) {
        Some(args) => {
            args.iter_mut().zip(terms).for_each(|(arg, &term)| *arg = resolve(term, binding) as u32);
            look(&short[..=terms.len()])
        }
        None => look(&ground_key(predicate, terms, binding)),
    }
}

pub(crate) fn ground_key(predicate: usize, terms: &[Term], binding: &[usize]) -> Key {
    let args = terms.iter().map(|&term| resolve(term, binding) as u32);
    [predicate as u32].into_iter().chain(args).collect()
}

pub(crate) fn key_of(atom: &GroundAtom) -> Key {
    [atom.predicate as u32].into_iter().chain(atom.args.iter().map(|&arg| arg as u32)).collect()
}
