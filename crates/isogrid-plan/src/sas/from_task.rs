//! From a [`Task`] to a SAS+ file.

use crate::dynamics::FAILS;
use crate::sas::{SasAxiom, SasEffect, SasFact, SasFile, SasOperator, SasVariable};
use crate::task::{OperatorId, Task};

impl SasFile {
    /// The file of a task, for other planners; `None` where the task has numbers, for which the format has no place.
    /// Costs are in the task's [unit](Task::cost_unit). A task whose goals cannot be reached becomes the smallest of
    /// its kind.
    pub fn from_task(task: &Task) -> Option<SasFile> {
        if !task.dynamics.comparisons.is_empty() || !task.functions().is_empty() {
            return None;
        }
        if !task.unreachable_goals().is_empty() {
            return Some(unreachable());
        }
        let mut init: Vec<u32> =
            (0..task.n_variables()).map(|variable| task.packing.get(task.init().words(), variable)).collect();
        let axioms = &task.dynamics.axioms;
        axioms.variables.iter().for_each(|&variable| init[variable as usize] = FAILS);
        let mut layers = vec![None; task.n_variables()];
        for (at, &(variable, _)) in axioms.heads.iter().enumerate() {
            layers[variable as usize] = Some(axioms.layer_of(at));
        }
        let axiom = |(at, &(variable, after)): (usize, &SasFact)| SasAxiom {
            conditions: axioms.bodies.row(at as u32).to_vec(),
            variable,
            before: FAILS,
            after,
        };
        Some(SasFile {
            uses_costs: task.operators.cost.iter().any(|&cost| cost != 1),
            variables: layers.into_iter().enumerate().map(|(at, layer)| describe(task, at, layer)).collect(),
            mutex_groups: mutex_groups(task),
            init,
            goal: task.goal.clone(),
            operators: (0..task.n_operators() as OperatorId).map(|at| operator(task, at)).collect(),
            axioms: axioms.heads.iter().enumerate().map(axiom).collect(),
        })
    }
}

/// One variable with a goal that nothing reaches.
fn unreachable() -> SasFile {
    let values = ["Atom reachable()", "Atom unreachable()"].map(str::to_string).to_vec();
    SasFile {
        uses_costs: false,
        variables: vec![SasVariable { name: "var0".to_string(), layer: None, values }],
        mutex_groups: Vec::new(),
        init: vec![0],
        goal: vec![(0, 1)],
        operators: Vec::new(),
        axioms: Vec::new(),
    }
}

fn describe(task: &Task, variable: usize, layer: Option<u32>) -> SasVariable {
    let n_values = task.n_values(variable);
    let first = task.first_fact[variable];
    // What a variable of two values holds or not; it has no atom where grounding made it up.
    let what = atom_text(task, first).unwrap_or_else(|| format!("made-up-{variable}()"));
    let name = |value: u32| match atom_text(task, first + value) {
        Some(text) => format!("Atom {text}"),
        None if value == 0 => format!("Atom {what}"),
        None if n_values == 2 => format!("NegatedAtom {what}"),
        None => "<none of those>".to_string(),
    };
    SasVariable { name: format!("var{variable}"), layer, values: (0..n_values).map(name).collect() }
}

fn atom_text(task: &Task, fact: u32) -> Option<String> {
    let atom = task.fact_atom(fact)?;
    let args: Vec<&str> = atom.args.iter().map(|&arg| task.problem().objects[arg].name.as_str()).collect();
    Some(format!("{}({})", task.domain().predicates[atom.predicate].name, args.join(", ")))
}

/// Groups over several variables: of one variable, at most one value holds anyway.
fn mutex_groups(task: &Task) -> Vec<Vec<SasFact>> {
    let mut groups: Vec<Vec<SasFact>> = vec![Vec::new(); task.n_mutex_groups()];
    for variable in 0..task.n_variables() {
        for value in 0..task.n_values(variable) {
            let fact = (variable as u32, value);
            task.fact_groups(task.fact(fact)).iter().for_each(|&group| groups[group as usize].push(fact));
        }
    }
    groups.retain(|group| group.iter().any(|&(variable, _)| variable != group[0].0));
    groups
}

fn operator(task: &Task, at: OperatorId) -> SasOperator {
    let (pre, eff) = (task.operators.pre(at), task.operators.eff(at));
    let before = |variable: u32| pre.iter().find(|&&(known, _)| known == variable).map(|&(_, value)| value);
    let plain = eff.iter().map(|&(variable, after)| SasEffect {
        conditions: Vec::new(),
        variable,
        before: before(variable),
        after,
    });
    let conditional = task.dynamics.when_of(at).iter().flat_map(|when| {
        let effect = |&(variable, after): &SasFact| SasEffect {
            conditions: when.pre.clone(),
            variable,
            before: before(variable),
            after,
        };
        when.eff.iter().map(effect)
    });
    let effects: Vec<SasEffect> = plain.chain(conditional).collect();
    let is_set = |variable: u32| effects.iter().any(|effect| effect.variable == variable);
    let step = task.step(at);
    SasOperator {
        name: std::iter::once(step.action).chain(step.args).collect::<Vec<_>>().join(" "),
        prevail: pre.iter().copied().filter(|&(variable, _)| !is_set(variable)).collect(),
        effects,
        cost: task.cost(at),
    }
}
