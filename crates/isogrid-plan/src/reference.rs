//! The slow, literal planner: the oracle that the fast one is tested against.
//!
//! Definitions straight from PDDL: states are sets of ground atoms and values of functions, actions are tried with every
//! assignment of objects, quantifiers and axioms with every object, and breadth-first search by cost finds an optimal
//! plan. Exponential in everything; for small tasks.

use std::collections::{BTreeMap, BTreeSet};

use crate::numbers::settle;
use crate::pddl::{
    Arithmetic, Atom, Change, Domain, Effect, Expression, Formula, GroundAtom, Leaf, Literal, Param, Problem,
    Relation, TOTAL_COST, Term, Update,
};

/// A state as PDDL sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct World {
    /// Atoms that hold, derived ones left out.
    pub atoms: AtomSet,
    /// Values of functions: the function, its arguments, the bits of the value.
    pub numbers: BTreeMap<(usize, Vec<usize>), u64>,
}

/// Atoms that hold.
pub type AtomSet = BTreeSet<GroundAtom>;

/// A ground action: schema and objects.
pub type GroundAction = (usize, Vec<usize>);

/// A domain with one of its problems.
#[derive(Clone, Copy)]
struct Task<'a> {
    domain: &'a Domain,
    problem: &'a Problem,
}

/// Every action applicable in `state`, with its successor and cost, in order of schema and objects.
pub fn successors(domain: &Domain, problem: &Problem, state: &World) -> Vec<(GroundAction, World, f64)> {
    let step = Step::new(Task { domain, problem }, state);
    let mut found = Vec::new();
    for (at, action) in domain.actions.iter().enumerate() {
        step.task.for_each_assignment(&action.params, &mut Vec::new(), &mut |args| {
            found.extend(step.make(at, args).map(|(next, cost)| ((at, args.to_vec()), next, cost)));
        });
    }
    found
}

/// The successor by one action and its cost, not a number where the metric has no value; `None` where the precondition
/// does not hold. Arguments must be of the parameters' types. Functions that nothing but the metric looks at keep their
/// first values: states that differ in them alone are the same.
pub fn apply(
    domain: &Domain,
    problem: &Problem,
    state: &World,
    (action, args): (usize, &[usize]),
) -> Option<(World, f64)> {
    Step::new(Task { domain, problem }, state).make(action, args)
}

/// A state from which actions are tried.
struct Step<'a> {
    task: Task<'a>,
    state: &'a World,
    view: View<'a>,
    first: World,
    is_read: Vec<bool>,
}

impl<'a> Step<'a> {
    fn new(task: Task<'a>, state: &'a World) -> Step<'a> {
        let (first, is_read) = (init(task.domain, task.problem), task.read_functions());
        Step { task, state, view: task.view(state), first, is_read }
    }

    fn make(&self, action: usize, args: &[usize]) -> Option<(World, f64)> {
        let action = &self.task.domain.actions[action];
        if !self.view.holds(&action.precondition, args) {
            return None;
        }
        let mut next = self.view.apply(&action.effects, args);
        let cost = match self.task.problem.metric {
            Some(_) => settle(self.task.metric(&next) - self.task.metric(self.state)),
            None => 1.0,
        };
        next.numbers.retain(|(function, _), _| self.is_read[*function]);
        let unread = self.first.numbers.iter().filter(|((function, _), _)| !self.is_read[*function]);
        next.numbers.extend(unread.map(|(key, &value)| (key.clone(), value)));
        Some((next, cost))
    }
}

/// Whether the problem's goal holds.
pub fn is_goal(domain: &Domain, problem: &Problem, state: &World) -> bool {
    Task { domain, problem }.view(state).holds(&problem.goal, &[])
}

/// All derived atoms of a state.
pub fn derived(domain: &Domain, problem: &Problem, state: &World) -> AtomSet {
    let view = Task { domain, problem }.view(state);
    view.atoms.difference(&state.atoms).cloned().collect()
}

/// The initial state.
pub fn init(domain: &Domain, problem: &Problem) -> World {
    let value = |value: &crate::pddl::FunctionValue| {
        ((value.function, value.args.clone()), settle(value.value).to_bits())
    };
    let mut numbers: BTreeMap<_, _> = problem.function_values.iter().map(value).collect();
    if let Some(total_cost) = domain.functions.iter().position(|function| function.name == TOTAL_COST) {
        numbers.entry((total_cost, Vec::new())).or_insert(0.0f64.to_bits());
    }
    World { atoms: problem.init.iter().cloned().collect(), numbers }
}

