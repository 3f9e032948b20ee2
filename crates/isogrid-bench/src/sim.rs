//! The bench `sim`: control steps of our simulated arm for each second of a core, beside robosuite's.
//!
//! Both run alone on one core, in turns, for several rounds in one run. Scenes differ, and the protocol says how.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use isogrid_num::stats::median;
use serde_json::{Value, json};

use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::process::{self, Call, Terms};
use crate::run::{About, Run};

/// What the bench is given.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder with `isogrid-sim`.
    pub programs: PathBuf,
    /// The folder with installed peers.
    pub tools: PathBuf,
    /// The script that drives robosuite.
    pub script: PathBuf,
    /// The run directory to write.
    pub out: PathBuf,
    /// A smoke run of the same path.
    pub quick: bool,
}

/// Control steps that a core must make in a second.
const MIN_STEPS: f64 = 500.0;

/// A contender's program and arguments, for a number of seconds.
type Contender = (&'static str, fn(&Options, f64) -> Call);

const CONTENDERS: [Contender; 2] = [("isogrid-sim", ours), ("robosuite", robosuite)];

fn ours(options: &Options, seconds: f64) -> Call {
    let args = ["speed", "--family", "hanoi", "--blocks", "4", "--json", "--seconds"].map(OsString::from);
    let args = args.into_iter().chain([seconds.to_string().into()]).collect();
    Call { program: options.programs.join("isogrid-sim"), args, folder: options.out.clone() }
}

fn robosuite(options: &Options, seconds: f64) -> Call {
    let packages = options.tools.join("sim");
    let mut path = OsString::from("PYTHONPATH=");
    path.push(&packages);
    let threads = ["OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "python3"].map(OsString::from);
    let args = std::iter::once(path).chain(threads);
    let args = args.chain([options.script.clone().into(), seconds.to_string().into()]).collect();
    Call { program: "env".into(), args, folder: options.out.clone() }
}

/// Runs the bench, writes its run directory and returns its bars as a table. `say` receives a line per process.
///
/// # Errors
/// A contender fails, or the disk refuses.
pub fn run(options: &Options, say: &mut dyn FnMut(&str)) -> Result<String> {
    let (n_rounds, seconds) = if options.quick { (1, 2.0) } else { (5, 20.0) };
    let mut run = Run::begin(&options.out)?;
    let absolute = Options {
        programs: std::path::absolute(&options.programs)?,
        tools: std::path::absolute(&options.tools)?,
        script: std::path::absolute(&options.script)?,
        out: std::path::absolute(&options.out)?,
        quick: options.quick,
    };
    let mut speeds = [Vec::new(), Vec::new()];
    for round in 0..n_rounds {
        for ((name, call), speeds) in CONTENDERS.iter().zip(&mut speeds) {
            let measured = measure(&call(&absolute, seconds)).with_context(|| name.to_string())?;
            let speed = speed(&measured).with_context(|| format!("{name} said {measured}"))?;
            say(&format!("sim: {name}: {speed:.0} control steps a CPU second"));
            run.record(&json!({"section": "sim", "contender": name, "round": round, "measured": measured}))?;
            speeds.push(speed);
        }
    }
    let [ours, theirs] = speeds.map(|speeds| median(&speeds));
    let mut grid = Grid::new(&["world", "control steps a CPU second", "of robosuite's"]);
    for (name, speed) in [("isogrid-sim", ours), ("robosuite 1.5.2, mujoco 3.3.7", theirs)] {
        grid.row(vec![name.to_string(), number(Some(speed)), number(Some(speed / theirs))]);
    }
    run.fragment("sim", grid.markdown());
    let text = "control steps a second of one core, 4 blocks, operational-space control at 500 Hz";
    run.bar("control steps", Bar::judge(text, Some(ours), Promise::AtLeast, Some(MIN_STEPS)).in_unit("1/s"));
    run.finish(if options.quick { &QUICK } else { &FULL })
}

fn measure(call: &Call) -> Result<Value> {
    let terms = Terms {
        kill_after: 300.0,
        address_space: u64::MAX,
        cores: process::first_core().map(|core| (core, core)),
    };
    let ended = process::run(call, &terms)?;
    ensure!(ended.usage.code == Some(0), "it failed: {}", ended.stderr.trim());
    let line =
        ended.stdout.lines().rev().find(|line| line.starts_with('{')).context("it printed no result")?;
    Ok(serde_json::from_str(line)?)
}

/// Control steps a CPU second.
fn speed(measured: &Value) -> Option<f64> {
    let number = |name: &str| measured[name].as_f64();
    Some(number("steps").or_else(|| number("control_steps"))? / number("cpu_seconds")?)
}

/// Where the peer's script lies, from the root of the repository.
pub fn script() -> &'static Path {
    Path::new("bench/peers/robosuite_speed.py")
}

const FULL: About = About {
    title: "Control steps of a simulated arm, beside robosuite",
    command: "cargo xtask bench sim",
    protocol: PROTOCOL,
};

const QUICK: About = About {
    title: "Control steps of a simulated arm, beside robosuite (smoke run: no claims)",
    command: "cargo xtask bench sim --quick",
    protocol: PROTOCOL,
};

const PROTOCOL: &str = "\
## Protocol

A control step is one action at 20 Hz: 25 physics steps of 2 ms with operational-space control at each of them. Each
contender runs alone on one core, in turns; the speed is control steps by CPU seconds of its own clock, the median of the
rounds.

- *isogrid-sim*: four blocks in Towers of Hanoi, the scripted policy with planning in the loop, an arm of capsules and
  boxes, MuJoCo 3.17.0.
- *robosuite* 1.5.2 with mujoco 3.3.7: the task Stack (two cubes), its default controller for the Panda (OSC_POSE), random
  actions, cameras and rendering off.

## Scenes differ

robosuite's arm has collision meshes and more bodies, ours capsules; ours has twice the blocks, and they are stacked, held
and in contact most of the time, while random actions mostly move an empty hand. robosuite's control is Python over numpy,
ours is compiled. The two MuJoCo versions differ too.
";
