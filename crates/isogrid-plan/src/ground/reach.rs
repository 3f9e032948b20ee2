//! Relaxed reachability: every atom and ground action reachable when deletes and fluent negations are ignored.
//!
//! Semi-naive: each atom is activated once, and joins start from it; an instance is found exactly once, when the
//! last of its atoms is activated, at the first condition that matches it. An instance of an action with conditional
//! effects is an atom itself, from which the joins of its effects start.

use std::cell::RefCell;
use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::hash::{FastMap, FastSet};

use crate::flat::Flat;
use crate::ground::atoms::{AtomId, AtomTable, Mask, Relation};
use crate::ground::formula::{Ground, Ranges};
use crate::ground::join::{JoinPlan, Matcher};
use crate::ground::numbers::Numbers;
use crate::ground::rule::{Condition, Rule, Slot};
use crate::ground::schema::{LiftedChange, Schema, schemas};
use crate::pddl::{Atom, Domain, Leaf, Problem};

/// Instances of schemas in the order in which they were found.
#[derive(Default)]
pub(crate) struct Instances {
    pub(crate) schemas: Vec<u32>,
    /// The value of every parameter of the schema.
    pub(crate) args: Flat<u32>,
}

/// A conditional or universal effect of an instance.
pub(crate) struct EffectInstance {
    pub(crate) instance: u32,
    /// Index in [`Schema::sometimes`].
    pub(crate) effect: u32,
    /// The value of every parameter of the effect's rule.
    pub(crate) args: Vec<u32>,
}

/// What is reachable without deletes.
pub(crate) struct Reached {
    pub(crate) atoms: AtomTable,
    /// The first `n_init` atoms are the initial ones.
    pub(crate) n_init: usize,
    pub(crate) schemas: Vec<Schema>,
    pub(crate) instances: Instances,
    /// Sorted by instance, then effect.
    pub(crate) effects: Vec<EffectInstance>,
    /// Whether a predicate occurs in some effect or axiom; also for the predicates of instances.
    pub(crate) is_fluent: Vec<bool>,
    pub(crate) numbers: Numbers,
}

/// Explores the relaxed task; one tick per 64 matching steps.
pub(crate) fn reach(ctx: &Ctx, domain: &Domain, problem: &Problem) -> ControlFlow<Stop, Reached> {
    let schemas = schemas(domain, problem);
    let is_fluent = fluents(domain, &schemas);
    let mut atoms = AtomTable::default();
    for atom in &problem.init {
        let args: Vec<u32> = atom.args.iter().map(|&arg| arg as u32).collect();
        atoms.intern(atom.predicate, &args);
    }
    let mut exploration = Exploration {
        relations: is_fluent.iter().map(|_| Relation::default()).collect(),
        plans: is_fluent.iter().map(|_| Vec::new()).collect(),
        at_once: Vec::new(),
        ranges: Ranges::new(ctx, domain, problem),
        instance_of: FastMap::default(),
        n_predicates: domain.predicates.len(),
        reached: Reached {
            n_init: atoms.len(),
            atoms,
            instances: Instances::default(),
            effects: Vec::new(),
            numbers: Numbers::new(domain, problem, &schemas),
            schemas,
            is_fluent,
        },
    };
    exploration.compile(domain, problem.objects.len());
    exploration.run(ctx)?;
    let mut reached = exploration.reached;
    reached.effects.sort_by_key(|effect| (effect.instance, effect.effect));
    ControlFlow::Continue(reached)
}

/// Which predicates change, with one more per schema for its instances.
fn fluents(domain: &Domain, schemas: &[Schema]) -> Vec<bool> {
    let mut is_fluent = vec![false; domain.predicates.len()];
    is_fluent.resize(domain.predicates.len() + schemas.len(), true);
    for schema in schemas {
        let sometimes = schema.sometimes.iter().map(|effect| &effect.change);
        for change in schema.always.iter().chain(sometimes) {
            if let LiftedChange::Add(condition) | LiftedChange::Delete(condition) = change {
                is_fluent[condition.predicate] = true;
            }
        }
    }
    for axiom in &domain.axioms {
        is_fluent[axiom.predicate] = true;
    }
    is_fluent
}

/// A rule: of a schema, or of one of its conditional effects.
#[derive(Clone, Copy)]
struct RuleId {
    schema: usize,
    effect: Option<usize>,
}

impl RuleId {
    fn of(self, schemas: &[Schema]) -> &Rule {
        let schema = &schemas[self.schema];
        self.effect.map_or(&schema.rule, |effect| &schema.sometimes[effect].rule)
    }
}

