//! The lines of an episode: read one by one, and checked before anything is made of them.
//!
//! The format is described in README.md. Every number is checked to be one that can be shown, and every count is
//! bounded, so what follows need not doubt them.

use std::collections::BTreeSet;
use std::io::{BufRead, Read};

use serde::Deserialize;

use crate::error::RerunError;

/// The version of the format that is understood.
pub const VERSION: u32 = 1;

/// Most bytes of a line: a scene with detailed meshes has a few million.
const MAX_LINE: u64 = 64 << 20;

/// Most bodies of a scene.
const MAX_BODIES: usize = 10_000;

/// Largest length and coordinate, in metres.
const MAX_METRES: f64 = 1e4;

/// Longest episode, in seconds.
const MAX_SECONDS: f64 = 1e6;

/// Position in metres, and rotation as w, x, y, z.
pub type Pose = [f64; 7];

/// One line.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Line {
    /// The first line.
    Scene(Scene),
    /// One instant.
    Tick(Tick),
    /// Something that happened.
    Event(Event),
    /// The last line.
    End(End),
}

/// What there is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// The version of the format.
    pub version: u32,
    /// A name for the episode.
    pub title: String,
    /// All bodies that can be seen.
    pub bodies: Vec<Body>,
}

/// A rigid body.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Group and name.
    pub path: Vec<String>,
    /// Whether ticks have its pose.
    pub moves: bool,
    /// Where it is at the start.
    pub pose: Pose,
    /// What it looks like.
    pub shapes: Vec<Shape>,
}

/// A part of a body.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Which kind of shape.
    pub form: Form,
    /// Its sizes in metres, as many as the form has.
    #[serde(default)]
    pub size: Vec<f64>,
    /// Corners of its triangles in metres, for that form only.
    #[serde(default)]
    pub triangles: Vec<[f64; 9]>,
    /// Where it is in its body.
    pub pose: Pose,
    /// Red, green, blue.
    pub color: [u8; 3],
}

/// Kinds of shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Sizes: half its extents.
    Box,
    /// Sizes: its radii.
    Ellipsoid,
    /// Sizes: its radius, and half the length of its straight part, which lies along z.
    Capsule,
    /// Sizes: its radius, and half its length, which lies along z.
    Cylinder,
    /// A mesh.
    Triangles,
}

impl Form {
    /// How many sizes it has.
    fn n_sizes(self) -> usize {
        match self {
            Form::Box | Form::Ellipsoid => 3,
            Form::Capsule | Form::Cylinder => 2,
            Form::Triangles => 0,
        }
    }
}

/// One instant.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tick {
    /// Seconds since the start.
    pub seconds: f64,
    /// Poses of all bodies that move, in the order of the scene.
    pub poses: Vec<Pose>,
    /// Distance between the fingers, in metres.
    pub opening: f64,
    /// The hand's way ahead; nothing where there is none.
    pub trace: Vec<[f64; 3]>,
    /// Moves whose effects were seen.
    pub done: u32,
    /// Moves that remain.
    pub remaining: u32,
    /// How long the agent took to decide, in milliseconds.
    pub decision_ms: Option<f64>,
}

/// Something that happened.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Seconds since the start.
    pub seconds: f64,
    /// Who says so.
    pub source: String,
    /// How bad it is.
    pub level: Level,
    /// What happened.
    pub text: String,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// As wanted.
    Info,
    /// Not as wanted.
    Warn,
    /// The end.
    Error,
}

/// What the episode came to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Seconds since the start.
    pub seconds: f64,
    /// Whether the goal was reached.
    pub reached: bool,
    /// The same in words.
    pub text: String,
}

/// Reads lines.
pub struct Lines<'a> {
    input: &'a mut dyn BufRead,
    /// Lines so far.
    n_lines: usize,
    /// Poses that a tick must have; known once the scene is.
    n_moving: Option<usize>,
    /// The last tick's time.
    seconds: f64,
    /// The line as it was read.
    pub raw: Vec<u8>,
}

