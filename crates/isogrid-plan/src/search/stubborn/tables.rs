//! Which operators read and write each fact, and which values a variable can still come to.
//!
//! Linear in the size of the operators: no operator is compared with another (Röger, Helmert, Seipp and Sievers, "An
//! atom-centric perspective on stubborn sets", SoCS 2020).

use crate::task::{FactId, OperatorId, Task};

/// The widest variable whose reachable values are looked up, in bits of a word.
const MAX_VALUES: u32 = 64;

/// The operators of a task by fact.
pub(super) struct Tables {
    /// Operators with the fact as a condition; first those that make it false.
    readers: Lists,
    /// Operators with the fact as an effect; first those without a condition on its variable.
    writers: Lists,
    /// Per fact, a bit for each value that its variable can come to from there, whatever the other variables are.
    reach: Vec<u64>,
    /// Per variable, writers without a condition on it.
    n_free: Vec<u32>,
}

impl Tables {
    pub(super) fn new(task: &Task) -> Tables {
        let readers = Lists::new(task, |operator, add| {
            for &condition in task.operators.pre(operator) {
                let is_mover = task
                    .operators
                    .eff(operator)
                    .iter()
                    .any(|&(variable, value)| variable == condition.0 && value != condition.1);
                add(task.fact(condition), if is_mover { Part::First } else { Part::Second });
            }
        });
        let writers = Lists::new(task, |operator, add| {
            for &effect in task.operators.eff(operator) {
                let is_free = condition_on(task, operator, effect.0).is_none();
                add(task.fact(effect), if is_free { Part::First } else { Part::Second });
            }
        });
        let mut tables = Tables { readers, writers, reach: Vec::new(), n_free: Vec::new() };
        for variable in 0..task.n_variables() {
            let facts = task.first_fact[variable]..task.first_fact[variable + 1];
            tables.n_free.push(facts.map(|fact| tables.free_writers(fact).len() as u32).sum());
            tables.add_reach(task, variable as u32);
        }
        tables
    }

    /// Operators with the fact as a condition.
    pub(super) fn readers(&self, fact: FactId) -> &[OperatorId] {
        self.readers.all(fact)
    }

    /// Operators that make the fact false and need it.
    pub(super) fn movers(&self, fact: FactId) -> &[OperatorId] {
        self.readers.first(fact)
    }

    /// Operators that make the fact true.
    pub(super) fn writers(&self, fact: FactId) -> &[OperatorId] {
        self.writers.all(fact)
    }

    /// Operators that make the fact true whatever the variable was.
    pub(super) fn free_writers(&self, fact: FactId) -> &[OperatorId] {
        self.writers.first(fact)
    }

    /// How many operators set the variable whatever it was.
    pub(super) fn n_free(&self, variable: u32) -> u32 {
        self.n_free[variable as usize]
    }

    /// Whether the variable of `from` may come to `value`. Never wrong when false.
    #[inline]
    pub(super) fn may_reach(&self, from: FactId, value: u32) -> bool {
        self.reach[from as usize] >> (value % MAX_VALUES) & 1 == 1
    }

    fn add_reach(&mut self, task: &Task, variable: u32) {
        let (first, n_values) = (task.first_fact[variable as usize], task.n_values(variable as usize));
        if n_values > MAX_VALUES {
            self.reach.extend((0..n_values).map(|_| u64::MAX));
            return;
        }
        let mut steps: Vec<u64> = vec![0; n_values as usize];
        for value in 0..n_values {
            steps[value as usize] |= 1 << value;
            for &operator in self.movers(first + value) {
                let effects = task.operators.eff(operator).iter().filter(|effect| effect.0 == variable);
                effects.for_each(|effect| steps[value as usize] |= 1 << effect.1);
            }
            if !self.free_writers(first + value).is_empty() {
                steps.iter_mut().for_each(|values| *values |= 1 << value);
            }
        }
        // Warshall's closure, a row at a time.
        for between in 0..n_values as usize {
            let further = steps[between];
            steps
                .iter_mut()
                .filter(|values| **values >> between & 1 == 1)
                .for_each(|values| *values |= further);
        }
        self.reach.extend(steps);
    }
}

/// The value of a variable that an operator needs.
pub(super) fn condition_on(task: &Task, operator: OperatorId, variable: u32) -> Option<u32> {
    task.operators.pre(operator).iter().find(|condition| condition.0 == variable).map(|condition| condition.1)
}

/// The part of a fact's list to which an operator goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    First,
    Second,
}

/// Operators by fact, each list in two parts, all in one array.
struct Lists {
    starts: Vec<u32>,
    middles: Vec<u32>,
    items: Vec<OperatorId>,
}

impl Lists {
    /// `visit` names the facts of an operator, the same ones each time it is asked.
    fn new(task: &Task, visit: impl Fn(OperatorId, &mut dyn FnMut(FactId, Part))) -> Lists {
        let operators = 0..task.n_operators() as OperatorId;
        let mut starts = vec![0_u32; task.n_facts() + 1];
        let mut middles = vec![0_u32; task.n_facts()];
        for operator in operators.clone() {
            visit(operator, &mut |fact, part| {
                starts[fact as usize + 1] += 1;
                middles[fact as usize] += u32::from(part == Part::First);
            });
        }
        for fact in 0..task.n_facts() {
            starts[fact + 1] += starts[fact];
            middles[fact] += starts[fact];
        }
        let mut ends = [starts.clone(), middles.clone()];
        let mut items = vec![0; starts.last().map_or(0, |&end| end as usize)];
        for operator in operators {
            visit(operator, &mut |fact, part| {
                let end = &mut ends[part as usize][fact as usize];
                items[*end as usize] = operator;
                *end += 1;
            });
        }
        Lists { starts, middles, items }
    }

    fn all(&self, fact: FactId) -> &[OperatorId] {
        &self.items[self.starts[fact as usize] as usize..self.starts[fact as usize + 1] as usize]
    }

    fn first(&self, fact: FactId) -> &[OperatorId] {
        &self.items[self.starts[fact as usize] as usize..self.middles[fact as usize] as usize]
    }
}
