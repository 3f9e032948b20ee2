//! A state being changed, and conditions evaluated in it, straight from PDDL's definitions.

use isogrid_num::hash::FastMap;

use super::state::State;
use super::{
    Atom, Change, Effect, Expression, Formula, FunctionId, Literal, ObjectId, Param, PredicateId, Relation,
    Term, Update, Validator,
};
use crate::numbers::settle;
use crate::pddl::{Arithmetic, FunctionValue, GroundAtom};

/// Atoms that hold and values of functions.
pub(super) struct World<'v> {
    validator: &'v Validator,
    atoms: State<'v>,
    numbers: FastMap<(FunctionId, Vec<ObjectId>), f64>,
    /// Atoms that axioms made true.
    derived: Vec<(PredicateId, Vec<ObjectId>)>,
    /// The first function whose value was needed by a change and not there.
    pub(super) missing: Option<String>,
    /// Arguments of the atom at hand.
    args: Vec<ObjectId>,
}

/// A ground change.
pub(super) enum Ground {
    Atom { predicate: PredicateId, args: Vec<ObjectId>, negated: bool },
    Number { function: FunctionId, args: Vec<ObjectId>, update: Update, value: f64 },
}

impl<'v> World<'v> {
    /// No atom holds; functions have the problem's values.
    pub(super) fn new(validator: &'v Validator) -> World<'v> {
        World {
            validator,
            atoms: State::new(&validator.layout),
            numbers: validator.values.clone(),
            derived: Vec::new(),
            missing: None,
            args: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, predicate: PredicateId, args: &[ObjectId]) {
        self.atoms.set(predicate, args);
    }

    /// Atoms and values that a problem would state to begin here, in ascending order.
    pub(super) fn stated(mut self) -> (Vec<GroundAtom>, Vec<FunctionValue>) {
        for (predicate, args) in &self.derived {
            self.atoms.unset(*predicate, args);
        }
        let values = self.numbers.drain();
        let mut values: Vec<FunctionValue> =
            values.map(|((function, args), value)| FunctionValue { function, args, value }).collect();
        values.sort_by(|a, b| (a.function, &a.args).cmp(&(b.function, &b.args)));
        (self.atoms.atoms(&self.validator.domain), values)
    }

    #[cfg(test)]
    pub(super) fn set(&mut self, function: FunctionId, args: Vec<ObjectId>, value: f64) {
        self.numbers.insert((function, args), value);
    }

    /// Evaluates a condition; variables are indices into `binding`, which is as before at the end.
    pub(super) fn holds(&mut self, formula: &Formula, binding: &mut Vec<ObjectId>) -> bool {
        match formula {
            Formula::Literal(literal) => self.literal_holds(literal, binding),
            Formula::Compare(comparison) => {
                let sides = [&comparison.left, &comparison.right].map(|side| self.value(side, binding));
                let [Ok(left), Ok(right)] = sides else { return false };
                let difference = settle(left - right);
                match comparison.relation {
                    Relation::Less => difference < 0.0,
                    Relation::AtMost => difference <= 0.0,
                    Relation::Equal => difference == 0.0,
                    Relation::AtLeast => difference >= 0.0,
                    Relation::Greater => difference > 0.0,
                }
            }
            Formula::And(parts) => parts.iter().all(|part| self.holds(part, binding)),
            Formula::Or(parts) => parts.iter().any(|part| self.holds(part, binding)),
            Formula::Forall(params, body) => self.all(params, body, binding),
            Formula::Exists(params, body) => self.some(params, body, binding),
        }
    }

    fn literal_holds(&mut self, literal: &Literal, binding: &[ObjectId]) -> bool {
        let holds = match &literal.atom {
            Atom::Predicate(predicate, terms) => {
                self.args.clear();
                self.args.extend(terms.iter().map(|&term| value(term, binding)));
                self.atoms.holds(*predicate, &self.args)
            }
            Atom::Equal(a, b) => value(*a, binding) == value(*b, binding),
        };
        holds != literal.negated
    }

    /// Whether a part of a conjunction is false already, whatever variables without a binding stand for: most ways of
    /// binding the others need not be tried.
    fn is_refuted(&mut self, formula: &Formula, binding: &[ObjectId]) -> bool {
        match formula {
            Formula::And(parts) => parts.iter().any(|part| self.is_refuted(part, binding)),
            Formula::Literal(literal) => {
                is_bound(literal, binding.len()) && !self.literal_holds(literal, binding)
            }
            _ => false,
        }
    }

    fn all(&mut self, params: &[Param], body: &Formula, binding: &mut Vec<ObjectId>) -> bool {
        let Some((first, rest)) = params.split_first() else { return self.holds(body, binding) };
        self.validator.admitted(first).all(|object| {
            binding.push(object);
            let holds = self.all(rest, body, binding);
            binding.pop();
            holds
        })
    }

    fn some(&mut self, params: &[Param], body: &Formula, binding: &mut Vec<ObjectId>) -> bool {
        let Some((first, rest)) = params.split_first() else { return self.holds(body, binding) };
        self.validator.admitted(first).any(|object| {
            binding.push(object);
            let holds = !self.is_refuted(body, binding) && self.some(rest, body, binding);
            binding.pop();
            holds
        })
    }

    /// What an expression comes to.
    ///
    /// # Errors
    /// The name of a function that has no value; also of a division by zero.
    pub(super) fn value(&self, expression: &Expression, binding: &[ObjectId]) -> Result<f64, String> {
        match expression {
            Expression::Number(number) => Ok(settle(*number)),
            Expression::Function(function, terms) => {
                let args: Vec<ObjectId> = terms.iter().map(|&term| value(term, binding)).collect();
                let key = (*function, args);
                self.numbers.get(&key).copied().ok_or_else(|| {
                    let name = self.validator.domain.functions.get(*function).map(|f| f.name.as_str());
                    let terms: Vec<Term> = key.1.iter().map(|&arg| Term::Object(arg)).collect();
                    self.validator.text(name.unwrap_or("?"), &terms)
                })
            }
            Expression::Apply(operator, operands) => {
                let operands: Result<Vec<f64>, String> =
                    operands.iter().map(|operand| self.value(operand, binding)).collect();
                apply_arithmetic(*operator, &operands?)
            }
        }
    }

    /// The ground changes that an effect makes in this state. A number that needs a missing value becomes undefined.
    pub(super) fn changes(
        &mut self,
        effect: &Effect,
        params: &[Param],
        binding: &mut Vec<ObjectId>,
        changes: &mut Vec<Ground>,
    ) {
        let Some((first, rest)) = params.split_first() else {
            if self.holds(&effect.condition, binding) {
                changes.extend(self.change(&effect.change, binding));
            }
            return;
        };
        for object in self.validator.admitted(first) {
            binding.push(object);
            if !self.is_refuted(&effect.condition, binding) {
                self.changes(effect, rest, binding, changes);
            }
            binding.pop();
        }
    }

    fn change(&mut self, change: &Change, binding: &[ObjectId]) -> Option<Ground> {
        let ground = |terms: &[Term]| terms.iter().map(|&term| value(term, binding)).collect();
        match change {
            Change::Literal(literal) => match &literal.atom {
                Atom::Predicate(predicate, terms) => {
                    let (predicate, negated) = (*predicate, literal.negated);
                    Some(Ground::Atom { predicate, args: ground(terms), negated })
                }
                Atom::Equal(..) => None,
            },
            Change::Number { function, terms, update, value } => {
                let value = self.value(value, binding).unwrap_or_else(|function| {
                    self.missing.get_or_insert(function);
                    f64::NAN
                });
                Some(Ground::Number { function: *function, args: ground(terms), update: *update, value })
            }
        }
    }

    /// Makes all changes at once: deletes before adds, numbers from their old values.
    pub(super) fn apply(&mut self, changes: &[Ground]) {
        for adding in [false, true] {
            for change in changes {
                match change {
                    Ground::Atom { predicate, args, negated } if *negated != adding => match adding {
                        true => self.atoms.set(*predicate, args),
                        false => self.atoms.unset(*predicate, args),
                    },
                    _ => {}
                }
            }
        }
        for change in changes {
            let Ground::Number { function, args, update, value } = change else { continue };
            let key = (*function, args.clone());
            let old = self.numbers.get(&key).copied();
            let new = match (update, old) {
                (Update::Assign, _) => Some(*value),
                (Update::Increase, Some(old)) => Some(old + value),
                (Update::Decrease, Some(old)) => Some(old - value),
                (Update::ScaleUp, Some(old)) => Some(old * value),
                (Update::ScaleDown, Some(old)) => Some(old / value),
                // What has no value gets none by a change relative to it.
                (_, None) => None,
            };
            if let Some(new) = new {
                self.numbers.insert(key, settle(new));
            }
        }
    }

    /// Derives what the axioms say, layer by layer, each to its fixpoint.
    pub(super) fn derive(&mut self) {
        for (predicate, args) in std::mem::take(&mut self.derived) {
            self.atoms.unset(predicate, &args);
        }
        let validator = self.validator;
        for layer in validator.axioms.chunk_by(|a, b| a.0 == b.0) {
            loop {
                let before = self.derived.len();
                for &(_, axiom) in layer {
                    self.derive_with(axiom, &mut Vec::new());
                }
                if self.derived.len() == before {
                    break;
                }
            }
        }
    }

    fn derive_with(&mut self, at: usize, binding: &mut Vec<ObjectId>) {
        let validator = self.validator;
        let axiom = &validator.domain.axioms[at];
        let Some(param) = axiom.params.get(binding.len()) else {
            if !self.atoms.holds(axiom.predicate, binding) && self.holds(&axiom.condition, binding) {
                self.atoms.set(axiom.predicate, binding);
                self.derived.push((axiom.predicate, binding.clone()));
            }
            return;
        };
        for object in validator.admitted(param) {
            binding.push(object);
            if !self.is_refuted(&axiom.condition, binding) {
                self.derive_with(at, binding);
            }
            binding.pop();
        }
    }
}

impl Validator {
    /// The objects that may stand for a variable.
    fn admitted<'v>(&'v self, param: &'v Param) -> impl Iterator<Item = ObjectId> + use<'v> {
        let admits = |&object: &ObjectId| self.domain.admits(&self.objects[object], param);
        (0..self.objects.len()).filter(admits)
    }
}

/// Whether the first `n` variables are all that a literal names.
fn is_bound(literal: &Literal, n: usize) -> bool {
    let is_bound = |term: &Term| !matches!(term, Term::Param(param) if *param >= n);
    match &literal.atom {
        Atom::Predicate(_, terms) => terms.iter().all(is_bound),
        Atom::Equal(a, b) => is_bound(a) && is_bound(b),
    }
}

fn value(term: Term, binding: &[ObjectId]) -> ObjectId {
    match term {
        Term::Param(param) => binding[param],
        Term::Object(object) => object,
    }
}

/// What an operator comes to.
///
/// # Errors
/// Of a division by zero.
pub(super) fn apply_arithmetic(operator: Arithmetic, operands: &[f64]) -> Result<f64, String> {
    let Some((first, rest)) = operands.split_first() else { return Ok(0.0) };
    if operator == Arithmetic::Divide && rest.contains(&0.0) {
        return Err("a division by zero".to_string());
    }
    let step = |value: f64, next: &f64| {
        settle(match operator {
            Arithmetic::Add => value + next,
            Arithmetic::Subtract => value - next,
            Arithmetic::Multiply => value * next,
            Arithmetic::Divide => value / next,
        })
    };
    if operator == Arithmetic::Subtract && rest.is_empty() {
        return Ok(settle(-first));
    }
    Ok(rest.iter().fold(*first, step))
}
