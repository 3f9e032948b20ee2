//! A simulated arm moves a tower, is disturbed, and recovers; then a few more episodes beside the last committed run.
//!
//! Worlds are processes of `isogrid-sim`, which judges. The skills are the committed ones.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result};
use isogrid::arm::{Episode, Tick, WorldProcess, play, simulator};
use isogrid::envelope;
use isogrid_core::Ctx;
use isogrid_num::stats::quantile;
use isogrid_robot::agent::{Agent, AgentOptions, Happening};
use isogrid_robot::skills::{Learned, LearnedOptions, Skills};
use serde_json::Value;

use super::typed;
use crate::grid::Grid;
use crate::worlds::{DISTURBED, KITTING};

/// The episode that is shown, with its seed: somebody interferes three times.
const SHOWN: &[&str] = &["examples/scenarios/hanoi.toml"];

/// Further episodes: their name, which is the bar's in committed runs, and the worlds they are spread over.
const ROWS: [(&str, &[&str]); 4] = [
    ("3 blocks", &["--family hanoi --blocks 3"]),
    ("4 blocks, unseen", &["--family hanoi --blocks 4"]),
    ("4 blocks, disturbed once", &DISTURBED),
    ("kitting, 3 to 5 parts", &KITTING),
];

/// Where things are.
pub(super) struct Places<'a> {
    /// The committed skills.
    pub skills: &'a Path,
    /// Committed runs.
    pub runs: &'a Path,
    /// Where pictures are put.
    pub pictures: &'a Path,
    /// Further episodes of each kind.
    pub episodes: usize,
}

/// Shows the arm.
///
/// # Errors
/// The simulator or the skills are missing, or `out` is gone.
pub(super) fn show(places: &Places<'_>, out: &mut dyn Write) -> Result<()> {
    let simulator = simulator()
        .map_err(|fault| anyhow::anyhow!("{fault}; {}", fault.hint.clone().unwrap_or_default()))?;
    writeln!(out, "3. An arm: four blocks, learned from 50 demonstrations of stacking three")?;
    writeln!(out, "   The planner decides, four small networks move the hand, and the world is")?;
    writeln!(out, "   read again after every move. Somebody interferes three times.\n")?;
    episode(&simulator, places, out)?;
    table(&simulator, places, out)
}

/// One episode, told as it happens, then in pictures.
fn episode(simulator: &Path, places: &Places<'_>, out: &mut dyn Write) -> Result<()> {
    let name = places.skills.display().to_string();
    let bytes = fs::read(places.skills).with_context(|| format!("reading {name}"))?;
    fs::create_dir_all(places.pictures).with_context(|| places.pictures.display().to_string())?;
    let files: [PathBuf; 2] = ["arm.png", "arm.gif"].map(|name| places.pictures.join(name));
    let payload = envelope::unwrap_for(&name, &bytes, "robot")?;
    let policy = Learned::new(&Arc::new(Skills::from_bytes(payload)?), LearnedOptions::default());
    let mut command = Command::new(simulator);
    command.arg("serve").args(SHOWN).arg("--film").arg(&files[0]).arg("--film").arg(&files[1]);
    let (mut process, briefing) = WorldProcess::start(command).map_err(anyhow::Error::from)?;
    let mut agent = Agent::new(&briefing.scene, &briefing.task, Box::new(policy), AgentOptions::default())?;
    let mut broken = None;
    let mut watch = |tick: &Tick<'_>| {
        if let Err(error) = tell(tick, &briefing.scene, out) {
            broken.get_or_insert(error);
        }
    };
    let played = play(&Ctx::new(1), &mut process.world, &briefing, &mut agent, &mut watch)?;
    if let Some(error) = broken {
        return Err(error.into());
    }
    verdict(&played, out)?;
    process.finish().map_err(anyhow::Error::from)?;
    Ok(writeln!(out, "   in pictures: {}, moving: {}\n", typed(&files[0]), typed(&files[1]))?)
}

