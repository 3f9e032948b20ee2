//! A scene as MJCF text: the arm, a table, blocks and pads. No file is read and no mesh is needed.
//!
//! Contact settings are those that hold a block between two friction pads: elliptic cones, a high frictional impedance
//! ratio, torsional friction at the pads (MuJoCo documentation, "Contact"). Left out: textures, cameras, deformables.

use std::fmt::Write;

use isogrid_robot::{Object, ObjectKind};

use crate::panda;

/// Density of blocks, in kilograms a cubic metre.
const BLOCK_DENSITY: f64 = 400.0;

/// What holds for every scene.
const OPTIONS: &str = r#"<compiler angle="radian" autolimits="true"/>
<option timestep="0.002" integrator="implicitfast" cone="elliptic" impratio="10"/>
<statistic center="0.5 0 0.1" extent="1"/>
"#;

/// Colours that blocks take in turn.
const COLOURS: [&str; 7] = [
    "0.84 0.20 0.18 1",
    "0.95 0.60 0.10 1",
    "0.95 0.85 0.20 1",
    "0.35 0.70 0.30 1",
    "0.20 0.50 0.80 1",
    "0.50 0.30 0.70 1",
    "0.60 0.45 0.30 1",
];

/// The scene with `objects` at `positions` (metres, base frame), blocks free to move and pads fixed to the table.
pub fn scene(objects: &[Object], positions: &[[f64; 3]]) -> String {
    let mut things = String::new();
    let mut n_blocks = 0;
    for (object, [x, y, z]) in objects.iter().zip(positions) {
        let (name, [hx, hy, hz]) = (&object.name, object.half_size);
        let _ = match object.kind {
            ObjectKind::Block => {
                let colour = COLOURS[n_blocks % COLOURS.len()];
                n_blocks += 1;
                writeln!(
                    things,
                    r#"<body name="{name}" pos="{x} {y} {z}"><freejoint name="{name}"/><geom class="block" size="{hx} {hy} {hz}" rgba="{colour}"/></body>"#
                )
            }
            // A pad is paint on the table: it is seen and does not collide.
            ObjectKind::Pad => writeln!(
                things,
                r#"<body name="{name}" pos="{x} {y} {z}"><geom type="box" size="{hx} {hy} {hz}" contype="0" conaffinity="0" rgba="0.55 0.58 0.62 1"/></body>"#
            ),
        };
    }
    format!(
        r#"<mujoco model="isogrid">
{OPTIONS}<default><default class="block"><geom type="box" density="{BLOCK_DENSITY}" friction="1 0.01 0.0001" condim="4"/></default></default>
{settings}<worldbody>
<light pos="0.5 -0.5 1.5" dir="0 0.3 -1"/>
<geom name="table" type="box" size="0.5 0.6 0.02" pos="0.5 0 -0.02" rgba="0.90 0.895 0.88 1"/>
{arm}{things}</worldbody>
</mujoco>
"#,
        settings = panda::settings(),
        arm = panda::body(),
    )
}

/// What names of a user's scene begin with once it is around the arm.
pub const OWN_PREFIX: &str = "own/";

/// The arm, and around it everything of the MJCF file at the absolute `path`, its names behind [`OWN_PREFIX`].
pub fn around(path: &str) -> String {
    let path = path.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    format!(
        r#"<mujoco model="isogrid">
{OPTIONS}{settings}<asset><model name="own" file="{path}"/></asset>
<worldbody>
{arm}<frame><attach model="own" prefix="{OWN_PREFIX}"/></frame></worldbody>
</mujoco>
"#,
        settings = panda::settings(),
        arm = panda::body(),
    )
}
