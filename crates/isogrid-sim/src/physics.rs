//! The simulated arm and its objects: physics steps under operational-space control.
//!
//! Twenty times a second the world gets an action; between actions the controller runs at every physics step. The hand
//! keeps pointing down; its goal is where it was at the tick, plus the action's offset. Left out: scenarios, judging.

use isogrid_robot::world::ACTION_METRES;
use isogrid_robot::{Action, Hand, ObjectKind, Pose, Scene};
use mujoco_rs::prelude::*;

use crate::SimError;
use crate::camera::Props;
use crate::library;
use crate::limb::Limb;
use crate::osc::{self, ArmState, Gains, N_TASK};
use crate::panda::{FINGER_TRAVEL, HOME, MAX_TORQUE, MAX_VELOCITY, N_JOINTS};
use crate::vector;

/// The physics step, in seconds.
pub const STEP_SECONDS: f64 = 0.002;

/// Physics steps for each action: 20 actions a second.
pub const STEPS_PER_ACTION: usize = 25;

/// Beyond this multiple of a joint's rated velocity the arm stops.
const EMERGENCY_VELOCITY: f64 = 2.0;

/// A running simulation.
pub struct Physics {
    data: MjData<Box<MjModel>>,
    objects: Vec<Thing>,
    workspace: [[f64; 3]; 2],
    limb: Limb,
    grip: f64,
    held: Option<Hold>,
    stopped: Option<String>,
    steps: u64,
    peak: Peak,
}

/// Somebody's hand that holds an object, or moves it over the table.
///
/// It pulls the object to where it wants it as a damped spring does, no harder than a hand can, so that whatever else
/// touches the object feels a force and not a wall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hold {
    /// What is held.
    pub object: usize,
    /// Where it is wanted now.
    pub pose: Pose,
    /// How that place moves along x and y, in metres a second.
    pub velocity: [f64; 2],
    /// Physics steps that are left.
    pub steps: u32,
}

/// The strongest pull of somebody's hand, in newtons and newton metres.
const STRENGTH: [f64; 2] = [60.0, 3.0];

/// The spring of somebody's hand and its damping, as shares of what would move a free object there within a physics step.
const SPRING: f64 = 0.4;
const DAMPING: f64 = 0.6;

/// The largest loads of the arm so far, as shares of what its joints are rated for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Peak {
    /// Of the rated velocity.
    pub velocity: f64,
    /// Of the rated torque.
    pub torque: f64,
}

/// Where an object's numbers are.
struct Thing {
    body: usize,
    /// First of seven numbers in the position vector, for what can move.
    free: Option<(usize, usize)>,
}

impl Physics {
    /// Compiles `mjcf` and puts the arm into its home posture.
    ///
    /// # Errors
    /// [`SimError::Library`] for another MuJoCo than the one built for, [`SimError::Model`] where MuJoCo refuses the
    /// text, [`SimError::Missing`] for a name that the scene lacks.
    pub fn new(mjcf: &str, scene: &Scene) -> Result<Physics, SimError> {
        library::check()?;
        let model = MjModel::from_xml_string(mjcf).map_err(|error| SimError::Model(error.to_string()))?;
        Physics::of(model, scene, "")
    }

    /// The same from a compiled model, in which the names of objects begin with `prefix`.
    pub(crate) fn of(mut model: MjModel, scene: &Scene, prefix: &str) -> Result<Physics, SimError> {
        // A scene with an arm of its own brings options of its own.
        model.opt_mut().timestep = STEP_SECONDS;
        let limb = Limb::find(&model)?;
        let things = scene.objects.iter().map(|object| {
            let missing = |what: &str| SimError::Missing(format!("{what} `{}`", object.name));
            let name = format!("{prefix}{}", object.name);
            let body = model.name_to_id(MjtObjBase::mjOBJ_BODY, &name).ok_or_else(|| missing("body"))?;
            let free = match object.kind {
                ObjectKind::Pad => None,
                ObjectKind::Block => {
                    let joint = usize::try_from(model.body_jntadr()[body]).ok();
                    let free = |joint: &usize| model.jnt_type()[*joint] == MjtJoint::mjJNT_FREE;
                    let joint = joint.filter(free).ok_or_else(|| missing("free joint of the body"))?;
                    Some((model.jnt_qposadr()[joint] as usize, model.jnt_dofadr()[joint] as usize))
                }
            };
            Ok(Thing { body, free })
        });
        let objects = things.collect::<Result<Vec<_>, SimError>>()?;
        let mut data = MjData::new(Box::new(model));
        limb.home(&mut data);
        data.forward();
        let workspace = scene.workspace;
        Ok(Physics {
            data,
            objects,
            workspace,
            limb,
            grip: -1.0,
            held: None,
            stopped: None,
            steps: 0,
            peak: Peak::default(),
        })
    }

