//! Plans and problems explained: steps that a plan can do without, when each step could run and what it is for, and
//! which landmarks are still ahead.
//!
//! Everything is computed by executing the plan on a grounded task, so that conditional effects, axioms and numbers
//! count as they do in search. Left out: why there is no plan.

mod cells;
mod draw;
mod eliminate;
mod landmarks;
mod order;
mod replay;
mod timeline;

pub use draw::{DrawLinks, DrawOptions};
pub(crate) use eliminate::eliminate_to;
pub use eliminate::{Eliminated, Elimination, EliminationOptions, eliminate};
pub use landmarks::{Landmark, LandmarksAhead, landmarks};
pub use replay::operators_of;
pub use timeline::{CausalLink, TimedStep, Timeline, timeline};
