//! A world with an episode in it: observations out, actions in, disturbances in between, a verdict at the end.

use isogrid_num::rng::Rng;
use isogrid_robot::world::ACTION_METRES;
use isogrid_robot::{Action, Hand, ObjectKind, Observation, Pose};

use crate::SimError;
use crate::families::{Layout, check, layout};
use crate::judge::{Judge, Moment, Verdict};
use crate::mjcf;
use crate::own::{self, Own};
use crate::physics::{Hold, Physics, STEP_SECONDS};
use crate::scenario::{Disturbance, DisturbanceKind, Family, Scenario, When};

/// Actions for which the hand stays still before the agent sees anything: things settle.
const SETTLE_ACTIONS: usize = 10;

/// Most actions that bring the hand to where an episode begins.
const BEGIN_ACTIONS: usize = 120;

/// A block whose centre is below this lies on the table or a pad, in metres.
const LOW: f64 = 0.05;

/// How fast somebody pushes a block, in metres a second: slow enough that it hardly slides on.
const SHOVE_SPEED: f64 = 0.25;

/// How far a block falls that was torn out of the hand, in metres.
const FALL: f64 = 0.04;

/// After somebody interferes things come to rest for so long, in seconds.
const SETTLE_SECONDS: f64 = 0.6;

/// A simulated world in one episode.
pub struct World {
    layout: Layout,
    physics: Physics,
    judge: Judge,
    noise: f64,
    sensor: Rng,
    chance: Rng,
    /// What is still to happen, each not before its time.
    waiting: Vec<(f64, Disturbance)>,
    start: f64,
    /// Until then the arm is not blamed for what lies where: somebody interferes.
    blameless_until: f64,
    log: Vec<(f64, String)>,
}

impl World {
    /// Builds the world of a scenario and lets it settle.
    ///
    /// # Errors
    /// The scenario contradicts itself, or MuJoCo refuses its scene.
    pub fn new(scenario: &Scenario) -> Result<World, SimError> {
        check(scenario)?;
        let (layout, mut physics) = build(scenario)?;
        for _ in 0..SETTLE_ACTIONS {
            physics.act(&Action { grip: -1.0, ..Action::default() });
        }
        let poses: Vec<_> = (0..layout.scene.objects.len()).map(|at| physics.pose(at)).collect();
        let noise = scenario.noise.pose_mm / 1000.0;
        for disturbance in &scenario.disturbances {
            if let Some(name) = &disturbance.block
                && layout.scene.find(name).is_none()
            {
                return Err(SimError::Scenario(format!("a disturbance names `{name}`, which is not there")));
            }
        }
        let mut times = Rng::new(scenario.seed, 0x717e);
        let mut when = |at: When| match at {
            When::At(at) => at,
            When::Between([from, to]) => from + (to - from) * times.unit(),
        };
        let waiting = scenario.disturbances.iter().map(|one| (when(one.at), one.clone())).collect();
        Ok(World {
            judge: Judge::new(&layout.scene, &layout.task, layout.rule, &poses),
            start: physics.seconds(),
            physics,
            layout,
            noise,
            sensor: Rng::new(scenario.seed, 0x5e50),
            chance: Rng::new(scenario.seed, 0xd157),
            waiting,
            blameless_until: f64::NEG_INFINITY,
            log: Vec::new(),
        })
    }

    /// Brings the open hand to a place in metres before the episode begins: up, across, and down as far as it gets in
    /// six seconds. The clock starts anew.
    pub fn begin_at(&mut self, hand: [f64; 3]) {
        let height = self.hand().position[2].max(hand[2]);
        for _ in 0..BEGIN_ACTIONS {
            let here = self.hand().position;
            let across = near(&here, &hand);
            let aim = if across > 0.02 { [hand[0], hand[1], height] } else { hand };
            // Straight up first: piles may stand beside the hand.
            let rise = height - here[2] > 0.03 && across > 0.02;
            let offset = std::array::from_fn(|k| match rise && k < 2 {
                true => 0.0,
                false => ((aim[k] - here[k]) / ACTION_METRES).clamp(-0.6, 0.6),
            });
            if across.hypot(here[2] - hand[2]) < 0.005 {
                break;
            }
            self.physics.act(&Action { offset, grip: -1.0 });
        }
        self.start = self.physics.seconds();
        let poses = self.poses();
        self.judge = Judge::new(&self.layout.scene, &self.layout.task, self.layout.rule, &poses);
    }