impl Lines<'_> {
    /// A reader at the first line.
    pub fn new(input: &mut dyn BufRead) -> Lines<'_> {
        Lines { input, n_lines: 0, n_moving: None, seconds: 0.0, raw: Vec::new() }
    }

    /// The scene: the first line.
    ///
    /// # Errors
    /// There is no line, or it is no scene that can be shown.
    pub fn scene(&mut self) -> Result<Scene, RerunError> {
        match self.next()? {
            Some(Line::Scene(scene)) => Ok(scene),
            Some(_) => Err(self.wrong("the first line must have the type `scene`".to_string())),
            None => Err(RerunError::Cut { line: 0 }),
        }
    }

    /// A tick, an event or the end.
    ///
    /// # Errors
    /// There is no line, or it is not one of these, or does not fit the scene.
    pub fn next_after_scene(&mut self) -> Result<Line, RerunError> {
        self.next()?.ok_or(RerunError::Cut { line: self.n_lines })
    }

    /// Makes sure that nothing follows.
    ///
    /// # Errors
    /// Something does.
    pub fn nothing_more(&mut self) -> Result<(), RerunError> {
        match self.read()? {
            true => Err(self.wrong("nothing may follow the line of type `end`".to_string())),
            false => Ok(()),
        }
    }

    fn next(&mut self) -> Result<Option<Line>, RerunError> {
        if !self.read()? {
            return Ok(None);
        }
        let line: Line = serde_json::from_slice(&self.raw).map_err(|error| {
            let problem = error.to_string();
            self.wrong(problem.replace(" at line 1 column ", " at column "))
        })?;
        self.check(&line).map_err(|problem| self.wrong(problem))?;
        match &line {
            Line::Scene(scene) => {
                self.n_moving = Some(scene.bodies.iter().filter(|body| body.moves).count());
            }
            Line::Tick(tick) => self.seconds = tick.seconds,
            Line::Event(_) | Line::End(_) => (),
        }
        Ok(Some(line))
    }

    /// Reads one line; false at the end of the input.
    fn read(&mut self) -> Result<bool, RerunError> {
        self.raw.clear();
        let mut bounded = (&mut *self.input).take(MAX_LINE);
        let n_bytes = bounded.read_until(b'\n', &mut self.raw).map_err(RerunError::Input)?;
        self.n_lines += usize::from(n_bytes > 0);
        match n_bytes as u64 == MAX_LINE && !self.raw.ends_with(b"\n") {
            true => Err(self.wrong(format!("it has more than {MAX_LINE} bytes"))),
            false => Ok(n_bytes > 0),
        }
    }

    fn wrong(&self, problem: String) -> RerunError {
        RerunError::Line { line: self.n_lines, problem }
    }

    fn check(&self, line: &Line) -> Result<(), String> {
        match (line, self.n_moving) {
            (Line::Scene(scene), None) => check_scene(scene),
            (Line::Scene(_), Some(_)) => Err("a second scene".to_string()),
            (_, None) => Ok(()),
            (Line::Tick(tick), Some(n_moving)) => self.check_tick(tick, n_moving),
            (Line::Event(Event { seconds, source, .. }), _) => {
                check_name("source", source)?;
                within("seconds", *seconds, 0.0, MAX_SECONDS)
            }
            (Line::End(end), _) => within("seconds", end.seconds, 0.0, MAX_SECONDS),
        }
    }

    fn check_tick(&self, tick: &Tick, n_moving: usize) -> Result<(), String> {
        within("seconds", tick.seconds, self.seconds, MAX_SECONDS)?;
        if tick.poses.len() != n_moving {
            return Err(format!("{} poses, but {n_moving} bodies of the scene move", tick.poses.len()));
        }
        tick.poses.iter().try_for_each(check_pose)?;
        for value in tick.trace.as_flattened() {
            within("a coordinate of the trace", *value, -MAX_METRES, MAX_METRES)?;
        }
        within("decision_ms", tick.decision_ms.unwrap_or(0.0), 0.0, 1e3 * MAX_SECONDS)?;
        within("opening", tick.opening, -MAX_METRES, MAX_METRES)
    }
}

fn check_scene(scene: &Scene) -> Result<(), String> {
    if scene.version != VERSION {
        return Err(format!("version {}, expected {VERSION}", scene.version));
    }
    if scene.bodies.len() > MAX_BODIES {
        return Err(format!("{} bodies, expected at most {MAX_BODIES}", scene.bodies.len()));
    }
    let mut paths = BTreeSet::new();
    for body in &scene.bodies {
        let path = body.path.join("/");
        check_body(body).map_err(|problem| format!("body `{path}`: {problem}"))?;
        if !paths.insert(&body.path) {
            return Err(format!("body `{path}`: it is there twice"));
        }
    }
    Ok(())
}

fn check_body(body: &Body) -> Result<(), String> {
    if body.path.is_empty() || body.path.len() > 8 {
        return Err(format!("{} parts of its path, expected 1 to 8", body.path.len()));
    }
    body.path.iter().try_for_each(|part| check_name("a part of its path", part))?;
    check_pose(&body.pose)?;
    for shape in &body.shapes {
        check_pose(&shape.pose)?;
        let (n, wanted) = (shape.size.len(), shape.form.n_sizes());
        if n != wanted {
            return Err(format!("{n} sizes of a shape of form {:?}, expected {wanted}", shape.form));
        }
        for size in &shape.size {
            within("a size", *size, 0.0, MAX_METRES)?;
        }
        if shape.triangles.is_empty() != (shape.form != Form::Triangles) {
            return Err("triangles are what the form `triangles` has, and no other".to_string());
        }
        for value in shape.triangles.as_flattened() {
            within("a corner's coordinate", *value, -MAX_METRES, MAX_METRES)?;
        }
    }
    Ok(())
}

fn check_pose([x, y, z, rotation @ ..]: &Pose) -> Result<(), String> {
    for value in [x, y, z] {
        within("a coordinate", *value, -MAX_METRES, MAX_METRES)?;
    }
    let length = rotation.iter().map(|value| value * value).sum::<f64>().sqrt();
    within("the length of a rotation (w, x, y, z)", length, 0.99, 1.01)
}

fn check_name(what: &str, name: &str) -> Result<(), String> {
    match (1..=200).contains(&name.len()) {
        true => Ok(()),
        false => Err(format!("{what} has {} bytes, expected 1 to 200", name.len())),
    }
}

fn within(what: &str, value: f64, low: f64, high: f64) -> Result<(), String> {
    match (low..=high).contains(&value) {
        true => Ok(()),
        false => Err(format!("{what} is {value}, expected {low} to {high}")),
    }
}
