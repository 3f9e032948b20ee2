//! From a scenario to a scene, places and a task: the layouts of the families.
//!
//! Everything stands on a table at the height of the arm's base plate. Sizes of blocks and jitter follow the published
//! benchmark of arXiv 2602.19260 (half sizes from 20 mm in steps of 2.5 mm, 1 cm jitter); pads here are 20 cm apart.

use isogrid_num::rng::Rng;
use isogrid_robot::tasks::{Rule, Task};
use isogrid_robot::{Object, ObjectKind, Scene};

use crate::SimError;
use crate::scenario::{Family, GoalSpec, Scenario, SceneSpec, StartKind, When};

/// Ticks a second.
pub const RATE_HZ: f64 = 20.0;

/// Standard deviation of where things stand unless a scenario says otherwise, in millimetres.
const JITTER_MM: f64 = 10.0;

/// The largest shift of what stands somewhere, in metres.
pub(crate) const MAX_JITTER: f64 = 0.02;

/// Largest standard deviation of seen positions, in millimetres.
const MAX_NOISE_MM: f64 = 50.0;

/// Shortest episode, in seconds: that of one action.
const LEAST_SECONDS: f64 = 1.0 / RATE_HZ;

/// Longest episode, in seconds.
const MAX_SECONDS: f64 = 36_000.0;

/// Space between a block and what it is put on at the start, in metres.
const AIR: f64 = 0.0005;

/// Half the thickness of a pad, in metres.
const PAD_HEIGHT: f64 = 0.0005;

/// A scene, where its things stand, and what is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// What there is.
    pub scene: Scene,
    /// Where each object's centre is at the start, in metres.
    pub positions: Vec<[f64; 3]>,
    /// What is asked of the agent.
    pub task: Task,
    /// What may lie on what while the episode runs.
    pub rule: Rule,
    /// After so many seconds the episode has failed.
    pub seconds: f64,
}

/// What each block lies on at the start or shall lie on: pairs of indices.
type Arrangement = Vec<(usize, usize)>;

/// Lays a scenario out.
///
/// # Errors
/// [`SimError::Scenario`] where sizes are out of range, a name is unknown, or places contradict each other.
pub fn layout(scenario: &Scenario) -> Result<Layout, SimError> {
    check(scenario)?;
    let mut rng = Rng::new(scenario.seed, 0x5ce0);
    let (scene, mut centres) = match scenario.family {
        Family::Own => {
            return Err(wrong("family = \"own\" is laid out by its MJCF scene, with physics only"));
        }
        Family::Kitting => kitting_scene(scenario.scene.blocks)?,
        _ => tower_scene(scenario)?,
    };
    let rule = match scenario.family {
        Family::Hanoi => Rule::SmallerOnLarger,
        Family::Kitting => Rule::PadsOnly,
        _ => Rule::Anything,
    };
    let start = match scenario.start.on.is_empty() {
        false => lawful(&scene, rule, named(&scene, &scenario.start.on)?)?,
        true => usual_start(scenario, &scene, rule, &mut rng),
    };
    let jitter = scenario.start.jitter_mm.unwrap_or(JITTER_MM) / 1000.0;
    stack(&scene, &start, jitter, &mut centres, &mut rng)?;
    let task = match &scenario.goal {
        Some(goal) => asked(&scene, rule, goal)?,
        None => usual_goal(scenario, &scene, rule, &start, &mut rng),
    };
    let moves = match scenario.family {
        Family::Hanoi => (1u32 << scenario.scene.blocks) - 1,
        _ => 2 * scenario.scene.blocks as u32,
    };
    let seconds = scenario.seconds.unwrap_or(40.0 + 15.0 * f64::from(moves));
    Ok(Layout { scene, positions: centres, task, rule, seconds })
}

/// What holds for every family.
pub(crate) fn check(scenario: &Scenario) -> Result<(), SimError> {
    if scenario.family != Family::Own && (scenario.scene.mjcf.is_some() || !scenario.scene.objects.is_empty())
    {
        return Err(wrong("scene.mjcf and [[scene.objects]] need family = \"own\""));
    }
    if let Some(seconds) = scenario.seconds.filter(|seconds| !(LEAST_SECONDS..=MAX_SECONDS).contains(seconds))
    {
        return Err(wrong(format!("seconds = {seconds}, expected {LEAST_SECONDS} to {MAX_SECONDS}")));
    }
    unused(scenario)?;
    for disturbance in &scenario.disturbances {
        let (from, to) = match disturbance.at {
            When::At(at) => (at, at),
            When::Between([from, to]) => (from, to),
        };
        for (name, value) in [("at", from), ("at", to), ("lasts", disturbance.lasts)] {
            if !(0.0..=MAX_SECONDS).contains(&value) {
                return Err(wrong(format!("{name} = {value} of a disturbance, expected 0 to {MAX_SECONDS}")));
            }
        }
        if from > to {
            return Err(wrong(format!(
                "at = [{from}, {to}] of a disturbance: the first is later than the second"
            )));
        }
    }
    let noise = scenario.noise.pose_mm;
    if !(0.0..=MAX_NOISE_MM).contains(&noise) {
        return Err(wrong(format!("pose_mm = {noise}, expected 0 to {MAX_NOISE_MM}")));
    }
    Ok(())
}