    /// What can be seen of the scene.
    pub fn props(&self) -> Props {
        Props::of(self.data.model())
    }

    pub(crate) fn data(&self) -> &MjData<Box<MjModel>> {
        &self.data
    }

    /// The body of an object, by its place in the list given at the start.
    pub(crate) fn body(&self, object: usize) -> usize {
        self.objects[object].body
    }

    /// The body that carries the arm.
    pub(crate) fn arm_root(&self) -> usize {
        self.limb.root(self.data.model())
    }

    /// Seconds simulated.
    pub fn seconds(&self) -> f64 {
        // MuJoCo's own clock starts over when the physics becomes unstable.
        self.steps as f64 * STEP_SECONDS
    }

    /// The largest loads of the arm so far.
    pub fn peak(&self) -> Peak {
        self.peak
    }

    /// Stops the arm for good: its joints are held where they are. The first reason stays.
    pub fn stop(&mut self, why: &str) {
        self.stopped.get_or_insert_with(|| why.to_string());
    }

    /// Why the arm was stopped or stopped itself, if it did.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// The hand as it is.
    pub fn hand(&self) -> Hand {
        Hand { position: self.limb.tip(&self.data), opening: self.limb.opening(&self.data) }
    }

    /// The pose of an object, by its place in the list given at the start.
    pub fn pose(&self, object: usize) -> Pose {
        let body = self.objects[object].body;
        Pose { position: self.data.xpos()[body], rotation: self.data.xquat()[body] }
    }

    /// Puts an object somewhere else, at rest.
    pub fn put(&mut self, object: usize, pose: &Pose) {
        self.set(object, pose);
        self.data.forward();
    }

    /// Lets somebody's hand hold an object.
    pub fn hold(&mut self, hold: Hold) {
        self.held = Some(hold);
    }

    /// Whether somebody's hand is busy.
    pub fn is_holding(&self) -> bool {
        self.held.is_some()
    }

    /// One step of what somebody's hand does.
    fn pull(&mut self) {
        let Some(hold) = &mut self.held else { return };
        let body = self.objects[hold.object].body;
        if hold.steps == 0 {
            self.data.xfrc_applied_mut()[body] = [0.0; 6];
            self.held = None;
            return;
        }
        hold.steps -= 1;
        let [x, y] = hold.velocity;
        hold.pose.position[0] += x * STEP_SECONDS;
        hold.pose.position[1] += y * STEP_SECONDS;
        let Some((_, at)) = self.objects[hold.object].free else { return };
        let (place, turn) = (self.data.xpos()[body], self.data.xquat()[body]);
        let moves: [f64; 6] = std::array::from_fn(|k| self.data.qvel()[at + k]);
        let mass = self.data.model().body_mass()[body];
        let inertia = self.data.model().body_inertia()[body].iter().sum::<f64>() / 3.0;
        let spring = |off: f64, speed: f64, weight: f64, most: f64| {
            let pull = SPRING * off / STEP_SECONDS - DAMPING * speed;
            (weight * pull / STEP_SECONDS).clamp(-most, most)
        };
        // A free joint turns in the object's own frame.
        let own = [moves[3], moves[4], moves[5]];
        let turning = vector::rotated(&turn, &own);
        let off = vector::turn_between(&turn, &hold.pose.rotation);
        let wanted = [x, y, 0.0];
        self.data.xfrc_applied_mut()[body] = std::array::from_fn(|k| match k {
            0..3 => spring(hold.pose.position[k] - place[k], moves[k] - wanted[k], mass, STRENGTH[0]),
            _ => spring(off[k - 3], turning[k - 3], inertia, STRENGTH[1]),
        });
    }

    fn set(&mut self, object: usize, pose: &Pose) {
        if let Some((at, velocity)) = self.objects[object].free {
            self.data.qpos_mut()[at..at + 3].copy_from_slice(&pose.position);
            self.data.qpos_mut()[at + 3..at + 7].copy_from_slice(&pose.rotation);
            self.data.qvel_mut()[velocity..velocity + 6].fill(0.0);
        }
    }