/// A cheapest plan with its cost by uniform-cost search, or `None` when the reachable states hold no goal.
///
/// # Panics
/// If more than `max_states` states are seen: the task is too large for an oracle.
pub fn optimal_plan(
    domain: &Domain,
    problem: &Problem,
    max_states: usize,
) -> Option<(f64, Vec<GroundAction>)> {
    let start = init(domain, problem);
    // Costs that are not negative are ordered as their bits are.
    let mut best: BTreeMap<World, (u64, Option<(World, GroundAction)>)> = BTreeMap::new();
    let mut open: BTreeSet<(u64, World)> = BTreeSet::new();
    best.insert(start.clone(), (0, None));
    open.insert((0, start));
    while let Some((reached, state)) = open.pop_first() {
        if is_goal(domain, problem, &state) {
            return Some((f64::from_bits(reached), walk_back(&best, state)));
        }
        for (action, next, cost) in successors(domain, problem, &state) {
            assert!(cost >= 0.0, "an action costs {cost}");
            let total = settle(f64::from_bits(reached) + cost).to_bits();
            let known = best.get(&next).map(|(cost, _)| *cost);
            if known.is_none_or(|known| total < known) {
                if let Some(known) = known {
                    open.remove(&(known, next.clone()));
                }
                open.insert((total, next.clone()));
                best.insert(next, (total, Some((state.clone(), action))));
                assert!(
                    best.len() <= max_states,
                    "more than {max_states} states are too many for the oracle"
                );
            }
        }
    }
    None
}

/// All atoms and applicable actions reachable when deletes are ignored, and with them negations of atoms that change
/// and comparisons of numbers.
pub fn relaxed_reachable(domain: &Domain, problem: &Problem) -> (AtomSet, BTreeSet<GroundAction>) {
    let task = Task { domain, problem };
    let is_fluent = fluents(domain);
    let mut atoms: AtomSet = problem.init.iter().cloned().collect();
    let mut actions = BTreeSet::new();
    loop {
        let before = (atoms.len(), actions.len());
        let view = View { task, atoms: atoms.clone(), numbers: &BTreeMap::new(), relaxed: Some(&is_fluent) };
        for axiom in &domain.axioms {
            task.for_each_assignment(&axiom.params, &mut Vec::new(), &mut |args| {
                if view.holds(&axiom.condition, args) {
                    atoms.insert(GroundAtom { predicate: axiom.predicate, args: args.to_vec() });
                }
            });
        }
        for (at, action) in domain.actions.iter().enumerate() {
            task.for_each_assignment(&action.params, &mut Vec::new(), &mut |args| {
                if view.holds(&action.precondition, args) {
                    actions.insert((at, args.to_vec()));
                    atoms.extend(view.changed(&action.effects, args).added);
                }
            });
        }
        if before == (atoms.len(), actions.len()) {
            return (atoms, actions);
        }
    }
}

/// Whether a condition without free variables may hold among `atoms` when negations of atoms that change, and
/// comparisons of numbers, are taken to hold.
pub fn relaxed_holds(domain: &Domain, problem: &Problem, atoms: &AtomSet, condition: &Formula) -> bool {
    let (task, is_fluent) = (Task { domain, problem }, fluents(domain));
    let view = View { task, atoms: atoms.clone(), numbers: &BTreeMap::new(), relaxed: Some(&is_fluent) };
    view.holds(condition, &[])
}

/// Predicates that actions change or axioms derive.
fn fluents(domain: &Domain) -> Vec<bool> {
    let mut is_fluent = vec![false; domain.predicates.len()];
    for effect in domain.actions.iter().flat_map(|action| &action.effects) {
        if let Some(Literal { atom: Atom::Predicate(predicate, _), .. }) = effect.literal() {
            is_fluent[*predicate] = true;
        }
    }
    domain.axioms.iter().for_each(|axiom| is_fluent[axiom.predicate] = true);
    is_fluent
}

/// What effects come to in a state.
#[derive(Default)]
struct Changed {
    added: Vec<GroundAtom>,
    deleted: Vec<GroundAtom>,
    numbers: Vec<(usize, Vec<usize>, Update, f64)>,
}

/// A state in which conditions are evaluated.
struct View<'a> {
    task: Task<'a>,
    /// With derived ones.
    atoms: AtomSet,
    numbers: &'a BTreeMap<(usize, Vec<usize>), u64>,
    /// Predicates whose negation is taken to hold, as all comparisons are.
    relaxed: Option<&'a [bool]>,
}

