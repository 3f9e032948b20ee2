//! One engine under test with its data and inputs, and the checks of its contract.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Limit, Port, Reason, Request, Sink, Source, Stop, Store};

use crate::corrupt;

const SEED: u64 = 7;

/// An engine with functions that make its data, options and inputs. Every check panics with what is wrong.
pub struct Subject<E, D, O, I> {
    engine: E,
    data: D,
    options: O,
    inputs: I,
    tick_slack: u64,
    request_options: &'static [(&'static str, &'static str)],
}

/// What all inputs of a subject gave.
#[derive(Debug, PartialEq)]
struct Trace {
    /// Outputs as printed; text, so that not-a-number equals itself.
    printed: Vec<String>,
    stops: Vec<Stop>,
    ticks: u64,
}

impl<E, D, O, I> Subject<E, D, O, I>
where
    E: Port + Store,
    D: Fn() -> E::Data,
    O: Fn() -> E::Options,
    I: Fn(&E::Model) -> Vec<E::Input>,
{
    /// A subject whose tick limits must be kept exactly.
    pub fn new(engine: E, data: D, options: O, inputs: I) -> Self {
        Subject { engine, data, options, inputs, tick_slack: 0, request_options: &[] }
    }

    /// Allows limits to be passed by `ticks`.
    #[must_use]
    pub fn with_tick_slack(mut self, ticks: u64) -> Self {
        self.tick_slack = ticks;
        self
    }

    /// Gives these options, by name and value, with every bad request: those without which nothing is read.
    #[must_use]
    pub fn with_request_options(mut self, options: &'static [(&'static str, &'static str)]) -> Self {
        self.request_options = options;
        self
    }

    /// Runs every check.
    pub fn check_all(&self) {
        self.info_is_filled_in();
        self.same_seed_gives_same_bytes_and_outputs();
        self.tick_limits_are_obeyed();
        self.cancellation_is_obeyed();
        self.a_receiver_with_enough_gets_no_more();
        self.saving_and_loading_changes_nothing();
        self.corrupt_models_do_not_panic();
        self.bad_requests_are_typed_errors();
    }

    /// Name, one-sentence structure, assumptions, guarantees, papers, tick and options are there.
    pub fn info_is_filled_in(&self) {
        let info = self.engine.info();
        assert!(is_kebab_case(info.name), "name `{}` is not lower-case-with-dashes", info.name);
        let sentence = info.structure.trim_end_matches('.');
        assert!(!sentence.is_empty() && info.structure.len() <= 240, "structure: one sentence, please");
        assert!(!sentence.contains(". ") && !sentence.contains('\n'), "structure is more than one sentence");
        for (what, list) in
            [("assumes", info.assumes), ("guarantees", info.guarantees), ("papers", info.papers)]
        {
            assert!(!list.is_empty() && list.iter().all(|item| !item.is_empty()), "`{what}` is empty");
        }
        assert!(!info.tick.is_empty(), "what a tick stands for is missing");
        for (i, option) in info.options.iter().enumerate() {
            assert!(is_kebab_case(option.name) && !option.help.is_empty(), "option `{}`", option.name);
            assert!(info.options[..i].iter().all(|other| other.name != option.name), "{} twice", option.name);
        }
    }

    /// Two fits from one seed save equal bytes, and two sessions give equal outputs, stops and ticks.
    pub fn same_seed_gives_same_bytes_and_outputs(&self) {
        let (first, second) = (self.fitted(), self.fitted());
        assert_eq!(
            self.engine.save(&first),
            self.engine.save(&second),
            "the same seed gave other model bytes"
        );
        assert_eq!(self.trace(first), self.trace(second), "the same seed gave other outputs");
    }

    /// Whatever the limit, fitting and stepping end within it and the slack, repeat exactly, and leave a model that
    /// works.
    pub fn tick_limits_are_obeyed(&self) {
        let unlimited = Ctx::new(SEED);
        let model = Arc::new(self.fit(&unlimited).0);
        for limit in limits(unlimited.ticks()) {
            let ctx = Ctx::new(SEED).with_tick_limit(limit);
            let (partial, stop) = self.fit(&ctx);
            self.check_stop("fit", &ctx, limit, stop);
            let again = self.fit(&Ctx::new(SEED).with_tick_limit(limit)).0;
            let bytes = self.engine.save(&partial);
            assert_eq!(bytes, self.engine.save(&again), "fits of {limit} ticks gave different models");
            self.trace(partial);
        }
        for (index, (_, _, full)) in self.steps(&model, &Ctx::new(SEED)).into_iter().enumerate() {
            for limit in limits(full) {
                let ctx = Ctx::new(SEED).with_tick_limit(limit);
                let input = self.input(&model, index);
                let stop = self.step(&model, &ctx, input, |_| ControlFlow::Continue(()));
                self.check_stop("step", &ctx, limit, stop);
            }
        }
    }

    fn check_stop(&self, what: &str, ctx: &Ctx, limit: u64, stop: Stop) {
        let ticks = ctx.ticks();
        let most = limit.saturating_add(self.tick_slack);
        assert!(ticks <= most, "{what} counted {ticks} ticks of {limit} (slack {})", self.tick_slack);
        let by_budget = stop == Stop::Budget(Limit::Ticks);
        let by_itself = matches!(stop, Stop::Done | Stop::Impossible | Stop::Failed);
        assert!(by_budget || by_itself, "{what} with {limit} ticks stopped with `{stop}`");
        assert!(by_budget || ticks <= limit, "{what} says `{stop}` after {ticks} ticks of {limit}");
    }

    /// A computation that is cancelled before it begins says so, unless it needs no tick at all.
    pub fn cancellation_is_obeyed(&self) {
        let cancelled = || {
            let ctx = Ctx::new(SEED);
            ctx.cancel_handle().cancel(Reason::Interrupt);
            ctx
        };
        let check = |what: &str, ctx: &Ctx, stop: Stop| {
            let ticks = ctx.ticks();
            let untouched = ticks == 0 && matches!(stop, Stop::Done | Stop::Impossible);
            assert!(
                stop == Stop::Cancelled || untouched,
                "{what} says `{stop}` after a cancel, {ticks} ticks"
            );
            assert!(ticks <= 1 + self.tick_slack, "{what} went on for {ticks} ticks after a cancel");
        };
        let ctx = cancelled();
        let (_, stop) = self.fit(&ctx);
        check("fit", &ctx, stop);
        let model = Arc::new(self.fitted());
        for input in (self.inputs)(&model) {
            let ctx = cancelled();
            let stop = self.step(&model, &ctx, input, |_| ControlFlow::Continue(()));
            check("step", &ctx, stop);
        }
    }

    /// When the receiver breaks at its first output, no second one comes.
    pub fn a_receiver_with_enough_gets_no_more(&self) {
        let model = Arc::new(self.fitted());
        for (index, input) in (self.inputs)(&model).into_iter().enumerate() {
            let mut n_outputs = 0_usize;
            let stop = self.step(&model, &Ctx::new(SEED), input, |_| {
                n_outputs += 1;
                ControlFlow::Break(())
            });
            assert!(n_outputs <= 1, "input {index}: {n_outputs} outputs although one was enough");
            assert!(
                n_outputs == 0 || stop == Stop::Enough,
                "input {index}: stopped with `{stop}`, not `enough`"
            );
        }
    }

    /// A loaded model saves the same bytes and gives the same outputs.
    pub fn saving_and_loading_changes_nothing(&self) {
        let model = self.fitted();
        let bytes = self.engine.save(&model);
        let loaded =
            self.engine.load(&bytes).unwrap_or_else(|error| panic!("own bytes are refused: {error}"));
        assert_eq!(self.engine.save(&loaded), bytes, "a loaded model saves other bytes");
        let (ours, theirs) = (self.trace(loaded), self.trace(model));
        // Ticks may differ: a model may be saved in a form that its first session has to prepare again.
        let same = ours.printed == theirs.printed && ours.stops == theirs.stops;
        assert!(same, "a loaded model gives other outputs or stops");
    }

    /// Flipped, cut, empty, extended and random model bytes give a typed error or a model that works.
    pub fn corrupt_models_do_not_panic(&self) {
        let bytes = self.engine.save(&self.fitted());
        for mutation in corrupt::mutations(&bytes) {
            mutation.run(|bytes| {
                let Ok(model) = self.engine.load(bytes) else { return };
                self.engine.save(&model);
                let model = Arc::new(model);
                for input in (self.inputs)(&model) {
                    let ctx = Ctx::new(SEED).with_tick_limit(10_000);
                    let Ok(mut session) = self.engine.open(&ctx, &model) else { return };
                    let mut print = |output: E::Output| {
                        self.engine.print(&model, &output);
                        ControlFlow::Continue(())
                    };
                    let _ = self.engine.step(&ctx, &mut session, input, Sink::new(&mut print));
                }
            });
        }
    }

    /// No sources, empty ones, binary and nested junk are refused with words, alone and as a pair; a missing file is
    /// named; nothing panics.
    pub fn bad_requests_are_typed_errors(&self) {
        for (name, sources) in corrupt::bad_sources() {
            self.refusal(name, sources.clone());
            self.refusal(name, [sources.clone(), sources].concat());
        }
        let missing = Source::file("no/such/file");
        let refusals = [1, 2].map(|n| self.refusal("a missing file", vec![missing.clone(); n]));
        let is_named = refusals.iter().any(|words| words.contains("no/such/file"));
        assert!(is_named, "no error names the missing file: {refusals:?}");
    }

    fn refusal(&self, name: &str, sources: Vec<Source>) -> String {
        let options = self.request_options.iter().map(|(key, value)| (key.to_string(), value.to_string()));
        let request = Request { sources, options: options.collect(), ..Request::default() };
        self.engine.recognize(&request);
        let Err(error) = self.engine.data(&request) else { panic!("`data` accepts {name}") };
        let words = error.to_string();
        assert!(!words.is_empty(), "an error without words for {name}");
        words
    }

    fn fit(&self, ctx: &Ctx) -> (E::Model, Stop) {
        let fitted = self.engine.fit(ctx, &(self.data)(), &(self.options)());
        let fitted = fitted.unwrap_or_else(|error| panic!("fit failed: {error}"));
        (fitted.model, fitted.stop)
    }

    fn fitted(&self) -> E::Model {
        self.fit(&Ctx::new(SEED)).0
    }

    fn input(&self, model: &E::Model, index: usize) -> E::Input {
        let input = (self.inputs)(model).into_iter().nth(index);
        input.unwrap_or_else(|| panic!("`inputs` gave fewer inputs the second time"))
    }

    fn step(
        &self,
        model: &Arc<E::Model>,
        ctx: &Ctx,
        input: E::Input,
        mut receive: impl FnMut(E::Output) -> ControlFlow<()>,
    ) -> Stop {
        let session = self.engine.open(ctx, model);
        let mut session = session.unwrap_or_else(|error| panic!("open failed: {error}"));
        let stop = self.engine.step(ctx, &mut session, input, Sink::new(&mut receive));
        stop.unwrap_or_else(|error| panic!("step failed: {error}"))
    }

    /// (printed outputs, stop, ticks) of every input, each in a session of its own.
    fn steps(&self, model: &Arc<E::Model>, parent: &Ctx) -> Vec<(Vec<String>, Stop, u64)> {
        let run = |input| {
            let ctx = parent.child(u64::MAX);
            let mut printed = Vec::new();
            let stop = self.step(model, &ctx, input, |output| {
                printed.push(format!("{:?}", self.engine.print(model, &output)));
                ControlFlow::Continue(())
            });
            (printed, stop, ctx.ticks())
        };
        (self.inputs)(model).into_iter().map(run).collect()
    }

    fn trace(&self, model: E::Model) -> Trace {
        let mut trace = Trace { printed: Vec::new(), stops: Vec::new(), ticks: 0 };
        for (printed, stop, ticks) in self.steps(&Arc::new(model), &Ctx::new(SEED)) {
            trace.printed.extend(printed);
            trace.stops.push(stop);
            trace.ticks += ticks;
        }
        trace
    }
}

/// Limits worth trying on work of `full` ticks.
fn limits(full: u64) -> Vec<u64> {
    let mut limits = vec![0, 1, 10, full / 3, full.saturating_sub(1), full];
    limits.sort_unstable();
    limits.dedup();
    limits
}

fn is_kebab_case(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(allowed)
}
