//! A user's own MJCF scene: loaded from its file with its includes and meshes, its bodies looked up by name.
//!
//! The arm is attached by MuJoCo's own `<attach>`, so the scene keeps its compiler settings, defaults and assets; its
//! `<option>` is replaced by ours, which the controller is tuned for. A scene with an arm of its own is taken as it is.
//! Left out: tables at other heights than the arm's base plate, pads that move.

use std::path::Path;

use isogrid_num::rng::Rng;
use isogrid_robot::tasks::Rule;
use isogrid_robot::{Object, ObjectKind};
use mujoco_rs::prelude::*;

use crate::SimError;
use crate::families::{Layout, MAX_JITTER, asked, scene_of, wrong};
use crate::scenario::{ObjectSpec, Scenario};
use crate::{library, limb, mjcf};

/// The largest MJCF file that is read, in bytes; meshes are not counted.
const MAX_BYTES: u64 = 1 << 26;

/// Half sizes of things that the hand could meet, in metres.
const HALF_SIZES: [f64; 2] = [0.0001, 0.5];

/// A body whose geoms are farther than this from being centred on it needs its size from the user, in metres.
const CENTRED: f64 = 0.005;

/// Seconds of an episode for each goal, and to begin with.
const SECONDS: [f64; 2] = [30.0, 40.0];

/// A user's scene with an arm in it.
pub(crate) struct Own {
    pub(crate) model: MjModel,
    /// Its positions are zeros: they are MuJoCo's to compute.
    pub(crate) layout: Layout,
    /// What names of bodies begin with in the model.
    pub(crate) prefix: &'static str,
}

/// Loads the scene that a scenario names, with an arm in it.
///
/// # Errors
/// The file is missing or refused by MuJoCo, a named body or what it needs is missing, or the goal is.
pub(crate) fn load(scenario: &Scenario) -> Result<Own, SimError> {
    library::check()?;
    let path = scenario.scene.mjcf.as_deref().ok_or_else(|| wrong("family = \"own\" needs scene.mjcf"))?;
    let goal = scenario.goal.as_ref().ok_or_else(|| wrong("family = \"own\" needs goal.on"))?;
    if scenario.scene.objects.is_empty() {
        return Err(wrong("family = \"own\" needs at least one [[scene.objects]]"));
    }
    if !scenario.start.on.is_empty() {
        return Err(wrong("start.on does not go with family = \"own\": the scene's own places are used"));
    }
    let (mut model, prefix) = with_arm(path)?;
    let objects = scenario.scene.objects.iter().map(|spec| object(&model, spec, prefix));
    let scene = scene_of(objects.collect::<Result<_, SimError>>()?);
    if let Some(twice) = (1..scene.objects.len()).find(|&at| scene.find(&scene.objects[at].name) != Some(at))
    {
        return Err(wrong(format!("`{}` is named twice in [[scene.objects]]", scene.objects[twice].name)));
    }
    jitter(&mut model, scenario, prefix)?;
    let task = asked(&scene, Rule::Anything, goal)?;
    let positions = vec![[0.0; 3]; scene.objects.len()];
    let usual = SECONDS[1] + SECONDS[0] * goal.on.len() as f64;
    let seconds = scenario.seconds.unwrap_or(usual);
    let layout = Layout { scene, positions, task, rule: Rule::Anything, seconds };
    Ok(Own { model, layout, prefix })
}

/// Compiles the file, and once more with our arm where it has none; and says what its names then begin with.
fn with_arm(path: &Path) -> Result<(MjModel, &'static str), SimError> {
    let io = |source| SimError::Io { path: path.to_path_buf(), source };
    let file = |problem: String| SimError::File { path: path.to_path_buf(), problem };
    let size = std::fs::metadata(path).map_err(io)?.len();
    if size > MAX_BYTES {
        return Err(file(format!("{size} bytes, expected at most {MAX_BYTES}: not an MJCF scene")));
    }
    let absolute = std::fs::canonicalize(path).map_err(io)?;
    // The system refuses a zero byte in a path before this.
    let text = absolute.to_str().ok_or_else(|| file("its path is not UTF-8".to_string()))?;
    let alone = MjModel::from_xml(text).map_err(|error| file(error.to_string()))?;
    let names = limb::names();
    let (has, lacks): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|(kind, _, name)| alone.name_to_id(*kind, name).is_some());
    if lacks.is_empty() {
        return Ok((alone, ""));
    }
    if let Some((_, what, name)) = has.first() {
        let list: Vec<_> = lacks.iter().map(|(_, what, name)| format!("{what} `{name}`")).collect();
        return Err(file(format!(
            "{what} `{name}` looks like an arm of its own, which lacks {}; leave the arm out, or name all its parts",
            list.join(", ")
        )));
    }
    let both = MjModel::from_xml_string(&mjcf::around(text));
    Ok((both.map_err(|error| file(format!("with the arm added: {error}")))?, mjcf::OWN_PREFIX))
}

