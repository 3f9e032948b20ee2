//! Drops what cannot matter for the goal, and operators that another one replaces.

use isogrid_num::hash::FastMap;

use crate::ground::numbers::NumberId;
use crate::ground::pace::Pace;
use crate::ground::strips::NumericUpdate;
use crate::ground::variables::{Fdr, FdrOperator, VarVal};

/// Keeps the variables from which the goal can be influenced, renumbered in order.
pub(crate) fn prune(pace: &Pace<'_>, fdr: &mut Fdr) {
    let relevant = Relevant::of(pace, fdr);
    let mut fresh = vec![None; fdr.variables.len()];
    let kept = (0..fdr.variables.len()).filter(|&variable| relevant.variables[variable]);
    kept.enumerate().for_each(|(count, variable)| fresh[variable] = Some(count as u32));
    let renumber = |facts: &[VarVal]| -> Vec<VarVal> {
        facts.iter().filter_map(|&(variable, value)| fresh[variable as usize].map(|v| (v, value))).collect()
    };
    let keep_updates = |updates: &mut Vec<NumericUpdate>| {
        updates.retain(|update| relevant.numbers.contains(&update.variable));
    };
    for operator in pace.over(&mut fdr.operators) {
        operator.eff = renumber(&operator.eff);
        keep_updates(&mut operator.updates);
        for when in &mut operator.when {
            when.eff = renumber(&when.eff);
            keep_updates(&mut when.updates);
        }
        operator.when.retain(|when| !when.eff.is_empty() || !when.updates.is_empty());
    }
    fdr.operators.retain(|o| !o.eff.is_empty() || !o.when.is_empty() || !o.updates.is_empty());
    for operator in pace.over(&mut fdr.operators) {
        operator.pre = renumber(&operator.pre);
        operator.when.iter_mut().for_each(|when| when.pre = renumber(&when.pre));
    }
    fdr.axioms.retain(|axiom| fresh[axiom.head.0 as usize].is_some());
    for axiom in &mut fdr.axioms {
        axiom.head.0 = fresh[axiom.head.0 as usize].unwrap_or_default();
        axiom.body = renumber(&axiom.body);
    }
    fdr.comparisons.retain(|(variable, _)| fresh[*variable as usize].is_some());
    for (variable, _) in &mut fdr.comparisons {
        *variable = fresh[*variable as usize].unwrap_or_default();
    }
    fdr.goal = renumber(&fdr.goal);
    let mut keep = relevant.variables.iter();
    fdr.variables.retain(|_| keep.next().copied().unwrap_or(false));
}

/// What can influence the goal.
struct Relevant {
    variables: Vec<bool>,
    numbers: isogrid_num::hash::FastSet<NumberId>,
}

/// Something that may be relevant.
#[derive(Clone, Copy)]
enum Thing {
    Variable(u32),
    Number(NumberId),
}

