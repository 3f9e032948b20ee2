//! The smallest set around one operator of every plan that is closed under what could come in between.
//!
//! An inapplicable member brings the operators of which one must come before it. An applicable member brings the
//! operators over which it cannot be moved to the front. Both are added by fact, each list once a state.

use isogrid_num::bits::BitSet;

use crate::ground::VarVal;
use crate::search::stubborn::tables::{Tables, condition_on};
use crate::task::{FactId, OperatorId, Task};

/// Which of a fact's lists are in the set.
const WRITERS: u8 = 1;
const READERS: u8 = 2;
const MOVERS: u8 = 4;

/// Free writers of no value are in the set.
const NONE: u32 = u32::MAX;
/// Those of all values.
const ALL: u32 = u32::MAX - 1;

/// A set of operators under construction; all buffers are empty between states.
pub(super) struct Closure {
    /// Of the state, one a variable.
    values: Vec<u32>,
    applicable: BitSet,
    members: BitSet,
    /// Every member, to empty the sets again.
    all: Vec<OperatorId>,
    ready: Vec<OperatorId>,
    waiting: Vec<OperatorId>,
    n_ready: usize,
    marks: Vec<u8>,
    marked: Vec<FactId>,
    /// Per variable: free writers of all values but this one are in the set.
    all_but: Vec<u32>,
    freed: Vec<u32>,
    /// Per fact, applicable operators that make it true.
    n_now: Vec<u32>,
    /// Entries of lists looked at since it was taken last.
    work: u64,
}

/// An applicable operator brings more into the set than an inapplicable one: it interferes with many, and it is one
/// less to leave out.
const APPLICABLE: usize = 16;

/// What does not change while the set grows.
#[derive(Clone, Copy)]
pub(super) struct Given<'t> {
    pub(super) task: &'t Task,
    pub(super) tables: &'t Tables,
}

impl Closure {
    pub(super) fn new(task: &Task) -> Closure {
        Closure {
            values: Vec::new(),
            applicable: BitSet::new(task.n_operators()),
            members: BitSet::new(task.n_operators()),
            all: Vec::new(),
            ready: Vec::new(),
            waiting: Vec::new(),
            n_ready: 0,
            marks: vec![0; task.n_facts()],
            marked: Vec::new(),
            all_but: vec![NONE; task.n_variables()],
            freed: Vec::new(),
            n_now: vec![0; task.n_facts()],
            work: 0,
        }
    }

    /// Keeps those of the applicable operators that are in the set. Returns how many entries of lists it looked at.
    pub(super) fn reduce(
        &mut self,
        given: Given<'_>,
        goal: &[VarVal],
        words: &[u64],
        applicable: &mut Vec<OperatorId>,
    ) -> u64 {
        let task = given.task;
        self.values.clear();
        self.values.extend((0..task.n_variables()).map(|variable| task.packing.get(words, variable)));
        self.work = (self.values.len() / 8) as u64;
        if goal.iter().all(|&fact| !self.is_open(fact)) {
            return self.work;
        }
        for &operator in applicable.iter() {
            self.applicable.insert(operator as usize);
            task.operators.eff(operator).iter().for_each(|&fact| self.n_now[task.fact(fact) as usize] += 1);
        }
        let open = goal.iter().copied().filter(|&fact| self.is_open(fact));
        if let Some(first) = open.min_by_key(|&fact| self.size(given, fact)) {
            self.add(given, task.fact(first), WRITERS);
        }
        self.grow(given, applicable.len());
        for &operator in applicable.iter() {
            self.applicable.remove(operator as usize);
            task.operators.eff(operator).iter().for_each(|&fact| self.n_now[task.fact(fact) as usize] = 0);
        }
        self.work += 2 * applicable.len() as u64;
        if self.n_ready < applicable.len() {
            applicable.retain(|&operator| self.members.contains(operator as usize));
        }
        self.clear();
        self.work
    }

    fn is_open(&self, (variable, value): VarVal) -> bool {
        self.values[variable as usize] != value
    }

    fn now(&self, task: &Task, variable: u32) -> FactId {
        task.fact((variable, self.values[variable as usize]))
    }

    /// Adds what the members need until they need no more, or nothing is left to leave out.
    fn grow(&mut self, given: Given<'_>, n_applicable: usize) {
        while self.n_ready < n_applicable {
            if let Some(operator) = self.ready.pop() {
                self.add_interfering(given, operator);
            } else if let Some(operator) = self.waiting.pop() {
                self.add_enabling(given, operator);
            } else {
                break;
            }
        }
    }

