//! Drops what cannot matter for the goal, and operators that another one replaces.

use isogrid_num::hash::FastMap;

use crate::ground::variables::{Fdr, FdrOperator, VarVal};

/// Keeps the variables from which the goal can be influenced, renumbered in order.
pub(crate) fn prune(fdr: &mut Fdr) {
    let relevant = relevant_variables(fdr);
    let mut fresh = vec![None; fdr.variables.len()];
    let kept = (0..fdr.variables.len()).filter(|&variable| relevant[variable]);
    kept.enumerate().for_each(|(count, variable)| fresh[variable] = Some(count as u32));
    let renumber = |facts: &[VarVal]| -> Vec<VarVal> {
        facts.iter().filter_map(|&(variable, value)| fresh[variable as usize].map(|v| (v, value))).collect()
    };
    for operator in &mut fdr.operators {
        operator.eff = renumber(&operator.eff);
    }
    fdr.operators.retain(|operator| !operator.eff.is_empty());
    for operator in &mut fdr.operators {
        operator.pre = renumber(&operator.pre);
    }
    fdr.goal = renumber(&fdr.goal);
    let mut keep = relevant.iter();
    fdr.variables.retain(|_| keep.next().copied().unwrap_or(false));
}

/// The goal's variables, and backwards the conditions of every operator that changes one of them.
fn relevant_variables(fdr: &Fdr) -> Vec<bool> {
    let mut changing: Vec<Vec<usize>> = vec![Vec::new(); fdr.variables.len()];
    for (at, operator) in fdr.operators.iter().enumerate() {
        operator.eff.iter().for_each(|&(variable, _)| changing[variable as usize].push(at));
    }
    let mut relevant = vec![false; fdr.variables.len()];
    let mut is_used = vec![false; fdr.operators.len()];
    let mut queue: Vec<usize> = fdr.goal.iter().map(|&(variable, _)| variable as usize).collect();
    while let Some(variable) = queue.pop() {
        if std::mem::replace(&mut relevant[variable], true) {
            continue;
        }
        for &at in &changing[variable] {
            if !std::mem::replace(&mut is_used[at], true) {
                queue.extend(fdr.operators[at].pre.iter().map(|&(needed, _)| needed as usize));
            }
        }
    }
    relevant
}

/// Of operators with equal conditions and effects, keeps the cheapest, the first of them.
pub(crate) fn merge_duplicates(operators: &mut Vec<FdrOperator>) {
    let mut best: FastMap<(Vec<VarVal>, Vec<VarVal>), usize> = FastMap::default();
    let mut keep = vec![false; operators.len()];
    for (at, operator) in operators.iter().enumerate() {
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
