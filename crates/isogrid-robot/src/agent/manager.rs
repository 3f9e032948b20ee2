//! The manager: keeps the memory true, plans again where it is not, and gives the executor one move at a time.

use std::ops::ControlFlow;

use isogrid_core::Ctx;
use isogrid_plan::{Mode, PlanAnswer, PlanQuery, Session, SolveOptions, Unsolvable, ValidPlan};

use super::estimate::Estimator;
use super::events::{Event, Happening};
use super::executor::{Executor, Progress};
use super::memory::{Memory, Move, is_reached};
use super::parking::Parking;
use crate::RobotError;
use crate::facts::{Relations, Tolerances};
use crate::learn::same_rate;
use crate::policy::Policy;
use crate::tasks::{Task, TaskState};
use crate::world::{Action, Observation, Scene};

/// Expanded states after which an optimal plan is not waited for.
const OPTIMAL_TICKS: u64 = 200_000;

/// How the agent behaves. The default is the closed loop; the switches exist for ablations.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentOptions {
    /// Rules of the predicates.
    pub tolerances: Tolerances,
    /// Standard deviation of pose noise to expect, in metres; 0 by default.
    pub noise: f64,
    /// What is done where the world differs from the plan.
    pub feedback: Feedback,
    /// Most ticks for one sub-skill; 200 by default (ten seconds).
    pub patience: u32,
    /// Failures in a row after which the arm is parked; 12 by default.
    pub failures: u32,
}

/// How much of the world's answer is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    /// The plan is made once and executed to its end, whatever happens (as released with arXiv 2602.19260).
    None,
    /// Failed moves are tried again as the first plan had them; no new plan.
    Retry,
    /// A new plan where the world differs; a failed move is not repeated unless it is planned again.
    Full,
}

impl Default for AgentOptions {
    fn default() -> AgentOptions {
        AgentOptions {
            tolerances: Tolerances::default(),
            noise: 0.0,
            feedback: Feedback::Full,
            patience: 200,
            failures: 12,
        }
    }
}

/// Where an episode stands, in the agent's own view; the world's judge has the last word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Moves remain.
    Working,
    /// The goal was seen to hold.
    Reached,
    /// No plan leads to the goal.
    Unreachable,
    /// Too many failures, or an open-loop plan that ended without the goal.
    GaveUp,
}

/// A neuro-symbolic agent in one episode.
pub struct Agent {
    scene: Scene,
    task: Task,
    state: TaskState,
    session: Session,
    policy: Box<dyn Policy>,
    options: AgentOptions,
    estimator: Estimator,
    memory: Memory,
    planned: bool,
    executor: Option<Executor>,
    status: Status,
    /// Once there is nothing left to do.
    parking: Option<Parking>,
    failures: u32,
    held: Option<usize>,
    events: Vec<Event>,
}

impl Agent {
    /// An agent for one episode.
    ///
    /// # Errors
    /// [`RobotError::Task`] where the task does not fit the scene, [`RobotError::Rate`] where the policy does not.
    pub fn new(
        scene: &Scene,
        task: &Task,
        policy: Box<dyn Policy>,
        options: AgentOptions,
    ) -> Result<Agent, RobotError> {
        if let Some(learned) = policy.rate_hz().filter(|rate| !same_rate(*rate, scene.rate_hz)) {
            return Err(RobotError::Rate { learned, world: scene.rate_hz });
        }
        let (domain, problem) = task.to_pddl(scene)?;
        Ok(Agent {
            state: TaskState::new(&domain, &problem, scene)?,
            session: Session::ungrounded(&domain, &problem, isogrid_plan::Keep::default()),
            scene: scene.clone(),
            task: task.clone(),
            policy,
            estimator: Estimator::new(options.noise),
            options,
            memory: Memory::default(),
            planned: false,
            executor: None,
            status: Status::Working,
            parking: None,
            failures: 0,
            held: None,
            events: Vec::new(),
        })
    }

    /// Where the episode stands.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Whether the arm has nothing left to do, and a second has passed in which what it put down could still fall. Where
    /// the goal was not reached, also whether it has put down what it held and is parked, or could not within ten seconds.
    pub fn has_ended(&self) -> bool {
        self.parking.as_ref().is_some_and(Parking::is_over)
    }

