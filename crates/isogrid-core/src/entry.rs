//! The registry's erased view of an engine: plain function pointers, built by const fn from the typed traits.
//!
//! A capability that an engine lacks is `None`; there is no link-time magic and no blanket implementation.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::{
    Check, Ctx, Detect, Fault, Finding, Info, Port, Printed, Recognition, Request, Sink, Stop, Store, Verdict,
};

/// One engine in the registry.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Name, structure, promises.
    pub info: fn() -> &'static Info,
    /// Does it take this request?
    pub recognize: fn(&Request) -> Recognition,
    /// Fits a model from the request.
    pub fit: fn(&Ctx, &Request) -> Result<FitOutcome, Fault>,
    /// Uses a saved model, or fits one from the request first.
    pub run: fn(&Ctx, &Request, Option<&[u8]>, Emit<'_>) -> Result<RunOutcome, Fault>,
    /// Looks for the engine's structure.
    pub detect: Option<fn(&Ctx, &Request) -> Result<Vec<Finding>, Fault>>,
}

/// Receives each output as it comes, already checked where the engine has a checker.
pub type Emit<'a> = &'a mut dyn FnMut(Printed, Option<Verdict>) -> ControlFlow<()>;

/// A fitted model as bytes.
#[derive(Debug, Clone)]
pub struct FitOutcome {
    /// The payload to save.
    pub model: Vec<u8>,
    /// Why fitting ended.
    pub stop: Stop,
    /// What the engine tells of the fit, line by line.
    pub report: Vec<String>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct RunOutcome {
    /// Why the step ended.
    pub stop: Stop,
    /// The size of the model used, in bytes as saved.
    pub model_bytes: Option<u64>,
}

/// The entry of an engine with a port and a store.
pub const fn entry<E: Port + Store>() -> Entry {
    Entry { info: info::<E>, recognize: recognize::<E>, fit: fit::<E>, run: run::<E>, detect: None }
}

impl Entry {
    /// Adds structure detection.
    #[must_use]
    pub const fn with_detect<E: Port + Detect>(mut self) -> Entry {
        self.detect = Some(detect::<E>);
        self
    }

    /// Has every output judged by the engine's checker before it is emitted.
    #[must_use]
    pub const fn with_check<E: Port + Store + Check>(mut self) -> Entry {
        self.run = run_checked::<E>;
        self
    }
}

fn info<E: Port>() -> &'static Info {
    E::default().info()
}

fn recognize<E: Port>(request: &Request) -> Recognition {
    E::default().recognize(request)
}

fn fault<D: crate::Diagnose>(error: D) -> Fault {
    Fault::of(&error)
}

fn fit<E: Port + Store>(ctx: &Ctx, request: &Request) -> Result<FitOutcome, Fault> {
    let engine = E::default();
    let (data, options) = engine.data(request).map_err(fault)?;
    let fitted = engine.fit(ctx, &data, &options).map_err(fault)?;
    let report = engine.report(&fitted.model);
    Ok(FitOutcome { model: engine.save(&fitted.model), stop: fitted.stop, report })
}

fn detect<E: Port + Detect>(ctx: &Ctx, request: &Request) -> Result<Vec<Finding>, Fault> {
    let engine = E::default();
    let (data, _) = engine.data(request).map_err(fault)?;
    engine.detect(ctx, &data).map_err(fault)
}

fn run<E: Port + Store>(
    ctx: &Ctx,
    request: &Request,
    saved: Option<&[u8]>,
    emit: Emit<'_>,
) -> Result<RunOutcome, Fault> {
    run_with(&E::default(), ctx, (request, saved), emit, |_, _, _| None)
}

fn run_checked<E: Port + Store + Check>(
    ctx: &Ctx,
    request: &Request,
    saved: Option<&[u8]>,
    emit: Emit<'_>,
) -> Result<RunOutcome, Fault> {
    run_with(&E::default(), ctx, (request, saved), emit, |engine: &E, model, output| {
        Some(engine.check(model, output))
    })
}

fn run_with<E: Port + Store>(
    engine: &E,
    ctx: &Ctx,
    (request, saved): (&Request, Option<&[u8]>),
    emit: Emit<'_>,
    check: impl Fn(&E, &E::Model, &E::Output) -> Option<Verdict>,
) -> Result<RunOutcome, Fault> {
    let model = match saved {
        Some(bytes) => engine.load(bytes).map_err(fault)?,
        None => {
            let (data, options) = engine.data(request).map_err(fault)?;
            engine.fit(ctx, &data, &options).map_err(fault)?.model
        }
    };
    let model = Arc::new(model);
    let input = engine.input(request, &model, saved.is_none()).map_err(fault)?;
    let mut session = engine.open(ctx, &model).map_err(fault)?;
    let mut receive = |output: E::Output| {
        let verdict = check(engine, &model, &output);
        emit(engine.print(&model, &output), verdict)
    };
    let stop = engine.step(ctx, &mut session, input, Sink::new(&mut receive)).map_err(fault)?;
    Ok(RunOutcome { stop, model_bytes: saved.map(|bytes| bytes.len() as u64) })
}
