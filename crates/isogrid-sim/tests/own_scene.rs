//! Scenes of a user's own, good and bad.
#![cfg(feature = "mujoco")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in what its cases share")]

use std::fs;
use std::path::{Path, PathBuf};

use isogrid_core::Ctx;
use isogrid_robot::ObjectKind;
use isogrid_robot::agent::{Agent, AgentOptions};
use isogrid_robot::policy::Scripted;
use isogrid_sim::episode::{self, Nobody};
use isogrid_sim::mjcf;
use isogrid_sim::scenario::{ObjectSpec, Scenario};
use isogrid_sim::scenario_file::read;
use isogrid_sim::world::World;

fn workbench() -> Scenario {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes/own.toml")).unwrap()
}

fn reaches(scenario: &Scenario) -> bool {
    let mut world = World::new(scenario).unwrap();
    let (scene, task) = (world.layout().scene.clone(), world.layout().task.clone());
    let policy = Box::new(Scripted::new(0.0, 1));
    let mut agent = Agent::new(&scene, &task, policy, AgentOptions::default()).unwrap();
    episode::run(&Ctx::new(1), &mut world, &mut agent, &mut Nobody, None).unwrap().verdict.reached
}

#[test]
fn a_scene_with_includes_meshes_and_degrees_gets_an_arm_and_is_solved() {
    let scenario = workbench();
    let world = World::new(&scenario).unwrap();
    let cup = &world.layout().scene.objects[2];
    assert_eq!((cup.name.as_str(), cup.kind), ("cup", ObjectKind::Block));
    let close = |a: [f64; 3], b: [f64; 3]| (0..3).all(|k| (a[k] - b[k]).abs() < 1e-3);
    assert!(close(cup.half_size, [0.022, 0.022, 0.03]), "{:?}", cup.half_size);
    assert!(close(world.layout().scene.objects[3].half_size, [0.02; 3]), "a mesh");
    assert!(reaches(&scenario));
}

#[test]
fn jitter_moves_blocks_by_the_seed_and_only_when_asked() {
    let positions = |seed: u64, jitter: Option<f64>| {
        let mut scenario = workbench();
        (scenario.seed, scenario.start.jitter_mm) = (seed, jitter);
        World::new(&scenario).unwrap().layout().positions.clone()
    };
    assert_eq!(positions(1, None), positions(2, None));
    assert_eq!(positions(1, Some(3.0)), positions(1, Some(3.0)));
    assert_ne!(positions(1, Some(3.0))[2], positions(2, Some(3.0))[2]);
    assert_eq!(positions(1, Some(3.0))[0], positions(2, Some(3.0))[0], "pads stay");
}

#[test]
fn a_scene_with_the_arm_of_its_own_is_taken_as_it_is() {
    let folder = Folder::new("arm");
    let layout = isogrid_sim::families::layout(&Scenario {
        family: isogrid_sim::scenario::Family::Stacking,
        goal: None,
        ..workbench_without_scene()
    })
    .unwrap();
    fs::write(folder.0.join("all.xml"), mjcf::scene(&layout.scene.objects, &layout.positions)).unwrap();
    let mut scenario = workbench();
    scenario.scene.mjcf = Some(folder.0.join("all.xml"));
    let spec = |name: &str, kind| ObjectSpec { name: name.to_string(), kind, half_size: None };
    scenario.scene.objects =
        vec![spec("pad1", ObjectKind::Pad), spec("pad2", ObjectKind::Pad), spec("pad3", ObjectKind::Pad)];
    scenario.scene.objects.extend(["b1", "b2", "b3"].map(|name| spec(name, ObjectKind::Block)));
    let on = [("b3", "pad2"), ("b2", "b3"), ("b1", "b2")];
    scenario.goal.as_mut().unwrap().on = on.map(|(a, b)| (a.to_string(), b.to_string())).to_vec();
    assert!(reaches(&scenario));
}

fn workbench_without_scene() -> Scenario {
    let mut scenario = workbench();
    scenario.scene = Default::default();
    scenario
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let change = |change: &dyn Fn(&mut Scenario)| {
        let mut scenario = workbench();
        change(&mut scenario);
        World::new(&scenario).map(|_| ()).unwrap_err().to_string()
    };
    let mjcf = |name: &str, body: &str| {
        let folder = Folder::new(name);
        let path = folder.0.join("scene.xml");
        fs::write(&path, format!("<mujoco><worldbody>{body}</worldbody></mujoco>")).unwrap();
        change(&|scenario| scenario.scene.mjcf = Some(path.clone()))
    };
    let table = [
        ("no file", change(&|s| s.scene.mjcf = Some("/nowhere/x.xml".into())), "x.xml"),
        ("no mjcf", change(&|s| s.scene.mjcf = None), "needs scene.mjcf"),
        ("no goal", change(&|s| s.goal = None), "needs goal.on"),
        ("no objects", change(&|s| s.scene.objects.clear()), "at least one"),
        ("an unknown body", change(&|s| s.scene.objects[2].name = "mug".into()), "tray, shelf, cup, lid"),
        ("an empty name", change(&|s| s.scene.objects[2].name.clear()), "no name of a body"),
        ("a zero byte", change(&|s| s.scene.objects[2].name = "a\0b".into()), "no name of a body"),
        (
            "a fixed block",
            change(&|s| s.scene.objects[0].kind = ObjectKind::Block),
            "free joint in the body `tray`",
        ),
        ("a loose pad", change(&|s| s.scene.objects[2].kind = ObjectKind::Pad), "`cup` has a joint"),
        ("a twin", change(&|s| s.scene.objects[1].name = "tray".into()), "`tray` is named twice"),
        ("no size", change(&|s| s.scene.objects[2].half_size = Some([f64::NAN; 3])), "half_size of `cup`"),
        ("a giant", change(&|s| s.scene.objects[2].half_size = Some([9.0; 3])), "expected 0.0001 to 0.5 m"),
        ("a start", change(&|s| s.start.on = vec![("cup".into(), "tray".into())]), "start.on"),
        ("far jitter", change(&|s| s.start.jitter_mm = Some(1e9)), "expected 0 to 20"),
        ("no XML", mjcf("xml", "<body"), "scene.xml"),
        ("a missing mesh", mjcf("mesh", "<geom type=\"mesh\" mesh=\"gone\"/>"), "scene.xml"),
        ("half an arm", mjcf("half", HALF_AN_ARM), "looks like an arm of its own"),
        ("no geoms", mjcf("bare", BARE), "the body `tray` has no geoms: give its half_size"),
        ("out of reach", mjcf("far", FAR), "`cup` is at"),
    ];
    for (name, found, expected) in table {
        assert!(found.contains(expected), "{name}: {found}");
    }
}

const HALF_AN_ARM: &str = "<body name=\"l\"><joint name=\"joint1\"/><geom size=\"0.1\"/></body>";

const BARE: &str = "<body name=\"tray\" pos=\"0.5 0 0\"/>";

const FAR: &str = "<body name=\"tray\" pos=\"0.5 0 0\"><geom size=\"0.02\"/></body>\
    <body name=\"shelf\" pos=\"0.5 0.2 0\"><geom size=\"0.02\"/></body>\
    <body name=\"cup\" pos=\"3 0 0.02\"><freejoint/><geom size=\"0.02\"/></body>\
    <body name=\"lid\" pos=\"0.5 0 0.2\"><freejoint/><geom size=\"0.02\"/></body>";

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("own-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
