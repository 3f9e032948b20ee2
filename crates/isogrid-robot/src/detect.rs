//! Do demonstrations consist of motions that look the same from the hand wherever they happen?
//!
//! Recordings are cut into sub-skills. The demonstrator's next action is predicted from its nearest neighbours in the
//! other recordings, once by what is seen relative to the hand, once by the same in the frame of the table: equal
//! information at equal cost. A sign-flip test over recordings at level 0.05 asks whether the relative view errs less
//! by a tenth. Planted data moves things about; the counter-example is one station whose things never move, where playing
//! back positions is as good. Left out: which operators there are.

use isogrid_core::{Bid, Ctx, Evidence, Finding};
use isogrid_num::rng::Rng;

use crate::agent::{Agent, AgentOptions, Status};
use crate::engine::Demonstrations;
use crate::facts::Tolerances;
use crate::kinematic::Kinematic;
use crate::learn::{Segment, segments};
use crate::policy::Scripted;
use crate::recording::{Frame, Recording};
use crate::skill::{Aim, Skill, features};
use crate::tasks::{Rule, Task};
use crate::world::{Action, Object, ObjectKind, Scene};

/// The level of the test.
pub const ALPHA: f64 = 0.05;

/// The structure's name in findings.
pub const STRUCTURE: &str = "sub-skills seen from the hand";

/// Recordings below which nothing is compared.
const MIN_RECORDINGS: usize = 5;
/// Recordings that are looked at.
const MAX_RECORDINGS: usize = 40;
/// Frames of a recording that are predicted.
const MAX_FRAMES: usize = 60;
/// By this share of its error the relative view must be better: less is no reason to prefer it.
const MARGIN: f64 = 0.1;
const N_NEIGHBOURS: usize = 5;
const N_FLIPS: usize = 1999;
/// A length that counts as one, in metres.
const SCALE: f64 = 0.1;
/// CPU seconds of training and of an episode of some minutes; a declared constant, not a clock.
const COST_SECONDS: f64 = 120.0;

/// One moment of a demonstration, in both views, and what was then done.
struct Moment {
    skill: Skill,
    relative: [f64; 4],
    absolute: [f64; 7],
    action: [f64; Action::LEN],
}

/// Looks for the structure.
pub fn detect(ctx: &Ctx, data: &Demonstrations) -> Finding {
    let moments: Vec<Vec<Moment>> = data.recordings.iter().take(MAX_RECORDINGS).filter_map(moments).collect();
    let n = moments.len();
    if n < MIN_RECORDINGS {
        return absent(format!("{n} usable demonstrations are too few to compare anything"));
    }
    let relative = errors(&moments, |moment| &moment.relative);
    let absolute = errors(&moments, |moment| &moment.absolute);
    let gains: Vec<f64> = absolute
        .iter()
        .zip(&relative)
        .map(|(absolute, relative)| (1.0 - MARGIN) * absolute - relative)
        .collect();
    let (statistic, null_quantile, p) = sign_flips(&gains, ctx.seed());
    let found = p <= ALPHA && statistic > 0.0;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n as f64;
    let statement = format!(
        "over {n} demonstrations the next action is predicted to {:.3} (mean square) from the hand's view, to {:.3} from \
         the table's",
        mean(&relative),
        mean(&absolute)
    );
    let bid = Bid {
        score: 0.95,
        cost: COST_SECONDS,
        interval: (0.5, 1.0),
        backing_run: "none yet for this data; `cargo xtask bench robot` measures blocks in simulation"
            .to_string(),
    };
    let evidence = Evidence::Test { statistic, null_quantile, p };
    Finding { structure: STRUCTURE.to_string(), found, statement, evidence, bid: found.then_some(bid) }
}

fn absent(statement: String) -> Finding {
    let evidence = Evidence::Test { statistic: 0.0, null_quantile: f64::INFINITY, p: 1.0 };
    Finding { structure: STRUCTURE.to_string(), found: false, statement, evidence, bid: None }
}

/// Moments of one recording, evenly chosen; none where it cannot be cut.
fn moments(recording: &Recording) -> Option<Vec<Moment>> {
    let segments = segments(recording, &Tolerances::default()).ok()?;
    let n_frames: usize = segments.iter().map(|segment| segment.frames.len()).sum();
    let every = n_frames.div_ceil(MAX_FRAMES).max(1);
    let mut moments = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        // Where a reach goes is known beforehand only by the contact that follows it.
        let contact = segments[at..].iter().find(|later| !matches!(later.aim, Aim::Point { .. }))?;
        moments.extend(segment.frames.clone().map(|frame| moment(recording, segment.skill, frame, contact)));
    }
    Some(moments.into_iter().step_by(every).collect())
}

fn moment(recording: &Recording, skill: Skill, frame: usize, contact: &Segment) -> Moment {
    let Frame { observation, action } = &recording.frames[frame];
    let [x, y, z, loose] = features(&recording.scene, observation, &contact.aim, contact.held);
    let [hand_x, hand_y, hand_z] = observation.hand.position;
    let scaled = |length: f64| length / SCALE;
    let at = [hand_x, hand_y, hand_z].map(scaled);
    let to = [hand_x + x, hand_y + y, hand_z + z].map(scaled);
    Moment {
        skill,
        relative: [scaled(x), scaled(y), scaled(z), loose],
        absolute: [at[0], at[1], at[2], to[0], to[1], to[2], loose],
        action: action.clipped().to_array(),
    }
}

