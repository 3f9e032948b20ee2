//! Which search runs when.
//!
//! First plan: LAMA's greedy search, blind A* for small state spaces with misleading relaxations (towers), width search
//! and greedy searches with other ties, in turns of growing length or on threads. Then improvement: A* goes on, and
//! searches by cost with falling weights look for cheaper plans until one proves that there is none, or the ticks end.
//! Cheapest plans: blind A*, LM-cut and Cartesian abstractions in turns.

use std::ops::ControlFlow;

use isogrid_core::Stop;

use crate::heuristic::Costs;
use crate::search::bfws::Pruning;
use crate::search::lazy::{Lazy, Order};
use crate::search::makers::{Boxed, CartesianLater, Makers};
use crate::search::options::{Mode, Search};
use crate::search::polish::polish;
use crate::search::solve::{End, Run};
use crate::search::turns::{Contestant, Turn, race_all, take_turns, turn};
use crate::search::{Explorer, Found};
use crate::task::OperatorId;

/// Blind A* gives up after this many ticks of its own while a first plan is sought: enough for all of a small space.
const BLIND_LIMIT: u64 = 3_000_000;
/// Where plans are improved or optimal, blind A* gives up after this many ticks.
const BLIND_OPTIMAL: u64 = 10_000_000;
/// The first turn of searches for a first plan, in ticks.
const FIRST_TURN: u64 = 100_000;
/// The first turn of optimal searches.
const OPTIMAL_TURN: u64 = 4_000_000;
/// No turn of A* with Cartesian abstractions is shorter: building them takes most of it.
const CARTESIAN_TURN: u64 = 16_000_000;
/// LAMA's searches after the first plan. The first of them looks at costs for the first time; it says nothing new where
/// all are one.
const IMPROVING: [Order; 5] =
    [Order::Greedy, Order::Weighted(5), Order::Weighted(3), Order::Weighted(2), Order::Weighted(1)];
/// The part of the improving that the greedy one of them may take.
const GREEDY_PART: u64 = 4;
/// A plan is polished for this part of the ticks that were spent until it was found, within these bounds.
const POLISH_PART: u64 = 4;
const POLISH_LEAST: u64 = 20_000;
const POLISH_MOST: u64 = 30_000_000;
/// The place of blind A* among those who look for a first plan.
const BLIND: usize = 1;

