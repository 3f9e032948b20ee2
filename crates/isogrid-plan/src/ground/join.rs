//! Compiled joins: the order in which a rule's conditions are matched against active atoms.
//!
//! A plan starts from a trigger (a condition matched by the newest atom) or from nothing. What it leaves open falls into
//! parts that share no parameter; each takes next the condition with the fewest expected matches, which divides it
//! further: a tree. Matching backtracks depth first, checks types and inequalities as soon as their parameters are
//! bound, and goes into one part only when the others have a match, so that dead ends are not multiplied (after the
//! semi-joins of Yannakakis, VLDB 1981; a cyclic rest is searched).

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::ground::atoms::{AtomTable, Mask, Relation};
use crate::ground::rule::{Condition, Rule, Slot};

/// An unbound parameter.
pub(crate) const UNBOUND: u32 = u32::MAX;

/// Whether more matches are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Go {
    On,
    Back,
}

/// One way to instantiate a rule.
pub(crate) struct JoinPlan {
    /// The condition matched by the newest atom, if any.
    pub(crate) trigger: Option<usize>,
    parts: Vec<Part>,
}

/// A step and what follows it. Parts beside each other share no parameter that is still to be bound.
struct Part {
    step: Step,
    rest: Vec<Part>,
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
        let open: Vec<usize> = (0..rule.conditions.len()).filter(|&c| Some(c) != trigger).collect();
        if let Some(trigger) = trigger {
            rule.conditions[trigger].bind(&mut bound);
        }
        let mut parts = Compiler { rule, relations, expected }.parts(open, &bound);
        rule.conditions.iter().for_each(|condition| condition.bind(&mut bound));
        let free = (0..bound.len()).filter(|&param| !bound[param]);
        parts.extend(free.map(|param| Part { step: Step::Enumerate { param }, rest: Vec::new() }));
        JoinPlan { trigger, parts }
    }
}

struct Compiler<'a> {
    rule: &'a Rule,
    relations: &'a mut [Relation],
    expected: &'a dyn Fn(usize, Mask) -> f64,
}

impl Compiler<'_> {
    /// Conditions as independent parts, those with few expected matches first.
    fn parts(&mut self, open: Vec<usize>, bound: &[bool]) -> Vec<Part> {
        // What binds nothing is a check, which all the others may wait for.
        if let Some(&check) = open.iter().find(|&&c| self.rule.conditions[c].binds_nothing(bound)) {
            return vec![self.part(check, open, bound)];
        }
        let mut groups: Vec<(f64, usize, Vec<usize>)> = Vec::new();
        for group in independent(self.rule, open, bound) {
            let cost = |&c: &usize| {
                let condition = &self.rule.conditions[c];
                (self.expected)(condition.predicate, condition.mask(bound))
            };
            let costs = group.iter().map(|c| (cost(c), *c));
            let Some((least, first)) = costs.min_by(|a, b| a.0.total_cmp(&b.0)) else { continue };
            groups.push((least, first, group));
        }
        groups.sort_by(|a, b| a.0.total_cmp(&b.0));
        groups.into_iter().map(|(_, first, group)| self.part(first, group, bound)).collect()
    }

    fn part(&mut self, first: usize, mut group: Vec<usize>, bound: &[bool]) -> Part {
        let condition = &self.rule.conditions[first];
        let mask = condition.mask(bound);
        let index = self.relations[condition.predicate].require(mask);
        let mut bound = bound.to_vec();
        condition.bind(&mut bound);
        group.retain(|&other| other != first);
        Part { step: Step::Match { condition: first, index, mask }, rest: self.parts(group, &bound) }
    }
}

