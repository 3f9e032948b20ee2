//! From what is reachable to actions, axioms and a goal over atoms that change.
//!
//! An atom that is true at first and never deleted is constant; one never reached is false. Both vanish from
//! conditions, as static conditions do.

use std::ops::ControlFlow;

use isogrid_core::Ctx;

use crate::error::PlanError;
use crate::ground::atoms::AtomId;
use crate::ground::conjunctions::{Conjunction, Signed, Splitter};
use crate::ground::costs::Costs;
use crate::ground::formula::{Ground, Ranges};
use crate::ground::numbers::{Compared, Linear, NotLinear, NumberId};
use crate::ground::reach::{EffectInstance, Instances, Reached};
use crate::ground::rule::{Condition, Rule, Slot};
use crate::ground::schema::{LiftedChange, Origin, Schema};
use crate::ground::strips::{GroundAxiom, Kind, NumericUpdate, Strip, Strips, When};
use crate::pddl::{self, Atom, Change, Domain, Expression, Formula, Leaf, Problem, Term, Update};
use crate::text;

/// Simplifies what was reached.
///
/// # Errors
/// A cost has no value or does not fit, the metric is no sum of action costs, or numbers that change are multiplied;
/// [`PlanError::Stopped`] when the context ends the work first.
pub(crate) fn simplify(
    ctx: &Ctx,
    domain: &Domain,
    problem: &Problem,
    reached: Reached,
) -> Result<Strips, PlanError> {
    let kinds = kinds(domain, &reached);
    let Reached { atoms, n_init, schemas, instances, effects, is_fluent, numbers } = reached;
    let found = Found { schemas, instances, effects };
    let axioms = domain.axioms.iter().map(|axiom| (axiom.predicate, &axiom.condition));
    let mut simplifier = Simplifier {
        ctx,
        domain,
        problem,
        n_relations: is_fluent.len(),
        ranges: Ranges::new(ctx, domain, problem),
        is_tracked: tracked(domain, problem),
        // Parsing checked the layers; a domain made by hand that breaks them derives too little.
        layers: pddl::strata(domain.predicates.len(), axioms)
            .unwrap_or_else(|_| vec![1; domain.predicates.len()]),
        strips: Strips {
            is_init: (0..atoms.len()).map(|atom| atom < n_init).collect(),
            operators: Vec::with_capacity(found.instances.schemas.len()),
            axioms: Vec::new(),
            comparison_atoms: Vec::new(),
            goal: Vec::new(),
            negative_goal: Vec::new(),
            unreachable: Vec::new(),
            has_rest: found.schemas.iter().any(has_rest),
            is_out_of_reach: Vec::new(),
            cost_unit: 1.0,
            n_predicates: domain.predicates.len(),
            atoms,
            kinds,
            numbers,
        },
    };
    simplifier.axioms(&found)?;
    simplifier.settle_axioms();
    simplifier.operators(&found)?;
    simplifier.goal()?;
    Ok(simplifier.finish())
}

/// Whether joins leave out a part of the schema's conditions.
fn has_rest(schema: &Schema) -> bool {
    let effects = schema.sometimes.iter().map(|effect| &effect.rule);
    [&schema.rule].into_iter().chain(effects).any(|rule| !rule.rest.is_empty())
}

/// Instances of schemas and of their conditional effects.
struct Found {
    schemas: Vec<Schema>,
    instances: Instances,
    effects: Vec<EffectInstance>,
}

struct Simplifier<'a> {
    ctx: &'a Ctx,
    domain: &'a Domain,
    problem: &'a Problem,
    /// Predicates of the domain and of instances; the next one is that of comparisons, then that of made-up atoms.
    n_relations: usize,
    ranges: Ranges<'a>,
    /// Functions whose values conditions or other functions depend on.
    is_tracked: Vec<bool>,
    /// The layer of each predicate's axioms.
    layers: Vec<usize>,
    strips: Strips,
}

/// What a condition is part of, for errors.
#[derive(Clone, Copy)]
enum Owner {
    Schema(Origin),
    Goal,
}

