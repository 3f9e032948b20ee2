//! Cartesian abstractions, made by refinement, one a goal fact or landmark, and added up by saturated cost
//! partitioning: admissible, consistent, and safe in the states that the initial state reaches.
//!
//! After Seipp and Helmert, "Counterexample-Guided Cartesian Abstraction Refinement for Classical Planning" (JAIR 62,
//! 2018), and Seipp, Keller and Helmert, "Saturated Cost Partitioning for Optimal Classical Planning" (JAIR 67, 2020).
//! Left out: conditional effects, axioms and numbers.

mod abstraction;
mod collection;
mod diagram;
mod distances;
mod lookup;
mod operators;
mod orders;
mod refine;
mod samples;
mod saturation;
mod sets;
mod subtask;
mod system;
mod targets;
#[cfg(test)]
mod tests;
mod tree;

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};
use isogrid_num::hash::FastMap;

use crate::ground::VarVal;
use crate::heuristic::cartesian::collection::{Collection, go_on};
use crate::heuristic::cartesian::diagram::{DEAD, Diagrams, Link, RowId, to_row};
use crate::heuristic::cartesian::orders::{Orders, Table};
use crate::heuristic::cartesian::saturation::INFINITE;
use crate::heuristic::{Declared, Heuristic, Node, Properties};
use crate::packing::State;
use crate::task::Task;

/// Rows compared that count as one tick.
const ROWS_PER_TICK: usize = 4;
/// Diagrams walked in an evaluation that count as one tick.
const DIAGRAMS_PER_TICK: u64 = 8;

/// Settings of [`Cartesian::build`]. The limits decide on memory: while building 8 bytes a transition, 28 more a
/// transition and 50 more a state of the abstraction at hand, and for each state 4 bytes an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CartesianOptions {
    /// Abstract states over all abstractions. Default: 2^20.
    pub(crate) max_states: usize,
    /// Transitions between different abstract states over all abstractions; the last split of each may go beyond.
    /// Default: a million.
    pub(crate) max_transitions: usize,
    /// Work spent on refining, in ticks. Default: 10 million.
    pub(crate) refine_ticks: u64,
    /// Work spent on more than one order, in ticks. Default: 4 million.
    pub(crate) order_ticks: u64,
    /// Sample states for which an order is tried. Default: 200.
    pub(crate) n_samples: usize,
    /// Orders kept. Default: 32.
    pub(crate) max_orders: usize,
}

impl Default for CartesianOptions {
    fn default() -> Self {
        CartesianOptions {
            max_states: 1 << 20,
            max_transitions: 1_000_000,
            refine_ticks: 10_000_000,
            order_ticks: 4_000_000,
            n_samples: 200,
            max_orders: 32,
        }
    }
}

/// The heuristic: distances under the costs that each order of cost partitioning leaves. It is meant for states that
/// the initial state reaches; others may count as dead ends.
///
/// An evaluation walks a decision diagram and adds up a row of distances for each abstraction; it allocates nothing.
/// Memory: 4 bytes an order for each abstract state that differs from others in some order, and the diagrams.
pub(crate) struct Cartesian {
    /// One an abstraction.
    diagrams: Diagrams,
    /// The distances of each row, one an order.
    distances: Vec<u32>,
    /// The estimate by each order.
    sums: Vec<u32>,
}

impl Cartesian {
    /// Builds the heuristic for a query. Work that `options` limit ends with what is there, which is admissible at
    /// any point; what is left to do then, one order among it, does not count. A stop of the context ends without a
    /// heuristic.
    ///
    /// Returns `None` for tasks that are not plain: conditional effects, axioms and numbers are not supported.
    pub(crate) fn build(
        ctx: &Ctx,
        task: &Task,
        init: &State,
        goal: &[VarVal],
        options: &CartesianOptions,
    ) -> ControlFlow<Stop, Option<Cartesian>> {
        if !task.is_plain() {
            return ControlFlow::Continue(None);
        }
        let collection = Collection::build(ctx, task, (init, goal), options)?;
        let mut orders = Orders::new(ctx, task, &collection)?;
        let mut tables = Vec::new();
        if let Some(order) = orders.best(ctx, init)? {
            tables.push(orders.table(ctx, &order)?);
            let child = ctx.child(options.order_ticks);
            let flow = orders.diversify(&child, init, (options.n_samples, options.max_orders), &mut tables);
            go_on(ctx, &child, flow)?;
        }
        Cartesian::new(ctx, &collection, &tables).map_continue(Some)
    }

    fn new(ctx: &Ctx, collection: &Collection, tables: &[Table]) -> ControlFlow<Stop, Cartesian> {
        let (mut distances, mut known) = (Vec::new(), FastMap::default());
        let mut link_to = |row: Vec<u32>| {
            let next = known.len() as RowId;
            *known.entry(row).or_insert_with_key(|row| {
                distances.extend(row);
                to_row(next)
            })
        };
        let nothing = link_to(vec![0; tables.len()]);
        let mut links: Vec<Link> = Vec::with_capacity(collection.lookup.n_rows());
        for row in 0..collection.lookup.n_rows() {
            let row: Vec<u32> = tables.iter().map(|table| table[row]).collect();
            links.push(if row.contains(&INFINITE) { DEAD } else { link_to(row) });
            if links.len().is_multiple_of(ROWS_PER_TICK) {
                ctx.tick(1)?;
            }
        }
        let diagrams = collection.lookup.diagrams.reduced(ctx, |row| links[row as usize], nothing)?;
        ControlFlow::Continue(Cartesian { diagrams, distances, sums: vec![0; tables.len()] })
    }
}

impl Declared for Cartesian {
    const NAME: &'static str = "Cartesian";
    const PROPERTIES: Properties = Properties {
        admissible: true,
        consistent: true,
        safe: true,
        conditional_effects: false,
        axioms: false,
        numbers: false,
    };
}

impl Heuristic for Cartesian {
    fn evaluate(&mut self, node: Node<'_>) -> Option<u32> {
        let n_orders = self.sums.len();
        self.sums.fill(0);
        for abstraction in 0..self.diagrams.len() {
            let row = self.diagrams.row(abstraction, node.words)? as usize;
            let distances = &self.distances[row * n_orders..(row + 1) * n_orders];
            self.sums.iter_mut().zip(distances).for_each(|(sum, &distance)| *sum += distance);
        }
        Some(self.sums.iter().copied().max().unwrap_or(0))
    }

    fn ticks(&self) -> u64 {
        1 + self.diagrams.len() as u64 / DIAGRAMS_PER_TICK
    }
}
