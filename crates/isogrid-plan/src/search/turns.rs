//! Searches that take turns of growing length, or race on threads, until one of them has found something.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Limit, Stop};

use crate::search::makers::Boxed;
use crate::search::race::{Member, race};
use crate::search::{Found, Statistics};

/// One of several searches for the same thing.
pub(crate) struct Contestant<'a> {
    /// Makes it, for the first time or anew, by the number of the round.
    make: Box<dyn Fn(u64) -> Boxed<'a> + 'a>,
    search: Option<Boxed<'a>>,
    /// The length of its next run, where it starts afresh every time: how long a greedy search takes is a matter of luck
    /// with a long tail.
    restarts: Option<u64>,
    /// Ticks that it was given and has not used.
    credit: u64,
    /// A turn is divided by this, but is not shorter than the least.
    divisor: u64,
    least: u64,
    /// Ticks after which it takes no more turns.
    limit: u64,
    spent: u64,
    is_out: bool,
    statistics: Statistics,
}

impl<'a> Contestant<'a> {
    /// A search that goes on where it was, every time for the whole turn.
    pub(crate) fn new(make: impl Fn(u64) -> Boxed<'a> + 'a) -> Contestant<'a> {
        Contestant {
            make: Box::new(make),
            search: None,
            restarts: None,
            credit: 0,
            divisor: 1,
            least: 0,
            limit: u64::MAX,
            spent: 0,
            is_out: false,
            statistics: Statistics::default(),
        }
    }

    /// Starts it afresh every time, for twice as long as before, as soon as it has been given so many ticks.
    pub(crate) fn restarting(mut self, first_run: u64) -> Contestant<'a> {
        self.restarts = Some(first_run);
        self
    }

    /// Gives it a part of every turn.
    pub(crate) fn part(mut self, divisor: u64) -> Contestant<'a> {
        self.divisor = divisor;
        self
    }

    /// Gives it turns, or lets it race, until so many ticks are spent.
    pub(crate) fn limited(mut self, ticks: u64) -> Contestant<'a> {
        self.limit = ticks;
        self
    }

    /// Gives it turns of at least so many ticks.
    pub(crate) fn at_least(mut self, ticks: u64) -> Contestant<'a> {
        self.least = ticks;
        self
    }

    /// The search, where it stands.
    pub(crate) fn take(&mut self, round: u64) -> Boxed<'a> {
        self.search.take().unwrap_or_else(|| (self.make)(round))
    }

    /// The search, where it stands; none if it takes no more turns.
    pub(crate) fn left(mut self) -> Option<Boxed<'a>> {
        (!self.is_out).then(|| self.take(0))
    }

    /// Takes no more turns.
    pub(crate) fn give_up(&mut self) {
        if let Some(search) = self.search.take() {
            self.statistics.add(search.statistics());
        }
        self.is_out = true;
    }

    /// Counters of the searches that are over.
    pub(crate) fn statistics(&self) -> Statistics {
        let mut all = self.statistics;
        if let Some(search) = &self.search {
            all.add(search.statistics());
        }
        all
    }

    fn turn(&mut self, ctx: &Ctx, ticks: u64, round: u64) -> Turn {
        let mut ticks = (ticks / self.divisor).max(self.least).min(self.limit - self.spent);
        self.spent += ticks;
        if let Some(next) = &mut self.restarts {
            self.credit += ticks;
            if self.credit < *next {
                return Turn::Over;
            }
            (ticks, self.credit) = (*next, self.credit - *next);
            *next = next.saturating_mul(2);
        }
        let mut search = self.take(round);
        let turn = turn(ctx, ticks, |ctx| search.run(ctx, u64::MAX));
        self.is_out = self.spent >= self.limit || matches!(turn, Turn::Found(Found::GaveUp));
        if self.restarts.is_some() || self.is_out {
            self.statistics.add(search.statistics());
        } else {
            self.search = Some(search);
        }
        turn
    }
}

/// How a turn ended.
pub(crate) enum Turn {
    Found(Found),
    /// The turn's own ticks ended.
    Over,
    /// Something else ended the work.
    Stopped(Stop),
}

/// Lets a search work for some ticks.
pub(crate) fn turn(ctx: &Ctx, ticks: u64, search: impl FnOnce(&Ctx) -> ControlFlow<Stop, Found>) -> Turn {
    let child = ctx.child(ticks);
    let result = search(&child);
    ctx.absorb(&child);
    match result {
        ControlFlow::Continue(found) => Turn::Found(found),
        ControlFlow::Break(Stop::Budget(Limit::Ticks)) if ctx.remaining() > 0 => Turn::Over,
        ControlFlow::Break(stop) => Turn::Stopped(stop),
    }
}

/// Who found what.
pub(crate) type Won = ControlFlow<Stop, (usize, Found)>;

/// A turn is longer than the one before by one part in so many: who wins has waited little longer than it had to.
const GROWTH: u64 = 4;

/// Runs them in turns of growing length on this thread.
pub(crate) fn take_turns(ctx: &Ctx, contestants: &mut [Contestant<'_>], first_turn: u64) -> Won {
    let mut ticks = first_turn;
    for round in 0.. {
        if contestants.iter().all(|contestant| contestant.is_out) {
            return ControlFlow::Break(Stop::Failed);
        }
        for (at, contestant) in contestants.iter_mut().enumerate().filter(|(_, one)| !one.is_out) {
            match contestant.turn(ctx, ticks, round) {
                Turn::Found(Found::GaveUp) | Turn::Over => {}
                Turn::Found(found) => return ControlFlow::Continue((at, found)),
                Turn::Stopped(stop) => return ControlFlow::Break(stop),
            }
        }
        ticks = ticks.saturating_add(ticks / GROWTH);
    }
    ControlFlow::Break(Stop::Budget(Limit::Ticks))
}

/// Runs as many as there are threads against each other; a contestant that restarts may run several times. How far
/// the losers came depends on the threads' speed, so it is forgotten.
pub(crate) fn race_all(ctx: &Ctx, contestants: &mut [Contestant<'_>], threads: usize) -> Won {
    let restarting = contestants.iter().position(|contestant| contestant.restarts.is_some());
    let seats: Vec<usize> =
        (0..threads).map_while(|at| if at < contestants.len() { Some(at) } else { restarting }).collect();
    let mut searches: Vec<Boxed<'_>> =
        (0..).zip(&seats).map(|(round, &at)| contestants[at].take(round)).collect();
    let members: Vec<Member<'_>> = searches
        .iter_mut()
        .zip(&seats)
        .map(|(search, &at)| Member {
            run: Box::new(|ctx: &Ctx| search.run(ctx, u64::MAX)),
            limit: contestants[at].limit,
        })
        .collect();
    let (seat, found) = race(ctx, members)?;
    contestants[seats[seat]].statistics.add(searches[seat].statistics());
    ControlFlow::Continue((seats[seat], found))
}
