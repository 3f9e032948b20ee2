//! `isogrid-sim record`: demonstrations by the scripted expert, written as robomimic HDF5 or as a LeRobot folder.
//!
//! The expert's noise grows with the distance to go; some demonstrations begin with the hand somewhere else, with
//! grasps that miss, or are disturbed once, so that recoveries are shown too (arXiv 2602.19260, and recovery starts as
//! in DART, Laskey et al. 2017). Left out: demonstrations by people.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::{Result, bail, ensure};
use isogrid_core::Ctx;
use isogrid_num::rng::Rng;
use isogrid_robot::Recording;
use isogrid_robot::agent::{Agent, AgentOptions, Status};
use isogrid_robot::policy::{Policy, Scripted};

use crate::clumsy::Clumsy;
use crate::episode::{self, Nobody, Recorder};
use crate::scenario::{Disturbance, DisturbanceKind, Scenario, When};
use crate::world::World;

/// Where a recovery start may put the hand, in metres: above every pile.
const STARTS: [[f64; 3]; 2] = [[0.32, -0.33, 0.2], [0.68, 0.33, 0.42]];

/// Most grasps that miss in one demonstration.
const MISSES: u64 = 2;

/// What is demonstrated.
#[derive(Debug, Clone)]
pub struct Demonstrations {
    /// The scenario; its seed is replaced.
    pub scenario: Scenario,
    /// How many.
    pub n: usize,
    /// The seed of the first.
    pub first_seed: u64,
    /// Noise of the expert, a share of the distance to go.
    pub noise: f64,
    /// The share of demonstrations that begin at a random place of the hand, with one or two grasps that miss.
    pub recoveries: f64,
    /// The share of demonstrations that are disturbed once.
    pub disturbed: f64,
    /// Demonstrations at a time.
    pub threads: usize,
}

/// What was demonstrated.
#[derive(Debug, Clone)]
pub struct Demonstrated {
    /// One for each seed, in order.
    pub recordings: Vec<Recording>,
    /// Seeds at which the expert did not reach the goal; their recordings are kept, as a person's would be.
    pub failed: Vec<u64>,
    /// Demonstrations with a recovery start.
    pub recoveries: usize,
    /// Demonstrations in which something was disturbed.
    pub disturbed: usize,
    /// Ticks of all.
    pub ticks: usize,
    /// Simulated seconds of all.
    pub seconds: f64,
}

/// The format that a name asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A robomimic file.
    Robomimic,
    /// A LeRobot v3 folder.
    Lerobot,
}

impl Target {
    /// `.hdf5` and `.h5` are files of robomimic, a name without ending is a folder of LeRobot.
    ///
    /// # Errors
    /// Any other ending.
    pub fn of(path: &Path) -> Result<Target> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("hdf5" | "h5") => Ok(Target::Robomimic),
            None => Ok(Target::Lerobot),
            Some(other) => {
                bail!(
                    "`{}`: `.{other}` is no format of recordings; `.hdf5` is robomimic, no ending a LeRobot folder",
                    path.display()
                )
            }
        }
    }
}

/// Most demonstrations of one recording.
const MAX_DEMONSTRATIONS: usize = 1_000_000;

/// More threads than this do not make anything faster.
const MAX_THREADS: usize = 256;

/// Lets the scripted expert solve one task after another, and keeps what was seen and done. Same numbers, same
/// recordings, however many threads.
///
/// # Errors
/// Nothing to demonstrate, shares out of range, an unusable scenario, or a fault of the agent.
pub fn demonstrate(what: &Demonstrations) -> Result<Demonstrated> {
    ensure!(what.n > 0, "zero demonstrations teach nothing");
    ensure!(what.n <= MAX_DEMONSTRATIONS, "{} demonstrations, expected at most {MAX_DEMONSTRATIONS}", what.n);
    for (name, share, most) in
        [("noise", what.noise, 1.0), ("recoveries", what.recoveries, 1.0), ("disturbed", what.disturbed, 1.0)]
    {
        ensure!((0.0..=most).contains(&share), "{name} = {share}, expected 0 to {most}");
    }
    let next = AtomicU64::new(0);
    let slots: Vec<Mutex<Option<Result<One>>>> = (0..what.n).map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        for _ in 0..what.threads.clamp(1, what.n.min(MAX_THREADS)) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(slot) = slots.get(at as usize) else { break };
                    let one = one(what, what.first_seed.wrapping_add(at));
                    *slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(one);
                }
            });
        }
    });
    let mut all = Demonstrated {
        recordings: Vec::new(),
        failed: Vec::new(),
        recoveries: 0,
        disturbed: 0,
        ticks: 0,
        seconds: 0.0,
    };
    for slot in slots {
        let Some(one) = slot.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) else {
            continue;
        };
        all.add(one?);
    }
    Ok(all)
}

