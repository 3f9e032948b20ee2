//! Compiled joins: the order in which a rule's conditions are matched against active atoms.
//!
//! A plan starts from a trigger (a condition matched by the newest atom) or from nothing, and always takes next the
//! condition with the fewest expected matches given what is bound. Matching backtracks depth first and checks types
//! and inequalities as soon as their parameters are bound.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::ground::atoms::{AtomTable, Mask, Relation};
use crate::ground::rule::{Condition, Rule, Slot};

/// An unbound parameter.
pub(crate) const UNBOUND: u32 = u32::MAX;

/// One way to instantiate a rule.
pub(crate) struct JoinPlan {
    /// The condition matched by the newest atom, if any.
    pub(crate) trigger: Option<usize>,
    steps: Vec<Step>,
}

enum Step {
    /// Match a condition through an index of its relation.
    Match { condition: usize, index: usize, mask: Mask },
    /// Enumerate the objects of a parameter that no condition binds.
    Enumerate { param: usize },
}

impl JoinPlan {
    /// Orders the conditions of `rule` after `trigger`. `expected(predicate, mask)` estimates matches.
    pub(crate) fn compile(
        rule: &Rule,
        trigger: Option<usize>,
        relations: &mut [Relation],
        expected: &dyn Fn(usize, Mask) -> f64,
    ) -> JoinPlan {
        let mut bound = vec![false; rule.domains.len()];
        let mut open: Vec<usize> = (0..rule.conditions.len()).filter(|&c| Some(c) != trigger).collect();
        if let Some(trigger) = trigger {
            rule.conditions[trigger].bind(&mut bound);
        }
        let mut steps = Vec::new();
        while !open.is_empty() {
            let cost = |&c: &usize| {
                let condition = &rule.conditions[c];
                expected(condition.predicate, condition.mask(&bound))
            };
            let (best, _) = open
                .iter()
                .enumerate()
                .map(|(at, c)| (at, cost(c)))
                .min_by(|a, b| a.1.total_cmp(&b.1))
                .unwrap_or((0, 0.0));
            let condition = open.remove(best);
            let mask = rule.conditions[condition].mask(&bound);
            let index = relations[rule.conditions[condition].predicate].require(mask);
            rule.conditions[condition].bind(&mut bound);
            steps.push(Step::Match { condition, index, mask });
        }
        let free = (0..bound.len()).filter(|&param| !bound[param]);
        steps.extend(free.map(|param| Step::Enumerate { param }));
        JoinPlan { trigger, steps }
    }
}

/// Matches one plan; `found` receives every complete binding.
pub(crate) struct Matcher<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) rule: &'a Rule,
    pub(crate) plan: &'a JoinPlan,
    pub(crate) atoms: &'a AtomTable,
    pub(crate) relations: &'a [Relation],
    /// The newest active atom; earlier conditions than the trigger may not use it again.
    pub(crate) newest: Option<u32>,
    pub(crate) found: &'a mut dyn FnMut(&[u32]),
    /// Steps of matching done; every 64 are one tick.
    pub(crate) work: u64,
}

impl Matcher<'_> {
    /// Runs the plan to its end, or until the context stops it.
    pub(crate) fn run(&mut self) -> ControlFlow<Stop> {
        let mut binding = vec![UNBOUND; self.rule.domains.len()];
        if let (Some(trigger), Some(newest)) = (self.plan.trigger, self.newest) {
            let condition = &self.rule.conditions[trigger];
            let mut undo = Vec::new();
            if !self.unify(condition, newest, &mut binding, &mut undo) {
                return ControlFlow::Continue(());
            }
        }
        self.descend(0, &mut binding)
    }

    fn descend(&mut self, depth: usize, binding: &mut Vec<u32>) -> ControlFlow<Stop> {
        self.work += 1;
        if self.work.is_multiple_of(64) {
            self.ctx.tick(1)?;
        }
        let plan = self.plan;
        match plan.steps.get(depth) {
            None => {
                (self.found)(binding);
                ControlFlow::Continue(())
            }
            Some(Step::Enumerate { param }) => self.enumerate(*param, depth, binding),
            Some(Step::Match { condition, index, mask }) => {
                let (rule, relations) = (self.rule, self.relations);
                let wanted = &rule.conditions[*condition];
                let key = crate::ground::atoms::key(*mask, |i| wanted.value(i, binding));
                let candidates = relations[wanted.predicate].matches(*index, key);
                self.try_each(*condition, candidates, depth, binding)
            }
        }
    }

    fn try_each(
        &mut self,
        at: usize,
        candidates: &[u32],
        depth: usize,
        binding: &mut Vec<u32>,
    ) -> ControlFlow<Stop> {
        let rule = self.rule;
        let is_before_trigger = self.plan.trigger.is_some_and(|trigger| at < trigger);
        let mut undo = Vec::new();
        for &candidate in candidates {
            if is_before_trigger && Some(candidate) == self.newest {
                continue;
            }
            undo.clear();
            if self.unify(&rule.conditions[at], candidate, binding, &mut undo) {
                self.descend(depth + 1, binding)?;
            }
            for &param in &undo {
                binding[param] = UNBOUND;
            }
        }
        ControlFlow::Continue(())
    }

    fn enumerate(&mut self, param: usize, depth: usize, binding: &mut Vec<u32>) -> ControlFlow<Stop> {
        let rule = self.rule;
        for object in rule.domains[param].ones() {
            binding[param] = object as u32;
            if rule.consistent(param, binding) {
                self.descend(depth + 1, binding)?;
            }
        }
        binding[param] = UNBOUND;
        ControlFlow::Continue(())
    }

    /// Binds the free parameters of `condition` to the atom's arguments; on a clash the bindings made are undone.
    fn unify(&self, condition: &Condition, atom: u32, binding: &mut [u32], undo: &mut Vec<usize>) -> bool {
        let args = self.atoms.args(atom);
        for (slot, &arg) in condition.slots.iter().zip(args) {
            let fits = match *slot {
                Slot::Object(object) => object == arg,
                Slot::Param(param) if binding[param] != UNBOUND => binding[param] == arg,
                Slot::Param(param) => {
                    binding[param] = arg;
                    undo.push(param);
                    self.rule.domains[param].contains(arg as usize) && self.rule.consistent(param, binding)
                }
            };
            if !fits {
                for &param in undo.iter() {
                    binding[param] = UNBOUND;
                }
                undo.clear();
                return false;
            }
        }
        true
    }
}
