//! Long passes over tables that hear when they should end.

use std::cell::Cell;
use std::ops::ControlFlow;

use isogrid_core::{Ctx, Stop};

/// Items of a pass that count as one tick.
const ITEMS_PER_TICK: u32 = 64;

/// Counts the items of passes; a pass that the context ends sees no more of them, and what it made is to be thrown away
/// where [`Pace::end`] breaks.
pub(crate) struct Pace<'a> {
    ctx: &'a Ctx,
    items: Cell<u32>,
    stopped: Cell<Option<Stop>>,
}

impl<'a> Pace<'a> {
    pub(crate) fn new(ctx: &'a Ctx) -> Pace<'a> {
        Pace { ctx, items: Cell::new(0), stopped: Cell::new(None) }
    }

    /// Counts one item; whether to go on.
    #[inline]
    pub(crate) fn item(&self) -> bool {
        let items = self.items.get() + 1;
        self.items.set(items % ITEMS_PER_TICK);
        if items == ITEMS_PER_TICK
            && let ControlFlow::Break(stop) = self.ctx.tick(1)
        {
            self.stopped.set(Some(stop));
        }
        self.stopped.get().is_none()
    }

    /// The items, each counted.
    pub(crate) fn over<I: IntoIterator>(&self, items: I) -> impl Iterator<Item = I::Item> {
        items.into_iter().take_while(|_| self.item())
    }

    /// Breaks where a pass was ended early.
    pub(crate) fn end(&self) -> ControlFlow<Stop> {
        self.stopped.get().map_or(ControlFlow::Continue(()), ControlFlow::Break)
    }
}
