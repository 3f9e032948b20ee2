//! The bench `robot`: the arm's success, its ablations, and end-to-end rivals beside it, in simulated worlds.
//!
//! It takes hours. Demonstrations, skills, rivals and episodes are kept in a work folder as they are finished, so a run
//! that is cut off goes on where it was; and a run directory with parts missing can be gone on with on another machine.
//! Left out: the speed of the simulator, which is the bench `sim`.

mod episodes;
mod ladder;
mod parity;
mod protocol;
mod record;
mod report;
pub mod rivals;
mod rows;
mod work;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use crate::piece::Piece;
use crate::run::Run;
use episodes::{Player, Row};
use isogrid_robot::agent::AgentOptions;
use ladder::{Plan, Rung};
use record::{DIGEST, ENGINE_PART, Record};
use rivals::SIZES;
use rows::{ABLATIONS, DEFAULT, OTHERS, ROWS};
use work::{Lesson, Trained, Workshop};

/// What the bench is given.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder with `isogrid` (built with its trainer) and `isogrid-sim`.
    pub programs: PathBuf,
    /// Where finished parts are kept.
    pub work: PathBuf,
    /// The run directory to write.
    pub out: PathBuf,
    /// Episodes and trainings at a time.
    pub threads: usize,
    /// A smoke run of the same path: few of everything.
    pub quick: bool,
    /// A run directory that lacks parts, to go on from.
    pub resume: Option<PathBuf>,
    /// No further episode of the engine, and no further rung, is begun after so many minutes.
    pub minutes: Option<f64>,
}

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// The share of the episodes of each row of the engine as it is.
    pub row_share: f64,
    /// Episodes of an ablation.
    pub ablation: u64,
    /// Episodes of a rival's row.
    pub rival: u64,
    /// Episodes of each rival that is chosen among.
    pub choosing: u64,
    /// Whole demonstrations for the rivals.
    pub demonstrations: usize,
    /// Steps of a rival's last trainings, by size: small ones are cheap, and get more.
    pub rival_steps: [u64; SIZES.len()],
    /// Sizes of rivals, from the smallest.
    pub n_sizes: usize,
    /// Steps of the engine's sub-skills.
    pub n_steps: Option<u64>,
}

impl Extent {
    /// Episodes of a row of the engine as it is.
    fn of_row(&self, row: &rows::EngineRow) -> u64 {
        (self.row_share * row.n as f64).ceil() as u64
    }

    /// All episodes of the engine.
    fn n_of_engine(&self) -> usize {
        let rows: u64 = ROWS.iter().map(|row| self.of_row(row)).sum();
        // The demonstrator's hands are one ablation more.
        (rows + self.ablation * (ABLATIONS.len() as u64 + 1)) as usize
    }
}

const FULL: Extent = Extent {
    row_share: 1.0,
    ablation: 100,
    rival: 100,
    choosing: 20,
    demonstrations: 300,
    rival_steps: [14_000, 4_000, 4_000],
    n_sizes: 3,
    n_steps: None,
};

const QUICK: Extent = Extent {
    row_share: 0.002,
    ablation: 1,
    rival: 1,
    choosing: 1,
    demonstrations: 12,
    rival_steps: [40; SIZES.len()],
    n_sizes: 1,
    n_steps: Some(60),
};

/// First seeds: rows, ablations, rivals, and the choice of rivals have a range each. Those from 100,000 and 200,000 are
/// development's by now: what failed there has been looked at.
const FIRST_SEEDS: [u64; 4] = [500_000, 600_000, 300_000, 400_000];

/// Seeds between two rows.
const SEED_STEP: u64 = 2_000;

