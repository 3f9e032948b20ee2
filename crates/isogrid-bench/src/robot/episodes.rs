//! Many episodes, each in a world of its own process, as many at a time as asked for.
//!
//! Every finished episode is a line of a file in the work folder, so that a run that is cut off goes on where it was.
//! The world judges; who plays only acts.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use isogrid::arm::{Tick, WorldProcess, play};
use isogrid_core::Ctx;
use isogrid_num::hash::hash_words;
use isogrid_num::stats::quantile;
use isogrid_robot::agent::{Agent, AgentOptions, Happening};
use isogrid_robot::policy::{Policy, Scripted};
use isogrid_robot::protocol::{Briefing, RemoteWorld};
use isogrid_robot::skills::{Learned, LearnedOptions, Skills};
use serde::{Deserialize, Serialize};

use super::rivals::Rival;
use super::work::{Workshop, hash_bytes};

/// Who plays.
#[derive(Clone)]
pub(super) enum Player {
    /// The engine.
    Engine {
        /// What it has learned.
        skills: Arc<Skills>,
        /// How it behaves.
        agent: AgentOptions,
        /// Scale of the noise that its skills start from.
        temperature: f32,
    },
    /// The engine with the demonstrator's hands.
    Scripted,
    /// A policy from whole observations to actions.
    Rival(Arc<Rival>),
}

impl Player {
    /// A number that differs where episodes may.
    fn digest(&self) -> u64 {
        let (bytes, how) = match self {
            Player::Engine { skills, agent, temperature } => {
                (skills.to_bytes(), format!("{agent:?} {temperature}"))
            }
            Player::Scripted => (Vec::new(), "scripted".to_string()),
            // Settings that cannot be written belong to nobody.
            Player::Rival(rival) => (rival.to_bytes().unwrap_or_default(), "rival".to_string()),
        };
        hash_words(&[hash_bytes(&bytes), hash_bytes(how.as_bytes())])
    }
}

/// Episodes of one kind.
#[derive(Clone)]
pub(super) struct Row {
    /// Unique and stable.
    pub name: String,
    /// Arguments of the world; where there are several, episodes take them in turn.
    pub worlds: Vec<Vec<String>>,
    /// The seed of the first episode.
    pub first_seed: u64,
    /// How many.
    pub n: u64,
    /// Who plays.
    pub player: Player,
}

/// One finished episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub row: String,
    pub seed: u64,
    /// A digest of who played and in which world.
    pub player: u64,
    /// The world's word.
    pub reached: bool,
    pub met: usize,
    pub goals: usize,
    pub violations: usize,
    /// Simulated seconds.
    pub seconds: f64,
    pub stopped: Option<String>,
    pub disturbances: usize,
    /// Plans after the first.
    pub replans: usize,
    /// Moves that ended without their effect.
    pub failed_moves: usize,
    pub decisions: usize,
    /// Seconds of the player, all decisions together.
    pub decision_seconds: f64,
    pub decision_ms_p99: f64,
    pub decision_ms_max: f64,
    pub wall_seconds: f64,
}