/// Writes recordings in the format that the name asks for; the file or folder appears whole or not at all.
///
/// # Errors
/// An unknown ending, or the writer's own.
#[cfg(feature = "recordings")]
pub fn write(path: &Path, recordings: &[Recording]) -> Result<()> {
    match Target::of(path)? {
        Target::Robomimic => isogrid_robot::formats::write_robomimic(path, recordings)?,
        Target::Lerobot => isogrid_robot::formats::write_lerobot(path, recordings)?,
    }
    Ok(())
}

/// Writes nothing: this build has no writers.
///
/// # Errors
/// Always, with the command that builds them.
#[cfg(not(feature = "recordings"))]
pub fn write(path: &Path, _: &[Recording]) -> Result<()> {
    bail!(
        "`{}` is not written: this program was built without recordings; cargo build --release -p isogrid-sim --features \
         recordings",
        path.display()
    )
}

struct One {
    recording: Recording,
    seed: u64,
    reached: bool,
    recovery: bool,
    disturbed: bool,
    seconds: f64,
}

impl Demonstrated {
    fn add(&mut self, one: One) {
        if !one.reached {
            self.failed.push(one.seed);
        }
        self.recoveries += usize::from(one.recovery);
        self.disturbed += usize::from(one.disturbed);
        self.ticks += one.recording.frames.len();
        self.seconds += one.seconds;
        self.recordings.push(one.recording);
    }
}

fn one(what: &Demonstrations, seed: u64) -> Result<One> {
    let mut chance = Rng::new(seed, 0xdee0);
    let recovery = chance.unit() < what.recoveries;
    let disturbed = chance.unit() < what.disturbed;
    let mut scenario = Scenario { seed, ..what.scenario.clone() };
    if disturbed {
        scenario.disturbances.push(disturbance(&mut chance));
    }
    let mut world = World::new(&scenario)?;
    let expert = Scripted::new(what.noise, seed);
    let policy: Box<dyn Policy> = match recovery {
        true => {
            let [low, high] = STARTS;
            world.begin_at(std::array::from_fn(|k| low[k] + (high[k] - low[k]) * chance.unit()));
            let misses = 1 + chance.below(MISSES) as u32;
            Box::new(Clumsy::new(expert, misses, chance.next_u64()))
        }
        false => Box::new(expert),
    };
    let (scene, task) = (world.layout().scene.clone(), world.layout().task.clone());
    let mut agent = Agent::new(&scene, &task, policy, AgentOptions::default())?;
    let words = what.scenario.family.words().to_string();
    let mut recorder = Recorder(Recording { scene, task: words, frames: Vec::new() });
    let episode = episode::run(&Ctx::new(seed), &mut world, &mut agent, &mut Nobody, Some(&mut recorder))?;
    Ok(One {
        seed,
        reached: episode.status == Status::Reached && episode.verdict.reached,
        recovery,
        disturbed: !episode.disturbances.is_empty(),
        seconds: recorder.0.frames.last().map_or(0.0, |frame| frame.observation.seconds),
        recording: recorder.0,
    })
}

fn disturbance(chance: &mut Rng) -> Disturbance {
    let kinds = [DisturbanceKind::Shove, DisturbanceKind::Move, DisturbanceKind::Drop];
    let kind = kinds[chance.below(kinds.len() as u64) as usize];
    Disturbance { kind, at: When::At(1.0 + 9.0 * chance.unit()), lasts: 3.0, block: None }
}
