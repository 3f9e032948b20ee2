//! Worlds as programs: one JSON object a line, for any simulator or robot in any language.
//!
//! The world begins with a [`Briefing`]; a line `{"act": [x, y, z, grip]}` is answered by a [`Step`], `{"verdict": true}`
//! by the judge's [`Verdict`], `{"reset": SEED}` by the briefing of another episode. A world that cannot go on says
//! `{"error": "..."}`. docs/worlds.md describes it for those who write one. Left out: starting programs.

use std::collections::BTreeSet;
use std::io::{BufRead, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::RobotError;
use crate::agent::Account;
use crate::tasks::Task;
use crate::world::{Action, Observation, Scene, Verdict};

/// The version of the format.
pub const PROTOCOL: u32 = 1;

/// The longest line read, in bytes.
const MAX_LINE: u64 = 1 << 20;

/// The most objects of a scene.
const MAX_OBJECTS: usize = 256;

/// What an episode is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Briefing {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// What there is.
    pub scene: Scene,
    /// What is asked.
    pub task: Task,
    /// After so many seconds the episode is over.
    pub seconds: f64,
    /// What is seen first.
    pub observation: Observation,
    /// Whether the world wants to be told what the arm thinks, to show it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub listens: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// What an action led to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What is seen now.
    pub observation: Observation,
    /// Whether the time is up or the arm has stopped.
    pub over: bool,
    /// What others did to the world meanwhile: when, in seconds, and what.
    #[serde(default)]
    pub disturbances: Vec<(f64, String)>,
}

/// A line to a world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// What the arm thinks, before an action: only to worlds that listen, and without an answer.
    Told(Account),
    /// Carry out an action: x, y, z, grip.
    Act([f64; Action::LEN]),
    /// What has the episode come to?
    Verdict(bool),
    /// Stop the arm at once and for good; the answer is the verdict.
    Stop(bool),
    /// Another episode, drawn from this seed.
    Reset(u64),
}

#[derive(Deserialize)]
struct Judged {
    verdict: Verdict,
}

#[derive(Deserialize)]
struct Complaint {
    error: String,
}

/// A world at the other end of two streams.
pub struct RemoteWorld {
    input: Box<dyn BufRead + Send>,
    output: Box<dyn Write + Send>,
    n_objects: usize,
    listens: bool,
    line: Vec<u8>,
}

impl RemoteWorld {
    /// Listens for the first briefing.
    ///
    /// # Errors
    /// [`RobotError::World`] where the world says something else, speaks another version, or is gone.
    pub fn greet(
        input: Box<dyn BufRead + Send>,
        output: Box<dyn Write + Send>,
    ) -> Result<(RemoteWorld, Briefing), RobotError> {
        let mut world = RemoteWorld { input, output, n_objects: 0, listens: false, line: Vec::new() };
        let briefing = world.briefing()?;
        Ok((world, briefing))
    }

    /// Asks for another episode.
    ///
    /// # Errors
    /// As [`RemoteWorld::greet`].
    pub fn reset(&mut self, seed: u64) -> Result<Briefing, RobotError> {
        self.ask(&Request::Reset(seed))?;
        self.briefing()
    }

    /// Tells a world that listens what the arm thinks; others are not told.
    ///
    /// # Errors
    /// As [`RemoteWorld::greet`].
    pub fn tell(&mut self, account: Account) -> Result<(), RobotError> {
        if self.listens { self.ask(&Request::Told(account)) } else { Ok(()) }
    }

    /// Carries out an action.
    ///
    /// # Errors
    /// As [`RemoteWorld::greet`].
    pub fn act(&mut self, action: &Action) -> Result<Step, RobotError> {
        self.ask(&Request::Act(action.to_array()))?;
        let step: Step = self.listen()?;
        if step.observation.objects.len() != self.n_objects {
            return Err(RobotError::Objects {
                found: step.observation.objects.len(),
                expected: self.n_objects,
            });
        }
        Ok(step)
    }

    /// Asks for the judge's word.
    ///
    /// # Errors
    /// As [`RemoteWorld::greet`].
    pub fn verdict(&mut self) -> Result<Verdict, RobotError> {
        self.ask(&Request::Verdict(true))?;
        Ok(self.listen::<Judged>()?.verdict)
    }

    /// Stops the arm at once, for the rest of the episode.
    ///
    /// # Errors
    /// As [`RemoteWorld::greet`]; also where the world cannot be stopped.
    pub fn stop(&mut self) -> Result<Verdict, RobotError> {
        self.ask(&Request::Stop(true))?;
        Ok(self.listen::<Judged>()?.verdict)
    }

    fn briefing(&mut self) -> Result<Briefing, RobotError> {
        let briefing: Briefing = self.listen()?;
        check(&briefing)?;
        (self.n_objects, self.listens) = (briefing.scene.objects.len(), briefing.listens);
        Ok(briefing)
    }

