//! Which engine takes the input and why: a line for people, an object for programs, a table of bids.

use isogrid::Choice;
use isogrid::core::Stop;
use isogrid::decide::{Decision, Heard, Offer};
use isogrid::wire::Decided;

use crate::exit::Trouble;
use crate::screen::{Form, Screen};
use crate::text::{Side, TextTable, number};

/// Tells what settled the choice, where there was one.
pub(crate) fn tell(screen: &Screen, choice: &Choice<'_>) -> Result<(), Trouble> {
    match choice {
        Choice::Only(_) => Ok(()),
        Choice::Options(entry) => {
            let engine = (entry.info)().name;
            screen.note(&format!("`{engine}` takes it: no other engine for this input has these options"));
            Ok(())
        }
        Choice::Bids(decision) => {
            match decision.offers.split_first() {
                Some((best, others)) => screen.note(&reason(decision, best, others)),
                None => screen.warning(&no_reason(decision)),
            }
            object(screen, decision)
        }
    }
}

/// The decision as an object, where objects are asked for.
pub(crate) fn object(screen: &Screen, decision: &Decision<'_>) -> Result<(), Trouble> {
    if screen.form == Form::Json { screen.object(&Decided::of(decision)) } else { Ok(()) }
}

/// The bids, the one that takes the job first.
pub(crate) fn table(offers: &[Offer], width: usize) -> String {
    let mut table = TextTable::new(&[
        ("bids", Side::Left),
        ("score", Side::Right),
        ("95 % interval", Side::Right),
        ("CPU seconds", Side::Right),
    ]);
    for Offer { engine, bid } in offers {
        let interval = format!("[{}, {}]", number(bid.interval.0), number(bid.interval.1));
        table.row(vec![engine.to_string(), number(bid.score), interval, number(bid.cost)]);
    }
    table.render(width)
}

fn reason(decision: &Decision<'_>, best: &Offer, others: &[Offer]) -> String {
    let mut text = format!("`{}` takes it: it bids {}", best.engine, terms(best));
    for other in others {
        text += &format!("; `{}` bids {}", other.engine, terms(other));
    }
    let silent = |heard: &&Heard<'_>| decision.offers.iter().all(|offer| offer.engine != heard.engine());
    for heard in decision.heard.iter().filter(silent) {
        text += &match &heard.findings {
            Ok(_) => format!("; `{}` bids nothing", heard.engine()),
            Err(fault) => format!("; `{}` cannot take it: {fault}", heard.engine()),
        };
    }
    text
}

fn terms(Offer { bid, .. }: &Offer) -> String {
    let (low, high) = bid.interval;
    format!("{} [{}, {}] for {} CPU s", number(bid.score), number(low), number(high), number(bid.cost))
}

fn no_reason(decision: &Decision<'_>) -> String {
    let engine = (decision.entry.info)().name;
    let names: Vec<_> = decision.heard.iter().map(|heard| format!("`{}`", heard.engine())).collect();
    let so_far =
        if decision.stop == Stop::Done { String::new() } else { format!(" so far ({})", decision.stop) };
    format!(
        "none of {} finds structure that it could exploit{so_far}; `{engine}`, the first of them, takes it",
        names.join(", ")
    )
}
