//! Relaxed reachability: every atom and ground action reachable when deletes and fluent negations are ignored.
//!
//! Semi-naive: each atom is activated once, and joins start from it; an instance is found exactly once, when the
//! last of its atoms is activated, at the first condition that matches it.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::hash::FastSet;

use crate::ground::atoms::{AtomId, AtomTable, Mask, Relation};
use crate::ground::join::{JoinPlan, Matcher};
use crate::ground::schema::Schema;
use crate::pddl::{Domain, Problem};

/// One applicable action of the relaxed task.
pub(crate) struct Instance {
    pub(crate) action: u32,
    pub(crate) args: Vec<u32>,
}

/// What is reachable without deletes.
pub(crate) struct Reached {
    pub(crate) atoms: AtomTable,
    /// The first `n_init` atoms are the initial ones.
    pub(crate) n_init: usize,
    pub(crate) instances: Vec<Instance>,
    pub(crate) schemas: Vec<Schema>,
    /// Whether a predicate occurs in some effect.
    pub(crate) is_fluent: Vec<bool>,
}

/// Explores the relaxed task; one tick per 64 matching steps.
pub(crate) fn reach(ctx: &Ctx, domain: &Domain, problem: &Problem) -> ControlFlow<Stop, Reached> {
    let schemas: Vec<Schema> = domain.actions.iter().map(|a| Schema::new(domain, problem, a)).collect();
    let mut is_fluent = vec![false; domain.predicates.len()];
    for effect in schemas.iter().flat_map(|schema| schema.adds.iter().chain(&schema.deletes)) {
        is_fluent[effect.predicate] = true;
    }
    let mut atoms = AtomTable::default();
    for atom in &problem.init {
        let args: Vec<u32> = atom.args.iter().map(|&arg| arg as u32).collect();
        atoms.intern(atom.predicate, &args);
    }
    let n_init = atoms.len();
    let mut exploration = Exploration {
        relations: domain.predicates.iter().map(|_| Relation::default()).collect(),
        reached: Reached { atoms, n_init, instances: Vec::new(), schemas, is_fluent },
        plans: Vec::new(),
    };
    exploration.compile(domain, problem.objects.len());
    exploration.run(ctx)?;
    ControlFlow::Continue(exploration.reached)
}

struct Exploration {
    relations: Vec<Relation>,
    reached: Reached,
    /// Per predicate: the schemas and plans that its atoms trigger.
    plans: Vec<Vec<(usize, JoinPlan)>>,
}

