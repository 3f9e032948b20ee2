//! Searches that take turns of growing length, or race on threads, until one of them has found something.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Limit, Stop};

use crate::search::makers::Boxed;
use crate::search::race::{Member, race};
use crate::search::{Found, Statistics};

/// One of several searches for the same thing.
pub(crate) struct Contestant<'a> {
    /// Makes it, for the first time or anew, by the number of the round.
    make: Arc<dyn Fn(u64) -> Boxed<'a> + Send + Sync + 'a>,
    /// What is added to the number of the round.
    first_round: u64,
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
    pub(crate) fn new(make: impl Fn(u64) -> Boxed<'a> + Send + Sync + 'a) -> Contestant<'a> {
        Contestant {
            make: Arc::new(make),
            first_round: 0,
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

    /// The same search, made with other numbers of rounds.
    fn twin(&self, first_round: u64) -> Contestant<'a> {
        Contestant {
            make: self.make.clone(),
            first_round,
            search: None,
            restarts: self.restarts,
            credit: 0,
            divisor: self.divisor,
            least: self.least,
            limit: self.limit,
            spent: 0,
            is_out: false,
            statistics: Statistics::default(),
        }
    }

    /// The search, where it stands.
    fn take(&mut self, round: u64) -> Boxed<'a> {
        self.search.take().unwrap_or_else(|| (self.make)(self.first_round + round))
    }

    /// Stands as before its first turn.
    fn forget(&mut self) {
        *self = self.twin(self.first_round);
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
        // Exactly at a limit there is time for one more turn, whoever has lowered it in the meantime.
        ControlFlow::Break(Stop::Budget(Limit::Ticks)) if ctx.tick(0).is_continue() => Turn::Over,
        ControlFlow::Break(stop) => Turn::Stopped(stop),
    }
}

/// Who found what.
pub(crate) type Won = ControlFlow<Stop, (usize, Found)>;

/// A turn is longer than the one before by one part in so many: who wins has waited little longer than it had to.
const GROWTH: u64 = 4;