struct Exploration<'a> {
    relations: Vec<Relation>,
    reached: Reached,
    /// Per predicate: the rules and plans that its atoms trigger.
    plans: Vec<Vec<(RuleId, JoinPlan)>>,
    /// Rules without fluent conditions, which are instantiated once.
    at_once: Vec<(RuleId, JoinPlan)>,
    ranges: Ranges<'a>,
    /// The instance that an atom stands for.
    instance_of: FastMap<AtomId, u32>,
    n_predicates: usize,
}

impl Exploration<'_> {
    fn compile(&mut self, domain: &Domain, n_objects: usize) {
        let mut arities: Vec<usize> =
            domain.predicates.iter().map(|predicate| predicate.params.len()).collect();
        arities.extend(self.reached.schemas.iter().map(|schema| schema.rule.domains.len()));
        let sizes = Sizes::of(&self.reached, arities, n_objects);
        let expected = |predicate: usize, mask: Mask| sizes.expected(&self.reached, predicate, mask);
        let schemas = &self.reached.schemas;
        for id in rule_ids(schemas) {
            let rule = id.of(schemas);
            if !rule.possible() {
                continue;
            }
            let mut waits = false;
            for (c, condition) in rule.conditions.iter().enumerate() {
                if self.reached.is_fluent[condition.predicate] {
                    let plan = JoinPlan::compile(rule, Some(c), &mut self.relations, &expected);
                    self.plans[condition.predicate].push((id, plan));
                    waits = true;
                }
            }
            if !waits {
                let plan = JoinPlan::compile(rule, None, &mut self.relations, &expected);
                self.at_once.push((id, plan));
            }
        }
    }

    fn run(&mut self, ctx: &Ctx) -> ControlFlow<Stop> {
        for atom in 0..self.reached.n_init as AtomId {
            let predicate = self.reached.atoms.predicate(atom);
            if !self.reached.is_fluent[predicate] {
                self.relations[predicate].activate(atom, self.reached.atoms.args(atom));
            }
        }
        for (id, plan) in std::mem::take(&mut self.at_once) {
            let found = self.collect(ctx, (id, &plan), None)?;
            self.accept(id, found);
        }
        let mut next: AtomId = 0;
        while (next as usize) < self.reached.atoms.len() {
            let predicate = self.reached.atoms.predicate(next);
            if self.reached.is_fluent[predicate] {
                self.relations[predicate].activate(next, self.reached.atoms.args(next));
                self.trigger(ctx, next, predicate)?;
            }
            next += 1;
        }
        ControlFlow::Continue(())
    }

    fn trigger(&mut self, ctx: &Ctx, atom: AtomId, predicate: usize) -> ControlFlow<Stop> {
        let plans = std::mem::take(&mut self.plans[predicate]);
        for (id, plan) in &plans {
            let found = self.collect(ctx, (*id, plan), Some(atom))?;
            self.accept(*id, found);
        }
        self.plans[predicate] = plans;
        ControlFlow::Continue(())
    }

    fn collect(
        &mut self,
        ctx: &Ctx,
        (id, plan): (RuleId, &JoinPlan),
        newest: Option<AtomId>,
    ) -> ControlFlow<Stop, Found> {
        let (reached, ranges) = (&self.reached, &mut self.ranges);
        let (rule, atoms) = (id.of(&reached.schemas), &reached.atoms);
        let mut found = Found::default();
        let mut args = Vec::new();
        let mut receive = |binding: &[u32]| {
            let refuted = rule.negative.iter().any(|condition| {
                condition.instantiate(binding, &mut args);
                !reached.is_fluent[condition.predicate] && atoms.find(condition.predicate, &args).is_some()
            });
            if !refuted && (rule.rest.is_empty() || is_open(reached, ranges, rule, binding)) {
                found.count += 1;
                found.flat.extend_from_slice(binding);
            }
        };
        let relations = &self.relations;
        Matcher { ctx, rule, plan, atoms, relations, newest, found: &mut receive, work: 0 }.run()?;
        if let Some(stop) = self.ranges.stopped {
            return ControlFlow::Break(stop);
        }
        ctx.tick(1)?;
        ControlFlow::Continue(found)
    }

    /// Keeps what was found, and interns what it adds.
    fn accept(&mut self, id: RuleId, found: Found) {
        let n_params = id.of(&self.reached.schemas).domains.len();
        let mut args = Vec::new();
        let reached = &mut self.reached;
        for at in 0..found.count {
            let binding = &found.flat[at * n_params..(at + 1) * n_params];
            let schema = &reached.schemas[id.schema];
            let mut add = |atoms: &mut AtomTable, change: &LiftedChange| {
                if let LiftedChange::Add(condition) = change {
                    condition.instantiate(binding, &mut args);
                    atoms.intern(condition.predicate, &args);
                }
            };
            let Some(effect) = id.effect else {
                schema.always.iter().for_each(|change| add(&mut reached.atoms, change));
                let instance = reached.instances.schemas.len() as u32;
                reached.instances.schemas.push(id.schema as u32);
                reached.instances.args.push(binding.iter().copied());
                if !schema.sometimes.is_empty() {
                    let (atom, _) = reached.atoms.intern(self.n_predicates + id.schema, binding);
                    self.instance_of.insert(atom, instance);
                }
                continue;
            };
            add(&mut reached.atoms, &schema.sometimes[effect].change);
            let of = &binding[..schema.rule.domains.len()];
            let atom = reached.atoms.find(self.n_predicates + id.schema, of);
            if let Some(&instance) = atom.and_then(|atom| self.instance_of.get(&atom)) {
                let (effect, args) = (effect as u32, binding.to_vec());
                reached.effects.push(EffectInstance { instance, effect, args });
            }
        }
    }
}