    /// Adds operators of which one comes before an inapplicable one, unless they are there or it can never be applied.
    fn add_enabling(&mut self, given: Given<'_>, operator: OperatorId) {
        let mut best: Option<(usize, FactId)> = None;
        let mut is_done = false;
        for &condition in given.task.operators.pre(operator) {
            self.work += 1;
            if !self.is_open(condition) {
                continue;
            }
            if !given.tables.may_reach(self.now(given.task, condition.0), condition.1) {
                return;
            }
            is_done = is_done || self.has_before(given, condition);
            let size = self.size(given, condition);
            if best.is_none_or(|(least, _)| size < least) {
                best = Some((size, given.task.fact(condition)));
            }
        }
        if let Some((_, fact)) = best.filter(|_| !is_done) {
            self.add(given, fact, WRITERS);
        }
    }

    /// Whether the set has all of some operators of which one comes before an open fact: those that make it true, or
    /// those that change its variable from what it is.
    fn has_before(&self, given: Given<'_>, fact: VarVal) -> bool {
        let now = self.now(given.task, fact.0);
        let all_but = self.all_but[fact.0 as usize];
        let has_movers = self.marks[now as usize] & (MOVERS | READERS) != 0;
        let has_free = all_but == ALL
            || all_but == self.values[fact.0 as usize]
            || given.tables.n_free(fact.0) as usize == given.tables.free_writers(now).len();
        self.marks[given.task.fact(fact) as usize] & WRITERS != 0 || has_movers && has_free
    }

    /// How much an open fact is expected to bring into the set.
    fn size(&self, given: Given<'_>, fact: VarVal) -> usize {
        let fact = given.task.fact(fact);
        given.tables.writers(fact).len() + APPLICABLE * self.n_now[fact as usize] as usize
    }

    /// Adds the operators over which an applicable one could not be moved to the front.
    fn add_interfering(&mut self, given: Given<'_>, operator: OperatorId) {
        let task = given.task;
        for &(variable, value) in task.operators.eff(operator) {
            let condition = condition_on(task, operator, variable);
            if condition == Some(value) {
                continue;
            }
            self.work += 1;
            let (now, then) = (self.now(task, variable), task.fact((variable, value)));
            if now != then {
                self.add(given, now, READERS);
            }
            // Where only operators that read the old value can write the new one, all of them are in the set by now,
            // and the variable stays as it is until one of them is applied.
            if condition.is_some() && given.tables.free_writers(then).is_empty() {
                self.add_free(given, variable, ALL);
            } else {
                self.add(given, then, MOVERS);
                self.add_free(given, variable, value);
            }
        }
    }

    /// Adds one of a fact's lists.
    fn add(&mut self, given: Given<'_>, fact: FactId, list: u8) {
        let mark = &mut self.marks[fact as usize];
        if *mark & list != 0 {
            return;
        }
        if *mark == 0 {
            self.marked.push(fact);
        }
        *mark |= list;
        let operators = match list {
            WRITERS => given.tables.writers(fact),
            READERS => given.tables.readers(fact),
            _ => given.tables.movers(fact),
        };
        self.add_all(operators);
    }

    /// Adds the operators that set a variable whatever it was, but for those that set it to `but`.
    fn add_free(&mut self, given: Given<'_>, variable: u32, but: u32) {
        let before = self.all_but[variable as usize];
        if given.tables.n_free(variable) == 0 || before == ALL || before == but {
            return;
        }
        let first = given.task.first_fact[variable as usize];
        let n_values = given.task.n_values(variable as usize);
        if before == NONE {
            self.freed.push(variable);
            self.all_but[variable as usize] = but;
            for value in (0..n_values).filter(|&value| value != but) {
                self.add_all(given.tables.free_writers(first + value));
            }
        } else {
            self.all_but[variable as usize] = ALL;
            self.add_all(given.tables.free_writers(first + before));
        }
    }

    fn add_all(&mut self, operators: &[OperatorId]) {
        self.work += operators.len() as u64;
        for &operator in operators {
            if self.members.insert(operator as usize) {
                self.all.push(operator);
                if self.applicable.contains(operator as usize) {
                    self.n_ready += 1;
                    self.ready.push(operator);
                } else {
                    self.waiting.push(operator);
                }
            }
        }
    }

    fn clear(&mut self) {
        self.all.drain(..).for_each(|operator| {
            self.members.remove(operator as usize);
        });
        self.marked.drain(..).for_each(|fact| self.marks[fact as usize] = 0);
        self.freed.drain(..).for_each(|variable| self.all_but[variable as usize] = NONE);
        self.ready.clear();
        self.waiting.clear();
        self.n_ready = 0;
    }
}
