//! From packed states to abstract ones: the refinement hierarchies of all abstractions as decision diagrams.
//!
//! Splits of one variable that follow each other become one test. Values that stand for others, and those behind a
//! landmark, are resolved here, once.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::heuristic::cartesian::diagram::{DEAD, Diagrams, Link, RowId, to_row};
use crate::heuristic::cartesian::refine::Refinement;
use crate::heuristic::cartesian::subtask::BEHIND;
use crate::heuristic::cartesian::system::CellId;
use crate::heuristic::cartesian::tree::{Node, NodeId};
use crate::task::Task;

/// Values looked at that count as one tick.
const VALUES_PER_TICK: u64 = 16;

/// Finds the states of all abstractions, which are numbered one after the other.
pub(super) struct Lookup {
    pub(super) diagrams: Diagrams,
    /// The first row of each abstraction, and the number of rows.
    first_row: Vec<RowId>,
}

impl Lookup {
    pub(super) fn new() -> Lookup {
        Lookup { diagrams: Diagrams::default(), first_row: vec![0] }
    }

    /// Abstract states over all abstractions.
    pub(super) fn n_rows(&self) -> usize {
        self.first_row[self.diagrams.len()] as usize
    }

    pub(super) fn first_row(&self, abstraction: usize) -> usize {
        self.first_row[abstraction] as usize
    }

    /// The row of a state in every abstraction; `None` for a dead end.
    pub(super) fn rows(&self, words: &[u64]) -> Option<Vec<RowId>> {
        (0..self.diagrams.len()).map(|at| self.diagrams.row(at, words)).collect()
    }

    /// Adds an abstraction; `cells` are the numbers of its states that matter.
    pub(super) fn push(
        &mut self,
        ctx: &Ctx,
        task: &Task,
        refinement: &Refinement<'_>,
        cells: &[Option<CellId>],
    ) -> ControlFlow<Stop> {
        let Refinement { subtask, tree, goal, .. } = refinement;
        let first = self.first_row[self.diagrams.len()];
        let to_cell = |cell: CellId| cells[cell as usize].map_or(DEAD, |cell| to_row(first + cell));
        let mut links: Vec<Link> = vec![DEAD; tree.len()];
        let link = |node: NodeId, links: &[Link]| match tree.node(node) {
            &Node::Leaf(cell) => to_cell(cell),
            Node::Inner(..) => links[node as usize],
        };
        for (at, variable) in tree.heads().into_iter().rev() {
            let to = |value: u32| match subtask.class(task, (variable, value)) {
                BEHIND => to_cell(*goal),
                class => link(tree.follow(refinement.system.layout, at, (variable, class)), &links),
            };
            let of_values: Vec<Link> = (0..task.n_values(variable as usize)).map(to).collect();
            links[at as usize] = self.diagrams.switch(task, variable, &of_values);
            ctx.tick(1 + of_values.len() as u64 / VALUES_PER_TICK)?;
        }
        let mut root = link(0, &links);
        for variable in 0..task.n_variables() as u32 {
            let is_behind = |value| subtask.class(task, (variable, value)) == BEHIND;
            let to = |value| if is_behind(value) { to_cell(*goal) } else { root };
            let of_values: Vec<Link> = (0..task.n_values(variable as usize)).map(to).collect();
            root = self.diagrams.switch(task, variable, &of_values);
        }
        ctx.tick(1 + task.n_facts() as u64 / VALUES_PER_TICK)?;
        self.diagrams.push(root);
        self.first_row.push(first + cells.iter().flatten().count() as RowId);
        ControlFlow::Continue(())
    }
}