/// Runs the bench, writes its run directory and returns its bars as a table. `say` receives a line now and then.
///
/// # Errors
/// A program fails, or the disk refuses.
pub fn run(options: &Options, say: &mut (dyn FnMut(&str) + Send)) -> Result<String> {
    let extent = if options.quick { QUICK } else { FULL };
    ensure!(!options.out.join("raw.jsonl").exists(), "{} holds a run already", options.out.display());
    let mut shop = Workshop::open(&options.programs, &options.work, (extent.n_steps, options.quick))?;
    let mut record = options.resume.as_deref().map_or_else(|| Ok(Record::default()), Record::read)?;
    let mut piece = Piece::begin();
    piece.facts.push((DIGEST.to_string(), shop.digest.clone()));
    record.pieces.push(piece);
    shop.end = options.minutes.map(|minutes| Instant::now() + Duration::from_secs_f64(60.0 * minutes));
    record.keep_of_engine(&shop.digest, &|row, seed| rows::is_planned(row, seed));
    shop.earlier.clone_from(&record.episodes);
    if record.trainings.is_empty() || record.n_of_engine() < extent.n_of_engine() {
        engine(&shop, &extent, (options.threads, say), &mut record)?;
    }
    let plans = ladder::plans(&extent);
    // Rungs may have been made in another order.
    let place = |rung: &Rung| plans.iter().position(|plan| plan.name == rung.name);
    record.rungs.sort_by_key(place);
    // A rung that is begun is brought to its end: it is kept whole or not at all.
    let end = shop.end.take();
    for plan in &plans {
        let is_late = end.is_some_and(|end| Instant::now() > end);
        if !is_late && !record.has(plan) {
            record.forget(plan);
            rung(plan, (&shop, &extent), (options.threads, say), &mut record)?;
            record.rungs.sort_by_key(place);
            write(options, &plans, &record)?;
        }
    }
    write(options, &plans, &record)
}

/// Writes the run directory as far as the bench is, in the place of an earlier one of this run; returns its bars. A
/// killed bench leaves one of them whole.
fn write(options: &Options, plans: &[Plan], record: &Record) -> Result<String> {
    let mut next = options.out.clone().into_os_string();
    next.push(".next");
    let next = PathBuf::from(next);
    if next.exists() {
        fs::remove_dir_all(&next).with_context(|| format!("removing {}", next.display()))?;
    }
    let bars = write_to(&next, options, plans, record)?;
    if options.out.exists() {
        fs::remove_dir_all(&options.out).with_context(|| format!("removing {}", options.out.display()))?;
    }
    fs::rename(&next, &options.out).with_context(|| format!("naming {}", options.out.display()))?;
    Ok(bars)
}

fn write_to(folder: &Path, options: &Options, plans: &[Plan], record: &Record) -> Result<String> {
    let missing = plans.iter().filter(|plan| !record.has(plan));
    let missing: Vec<&str> = missing.map(|plan| plan.name.as_str()).collect();
    let mut run = Run::begin(folder)?;
    run.fact("episodes and trainings at a time", options.threads.to_string());
    let is_whole = missing.is_empty() && !record.trainings.is_empty();
    if record.trainings.is_empty() {
        run.fact("still to come, of the engine", "some ablations and the cost of training");
    }
    if !missing.is_empty() {
        run.fact("still to come, of the ladder", missing.join(", "));
    }
    record.write(&mut run)?;
    report::write(&mut run, record);
    run.finish(match (options.quick, is_whole) {
        (true, _) => &protocol::QUICK,
        (false, true) => &protocol::FULL,
        (false, false) => &protocol::UNFINISHED,
    })
}

/// Trains the engine, plays its rows and ablations.
fn engine(
    shop: &Workshop,
    extent: &Extent,
    (n_threads, say): (usize, &mut (dyn FnMut(&str) + Send)),
    record: &mut Record,
) -> Result<()> {
    let trained = trained(shop, n_threads, say)?;
    let mut rows = as_it_is(extent, &trained[0]);
    rows.extend(ablations(extent, &trained));
    rows.push(scripted(extent));
    let before = record.drop_engine();
    record.trainings.clear();
    let played = episodes::run(&rows, shop, n_threads, say)?;
    if played.is_all {
        lessons().zip(&trained).for_each(|(lesson, one)| record.train(lesson, one.cost));
    }
    record.finished(&format!("{} {ENGINE_PART}", played.episodes.len().saturating_sub(before)));
    record.episodes.splice(0..0, played.episodes);
    Ok(())
}

