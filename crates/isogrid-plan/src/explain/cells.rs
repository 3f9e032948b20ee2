//! What each step of a plan reads and writes: variables with their values, numbers.
//!
//! A condition on a derived variable reads all that its axioms and comparisons look at, transitively. The condition of
//! a conditional effect is read whether it holds or not. Read values are those along the plan: where they are the same in
//! another order, every step does the same there.

use isogrid_num::hash::FastMap;

use crate::dynamics::When;
use crate::explain::replay::Replay;
use crate::ground::VarVal;
use crate::task::{OperatorId, Task};

/// A variable or a number; numbers follow variables.
pub(crate) type Cell = u32;

/// How a step changes a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Write {
    /// A variable takes this value.
    Value(u32),
    /// A constant is added to a number. Additions may change places.
    Add,
    /// A number changes in any other way.
    Assign,
}

/// What one step does; each cell at most once in each list, ascending.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Accesses {
    pub(crate) reads: Vec<Cell>,
    pub(crate) writes: Vec<(Cell, Write)>,
    /// Steps that it must come after besides.
    pub(crate) after: Vec<u32>,
}

/// Finds accesses, with the cells behind each derived variable.
pub(crate) struct Cells<'a> {
    task: &'a Task,
    /// Axioms by the variable that they set.
    axioms: FastMap<u32, Vec<u32>>,
    comparisons: FastMap<u32, usize>,
    behind: FastMap<u32, Vec<Cell>>,
    /// Numbers so small that sums of decimals do not depend on their order.
    is_small: Vec<bool>,
}

/// Below this a number tells apart neighbors on the grid of decimals with a factor to spare.
const SMALL: f64 = 1e6;

impl<'a> Cells<'a> {
    pub(crate) fn new(task: &'a Task) -> Cells<'a> {
        let mut axioms: FastMap<u32, Vec<u32>> = FastMap::default();
        for (at, &(variable, _)) in task.dynamics.axioms.heads.iter().enumerate() {
            axioms.entry(variable).or_default().push(at as u32);
        }
        let comparisons = task.dynamics.comparisons.iter().enumerate();
        let comparisons = comparisons.map(|(at, comparison)| (comparison.variable, at)).collect();
        Cells { task, axioms, comparisons, behind: FastMap::default(), is_small: Vec::new() }
    }

    /// The accesses of all steps, then those of the goal; numbers that nobody reads are left out.
    pub(crate) fn of_plan(&mut self, replay: &Replay, goal: &[VarVal]) -> Vec<Accesses> {
        self.is_small = self.small_numbers(replay);
        let pairs = replay.states.windows(2).zip(&replay.operators);
        let mut steps: Vec<Accesses> =
            pairs.map(|(pair, &operator)| self.of_step(operator, pair[0].words(), pair[1].words())).collect();
        steps.push(Accesses { reads: self.reads(goal), ..Accesses::default() });
        let mut is_read = vec![false; self.len()];
        steps.iter().flat_map(|step| &step.reads).for_each(|&cell| is_read[cell as usize] = true);
        steps.iter_mut().for_each(|step| step.writes.retain(|&(cell, _)| is_read[cell as usize]));
        steps
    }

    fn small_numbers(&self, replay: &Replay) -> Vec<bool> {
        let task = self.task;
        let mut sizes = vec![0.0f64; task.functions().len()];
        for state in &replay.states {
            for (size, number) in sizes.iter_mut().zip(task.numbers(state)) {
                *size = if number.is_nan() { f64::INFINITY } else { size.max(number.abs()) };
            }
        }
        let whens = replay.operators.iter().flat_map(|&operator| task.dynamics.when_of(operator));
        for update in whens.flat_map(|when| &when.updates).filter(|update| !update.is_assignment) {
            sizes[update.number as usize] += update.form.as_number().map_or(0.0, f64::abs);
        }
        sizes.into_iter().map(|size| size <= SMALL).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.task.n_variables() + self.task.functions().len()
    }

    fn number(&self, number: u32) -> Cell {
        self.task.n_variables() as u32 + number
    }

    pub(crate) fn is_derived(&self, variable: u32) -> bool {
        self.axioms.contains_key(&variable) || self.comparisons.contains_key(&variable)
    }

    /// What the conditions read.
    pub(crate) fn reads(&mut self, conditions: &[VarVal]) -> Vec<Cell> {
        let mut cells = Vec::new();
        for &(variable, _) in conditions {
            if self.is_derived(variable) {
                cells.extend_from_slice(self.behind(variable));
            } else {
                cells.push(variable);
            }
        }
        sorted(cells)
    }

    /// The cells that decide about a derived variable.
    fn behind(&mut self, variable: u32) -> &[Cell] {
        if !self.behind.contains_key(&variable) {
            let (mut cells, mut seen, mut stack) = (Vec::new(), vec![variable], vec![variable]);
            while let Some(at) = stack.pop() {
                let axioms = self.axioms.get(&at);
                let bodies =
                    axioms.into_iter().flatten().flat_map(|&a| self.task.dynamics.axioms.bodies.row(a));
                for &(other, _) in bodies {
                    if !seen.contains(&other) {
                        seen.push(other);
                        stack.push(other);
                    }
                }
                if let Some(&comparison) = self.comparisons.get(&at) {
                    let terms = &self.task.dynamics.comparisons[comparison].form.terms;
                    cells.extend(terms.iter().map(|&(number, _)| self.number(number)));
                } else if axioms.is_none() {
                    cells.push(at);
                }
            }
            self.behind.insert(variable, sorted(cells));
        }
        self.behind.get(&variable).map_or(&[], Vec::as_slice)
    }

    /// What an operator does between two states.
    fn of_step(&mut self, operator: OperatorId, before: &[u64], after: &[u64]) -> Accesses {
        let task = self.task;
        let (pre, whens) = (task.operators.pre(operator), task.dynamics.when_of(operator));
        let mut conditions = pre.to_vec();
        whens.iter().for_each(|when| conditions.extend_from_slice(&when.pre));
        let mut found = Accesses { reads: self.reads(&conditions), ..Accesses::default() };
        let mut changed: Vec<u32> =
            task.operators.eff(operator).iter().map(|&(variable, _)| variable).collect();
        for when in whens.iter().filter(|when| task.holds(&when.pre, before)) {
            changed.extend(when.eff.iter().map(|&(variable, _)| variable));
            self.updates(when, &mut found);
        }
        for variable in sorted(changed) {
            found.writes.push((variable, Write::Value(task.packing.get(after, variable as usize))));
        }
        found.writes.sort_by_key(|&(cell, _)| cell);
        found.reads = sorted(found.reads);
        found
    }

    fn updates(&self, when: &When, found: &mut Accesses) {
        for update in &when.updates {
            let cell = self.number(update.number);
            found.reads.extend(update.form.terms.iter().map(|&(number, _)| self.number(number)));
            let is_constant = update.form.as_number().is_some();
            let is_sum = !update.is_assignment && is_constant && self.is_small[update.number as usize];
            let write = if is_sum { Write::Add } else { Write::Assign };
            if write == Write::Assign && !update.is_assignment {
                found.reads.push(cell);
            }
            match found.writes.iter_mut().find(|(other, _)| *other == cell) {
                Some((_, known)) if write == Write::Assign => *known = write,
                Some(_) => {}
                None => found.writes.push((cell, write)),
            }
        }
    }
}

fn sorted(mut cells: Vec<Cell>) -> Vec<Cell> {
    cells.sort_unstable();
    cells.dedup();
    cells
}
