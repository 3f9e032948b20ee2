//! What clauses vote on a sample, and which literals feedback on it is about: the two ways to keep count.

use crate::blocks::Block;
use crate::draws::Events;
use crate::team::{Changes, Team};

/// Keeps count of the votes of a team's clauses.
pub(crate) trait Book {
    /// A block is about to be learned.
    fn open(&mut self, team: &Team, block: &Block<'_>);

    /// The sample in a lane is about to be learned.
    fn turn_to(&mut self, team: &Team, block: &Block<'_>, lane: u8);

    /// The sum of votes for the team's only output, not clamped.
    fn sum(&self, team: &Team) -> i32;

    /// The votes of a clause.
    fn votes(&self, clause: usize) -> u8;

    /// The row of literals that feedback to a clause that fires is about.
    fn literals(&mut self, block: &Block<'_>, clause: usize, events: Events) -> &[u64];

    /// Literals of a clause have been taken in or left out.
    fn adjust(&mut self, team: &Team, clause: usize, block: &Block<'_>, changes: &Changes);

    /// The weight of a clause is about to rise by `step`.
    fn reweigh(&mut self, clause: usize, step: i32);
}