    /// Scene, task and limits.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Simulated seconds since the start.
    pub fn seconds(&self) -> f64 {
        self.physics.seconds() - self.start
    }

    /// Whether the time is up or the arm has stopped.
    pub fn is_over(&self) -> bool {
        self.seconds() >= self.layout.seconds || self.physics.stopped().is_some()
    }

    /// What the agent's senses say.
    pub fn observe(&mut self) -> Observation {
        let noise = self.noise;
        let mut objects = self.poses();
        for (pose, object) in objects.iter_mut().zip(&self.layout.scene.objects) {
            if object.kind == ObjectKind::Block && noise > 0.0 {
                pose.position = pose.position.map(|value| value + noise * self.sensor.normal());
            }
        }
        Observation { seconds: self.seconds(), hand: self.physics.hand(), objects }
    }

    /// True poses.
    pub fn poses(&self) -> Vec<Pose> {
        (0..self.layout.scene.objects.len()).map(|at| self.physics.pose(at)).collect()
    }

    /// The physics, for pictures.
    pub fn physics(&mut self) -> &mut Physics {
        &mut self.physics
    }

    /// Carries out one action, and whatever goes wrong meanwhile.
    pub fn act(&mut self, action: &Action) {
        self.disturb();
        self.physics.act(action);
        let (held, poses) = (self.held().is_some(), self.poses());
        self.judge.look(&Moment { poses: &poses, held, by_arm: self.is_by_arm() });
    }

    /// What the episode has come to.
    pub fn verdict(&self) -> Verdict {
        let (held, poses) = (self.held().is_some(), self.poses());
        let verdict = self.judge.verdict(&Moment { poses: &poses, held, by_arm: self.is_by_arm() });
        let stopped = self.physics.stopped().map(str::to_string);
        Verdict { reached: verdict.reached && stopped.is_none(), seconds: self.seconds(), stopped, ..verdict }
    }

    /// The hand as it is.
    pub fn hand(&self) -> Hand {
        self.physics.hand()
    }

    /// Disturbances that were not taken out yet.
    pub fn log(&self) -> &[(f64, String)] {
        &self.log
    }

    /// Disturbances that happened since the last call: when, and what.
    pub fn take_log(&mut self) -> Vec<(f64, String)> {
        std::mem::take(&mut self.log)
    }

    /// The block between the fingers, off its support.
    fn held(&self) -> Option<usize> {
        let hand = self.physics.hand();
        let near = |at: &usize| {
            let pose = self.physics.pose(*at).position;
            let far = (0..3).map(|k| (pose[k] - hand.position[k]).powi(2)).sum::<f64>().sqrt();
            let width = 2.0 * self.layout.scene.objects[*at].half_size[1];
            self.layout.scene.objects[*at].kind == ObjectKind::Block
                && far < 0.03
                && (hand.opening - width).abs() < 0.006
        };
        (0..self.layout.scene.objects.len()).find(near)
    }

    fn is_by_arm(&self) -> bool {
        self.seconds() >= self.blameless_until
    }

    /// Whatever is due happens; what cannot yet waits, and keeps nothing else from happening.
    fn disturb(&mut self) {
        let mut at = 0;
        while let Some((time, disturbance)) = self.waiting.get(at).cloned() {
            let text = if time <= self.seconds() { self.happen(&disturbance) } else { None };
            let Some(text) = text else {
                at += 1;
                continue;
            };
            self.waiting.remove(at);
            self.blameless_until = self.seconds() + SETTLE_SECONDS;
            self.log.push((self.seconds(), text));
        }
    }