/// Changes in the making.
type Parts<'p> = (&'p mut Vec<AtomId>, &'p mut Vec<AtomId>, &'p mut Vec<NumericUpdate>);

impl Simplifier<'_> {
    fn axioms(&mut self, found: &Found) -> Result<(), PlanError> {
        for (at, &schema) in found.instances.schemas.iter().enumerate() {
            self.check_budget()?;
            let schema = &found.schemas[schema as usize];
            let Origin::Axiom(axiom) = schema.origin else { continue };
            let layer = self.layers[self.domain.axioms[axiom].predicate] as u32;
            let binding = found.instances.args.row(at as u32);
            let bodies = self.conjunctions((&schema.rule, binding), schema.origin, layer)?;
            for change in &schema.always {
                let LiftedChange::Add(head) = change else { continue };
                let Some(head) = self.find(head, binding) else { continue };
                let axiom = |body: &Conjunction| GroundAxiom { head, layer, body: body.clone() };
                self.strips.axioms.extend(bodies.iter().map(axiom));
            }
        }
        Ok(())
    }

    /// One tick for each instance.
    fn check_budget(&mut self) -> Result<(), PlanError> {
        match (self.ranges.stopped, self.ctx.tick(1)) {
            (Some(stop), _) | (None, ControlFlow::Break(stop)) => Err(PlanError::Stopped(stop)),
            (None, ControlFlow::Continue(())) => Ok(()),
        }
    }

    /// Derived atoms that hold everywhere become constants; duplicates go.
    fn settle_axioms(&mut self) {
        let strips = &mut self.strips;
        loop {
            let mut is_settled = false;
            for axiom in &strips.axioms {
                if axiom.body == Conjunction::default() && strips.kinds[axiom.head as usize] == Kind::Derived
                {
                    strips.kinds[axiom.head as usize] = Kind::AlwaysTrue;
                    is_settled = true;
                }
            }
            if !is_settled {
                break;
            }
            let kinds = &strips.kinds;
            let holds = |atom: &AtomId| kinds[*atom as usize] == Kind::AlwaysTrue;
            strips.axioms.retain(|axiom| !holds(&axiom.head) && !axiom.body.negative.iter().any(holds));
            strips.axioms.iter_mut().for_each(|axiom| axiom.body.pre.retain(|atom| !holds(atom)));
        }
        let mut seen = isogrid_num::hash::FastSet::default();
        let fresh = |axiom: &GroundAxiom| {
            seen.insert((axiom.head, axiom.body.pre.clone(), axiom.body.negative.clone()))
        };
        strips.axioms.retain(fresh);
    }

    fn operators(&mut self, found: &Found) -> Result<(), PlanError> {
        let mut costs = Costs::new(self.domain, self.problem, &found.schemas, &mut self.strips.numbers)?;
        let mut actions = Vec::new();
        let mut rest = &found.effects[..];
        for (at, &schema) in found.instances.schemas.iter().enumerate() {
            let n_own = rest.iter().take_while(|effect| effect.instance as usize == at).count();
            let (effects, others) = rest.split_at(n_own);
            rest = others;
            self.check_budget()?;
            let schema = &found.schemas[schema as usize];
            let Origin::Action(action) = schema.origin else { continue };
            let binding = found.instances.args.row(at as u32);
            let strips = self.operator((schema, action), binding, effects)?;
            if strips.is_empty() {
                continue;
            }
            costs.push(action, &schema.always, (&mut self.strips.numbers, binding))?;
            // The place of its cost for now: the unit is known at the end.
            let cost = actions.len() as u32;
            actions.push(action);
            self.strips.operators.extend(strips.into_iter().map(|strip| Strip { cost, ..strip }));
        }
        let (costs, unit) = costs.finish(&actions)?;
        self.strips.operators.iter_mut().for_each(|strip| strip.cost = costs[strip.cost as usize]);
        self.strips.cost_unit = unit;
        Ok(())
    }

    /// Above all axioms of the domain, so that made-up atoms may depend on any of them.
    fn top_layer(&self) -> u32 {
        self.layers.iter().max().copied().unwrap_or(0) as u32 + 1
    }

    /// The action, once for each conjunction that its condition is multiplied out into.
    fn operator(
        &mut self,
        (schema, action): (&Schema, usize),
        binding: &[u32],
        effects: &[EffectInstance],
    ) -> Result<Vec<Strip>, PlanError> {
        let layer = self.top_layer();
        let mut conjunctions = self.conjunctions((&schema.rule, binding), schema.origin, layer)?;
        if conjunctions.is_empty() {
            return Ok(Vec::new());
        }
        let mut base =
            Strip { action: action as u32, args: binding[..schema.n_args].to_vec(), ..Strip::default() };
        for change in &schema.always {
            let parts = (&mut base.add, &mut base.delete, &mut base.updates);
            self.change((change, schema.origin), binding, parts)?;
        }
        self.conditional(schema, effects, &mut base)?;
        base.tidy();
        let last = conjunctions.pop();
        let mut strips: Vec<Strip> =
            conjunctions.into_iter().filter_map(|conjunction| base.clone().under(conjunction)).collect();
        strips.extend(last.and_then(|conjunction| base.under(conjunction)));
        Ok(strips)
    }

    /// Adds the effects that depend on a condition.
    fn conditional(
        &mut self,
        schema: &Schema,
        effects: &[EffectInstance],
        base: &mut Strip,
    ) -> Result<(), PlanError> {
        let (origin, layer) = (schema.origin, self.top_layer());
        for EffectInstance { effect, args, .. } in effects {
            let effect = &schema.sometimes[*effect as usize];
            let condition = self.condition((&effect.rule, args), Owner::Schema(origin))?;
            if condition == Ground::True {
                let parts = (&mut base.add, &mut base.delete, &mut base.updates);
                self.change((&effect.change, origin), args, parts)?;
                continue;
            }
            for Conjunction { pre, negative } in self.splitter(layer).split(&condition) {
                let mut when = When { pre, negative, ..When::default() };
                let parts = (&mut when.add, &mut when.delete, &mut when.updates);
                self.change((&effect.change, origin), args, parts)?;
                base.push_when(when);
            }
        }
        Ok(())
    }

    /// Adds one ground change.
    fn change(
        &mut self,
        (change, origin): (&LiftedChange, Origin),
        binding: &[u32],
        (add, delete, updates): Parts<'_>,
    ) -> Result<(), PlanError> {
        match change {
            LiftedChange::Add(condition) => add.extend(self.find_fluent(condition, binding)),
            LiftedChange::Delete(condition) => delete.extend(self.find_fluent(condition, binding)),
            LiftedChange::Number { function, slots, update, value } if self.is_tracked[*function] => {
                let args: Vec<u32> = slots.iter().map(|slot| slot.value(binding)).collect();
                let variable = self.strips.numbers.variable(*function, &args);
                let form = self.strips.numbers.linear(value, binding);
                let form = form.map_err(|why| self.not_linear(why, Owner::Schema(origin)))?;
                let update = numeric_update(variable, *update, form);
                updates
                    .push(update.ok_or_else(|| self.not_linear(NotLinear::Product, Owner::Schema(origin)))?);
            }
            LiftedChange::Number { .. } => {}
        }
        Ok(())
    }

    fn find_fluent(&self, condition: &Condition, binding: &[u32]) -> Option<AtomId> {
        self.find(condition, binding).filter(|&atom| self.strips.kinds[atom as usize] == Kind::Fluent)
    }

    /// The goal, or the names of what can never hold.
    fn goal(&mut self) -> Result<(), PlanError> {
        let goal = self.problem.goal.clone();
        let layer = self.top_layer();
        for part in goal.conjuncts() {
            let ground = self.ground(part, &mut Vec::new(), Owner::Goal)?;
            match self.splitter(layer).join(&ground) {
                None => {
                    let text = text::formula_text(self.domain, self.problem, part);
                    self.strips.unreachable.push(text);
                }
                Some(Conjunction { pre, negative }) => {
                    pre.into_iter().for_each(|atom| self.strips.add_goal(Signed { atom, negated: false }));
                    negative
                        .into_iter()
                        .for_each(|atom| self.strips.add_goal(Signed { atom, negated: true }));
                }
            }
        }
        self.check_budget()?;
        let strips = &mut self.strips;
        strips.goal.sort_unstable();
        strips.negative_goal.sort_unstable();
        for &atom in strips.goal.iter().filter(|atom| strips.negative_goal.contains(atom)) {
            let Some(atom) = strips.ground_atom(atom) else { continue };
            let text = text::atom_text(self.domain, self.problem, &atom);
            strips.unreachable.push(format!("{text} together with (not {text})"));
        }
        Ok(())
    }

    /// Joins the axioms of comparisons and made-up atoms to the others.
    fn finish(mut self) -> Strips {
        let n_atoms = self.strips.atoms.len();
        self.strips.is_init.resize(n_atoms, false);
        self.strips.axioms.sort_by_key(|axiom| axiom.layer);
        self.strips
    }

    fn splitter(&mut self, layer: u32) -> Splitter<'_> {
        let predicate = self.n_relations + 1;
        let Strips { atoms, kinds, axioms, .. } = &mut self.strips;
        Splitter { atoms, kinds, axioms, predicate, layer }
    }

    fn find(&self, condition: &Condition, binding: &[u32]) -> Option<AtomId> {
        // Atoms of more arguments are rare.
        let mut room = [0; 8];
        let n = condition.slots.len();
        if let Some(args) = room.get_mut(..n) {
            args.iter_mut().zip(&condition.slots).for_each(|(arg, slot)| *arg = slot.value(binding));
            return self.strips.atoms.find(condition.predicate, args);
        }
        let args: Vec<u32> = condition.slots.iter().map(|slot| slot.value(binding)).collect();
        self.strips.atoms.find(condition.predicate, &args)
    }

    /// The conjunctions one of which a rule asks for, beyond what its join made sure of for good.
    fn conjunctions(
        &mut self,
        (rule, binding): (&Rule, &[u32]),
        origin: Origin,
        layer: u32,
    ) -> Result<Vec<Conjunction>, PlanError> {
        if !rule.rest.is_empty() {
            let condition = self.condition((rule, binding), Owner::Schema(origin))?;
            return Ok(self.splitter(layer).split(&condition));
        }
        // Most rules are a conjunction of atoms, and most of a large task's grounding is this.
        let mut conjunction = Conjunction::default();
        for condition in &rule.conditions {
            match self.leaf(self.find(condition, binding), false) {
                Ground::False => return Ok(Vec::new()),
                Ground::Leaf(signed) => conjunction.pre.push(signed.atom),
                _ => {}
            }
        }
        for condition in &rule.negative {
            match self.leaf(self.find(condition, binding), true) {
                Ground::False => return Ok(Vec::new()),
                Ground::Leaf(signed) => conjunction.negative.push(signed.atom),
                _ => {}
            }
        }
        Ok(conjunction.tidy().into_iter().collect())
    }

    /// The same as a formula.
    fn condition(
        &mut self,
        (rule, binding): (&Rule, &[u32]),
        owner: Owner,
    ) -> Result<Ground<Signed>, PlanError> {
        let mut parts = Vec::with_capacity(rule.conditions.len() + rule.negative.len());
        for (conditions, negated) in [(&rule.conditions, false), (&rule.negative, true)] {
            for condition in conditions {
                // The instance that an effect belongs to is no condition of it.
                if condition.predicate < self.strips.n_predicates {
                    parts.push(self.leaf(self.find(condition, binding), negated));
                }
            }
        }
        let mut inner = binding.to_vec();
        for formula in &rule.rest {
            parts.push(self.ground(formula, &mut inner, owner)?);
        }
        Ok(Ground::and(parts))
    }

    fn leaf(&self, atom: Option<AtomId>, negated: bool) -> Ground<Signed> {
        let Some(atom) = atom else { return truth(negated) };
        match self.strips.kinds[atom as usize] {
            Kind::Static | Kind::AlwaysTrue => truth(!negated),
            Kind::Fluent | Kind::Derived => Ground::Leaf(Signed { atom, negated }),
        }
    }

    fn ground(
        &mut self,
        formula: &Formula,
        binding: &mut Vec<u32>,
        owner: Owner,
    ) -> Result<Ground<Signed>, PlanError> {
        let mut ranges =
            std::mem::replace(&mut self.ranges, Ranges::new(self.ctx, self.domain, self.problem));
        let mut leaf = |leaf: Leaf<'_>, binding: &[u32]| match leaf {
            Leaf::Literal(literal) => Ok(match &literal.atom {
                Atom::Equal(a, b) => {
                    let value = |term: &Term| Slot::from(*term).value(binding);
                    truth((value(a) == value(b)) != literal.negated)
                }
                Atom::Predicate(predicate, terms) => {
                    let atom = self.find(&Condition::new(*predicate, terms), binding);
                    self.leaf(atom, literal.negated)
                }
            }),
            Leaf::Compare(comparison) => {
                let compared = self.strips.numbers.compared(comparison, binding);
                match compared {
                    Ok(compared) => Ok(self.comparison(compared)),
                    Err(NotLinear::Undefined { .. }) => Ok(Ground::False),
                    Err(why) => Err(self.not_linear(why, owner)),
                }
            }
        };
        let result = ranges.ground(formula, binding, &mut leaf);
        self.ranges = ranges;
        result
    }

    fn comparison(&mut self, compared: Compared) -> Ground<Signed> {
        if let Some(value) = compared.form.as_number() {
            return truth(compared.sign.holds(value));
        }
        let strips = &mut self.strips;
        let id = strips.numbers.intern(compared) as usize;
        if id == strips.comparison_atoms.len() {
            let (atom, _) = strips.atoms.intern(self.n_relations, &[id as u32]);
            strips.kinds.push(Kind::Derived);
            strips.comparison_atoms.push(atom);
        }
        Ground::Leaf(Signed { atom: strips.comparison_atoms[id], negated: false })
    }

    fn not_linear(&self, why: NotLinear, owner: Owner) -> PlanError {
        let owner = match owner {
            Owner::Schema(Origin::Action(action)) => format!("action `{}`", self.domain.actions[action].name),
            Owner::Schema(Origin::Axiom(axiom)) => {
                let predicate = self.domain.axioms[axiom].predicate;
                format!("the axiom of `{}`", self.domain.predicates[predicate].name)
            }
            Owner::Goal => "the goal".to_string(),
        };
        match why {
            NotLinear::Product => PlanError::NotLinear { owner },
            NotLinear::Undefined { function, args } => {
                let names = args.iter().map(|&arg| format!(" {}", self.problem.objects[arg as usize].name));
                let name = &self.domain.functions[function].name;
                let function = format!("({name}{})", names.collect::<String>());
                PlanError::MissingValue { function, owner }
            }
        }
    }
}