    /// What is done and what remains.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The move at work with its trace.
    pub fn executor(&self) -> Option<&Executor> {
        self.executor.as_ref()
    }

    /// Takes out what happened since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Sees the world and decides what to do until the next tick.
    ///
    /// # Errors
    /// The observation does not belong to the scene or holds what is no number; or a fault of the planner.
    pub fn act(&mut self, ctx: &Ctx, seen: &Observation) -> Result<Action, RobotError> {
        check(&self.scene, seen)?;
        let seen = self.estimator.update(seen, self.held);
        let relations = Relations::of(&self.scene, &seen, &self.options.tolerances);
        self.held = relations.held();
        // A move can end and the next one begin within a tick; two rounds are enough for that.
        for _ in 0..2 {
            if self.status != Status::Working {
                break;
            }
            if self.executor.is_none() {
                self.choose(ctx, &seen, &relations)?;
            }
            let Some(executor) = &mut self.executor else { break };
            match executor.tick(&self.scene, &seen, &relations, self.policy.as_mut()) {
                Progress::Going(action) => return Ok(action),
                Progress::Over => self.executor = None,
                Progress::Failed(skill, why) => {
                    let step = executor.step();
                    self.executor = None;
                    self.failures += 1;
                    self.say(&seen, Happening::Failed { step, skill, why });
                }
            }
        }
        let holds = self.held.is_some();
        Ok(match &mut self.parking {
            Some(parking) => parking.act(&seen, holds),
            None => Action { offset: [0.0; 3], grip: if holds { 1.0 } else { -1.0 } },
        })
    }

    /// Finds the next move, if there is one.
    fn choose(&mut self, ctx: &Ctx, seen: &Observation, relations: &Relations) -> Result<(), RobotError> {
        let before = (self.memory.done.len(), self.memory.needless.len());
        let open_loop = self.planned && self.options.feedback == Feedback::None;
        if open_loop {
            if self.memory.remaining.is_empty() {
                let reached = is_reached(&self.task, relations);
                self.end(seen, if reached { Happening::Reached } else { Happening::GaveUp });
                return Ok(());
            }
        } else if is_reached(&self.task, relations) {
            self.memory.retire(self.memory.remaining.len(), relations);
            self.report(seen, before);
            self.end(seen, Happening::Reached);
            return Ok(());
        } else {
            let true_still = self.planned && self.memory.reconcile(&self.task, relations);
            self.report(seen, before);
            if self.failures >= self.options.failures {
                self.end(seen, Happening::GaveUp);
                return Ok(());
            }
            let stuck = self.planned && self.options.feedback == Feedback::Retry;
            if !true_still && !stuck && !self.plan(ctx, seen, relations)? {
                return Ok(());
            }
        }
        self.begin(seen);
        Ok(())
    }

    fn begin(&mut self, seen: &Observation) {
        let Some(&step) = self.memory.remaining.first() else { return };
        if let Some(object) = out_of_reach(&self.scene, seen, step) {
            let why = format!("{} lies outside the workspace", self.scene.objects[object].name);
            self.end(seen, Happening::Unreachable(why));
            return;
        }
        if self.options.feedback == Feedback::None {
            self.memory.done.push(self.memory.remaining.remove(0));
        }
        self.say(seen, Happening::Began(step));
        self.executor = Some(Executor::new(&self.scene, seen, step, self.options.patience));
    }