/// What a family has of its own is not asked of a file.
fn unused(scenario: &Scenario) -> Result<(), SimError> {
    let usual = SceneSpec::default();
    let (own, kitting) = (scenario.family == Family::Own, scenario.family == Family::Kitting);
    let said = [
        ("scene.blocks", own && scenario.scene.blocks != usual.blocks),
        ("scene.pads", (own || kitting) && scenario.scene.pads != usual.pads),
        ("start.kind", own && scenario.start.kind != StartKind::Usual),
    ];
    match said.into_iter().find(|(_, is_said)| *is_said) {
        Some((key, _)) => {
            let family = if own { "own" } else { "kitting" };
            Err(wrong(format!("{key} says nothing in family = \"{family}\"")))
        }
        None => Ok(()),
    }
}

pub(crate) fn wrong(what: impl Into<String>) -> SimError {
    SimError::Scenario(what.into())
}

fn pad(name: String, half: f64) -> Object {
    Object { name, kind: ObjectKind::Pad, half_size: [half, half, PAD_HEIGHT] }
}

fn block(name: String, half_size: [f64; 3]) -> Object {
    Object { name, kind: ObjectKind::Block, half_size }
}

pub(crate) fn scene_of(objects: Vec<Object>) -> Scene {
    Scene { objects, rate_hz: RATE_HZ, workspace: [[0.25, -0.45, 0.005], [0.75, 0.45, 0.6]] }
}

/// Pads in a row, blocks from small to large: `b1` is the smallest.
fn tower_scene(scenario: &Scenario) -> Result<(Scene, Vec<[f64; 3]>), SimError> {
    let (n_blocks, n_pads) = (scenario.scene.blocks, scenario.scene.pads);
    if !(1..=6).contains(&n_blocks) {
        return Err(wrong(format!("blocks = {n_blocks}, expected 1 to 6")));
    }
    if !(2..=4).contains(&n_pads) {
        return Err(wrong(format!("pads = {n_pads}, expected 2 to 4")));
    }
    let mut objects: Vec<_> = (1..=n_pads).map(|n| pad(format!("pad{n}"), 0.04)).collect();
    let middle = (n_pads as f64 - 1.0) / 2.0;
    let mut centres: Vec<_> = (0..n_pads).map(|n| [0.5, 0.2 * (n as f64 - middle), PAD_HEIGHT]).collect();
    for n in 0..n_blocks {
        objects.push(block(format!("b{}", n + 1), [0.02 + 0.0025 * n as f64; 3]));
        centres.push([0.0; 3]);
    }
    Ok((scene_of(objects), centres))
}

/// Slots behind, places in front, parts of different shape, and a stray part that stands in the way.
fn kitting_scene(n_parts: usize) -> Result<(Scene, Vec<[f64; 3]>), SimError> {
    if !(1..=5).contains(&n_parts) {
        return Err(wrong(format!("blocks = {n_parts}, expected 1 to 5 parts")));
    }
    let spread = |n: usize, count: usize| 0.13 * (n as f64 - (count as f64 - 1.0) / 2.0);
    let mut objects: Vec<_> = (1..=n_parts).map(|n| pad(format!("slot{n}"), 0.035)).collect();
    let mut centres: Vec<_> = (0..n_parts).map(|n| [0.6, spread(n, n_parts), PAD_HEIGHT]).collect();
    for n in 0..=n_parts {
        objects.push(pad(format!("place{}", n + 1), 0.035));
        centres.push([0.42, spread(n, n_parts + 1), PAD_HEIGHT]);
    }
    for n in 0..n_parts {
        let grow = n as f64;
        let half = [0.022 + 0.002 * (grow % 3.0), 0.02 + 0.002 * (grow % 4.0), 0.02 + 0.003 * (grow % 5.0)];
        objects.push(block(format!("part{}", n + 1), half));
        centres.push([0.0; 3]);
    }
    objects.push(block("stray".to_string(), [0.024, 0.024, 0.03]));
    centres.push([0.0; 3]);
    Ok((scene_of(objects), centres))
}