    fn ask(&mut self, request: &Request) -> Result<(), RobotError> {
        let line = serde_json::to_string(request).map_err(|error| wrong(error.to_string()))?;
        let gone = |error: std::io::Error| wrong(format!("it takes no more actions: {error}"));
        writeln!(self.output, "{line}").map_err(gone)?;
        self.output.flush().map_err(gone)
    }

    fn listen<T: DeserializeOwned>(&mut self) -> Result<T, RobotError> {
        read_line(self.input.as_mut(), &mut self.line)?;
        if self.line.is_empty() {
            return Err(wrong("it ended without a word".to_string()));
        }
        serde_json::from_slice(&self.line).map_err(|error| {
            if let Ok(Complaint { error }) = serde_json::from_slice(&self.line) {
                return wrong(error);
            }
            let start = String::from_utf8_lossy(&self.line[..self.line.len().min(80)]).into_owned();
            wrong(format!("it said `{}`: {error}", start.trim_end()))
        })
    }
}

/// Reads what a world said in an episode: a briefing, then steps; a judge's word may end it.
///
/// # Errors
/// [`RobotError::World`] with the line that is not what it should be.
pub fn read_transcript(input: &mut dyn BufRead) -> Result<(Briefing, Vec<Observation>), RobotError> {
    let mut line = Vec::new();
    let mut next = |number: usize| -> Result<Option<Vec<u8>>, RobotError> {
        read_line(input, &mut line).map_err(|error| wrong(format!("line {number}: {error}")))?;
        Ok((!line.is_empty()).then(|| line.clone()))
    };
    let bad = |number: usize, error: serde_json::Error| wrong(format!("line {number}: {error}"));
    let first = next(1)?.ok_or_else(|| wrong("the transcript is empty".to_string()))?;
    let briefing: Briefing = serde_json::from_slice(&first).map_err(|error| bad(1, error))?;
    check(&briefing)?;
    let mut seen = vec![briefing.observation.clone()];
    let mut number = 1;
    while let Some(text) = next(number + 1)? {
        number += 1;
        if text.iter().all(u8::is_ascii_whitespace) || serde_json::from_slice::<Judged>(&text).is_ok() {
            continue;
        }
        let step: Step = serde_json::from_slice(&text).map_err(|error| bad(number, error))?;
        seen.push(step.observation);
    }
    Ok((briefing, seen))
}

/// One line, empty at the end of the stream.
fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> Result<(), RobotError> {
    line.clear();
    let read = input.take(MAX_LINE).read_until(b'\n', line);
    read.map_err(|error| wrong(format!("it cannot be read: {error}")))?;
    if line.len() as u64 == MAX_LINE {
        return Err(wrong(format!("a line is longer than {MAX_LINE} bytes")));
    }
    Ok(())
}

fn wrong(what: String) -> RobotError {
    RobotError::World(what)
}

fn check(briefing: &Briefing) -> Result<(), RobotError> {
    let Briefing { protocol, scene, task, seconds, observation, listens: _ } = briefing;
    if *protocol != PROTOCOL {
        return Err(wrong(format!("it speaks version {protocol} of the protocol, this program {PROTOCOL}")));
    }
    let n = scene.objects.len();
    if n > MAX_OBJECTS {
        return Err(wrong(format!("its scene has {n} objects, at most {MAX_OBJECTS} are allowed")));
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = scene.objects.iter().find(|object| !names.insert(object.name.to_lowercase())) {
        return Err(wrong(format!("its scene has two objects `{}`", twice.name)));
    }
    let sizeless = |half: &f64| !(half.is_finite() && *half > 0.0);
    if let Some(object) = scene.objects.iter().find(|object| object.half_size.iter().any(sizeless)) {
        return Err(wrong(format!("`{}` has the half size {:?}", object.name, object.half_size)));
    }
    let positive = |value: f64| value.is_finite() && value > 0.0;
    if !positive(scene.rate_hz) || !positive(*seconds) {
        return Err(wrong(format!("a rate of {} Hz, {seconds} s long", scene.rate_hz)));
    }
    let [low, high] = scene.workspace;
    // Written so that what is no number fails too.
    if !(0..3).all(|axis| low[axis] < high[axis]) {
        return Err(wrong(format!("its workspace is {:?}", scene.workspace)));
    }
    if observation.objects.len() != n {
        return Err(RobotError::Objects { found: observation.objects.len(), expected: n });
    }
    let outside = |at: &usize| *at >= n;
    if task.order.iter().any(outside) || task.goal.iter().any(|(block, on)| outside(block) || outside(on)) {
        return Err(RobotError::Task(format!("it names an object beyond the {n} of the scene")));
    }
    Ok(())
}
