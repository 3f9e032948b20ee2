//! An episode as lines of JSON for viewers: the scene once, every tick, what happened, and the verdict.
//!
//! viewer/README.md describes the lines, for programs that read them. Numbers are rounded to a hundredth of a
//! millimetre. Left out: textures, and what the agent saw (poses are the true ones).

use std::collections::BTreeMap;
use std::io::{self, Write};

use isogrid_robot::agent::{Account, Happening};
use isogrid_robot::{ObjectKind, Verdict};
use mujoco_rs::prelude::*;
use serde::Serialize;

use crate::camera::Form;
use crate::episode::Watcher;
use crate::physics::Physics;
use crate::world::World;

/// The version of the lines' format.
pub const VERSION: u32 = 1;

/// Half the length and width with which a plane without edges is shown, in metres.
const PLANE_METRES: f64 = 2.0;

/// Half the thickness with which a plane is shown, in metres.
const PLANE_HEIGHT: f64 = 0.0005;

/// A watcher that writes an episode while it runs.
pub struct Stream<W> {
    out: W,
    /// Bodies whose poses every tick has.
    moving: Vec<usize>,
    failed: Option<io::Error>,
}

/// One line.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Line<'a> {
    Scene {
        version: u32,
        title: &'a str,
        bodies: Vec<Body>,
    },
    Tick {
        seconds: f64,
        poses: Vec<[f64; 7]>,
        opening: f64,
        trace: Vec<[f64; 3]>,
        done: usize,
        remaining: usize,
        decision_ms: f64,
    },
    Event {
        seconds: f64,
        source: &'a str,
        level: &'a str,
        text: &'a str,
    },
    End {
        seconds: f64,
        reached: bool,
        text: &'a str,
    },
}

/// A body that can be seen.
#[derive(Serialize)]
struct Body {
    path: [String; 2],
    moves: bool,
    /// Position, and rotation as w, x, y, z.
    pose: [f64; 7],
    shapes: Vec<Shape>,
}

#[derive(Serialize)]
struct Shape {
    form: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    size: Vec<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    triangles: Vec<[f64; 9]>,
    pose: [f64; 7],
    color: [u8; 3],
}

impl<W: Write> Stream<W> {
    /// Writes the scene of a world that has not begun yet.
    ///
    /// # Errors
    /// `out` takes no more.
    pub fn new(world: &mut World, title: &str, out: W) -> io::Result<Stream<W>> {
        let bodies = bodies(world);
        let moving = bodies.iter().filter(|(_, body)| body.moves).map(|(&at, _)| at).collect();
        let mut stream = Stream { out, moving, failed: None };
        let bodies = bodies.into_values().collect();
        stream.write(&Line::Scene { version: VERSION, title, bodies })?;
        Ok(stream)
    }

    /// Writes the judge's word, the last line, and gives `out` back. Beside it: why a line was not written, or what
    /// `ended` says instead of a verdict.
    pub fn finish(mut self, ended: io::Result<&Verdict>) -> (W, io::Result<()>) {
        let written = match self.failed.take() {
            Some(error) => Err(error),
            None => ended.and_then(|verdict| self.end(verdict)),
        };
        (self.out, written)
    }

    fn end(&mut self, verdict: &Verdict) -> io::Result<()> {
        let word = if verdict.reached { "reached" } else { "missed" };
        let (met, goals, violations) = (verdict.met, verdict.goals, verdict.violations);
        let mut text = format!("{word}: {met} of {goals} goals, {violations} violations");
        if let Some(why) = &verdict.stopped {
            text += &format!(", stopped: {why}");
        }
        let seconds = rounded(verdict.seconds);
        self.write(&Line::End { seconds, reached: verdict.reached, text: &text })?;
        self.out.flush()
    }

    fn write(&mut self, line: &Line<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }

    fn tell(&mut self, world: &mut World, account: &Account) -> io::Result<()> {
        for event in &account.events {
            let (seconds, level) = (rounded(event.seconds), level(&event.what));
            // Words are aligned for timelines in a terminal.
            let text = event.what.text(&world.layout().scene);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            self.write(&Line::Event { seconds, source: "agent", level, text: &text })?;
        }
        for (seconds, text) in world.log() {
            self.write(&Line::Event { seconds: rounded(*seconds), source: "world", level: "warn", text })?;
        }
        let (seconds, hand) = (rounded(world.seconds()), world.hand());
        let physics = world.physics();
        let poses: Vec<[f64; 7]> = self.moving.iter().map(|&body| pose_of(physics, body)).collect();
        // Physics that becomes unstable has a tick without places before it stops; JSON has no number for them.
        if poses.as_flattened().iter().any(|value| !value.is_finite()) {
            return Ok(());
        }
        let mut trace: Vec<[f64; 3]> = account.trace.iter().map(|point| point.map(rounded)).collect();
        if !trace.is_empty() {
            trace.insert(0, hand.position.map(rounded));
        }
        let (done, remaining) = (account.done, account.remaining);
        let opening = rounded(hand.opening);
        let decision_ms = rounded(account.decision_ms);
        self.write(&Line::Tick { seconds, poses, opening, trace, done, remaining, decision_ms })
    }
}

