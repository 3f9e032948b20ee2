//! `isogrid-sim serve`: a world over standard input and output, for any agent in any language.
//!
//! The format is [`isogrid_robot::protocol`]'s, described in docs/worlds.md.

use std::io::{BufRead, Read, Write};

use anyhow::{Result, bail};
use isogrid_robot::agent::Account;
use isogrid_robot::protocol::{Briefing, PROTOCOL, Request, Step};
use isogrid_robot::{Action, Verdict};
use serde::Serialize;
use serde_json::json;

use crate::episode::Watcher;
use crate::kept::Keep;
use crate::scenario::Scenario;
use crate::world::World;

/// The longest line accepted, in bytes.
const MAX_LINE: u64 = 1 << 16;

/// Serves episodes until the input ends; then writes what is to be kept of the only one.
///
/// # Errors
/// The scenario is unusable, a line is not what it should be, or a stream is gone. What is wrong is also said to the
/// other end, as a last line.
pub fn serve(
    scenario: &Scenario,
    keep: &Keep<'_>,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> Result<()> {
    let served = episodes(scenario, keep, input, out);
    if let Err(error) = &served {
        // Whoever listens may be gone already.
        let _ = say(out, &json!({"error": format!("{error:#}")}));
    }
    served
}

fn episodes(
    scenario: &Scenario,
    keep: &Keep<'_>,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> Result<()> {
    let mut world = World::new(scenario)?;
    let mut kept = keep.begin(&mut world, &scenario.title())?;
    let mut account = Account::default();
    say(out, &briefing(&mut world, keep))?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if Read::take(&mut *input, MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(kept.finish(Ok(&world.verdict()))?);
        }
        match serde_json::from_slice(&line) {
            Ok(Request::Told(told)) => account = told,
            Ok(Request::Act(numbers)) => {
                world.act(&Action::from_array(numbers));
                kept.tick(&mut world, &std::mem::take(&mut account));
                let observation = world.observe();
                say(out, &Step { observation, over: world.is_over(), disturbances: world.take_log() })?;
            }
            Ok(Request::Verdict(_)) => say(out, &json!({"verdict": world.verdict()}))?,
            Ok(Request::Stop(_)) => {
                // What it has come to until now: a goal that was reached stays reached.
                let reached = world.verdict().reached;
                world.physics().stop("it was told to");
                say(out, &json!({"verdict": Verdict { reached, ..world.verdict() }}))?;
            }
            Ok(Request::Reset(_)) if !keep.is_empty() => bail!("what is kept shows one episode"),
            Ok(Request::Reset(seed)) => {
                world = World::new(&Scenario { seed, ..scenario.clone() })?;
                say(out, &briefing(&mut world, keep))?;
            }
            Err(error) => bail!(
                "expected {{\"act\": [x, y, z, grip]}}, {{\"verdict\": true}}, {{\"stop\": true}} or \
                 {{\"reset\": SEED}}: {error}"
            ),
        }
    }
}

fn say(out: &mut dyn Write, value: &impl Serialize) -> Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

fn briefing(world: &mut World, keep: &Keep<'_>) -> Briefing {
    let observation = world.observe();
    let layout = world.layout();
    Briefing {
        protocol: PROTOCOL,
        scene: layout.scene.clone(),
        task: layout.task.clone(),
        seconds: layout.seconds,
        observation,
        listens: !keep.is_empty(),
    }
}