impl<'a> Run<'a, '_> {
    fn makers(&self) -> Makers<'a> {
        Makers::new(self.ctx, self.task, self.query)
    }

    /// A search of the user's choice.
    pub(crate) fn named(&mut self, search: Search) -> End {
        let makers = self.makers();
        match search {
            Search::Auto | Search::Lama => self.lama(),
            Search::AStar(estimate) => match makers.a_star(self.ctx, estimate, self.options) {
                ControlFlow::Continue(search) => self.alone(search, self.options.weight <= 1),
                ControlFlow::Break(stop) => End::Stopped(stop),
            },
            Search::Greedy(guide) => {
                let makers = if guide.counts_landmarks() { makers.with_landmarks(self.ctx) } else { makers };
                self.alone(makers.eager(guide), false)
            }
            Search::Bfws => self.alone(makers.bfws(Pruning::Nothing), false),
            Search::DualBfws => match self.alone(makers.bfws(Pruning::NoveltyOne), false) {
                End::Stopped(Stop::Failed) => self.alone(makers.bfws(Pruning::Nothing), false),
                end => end,
            },
            Search::IteratedWidth(k) if !(1..=3).contains(&k) => End::Stopped(Stop::Failed),
            Search::IteratedWidth(k) => self.alone(makers.iterated_width(k), false),
        }
    }

    /// LAMA alone.
    fn lama(&mut self) -> End {
        let makers = self.makers().with_landmarks(self.ctx);
        let end = self.alone(Box::new(makers.lama(Costs::Unit, Order::Greedy)), false);
        match end {
            End::Done { .. } if self.options.mode == Mode::Improve => {
                self.improving_searches(&makers, self.improve_until())
            }
            end => end,
        }
    }

    /// A first plan by the portfolio.
    pub(crate) fn first(&mut self) -> End {
        let makers = self.makers().with_landmarks(self.ctx);
        self.first_plan(&mut contestants(&makers))
    }

    /// A first plan, then better ones.
    pub(crate) fn improve(&mut self) -> End {
        let makers = self.makers().with_landmarks(self.ctx);
        let mut contestants = contestants(&makers);
        let end = self.first_plan(&mut contestants);
        let blind = contestants.swap_remove(BLIND).left();
        drop(contestants);
        match end {
            End::Done { optimal: false } => self.cheaper_plans(&makers, blind),
            end => end,
        }
    }

    fn first_plan(&mut self, contestants: &mut [Contestant<'_>]) -> End {
        let won = match self.options.threads {
            0 | 1 => take_turns(self.ctx, &mut contestants.iter_mut().collect::<Vec<_>>(), FIRST_TURN),
            threads => race_all(self.ctx, contestants, FIRST_TURN, threads),
        };
        contestants.iter().for_each(|contestant| self.statistics.add(contestant.statistics()));
        // Whoever lost gives its memory back before the plan is polished; blind search may go on afterwards.
        let goes_on = |at: usize| at == BLIND && self.options.mode == Mode::Improve;
        contestants.iter_mut().enumerate().filter(|(at, _)| !goes_on(*at)).for_each(|(_, one)| one.give_up());
        match won {
            ControlFlow::Continue((at, Found::Plan(operators))) if at != BLIND => {
                self.polished(operators).unwrap_or(End::Done { optimal: false })
            }
            ControlFlow::Continue((at, found)) => self.settle(found, at == BLIND),
            ControlFlow::Break(stop) => End::Stopped(stop),
        }
    }

    /// Takes a plan that may be dearer than need be, and makes it cheaper by a part of the work done so far. A first
    /// plan is handed out after that; else it is handed out at once. `None`: there may be more to gain.
    fn polished(&mut self, operators: Vec<OperatorId>) -> Option<End> {
        if self.options.mode != Mode::First && self.accept(operators.clone()).is_break() {
            return Some(End::Stopped(Stop::Enough));
        }
        let spent = self.ctx.ticks() - self.began;
        let child = self.ctx.child((spent / POLISH_PART).clamp(POLISH_LEAST, POLISH_MOST));
        let (plan, is_cheapest) = polish(&child, self.task, self.query, operators, &mut self.statistics);
        self.ctx.absorb(&child);
        if self.accept(plan).is_break() {
            return Some(End::Stopped(Stop::Enough));
        }
        if let ControlFlow::Break(stop) = self.ctx.tick(0) {
            return Some(End::Stopped(stop));
        }
        is_cheapest.then(|| End::Done { optimal: self.is_exact() })
    }

    fn improve_until(&self) -> u64 {
        let ticks = if self.ctx.is_bounded() { self.ctx.remaining() } else { self.options.improve_ticks };
        self.ctx.ticks().saturating_add(ticks)
    }

    /// A quarter of the improving goes to blind A*, the rest to LAMA's searches.
    fn cheaper_plans(&mut self, makers: &Makers<'_>, blind: Option<Boxed<'_>>) -> End {
        let until = self.improve_until();
        blind
            .and_then(|blind| self.blind_to_the_end(blind, until))
            .unwrap_or_else(|| self.improving_searches(makers, until))
    }

    /// `None` where there is more to do.
    fn blind_to_the_end(&mut self, mut blind: Boxed<'_>, until: u64) -> Option<End> {
        let (ticks, bound) = (until.saturating_sub(self.ctx.ticks()), self.bound());
        let before = blind.statistics();
        let turn = turn(self.ctx, (ticks / 4).min(BLIND_OPTIMAL), |ctx| blind.run(ctx, bound));
        self.statistics.add(blind.statistics().since(before));
        match turn {
            Turn::Found(Found::Plan(plan)) => Some(self.settle(Found::Plan(plan), true)),
            Turn::Found(_) => Some(End::Done { optimal: self.is_exact() }),
            Turn::Stopped(stop) => Some(End::Stopped(stop)),
            Turn::Over => None,
        }
    }

    fn improving_searches(&mut self, makers: &Makers<'_>, until: u64) -> End {
        let has_costs = self.task.operators.cost.windows(2).any(|pair| pair[0] != pair[1]);
        for order in IMPROVING.into_iter().filter(|&order| has_costs || order != Order::Greedy) {
            let mut search = makers.lama(Costs::PlusOne, order);
            let left = until.saturating_sub(self.ctx.ticks());
            let spared = if order == Order::Greedy { left - left / GREEDY_PART } else { 0 };
            let end = self.improving(&mut search, order, until - spared);
            self.statistics.add(search.statistics());
            if let Some(end) = end {
                return end;
            }
        }
        End::Done { optimal: false }
    }

    /// Runs one search for cheaper plans; `None` means that the next one is to be tried.
    fn improving(&mut self, search: &mut Lazy<'_>, order: Order, until: u64) -> Option<End> {
        loop {
            let bound = self.bound();
            let left = until.saturating_sub(self.ctx.ticks());
            match turn(self.ctx, left, |ctx| search.run(ctx, bound)) {
                Turn::Found(Found::Plan(operators)) => {
                    if let Some(end) = self.polished(operators) {
                        return Some(end);
                    }
                    if order != Order::Weighted(1) {
                        return None;
                    }
                }
                // Greedy search opens no state again for a cheaper way: that it finds nothing proves nothing.
                Turn::Found(_) if order == Order::Greedy => return None,
                Turn::Found(_) => return Some(End::Done { optimal: self.is_exact() }),
                Turn::Stopped(stop) => return Some(End::Stopped(stop)),
                Turn::Over if order == Order::Greedy => return None,
                Turn::Over => return Some(End::Done { optimal: false }),
            }
        }
    }

    /// A cheapest plan by the portfolio.
    pub(crate) fn optimal(&mut self) -> End {
        let makers = self.makers();
        let blind = Contestant::new(|_| Box::new(makers.blind())).limited(BLIND_OPTIMAL);
        let lm_cut = Contestant::new(|_| makers.reduced_lm_cut());
        let cartesian = Contestant::new(|_| Box::new(CartesianLater::new(&makers, CARTESIAN_TURN)))
            .at_least(CARTESIAN_TURN);
        let mut all = vec![blind, lm_cut];
        all.extend(self.task.is_plain().then_some(cartesian));
        let won = match self.options.threads {
            0 | 1 => take_turns(self.ctx, &mut all.iter_mut().collect::<Vec<_>>(), OPTIMAL_TURN),
            threads => race_all(self.ctx, &mut all, OPTIMAL_TURN, threads),
        };
        all.iter().for_each(|contestant| self.statistics.add(contestant.statistics()));
        match won {
            ControlFlow::Continue((_, found)) => self.settle(found, true),
            ControlFlow::Break(stop) => End::Stopped(stop),
        }
    }
}

/// Those who look for a first plan.
fn contestants<'m>(makers: &'m Makers<'_>) -> Vec<Contestant<'m>> {
    let mut all = vec![
        Contestant::new(|_| Box::new(makers.lama(Costs::Unit, Order::Greedy))),
        Contestant::new(|_| Box::new(makers.blind())).part(8).limited(BLIND_LIMIT),
        Contestant::new(|_| makers.bfws(Pruning::Nothing)).part(2),
    ];
    all.push(Contestant::new(|round| makers.other_greedy(round + 1)).part(8).restarting(FIRST_TURN));
    all
}
