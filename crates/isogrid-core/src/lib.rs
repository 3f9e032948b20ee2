//! The narrow waist of Isogrid: what every engine, judge and driver agrees on, and nothing else.
//!
//! An [`Engine`] fits a model, opens a session and steps it; [`Detect`] says with evidence whether data has the
//! structure the engine exploits; [`Check`] tests an answer independently; a [`Workload`] judges
//! [`Contender`]s; [`measure`](fn@measure) puts them in one [`Report`]. [`Port`] and [`Store`] are the file edge, and
//! [`Entry`] erases an engine's types for the registry. Left out on purpose: tensors, configuration maps,
//! training and search loops, metrics, clocks inside engines, and JSON.

mod check;
mod ctx;
mod detect;
mod engine;
mod entry;
mod measure;
mod port;
mod value;

pub use check::{Check, Verdict};
pub use ctx::{Cancel, Ctx, Limit, Observer, Progress, Reason, Span, Stop};
pub use detect::{Bid, Detect, Evidence, Finding};
pub use engine::{Emission, Engine, Fitted, Info, OptionSpec, Part, Sink, Status};
pub use entry::{Emit, Entry, FitOutcome, RunOutcome, entry};
pub use measure::{Attempt, Contender, Cost, Energy, Report, Role, Row, Score, Workload, measure};
pub use port::{Diagnose, Fault, FaultClass, Port, Printed, Recognition, Request, Source, Store, Warnings};
pub use value::Value;
