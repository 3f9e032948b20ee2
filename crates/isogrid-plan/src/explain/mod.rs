//! Plans and problems explained: steps that a plan can do without, when each step could run and what it is for, which
//! landmarks are still ahead, and what is missing where facts are out of reach.
//!
//! Plans are executed on a grounded task, so that conditional effects, axioms and numbers count as they do in search.
//! Left out: why there is no plan where every fact alone is in reach; [`crate::certificate`] proves that.

mod cells;
mod draw;
mod eliminate;
mod landmarks;
mod missing;
mod order;
mod replay;
mod timeline;

pub use draw::{DrawLinks, DrawOptions};
pub(crate) use eliminate::eliminate_to;
pub use eliminate::{Eliminated, Elimination, EliminationOptions, eliminate};
pub use landmarks::{Landmark, LandmarksAhead, landmarks};
pub use missing::{MAX_FACTS, OutOfReach, Way, out_of_reach};
pub use replay::operators_of;
pub use timeline::{CausalLink, TimedStep, Timeline, timeline};