impl Exploration {
    fn compile(&mut self, domain: &Domain, n_objects: usize) {
        let arities = domain.predicates.iter().map(|predicate| predicate.params.len()).collect();
        let sizes = Sizes::of(&self.reached, arities, n_objects);
        let expected = |predicate: usize, mask: Mask| sizes.expected(&self.reached, predicate, mask);
        self.plans = self.relations.iter().map(|_| Vec::new()).collect();
        for (at, schema) in self.reached.schemas.iter().enumerate() {
            if !schema.possible() {
                continue;
            }
            for (c, condition) in schema.conditions.iter().enumerate() {
                if self.reached.is_fluent[condition.predicate] {
                    let plan = JoinPlan::compile(schema, Some(c), &mut self.relations, &expected);
                    self.plans[condition.predicate].push((at, plan));
                }
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
        self.instantiate_static(ctx)?;
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

    /// Schemas without fluent conditions are instantiated once.
    fn instantiate_static(&mut self, ctx: &Ctx) -> ControlFlow<Stop> {
        for at in 0..self.reached.schemas.len() {
            let schema = &self.reached.schemas[at];
            let waits = schema.conditions.iter().any(|c| self.reached.is_fluent[c.predicate]);
            if waits || !schema.possible() {
                continue;
            }
            let found = {
                let mut relations = rebuilt(&self.relations, &self.reached);
                let plan =
                    JoinPlan::compile(schema, None, &mut relations, &|_, mask| f64::from(mask.count_zeros()));
                for relation in &mut relations {
                    for atom in std::mem::take(&mut relation.atoms) {
                        relation.activate(atom, self.reached.atoms.args(atom));
                    }
                }
                collect(ctx, &self.reached, &relations, (at, &plan), None)?
            };
            self.accept(at, found);
        }
        ControlFlow::Continue(())
    }

    fn trigger(&mut self, ctx: &Ctx, atom: AtomId, predicate: usize) -> ControlFlow<Stop> {
        for which in 0..self.plans[predicate].len() {
            let (at, plan) = &self.plans[predicate][which];
            let at = *at;
            let found = collect(ctx, &self.reached, &self.relations, (at, plan), Some(atom))?;
            self.accept(at, found);
        }
        ControlFlow::Continue(())
    }

    /// Keeps new instances (flat, `n_params` arguments each) and interns what they add.
    fn accept(&mut self, at: usize, found: Found) {
        let n_params = self.reached.schemas[at].domains.len();
        let mut args = Vec::new();
        for instance in 0..found.count {
            let binding = &found.flat[instance * n_params..(instance + 1) * n_params];
            for effect in &self.reached.schemas[at].adds {
                effect.instantiate(binding, &mut args);
                self.reached.atoms.intern(effect.predicate, &args);
            }
            self.reached.instances.push(Instance { action: at as u32, args: binding.to_vec() });
        }
    }
}

fn rebuilt(relations: &[Relation], reached: &Reached) -> Vec<Relation> {
    let copy = |(predicate, relation): (usize, &Relation)| {
        let mut copy = Relation::default();
        if !reached.is_fluent[predicate] {
            copy.atoms.clone_from(&relation.atoms);
        }
        copy
    };
    relations.iter().enumerate().map(copy).collect()
}

#[derive(Default)]
struct Found {
    count: usize,
    flat: Vec<u32>,
}

fn collect(
    ctx: &Ctx,
    reached: &Reached,
    relations: &[Relation],
    (at, plan): (usize, &JoinPlan),
    newest: Option<AtomId>,
) -> ControlFlow<Stop, Found> {
    let schema = &reached.schemas[at];
    let mut found = Found::default();
    let mut args = Vec::new();
    let mut receive = |binding: &[u32]| {
        let refuted = schema.negative.iter().any(|condition| {
            condition.instantiate(binding, &mut args);
            !reached.is_fluent[condition.predicate]
                && reached.atoms.find(condition.predicate, &args).is_some()
        });
        if !refuted {
            found.count += 1;
            found.flat.extend_from_slice(binding);
        }
    };
    let atoms = &reached.atoms;
    Matcher { ctx, schema, plan, atoms, relations, newest, found: &mut receive, work: 0 }.run()?;
    ctx.tick(1)?;
    ControlFlow::Continue(found)
}

/// Statistics of the initial atoms, for ordering joins.
struct Sizes {
    n_objects: f64,
    arities: Vec<usize>,
    by_predicate: Vec<Vec<AtomId>>,
}

impl Sizes {
    fn of(reached: &Reached, arities: Vec<usize>, n_objects: usize) -> Sizes {
        let mut by_predicate = vec![Vec::new(); reached.is_fluent.len()];
        for atom in 0..reached.n_init as AtomId {
            by_predicate[reached.atoms.predicate(atom)].push(atom);
        }
        Sizes { n_objects: n_objects.max(1) as f64, arities, by_predicate }
    }

    /// Expected matches: exact on average for static predicates, objects to the unbound positions for fluents.
    fn expected(&self, reached: &Reached, predicate: usize, mask: Mask) -> f64 {
        let atoms = &self.by_predicate[predicate];
        if reached.is_fluent[predicate] {
            let unbound = self.arities[predicate].saturating_sub(mask.count_ones() as usize);
            return self.n_objects.powi(unbound as i32);
        }
        let keys: FastSet<u64> = atoms
            .iter()
            .map(|&atom| crate::ground::atoms::key(mask, |i| reached.atoms.args(atom)[i]))
            .collect();
        atoms.len() as f64 / keys.len().max(1) as f64
    }
}