    /// Lets it happen, if it can now.
    fn happen(&mut self, disturbance: &Disturbance) -> Option<String> {
        let held = self.held();
        if disturbance.kind == DisturbanceKind::Drop {
            let block = held?;
            // Torn out only in the air, well away from where it was.
            let pose = self.physics.pose(block);
            if pose.position[2] < 0.12 {
                return None;
            }
            let text = format!("{} is torn out of the hand", self.name(block));
            let [x, y, z] = self.free_spot(block)?;
            self.physics.put(block, &Pose::upright([x, y, z + FALL]));
            return Some(text);
        }
        let clear = self.clear_blocks(held);
        let wanted = disturbance.block.as_deref().and_then(|name| self.layout.scene.find(name));
        let block = match wanted {
            Some(block) => *clear.iter().find(|&&at| at == block)?,
            None => self.victim(disturbance.kind, &clear)?,
        };
        match disturbance.kind {
            DisturbanceKind::Shove => self.shove(block),
            DisturbanceKind::Hold => {
                let text = format!("{} is held for {:.1} s", self.name(block), disturbance.lasts);
                self.grasp(block, [0.0; 2], disturbance.lasts)?;
                Some(text)
            }
            DisturbanceKind::Swap => {
                let others: Vec<_> = clear.iter().copied().filter(|&at| at != block).collect();
                let other = others[self.chance.index(others.len())?];
                self.swap(block, other)
            }
            DisturbanceKind::Move | DisturbanceKind::Drop => {
                let text = format!("{} is moved elsewhere", self.name(block));
                let on_pad = self.free_pad(block);
                let spot = if on_pad.is_some() { on_pad } else { self.free_spot(block) }?;
                self.physics.put(block, &Pose::upright(spot));
                Some(text)
            }
        }
    }

    fn name(&self, object: usize) -> &str {
        &self.layout.scene.objects[object].name
    }

    /// Whom a disturbance without a name hits.
    fn victim(&mut self, kind: DisturbanceKind, clear: &[usize]) -> Option<usize> {
        // What lies low can be shoved away; on a pile it would only be nudged.
        let low: Vec<usize> =
            clear.iter().copied().filter(|&at| self.physics.pose(at).position[2] < LOW).collect();
        let hand = self.physics.hand().position;
        let far = |at: &usize| near(&self.physics.pose(*at).position, &hand);
        let nearest = |from: &[usize]| from.iter().copied().min_by(|a, b| far(a).total_cmp(&far(b)));
        match kind {
            // What the hand is about to grasp is often next to it.
            DisturbanceKind::Shove if !low.is_empty() => nearest(&low),
            DisturbanceKind::Shove | DisturbanceKind::Hold => nearest(clear),
            _ => clear.get(self.chance.index(clear.len())?).copied(),
        }
    }

    /// Blocks with nothing on them, not held, away from the hand.
    fn clear_blocks(&self, held: Option<usize>) -> Vec<usize> {
        let poses = self.poses();
        let hand = self.physics.hand().position;
        let covered = |at: usize| {
            (0..poses.len()).any(|other| {
                other != at
                    && poses[other].position[2] > poses[at].position[2] + 0.01
                    && near(&poses[other].position, &poses[at].position) < 0.05
            })
        };
        (0..poses.len())
            .filter(|&at| {
                self.layout.scene.objects[at].kind == ObjectKind::Block
                    && Some(at) != held
                    && !covered(at)
                    && near(&poses[at].position, &hand) > 0.09
            })
            .collect()
    }

    /// Pushes a block that lies low off what it lies on; one on a pile only askew, or the pile would fall.
    fn shove(&mut self, block: usize) -> Option<String> {
        let (here, poses) = (self.physics.pose(block).position, self.poses());
        let low = here[2] < LOW;
        for _ in 0..200 {
            let far = if low { 0.05 + 0.04 * self.chance.unit() } else { 0.012 };
            // Along x, away from the neighbours of a row: between two towers there is no room for the hand.
            let side = if self.chance.chance(0.5) { 0.0 } else { std::f64::consts::PI };
            let angle = side + 0.8 * (self.chance.unit() - 0.5);
            let spot = [here[0] + far * angle.cos(), here[1] + far * angle.sin(), here[2]];
            if low && !((0.35..0.66).contains(&spot[0]) && self.is_free(&poses, block, &spot)) {
                continue;
            }
            let velocity = [SHOVE_SPEED * angle.cos(), SHOVE_SPEED * angle.sin()];
            self.grasp(block, velocity, far / SHOVE_SPEED)?;
            return Some(format!("{} is shoved {:.0} mm", self.name(block), far * 1000.0));
        }
        None
    }

    /// Lets somebody hold a block for a while, standing or moving; `None` while that hand is busy.
    fn grasp(&mut self, object: usize, velocity: [f64; 2], seconds: f64) -> Option<()> {
        let steps = (seconds / STEP_SECONDS).round() as u32;
        let hold = Hold { object, pose: self.physics.pose(object), velocity, steps };
        (!self.physics.is_holding()).then(|| self.physics.hold(hold))
    }