/// One named body as a thing of the scene.
fn object(model: &MjModel, spec: &ObjectSpec, prefix: &str) -> Result<Object, SimError> {
    let name = &spec.name;
    if name.is_empty() || name.contains('\0') {
        return Err(wrong(format!("{name:?} is no name of a body")));
    }
    let Some(body) = model.name_to_id(MjtObjBase::mjOBJ_BODY, &format!("{prefix}{name}")) else {
        return Err(SimError::Missing(format!("body `{name}`; there are {}", bodies(model, prefix))));
    };
    let free = usize::try_from(model.body_jntadr()[body]).ok();
    let free = free.is_some_and(|joint| model.jnt_type()[joint] == MjtJoint::mjJNT_FREE);
    match spec.kind {
        ObjectKind::Block if !free => {
            return Err(SimError::Missing(format!(
                "free joint in the body `{name}`, which is to be a block"
            )));
        }
        ObjectKind::Pad if model.body_jntnum()[body] > 0 => {
            return Err(wrong(format!("the body `{name}` has a joint, and a pad stays where it is")));
        }
        _ => {}
    }
    let half_size = match spec.half_size {
        Some(half_size) => half_size,
        None => bounds(model, body, name)?,
    };
    let [low, high] = HALF_SIZES;
    match half_size.iter().all(|half| (low..=high).contains(half)) {
        true => Ok(Object { name: name.clone(), kind: spec.kind, half_size }),
        false => {
            Err(wrong(format!("half_size of `{name}` is {half_size:?}, expected {low} to {high} m each")))
        }
    }
}

/// The names of all bodies of the user's.
fn bodies(model: &MjModel, prefix: &str) -> String {
    let names = (1..model.nbody() as usize).filter_map(|body| model.id_to_name(MjtObjBase::mjOBJ_BODY, body));
    let names: Vec<_> = names.filter_map(|name| name.strip_prefix(prefix)).collect();
    if names.is_empty() { "none".to_string() } else { names.join(", ") }
}

/// Half the extent of a body's geoms around its origin.
fn bounds(model: &MjModel, body: usize, name: &str) -> Result<[f64; 3], SimError> {
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    let first = model.body_geomadr()[body].max(0) as usize;
    for geom in first..first + model.body_geomnum()[body] as usize {
        let [cx, cy, cz, hx, hy, hz] = model.geom_aabb()[geom];
        for corner in 0..8 {
            let side = |bit: usize| if corner >> bit & 1 == 0 { -1.0 } else { 1.0 };
            let point =
                turned(&model.geom_quat()[geom], [cx + side(0) * hx, cy + side(1) * hy, cz + side(2) * hz]);
            for k in 0..3 {
                let at = model.geom_pos()[geom][k] + point[k];
                (low[k], high[k]) = (low[k].min(at), high[k].max(at));
            }
        }
    }
    if model.body_geomnum()[body] == 0 {
        return Err(wrong(format!("the body `{name}` has no geoms: give its half_size")));
    }
    let off = (0..3).map(|k| (low[k] + high[k]).abs() / 2.0).fold(0.0, f64::max);
    if off > CENTRED {
        return Err(wrong(format!(
            "the body `{name}` has geoms that are not centred on it ({:.0} mm off): give its half_size",
            1000.0 * off
        )));
    }
    Ok(std::array::from_fn(|k| (high[k] - low[k]) / 2.0))
}

/// A point turned by a unit quaternion (w, x, y, z).
fn turned([w, x, y, z]: &[f64; 4], p: [f64; 3]) -> [f64; 3] {
    let axis = [*x, *y, *z];
    let once = crate::vector::cross(&axis, &p);
    let twice = crate::vector::cross(&axis, &once);
    std::array::from_fn(|k| p[k] + 2.0 * (w * once[k] + twice[k]))
}

/// Shifts blocks by the wanted jitter; none unless the scenario asks for it.
fn jitter(model: &mut MjModel, scenario: &Scenario, prefix: &str) -> Result<(), SimError> {
    let jitter = scenario.start.jitter_mm.unwrap_or(0.0) / 1000.0;
    if !(0.0..=MAX_JITTER).contains(&jitter) {
        return Err(wrong(format!("jitter_mm = {}, expected 0 to 20", jitter * 1000.0)));
    }
    let mut rng = Rng::new(scenario.seed, 0x5ce0);
    for object in scenario.scene.objects.iter().filter(|object| object.kind == ObjectKind::Block) {
        let shift = [0; 2].map(|_| (jitter * rng.normal()).clamp(-MAX_JITTER, MAX_JITTER));
        let name = format!("{prefix}{}", object.name);
        let Some(body) = model.name_to_id(MjtObjBase::mjOBJ_BODY, &name) else { continue };
        let joint = model.body_jntadr()[body] as usize;
        let place = model.jnt_qposadr()[joint] as usize;
        for (k, shift) in shift.into_iter().enumerate() {
            model.qpos0_mut()[place + k] += shift;
        }
    }
    Ok(())
}
