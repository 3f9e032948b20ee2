//! Where the arm's numbers are in a model: its joints, motors, fingers and tip, found by their names.

use mujoco_rs::prelude::*;

use crate::SimError;
use crate::osc::ArmState;
use crate::panda::{FINGER_TRAVEL, HOME, N_JOINTS, TIP_SITE};
use crate::vector::{cross, minus};

/// Names of the fingers' joints, and of the actuators that move them to a position.
const FINGERS: [&str; 2] = ["left_finger", "right_finger"];

/// Indices of the arm's parts.
pub(crate) struct Limb {
    joints: [usize; N_JOINTS],
    angles: [usize; N_JOINTS],
    velocities: [usize; N_JOINTS],
    motors: [usize; N_JOINTS],
    fingers: [usize; 2],
    grips: [usize; 2],
    tip: usize,
}

/// Names that a scene with an arm of its own must have: their kinds and themselves.
pub(crate) fn names() -> Vec<(MjtObjBase, &'static str, String)> {
    let numbered = |stem: &str| (1..=N_JOINTS).map(|n| format!("{stem}{n}")).collect::<Vec<_>>();
    let joints = numbered("joint").into_iter().chain(FINGERS.map(str::to_string));
    let motors = numbered("motor").into_iter().chain(FINGERS.map(str::to_string));
    let joints = joints.map(|name| (MjtObjBase::mjOBJ_JOINT, "joint", name));
    let motors = motors.map(|name| (MjtObjBase::mjOBJ_ACTUATOR, "actuator", name));
    joints.chain(motors).chain([(MjtObjBase::mjOBJ_SITE, "site", TIP_SITE.to_string())]).collect()
}

impl Limb {
    /// Finds the arm.
    ///
    /// # Errors
    /// [`SimError::Missing`] for the first name that the model lacks.
    pub(crate) fn find(model: &MjModel) -> Result<Limb, SimError> {
        let id = |kind, what: &str, name: &str| {
            model.name_to_id(kind, name).ok_or_else(|| SimError::Missing(format!("{what} `{name}`")))
        };
        let joint = |name: &str| id(MjtObjBase::mjOBJ_JOINT, "joint", name);
        let motor = |name: &str| id(MjtObjBase::mjOBJ_ACTUATOR, "actuator", name);
        let (mut joints, mut motors) = ([0; N_JOINTS], [0; N_JOINTS]);
        for at in 0..N_JOINTS {
            joints[at] = joint(&format!("joint{}", at + 1))?;
            motors[at] = motor(&format!("motor{}", at + 1))?;
        }
        let place = |joint: usize| model.jnt_qposadr()[joint] as usize;
        let [left, right] = FINGERS;
        Ok(Limb {
            joints,
            angles: joints.map(place),
            velocities: joints.map(|joint| model.jnt_dofadr()[joint] as usize),
            motors,
            fingers: [place(joint(left)?), place(joint(right)?)],
            grips: [motor(left)?, motor(right)?],
            tip: id(MjtObjBase::mjOBJ_SITE, "site", TIP_SITE)?,
        })
    }

    /// The body on the ground that carries the arm.
    pub(crate) fn root(&self, model: &MjModel) -> usize {
        let body = model.jnt_bodyid()[self.joints[0]] as usize;
        model.body_rootid()[body] as usize
    }

    /// Puts the arm into its home posture, hand open.
    pub(crate) fn home(&self, data: &mut MjData<Box<MjModel>>) {
        for (&at, angle) in self.angles.iter().zip(HOME) {
            data.qpos_mut()[at] = angle;
        }
        for at in self.fingers {
            data.qpos_mut()[at] = FINGER_TRAVEL;
        }
    }

    pub(crate) fn tip(&self, data: &MjData<Box<MjModel>>) -> [f64; 3] {
        data.site_xpos()[self.tip]
    }

    /// Rows of the tip's rotation.
    pub(crate) fn tip_rotation(&self, data: &MjData<Box<MjModel>>) -> [f64; 9] {
        data.site_xmat()[self.tip]
    }

    /// Distance between the fingers.
    pub(crate) fn opening(&self, data: &MjData<Box<MjModel>>) -> f64 {
        self.fingers.iter().map(|&finger| data.qpos()[finger]).sum()
    }

    /// Sets what the motors do in the next step.
    pub(crate) fn drive(&self, data: &mut MjData<Box<MjModel>>, torques: &[f64; N_JOINTS], finger: f64) {
        let controls = data.ctrl_mut();
        for (&motor, &torque) in self.motors.iter().zip(torques) {
            controls[motor] = torque;
        }
        for grip in self.grips {
            controls[grip] = finger;
        }
    }

    /// What the controller needs, without the other bodies' share of the matrices.
    pub(crate) fn state(&self, data: &MjData<Box<MjModel>>) -> ArmState {
        let tip = self.tip(data);
        let mut jacobian = [[0.0; N_JOINTS]; 6];
        for (at, &joint) in self.joints.iter().enumerate() {
            let axis = data.xaxis()[joint];
            let turn = cross(&axis, &minus(&tip, &data.xanchor()[joint]));
            for k in 0..3 {
                jacobian[k][at] = turn[k];
                jacobian[3 + k][at] = axis[k];
            }
        }
        ArmState {
            angles: self.angles.map(|at| data.qpos()[at]),
            velocities: self.velocities.map(|at| data.qvel()[at]),
            inertia: self.inertia(data),
            jacobian,
            bias: self.velocities.map(|at| data.qfrc_bias()[at]),
        }
    }

    /// The arm's block of the inertia matrix, of which MuJoCo keeps the lower half by rows.
    fn inertia(&self, data: &MjData<Box<MjModel>>) -> [[f64; N_JOINTS]; N_JOINTS] {
        let (model, values) = (data.model(), data.m());
        let mut inertia = [[0.0; N_JOINTS]; N_JOINTS];
        for (i, &row) in self.velocities.iter().enumerate() {
            let first = model.m_rowadr()[row] as usize;
            let cells = first..first + model.m_rownnz()[row] as usize;
            for (&column, &value) in model.m_colind()[cells.clone()].iter().zip(&values[cells]) {
                if let Some(j) = self.velocities.iter().position(|&other| other == column as usize) {
                    inertia[i][j] = value;
                    inertia[j][i] = value;
                }
            }
        }
        inertia
    }
}
