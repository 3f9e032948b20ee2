//! A finished abstraction: the abstract states that matter and the transitions between them, in flat arrays.
//!
//! States that the abstract initial state does not reach, or from which the goal is out of reach, are left out together
//! with their transitions: no plan passes them. Behind a landmark everything may happen, so that its subtask counts as
//! reached everywhere, with all loops. Memory: 8 bytes a transition, 4 a state.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::flat::Flat;
use crate::heuristic::cartesian::refine::Refinement;
use crate::heuristic::cartesian::subtask::Behind;
use crate::heuristic::cartesian::system::CellId;
use crate::task::OperatorId;

/// Transitions and nodes looked at that count as one tick.
const STEPS_PER_TICK: u64 = 64;

/// Which operators loop at a state that matters.
pub(super) enum Loops {
    /// All of the task.
    All,
    /// These, ascending.
    Some(Vec<OperatorId>),
}

/// Abstract states that matter, numbered anew.
pub(super) struct Abstraction {
    /// Transitions into each state: the operator of the task, and where they come from.
    pub(super) into: Flat<(OperatorId, CellId)>,
    pub(super) n_cells: usize,
    pub(super) n_edges: usize,
    pub(super) goal: Option<CellId>,
    pub(super) loops: Loops,
    /// Whether the goal is out of reach of some state.
    pub(super) has_dead_ends: bool,
}

impl Abstraction {
    /// What matters of a refinement, and the new number of each of its states.
    pub(super) fn new(
        ctx: &Ctx,
        refinement: &Refinement<'_>,
    ) -> ControlFlow<Stop, (Abstraction, Vec<Option<CellId>>)> {
        let (system, behind) = (&refinement.system, refinement.subtask.behind);
        let ends = |cell: CellId| behind == Behind::Ends && cell == refinement.goal;
        let mut matters = reach(system.n_cells(), refinement.goal, |cell| {
            system.into(cell).iter().map(|&edge| system.edge(edge).source).filter(|&source| !ends(source))
        });
        let has_dead_ends = matters.contains(&false);
        if behind == Behind::GoesOn {
            let reached = reach(system.n_cells(), refinement.init, |cell| {
                system.out(cell).iter().map(|&edge| system.edge(edge).target)
            });
            matters.iter_mut().zip(reached).for_each(|(matters, reached)| *matters &= reached);
        }
        ctx.tick((system.n_cells() + system.n_edges()) as u64 / STEPS_PER_TICK)?;
        let mut n_cells = 0;
        let mut number = |&matters: &bool| {
            n_cells += u32::from(matters);
            matters.then(|| n_cells - 1)
        };
        let numbers: Vec<Option<CellId>> = matters.iter().map(&mut number).collect();
        let (mut into, mut n_edges) = (Flat::default(), 0);
        for cell in (0..system.n_cells() as CellId).filter(|&cell| matters[cell as usize]) {
            let edges = system.into(cell).iter().map(|&edge| system.edge(edge));
            into.push(edges.filter(|edge| !ends(edge.source)).filter_map(|edge| {
                let source = numbers[edge.source as usize]?;
                n_edges += 1;
                Some((system.operators.ids[edge.operator as usize], source))
            }));
            ctx.tick(system.into(cell).len() as u64 / STEPS_PER_TICK)?;
        }
        let loops = match behind {
            Behind::Ends => Loops::All,
            Behind::GoesOn => Loops::Some(loops(ctx, refinement, &matters)?),
        };
        let goal = numbers[refinement.goal as usize];
        let abstraction =
            Abstraction { into, n_cells: n_cells as usize, n_edges, goal, loops, has_dead_ends };
        ControlFlow::Continue((abstraction, numbers))
    }
}

/// States that are reached from `start`.
fn reach<I: Iterator<Item = CellId>>(n_cells: usize, start: CellId, next: impl Fn(CellId) -> I) -> Vec<bool> {
    let mut is_reached = vec![false; n_cells];
    let mut stack = vec![start];
    while let Some(cell) = stack.pop() {
        if !std::mem::replace(&mut is_reached[cell as usize], true) {
            stack.extend(next(cell).filter(|&next| !is_reached[next as usize]));
        }
    }
    is_reached
}

fn loops(ctx: &Ctx, refinement: &Refinement<'_>, matters: &[bool]) -> ControlFlow<Stop, Vec<OperatorId>> {
    let system = &refinement.system;
    let mut looping = Vec::new();
    for operator in 0..system.operators.len() as u32 {
        let mut steps = 0;
        if refinement.tree.has_loop((system.layout, system.operators), operator, matters, &mut steps) {
            looping.push(system.operators.ids[operator as usize]);
        }
        ctx.tick(steps / STEPS_PER_TICK)?;
    }
    ControlFlow::Continue(looping)
}