fn truth<L>(holds: bool) -> Ground<L> {
    if holds { Ground::True } else { Ground::False }
}

/// An update as a linear form; `None` where it divides by what changes, or by zero.
fn numeric_update(variable: NumberId, update: Update, form: Linear) -> Option<NumericUpdate> {
    let old = |factor: f64| Linear { constant: 0.0, terms: vec![(variable, factor)] };
    let set = |form: Linear| Some(NumericUpdate { variable, form, is_assignment: true });
    let add = |form: Linear| Some(NumericUpdate { variable, form, is_assignment: false });
    match (update, form.as_number()) {
        (Update::Assign, _) => set(form),
        (Update::Increase, _) => add(form),
        (Update::Decrease, _) => add(form.scaled(-1.0)),
        (Update::ScaleUp, Some(factor)) => set(old(factor)),
        (Update::ScaleDown, Some(divisor)) if divisor != 0.0 => set(old(1.0 / divisor)),
        (Update::ScaleUp | Update::ScaleDown, _) => None,
    }
}

fn kinds(domain: &Domain, reached: &Reached) -> Vec<Kind> {
    let derived: Vec<bool> =
        (0..domain.predicates.len()).map(|predicate| domain.is_derived(predicate)).collect();
    let kind = |atom: AtomId| {
        let predicate = reached.atoms.predicate(atom);
        let is_fluent = derived.len() > predicate && reached.is_fluent[predicate];
        match (is_fluent, (atom as usize) < reached.n_init) {
            (false, _) => Kind::Static,
            (true, _) if derived[predicate] => Kind::Derived,
            (true, true) => Kind::AlwaysTrue,
            (true, false) => Kind::Fluent,
        }
    };
    let mut kinds: Vec<Kind> = (0..reached.atoms.len() as AtomId).map(kind).collect();
    let mut make_fluent = |deletes: &[AtomId], adds: &[AtomId]| {
        for atom in deletes.iter().filter(|atom| !adds.contains(atom)) {
            kinds[*atom as usize] = Kind::Fluent;
        }
    };
    let instances = &reached.instances;
    for (at, &schema) in instances.schemas.iter().enumerate() {
        let (deletes, adds) =
            changed(reached, reached.schemas[schema as usize].always.iter(), instances.args.row(at as u32));
        make_fluent(&deletes, &adds);
    }
    for effect in &reached.effects {
        let schema = &reached.schemas[instances.schemas[effect.instance as usize] as usize];
        let change = &schema.sometimes[effect.effect as usize].change;
        let (deletes, _) = changed(reached, [change].into_iter(), &effect.args);
        make_fluent(&deletes, &[]);
    }
    kinds
}

