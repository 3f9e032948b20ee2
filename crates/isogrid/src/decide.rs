//! Who takes a request that several engines could take: each looks for its structure, and the bids decide.
//!
//! The job goes to the cheapest bid that is not significantly worse than the best: whose interval reaches up to the lower
//! bound of the bid of highest score. Where nobody bids, the first engine in the registry's order takes it. Left out: bids of
//! the scale ladder, checking the winner's answer and passing the job on, folders of jobs, the bill.

use std::time::Instant;

use isogrid_core::{Bid, Ctx, Entry, Fault, Finding, Request, Stop};

use crate::Error;

/// What one engine said of a request.
#[derive(Debug, Clone)]
pub struct Heard<'a> {
    /// The engine.
    pub entry: &'a Entry,
    /// The kind of input that it sees.
    pub kind: String,
    /// What it found, nothing without a detector; or why it cannot take the request after all.
    pub findings: Result<Vec<Finding>, Fault>,
}

/// The bid of an engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The engine.
    pub engine: &'static str,
    /// What it offers.
    pub bid: Bid,
}

/// Who takes a request, and what everybody said.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// The engine that takes it.
    pub entry: &'a Entry,
    /// All that were asked, in the registry's order.
    pub heard: Vec<Heard<'a>>,
    /// The bids on found structure, that of `entry` first; none where nobody found any.
    pub offers: Vec<Offer>,
    /// Whether a limit ended the looking.
    pub stop: Stop,
    /// Wall seconds that the looking took.
    pub seconds: f64,
    /// Work ticks that it took.
    pub ticks: u64,
}

impl Heard<'_> {
    /// The engine's name.
    pub fn engine(&self) -> &'static str {
        (self.entry.info)().name
    }

    /// Whether it found structure.
    pub fn found(&self) -> bool {
        self.findings.as_ref().is_ok_and(|findings| findings.iter().any(|finding| finding.found))
    }
}

/// Asks the engines of `candidates`, which are one at least, and lets their bids decide.
///
/// Each reads the request's sources anew. All work under one budget: where it ends, those that had no time to look make
/// no bid.
///
/// # Errors
/// [`Error::Refused`]: none of them can take the request, with the first one's reason.
pub fn decide<'a>(
    ctx: &Ctx,
    candidates: Vec<(&'a Entry, String)>,
    request: &Request,
) -> Result<Decision<'a>, Error> {
    let (start, ticks) = (Instant::now(), ctx.ticks());
    let heard: Vec<_> = candidates.into_iter().map(|candidate| ask(ctx, candidate, request)).collect();
    let offers = ranked(heard.iter().flat_map(offers));
    let bidder = offers.first().and_then(|best| heard.iter().find(|heard| heard.engine() == best.engine));
    let taker = bidder
        .or_else(|| heard.iter().find(|heard| heard.found()))
        .or_else(|| heard.iter().find(|heard| heard.findings.is_ok()));
    let Some(entry) = taker.map(|taker| taker.entry) else {
        let fault = heard.into_iter().find_map(|heard| heard.findings.err());
        return Err(fault.map_or(Error::NoSources, Error::Refused));
    };
    // A tick of nothing asks whether the looking was cut short.
    let stop = ctx.tick(0).break_value().unwrap_or(Stop::Done);
    let (seconds, ticks) = (start.elapsed().as_secs_f64(), ctx.ticks() - ticks);
    Ok(Decision { entry, heard, offers, stop, seconds, ticks })
}

fn ask<'a>(ctx: &Ctx, (entry, kind): (&'a Entry, String), request: &Request) -> Heard<'a> {
    let _span = ctx.span((entry.info)().name);
    let findings = entry.detect.map_or(Ok(Vec::new()), |detect| detect(ctx, request));
    Heard { entry, kind, findings }
}

fn offers<'a>(heard: &'a Heard<'_>) -> impl Iterator<Item = Offer> + use<'a> {
    let engine = heard.engine();
    let found = heard.findings.iter().flatten().filter(|finding| finding.found);
    found.filter_map(move |finding| Some(Offer { engine, bid: finding.bid.clone()? }))
}

