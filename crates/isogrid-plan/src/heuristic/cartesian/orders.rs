//! Orders of abstractions for cost partitioning: the best that a greedy rule and swaps find for the initial state, and
//! those of sample states that raise the estimate of some sample (Seipp, "Better Orders for Saturated Cost Partitioning
//! in Optimal Classical Planning", ICAPS 2017; Seipp, Keller and Helmert, JAIR 67, 2020).
//!
//! The rule: abstractions by distance for each unit of cost that they take from others. For each state there is a
//! second order, in which abstractions that were refined under full costs come first.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::heuristic::cartesian::collection::{Collection, go_on};
use crate::heuristic::cartesian::samples::{Rows, samples};
use crate::heuristic::cartesian::saturation::{INFINITE, Saturation, finite_costs};
use crate::packing::State;
use crate::task::Task;

/// Ticks that swaps may take in one order.
const SWAP_TICKS: u64 = 200_000;

/// Distances of all abstract states, by row, under the costs that one order leaves them.
pub(super) type Table = Vec<u32>;

/// What orders are chosen from.
pub(super) struct Orders<'a> {
    task: &'a Task,
    collection: &'a Collection,
    saturation: Saturation,
    costs: Vec<u32>,
    /// Distances under full costs.
    alone: Table,
    /// Costs that each abstraction takes from the others.
    stolen: Vec<u64>,
    to_goal: Vec<u32>,
}