/// Conditions that share an unbound parameter, directly or by others between them, stay together.
fn independent(rule: &Rule, open: Vec<usize>, bound: &[bool]) -> Vec<Vec<usize>> {
    let mut groups: Vec<(Vec<usize>, Vec<bool>)> = Vec::new();
    for condition in open {
        let mut params = vec![false; bound.len()];
        rule.conditions[condition].bind(&mut params);
        params.iter_mut().zip(bound).for_each(|(param, bound)| *param &= !bound);
        let mut group = vec![condition];
        groups.retain_mut(|(others, theirs)| {
            let is_apart = !theirs.iter().zip(&params).any(|(a, b)| a & b);
            if !is_apart {
                group.append(others);
                params.iter_mut().zip(theirs).for_each(|(a, b)| *a |= *b);
            }
            is_apart
        });
        group.sort_unstable();
        groups.push((group, params));
    }
    groups.into_iter().map(|(group, _)| group).collect()
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

impl<'a> Matcher<'a> {
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
        let parts = &self.plan.parts;
        if !self.all_exist(parts.get(1..).unwrap_or_default(), &mut binding)? {
            return ControlFlow::Continue(());
        }
        self.descend(&mut parts.iter().rev().collect(), &mut binding)
    }

    /// Every way to match the parts of the agenda, the last one first.
    fn descend(&mut self, agenda: &mut Vec<&'a Part>, binding: &mut Vec<u32>) -> ControlFlow<Stop> {
        self.count()?;
        let Some(part) = agenda.pop() else {
            (self.found)(binding);
            return ControlFlow::Continue(());
        };
        self.each(part, binding, |matcher, binding| {
            // What is matched after another part is looked for first: nothing is multiplied with nothing.
            if matcher.all_exist(part.rest.get(1..).unwrap_or_default(), binding)? {
                let size = agenda.len();
                agenda.extend(part.rest.iter().rev());
                matcher.descend(agenda, binding)?;
                agenda.truncate(size);
            }
            ControlFlow::Continue(Go::On)
        })?;
        agenda.push(part);
        ControlFlow::Continue(())
    }

    fn all_exist(&mut self, parts: &'a [Part], binding: &mut Vec<u32>) -> ControlFlow<Stop, bool> {
        for part in parts {
            if !self.exists(part, binding)? {
                return ControlFlow::Continue(false);
            }
        }
        ControlFlow::Continue(true)
    }

    /// Whether there is a way to match the part.
    fn exists(&mut self, part: &'a Part, binding: &mut Vec<u32>) -> ControlFlow<Stop, bool> {
        self.count()?;
        let mut is_there = false;
        self.each(part, binding, |matcher, binding| {
            is_there = matcher.all_exist(&part.rest, binding)?;
            ControlFlow::Continue(if is_there { Go::Back } else { Go::On })
        })?;
        ControlFlow::Continue(is_there)
    }

    fn count(&mut self) -> ControlFlow<Stop> {
        self.work += 1;
        if self.work.is_multiple_of(64) { self.ctx.tick(1) } else { ControlFlow::Continue(()) }
    }

    /// Calls `with` for every match of the part's own step; the binding is as before at the end.
    fn each(
        &mut self,
        part: &'a Part,
        binding: &mut Vec<u32>,
        with: impl FnMut(&mut Self, &mut Vec<u32>) -> ControlFlow<Stop, Go>,
    ) -> ControlFlow<Stop> {
        match &part.step {
            Step::Enumerate { param } => self.enumerate(*param, binding, with),
            Step::Match { condition, index, mask } => {
                let (rule, relations) = (self.rule, self.relations);
                let wanted = &rule.conditions[*condition];
                let key = crate::ground::atoms::key(*mask, |i| wanted.value(i, binding));
                let candidates = relations[wanted.predicate].matches(*index, key);
                self.try_each(*condition, candidates, binding, with)
            }
        }
    }

    fn try_each(
        &mut self,
        at: usize,
        candidates: &[u32],
        binding: &mut Vec<u32>,
        mut with: impl FnMut(&mut Self, &mut Vec<u32>) -> ControlFlow<Stop, Go>,
    ) -> ControlFlow<Stop> {
        let rule = self.rule;
        let is_before_trigger = self.plan.trigger.is_some_and(|trigger| at < trigger);
        let mut undo = Vec::new();
        for &candidate in candidates {
            if is_before_trigger && Some(candidate) == self.newest {
                continue;
            }
            undo.clear();
            let fits = self.unify(&rule.conditions[at], candidate, binding, &mut undo);
            let go = if fits { with(self, binding)? } else { Go::On };
            for &param in &undo {
                binding[param] = UNBOUND;
            }
            if go == Go::Back {
                break;
            }
        }
        ControlFlow::Continue(())
    }

    fn enumerate(
        &mut self,
        param: usize,
        binding: &mut Vec<u32>,
        mut with: impl FnMut(&mut Self, &mut Vec<u32>) -> ControlFlow<Stop, Go>,
    ) -> ControlFlow<Stop> {
        let rule = self.rule;
        for object in rule.domains[param].ones() {
            binding[param] = object as u32;
            if rule.consistent(param, binding) && with(self, binding)? == Go::Back {
                break;
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