fn of_kind(scene: &Scene, kind: ObjectKind) -> Vec<usize> {
    (0..scene.objects.len()).filter(|&at| scene.objects[at].kind == kind).collect()
}

/// Pairs of names as pairs of objects: no block twice, no two on one thing.
fn named(scene: &Scene, pairs: &[(String, String)]) -> Result<Arrangement, SimError> {
    let find = |name: &String| {
        let names = || scene.objects.iter().map(|object| object.name.as_str()).collect::<Vec<_>>().join(", ");
        scene.find(name).ok_or_else(|| wrong(format!("there is no `{name}`; there are {}", names())))
    };
    let pair = |(block, on): &(String, String)| {
        let (block, on) = (find(block)?, find(on)?);
        match scene.objects[block].kind {
            ObjectKind::Block => Ok((block, on)),
            ObjectKind::Pad => Err(wrong(format!("`{}` cannot be moved", scene.objects[block].name))),
        }
    };
    let pairs: Arrangement = pairs.iter().map(pair).collect::<Result<_, _>>()?;
    for (at, (block, on)) in pairs.iter().enumerate() {
        if block == on {
            return Err(wrong(format!("`{}` cannot lie on itself", scene.objects[*block].name)));
        }
        if pairs[..at].iter().any(|(other, _)| other == block) {
            return Err(wrong(format!("`{}` is put somewhere twice", scene.objects[*block].name)));
        }
        if pairs[..at].iter().any(|(_, other)| other == on) {
            return Err(wrong(format!("two blocks are put on `{}`", scene.objects[*on].name)));
        }
    }
    Ok(pairs)
}

/// The pairs of a goal; there is at least one.
/// The task of a goal in a file.
pub(crate) fn asked(scene: &Scene, rule: Rule, goal: &GoalSpec) -> Result<Task, SimError> {
    if goal.on.is_empty() {
        return Err(wrong("goal.on is empty: nothing is asked"));
    }
    let pairs = named(scene, &goal.on)?;
    let in_turn = |(at, name): (usize, &String)| {
        let block = scene.find(name).filter(|block| pairs.iter().any(|(moved, _)| moved == block));
        let block =
            block.ok_or_else(|| wrong(format!("goal.order names `{name}`, which goal.on does not")))?;
        match goal.order[..at].contains(name) {
            true => Err(wrong(format!("goal.order names `{name}` twice"))),
            false => Ok(block),
        }
    };
    let order = goal.order.iter().enumerate().map(in_turn).collect::<Result<_, _>>()?;
    Ok(Task::new(scene, rule, pairs).in_order(order))
}

/// A start that the rules allow.
fn lawful(scene: &Scene, rule: Rule, start: Arrangement) -> Result<Arrangement, SimError> {
    let fits = Task::new(scene, rule, Vec::new()).fits;
    let name = |at: usize| &scene.objects[at].name;
    match start.iter().find(|&&(block, on)| !fits[block][on]) {
        Some(&(block, on)) => {
            Err(wrong(format!("the start has `{}` on `{}`, which the rules forbid", name(block), name(on))))
        }
        None => Ok(start),
    }
}

fn usual_start(scenario: &Scenario, scene: &Scene, rule: Rule, rng: &mut Rng) -> Arrangement {
    let (pads, blocks) = (of_kind(scene, ObjectKind::Pad), of_kind(scene, ObjectKind::Block));
    match (scenario.family, scenario.start.kind) {
        (Family::Kitting, _) => {
            let n_parts = blocks.len() - 1;
            let mut places = pads[n_parts..].to_vec();
            rng.shuffle(&mut places);
            let stray_slot = pads[rng.below(n_parts as u64) as usize];
            let parts = blocks[..n_parts].iter().copied().zip(places);
            parts.chain([(blocks[n_parts], stray_slot)]).collect()
        }
        (Family::Hanoi, StartKind::Usual) => tower(&blocks, pads[0]),
        _ => random_arrangement(&pads, &blocks, rule, rng),
    }
}

/// All blocks on one pad, the smallest on top.
fn tower(blocks: &[usize], on: usize) -> Arrangement {
    let below = blocks[1..].iter().copied().chain([on]);
    blocks.iter().copied().zip(below).collect()
}

