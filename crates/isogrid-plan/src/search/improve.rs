//! Cheaper plans after the first one.
//!
//! Blind A* goes on where it was; then searches by cost with falling weights (the sequence of LAMA 2011) take turns with
//! windows of the best plan, until something proves that no plan is cheaper, or the ticks end. What a search finds is
//! polished. Its bound is what searches have found, not what polishing made of it: a dearer plan of another kind may
//! become the cheapest. One thread does all of it.

use std::ops::ControlFlow;

use isogrid_core::Stop;

use crate::heuristic::Costs;
use crate::search::lazy::{Lazy, Order};
use crate::search::makers::{Boxed, Makers};
use crate::search::options::Mode;
use crate::search::polish::polish;
use crate::search::portfolio::BLIND_LIMIT;
use crate::search::solve::{End, Expect, Run};
use crate::search::turns::{Turn, turn};
use crate::search::windows::Windows;
use crate::search::{Explorer, Found};
use crate::task::OperatorId;

/// LAMA's searches after the first plan. The first of them looks at costs for the first time; it says nothing new where
/// all are one.
const ORDERS: [Order; 5] =
    [Order::Greedy, Order::Weighted(5), Order::Weighted(3), Order::Weighted(2), Order::Weighted(1)];
const LAST: Order = Order::Weighted(1);
/// Each of them but the last may take as many ticks as were spent before it, and at least so many: under a budget of
/// seconds nobody knows how many are left.
const LEAST_STAGE: u64 = 200_000;
/// Their first turn, in ticks, and by one part in how many the next ones are longer. Windows have as long between them.
const FIRST_SLICE: u64 = 50_000;
const GROWTH: u64 = 4;
/// A plan is polished for this part of the ticks since the last one was, within these bounds.
const POLISH_PART: u64 = 8;
const POLISH_LEAST: u64 = 20_000;
const POLISH_MOST: u64 = 30_000_000;
/// Polishing that may take longer than this, well under a second, does not keep a first plan from being handed out.
const POLISH_SOON: u64 = 1_000_000;

/// How plans are improved.
struct Improving<'a> {
    /// The context's ticks when it ends.
    until: u64,
    patience: Patience,
    beside: Beside<'a>,
}

/// How long a search for cheaper plans goes on without finding one.
#[derive(Clone, Copy, PartialEq)]
enum Patience {
    /// As long as what came before it.
    Stage,
    Endless,
}

/// What takes turns with the searches.
enum Beside<'a> {
    Nothing,
    /// Windows, as soon as it is their turn.
    Soon,
    Windows(Box<Windows<'a>>),
}