impl Relevant {
    /// The goal's variables, and backwards whatever decides about a change of something relevant.
    fn of(pace: &Pace<'_>, fdr: &Fdr) -> Relevant {
        let causes = Causes::new(pace, fdr);
        let mut relevant =
            Relevant { variables: vec![false; fdr.variables.len()], numbers: Default::default() };
        let mut is_used = vec![false; fdr.operators.len()];
        let mut queue: Vec<Thing> = fdr.goal.iter().map(|&(variable, _)| Thing::Variable(variable)).collect();
        let needed = |facts: &[VarVal], queue: &mut Vec<Thing>| {
            queue.extend(facts.iter().map(|&(variable, _)| Thing::Variable(variable)));
        };
        while let Some(thing) = queue.pop() {
            let is_new = match thing {
                Thing::Variable(variable) => {
                    !std::mem::replace(&mut relevant.variables[variable as usize], true)
                }
                Thing::Number(number) => relevant.numbers.insert(number),
            };
            if !is_new {
                continue;
            }
            for &(operator, when) in pace.over(causes.of(thing)) {
                if !std::mem::replace(&mut is_used[operator], true) {
                    needed(&fdr.operators[operator].pre, &mut queue);
                }
                if let Some(when) = when {
                    needed(&fdr.operators[operator].when[when].pre, &mut queue);
                }
                let updates = when.map_or(&fdr.operators[operator].updates, |when| {
                    &fdr.operators[operator].when[when].updates
                });
                for update in
                    updates.iter().filter(|update| matches!(thing, Thing::Number(n) if n == update.variable))
                {
                    queue.extend(update.form.terms.iter().map(|&(number, _)| Thing::Number(number)));
                }
            }
            if let Thing::Variable(variable) = thing {
                let axioms = causes.axioms.get(&variable).map_or(&[][..], Vec::as_slice);
                axioms.iter().for_each(|&axiom| needed(&fdr.axioms[axiom].body, &mut queue));
                let comparison = causes.comparisons.get(&variable);
                let terms = comparison.map_or(&[][..], |&at| &fdr.comparisons[at].1.form.terms);
                queue.extend(terms.iter().map(|&(number, _)| Thing::Number(number)));
            }
        }
        relevant
    }
}

/// What changes what: operators, with the conditional effect that does it.
struct Causes {
    of_variable: Vec<Vec<(usize, Option<usize>)>>,
    of_number: FastMap<NumberId, Vec<(usize, Option<usize>)>>,
    axioms: FastMap<u32, Vec<usize>>,
    comparisons: FastMap<u32, usize>,
}

impl Causes {
    fn new(pace: &Pace<'_>, fdr: &Fdr) -> Causes {
        let mut causes = Causes {
            of_variable: vec![Vec::new(); fdr.variables.len()],
            of_number: FastMap::default(),
            axioms: FastMap::default(),
            comparisons: FastMap::default(),
        };
        for (at, operator) in pace.over(fdr.operators.iter().enumerate()) {
            causes.add((at, None), &operator.eff, &operator.updates);
            for (which, when) in operator.when.iter().enumerate() {
                causes.add((at, Some(which)), &when.eff, &when.updates);
            }
        }
        for (at, axiom) in pace.over(fdr.axioms.iter().enumerate()) {
            causes.axioms.entry(axiom.head.0).or_default().push(at);
        }
        for (at, (variable, _)) in fdr.comparisons.iter().enumerate() {
            causes.comparisons.insert(*variable, at);
        }
        causes
    }

    fn add(&mut self, cause: (usize, Option<usize>), eff: &[VarVal], updates: &[NumericUpdate]) {
        eff.iter().for_each(|&(variable, _)| self.of_variable[variable as usize].push(cause));
        for update in updates {
            self.of_number.entry(update.variable).or_default().push(cause);
        }
    }

    fn of(&self, thing: Thing) -> &[(usize, Option<usize>)] {
        match thing {
            Thing::Variable(variable) => &self.of_variable[variable as usize],
            Thing::Number(number) => self.of_number.get(&number).map_or(&[], Vec::as_slice),
        }
    }
}

/// Of plain operators with equal conditions and effects, keeps the cheapest, the first of them.
pub(crate) fn merge_duplicates(pace: &Pace<'_>, operators: &mut Vec<FdrOperator>) {
    let mut best: FastMap<(Vec<VarVal>, Vec<VarVal>), usize> = FastMap::default();
    let mut keep = vec![false; operators.len()];
    for (at, operator) in pace.over(operators.iter().enumerate()) {
        if !operator.when.is_empty() || !operator.updates.is_empty() {
            keep[at] = true;
            continue;
        }
        let key = (operator.pre.clone(), operator.eff.clone());
        let chosen = best.entry(key).or_insert(at);
        if operator.cost < operators[*chosen].cost {
            *chosen = at;
        }
    }
    best.values().for_each(|&at| keep[at] = true);
    let mut keep = keep.into_iter();
    operators.retain(|_| keep.next().unwrap_or(false));
}
