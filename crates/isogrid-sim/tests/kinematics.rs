//! The simulated arm against the published one: where the hand is for given angles, and what the joints are rated for.
//!
//! Expected numbers are those of the manufacturer's documentation of the Panda (Denavit-Hartenberg table, joint limits),
//! multiplied out here as matrices.
#![cfg(feature = "mujoco")]

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

use isogrid_num::rng::Rng;
use isogrid_sim::mjcf;
use mujoco_rs::prelude::*;

/// Each joint: offset along x (a), along the joint's axis (d), twist (alpha), in Craig's convention; lowest and highest
/// angle; largest torque.
const PUBLISHED: [[f64; 6]; 7] = [
    [0.0, 0.333, 0.0, -2.8973, 2.8973, 87.0],
    [0.0, 0.0, -FRAC_PI_2, -1.7628, 1.7628, 87.0],
    [0.0, 0.316, FRAC_PI_2, -2.8973, 2.8973, 87.0],
    [0.0825, 0.0, FRAC_PI_2, -3.0718, -0.0698, 87.0],
    [-0.0825, 0.384, -FRAC_PI_2, -2.8973, 2.8973, 12.0],
    [0.0, 0.0, FRAC_PI_2, -0.0175, 3.7525, 12.0],
    [0.088, 0.0, FRAC_PI_2, -2.8973, 2.8973, 12.0],
];

/// From the last joint to the flange, and from there to between the finger tips of the hand, in metres.
const FLANGE: f64 = 0.107;
const HAND: f64 = 0.1034;

type Frame = [[f64; 4]; 4];

/// The frame of a link in the one before it, at an angle of its joint.
fn link([a, d, alpha]: [f64; 3], angle: f64) -> Frame {
    let ((s, c), (sa, ca)) = (angle.sin_cos(), alpha.sin_cos());
    [[c, -s, 0.0, a], [s * ca, c * ca, -sa, -d * sa], [s * sa, c * sa, ca, d * ca], [0.0, 0.0, 0.0, 1.0]]
}

fn times(a: &Frame, b: &Frame) -> Frame {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..4).map(|k| a[i][k] * b[k][j]).sum()))
}

#[test]
fn the_hand_is_where_the_published_kinematics_say() {
    let model = MjModel::from_xml_string(&mjcf::scene(&[], &[])).unwrap();
    let id = |kind, name: &str| model.name_to_id(kind, name).unwrap();
    let tip = id(MjtObjBase::mjOBJ_SITE, "tip");
    let places: Vec<usize> = (1..=7)
        .map(|joint| id(MjtObjBase::mjOBJ_JOINT, &format!("joint{joint}")))
        .map(|joint| model.jnt_qposadr()[joint] as usize)
        .collect();
    let mut data = MjData::new(&model);
    let mut rng = Rng::new(5, 1);
    for _ in 0..200 {
        let mut frame: Frame = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(i == j)));
        for (&place, [a, d, alpha, low, high, _]) in places.iter().zip(PUBLISHED) {
            let angle = low + (high - low) * rng.unit();
            data.qpos_mut()[place] = angle;
            frame = times(&frame, &link([a, d, alpha], angle));
        }
        frame = times(&frame, &link([0.0, FLANGE + HAND, 0.0], -FRAC_PI_4));
        data.forward();
        for axis in 0..3 {
            let (found, turned) = (data.site_xpos()[tip][axis], data.site_xmat()[tip]);
            assert!((found - frame[axis][3]).abs() < 1e-6, "axis {axis}: {found}, {frame:?}");
            for column in 0..3 {
                assert!(
                    (turned[3 * axis + column] - frame[axis][column]).abs() < 1e-6,
                    "{turned:?}, {frame:?}"
                );
            }
        }
    }
}

#[test]
fn joints_turn_and_pull_as_far_as_rated() {
    let model = MjModel::from_xml_string(&mjcf::scene(&[], &[])).unwrap();
    for (at, [_, _, _, low, high, torque]) in PUBLISHED.into_iter().enumerate() {
        let id = |kind, name: &str| model.name_to_id(kind, &format!("{name}{}", at + 1)).unwrap();
        let joint = id(MjtObjBase::mjOBJ_JOINT, "joint");
        let motor = id(MjtObjBase::mjOBJ_ACTUATOR, "motor");
        assert_eq!(model.jnt_range()[joint], [low, high], "joint {}", at + 1);
        assert_eq!(model.actuator_ctrlrange()[motor], [-torque, torque], "joint {}", at + 1);
        assert_eq!(model.actuator_gainprm()[motor][0], 1.0, "its order is a torque");
    }
    assert_eq!(isogrid_sim::panda::MAX_VELOCITY, [2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61]);
}