/// The lines of one tick: what was done, what went wrong, what was planned anew.
fn tell(tick: &Tick<'_>, scene: &isogrid_robot::Scene, out: &mut dyn Write) -> std::io::Result<()> {
    let (done, left) = (tick.agent.memory().done.len(), tick.agent.memory().remaining.len());
    let mut line = |seconds: f64, what: &str| {
        writeln!(out, "   {seconds:5.1} s {done:>3} done {left:>2} left  {what}")?;
        out.flush()
    };
    for (seconds, what) in tick.disturbances {
        line(*seconds, &format!("!! {what}"))?;
    }
    for event in tick.events.iter().filter(|event| !matches!(event.what, Happening::Began(_))) {
        line(event.seconds, &event.what.text(scene))?;
    }
    Ok(())
}

fn verdict(played: &Episode, out: &mut dyn Write) -> Result<()> {
    let word = if played.verdict.reached { "goal reached" } else { "goal missed" };
    let millis: Vec<f64> = played.decisions.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    let p99 = if millis.is_empty() { 0.0 } else { quantile(&millis, 0.99) };
    writeln!(
        out,
        "   the world's judge: {word}, {} of {} blocks in place after {:.0} s\n   99 % of {} decisions within {p99:.2} ms\n",
        played.verdict.met,
        played.verdict.goals,
        played.verdict.seconds,
        millis.len()
    )?;
    Ok(())
}

/// Plays episodes spread over worlds; how many, how many reached their goals, and how many moves failed.
fn episodes(simulator: &Path, places: &Places<'_>, worlds: &[&str]) -> Result<[u64; 3]> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).to_string();
    let seeds = format!("901..{}", 900 + places.episodes.div_ceil(worlds.len()));
    let mut sums = [0; 3];
    for world in worlds {
        let mut command = Command::new(simulator);
        command.arg("run").args(world.split(' ')).args(["--seeds", &seeds, "--threads", &cores, "--json"]);
        let ended = command.arg("--policy").arg(places.skills).output().context("starting isogrid-sim")?;
        let text = String::from_utf8_lossy(&ended.stdout);
        let summary: Value = serde_json::from_str(text.lines().last().unwrap_or_default())
            .with_context(|| String::from_utf8_lossy(&ended.stderr).trim().to_string())?;
        for (sum, name) in sums.iter_mut().zip(["episodes", "reached", "failed_moves"]) {
            *sum += summary[name].as_u64().with_context(|| format!("isogrid-sim said no `{name}`"))?;
        }
    }
    Ok(sums)
}

/// Today's episodes beside the last committed run.
fn table(simulator: &Path, places: &Places<'_>, out: &mut dyn Write) -> Result<()> {
    let committed = super::committed::newest(places.runs, "-robot");
    let mut grid = Grid::new(&["episodes", "today", "failed moves", "committed run", "paper"]);
    for (name, worlds) in ROWS {
        let [episodes, reached, failed] = episodes(simulator, places, worlds)?;
        let bar = committed.as_ref().and_then(|(_, bars)| bars["bars"][name]["value"].as_f64());
        grid.row(vec![
            name.to_string(),
            format!("{reached} of {episodes}"),
            failed.to_string(),
            bar.map_or("-".to_string(), |value| format!("{value:.1} %")),
            paper(name).to_string(),
        ]);
    }
    for line in grid.plain().lines() {
        writeln!(out, "   {line}")?;
    }
    if let Some((name, _)) = committed {
        writeln!(out, "   committed run: {name}")?;
        writeln!(out, "   poses are given here; the paper used cameras")?;
    }
    Ok(writeln!(out)?)
}

/// What arXiv 2602.19260 reports for its neuro-symbolic system.
fn paper(row: &str) -> &'static str {
    match row {
        "3 blocks" => "95 %",
        "4 blocks, unseen" => "78 %",
        _ => "-",
    }
}