impl<'a> Run<'a, '_> {
    /// Takes a plan that may be dearer than need be, and makes it cheaper by a part of the work done since the last one.
    /// `None`: there may be more to gain.
    pub(super) fn polished(&mut self, operators: Vec<OperatorId>) -> Option<End> {
        self.found = self.task.plan_cost(&operators);
        self.statistics.found.get_or_insert(self.found);
        let budget = ((self.ctx.ticks() - self.polished_at) / POLISH_PART).clamp(POLISH_LEAST, POLISH_MOST);
        let waits = self.options.mode == Mode::First && budget <= POLISH_SOON;
        if !waits && self.accept(operators.clone(), Expect::More).is_break() {
            return Some(End::Stopped(Stop::Enough));
        }
        let child = self.ctx.child(budget);
        let (plan, is_cheapest) = polish(&child, self.task, self.query, operators, &mut self.statistics);
        self.ctx.absorb(&child);
        self.polished_at = self.ctx.ticks();
        let expect = if self.options.mode == Mode::First { Expect::Nothing } else { Expect::More };
        if self.accept(plan, expect).is_break() {
            return Some(End::Stopped(Stop::Enough));
        }
        if let ControlFlow::Break(stop) = self.ctx.tick(0) {
            return Some(End::Stopped(stop));
        }
        is_cheapest.then(|| End::Done { optimal: self.is_exact() })
    }

    pub(super) fn improve_until(&self) -> u64 {
        let ticks = if self.ctx.is_bounded() { self.ctx.remaining() } else { self.options.improve_ticks };
        self.ctx.ticks().saturating_add(ticks)
    }

    /// Searches with falling weights, and windows.
    pub(super) fn cheaper_plans(&mut self, makers: &Makers<'a>, until: u64) -> End {
        self.improving_searches(makers, Improving { until, patience: Patience::Stage, beside: Beside::Soon })
    }

    /// LAMA's searches alone, each to its end.
    pub(super) fn lamas_sequence(&mut self, makers: &Makers<'a>) -> End {
        let until = self.improve_until();
        let how = Improving { until, patience: Patience::Endless, beside: Beside::Nothing };
        self.improving_searches(makers, how)
    }

    /// At most a quarter of the improving goes to blind A*. `None` where there is more to do.
    pub(super) fn blind_to_the_end(&mut self, mut blind: Boxed<'_>, until: u64) -> Option<End> {
        let (ticks, bound) = (until.saturating_sub(self.ctx.ticks()), self.bound());
        let before = blind.statistics();
        let turn = turn(self.ctx, (ticks / 4).min(BLIND_LIMIT), |ctx| blind.run(ctx, bound));
        self.statistics.add(blind.statistics().since(before));
        match turn {
            Turn::Found(Found::Plan(plan)) => Some(self.settle(Found::Plan(plan), true)),
            Turn::Found(_) => Some(End::Done { optimal: self.is_exact() }),
            Turn::Stopped(stop) => Some(End::Stopped(stop)),
            Turn::Over => None,
        }
    }

    fn improving_searches(&mut self, makers: &Makers<'a>, mut how: Improving<'a>) -> End {
        let has_costs = self.task.operators.cost.windows(2).any(|pair| pair[0] != pair[1]);
        for order in ORDERS.into_iter().filter(|&order| has_costs || order != Order::Greedy) {
            let now = self.ctx.ticks();
            if now >= how.until {
                break;
            }
            let stage = now.saturating_add((now - self.began).max(LEAST_STAGE)).min(how.until);
            let is_endless = order == LAST || how.patience == Patience::Endless;
            let stage = if is_endless { how.until } else { stage };
            let search = makers.lama(Costs::PlusOne, order);
            if let Some(end) = self.improving(search, order, stage, &mut how.beside) {
                return end;
            }
        }
        End::Done { optimal: false }
    }

    /// Runs one search for cheaper plans, in turns with windows of the best one; `None` means that the next one is to be
    /// tried.
    fn improving(
        &mut self,
        mut search: Lazy<'a>,
        order: Order,
        until: u64,
        beside: &mut Beside<'a>,
    ) -> Option<End> {
        let mut slice = FIRST_SLICE;
        let end = loop {
            let bound = if order == LAST { self.bound() } else { self.found };
            let left = until.saturating_sub(self.ctx.ticks());
            match turn(self.ctx, slice.min(left), |ctx| search.run(ctx, bound)) {
                Turn::Found(Found::Plan(operators)) if order == LAST => {
                    if let Some(end) = self.polished(operators) {
                        break Some(end);
                    }
                }
                Turn::Found(Found::Plan(operators)) => {
                    self.statistics.add(search.statistics());
                    // Its memory is not needed any more.
                    drop(search);
                    return self.polished(operators);
                }
                // Greedy search opens no state again for a cheaper way: that it finds nothing proves nothing.
                Turn::Found(_) if order == Order::Greedy => break None,
                // Nothing is cheaper than what a search has found, and the best is no dearer.
                Turn::Found(_) => break Some(End::Done { optimal: self.is_exact() }),
                Turn::Stopped(stop) => break Some(End::Stopped(stop)),
                Turn::Over if self.ctx.ticks() >= until => break None,
                Turn::Over => {
                    let before = self.ctx.ticks();
                    if let Some(end) = self.look_through(beside, slice, until - before) {
                        break Some(end);
                    }
                    slice = (slice + slice / GROWTH).max(self.ctx.ticks() - before);
                }
            }
        };
        self.statistics.add(search.statistics());
        end
    }

    /// Makes the best plan cheaper window by window for some ticks, or for as many as one window may take.
    fn look_through(&mut self, beside: &mut Beside<'a>, ticks: u64, left: u64) -> Option<End> {
        let best = self.best.as_ref()?;
        if let Beside::Soon = beside {
            let windows = Windows::new(self.task, self.query, best.operators.clone());
            *beside = windows.map_or(Beside::Nothing, |windows| Beside::Windows(Box::new(windows)));
        }
        let Beside::Windows(windows) = beside else { return None };
        if best.cost < self.task.plan_cost(windows.plan()) {
            windows.begin(best.operators.clone());
        }
        let child = self.ctx.child(ticks.max(windows.patience()).min(left));
        let _: ControlFlow<Stop> = windows.improve(&child, &mut self.statistics);
        self.ctx.absorb(&child);
        if self.accept(windows.plan().to_vec(), Expect::More).is_break() {
            return Some(End::Stopped(Stop::Enough));
        }
        if windows.is_cheapest() {
            return Some(End::Done { optimal: self.is_exact() });
        }
        match self.ctx.tick(0) {
            ControlFlow::Break(stop) => Some(End::Stopped(stop)),
            ControlFlow::Continue(()) => None,
        }
    }
}