impl<W: Write> Watcher for Stream<W> {
    fn tick(&mut self, world: &mut World, account: &Account) {
        // An episode goes on without those who watch it; what stopped them is told at its end.
        if self.failed.is_none() {
            self.failed = self.tell(world, account).err();
        }
    }
}

fn level(what: &Happening) -> &'static str {
    match what {
        Happening::Failed { .. } | Happening::Planned { again: true, .. } => "warn",
        Happening::Unreachable(_) | Happening::GaveUp => "error",
        _ => "info",
    }
}

/// All bodies with something to see, by their numbers.
fn bodies(world: &mut World) -> BTreeMap<usize, Body> {
    let objects = world.layout().scene.objects.clone();
    let physics: &Physics = world.physics();
    let model = physics.data().model();
    let named = objects.iter().enumerate().map(|(at, object)| {
        let group = match object.kind {
            ObjectKind::Block => "blocks",
            ObjectKind::Pad => "pads",
        };
        (physics.body(at), [group.to_string(), object.name.clone()])
    });
    let named: BTreeMap<usize, [String; 2]> = named.collect();
    let arm = physics.arm_root();
    let path = |body: usize| {
        let name = model.id_to_name(MjtObjBase::mjOBJ_BODY, body).filter(|name| !name.is_empty());
        let name = name.map_or_else(|| format!("body{body}"), str::to_string);
        let is_arm = body > 0 && model.body_rootid()[body] as usize == arm;
        named.get(&body).cloned().unwrap_or([if is_arm { "arm" } else { "scene" }.to_string(), name])
    };
    let mut bodies: BTreeMap<usize, Body> = BTreeMap::new();
    for (geom, form, color) in physics.props().shapes() {
        let body = model.geom_bodyid()[geom] as usize;
        let pose = pose(&model.geom_pos()[geom], &model.geom_quat()[geom]);
        let entry = bodies.entry(body).or_insert_with(|| Body {
            path: path(body),
            moves: model.body_weldid()[body] != 0,
            pose: pose_of(physics, body),
            shapes: Vec::new(),
        });
        entry.shapes.push(shape(form, pose, color));
    }
    bodies
}

fn shape(form: &Form, pose: [f64; 7], color: [u8; 3]) -> Shape {
    let (form, size, triangles) = match form {
        Form::Triangles(triangles) => {
            let corners = |[a, b, c]: &[[f64; 3]; 3]| {
                let all = [a, b, c];
                std::array::from_fn(|k| rounded(all[k / 3][k % 3]))
            };
            ("triangles", Vec::new(), triangles.iter().map(corners).collect())
        }
        Form::Primitive(kind, size) => {
            let (form, size) = primitive(*kind, size);
            (form, size.into_iter().map(rounded).collect(), Vec::new())
        }
    };
    Shape { form, size, triangles, pose, color }
}

/// Name and sizes of a primitive, from MuJoCo's.
fn primitive(kind: MjtGeomBase, &[x, y, z]: &[f64; 3]) -> (&'static str, Vec<f64>) {
    let edge = |half: f64| if half > 0.0 { half } else { PLANE_METRES };
    match kind {
        MjtGeomBase::mjGEOM_SPHERE => ("ellipsoid", vec![x, x, x]),
        MjtGeomBase::mjGEOM_ELLIPSOID => ("ellipsoid", vec![x, y, z]),
        MjtGeomBase::mjGEOM_CAPSULE => ("capsule", vec![x, y]),
        MjtGeomBase::mjGEOM_CYLINDER => ("cylinder", vec![x, y]),
        MjtGeomBase::mjGEOM_PLANE => ("box", vec![edge(x), edge(y), PLANE_HEIGHT]),
        _ => ("box", vec![x, y, z]),
    }
}

fn pose_of(physics: &Physics, body: usize) -> [f64; 7] {
    pose(&physics.data().xpos()[body], &physics.data().xquat()[body])
}

fn pose(position: &[f64; 3], rotation: &[f64; 4]) -> [f64; 7] {
    let ([x, y, z], [w, i, j, k]) = (*position, *rotation);
    [x, y, z, w, i, j, k].map(rounded)
}

/// To five decimals, and zero without a sign.
fn rounded(value: f64) -> f64 {
    (value * 1e5).round() / 1e5 + 0.0
}
