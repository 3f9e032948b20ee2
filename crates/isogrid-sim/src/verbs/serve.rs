//! `isogrid-sim serve SCENARIO`: a world over standard input and output, for any agent in any language.
//!
//! One JSON object a line. The world begins with a briefing (scene, task, first observation); every line
//! `{"act": [x, y, z, grip]}` is answered by the next observation, `{"verdict": true}` by the judge's word. The format
//! is described in docs/worlds.md.

use std::io::{BufRead, Write};

use anyhow::{Context, Result, bail};
use isogrid_robot::{Action, ObjectKind, Observation};
use serde_json::{Value, json};

use crate::scenario::Scenario;
use crate::world::World;

/// The longest line accepted, in bytes.
const MAX_LINE: u64 = 1 << 16;

/// Serves one episode, until the input ends.
///
/// # Errors
/// The scenario is unusable, a line is not what it should be, or a stream is gone.
pub fn serve(scenario: &Scenario, input: &mut dyn BufRead, out: &mut dyn Write) -> Result<()> {
    let mut world = World::new(scenario)?;
    let observation = world.observe();
    say(out, &briefing(&world, &observation))?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if std::io::Read::take(&mut *input, MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let request: Value = serde_json::from_slice(&line).context("a line is not a JSON object")?;
        if let Some(numbers) = request.get("act") {
            world.act(&action(numbers)?);
            let observation = world.observe();
            let done = world.is_over();
            let log: Vec<_> = world.take_log().into_iter().map(|(at, what)| json!([at, what])).collect();
            say(out, &json!({"observation": seen(&observation), "over": done, "disturbances": log}))?;
        } else if request.get("verdict").is_some() {
            say(out, &json!({"verdict": world.verdict()}))?;
        } else {
            bail!("a line asks for neither `act` nor `verdict`");
        }
    }
}

fn say(out: &mut dyn Write, value: &Value) -> Result<()> {
    writeln!(out, "{value}")?;
    Ok(out.flush()?)
}

fn action(numbers: &Value) -> Result<Action> {
    let numbers: Vec<f64> = numbers
        .as_array()
        .into_iter()
        .flatten()
        .map(|number| number.as_f64().context("a number of `act` is none"))
        .collect::<Result<_>>()?;
    let numbers: [f64; Action::LEN] = numbers
        .try_into()
        .ok()
        .with_context(|| format!("`act` needs {} numbers: x, y, z, grip", Action::LEN))?;
    Ok(Action::from_array(numbers))
}

fn seen(observation: &Observation) -> Value {
    let objects: Vec<_> = observation
        .objects
        .iter()
        .map(|pose| json!({"position": pose.position, "rotation": pose.rotation}))
        .collect();
    json!({
        "seconds": observation.seconds,
        "hand": {"position": observation.hand.position, "opening": observation.hand.opening},
        "objects": objects,
    })
}

fn briefing(world: &World, observation: &Observation) -> Value {
    let layout = world.layout();
    let objects: Vec<_> = layout
        .scene
        .objects
        .iter()
        .map(|object| {
            let kind = match object.kind {
                ObjectKind::Block => "block",
                ObjectKind::Pad => "pad",
            };
            json!({"name": object.name, "kind": kind, "half_size": object.half_size})
        })
        .collect();
    json!({
        "scene": {"rate_hz": layout.scene.rate_hz, "workspace": layout.scene.workspace, "objects": objects},
        "task": {"goal": layout.task.goal, "fits": layout.task.fits, "order": layout.task.order},
        "seconds": layout.seconds,
        "observation": seen(observation),
    })
}