/// Runs them in turns of growing length on this thread.
pub(crate) fn take_turns(ctx: &Ctx, contestants: &mut [&mut Contestant<'_>], first_turn: u64) -> Won {
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

/// Runs them on threads against each other. Where threads are fewer, neighbours share one and take turns on it; where
/// there are more, those that start afresh run several times. How far the losers came depends on the threads' speed, so
/// it is forgotten.
pub(crate) fn race_all(
    ctx: &Ctx,
    contestants: &mut [Contestant<'_>],
    first_turn: u64,
    threads: usize,
) -> Won {
    let n = contestants.len();
    let restarting = contestants.iter().position(|contestant| contestant.restarts.is_some());
    let mut twins: Vec<Contestant<'_>> = restarting
        .into_iter()
        .flat_map(|at| (n..threads).map(move |number| (at, number)))
        // Far from the rounds that the contestant itself may come to.
        .map(|(at, number)| contestants[at].twin((number as u64) << 32))
        .collect();
    let mut seats: Vec<Seat<'_, '_>> = (0..threads.min(n)).map(|_| Seat::default()).collect();
    for (at, contestant) in contestants.iter_mut().enumerate() {
        seats[at * threads.min(n) / n].take(at, contestant);
    }
    for (twin, at) in twins.iter_mut().zip(restarting.into_iter().cycle()) {
        let mut seat = Seat::default();
        seat.take(at, twin);
        seats.push(seat);
    }
    let members = seats
        .iter_mut()
        .map(|seat| Member { limit: u64::MAX, run: Box::new(|ctx: &Ctx| seat.run(ctx, first_turn)) });
    let ended = race(ctx, members.collect());
    let winner = match &ended {
        ControlFlow::Continue((seat, _)) => seats[*seat].winner(),
        ControlFlow::Break(_) => Default::default(),
    };
    drop(seats);
    contestants.iter_mut().for_each(Contestant::forget);
    let (_, found) = ended?;
    let (at, statistics) = winner;
    contestants[at].statistics = statistics;
    ControlFlow::Continue((at, found))
}

/// A thread's contestants, with their places among all.
#[derive(Default)]
struct Seat<'c, 'a> {
    places: Vec<usize>,
    contestants: Vec<&'c mut Contestant<'a>>,
    /// Who found something.
    won: usize,
}

impl<'c, 'a> Seat<'c, 'a> {
    fn take(&mut self, place: usize, contestant: &'c mut Contestant<'a>) {
        self.places.push(place);
        self.contestants.push(contestant);
    }

    fn run(&mut self, ctx: &Ctx, first_turn: u64) -> ControlFlow<Stop, Found> {
        // Who has nobody to share with, and does not restart, has the longest turn at once.
        let is_alone = matches!(self.contestants.as_slice(), [one] if one.restarts.is_none());
        let first_turn = if is_alone { u64::MAX } else { first_turn };
        match take_turns(ctx, &mut self.contestants, first_turn) {
            ControlFlow::Continue((at, found)) => {
                self.won = at;
                ControlFlow::Continue(found)
            }
            ControlFlow::Break(Stop::Failed) => ControlFlow::Continue(Found::GaveUp),
            ControlFlow::Break(stop) => ControlFlow::Break(stop),
        }
    }

    /// The place and the counters of who found something.
    fn winner(&self) -> (usize, Statistics) {
        (self.places[self.won], self.contestants[self.won].statistics())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds its plan after so many ticks, or gives up.
    struct Fake {
        ticks: u64,
        found: Found,
        spent: u64,
    }

    impl crate::search::Explorer for Fake {
        fn run(&mut self, ctx: &Ctx, _bound: u64) -> ControlFlow<Stop, Found> {
            while self.spent < self.ticks {
                ctx.tick(1)?;
                self.spent += 1;
            }
            ControlFlow::Continue(self.found.clone())
        }

        fn statistics(&self) -> Statistics {
            Statistics { expanded: self.spent, ..Statistics::default() }
        }
    }

    fn fake<'a>(ticks: u64, found: Found) -> Contestant<'a> {
        Contestant::new(move |_| Box::new(Fake { ticks, found: found.clone(), spent: 0 }))
    }

    #[test]
    fn on_any_number_of_threads_everybody_runs_and_the_fewest_ticks_win() {
        for threads in 1..7 {
            for _ in 0..10 {
                let mut all = vec![
                    fake(1 << 40, Found::Plan(vec![0])),
                    fake(50, Found::GaveUp),
                    fake(3000, Found::Plan(vec![2])),
                    fake(9000, Found::Plan(vec![3])).restarting(1000),
                ];
                let ctx = Ctx::new(0);
                let won = race_all(&ctx, &mut all, 100, threads);
                assert_eq!(won, ControlFlow::Continue((2, Found::Plan(vec![2]))), "{threads} threads");
                assert_eq!(all[2].statistics().expanded, 3000);
                assert_eq!(all[0].statistics().expanded, 0, "how far losers come is a matter of luck");
            }
        }
    }

    #[test]
    fn who_restarts_runs_on_the_threads_that_are_left() {
        let at_last = |round: u64| -> Boxed<'static> {
            let ticks = if round >> 32 == 4 { 10 } else { 1 << 40 };
            Box::new(Fake { ticks, found: Found::Plan(vec![(round >> 32) as u32]), spent: 0 })
        };
        let mut all = vec![fake(1 << 40, Found::GaveUp), Contestant::new(at_last).restarting(1000)];
        let won = race_all(&Ctx::new(0), &mut all, 100, 6);
        assert_eq!(won, ControlFlow::Continue((1, Found::Plan(vec![4]))));
        assert_eq!(all[1].statistics().expanded, 10);
    }

    #[test]
    fn where_all_give_up_the_race_fails() {
        let mut all =
            vec![fake(5, Found::GaveUp), fake(7, Found::GaveUp), fake(90, Found::Exhausted).limited(30)];
        assert_eq!(race_all(&Ctx::new(0), &mut all, 10, 2), ControlFlow::Break(Stop::Failed));
    }
}
