//! Which search runs when.
//!
//! First plan: LAMA's greedy search, blind A* for small state spaces with misleading relaxations (towers), width search
//! and greedy searches with other ties, in turns of growing length or on threads. Cheapest plans: blind A*, LM-cut and
//! Cartesian abstractions in turns. How plans are improved is told in `improve`.

use std::ops::ControlFlow;

use isogrid_core::Stop;

use crate::heuristic::Costs;
use crate::search::Found;
use crate::search::bfws::Pruning;
use crate::search::lazy::Order;
use crate::search::makers::{CartesianLater, Makers};
use crate::search::options::{Mode, Search};
use crate::search::solve::{End, Run};
use crate::search::turns::{Contestant, race_all, take_turns};

/// Blind A* gives up after this many ticks of its own while a first plan is sought: enough for all of a small space. As
/// many again are for improving it.
pub(super) const BLIND_LIMIT: u64 = 3_000_000;
/// Where plans are to be optimal, blind A* gives up after this many ticks.
const BLIND_OPTIMAL: u64 = 10_000_000;
/// The first turn of searches for a first plan, in ticks.
const FIRST_TURN: u64 = 100_000;
/// The first turn of optimal searches.
const OPTIMAL_TURN: u64 = 4_000_000;
/// No turn of A* with Cartesian abstractions is shorter: building them takes most of it.
const CARTESIAN_TURN: u64 = 16_000_000;
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

    /// A first plan by the portfolio.
    pub(crate) fn first(&mut self) -> End {
        let makers = self.makers().with_landmarks(self.ctx);
        self.first_plan(&mut contestants(&makers))
    }

    /// A first plan, then better ones.
    pub(crate) fn improve(&mut self) -> End {
        let mut makers = self.makers().with_landmarks(self.ctx);
        let mut contestants = contestants(&makers);
        let end = self.first_plan(&mut contestants);
        let blind = contestants.swap_remove(BLIND).left();
        drop(contestants);
        let End::Done { optimal: false } = end else { return end };
        let until = self.improve_until();
        if let Some(end) = blind.and_then(|blind| self.blind_to_the_end(blind, until)) {
            return end;
        }
        makers.forget_units();
        self.cheaper_plans(&makers, until)
    }

    /// LAMA alone.
    fn lama(&mut self) -> End {
        let makers = self.makers().with_landmarks(self.ctx);
        let end = self.alone(Box::new(makers.lama(Costs::Unit, Order::Greedy)), false);
        match end {
            End::Done { .. } if self.options.mode == Mode::Improve => self.lamas_sequence(&makers),
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
        Contestant::new(|_| Box::new(makers.blind())).part(16).limited(BLIND_LIMIT),
        Contestant::new(|_| makers.bfws(Pruning::Nothing)).part(3),
    ];
    all.push(Contestant::new(|round| makers.other_greedy(round + 1)).part(8).restarting(FIRST_TURN));
    all
}