/// Plays what the workshop does not hold yet, so many at a time; returns all episodes of the rows, in the order of rows and seeds.
pub(super) fn run(
    rows: &[Row],
    shop: &Workshop,
    n_threads: usize,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Played> {
    let (file, simulator) = (shop.folder.join("episodes.jsonl"), shop.simulator());
    let mut known = read(&file)?;
    known.extend(shop.earlier.iter().map(|outcome| (outcome.key(), outcome.clone())));
    let players: Vec<u64> = rows.iter().map(Row::digest).collect();
    let all = || {
        let rows = rows.iter().zip(&players);
        rows.flat_map(|(row, player)| (0..row.n).map(move |at| (row, *player, row.first_seed + at)))
    };
    let jobs: Vec<(&Row, u64, u64)> = all()
        .filter(|(row, player, seed)| !known.contains_key(&(row.name.clone(), *player, *seed)))
        .collect();
    let out = OpenOptions::new().create(true).append(true).open(&file);
    let out = Mutex::new(out.with_context(|| format!("opening {}", file.display()))?);
    let said = Mutex::new((0_usize, say));
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<Outcome>> {
        let (mut mine, mut world) = (Vec::new(), None);
        while let Some(&(row, player, seed)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if shop.is_late() {
                break;
            }
            let outcome = one(row, seed, &simulator, &mut world)
                .with_context(|| format!("{} seed {seed}", row.name))?;
            let outcome = Outcome { player, ..outcome };
            let line = serde_json::to_string(&outcome)?;
            writeln!(out.lock().unwrap_or_else(PoisonError::into_inner), "{line}")?;
            mine.push(outcome);
            let (count, say) = &mut *said.lock().unwrap_or_else(PoisonError::into_inner);
            *count += 1;
            if *count % 50 == 0 {
                say(&format!("robot: {count} of {} episodes, now {}", jobs.len(), row.name));
            }
        }
        Ok(mine)
    };
    let results: Vec<Result<Vec<Outcome>>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads.max(1)).map(|_| scope.spawn(work)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err(anyhow!("a thread panicked")))
        };
        threads.into_iter().map(join).collect()
    });
    for outcome in results.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten() {
        known.insert(outcome.key(), outcome);
    }
    let wanted = all().map(|(row, player, seed)| (row.name.clone(), player, seed));
    let found: Vec<Option<Outcome>> = wanted.map(|key| known.remove(&key)).collect();
    let is_all = found.iter().all(Option::is_some);
    Ok(Played { episodes: found.into_iter().flatten().collect(), is_all })
}

/// Episodes of rows.
pub(super) struct Played {
    /// In the order of rows and seeds.
    pub episodes: Vec<Outcome>,
    /// Whether none is missing because time is over.
    pub is_all: bool,
}

/// What finished episodes are found by: row, player, seed.
type Key = (String, u64, u64);

impl Outcome {
    /// Whether something went otherwise than planned: a move failed, or a new plan was made.
    pub fn mattered(&self) -> bool {
        self.failed_moves + self.replans > 0
    }

    fn key(&self) -> Key {
        (self.row.clone(), self.player, self.seed)
    }
}

impl Row {
    fn digest(&self) -> u64 {
        hash_words(&[self.player.digest(), hash_bytes(format!("{:?}", self.worlds).as_bytes())])
    }
}

/// Finished episodes of an earlier piece of the run; a last line that was cut off is not one.
fn read(file: &Path) -> Result<BTreeMap<Key, Outcome>> {
    let text = if file.exists() { std::fs::read_to_string(file)? } else { String::new() };
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    if whole.len() < text.len() {
        File::options().write(true).open(file)?.set_len(whole.len() as u64)?;
    }
    let parse = |line: &str| -> Result<_> {
        let outcome: Outcome =
            serde_json::from_str(line).with_context(|| format!("in {}", file.display()))?;
        Ok((outcome.key(), outcome))
    };
    whole.lines().map(parse).collect()
}

/// A world at work, with the arguments it was started with.
type Running = Option<(Vec<String>, WorldProcess)>;

fn one(row: &Row, seed: u64, simulator: &Path, running: &mut Running) -> Result<Outcome> {
    let start = Instant::now();
    let args = &row.worlds[(seed % row.worlds.len() as u64) as usize];
    let reused = running.take().filter(|(known, _)| known == args);
    let (mut process, briefing) = match reused {
        Some((_, mut process)) => {
            let briefing = process.world.reset(seed)?;
            (process, briefing)
        }
        None => {
            let mut command = Command::new(simulator);
            command.arg("serve").args(args).args(["--seed", &seed.to_string()]);
            WorldProcess::start(command)?
        }
    };
    let mut outcome = match &row.player {
        Player::Engine { skills, agent, temperature } => {
            let options = LearnedOptions { temperature: *temperature, seed, ..LearnedOptions::default() };
            engine(Box::new(Learned::new(skills, options)), agent, seed, (&mut process.world, &briefing))?
        }
        Player::Scripted => {
            let policy = Box::new(Scripted::new(0.0, seed));
            engine(policy, &AgentOptions::default(), seed, (&mut process.world, &briefing))?
        }
        Player::Rival(rival) => end_to_end(rival, seed, (&mut process.world, &briefing))?,
    };
    *running = Some((args.clone(), process));
    outcome.row.clone_from(&row.name);
    outcome.wall_seconds = start.elapsed().as_secs_f64();
    Ok(outcome)
}

