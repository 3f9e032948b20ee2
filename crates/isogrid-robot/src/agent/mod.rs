//! The agent: a manager that decides by planning, an executor that controls by learned skills.
//!
//! After every skill the state is read anew from geometry: what holds already is dropped, a failed move is tried again,
//! and where the world left the plan a new one is made in this process. An unreachable goal is told, what is held put
//! down, and the arm parked.
//! The agent sees observations and gives actions; it owns no world and never judges itself.

mod account;
mod estimate;
mod events;
mod executor;
mod manager;
mod memory;
mod parking;

pub use account::Account;
pub use estimate::Estimator;
pub use events::{Event, Happening, Why};
pub use executor::{Executor, Progress};
pub use manager::{Agent, AgentOptions, Feedback, Status};
pub use memory::{Memory, Move, is_reached};
