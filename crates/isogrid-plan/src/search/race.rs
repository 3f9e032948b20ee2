//! A race of searches on threads whose winner does not depend on the threads' speed.
//!
//! Every member counts its own ticks. Who finishes lowers the others' limits to its own count, so a member that
//! needs fewer ticks still gets to finish; the fewest ticks win, the first member on a tie. Who gives up does not win.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Limit, Stop};

use crate::search::Found;

/// A search that can be run under a context.
pub(crate) struct Member<'m> {
    pub(crate) run: Box<dyn FnMut(&Ctx) -> ControlFlow<Stop, Found> + Send + 'm>,
    /// Whoever has counted so many ticks gives up.
    pub(crate) limit: u64,
}

/// The winner's index and result, or the stop when nobody finished.
pub(crate) fn race(ctx: &Ctx, members: Vec<Member<'_>>) -> ControlFlow<Stop, (usize, Found)> {
    let contexts: Vec<Ctx> = members.iter().map(|member| ctx.child(member.limit)).collect();
    let results: Vec<ControlFlow<Stop, Found>> = std::thread::scope(|scope| {
        let contexts = &contexts;
        let run = |(at, mut member): (usize, Member<'_>)| {
            let result = match (member.run)(&contexts[at]) {
                ControlFlow::Break(Stop::Budget(Limit::Ticks)) if contexts[at].ticks() > member.limit => {
                    ControlFlow::Continue(Found::GaveUp)
                }
                result => result,
            };
            if matches!(&result, ControlFlow::Continue(found) if *found != Found::GaveUp) {
                contexts.iter().for_each(|other| other.lower_tick_limit(contexts[at].ticks()));
            }
            result
        };
        let spawn = |entry| scope.spawn(move || run(entry));
        let handles: Vec<_> = members.into_iter().enumerate().map(spawn).collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let finished = |(at, result): (usize, ControlFlow<Stop, Found>)| match result {
        ControlFlow::Continue(Found::GaveUp) | ControlFlow::Break(_) => None,
        ControlFlow::Continue(found) => Some((at, found)),
    };
    let all_gave_up = results.iter().all(ControlFlow::is_continue);
    let stop = results.iter().find_map(|result| match result {
        ControlFlow::Break(stop) if *stop != Stop::Budget(Limit::Ticks) => Some(*stop),
        _ => None,
    });
    let winner = results
        .into_iter()
        .enumerate()
        .filter_map(finished)
        .min_by_key(|(at, _)| (contexts[*at].ticks(), *at));
    match winner {
        Some((at, found)) => {
            ctx.absorb(&contexts[at]);
            ControlFlow::Continue((at, found))
        }
        None => {
            contexts
                .iter()
                .max_by_key(|member| member.ticks())
                .into_iter()
                .for_each(|member| ctx.absorb(member));
            let end = if all_gave_up { Stop::Failed } else { Stop::Budget(Limit::Ticks) };
            ControlFlow::Break(stop.unwrap_or(end))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member<'m>(cost: u64, plan: u32) -> Member<'m> {
        let run = move |ctx: &Ctx| {
            for _ in 0..cost {
                ctx.tick(1)?;
            }
            ControlFlow::Continue(Found::Plan(vec![plan]))
        };
        Member { run: Box::new(run), limit: u64::MAX }
    }

    #[test]
    fn a_limit_of_ones_own_is_giving_up() {
        let limited = || Member { limit: 500, ..member(1000, 0) };
        let ctx = Ctx::new(0);
        assert_eq!(
            race(&ctx, vec![limited(), member(3000, 1)]),
            ControlFlow::Continue((1, Found::Plan(vec![1])))
        );
        assert_eq!(race(&ctx, vec![limited(), limited()]), ControlFlow::Break(Stop::Failed));
        let short = Ctx::new(0).with_tick_limit(100);
        assert_eq!(race(&short, vec![limited()]), ControlFlow::Break(Stop::Budget(Limit::Ticks)));
    }

    #[test]
    fn the_fewest_ticks_win_whatever_the_threads_do() {
        for _ in 0..50 {
            let ctx = Ctx::new(0);
            let result = race(&ctx, vec![member(3000, 0), member(2999, 1), member(2999, 2)]);
            assert_eq!(result, ControlFlow::Continue((1, Found::Plan(vec![1]))));
            assert_eq!(ctx.ticks(), 2999);
        }
    }

    #[test]
    fn who_gives_up_does_not_win() {
        let ctx = Ctx::new(0);
        let gives_up = || Member { run: Box::new(|_| ControlFlow::Continue(Found::GaveUp)), limit: u64::MAX };
        let result = race(&ctx, vec![gives_up(), member(3000, 1)]);
        assert_eq!(result, ControlFlow::Continue((1, Found::Plan(vec![1]))));
        assert_eq!(race(&ctx, vec![gives_up(), gives_up()]), ControlFlow::Break(Stop::Failed));
    }

    #[test]
    fn a_cancelled_race_says_so() {
        let ctx = Ctx::new(0);
        ctx.cancel_handle().cancel(isogrid_core::Reason::Interrupt);
        assert_eq!(race(&ctx, vec![member(10, 0), member(20, 1)]), ControlFlow::Break(Stop::Cancelled));
    }
}