    /// Carries out one action.
    pub fn act(&mut self, action: &Action) {
        let action = action.clipped();
        let here = self.hand().position;
        let [low, high] = self.workspace;
        let goal: [f64; 3] =
            std::array::from_fn(|i| (here[i] + ACTION_METRES * action.offset[i]).clamp(low[i], high[i]));
        self.grip = action.grip;
        for _ in 0..STEPS_PER_ACTION {
            self.step(&goal);
        }
    }

    fn step(&mut self, goal: &[f64; 3]) {
        let arm = self.limb.state(&self.data);
        self.watch(&arm);
        let torques = match self.stopped {
            // Brakes: the joints are held where they are by damping alone.
            Some(_) => std::array::from_fn(|j| {
                (arm.bias[j] - 50.0 * arm.velocities[j]).clamp(-MAX_TORQUE[j], MAX_TORQUE[j])
            }),
            None => osc::torques(&arm, &self.error(goal), &HOME, &Gains::default()),
        };
        let finger = if self.grip > 0.0 { 0.0 } else { FINGER_TRAVEL };
        self.note(&arm, &torques);
        self.limb.drive(&mut self.data, &torques, finger);
        self.pull();
        let before = self.data.time();
        self.data.step();
        self.steps += 1;
        // MuJoCo answers numbers that run away by starting over.
        if self.data.time() <= before {
            self.stopped.get_or_insert_with(|| "the physics became unstable".to_string());
        }
    }

    fn note(&mut self, arm: &ArmState, torques: &[f64; N_JOINTS]) {
        for j in 0..N_JOINTS {
            self.peak.velocity = self.peak.velocity.max(arm.velocities[j].abs() / MAX_VELOCITY[j]);
            self.peak.torque = self.peak.torque.max(torques[j].abs() / MAX_TORQUE[j]);
        }
    }

    /// Stops the arm for good where a joint runs away or a number is none.
    fn watch(&mut self, arm: &ArmState) {
        if self.stopped.is_some() {
            return;
        }
        let fast = (0..N_JOINTS).find(|&j| {
            let velocity = arm.velocities[j].abs();
            velocity.is_nan() || velocity > EMERGENCY_VELOCITY * MAX_VELOCITY[j]
        });
        if let Some(joint) = fast {
            self.stopped = Some(format!(
                "joint {} moved at {:.1} rad/s, rated {}",
                joint + 1,
                arm.velocities[joint],
                MAX_VELOCITY[joint]
            ));
        }
    }

    /// What separates the hand from `goal` and from pointing down.
    fn error(&self, goal: &[f64; 3]) -> [f64; N_TASK] {
        let here = self.limb.tip(&self.data);
        let m = self.limb.tip_rotation(&self.data);
        // Columns of the wanted rotation: x forward, y right, z down.
        let wanted = [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]];
        let mut turn = [0.0; 3];
        for (axis, wanted) in wanted.iter().enumerate() {
            let is = [m[axis], m[3 + axis], m[6 + axis]];
            for (k, turn) in turn.iter_mut().enumerate() {
                let (a, b) = ((k + 1) % 3, (k + 2) % 3);
                *turn += 0.5 * (is[a] * wanted[b] - is[b] * wanted[a]);
            }
        }
        [goal[0] - here[0], goal[1] - here[1], goal[2] - here[2], turn[0], turn[1], turn[2]]
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario_file::parse;
    use crate::world::World;

    #[test]
    fn a_joint_that_runs_away_stops_the_arm_and_nothing_moves_it_again() {
        for (velocity, stops) in
            [(MAX_VELOCITY[2] * 1.5, false), (-MAX_VELOCITY[2] * 2.5, true), (f64::NAN, true)]
        {
            let scenario = parse(Path::new("test.toml"), "family = \"move\"").expect("a scenario");
            let mut world = World::new(&scenario).expect("a world");
            let mut arm =
                ArmState { angles: [0.0; N_JOINTS], velocities: [0.0; N_JOINTS], ..ArmState::default() };
            arm.velocities[2] = velocity;
            world.physics().watch(&arm);
            let why = world.physics().stopped().map(str::to_string);
            assert_eq!(why.is_some(), stops, "{velocity}: {why:?}");
            if stops {
                assert!(why.is_some_and(|why| why.starts_with("joint 3 moved at")), "{velocity}");
                let before = world.physics().hand().position;
                (0..20).for_each(|_| world.act(&Action { offset: [1.0; 3], grip: 1.0 }));
                let moved = (0..3).map(|k| (world.physics().hand().position[k] - before[k]).abs());
                assert!(moved.fold(0.0, f64::max) < 0.02 && world.is_over());
            }
        }
    }
}