/// Each block on a random pile: from large to small where only that is allowed, in random order elsewhere.
fn random_arrangement(pads: &[usize], blocks: &[usize], rule: Rule, rng: &mut Rng) -> Arrangement {
    let mut order: Vec<usize> = blocks.iter().rev().copied().collect();
    if rule == Rule::Anything {
        rng.shuffle(&mut order);
    }
    let mut tops = pads.to_vec();
    let mut arrangement = Vec::new();
    for block in order {
        let pile = rng.below(tops.len() as u64) as usize;
        arrangement.push((block, tops[pile]));
        tops[pile] = block;
    }
    arrangement
}

fn usual_goal(scenario: &Scenario, scene: &Scene, rule: Rule, start: &Arrangement, rng: &mut Rng) -> Task {
    let (pads, blocks) = (of_kind(scene, ObjectKind::Pad), of_kind(scene, ObjectKind::Block));
    match scenario.family {
        Family::Hanoi => Task::new(scene, rule, tower(&blocks, pads[pads.len() - 1])),
        Family::Kitting => kitting_task(scene, &pads, &blocks, rng),
        Family::Own => Task::new(scene, rule, Vec::new()),
        Family::Stacking => loop {
            let goal = random_arrangement(&pads, &blocks, rule, rng);
            let same = goal.iter().all(|pair| start.contains(pair));
            if !same || blocks.is_empty() {
                break Task::new(scene, rule, goal);
            }
        },
        Family::Move => {
            // The top of a random pile goes to another pile's top or an empty pad.
            let is_top = |at: &usize| start.iter().all(|(_, on)| on != at);
            let movable: Vec<_> = blocks.iter().copied().filter(is_top).collect();
            let block = movable[rng.below(movable.len() as u64) as usize];
            let from = start.iter().find(|(moved, _)| *moved == block).map(|(_, on)| *on);
            let open: Vec<_> = pads.iter().chain(&blocks).copied().filter(is_top).collect();
            let open: Vec<_> = open.into_iter().filter(|&on| on != block && Some(on) != from).collect();
            let on = open[rng.below(open.len() as u64) as usize];
            Task::new(scene, rule, vec![(block, on)])
        }
    }
}

fn kitting_task(scene: &Scene, pads: &[usize], blocks: &[usize], rng: &mut Rng) -> Task {
    let n_parts = blocks.len() - 1;
    let (mut order, mut slots) = (blocks[..n_parts].to_vec(), pads[..n_parts].to_vec());
    rng.shuffle(&mut order);
    rng.shuffle(&mut slots);
    let goal: Vec<_> = order.iter().copied().zip(slots.iter().copied()).collect();
    let mut task = Task::new(scene, Rule::PadsOnly, goal).in_order(order);
    // Slots are for their own part; everything else is put aside on places.
    for row in &mut task.fits {
        for &slot in &pads[..n_parts] {
            row[slot] = false;
        }
    }
    task
}

/// Puts every block on its support, from below.
fn stack(
    scene: &Scene,
    start: &Arrangement,
    jitter: f64,
    centres: &mut [[f64; 3]],
    rng: &mut Rng,
) -> Result<(), SimError> {
    if !(0.0..=MAX_JITTER).contains(&jitter) {
        return Err(wrong(format!("jitter_mm = {}, expected 0 to 20", jitter * 1000.0)));
    }
    let blocks = of_kind(scene, ObjectKind::Block);
    if let Some(&lost) = blocks.iter().find(|&&block| start.iter().filter(|(b, _)| *b == block).count() != 1)
    {
        return Err(wrong(format!("`{}` must be put somewhere exactly once", scene.objects[lost].name)));
    }
    let mut placed: Vec<usize> = of_kind(scene, ObjectKind::Pad);
    // Whole piles are shifted, and blocks slightly within them, so that towers stand.
    for &pad in &placed.clone() {
        let pile: [f64; 2] = std::array::from_fn(|_| (jitter * rng.normal()).clamp(-0.02, 0.02));
        let mut below = pad;
        let mut at = [centres[pad][0] + pile[0], centres[pad][1] + pile[1]];
        while let Some(&(block, _)) = start.iter().find(|(_, on)| *on == below) {
            let height = centres[below][2] + scene.objects[below].half_size[2];
            centres[block] = [at[0], at[1], height + scene.objects[block].half_size[2] + AIR];
            placed.push(block);
            below = block;
            at = at.map(|value| value + (0.1 * jitter * rng.normal()).clamp(-0.004, 0.004));
        }
    }
    match blocks.iter().find(|block| !placed.contains(block)) {
        Some(&lost) => Err(wrong(format!("`{}` does not rest on a pad", scene.objects[lost].name))),
        None => Ok(()),
    }
}
