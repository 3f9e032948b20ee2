//! The arm: a Franka Emika Panda from its published numbers, without meshes.
//!
//! Link frames follow the manufacturer's Denavit-Hartenberg table (Craig's convention), joint, velocity and torque
//! limits its data sheet; link masses are those identified by Gaz et al. (RA-L 4(4), 2019), rounded. Bodies are
//! capsules, so inertias are approximate; joints carry the reflected inertia of their gears. Left out: friction curves,
//! flexible joints, the real hand's tip shape.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};
use std::fmt::Write;

/// Joints of the arm, without the fingers.
pub const N_JOINTS: usize = 7;

/// Joint angles where the hand points down in front of the base, in radians.
pub const HOME: [f64; N_JOINTS] = [0.0, PI / 16.0, 0.0, -PI / 2.0 - PI / 3.0, 0.0, PI - 0.2, FRAC_PI_4];

/// Largest joint torques, in newton metres.
pub const MAX_TORQUE: [f64; N_JOINTS] = [87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0];

/// Largest joint velocities, in radians a second.
pub const MAX_VELOCITY: [f64; N_JOINTS] = [2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61];

/// How far one finger travels, in metres; the hand opens twice as far.
pub const FINGER_TRAVEL: f64 = 0.04;

/// The site between the finger tips.
pub const TIP_SITE: &str = "tip";

/// One link: its frame in the one before, its joint's range, its mass and shape.
struct Link {
    /// Denavit-Hartenberg: twist about the previous x axis (radians), offset along it, offset along the joint (metres).
    frame: [f64; 3],
    /// Lowest and highest angle, in radians.
    range: [f64; 2],
    /// Kilograms.
    mass: f64,
    /// A capsule along z: from, to, radius, in metres.
    capsule: [f64; 3],
}

const LINKS: [Link; N_JOINTS] = [
    Link { frame: [0.0, 0.0, 0.333], range: [-2.8973, 2.8973], mass: 4.97, capsule: [-0.19, -0.03, 0.06] },
    Link {
        frame: [-FRAC_PI_2, 0.0, 0.0],
        range: [-1.7628, 1.7628],
        mass: 0.65,
        capsule: [-0.06, 0.06, 0.06],
    },
    Link {
        frame: [FRAC_PI_2, 0.0, 0.316],
        range: [-2.8973, 2.8973],
        mass: 3.23,
        capsule: [-0.17, -0.05, 0.06],
    },
    Link {
        frame: [FRAC_PI_2, 0.0825, 0.0],
        range: [-3.0718, -0.0698],
        mass: 3.59,
        capsule: [-0.06, 0.06, 0.06],
    },
    Link {
        frame: [-FRAC_PI_2, -0.0825, 0.384],
        range: [-2.8973, 2.8973],
        mass: 1.23,
        capsule: [-0.22, -0.05, 0.05],
    },
    Link { frame: [FRAC_PI_2, 0.0, 0.0], range: [-0.0175, 3.7525], mass: 1.67, capsule: [-0.03, 0.05, 0.05] },
    Link {
        frame: [FRAC_PI_2, 0.088, 0.0],
        range: [-2.8973, 2.8973],
        mass: 0.74,
        capsule: [0.02, 0.08, 0.04],
    },
];

/// The hand: palm, two fingers with pads, and the site between them.
const HAND: &str = r#"
<body name="hand" pos="0 0 0.107" quat="0.9238795 0 0 -0.3826834">
  <geom type="box" size="0.02 0.1 0.025" pos="0 0 0.035" mass="0.73" conaffinity="0" rgba="0.9 0.9 0.92 1"/>
  <site name="tip" pos="0 0 0.1034" size="0.004" rgba="0 0 0 0"/>
  <body name="left_finger" pos="0 0 0.0584">
    <joint name="left_finger" class="finger" axis="0 1 0"/>
    <geom type="box" size="0.010 0.006 0.022" pos="0 0.013 0.012" mass="0.01" conaffinity="0" rgba="0.3 0.3 0.32 1"/>
    <geom class="finger_pad" pos="0 0.006 0.045"/>
  </body>
  <body name="right_finger" pos="0 0 0.0584">
    <joint name="right_finger" class="finger" axis="0 -1 0"/>
    <geom type="box" size="0.010 0.006 0.022" pos="0 -0.013 0.012" mass="0.01" conaffinity="0" rgba="0.3 0.3 0.32 1"/>
    <geom class="finger_pad" pos="0 -0.006 0.045"/>
  </body>
</body>"#;

/// Default classes, actuators and the finger coupling that [`body`] relies on, as MJCF elements of the root.
pub fn settings() -> String {
    let mut motors = String::new();
    for (joint, torque) in MAX_TORQUE.iter().enumerate() {
        let _ = writeln!(
            motors,
            r#"<motor name="motor{n}" joint="joint{n}" ctrlrange="-{torque} {torque}" ctrllimited="true"/>"#,
            n = joint + 1
        );
    }
    for side in ["left", "right"] {
        let _ = writeln!(
            motors,
            r#"<position name="{side}_finger" joint="{side}_finger" kp="1000" dampratio="1" ctrlrange="0 {FINGER_TRAVEL}" forcerange="-40 40"/>"#
        );
    }
    format!(
        r#"<default>
  <default class="arm"><joint damping="1" armature="0.1"/><geom conaffinity="0" rgba="0.95 0.95 0.95 1"/></default>
  <default class="finger"><joint type="slide" range="0 {FINGER_TRAVEL}" damping="10" armature="0.05"/></default>
  <default class="finger_pad"><geom type="box" size="0.010 0.006 0.012" mass="0.005" conaffinity="0" friction="2 0.05 0.0002" condim="4" priority="1" solref="0.004 1" solimp="0.95 0.99 0.001" rgba="0.2 0.2 0.22 1"/></default>
</default>
<equality><joint joint1="left_finger" joint2="right_finger" solimp="0.95 0.99 0.001" solref="0.005 1"/></equality>
<actuator>
{motors}</actuator>
"#
    )
}

/// The arm as an MJCF body, its base plate at the origin.
pub fn body() -> String {
    let mut text = String::from(
        r#"<body name="base"><geom class="arm" type="capsule" fromto="0 0 0.05 0 0 0.14" size="0.07" mass="3"/>"#,
    );
    for (at, link) in LINKS.iter().enumerate() {
        let [alpha, a, d] = link.frame;
        let (sin, cos) = alpha.sin_cos();
        let (half_sin, half_cos) = (alpha / 2.0).sin_cos();
        let [from, to, radius] = link.capsule;
        let [low, high] = link.range;
        let _ = write!(
            text,
            "\n<body name=\"link{n}\" pos=\"{a} {y:.6} {z:.6}\" quat=\"{half_cos:.8} {half_sin:.8} 0 0\">\
             <joint name=\"joint{n}\" class=\"arm\" axis=\"0 0 1\" range=\"{low} {high}\"/>\
             <geom class=\"arm\" type=\"capsule\" fromto=\"0 0 {from} 0 0 {to}\" size=\"{radius}\" mass=\"{mass}\"/>",
            n = at + 1,
            y = -d * sin,
            z = d * cos,
            mass = link.mass,
        );
    }
    text.push_str(HAND);
    text.push_str(&"</body>".repeat(LINKS.len()));
    text.push_str("</body>\n");
    text
}