impl<'a> Task<'a> {
    /// The state with what its axioms derive, layer by layer.
    fn view(self, state: &'a World) -> View<'a> {
        let mut view =
            View { task: self, atoms: state.atoms.clone(), numbers: &state.numbers, relaxed: None };
        let conditions = self.domain.axioms.iter().map(|axiom| (axiom.predicate, &axiom.condition));
        let layers = crate::pddl::strata(self.domain.predicates.len(), conditions)
            .expect("axioms in layers, as the parser makes sure");
        for layer in 1..=layers.iter().copied().max().unwrap_or(0) {
            loop {
                let mut more = Vec::new();
                for axiom in self.domain.axioms.iter().filter(|axiom| layers[axiom.predicate] == layer) {
                    self.for_each_assignment(&axiom.params, &mut Vec::new(), &mut |args| {
                        let atom = GroundAtom { predicate: axiom.predicate, args: args.to_vec() };
                        if !view.atoms.contains(&atom) && view.holds(&axiom.condition, args) {
                            more.push(atom);
                        }
                    });
                }
                if more.is_empty() {
                    break;
                }
                view.atoms.extend(more);
            }
        }
        view
    }

    /// What is minimised; nothing without a metric.
    fn metric(self, state: &World) -> f64 {
        let Some(metric) = &self.problem.metric else { return 0.0 };
        let view = View { task: self, atoms: AtomSet::new(), numbers: &state.numbers, relaxed: None };
        let value = view.value(&metric.expression, &[]).unwrap_or(f64::NAN);
        if metric.maximize { -value } else { value }
    }

    /// Functions that a condition or a change of a number looks at.
    fn read_functions(self) -> Vec<bool> {
        let mut is_read = vec![false; self.domain.functions.len()];
        let mut mark = |expression: &Expression| {
            expression.for_each_function(&mut |function, _| is_read[function] = true);
        };
        let conditions = self.domain.actions.iter().flat_map(|action| {
            [&action.precondition].into_iter().chain(action.effects.iter().map(|effect| &effect.condition))
        });
        let axioms = self.domain.axioms.iter().map(|axiom| &axiom.condition);
        for formula in conditions.chain(axioms).chain([&self.problem.goal]) {
            formula.for_each_leaf(&mut |leaf| {
                if let Leaf::Compare(comparison) = leaf {
                    mark(&comparison.left);
                    mark(&comparison.right);
                }
            });
        }
        for effect in self.domain.actions.iter().flat_map(|action| &action.effects) {
            if let Change::Number { value, .. } = &effect.change {
                mark(value);
            }
        }
        is_read
    }

    fn for_each_assignment(self, params: &[Param], args: &mut Vec<usize>, visit: &mut dyn FnMut(&[usize])) {
        let Some((param, rest)) = params.split_first() else {
            visit(args);
            return;
        };
        for (at, object) in self.problem.objects.iter().enumerate() {
            if self.domain.admits(object, param) {
                args.push(at);
                self.for_each_assignment(rest, args, visit);
                args.pop();
            }
        }
    }
}

impl View<'_> {
    fn holds(&self, formula: &Formula, args: &[usize]) -> bool {
        let every = |params: &[Param], body: &Formula, wanted: bool| {
            let mut all = true;
            self.task.for_each_assignment(params, &mut args.to_vec(), &mut |args| {
                all &= self.holds(body, args) == wanted;
            });
            all
        };
        match formula {
            Formula::Literal(literal) => self.literal(literal, args),
            Formula::Compare(comparison) if self.relaxed.is_none() => {
                let sides = [&comparison.left, &comparison.right].map(|side| self.value(side, args));
                let [Some(left), Some(right)] = sides else { return false };
                let difference = settle(left - right);
                match comparison.relation {
                    Relation::Less => difference < 0.0,
                    Relation::AtMost => difference <= 0.0,
                    Relation::Equal => difference == 0.0,
                    Relation::AtLeast => difference >= 0.0,
                    Relation::Greater => difference > 0.0,
                }
            }
            Formula::Compare(_) => true,
            Formula::And(parts) => parts.iter().all(|part| self.holds(part, args)),
            Formula::Or(parts) => parts.iter().any(|part| self.holds(part, args)),
            Formula::Forall(params, body) => every(params, body, true),
            Formula::Exists(params, body) => !every(params, body, false),
        }
    }