/// Bids that are not significantly worse than the best, the cheapest first, then the others, the best first; equal ones
/// stay in order.
fn ranked(offers: impl Iterator<Item = Offer>) -> Vec<Offer> {
    let mut offers: Vec<_> = offers.filter(|offer| offer.bid.score.is_finite()).collect();
    let best = offers.iter().max_by(|a, b| a.bid.score.total_cmp(&b.bid.score));
    let bar = best.map_or(f64::NEG_INFINITY, |best| best.bid.interval.0);
    let is_worse = |offer: &Offer| offer.bid.interval.1 < bar;
    offers.sort_by(|a, b| match (is_worse(a), is_worse(b)) {
        (false, false) => a.bid.cost.total_cmp(&b.bid.cost),
        (true, true) => b.bid.score.total_cmp(&a.bid.score),
        (a, b) => a.cmp(&b),
    });
    offers
}

#[cfg(test)]
mod tests {
    use isogrid_core::{Limit, Source};

    use super::*;
    use crate::test_engine::{BIDDERS, ENTRIES};

    #[test]
    fn the_cheapest_bid_that_is_not_significantly_worse_comes_first() {
        // Name, score, interval, cost.
        type Case<'a> = (&'a str, &'a [(&'static str, f64, (f64, f64), f64)], &'a [&'a str]);
        let cases: [Case<'_>; 6] = [
            ("nobody", &[], &[]),
            (
                "cheaper and as good",
                &[("a", 0.95, (0.9, 1.0), 3.0), ("b", 0.9, (0.8, 0.95), 1.0)],
                &["b", "a"],
            ),
            ("cheaper and worse", &[("a", 0.95, (0.9, 1.0), 3.0), ("b", 0.7, (0.6, 0.8), 1.0)], &["a", "b"]),
            ("it just reaches", &[("a", 0.95, (0.9, 1.0), 3.0), ("b", 0.8, (0.7, 0.9), 1.0)], &["b", "a"]),
            ("equal ones", &[("a", 0.9, (0.8, 1.0), 1.0), ("b", 0.9, (0.8, 1.0), 1.0)], &["a", "b"]),
            (
                "worse ones by score, odd ones not at all",
                &[
                    ("a", 0.5, (0.4, 0.6), 1.0),
                    ("b", 0.6, (0.5, 0.7), 2.0),
                    ("c", 0.9, (0.8, 1.0), 9.0),
                    ("d", f64::NAN, (0.0, 1.0), 0.0),
                ],
                &["c", "b", "a"],
            ),
        ];
        for (name, offers, expected) in cases {
            let offers = offers.iter().map(|&(engine, score, interval, cost)| {
                let bid = Bid { score, cost, interval, backing_run: String::new() };
                Offer { engine, bid }
            });
            let order: Vec<_> = ranked(offers).iter().map(|offer| offer.engine).collect();
            assert_eq!(order, expected, "{name}");
        }
    }

    fn decided(entries: &'static [Entry], text: &str, ctx: &Ctx) -> Result<Decision<'static>, Error> {
        let request = Request { sources: vec![Source::memory("input", text)], ..Request::default() };
        let candidates = entries.iter().map(|entry| (entry, "words".to_string())).collect();
        decide(ctx, candidates, &request)
    }

    #[test]
    fn everybody_is_heard_and_bids_decide() {
        let cases = [
            ("add - -", Ok(("adder", 0))),
            ("add - 5", Ok(("counter", 1))),
            ("add 9 9", Ok(("counter", 2))),
            ("add 9 1", Ok(("adder", 2))),
            ("add - both", Ok(("counter", 0))),
            ("add broken -", Ok(("counter", 0))),
            ("add broken broken", Err("`broken` is not a number")),
        ];
        for (text, expected) in cases {
            let decision = decided(BIDDERS, text, &Ctx::new(1));
            let seen = decision.as_ref().map(|d| ((d.entry.info)().name, d.offers.len()));
            assert_eq!(seen.map_err(ToString::to_string), expected.map_err(str::to_string), "{text}");
            assert!(decision.is_err() || decision.is_ok_and(|decision| decision.heard.len() == 2), "{text}");
        }
    }

    #[test]
    fn engines_without_detectors_say_nothing_and_a_limit_is_told() {
        let decision = decided(ENTRIES, "add 1", &Ctx::new(1)).expect("nobody refuses");
        assert_eq!(((decision.entry.info)().name, decision.stop), ("adder", Stop::Done));
        let decision = decided(BIDDERS, "add 9 1", &Ctx::new(1).with_tick_limit(1)).expect("nobody refuses");
        assert_eq!((decision.stop, decision.ticks), (Stop::Budget(Limit::Ticks), 2));
    }
}