    /// Plans from the seen state; false where the goal cannot be reached.
    fn plan(&mut self, ctx: &Ctx, seen: &Observation, relations: &Relations) -> Result<bool, RobotError> {
        let facts = self.state.facts(&self.task, relations);
        let mut answer = None;
        let modes = [(Mode::Optimal, OPTIMAL_TICKS), (Mode::First, u64::MAX)];
        // A search counts some ticks before it looks at its limit.
        for (mode, ticks) in modes.into_iter().filter(|_| ctx.remaining() > 0) {
            let options = SolveOptions { mode, ..SolveOptions::default() };
            let query = PlanQuery { state: Some(facts.clone()), options, ..PlanQuery::default() };
            let part = ctx.child(ticks);
            self.session.plan(&part, &query, &mut |found| {
                answer = Some(found);
                ControlFlow::Continue(())
            })?;
            ctx.absorb(&part);
            if answer.is_some() {
                break;
            }
        }
        match answer {
            Some(PlanAnswer::Plan(plan)) => {
                self.memory.remaining = self.moves(&plan);
                let moves = self.memory.remaining.len();
                self.say(seen, Happening::Planned { moves, again: self.planned });
                self.planned = true;
                Ok(true)
            }
            Some(PlanAnswer::Unsolvable(why, _)) => {
                self.end(seen, Happening::Unreachable(in_words(&why)));
                Ok(false)
            }
            // Whoever set the limit hears of it from the next tick; the plan is made when there is room for it.
            None if ctx.remaining() == 0 || ctx.cancel_handle().requested().is_some() => Ok(false),
            None => {
                self.end(seen, Happening::GaveUp);
                Ok(false)
            }
        }
    }

    /// A plan's actions over objects of the scene: both domains name the moved block first.
    fn moves(&self, plan: &ValidPlan) -> Vec<Move> {
        let one = |(_, args): &(usize, Vec<usize>), name: &str| {
            let object = |at: usize| args.get(at).and_then(|&object| self.state.scene_object(object));
            let block = object(0)?;
            match name {
                "pick" => Some(Move::Pick { block }),
                _ => Some(Move::Place { block, on: object(1)? }),
            }
        };
        plan.actions.iter().zip(&plan.steps).filter_map(|(action, step)| one(action, &step.action)).collect()
    }

    /// Tells what was retired since `before`, numbers of done and of needless moves.
    fn report(&mut self, seen: &Observation, before: (usize, usize)) {
        for at in before.0..self.memory.done.len() {
            self.failures = 0;
            self.say(seen, Happening::Done(self.memory.done[at]));
        }
        for at in before.1..self.memory.needless.len() {
            self.say(seen, Happening::Needless(self.memory.needless[at]));
        }
    }

    fn end(&mut self, seen: &Observation, what: Happening) {
        self.status = match what {
            Happening::Reached => Status::Reached,
            Happening::Unreachable(_) => Status::Unreachable,
            _ => Status::GaveUp,
        };
        self.executor = None;
        self.parking = Some(Parking::new(seen, self.status == Status::Reached));
        self.say(seen, what);
    }

    fn say(&mut self, seen: &Observation, what: Happening) {
        self.events.push(Event { seconds: seen.seconds, what });
    }
}

fn in_words(why: &Unsolvable) -> String {
    match why {
        Unsolvable::UnreachableGoals(goals) => format!("{} cannot be reached", goals.join(", ")),
        Unsolvable::Exhausted { states } => format!("none of the {states} reachable states is a goal"),
    }
}

/// What the move goes to, if that lies beside or above the workspace.
fn out_of_reach(scene: &Scene, seen: &Observation, step: Move) -> Option<usize> {
    let object = match step {
        Move::Pick { block } => block,
        Move::Place { on, .. } => on,
    };
    let (at, [low, high]) = (seen.objects[object].position, scene.workspace);
    let inside = (0..2).all(|axis| (low[axis]..=high[axis]).contains(&at[axis])) && at[2] <= high[2];
    (!inside).then_some(object)
}

fn check(scene: &Scene, seen: &Observation) -> Result<(), RobotError> {
    if seen.objects.len() != scene.objects.len() {
        return Err(RobotError::Objects { found: seen.objects.len(), expected: scene.objects.len() });
    }
    let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
    let not_finite =
        |object: &str| RobotError::NotFinite { object: object.to_string(), seconds: seen.seconds };
    if !finite(&seen.hand.position) || !seen.hand.opening.is_finite() {
        return Err(not_finite("hand"));
    }
    for (object, pose) in scene.objects.iter().zip(&seen.objects) {
        if !finite(&pose.position) || !finite(&pose.rotation) {
            return Err(not_finite(&object.name));
        }
    }
    Ok(())
}
