//! What an operator does besides plain effects: conditional effects, numbers, and the axioms that follow each step.
//!
//! Numbers lie behind the packed variables of a state, a word each. A comparison of numbers is a variable of its own
//! that is set after each step, as the variables of axioms are; so conditions are facts everywhere else.

use isogrid_num::hash::FastMap;

use crate::flat::Flat;
use crate::ground::{FdrAxiom, Linear, Sign, VarVal};
use crate::numbers::settle;
use crate::packing::Packing;
use crate::task::{Change, OperatorId};

/// The value of a derived variable that says that it holds.
pub(crate) const HOLDS: u32 = 0;
/// The other one.
pub(crate) const FAILS: u32 = 1;

/// Changes made where a condition holds in the state before.
#[derive(Debug, Clone)]
pub(crate) struct When {
    /// Empty for changes of numbers that are always made.
    pub(crate) pre: Vec<VarVal>,
    pub(crate) eff: Vec<VarVal>,
    pub(crate) changes: Vec<Change>,
    pub(crate) updates: Vec<Update>,
}

/// A change of a number by what a form comes to in the state before.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub(crate) number: u32,
    pub(crate) form: Linear,
    /// Whether the form is the new value; otherwise it is added.
    pub(crate) is_assignment: bool,
}

/// A comparison of a form with zero, and the variable that it sets.
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    pub(crate) variable: u32,
    pub(crate) form: Linear,
    pub(crate) sign: Sign,
}

/// Everything beyond plain effects.
#[derive(Default)]
pub(crate) struct Dynamics {
    /// Per operator.
    pub(crate) when: Flat<When>,
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) axioms: Axioms,
    /// The first word of a state that holds a number.
    pub(crate) first_number: usize,
    /// Numbers at first; not a number where one is undefined.
    pub(crate) start: Vec<f64>,
    /// Whether nothing is left to do after plain effects.
    pub(crate) is_plain: bool,
}

impl Dynamics {
    /// The number in a state.
    #[inline]
    pub(crate) fn number(&self, words: &[u64], number: u32) -> f64 {
        f64::from_bits(words[self.first_number + number as usize])
    }

    /// What an operator does besides its plain effects.
    pub(crate) fn when_of(&self, operator: OperatorId) -> &[When] {
        if self.is_plain { &[] } else { self.when.row(operator) }
    }

    /// Completes a successor to which the plain effects of `operator` were applied.
    pub(crate) fn complete(&self, packing: &Packing, operator: OperatorId, before: &[u64], next: &mut [u64]) {
        for when in self.when_of(operator) {
            let holds = |&(variable, value): &VarVal| packing.get(before, variable as usize) == value;
            if !when.pre.iter().all(holds) {
                continue;
            }
            crate::task::apply(&when.changes, next);
            for update in &when.updates {
                let value = update.form.value(|number| self.number(before, number));
                let word = self.first_number + update.number as usize;
                let old = if update.is_assignment { 0.0 } else { f64::from_bits(next[word]) };
                next[word] = settle(old + value).to_bits();
            }
        }
        self.derive(packing, next);
    }

    /// Sets all derived variables.
    pub(crate) fn derive(&self, packing: &Packing, words: &mut [u64]) {
        for comparison in &self.comparisons {
            let value = comparison.form.value(|number| self.number(words, number));
            let holds = comparison.sign.holds(value);
            packing.set(words, comparison.variable as usize, if holds { HOLDS } else { FAILS });
        }
        self.axioms.derive(packing, words);
    }
}

/// Axioms in layers, evaluated by counting what each one still misses.
#[derive(Default)]
pub(crate) struct Axioms {
    pub(crate) heads: Vec<VarVal>,
    pub(crate) bodies: Flat<VarVal>,
    /// The end of each layer.
    layers: Vec<u32>,
    /// Variables that axioms set.
    pub(crate) variables: Vec<u32>,
    /// Axioms of the same layer that need the head of each axiom.
    waiting: Flat<u32>,
}

impl Axioms {
    /// `axioms` in the order of their layers.
    pub(crate) fn new(axioms: &[FdrAxiom]) -> Axioms {
        let mut built = Axioms::default();
        for layer in axioms.chunk_by(|a, b| a.layer == b.layer) {
            let first = built.heads.len() as u32;
            let mut needing: FastMap<VarVal, Vec<u32>> = FastMap::default();
            for (at, axiom) in (first..).zip(layer) {
                axiom.body.iter().for_each(|&fact| needing.entry(fact).or_default().push(at));
            }
            for axiom in layer {
                built.waiting.push(needing.get(&axiom.head).into_iter().flatten().copied());
                built.heads.push(axiom.head);
                built.bodies.push(axiom.body.iter().copied());
            }
            built.layers.push(built.heads.len() as u32);
        }
        built.variables = built.heads.iter().map(|&(variable, _)| variable).collect();
        built.variables.sort_unstable();
        built.variables.dedup();
        built
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// The layer of an axiom.
    pub(crate) fn layer_of(&self, axiom: usize) -> u32 {
        self.layers.partition_point(|&end| end as usize <= axiom) as u32
    }

    fn derive(&self, packing: &Packing, words: &mut [u64]) {
        for &variable in &self.variables {
            packing.set(words, variable as usize, FAILS);
        }
        let (mut first, mut missing, mut ready) = (0, Vec::new(), Vec::new());
        for &end in &self.layers {
            missing.clear();
            for axiom in first..end {
                let holds = |&&(variable, value): &&VarVal| packing.get(words, variable as usize) == value;
                let body = self.bodies.row(axiom);
                let open = body.len() - body.iter().filter(holds).count();
                missing.push(open);
                if open == 0 {
                    ready.push(axiom);
                }
            }
            while let Some(axiom) = ready.pop() {
                let (variable, value) = self.heads[axiom as usize];
                if packing.get(words, variable as usize) == value {
                    continue;
                }
                packing.set(words, variable as usize, value);
                for &other in self.waiting.row(axiom) {
                    let open = &mut missing[(other - first) as usize];
                    *open -= 1;
                    if *open == 0 {
                        ready.push(other);
                    }
                }
            }
            first = end;
        }
    }
}
