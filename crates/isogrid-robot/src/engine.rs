//! The agent behind the waist: fits sub-skills to demonstrations; a session is one arm in one episode after another.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Detect, Engine, Finding, Fitted, Info, Sink, Stop, Store};

use crate::RobotError;
use crate::agent::{self, Agent, AgentOptions};
use crate::detect;
use crate::learn::TrainOptions;
use crate::recording::Recording;
use crate::skills::{Learned, LearnedOptions, Skills};
use crate::tasks::Task;
use crate::world::{Action, Observation, Scene};

/// The engine `robot`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Robot;

/// What skills are learned from.
#[derive(Debug, Clone, Default)]
pub struct Demonstrations {
    /// One episode each, of any task.
    pub recordings: Vec<Recording>,
}

/// A task for the arm.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// What there is.
    pub scene: Scene,
    /// What is asked.
    pub task: Task,
    /// How the agent behaves.
    pub agent: AgentOptions,
    /// How it uses its skills.
    pub skills: LearnedOptions,
}

/// What the arm is told and shown: a new task, or more of the one at hand, tick by tick.
#[derive(Debug, Clone, Default)]
pub struct Percepts {
    /// A new task; none goes on with the last one.
    pub assignment: Option<Box<Assignment>>,
    /// Observations in order.
    pub seen: Vec<Observation>,
}

/// What the arm decides at one tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// When, in seconds of the episode.
    pub seconds: f64,
    /// What to do until the next tick.
    pub action: Action,
    /// What happened, in words.
    pub events: Vec<String>,
    /// Where the episode stands, in the arm's own view.
    pub status: agent::Status,
    /// Moves done, and moves that remain.
    pub moves: (usize, usize),
}

/// One arm.
pub struct RobotSession {
    skills: Arc<Skills>,
    at_work: Option<(Scene, Agent)>,
}

impl RobotSession {
    /// The agent at work, for whoever wants to see its memory and trace.
    pub fn agent(&self) -> Option<&Agent> {
        self.at_work.as_ref().map(|(_, agent)| agent)
    }
}

impl Engine for Robot {
    type Data = Demonstrations;
    type Options = TrainOptions;
    type Model = Skills;
    type Session = RobotSession;
    type Input = Percepts;
    type Output = Decision;
    type Error = RobotError;

    fn info(&self) -> &'static Info {
        &crate::info::INFO
    }

    #[cfg(feature = "train")]
    fn fit(
        &self,
        ctx: &Ctx,
        data: &Demonstrations,
        options: &TrainOptions,
    ) -> Result<Fitted<Skills>, RobotError> {
        let intake = crate::learn::dataset(&data.recordings, &crate::facts::Tolerances::default());
        let (model, _, stop) = crate::learn::train(ctx, &intake.data, options)?;
        Ok(Fitted { model, stop })
    }

    #[cfg(not(feature = "train"))]
    fn fit(&self, _: &Ctx, _: &Demonstrations, _: &TrainOptions) -> Result<Fitted<Skills>, RobotError> {
        Err(RobotError::NoTrainer)
    }

    fn open(&self, _: &Ctx, model: &Arc<Skills>) -> Result<RobotSession, RobotError> {
        match model.is_whole() {
            true => Ok(RobotSession { skills: model.clone(), at_work: None }),
            false => Err(RobotError::Skills("their networks are not those of four sub-skills".to_string())),
        }
    }

    fn step(
        &self,
        ctx: &Ctx,
        session: &mut RobotSession,
        input: Percepts,
        mut out: Sink<'_, Decision>,
    ) -> Result<Stop, RobotError> {
        if let Some(assignment) = input.assignment {
            let policy = Learned::new(&session.skills, assignment.skills);
            let Assignment { scene, task, agent: options, .. } = *assignment;
            let agent = Agent::new(&scene, &task, Box::new(policy), options)?;
            session.at_work = Some((scene, agent));
        }
        let Some((scene, agent)) = &mut session.at_work else {
            return match input.seen.is_empty() {
                true => Ok(Stop::Done),
                false => Err(RobotError::Request("the arm was shown a world and given no task".to_string())),
            };
        };
        for seen in &input.seen {
            if let ControlFlow::Break(stop) = ctx.tick(1) {
                return Ok(stop);
            }
            let action = agent.act(ctx, seen)?;
            let decision = Decision {
                seconds: seen.seconds,
                action,
                events: agent.take_events().iter().map(|event| event.text(scene)).collect(),
                status: agent.status().clone(),
                moves: (agent.memory().done.len(), agent.memory().remaining.len()),
            };
            if let ControlFlow::Break(stop) = out.emit(decision) {
                return Ok(stop);
            }
        }
        Ok(match agent.status() {
            agent::Status::Unreachable => Stop::Impossible,
            agent::Status::GaveUp => Stop::Failed,
            _ => Stop::Done,
        })
    }
}

impl Detect for Robot {
    fn detect(&self, ctx: &Ctx, data: &Demonstrations) -> Result<Vec<Finding>, RobotError> {
        Ok(vec![detect(ctx, data)])
    }

    fn counter_example(&self, seed: u64) -> Demonstrations {
        detect::counter_example(seed)
    }

    fn planted(&self, seed: u64) -> Demonstrations {
        detect::planted(seed)
    }
}

impl Store for Robot {
    fn save(&self, model: &Skills) -> Vec<u8> {
        model.to_bytes()
    }

    fn load(&self, bytes: &[u8]) -> Result<Skills, RobotError> {
        Skills::from_bytes(bytes)
    }
}