    fn swap(&mut self, a: usize, b: usize) -> Option<String> {
        let objects = &self.layout.scene.objects;
        let poses = [self.physics.pose(a), self.physics.pose(b)];
        // Both on the table: otherwise a pile could come to stand against the rules.
        if poses.iter().any(|pose| pose.position[2] > 0.06) {
            return None;
        }
        let text = format!("{} and {} change places", objects[a].name, objects[b].name);
        for (block, there, pose) in [(a, b, poses[1]), (b, a, poses[0])] {
            let [x, y, z] = pose.position;
            let support = (z - objects[there].half_size[2]).max(0.0);
            self.physics.put(block, &Pose::upright([x, y, support + objects[block].half_size[2] + 0.002]));
        }
        Some(text)
    }

    /// A pad without anything near it and without the block itself, as its place.
    fn free_pad(&mut self, block: usize) -> Option<[f64; 3]> {
        let poses = self.poses();
        let scene = &self.layout.scene;
        let free: Vec<_> = (0..poses.len())
            .filter(|&pad| {
                scene.objects[pad].kind == ObjectKind::Pad
                    && self.layout.task.fits[block][pad]
                    && near(&poses[pad].position, &poses[block].position) > 0.05
                    && self.is_free(&poses, block, &poses[pad].position)
            })
            .collect();
        let pad = *free.get(self.chance.index(free.len())?)?;
        let [x, y, z] = poses[pad].position;
        let top = z + scene.objects[pad].half_size[2];
        Some([x, y, top + scene.objects[block].half_size[2] + 0.002])
    }

    /// A spot on the table with nothing near it.
    fn free_spot(&mut self, block: usize) -> Option<[f64; 3]> {
        let poses = self.poses();
        let height = self.layout.scene.objects[block].half_size[2] + 0.002;
        for _ in 0..200 {
            let (x, y) = (0.38 + 0.24 * self.chance.unit(), -0.3 + 0.6 * self.chance.unit());
            // The palm is wide across the fingers: a neighbour on that side would keep it away.
            let away = |at: usize| {
                let [ox, oy, _] = poses[at].position;
                at == block || (ox - x).abs() > 0.09 || (oy - y).abs() > 0.15
            };
            if (0..poses.len()).all(away) && near(&self.physics.hand().position, &[x, y, 0.0]) > 0.09 {
                return Some([x, y, height]);
            }
        }
        None
    }

    fn is_free(&self, poses: &[Pose], block: usize, spot: &[f64; 3]) -> bool {
        (0..poses.len()).all(|at| {
            at == block
                || self.layout.scene.objects[at].kind == ObjectKind::Pad
                || near(&poses[at].position, spot) > 0.08
        }) && near(&self.physics.hand().position, spot) > 0.09
    }
}

fn build(scenario: &Scenario) -> Result<(Layout, Physics), SimError> {
    if scenario.family == Family::Own {
        let Own { model, mut layout, prefix } = own::load(scenario)?;
        let physics = Physics::of(model, &layout.scene, prefix)?;
        layout.positions = (0..layout.scene.objects.len()).map(|at| physics.pose(at).position).collect();
        within_reach(&layout)?;
        return Ok((layout, physics));
    }
    let layout = layout(scenario)?;
    let mjcf = mjcf::scene(&layout.scene.objects, &layout.positions);
    let physics = Physics::new(&mjcf, &layout.scene)?;
    Ok((layout, physics))
}

/// Whether all things of a user's scene are where the hand may go, seen from above, and not below the table.
fn within_reach(layout: &Layout) -> Result<(), SimError> {
    let [low, high] = layout.scene.workspace;
    for (object, at) in layout.scene.objects.iter().zip(&layout.positions) {
        let inside = (0..2).all(|k| (low[k]..=high[k]).contains(&at[k])) && (0.0..=high[2]).contains(&at[2]);
        if !inside {
            return Err(SimError::Scenario(format!(
                "`{}` is at {at:.3?}, outside the workspace from {low:?} to {high:?} (metres)",
                object.name
            )));
        }
    }
    Ok(())
}

/// Distance seen from above.
fn near(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}