/// Tunes a rung of the ladder and plays its rows.
fn rung(
    plan: &Plan,
    (shop, extent): (&Workshop, &Extent),
    (n_threads, say): (usize, &mut (dyn FnMut(&str) + Send)),
    record: &mut Record,
) -> Result<()> {
    // On this very machine, so that what tuning takes compares.
    let engine = shop.train(&DEFAULT, (0, 1))?.cost.cpu_seconds;
    let said = Mutex::new(say);
    let tell = |line: &str| said.lock().unwrap_or_else(PoisonError::into_inner)(line);
    let mut play = |rows: &[Row]| {
        episodes::run(rows, shop, n_threads, &mut |line| tell(line)).map(|played| played.episodes)
    };
    let (rung, outcomes) = plan.carry_out((shop, engine), extent, &mut play, (n_threads, &tell))?;
    record.finished(&rung.name);
    record.rungs.push(rung);
    record.episodes.extend(outcomes);
    Ok(())
}

/// The default lesson, then the others.
fn lessons() -> impl Iterator<Item = &'static Lesson> {
    std::iter::once(&DEFAULT).chain(&OTHERS)
}

/// Skills of all lessons: the default first, on two cores and alone on the machine, for its time is a bar; then the
/// others, each on a core.
fn trained(shop: &Workshop, n_threads: usize, say: &mut (dyn FnMut(&str) + Send)) -> Result<Vec<Trained>> {
    say(&format!("robot: skills {}", DEFAULT.name));
    let first = shop.train(&DEFAULT, (0, 1))?;
    say(&format!("robot: the other skills, after {:.0} s", first.cost.wall_seconds));
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<Result<Trained>>>> = OTHERS.iter().map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        for core in 0..n_threads.clamp(1, OTHERS.len()) {
            let (next, done) = (&next, &done);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(slot) = done.get(at) else { break };
                    let one = shop.train(&OTHERS[at], (core, core));
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(one);
                }
            });
        }
    });
    let rest = done.into_iter().map(|slot| {
        let one = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
        one.unwrap_or_else(|| Err(anyhow!("skills were not trained")))
    });
    std::iter::once(Ok(first)).chain(rest).collect()
}

/// The rows of the engine as it is.
fn as_it_is(extent: &Extent, trained: &Trained) -> Vec<Row> {
    let one = |(at, row): (usize, &rows::EngineRow)| Row {
        name: row.name.to_string(),
        worlds: row.worlds.iter().map(|text| rows::world(text)).collect(),
        first_seed: rows::first_seed(at),
        n: extent.of_row(row),
        player: Player::Engine {
            skills: trained.skills.clone(),
            agent: AgentOptions::default(),
            temperature: 0.0,
        },
    };
    ROWS.iter().enumerate().map(one).collect()
}

fn ablations(extent: &Extent, trained: &[Trained]) -> Vec<Row> {
    let skills = |lesson: &Lesson| {
        let at = lessons().position(|known| known == lesson).unwrap_or(0);
        trained[at].skills.clone()
    };
    let one = |ablation: &rows::Ablation| Row {
        name: ablation.row(),
        worlds: ablation.worlds(),
        first_seed: ablation.course.first_seed(),
        n: extent.ablation,
        player: Player::Engine {
            skills: skills(&ablation.lesson),
            agent: ablation.agent(),
            temperature: ablation.temperature,
        },
    };
    ABLATIONS.iter().map(one).collect()
}

/// The demonstrator's own hands, under the same manager.
fn scripted(extent: &Extent) -> Row {
    Row {
        name: rows::SCRIPTED.row(),
        worlds: rows::SCRIPTED.worlds(),
        first_seed: rows::SCRIPTED.course.first_seed(),
        n: extent.ablation,
        player: Player::Scripted,
    }
}
