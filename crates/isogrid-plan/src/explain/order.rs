//! The order that steps of a plan must keep, cell by cell (after Backstrom, JAIR 9, 1998: deordering along the
//! producers and threats of the given plan; not a least deordering, which is NP-hard to find).
//!
//! The writes of a cell fall into phases: of a variable the writes of one value, of a number additions that nothing
//! reads in between. Phases stay in order; a reader comes after the phase it reads and before the next one. Within a
//! phase all orders give the same.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

use crate::explain::cells::{Accesses, Cell, Write};

/// Where more orders would be needed between two phases, one of them is kept in the plan's order instead.
const MAX_BETWEEN: usize = 4096;

/// What each step must come after.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order {
    /// For each step, ascending; every one of them is earlier in the plan.
    pub(crate) after: Vec<Vec<u32>>,
    /// For each step the earliest moment, from 0.
    pub(crate) moment: Vec<u32>,
    /// For each step the cells that it reads, each with the step that wrote what it reads.
    pub(crate) producers: Vec<Vec<(Cell, u32)>>,
}

/// Steps that write the same, and steps that read it.
#[derive(Debug, Default)]
struct Phase {
    /// Nothing for the first phase of a number.
    write: Option<Write>,
    writers: Vec<u32>,
    readers: Vec<u32>,
    /// What is read was there before the first step.
    is_first: bool,
}

/// The latest two phases of a cell.
#[derive(Debug, Default)]
struct Column {
    before: Phase,
    now: Phase,
}

impl Order {
    /// `first` holds the value of each variable at first. Cost: linear in the accesses and the orders found.
    pub(crate) fn new(
        ctx: &Ctx,
        steps: &[Accesses],
        first: &[u32],
        n_cells: usize,
    ) -> ControlFlow<Stop, Order> {
        let mut order = Order::default();
        let mut columns: Vec<Column> = (0..n_cells).map(|cell| Column::new(first.get(cell))).collect();
        for (at, step) in steps.iter().enumerate() {
            let (at, mut after, mut producers) = (at as u32, step.after.clone(), Vec::new());
            for &cell in &step.reads {
                let producer = columns[cell as usize].read(at, &order.moment, &mut after);
                producers.extend(producer.map(|producer| (cell, producer)));
            }
            for &(cell, write) in &step.writes {
                columns[cell as usize].write(at, write, &mut after);
            }
            ctx.tick(1 + (after.len() + step.reads.len() + step.writes.len()) as u64 / 16)?;
            after.retain(|&earlier| earlier != at);
            after.sort_unstable();
            after.dedup();
            let moments = after.iter().map(|&earlier| order.moment[earlier as usize] + 1);
            order.moment.push(moments.max().unwrap_or(0));
            order.after.push(after);
            order.producers.push(producers);
        }
        ControlFlow::Continue(order)
    }
}

impl Column {
    fn new(value: Option<&u32>) -> Column {
        let write = value.map(|&value| Write::Value(value));
        Column { before: Phase::default(), now: Phase { write, is_first: true, ..Phase::default() } }
    }

    /// Notes a reader; the step that wrote what it reads, if any did.
    fn read(&mut self, at: u32, moments: &[u32], after: &mut Vec<u32>) -> Option<u32> {
        let now = &mut self.now;
        let producer = match now.write {
            _ if now.is_first => None,
            // Whichever writes the value first is enough.
            Some(Write::Value(_)) => {
                let producer = now.writers.iter().copied().min_by_key(|&writer| moments[writer as usize]);
                after.extend(producer);
                producer
            }
            _ => {
                match now.readers.last() {
                    Some(&last) if now.writers.len() * now.readers.len() > MAX_BETWEEN => after.push(last),
                    _ => after.extend_from_slice(&now.writers),
                }
                now.writers.last().copied()
            }
        };
        now.readers.push(at);
        producer
    }

    fn write(&mut self, at: u32, write: Write, after: &mut Vec<u32>) {
        if !self.now.takes(write) {
            self.before = std::mem::take(&mut self.now);
            self.now.write = Some(write);
        }
        let (before, now) = (&self.before, &mut self.now);
        let n_before = before.writers.len() + before.readers.len();
        match now.writers.last() {
            Some(&last) if n_before * now.writers.len() > MAX_BETWEEN => after.push(last),
            _ => after.extend(before.writers.iter().chain(&before.readers)),
        }
        now.writers.push(at);
    }
}

impl Phase {
    /// Whether a write may change places with those of this phase.
    fn takes(&self, write: Write) -> bool {
        match (self.write, write) {
            (Some(Write::Value(known)), Write::Value(value)) => known == value,
            (Some(Write::Add), Write::Add) => self.readers.is_empty(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(reads: &[Cell], writes: &[(Cell, Write)]) -> Accesses {
        Accesses { reads: reads.to_vec(), writes: writes.to_vec(), after: Vec::new() }
    }

    fn after(steps: &[Accesses], first: &[u32], n_cells: usize) -> Vec<Vec<u32>> {
        match Order::new(&Ctx::new(0), steps, first, n_cells) {
            ControlFlow::Continue(order) => order.after,
            ControlFlow::Break(stop) => panic!("{stop}"),
        }
    }

    #[test]
    fn what_must_come_after_what() {
        let set = |value| (0, Write::Value(value));
        let add = (0, Write::Add);
        let cases: [(&str, Vec<Accesses>, &[u32], &[&[u32]]); 7] = [
            ("readers of one value are free", vec![step(&[0], &[]), step(&[0], &[])], &[0], &[&[], &[]]),
            (
                "a reader between two writers",
                vec![step(&[], &[set(1)]), step(&[0], &[]), step(&[], &[set(2)])],
                &[0],
                &[&[], &[0], &[0, 1]],
            ),
            (
                "one writer of the value read is enough",
                vec![step(&[], &[set(1)]), step(&[], &[set(1)]), step(&[0], &[])],
                &[0],
                &[&[], &[], &[0]],
            ),
            (
                "a value that was there needs no writer",
                vec![step(&[], &[set(0)]), step(&[0], &[])],
                &[0],
                &[&[], &[]],
            ),
            (
                "additions change places, readers do not",
                vec![step(&[], &[add]), step(&[], &[add]), step(&[0], &[]), step(&[], &[add])],
                &[],
                &[&[], &[], &[0, 1], &[0, 1, 2]],
            ),
            ("a reader that adds is alone", vec![step(&[0], &[add]), step(&[0], &[add])], &[], &[&[], &[0]]),
            (
                "assignments stay in order",
                vec![step(&[], &[(0, Write::Assign)]), step(&[], &[(0, Write::Assign)]), step(&[0], &[])],
                &[],
                &[&[], &[0], &[1]],
            ),
        ];
        for (name, steps, first, expected) in cases {
            assert_eq!(after(&steps, first, 1), expected, "{name}");
        }
    }

    #[test]
    fn many_writers_of_two_values_take_little_memory() {
        let steps: Vec<Accesses> =
            (0..4000).map(|at| step(&[], &[(0, Write::Value(1 + at / 2000))])).collect();
        let orders: usize = after(&steps, &[0], 1).iter().map(Vec::len).sum();
        assert!(orders < 3 * (MAX_BETWEEN + steps.len()), "{orders}");
    }
}