fn engine(
    policy: Box<dyn Policy>,
    options: &AgentOptions,
    seed: u64,
    (world, briefing): (&mut RemoteWorld, &Briefing),
) -> Result<Outcome> {
    let mut agent = Agent::new(&briefing.scene, &briefing.task, policy, options.clone())?;
    let (mut replans, mut failed_moves, mut disturbances) = (0, 0, 0);
    let mut watch = |tick: &Tick<'_>| {
        disturbances += tick.disturbances.len();
        for event in tick.events {
            replans += usize::from(matches!(event.what, Happening::Planned { again: true, .. }));
            failed_moves += usize::from(matches!(event.what, Happening::Failed { .. }));
        }
    };
    let episode = play(&Ctx::new(seed), world, briefing, &mut agent, &mut watch)?;
    let millis: Vec<f64> = episode.decisions.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    Ok(Outcome { replans, failed_moves, disturbances, ..outcome(seed, episode.verdict, &millis) })
}

fn end_to_end(rival: &Rival, seed: u64, (world, briefing): (&mut RemoteWorld, &Briefing)) -> Result<Outcome> {
    let mut driver = rival.drive(&briefing.scene, &briefing.task, seed)?;
    let (mut seen, mut over) = (briefing.observation.clone(), false);
    let (mut millis, mut disturbances) = (Vec::new(), 0);
    while !over {
        let start = Instant::now();
        let action = driver.act(&seen)?;
        millis.push(start.elapsed().as_secs_f64() * 1e3);
        let step = world.act(&action)?;
        disturbances += step.disturbances.len();
        // Its own view of the goal does not exist, so the judge's is asked for now and then.
        over = step.over || (millis.len() % JUDGE_EVERY == 0 && is_settled(&world.verdict()?));
        seen = step.observation;
    }
    Ok(Outcome { disturbances, ..outcome(seed, world.verdict()?, &millis) })
}

/// A reached goal counts at once, and behind a broken rule none can be reached.
fn is_settled(verdict: &isogrid_robot::Verdict) -> bool {
    verdict.reached || verdict.violations > 0
}

/// Ticks between two looks of the judge at a rival's world.
const JUDGE_EVERY: usize = 10;

pub(super) fn outcome(seed: u64, verdict: isogrid_robot::Verdict, millis: &[f64]) -> Outcome {
    let share = |q| if millis.is_empty() { 0.0 } else { quantile(millis, q) };
    Outcome {
        row: String::new(),
        seed,
        player: 0,
        reached: verdict.reached,
        met: verdict.met,
        goals: verdict.goals,
        violations: verdict.violations,
        seconds: verdict.seconds,
        stopped: verdict.stopped,
        disturbances: 0,
        replans: 0,
        failed_moves: 0,
        decisions: millis.len(),
        decision_seconds: millis.iter().sum::<f64>() / 1e3,
        decision_ms_p99: share(0.99),
        decision_ms_max: share(1.0),
        wall_seconds: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_cut_off_loses_its_last_line_only() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("episodes.jsonl");
        let line = serde_json::to_string(&outcome(7, isogrid_robot::Verdict::default(), &[1.0, 3.0]))
            .expect("plain");
        std::fs::write(&file, format!("{line}\n{}", &line[..20])).expect("writable");
        let known = read(&file).expect("one whole line");
        assert_eq!(known.len(), 1);
        assert_eq!(known[&(String::new(), 0, 7)].decisions, 2);
        assert_eq!(std::fs::read_to_string(&file).expect("readable"), format!("{line}\n"));
        assert!(read(&folder.path().join("none")).expect("nothing is there").is_empty());
    }
}