/// Mean squared error of each recording's actions, predicted from the other recordings.
fn errors<const N: usize>(moments: &[Vec<Moment>], view: impl Fn(&Moment) -> &[f64; N]) -> Vec<f64> {
    let error = |at: usize| {
        let rows = &moments[at];
        let others =
            || moments.iter().enumerate().filter(move |(other, _)| *other != at).flat_map(|(_, rows)| rows);
        let total: f64 = rows.iter().map(|row| one_error(row, others(), &view)).sum();
        total / rows.len().max(1) as f64
    };
    (0..moments.len()).map(error).collect()
}

fn one_error<'a, const N: usize>(
    row: &Moment,
    others: impl Iterator<Item = &'a Moment>,
    view: &impl Fn(&Moment) -> &[f64; N],
) -> f64 {
    let mut nearest: Vec<(f64, &Moment)> = Vec::with_capacity(N_NEIGHBOURS + 1);
    for other in others.filter(|other| other.skill == row.skill) {
        let far = view(row).iter().zip(view(other)).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        let place = nearest.partition_point(|(known, _)| *known <= far);
        if place < N_NEIGHBOURS {
            nearest.insert(place, (far, other));
            nearest.truncate(N_NEIGHBOURS);
        }
    }
    let count = nearest.len().max(1) as f64;
    (0..Action::LEN)
        .map(|axis| {
            let guess = nearest.iter().map(|(_, other)| other.action[axis]).sum::<f64>() / count;
            (row.action[axis] - guess).powi(2)
        })
        .sum()
}

/// The mean, its 95 % quantile when signs are random, and the probability of at least that much then.
fn sign_flips(gains: &[f64], seed: u64) -> (f64, f64, f64) {
    let n = gains.len() as f64;
    let statistic = gains.iter().sum::<f64>() / n;
    let mut rng = Rng::new(seed, 0x51f1);
    let mut null: Vec<f64> = (0..N_FLIPS)
        .map(|_| gains.iter().map(|gain| if rng.chance(0.5) { *gain } else { -gain }).sum::<f64>() / n)
        .collect();
    null.sort_unstable_by(f64::total_cmp);
    let above = null.len() - null.partition_point(|value| *value < statistic);
    (statistic, isogrid_num::stats::quantile(&null, 1.0 - ALPHA), (above + 1) as f64 / (N_FLIPS + 1) as f64)
}

const N_DEMONSTRATIONS: u64 = 8;
const HALF: f64 = 0.02;

/// Demonstrations of one station: the same block from the same place to the same pad, by an unsteady hand.
pub fn counter_example(seed: u64) -> Demonstrations {
    let mut rng = Rng::new(seed, 0xc0);
    let places = places(&mut rng);
    let recordings = (0..N_DEMONSTRATIONS).map(|at| demonstrate(&places, seed ^ (at << 32)));
    Demonstrations { recordings: recordings.collect() }
}

/// Demonstrations in which block and pads stand elsewhere each time.
pub fn planted(seed: u64) -> Demonstrations {
    let mut rng = Rng::new(seed, 0x91);
    let recordings = (0..N_DEMONSTRATIONS).map(|at| demonstrate(&places(&mut rng), seed ^ (at << 32)));
    Demonstrations { recordings: recordings.collect() }
}

/// Places of two pads, well apart.
fn places(rng: &mut Rng) -> [[f64; 2]; 2] {
    let x = |rng: &mut Rng| 0.4 + 0.2 * rng.unit();
    [[x(rng), -0.3 + 0.2 * rng.unit()], [x(rng), 0.1 + 0.2 * rng.unit()]]
}

fn demonstrate(places: &[[f64; 2]; 2], seed: u64) -> Recording {
    let object = |name: &str, kind, half_size| Object { name: name.to_string(), kind, half_size };
    let pad = [0.04, 0.04, 0.0005];
    let scene = Scene {
        objects: vec![
            object("from", ObjectKind::Pad, pad),
            object("to", ObjectKind::Pad, pad),
            object("part", ObjectKind::Block, [HALF; 3]),
        ],
        rate_hz: 20.0,
        workspace: [[0.25, -0.45, 0.005], [0.75, 0.45, 0.6]],
    };
    let task = Task::new(&scene, Rule::Anything, vec![(2, 1)]);
    let [[x, y], [to_x, to_y]] = *places;
    let mut world = Kinematic::new(&scene, &[[x, y, 0.0005], [to_x, to_y, 0.0005], [x, y, 0.001 + HALF]]);
    let mut frames = Vec::new();
    let policy = Box::new(Scripted::new(0.2, seed));
    let ctx = Ctx::new(seed);
    let agent = Agent::new(&scene, &task, policy, AgentOptions::default());
    if let Ok(mut agent) = agent {
        // A few ticks beyond the end: the hand opens.
        let mut after = 4;
        while after > 0 && frames.len() < 600 {
            let observation = world.observe().clone();
            let Ok(action) = agent.act(&ctx, &observation) else { break };
            world.act(&action);
            frames.push(Frame { observation, action });
            after -= u32::from(*agent.status() != Status::Working);
        }
    }
    Recording { scene, task: "put the part on the pad".to_string(), frames }
}

/// How often each sub-skill occurs in demonstrations, in the order of a move.
#[cfg(test)]
fn count_skills(data: &Demonstrations) -> [usize; 4] {
    let mut counts = [0; 4];
    for moment in data.recordings.iter().filter_map(moments).flatten() {
        counts[moment.skill as usize] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_data_hold_every_sub_skill() {
        for data in [planted(3), counter_example(3)] {
            let counts = count_skills(&data);
            assert!(counts.iter().all(|count| *count >= 8), "{counts:?}");
        }
    }

    #[test]
    fn few_demonstrations_are_no_evidence() {
        let mut data = planted(1);
        data.recordings.truncate(4);
        let finding = detect(&Ctx::new(1), &data);
        assert!(!finding.found && finding.statement.contains("4 usable"), "{}", finding.statement);
    }
}
