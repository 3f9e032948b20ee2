//! The engine trait: a computation that fits one kind of structure.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::{Ctx, Stop};

/// A computation that exploits one kind of structure: fit a model, open a session, step it.
///
/// The model is immutable, saved and shared; the session is mutable and has one caller. An engine never scores
/// itself, draws progress, reads a clock or the environment.
pub trait Engine: Send + Sync + 'static {
    /// What `fit` learns from (a table, a planning problem, demonstrations).
    type Data;
    /// Settings of `fit`; the default is a good one.
    type Options: Default;
    /// The fitted artefact.
    type Model: Send + Sync + 'static;
    /// Mutable state of one caller: a grounded task, a cache, nothing at all.
    type Session: Send + 'static;
    /// One input of `step`, usually a batch.
    type Input;
    /// One output; a step emits zero or more.
    type Output;
    /// The crate's error enum. A fault only: stopping is [`Stop`].
    type Error: std::error::Error + Send + Sync + 'static;

    /// Name, structure, assumptions and guarantees.
    fn info(&self) -> &'static Info;

    /// Learns or prepares a model. A budget that ends inside returns the best model so far with the stop.
    ///
    /// # Errors
    /// The data does not have the form that the engine needs, or an internal limit was passed.
    fn fit(
        &self,
        ctx: &Ctx,
        data: &Self::Data,
        options: &Self::Options,
    ) -> Result<Fitted<Self::Model>, Self::Error>;

    /// Opens a session on a shared model.
    ///
    /// # Errors
    /// The model cannot be used here.
    fn open(&self, ctx: &Ctx, model: &Arc<Self::Model>) -> Result<Self::Session, Self::Error>;

    /// Takes one input and emits outputs into `out` until done, out of budget, or told that it is enough.
    ///
    /// # Errors
    /// The input does not fit the model.
    fn step(
        &self,
        ctx: &Ctx,
        session: &mut Self::Session,
        input: Self::Input,
        out: Sink<'_, Self::Output>,
    ) -> Result<Stop, Self::Error>;
}

/// A fitted model, and why fitting ended.
#[derive(Debug, Clone)]
pub struct Fitted<M> {
    /// The model; usable whatever `stop` says.
    pub model: M,
    /// [`Stop::Done`], or the limit that ended fitting early.
    pub stop: Stop,
}

/// Where a step puts its outputs.
pub struct Sink<'a, T>(&'a mut dyn FnMut(T) -> ControlFlow<()>);

impl<'a, T> Sink<'a, T> {
    /// Wraps a receiver, which breaks when it has enough.
    pub fn new(receiver: &'a mut dyn FnMut(T) -> ControlFlow<()>) -> Self {
        Sink(receiver)
    }

    /// Hands over one output; breaks with [`Stop::Enough`] when the receiver wants no more.
    pub fn emit(&mut self, output: T) -> ControlFlow<Stop> {
        match (self.0)(output) {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(()) => ControlFlow::Break(Stop::Enough),
        }
    }
}

/// What an engine declares about itself, beside its code.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// The name on the command line.
    pub name: &'static str,
    /// The structure it exploits, in one sentence.
    pub structure: &'static str,
    /// What it takes for granted.
    pub assumes: &'static [&'static str],
    /// What it promises.
    pub guarantees: &'static [&'static str],
    /// The literature it implements.
    pub papers: &'static [&'static str],
    /// How far it is.
    pub status: Status,
    /// Whether later outputs of a step replace earlier ones.
    pub emission: Emission,
    /// What one tick stands for.
    pub tick: &'static str,
    /// Options it takes at the text edge.
    pub options: &'static [OptionSpec],
    /// Parts that differ in what they guarantee; empty where there is nothing to tell apart.
    pub parts: &'static [Part],
}

/// A part of an engine, with what is declared beside its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What it is one of, in the plural.
    pub kind: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What is declared, each with a name. Parts of one kind have the same names in the same order.
    pub properties: &'static [(&'static str, &'static str)],
}

/// How much an engine may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Published figures were reproduced in a committed run.
    Reproduced,
    /// Tested against a reference and peers, figures not reproduced.
    Tested,
    /// It works; its limits are not known well.
    Experimental,
    /// Here to prove the waist, to be replaced.
    Proof,
}

impl Status {
    /// The word shown to users.
    pub fn word(self) -> &'static str {
        match self {
            Status::Reproduced => "reproduced",
            Status::Tested => "tested",
            Status::Experimental => "experimental",
            Status::Proof => "waist proof",
        }
    }
}

/// How a step's outputs relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emission {
    /// Each output replaces the one before (better and better plans).
    Improves,
    /// Outputs follow each other (batches of rows, tokens).
    Appends,
}

/// An option at the text edge, for the command line and the documentation.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// Long name without dashes.
    pub name: &'static str,
    /// The value's name, or `None` for a switch.
    pub value: Option<&'static str>,
    /// One line of help, with the default.
    pub help: &'static str,
}