    fn literal(&self, literal: &Literal, args: &[usize]) -> bool {
        let is_true = match &literal.atom {
            Atom::Equal(a, b) => resolve(*a, args) == resolve(*b, args),
            Atom::Predicate(predicate, terms) => {
                if literal.negated && self.relaxed.is_some_and(|is_fluent| is_fluent[*predicate]) {
                    return true;
                }
                self.atoms.contains(&ground(*predicate, terms, args))
            }
        };
        is_true != literal.negated
    }

    fn value(&self, expression: &Expression, args: &[usize]) -> Option<f64> {
        match expression {
            Expression::Number(number) => Some(settle(*number)),
            Expression::Function(function, terms) => {
                let args = terms.iter().map(|&term| resolve(term, args)).collect();
                self.numbers.get(&(*function, args)).map(|&bits| f64::from_bits(bits))
            }
            Expression::Apply(operator, operands) => {
                let operands: Option<Vec<f64>> =
                    operands.iter().map(|operand| self.value(operand, args)).collect();
                let operands = operands?;
                let (first, rest) = operands.split_first()?;
                let fold = |step: &dyn Fn(f64, f64) -> f64| {
                    Some(rest.iter().fold(*first, |value, &next| settle(step(value, next))))
                };
                match operator {
                    Arithmetic::Add => fold(&|a, b| a + b),
                    Arithmetic::Subtract if rest.is_empty() => Some(settle(-first)),
                    Arithmetic::Subtract => fold(&|a, b| a - b),
                    Arithmetic::Multiply => fold(&|a, b| a * b),
                    Arithmetic::Divide if rest.contains(&0.0) => None,
                    Arithmetic::Divide => fold(&|a, b| a / b),
                }
            }
        }
    }

    fn changed(&self, effects: &[Effect], args: &[usize]) -> Changed {
        let mut changed = Changed::default();
        for effect in effects {
            self.task.for_each_assignment(&effect.params, &mut args.to_vec(), &mut |args| {
                if !self.holds(&effect.condition, args) {
                    return;
                }
                match &effect.change {
                    Change::Literal(Literal { negated, atom: Atom::Predicate(predicate, terms) }) => {
                        let side = if *negated { &mut changed.deleted } else { &mut changed.added };
                        side.push(ground(*predicate, terms, args));
                    }
                    Change::Literal(_) => {}
                    Change::Number { function, terms, update, value } => {
                        let target = terms.iter().map(|&term| resolve(term, args)).collect();
                        let value = self.value(value, args).unwrap_or(f64::NAN);
                        changed.numbers.push((*function, target, *update, value));
                    }
                }
            });
        }
        changed
    }

    fn apply(&self, effects: &[Effect], args: &[usize]) -> World {
        let changed = self.changed(effects, args);
        let is_derived = |atom: &GroundAtom| self.task.domain.is_derived(atom.predicate);
        let mut atoms: AtomSet = self.atoms.iter().filter(|atom| !is_derived(atom)).cloned().collect();
        changed.deleted.iter().for_each(|atom| {
            atoms.remove(atom);
        });
        atoms.extend(changed.added);
        let mut numbers = self.numbers.clone();
        for (function, args, update, value) in changed.numbers {
            let old = numbers.get(&(function, args.clone())).map(|&bits| f64::from_bits(bits));
            let new = match (update, old) {
                (Update::Assign, _) => Some(value),
                (Update::Increase, old) => old.map(|old| old + value),
                (Update::Decrease, old) => old.map(|old| old - value),
                (Update::ScaleUp, old) => old.map(|old| old * value),
                (Update::ScaleDown, old) => old.map(|old| old / value),
            };
            if let Some(new) = new {
                numbers.insert((function, args), settle(new).to_bits());
            }
        }
        World { atoms, numbers }
    }
}

fn walk_back(
    best: &BTreeMap<World, (u64, Option<(World, GroundAction)>)>,
    mut state: World,
) -> Vec<GroundAction> {
    let mut plan = Vec::new();
    while let Some((_, Some((parent, action)))) = best.get(&state) {
        plan.push(action.clone());
        state = parent.clone();
    }
    plan.reverse();
    plan
}

fn resolve(term: Term, args: &[usize]) -> usize {
    match term {
        Term::Param(param) => args[param],
        Term::Object(object) => object,
    }
}

fn ground(predicate: usize, terms: &[Term], args: &[usize]) -> GroundAtom {
    GroundAtom { predicate, args: terms.iter().map(|&term| resolve(term, args)).collect() }
}