impl<'a> Orders<'a> {
    pub(super) fn new(
        ctx: &Ctx,
        task: &'a Task,
        collection: &'a Collection,
    ) -> ControlFlow<Stop, Orders<'a>> {
        let costs = finite_costs(task);
        let mut orders = Orders {
            task,
            collection,
            saturation: Saturation::new(costs.len(), collection.distance_limit()),
            costs,
            alone: Vec::with_capacity(collection.lookup.n_rows()),
            stolen: Vec::with_capacity(collection.abstractions.len()),
            to_goal: Vec::new(),
        };
        orders.score(ctx)?;
        ControlFlow::Continue(orders)
    }

    /// Finds the distances under full costs, and what each abstraction takes of what another could use.
    fn score(&mut self, ctx: &Ctx) -> ControlFlow<Stop> {
        let mut wanted = vec![0; self.costs.len()];
        for abstraction in &self.collection.abstractions {
            self.saturation.distances(abstraction, &self.costs, &mut self.to_goal);
            let shares = self.saturation.shares(abstraction, &self.to_goal);
            wanted.iter_mut().zip(shares).for_each(|(wanted, share)| *wanted += positive(share));
            self.alone.extend_from_slice(&self.to_goal);
            self.saturation.tick(ctx)?;
        }
        for (at, abstraction) in self.collection.abstractions.iter().enumerate() {
            let first = self.collection.lookup.first_row(at);
            let shares = self.saturation.shares(abstraction, &self.alone[first..first + abstraction.n_cells]);
            let stolen = shares.zip(&self.costs).zip(&wanted).map(|((share, &cost), &wanted)| {
                let free = u64::from(cost).saturating_sub(wanted - positive(share));
                positive(share).saturating_sub(free)
            });
            self.stolen.push(stolen.sum());
            self.saturation.tick(ctx)?;
        }
        ControlFlow::Continue(())
    }

    /// A good order for the initial state; none if it is a dead end.
    pub(super) fn best(&mut self, ctx: &Ctx, init: &State) -> ControlFlow<Stop, Option<Vec<u32>>> {
        let Some(rows) = self.collection.lookup.rows(init.words()) else {
            return ControlFlow::Continue(None);
        };
        let (mut best, mut highest) = (Vec::new(), None);
        for mut order in self.greedy(&rows) {
            let child = ctx.child(SWAP_TICKS);
            let flow = self.swap(&child, &mut order, &rows);
            go_on(ctx, &child, flow)?;
            let estimate = self.raised(ctx, (&order, &rows), self.start(), 0)?.unwrap_or(0);
            if highest.is_none_or(|highest| estimate > highest) {
                (best, highest) = (order, Some(estimate));
            }
        }
        ControlFlow::Continue(Some(best))
    }

    /// The distances under the costs that the order leaves to each abstraction.
    pub(super) fn table(&mut self, ctx: &Ctx, order: &[u32]) -> ControlFlow<Stop, Table> {
        let mut table = vec![0; self.collection.lookup.n_rows()];
        let mut costs = self.costs.clone();
        for &at in order {
            let abstraction = &self.collection.abstractions[at as usize];
            self.saturation.distances(abstraction, &costs, &mut self.to_goal);
            self.saturation.take(abstraction, &self.to_goal, &mut costs);
            let first = self.collection.lookup.first_row(at as usize);
            table[first..first + self.to_goal.len()].copy_from_slice(&self.to_goal);
            self.saturation.tick(ctx)?;
        }
        ControlFlow::Continue(table)
    }

    /// Adds tables to the first one, for as many sample states, as long as there are fewer than `most`.
    pub(super) fn diversify(
        &mut self,
        ctx: &Ctx,
        init: &State,
        (n_samples, most): (usize, usize),
        tables: &mut Vec<Table>,
    ) -> ControlFlow<Stop> {
        let start = self.collection.lookup.rows(init.words());
        let estimate_of_start = start.as_ref().map_or(INFINITE, |rows| highest(tables, rows));
        if estimate_of_start == INFINITE {
            return ControlFlow::Continue(());
        }
        let mut samples = samples(ctx, self.task, (init, estimate_of_start), self.collection, n_samples)?;
        samples.splice(0..0, start);
        let mut best: Vec<u32> = samples.iter().map(|rows| highest(tables, rows)).collect();
        let mut orders: Vec<Vec<u32>> = samples.iter().flat_map(|rows| self.greedy(rows)).collect();
        let mut tried = BTreeSet::new();
        orders.retain(|order| tried.insert(order.clone()));
        for order in orders {
            if tables.len() >= most {
                break;
            }
            let table = self.table(ctx, &order)?;
            let mut is_better = false;
            for (best, rows) in best.iter_mut().zip(&samples) {
                let value = estimate(&table, rows);
                is_better |= value > *best;
                *best = value.max(*best);
            }
            if is_better {
                tables.push(table);
            }
        }
        ControlFlow::Continue(())
    }

    /// Abstractions by what they promise for the state with these rows, the first of equals first; and the same for
    /// those refined under full costs, then the others.
    fn greedy(&self, rows: &Rows) -> [Vec<u32>; 2] {
        let promise =
            |at: u32| (u128::from(self.hope(rows, at)), u128::from(self.stolen[at as usize].max(1)));
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.sort_by(|&a, &b| {
            let ((distance_a, stolen_a), (distance_b, stolen_b)) = (promise(a), promise(b));
            (distance_b * stolen_a).cmp(&(distance_a * stolen_b))
        });
        let mut apart = order.clone();
        apart.sort_by_key(|&at| at as usize >= self.collection.n_full);
        [order, apart]
    }

    /// Full costs, and nothing estimated yet.
    fn start(&self) -> (Vec<u32>, u32) {
        (self.costs.clone(), 0)
    }

    /// The distance of a state in one abstraction under full costs.
    fn hope(&self, rows: &Rows, at: u32) -> u32 {
        self.alone[rows[at as usize] as usize]
    }

    /// Swaps abstractions as long as that raises the estimate of the state with these rows.
    fn swap(&mut self, ctx: &Ctx, order: &mut [u32], rows: &Rows) -> ControlFlow<Stop> {
        let mut best = self.raised(ctx, (order, rows), self.start(), 0)?.unwrap_or(0);
        let mut before = None;
        while before != Some(best) {
            before = Some(best);
            let (mut costs, mut sum) = self.start();
            for at in 0..order.len() {
                // Swaps behind here can only help if full costs would.
                let hope: u32 = order[at..].iter().map(|&at| self.hope(rows, at)).sum();
                if sum.saturating_add(hope) <= best {
                    break;
                }
                for other in at + 1..order.len() {
                    order.swap(at, other);
                    match self.raised(ctx, (&order[at..], rows), (costs.clone(), sum), best) {
                        ControlFlow::Continue(Some(estimate)) => best = estimate,
                        ControlFlow::Continue(None) => order.swap(at, other),
                        ControlFlow::Break(stop) => {
                            order.swap(at, other);
                            return ControlFlow::Break(stop);
                        }
                    }
                }
                sum = sum.saturating_add(self.take(order[at], rows, &mut costs));
            }
        }
        ControlFlow::Continue(())
    }

    /// The estimate by the rest of an order, if it is more than `best`, after those before it left these costs and came
    /// to this sum. It gives up where distances under full costs would not be enough.
    fn raised(
        &mut self,
        ctx: &Ctx,
        (order, rows): (&[u32], &Rows),
        (mut costs, mut sum): (Vec<u32>, u32),
        best: u32,
    ) -> ControlFlow<Stop, Option<u32>> {
        let mut hope: u32 = order.iter().map(|&at| self.hope(rows, at)).sum();
        for &at in order {
            if sum.saturating_add(hope) <= best {
                break;
            }
            sum = sum.saturating_add(self.take(at, rows, &mut costs));
            hope -= self.hope(rows, at);
            self.saturation.tick(ctx)?;
        }
        ControlFlow::Continue((sum > best).then_some(sum))
    }

    /// Takes what an abstraction needs away from the costs; the distance of the state with these rows.
    fn take(&mut self, at: u32, rows: &Rows, costs: &mut [u32]) -> u32 {
        let abstraction = &self.collection.abstractions[at as usize];
        self.saturation.distances(abstraction, costs, &mut self.to_goal);
        self.saturation.take(abstraction, &self.to_goal, costs);
        self.to_goal[rows[at as usize] as usize - self.collection.lookup.first_row(at as usize)]
    }
}

fn estimate(table: &[u32], rows: &[u32]) -> u32 {
    rows.iter().fold(0, |sum, &row| sum.saturating_add(table[row as usize]))
}

fn highest(tables: &[Table], rows: &[u32]) -> u32 {
    tables.iter().map(|table| estimate(table, rows)).max().unwrap_or(0)
}

fn positive(share: Option<i64>) -> u64 {
    share.map_or(0, |share| share.max(0) as u64)
}