/// Atoms that changes delete and add.
fn changed<'c>(
    reached: &Reached,
    changes: impl Iterator<Item = &'c LiftedChange>,
    binding: &[u32],
) -> (Vec<AtomId>, Vec<AtomId>) {
    let (mut deletes, mut adds, mut args) = (Vec::new(), Vec::new(), Vec::new());
    for change in changes {
        let (condition, side) = match change {
            LiftedChange::Add(condition) => (condition, &mut adds),
            LiftedChange::Delete(condition) => (condition, &mut deletes),
            LiftedChange::Number { .. } => continue,
        };
        condition.instantiate(binding, &mut args);
        side.extend(reached.atoms.find(condition.predicate, &args));
    }
    (deletes, adds)
}

/// Functions whose values decide something: in a condition, or in what another function changes by.
fn tracked(domain: &Domain, problem: &Problem) -> Vec<bool> {
    let mut is_tracked = vec![false; domain.functions.len()];
    let mut mark = |function: usize, _: &[Term]| is_tracked[function] = true;
    let mut look = |formula: &Formula| {
        formula.for_each_leaf(&mut |leaf| {
            if let Leaf::Compare(comparison) = leaf {
                comparison.left.for_each_function(&mut mark);
                comparison.right.for_each_function(&mut mark);
            }
        });
    };
    look(&problem.goal);
    domain.axioms.iter().for_each(|axiom| look(&axiom.condition));
    for action in &domain.actions {
        look(&action.precondition);
        action.effects.iter().for_each(|effect| look(&effect.condition));
    }
    let changes = domain.actions.iter().flat_map(|action| &action.effects);
    let values: Vec<(usize, &Expression)> = changes
        .filter_map(|effect| match &effect.change {
            Change::Number { function, value, .. } => Some((*function, value)),
            Change::Literal(_) => None,
        })
        .collect();
    // What a tracked function changes by is tracked too.
    loop {
        let mut found = Vec::new();
        for &(function, value) in &values {
            if is_tracked[function] {
                value.for_each_function(&mut |needed, _| found.push(needed));
            }
        }
        let before = is_tracked.iter().filter(|tracked| **tracked).count();
        found.into_iter().for_each(|needed| is_tracked[needed] = true);
        if before == is_tracked.iter().filter(|tracked| **tracked).count() {
            return is_tracked;
        }
    }
}
