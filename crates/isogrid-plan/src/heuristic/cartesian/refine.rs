//! Counterexample-guided refinement: follow a shortest abstract way with a concrete state, and split where they part.
//!
//! A way fails where an operator does not apply, where it leads to another abstract state, or where its end is no goal
//! state; only the first failure is mended. Of the variables that could tell the states apart the one that is refined
//! most already is split (Seipp and Helmert, JAIR 62, 2018, sections 3 and 4). Left out: several flaws at a time.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::ground::VarVal;
use crate::heuristic::cartesian::distances::{Distances, UNREACHABLE};
use crate::heuristic::cartesian::sets::{Layout, is_within};
use crate::heuristic::cartesian::subtask::{BEHIND, Subtask};
use crate::heuristic::cartesian::system::{CellId, Split, System};
use crate::heuristic::cartesian::tree::Tree;
use crate::packing::State;
use crate::task::Task;

/// Transitions, operators and words looked at that count as one tick.
const STEPS_PER_TICK: u64 = 64;

/// How far an abstraction may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) cells: usize,
    /// The last split may go beyond.
    pub(super) edges: usize,
}

/// A Cartesian abstraction of a subtask and all that refining it needs.
pub(super) struct Refinement<'a> {
    pub(super) subtask: &'a Subtask,
    pub(super) system: System<'a>,
    pub(super) tree: Tree,
    pub(super) distances: Distances,
    /// The abstract state of the initial state.
    pub(super) init: CellId,
    /// The only abstract state with goal states.
    pub(super) goal: CellId,
    /// Values of each variable.
    sizes: Vec<u32>,
    init_set: Vec<u64>,
    /// The concrete state that follows an abstract way.
    state: Vec<u64>,
    /// Words of states compared.
    steps: u64,
    ticked: u64,
}

impl<'a> Refinement<'a> {
    /// The abstraction with one state. `costs` are those of the task's operators.
    pub(super) fn new(
        task: &Task,
        init: &State,
        (layout, subtask): (&'a Layout, &'a Subtask),
        costs: &[u32],
    ) -> Refinement<'a> {
        let (mut domain, mut init_set) = (vec![0; layout.n_words()], vec![0; layout.n_words()]);
        for variable in 0..task.n_variables() as u32 {
            for value in 0..task.n_values(variable as usize) {
                let class = subtask.class(task, (variable, value));
                if class != BEHIND {
                    layout.insert(&mut domain, (variable, class));
                }
            }
            let value = task.packing.get(init.words(), variable as usize);
            layout.insert(&mut init_set, (variable, subtask.class(task, (variable, value))));
        }
        Refinement {
            subtask,
            sizes: (0..task.n_variables() as u32).map(|variable| layout.count(&domain, variable)).collect(),
            system: System::new(layout, &subtask.operators, domain),
            tree: Tree::new(),
            distances: Distances::new(subtask.operators.ids.iter().map(|&id| costs[id as usize])),
            init: 0,
            goal: 0,
            state: init_set.clone(),
            init_set,
            steps: 0,
            ticked: 0,
        }
    }

    /// Refines until the shortest way is a plan, there is none, a limit is reached, or the context stops the work. What
    /// is there then is an abstraction.
    pub(super) fn run(&mut self, ctx: &Ctx, limits: Limits) -> ControlFlow<Stop> {
        while self.system.n_cells() < limits.cells && self.system.n_edges() < limits.edges {
            let Some((cell, split)) = self.find_flaw() else { break };
            self.split(cell, split);
            let ticks = (self.steps + self.system.steps + self.distances.steps) / STEPS_PER_TICK;
            ctx.tick(1 + ticks - self.ticked)?;
            self.ticked = ticks;
        }
        ControlFlow::Continue(())
    }

    /// Splits an abstract state.
    pub(super) fn split(&mut self, cell: CellId, split: Split) {
        let new = self.system.split(cell, &split);
        let has =
            |facts: &[VarVal]| facts.iter().all(|&f| self.system.layout.contains(self.system.set(new), f));
        if cell == self.goal && has(&self.subtask.goal) {
            self.goal = new;
        }
        if cell == self.init && is_within(&self.init_set, self.system.set(new)) {
            self.init = new;
        }
        self.distances.split(&self.system, [cell, new], self.goal);
        self.tree.split(cell, new, split);
    }

    /// The first failure of a shortest way, and the best split that mends it; none where the way is a plan or there is
    /// no way.
    pub(super) fn find_flaw(&mut self) -> Option<(CellId, Split)> {
        if self.distances.to_goal(self.init) == UNREACHABLE {
            return None;
        }
        let (layout, operators) = (self.system.layout, self.system.operators);
        self.state.copy_from_slice(&self.init_set);
        let mut cell = self.init;
        while let Some(way) = self.distances.way(cell) {
            self.steps += layout.n_words() as u64;
            let edge = self.system.edge(way);
            let pre = operators.pre(edge.operator);
            if pre.iter().any(|&fact| !layout.contains(&self.state, fact)) {
                return self.missing(cell, pre);
            }
            for &fact in operators.eff(edge.operator) {
                layout.assign(&mut self.state, fact);
            }
            if !is_within(&self.state, self.system.set(edge.target)) {
                return self.deviation(cell, edge.target);
            }
            cell = edge.target;
        }
        if self.subtask.goal.iter().any(|&fact| !layout.contains(&self.state, fact)) {
            return self.missing(cell, &self.subtask.goal);
        }
        None
    }

    /// The best split between the state and those in which all of `facts` hold.
    fn missing(&self, cell: CellId, facts: &[VarVal]) -> Option<(CellId, Split)> {
        let layout = self.system.layout;
        let absent = facts.iter().filter(|&&fact| !layout.contains(&self.state, fact));
        let splits = absent.map(|&fact| Split { variable: fact.0, part: layout.single(fact) });
        self.best(cell, splits)
    }

    /// The best split between the state and those from which an operator leads into the target. Effects and conditions
    /// are fulfilled, so the variables that differ are those it does not mention.
    fn deviation(&self, cell: CellId, target: CellId) -> Option<(CellId, Split)> {
        let layout = self.system.layout;
        let (here, there) = (self.system.set(cell), self.system.set(target));
        let differing =
            (0..layout.n_variables() as u32).filter(|&variable| !layout.meet(&self.state, there, variable));
        let splits = differing.map(|variable| Split { variable, part: layout.shared(here, there, variable) });
        self.best(cell, splits)
    }

    /// The split of the variable of whose values the abstract state has the smallest share; the first of equals.
    fn best(&self, cell: CellId, splits: impl Iterator<Item = Split>) -> Option<(CellId, Split)> {
        let set = self.system.set(cell);
        let share = |split: &Split| {
            let left = u64::from(self.system.layout.count(set, split.variable));
            (left, u64::from(self.sizes[split.variable as usize]))
        };
        let best = splits.map(|split| (share(&split), split)).reduce(|best, next| {
            let ((left, size), (best_left, best_size)) = (next.0, best.0);
            if left * best_size < best_left * size { next } else { best }
        });
        best.map(|(_, split)| (cell, split))
    }
}
