//! The executor: carries out one move by its sub-skills, and only controls.

use std::collections::VecDeque;

use super::events::Why;
use super::memory::Move;
use crate::facts::{Relations, across, distance};
use crate::policy::Policy;
use crate::skill::{Aim, Skill, features, is_over};
use crate::trace;
use crate::world::{Action, Observation, Scene};

/// No aim is farther away than this, in metres: a skill is asked for what every demonstration shows, and far goals are
/// reached in strides.
const STRIDE: f64 = 0.12;

/// Ticks for which a relation must be broken before it counts: detectors flicker.
const CONFIRM: u32 = 4;

/// Farther than this from the hand, across, a contact has lost its block, in metres: demonstrations of grasps that miss
/// end below it, and what no demonstration shows closes around nothing again and again.
const ASTRAY: f64 = 0.05;

/// Fingers that move less than this between ticks are still, in metres.
const STILL: f64 = 0.0004;

/// How a move goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// Go on: the action of this tick.
    Going(Action),
    /// All sub-skills are over.
    Over,
    /// Ended early.
    Failed(Skill, Why),
}

/// One move being carried out.
#[derive(Debug, Clone)]
pub struct Executor {
    step: Move,
    skill: Skill,
    /// Points still to visit before contact, drawn anew at every tick; empty in contact.
    trace: Vec<[f64; 3]>,
    actions: VecDeque<Action>,
    buffer: Vec<Action>,
    ticks: u32,
    patience: u32,
    broken: u32,
    still: usize,
    opening: f64,
}

impl Executor {
    /// Begins a move. `patience` is the most ticks that one sub-skill may take.
    pub fn new(scene: &Scene, seen: &Observation, step: Move, patience: u32) -> Executor {
        let skill = match step {
            Move::Pick { .. } => Skill::ReachPick,
            Move::Place { .. } => Skill::ReachDrop,
        };
        Executor {
            step,
            skill,
            trace: route(scene, seen, &step),
            actions: VecDeque::new(),
            buffer: Vec::new(),
            ticks: 0,
            patience,
            broken: 0,
            still: 0,
            opening: seen.hand.opening,
        }
    }

    /// The move.
    pub fn step(&self) -> Move {
        self.step
    }

    /// The sub-skill at work.
    pub fn skill(&self) -> Skill {
        self.skill
    }

    /// The hand's way to the next contact.
    pub fn trace(&self) -> impl Iterator<Item = &[f64; 3]> {
        self.trace.iter()
    }

    /// Decides one tick.
    pub fn tick(
        &mut self,
        scene: &Scene,
        seen: &Observation,
        relations: &Relations,
        policy: &mut dyn Policy,
    ) -> Progress {
        self.ticks += 1;
        self.still = if (seen.hand.opening - self.opening).abs() < STILL { self.still + 1 } else { 0 };
        self.opening = seen.hand.opening;
        if let Some(why) = self.trouble(seen, relations) {
            return Progress::Failed(self.skill, why);
        }
        self.follow(scene, seen);
        let held = self.held();
        while is_over(scene, seen, &self.aim(seen), held, self.still) {
            if !self.advance() {
                return Progress::Over;
            }
        }
        if self.actions.is_empty() {
            let seen = features(scene, seen, &self.aim(seen), held);
            self.buffer.clear();
            policy.decide(self.skill, &seen, &mut self.buffer);
            self.actions.extend(self.buffer.drain(..));
        }
        let action = self.actions.pop_front().unwrap_or_default();
        let decides_grip = self.skill.n_actions() == Action::LEN;
        Progress::Going(if decides_grip { action } else { Action { grip: self.skill.grip(), ..action } })
    }

    fn aim(&self, seen: &Observation) -> Aim {
        match (self.skill, self.step, self.trace.first()) {
            (Skill::ReachPick | Skill::ReachDrop, _, Some(&at)) => {
                let from = self.held().map_or(seen.hand.position, |block| seen.objects[block].position);
                let far = distance(&from, &at);
                if far <= STRIDE {
                    return Aim::Point { at, last: self.trace.len() == 1 };
                }
                let part = STRIDE / far;
                let at = std::array::from_fn(|axis| from[axis] + part * (at[axis] - from[axis]));
                Aim::Point { at, last: false }
            }
            (_, Move::Pick { block }, _) => Aim::Grasp(block),
            (_, Move::Place { block, on }, _) => Aim::Place { block, on },
        }
    }

    fn held(&self) -> Option<usize> {
        match self.step {
            Move::Pick { .. } => None,
            Move::Place { block, .. } => Some(block),
        }
    }

    /// Goes to the next sub-skill; false after the last one.
    fn advance(&mut self) -> bool {
        self.actions.clear();
        self.trace.clear();
        (self.ticks, self.still) = (0, 0);
        match self.skill {
            Skill::ReachPick => self.skill = Skill::Pick,
            Skill::ReachDrop => self.skill = Skill::Drop,
            Skill::Pick | Skill::Drop => return false,
        }
        true
    }

    /// Draws the rest of the way from where the hand really is: a hand that sank goes up again before it goes on.
    fn follow(&mut self, scene: &Scene, seen: &Observation) {
        if matches!(self.skill, Skill::Pick | Skill::Drop) {
            return;
        }
        let n_before = self.trace.len();
        self.trace = route(scene, seen, &self.step);
        if self.trace.len() != n_before {
            self.actions.clear();
        }
    }

    /// What makes going on pointless.
    fn trouble(&mut self, seen: &Observation, relations: &Relations) -> Option<Why> {
        let astray = |block: usize| across(&seen.objects[block].position, &seen.hand.position) > ASTRAY;
        let why = match (self.step, self.skill) {
            (Move::Pick { block }, _) if !relations.is_clear(block) => Some(Why::Blocked),
            (Move::Pick { block }, Skill::Pick) if astray(block) => Some(Why::Astray),
            (Move::Place { block, .. }, Skill::ReachDrop) if relations.held() != Some(block) => {
                Some(Why::Lost)
            }
            (Move::Place { block, .. }, Skill::Drop) if astray(block) => Some(Why::Lost),
            (Move::Place { on, .. }, Skill::ReachDrop) if !relations.is_clear(on) => Some(Why::Blocked),
            _ => None,
        };
        self.broken = if why.is_some() { self.broken + 1 } else { 0 };
        match why {
            Some(why) if self.broken >= CONFIRM => Some(why),
            _ if self.ticks > self.patience => Some(Why::Patience),
            _ => None,
        }
    }
}

fn route(scene: &Scene, seen: &Observation, step: &Move) -> Vec<[f64; 3]> {
    match *step {
        Move::Pick { block } => trace::to_grasp(scene, seen, block),
        Move::Place { block, on } => trace::to_place(scene, seen, block, on),
    }
}
