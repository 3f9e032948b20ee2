//! What is done and what remains: a plan checked against the world before every step of it.
//!
//! LoHo-Manip (arXiv 2604.21924) keeps this memory as text that a language model rewrites; here it is typed and
//! recomputed from grounded predicates, so it cannot drift.

use serde::{Deserialize, Serialize};

use crate::facts::{Relations, Support};
use crate::tasks::Task;
use crate::tasks::is_delivered;

/// One operator of a plan, over objects of the scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Move {
    /// Take a block off its support.
    Pick {
        /// What is taken.
        block: usize,
    },
    /// Put the held block onto an object.
    Place {
        /// What is held.
        block: usize,
        /// What it goes onto.
        on: usize,
    },
}

/// The typed memory of the manager.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Moves whose effects were seen, in order.
    pub done: Vec<Move>,
    /// Moves that lead to the goal from the state last seen.
    pub remaining: Vec<Move>,
    /// Moves that the world made needless before they were done, in order.
    pub needless: Vec<Move>,
}

impl Memory {
    /// Takes out of `remaining` what holds already or is needed no more, and says whether the rest leads from the seen
    /// state to the goal.
    pub fn reconcile(&mut self, task: &Task, relations: &Relations) -> bool {
        let valid = |first: &usize| leads_to_goal(task, relations, &self.remaining[*first..]);
        let Some(first) = (0..=self.remaining.len()).find(valid) else { return false };
        self.retire(first, relations);
        true
    }

    /// Takes out the first `n` of `remaining`: what is seen to hold was done, the rest is needless.
    pub fn retire(&mut self, n: usize, relations: &Relations) {
        let retired: Vec<Move> = self.remaining.drain(..n).collect();
        for (at, step) in retired.iter().enumerate() {
            let holds = match *step {
                Move::Place { block, on } => relations.support[block] == Some(Support::Object(on)),
                // A block that was then put down again was picked too.
                Move::Pick { block } => {
                    relations.held() == Some(block)
                        || matches!(retired.get(at + 1), Some(&Move::Place { block: placed, on })
                            if placed == block && relations.support[block] == Some(Support::Object(on)))
                }
            };
            if holds { self.done.push(*step) } else { self.needless.push(*step) }
        }
    }
}

/// Whether the goal holds.
pub fn is_reached(task: &Task, relations: &Relations) -> bool {
    relations.held().is_none() && task.goal.iter().all(|&(block, _)| is_delivered(task, relations, block))
}

/// Executes moves on relations; false at the first that cannot be, or where the goal is missed.
fn leads_to_goal(task: &Task, relations: &Relations, moves: &[Move]) -> bool {
    let mut state = relations.clone();
    moves.iter().all(|step| apply(task, &mut state, step)) && is_reached(task, &state)
}

fn apply(task: &Task, state: &mut Relations, step: &Move) -> bool {
    match *step {
        Move::Pick { block } => {
            let free = state.held().is_none() && state.is_clear(block);
            if free {
                state.support[block] = Some(Support::Hand);
                state.askew[block] = false;
            }
            free
        }
        Move::Place { block, on } => {
            let free = state.support[block] == Some(Support::Hand)
                && state.is_clear(on)
                && state.support[on] != Some(Support::Hand)
                && may_place(task, state, block, on);
            if free {
                state.support[block] = Some(Support::Object(on));
            }
            free
        }
    }
}

fn may_place(task: &Task, state: &Relations, block: usize, on: usize) -> bool {
    let final_slot = task.order.contains(&block) && task.goal.contains(&(block, on));
    if final_slot {
        // Whoever comes before must lie in place already.
        let before = task.order.iter().take_while(|other| **other != block);
        return before.into_iter().all(|&other| is_delivered(task, state, other));
    }
    task.fits[block][on]
}
