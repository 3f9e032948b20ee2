//! Which subtasks there are: one for each goal fact and each fact landmark that does not hold initially. The others
//! would never be refined.
//!
//! In the subtask of a landmark the facts of a variable that are landmarks before it are one value: other subtasks
//! account for the way between them ("combined facts" of Seipp and Helmert, ICAPS 2014).

use std::ops::ControlFlow;
use std::rc::Rc;

use isogrid_core::{Ctx, Stop};

use crate::flat::Flat;
use crate::ground::VarVal;
use crate::heuristic::cartesian::operators::Operators;
use crate::heuristic::cartesian::subtask::{self, Subtask};
use crate::heuristic::{RuleId, Rules};
use crate::landmarks::Landmarks;
use crate::packing::State;
use crate::task::{FactId, Task};

/// Rules looked at that count as one tick.
const STEPS_PER_TICK: u64 = 64;

/// What a subtask is to reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Goal facts together.
    Goal(Vec<VarVal>),
    /// A landmark.
    Landmark {
        /// Its fact.
        fact: VarVal,
        /// Landmarks that come before it.
        earlier: Vec<VarVal>,
    },
}

/// The goal facts that do not hold yet.
pub(super) fn goals(task: &Task, init: &State, goal: &[VarVal]) -> Vec<Target> {
    let open = goal.iter().filter(|&&fact| !task.holds(&[fact], init.words()));
    open.map(|&fact| Target::Goal(vec![fact])).collect()
}

/// More landmarks make no targets: each has all that come before it with it.
const MAX_LANDMARKS: usize = 2_000;

/// The fact landmarks that do not hold yet; none where there are too many.
pub(super) fn landmarks(
    ctx: &Ctx,
    task: &Task,
    init: &State,
    goal: &[VarVal],
) -> ControlFlow<Stop, Vec<Target>> {
    let found = Landmarks::find(ctx, task, init, goal);
    ctx.tick(0)?;
    let Some(landmarks) = found.filter(|found| found.len() <= MAX_LANDMARKS) else {
        return ControlFlow::Continue(Vec::new());
    };
    let place = |fact: FactId| {
        let variable = task.first_fact.partition_point(|&first| first <= fact) - 1;
        (variable as u32, fact - task.first_fact[variable])
    };
    let facts: Vec<Option<VarVal>> = (0..landmarks.len()).map(|at| landmarks.single(at).map(place)).collect();
    let target = |(at, fact): (usize, VarVal)| {
        let earlier = landmarks.naturally_before[at].ones().filter(|&other| other != at);
        Target::Landmark { fact, earlier: earlier.filter_map(|other| facts[other]).collect() }
    };
    let open = (0..).zip(&facts).filter_map(|(at, fact)| fact.map(|fact| (at, fact)));
    let open = open.filter(|(_, fact)| !task.holds(&[*fact], init.words()));
    ControlFlow::Continue(open.map(target).collect())
}

/// Makes the subtasks of one query.
pub(super) struct Maker<'a> {
    task: &'a Task,
    init: &'a State,
    goal: &'a [VarVal],
    operators: Option<Rc<Operators>>,
    rules: Rules,
    /// Rules that need each fact.
    needing: Flat<RuleId>,
    missing: Vec<u32>,
    is_reached: Vec<bool>,
    stack: Vec<FactId>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(task: &'a Task, init: &'a State, goal: &'a [VarVal]) -> Maker<'a> {
        let rules = Rules::new(task);
        let mut of_fact = vec![Vec::new(); task.n_facts()];
        for rule in 0..rules.len() as RuleId {
            rules.pre.row(rule).iter().for_each(|&fact| of_fact[fact as usize].push(rule));
        }
        let mut needing = Flat::default();
        of_fact.into_iter().for_each(|row| needing.push(row));
        let (missing, is_reached, stack) = (Vec::new(), Vec::new(), Vec::new());
        Maker { task, init, goal, operators: None, rules, needing, missing, is_reached, stack }
    }

    /// The subtask of a target; none where the relaxation reaches the goal without the landmark.
    pub(super) fn make(&mut self, ctx: &Ctx, target: &Target) -> ControlFlow<Stop, Option<Subtask>> {
        let task = self.task;
        let (fact, earlier) = match target {
            Target::Goal(facts) => {
                let operators = self.operators(ctx)?;
                return ControlFlow::Continue(Some(Subtask::with_goal(task, facts.clone(), operators)));
            }
            Target::Landmark { fact, earlier } => (*fact, earlier),
        };
        self.reach_without(ctx, task.fact(fact))?;
        let is_reached = |&fact: &VarVal| self.is_reached[task.fact(fact) as usize];
        if self.goal.iter().all(is_reached) {
            return ControlFlow::Continue(None);
        }
        let merged: Vec<VarVal> = earlier.iter().copied().filter(is_reached).collect();
        Subtask::until(ctx, task, fact, (&self.is_reached, &merged)).map_continue(Some)
    }

    /// The operators of the task, made once.
    fn operators(&mut self, ctx: &Ctx) -> ControlFlow<Stop, Rc<Operators>> {
        if let Some(operators) = &self.operators {
            return ControlFlow::Continue(operators.clone());
        }
        let operators = Rc::new(subtask::operators(ctx, self.task)?);
        self.operators = Some(operators.clone());
        ControlFlow::Continue(operators)
    }

    /// Finds the facts that the relaxation reaches by operators that do not reach `avoided`.
    fn reach_without(&mut self, ctx: &Ctx, avoided: FactId) -> ControlFlow<Stop> {
        self.is_reached.clear();
        self.is_reached.resize(self.task.n_facts(), false);
        self.missing.clear();
        self.missing
            .extend((0..self.rules.len() as RuleId).map(|rule| self.rules.pre.row(rule).len() as u32));
        self.stack.clear();
        for variable in 0..self.task.n_variables() {
            self.reach(self.task.first_fact[variable] + self.task.packing.get(self.init.words(), variable));
        }
        for rule in 0..self.rules.len() as RuleId {
            if self.missing[rule as usize] == 0 {
                self.fire(rule, avoided);
            }
        }
        ctx.tick(self.rules.len() as u64 / STEPS_PER_TICK)?;
        while let Some(fact) = self.stack.pop() {
            let n_needing = self.needing.row(fact).len();
            for at in 0..n_needing {
                let rule = self.needing.row(fact)[at];
                self.missing[rule as usize] -= 1;
                if self.missing[rule as usize] == 0 {
                    self.fire(rule, avoided);
                }
            }
            ctx.tick(n_needing as u64 / STEPS_PER_TICK)?;
        }
        ControlFlow::Continue(())
    }

    fn reach(&mut self, fact: FactId) {
        if !std::mem::replace(&mut self.is_reached[fact as usize], true) {
            self.stack.push(fact);
        }
    }

    fn fire(&mut self, rule: RuleId, avoided: FactId) {
        if self.rules.adds.row(rule).contains(&avoided) {
            return;
        }
        for at in 0..self.rules.adds.row(rule).len() {
            self.reach(self.rules.adds.row(rule)[at]);
        }
    }
}