fn rule_ids(schemas: &[Schema]) -> impl Iterator<Item = RuleId> {
    schemas.iter().enumerate().flat_map(|(schema, parts)| {
        let effects = (0..parts.sometimes.len()).map(Some);
        [None].into_iter().chain(effects).map(move |effect| RuleId { schema, effect })
    })
}

/// Whether what joins leave out may hold: only what never changes decides.
fn is_open(reached: &Reached, ranges: &mut Ranges<'_>, rule: &Rule, binding: &[u32]) -> bool {
    let mut binding = binding.to_vec();
    let truth = |holds: bool| if holds { Ground::True } else { Ground::False };
    let mut args = Vec::new();
    let mut leaf = |leaf: Leaf<'_>, binding: &[u32]| -> Result<Ground<()>, ()> {
        Ok(match leaf {
            Leaf::Compare(comparison) => {
                reached.numbers.settled(comparison, binding).map_or(Ground::Leaf(()), truth)
            }
            Leaf::Literal(literal) => match &literal.atom {
                Atom::Equal(a, b) => {
                    truth((Slot::from(*a).value(binding) == Slot::from(*b).value(binding)) != literal.negated)
                }
                Atom::Predicate(predicate, _) if reached.is_fluent[*predicate] => Ground::Leaf(()),
                Atom::Predicate(predicate, terms) => {
                    Condition::new(*predicate, terms).instantiate(binding, &mut args);
                    truth(reached.atoms.find(*predicate, &args).is_some() != literal.negated)
                }
            },
        })
    };
    rule.rest.iter().all(|formula| ranges.ground(formula, &mut binding, &mut leaf) != Ok(Ground::False))
}

#[derive(Default)]
struct Found {
    count: usize,
    flat: Vec<u32>,
}

/// Statistics of the initial atoms, for ordering joins.
struct Sizes {
    n_objects: f64,
    arities: Vec<usize>,
    by_predicate: Vec<Vec<AtomId>>,
    /// What was asked for before.
    known: RefCell<FastMap<(usize, Mask), f64>>,
}

impl Sizes {
    fn of(reached: &Reached, arities: Vec<usize>, n_objects: usize) -> Sizes {
        let mut by_predicate = vec![Vec::new(); reached.is_fluent.len()];
        for atom in 0..reached.n_init as AtomId {
            by_predicate[reached.atoms.predicate(atom)].push(atom);
        }
        let known = RefCell::default();
        Sizes { n_objects: n_objects.max(1) as f64, arities, by_predicate, known }
    }

    /// Expected matches: exact on average for static predicates, objects to the unbound positions for fluents.
    fn expected(&self, reached: &Reached, predicate: usize, mask: Mask) -> f64 {
        let atoms = &self.by_predicate[predicate];
        if reached.is_fluent[predicate] {
            let unbound = self.arities[predicate].saturating_sub(mask.count_ones() as usize);
            return self.n_objects.powi(unbound as i32);
        }
        *self.known.borrow_mut().entry((predicate, mask)).or_insert_with(|| {
            let key = |&atom: &AtomId| crate::ground::atoms::key(mask, |i| reached.atoms.args(atom)[i]);
            let keys: FastSet<u64> = atoms.iter().map(key).collect();
            atoms.len() as f64 / keys.len().max(1) as f64
        })
    }
}
