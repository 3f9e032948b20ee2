//! Scenario files that are not what they should be, and layouts of all families.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in what its cases share")]

use std::fs;
use std::path::{Path, PathBuf};

use isogrid_robot::ObjectKind;
use isogrid_sim::SimError;
use isogrid_sim::families::layout;
use isogrid_sim::scenario::{Family, Scenario, SceneSpec, StartKind, StartSpec};
use isogrid_sim::scenario_file::{parse, read};

fn refused(text: &str) -> String {
    match parse(Path::new("s.toml"), text).and_then(|scenario| layout(&scenario).map(|_| ())) {
        Ok(()) => "accepted".to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn broken_scenarios_are_refused_with_the_reason() {
    let table = [
        ("an unknown key", "family = \"hanoi\"\nblock = 3", "unknown field `block`"),
        ("an unknown family", "family = \"chess\"", "unknown variant `chess`"),
        ("no family", "seed = 1", "missing field `family`"),
        ("a wrong type", "family = \"hanoi\"\n[scene]\nblocks = \"three\"", "invalid type"),
        ("a negative count", "family = \"hanoi\"\n[scene]\nblocks = -1", "invalid value"),
        ("too many blocks", "family = \"hanoi\"\n[scene]\nblocks = 7", "blocks = 7, expected 1 to 6"),
        ("a huge number", "family = \"hanoi\"\n[scene]\nblocks = 99999999999999999999", "s.toml"),
        ("no number", "family = \"hanoi\"\n[noise]\npose_mm = nan", "pose_mm = NaN, expected 0 to 50"),
        ("endless noise", "family = \"hanoi\"\n[noise]\npose_mm = inf", "pose_mm = inf"),
        ("jitter that is no number", "family = \"hanoi\"\n[start]\njitter_mm = nan", "jitter_mm = NaN"),
        ("far jitter", "family = \"hanoi\"\n[start]\njitter_mm = 500", "expected 0 to 20"),
        ("an endless episode", "family = \"hanoi\"\nseconds = 1e300", "seconds = 1"),
        ("a negative time", "family = \"hanoi\"\nseconds = -1.0", "seconds = -1, expected 0.05 to 36000"),
        ("no time at all", "family = \"hanoi\"\nseconds = 0.0", "seconds = 0, expected 0.05"),
        ("pads in kitting", "family = \"kitting\"\n[scene]\npads = 99", "scene.pads says nothing"),
        (
            "blocks in a scene of one's own",
            "family = \"own\"\n[scene]\nblocks = 7\nmjcf = \"x.xml\"",
            "scene.blocks says nothing",
        ),
        (
            "an order of what is not asked",
            "family = \"kitting\"\n[goal]\non = [[\"part1\", \"slot1\"]]\norder = [\"part2\"]",
            "goal.order names `part2`",
        ),
        (
            "an order with a block twice",
            "family = \"kitting\"\n[goal]\non = [[\"part1\", \"slot1\"]]\norder = [\"part1\", \"part1\"]",
            "`part1` twice",
        ),
        (
            "a disturbance that ends before it begins",
            "family = \"hanoi\"\n[[disturbance]]\nkind = \"move\"\nat = [9.0, 3.0]",
            "the first is later",
        ),
        (
            "a disturbance at no number",
            "family = \"hanoi\"\n[[disturbance]]\nkind = \"move\"\nat = \"noon\"",
            "expected seconds, or two numbers",
        ),
        (
            "a disturbance at no time",
            "family = \"hanoi\"\n[[disturbance]]\nkind = \"move\"\nat = nan",
            "at = NaN",
        ),
        ("an unknown disturbance", "family = \"hanoi\"\n[[disturbance]]\nkind = \"fire\"\nat = 1", "`fire`"),
        (
            "a name that is not there",
            "family = \"hanoi\"\n[goal]\non = [[\"b9\", \"pad1\"]]",
            "there is no `b9`",
        ),
        (
            "a pad that moves",
            "family = \"hanoi\"\n[goal]\non = [[\"pad1\", \"pad2\"]]",
            "`pad1` cannot be moved",
        ),
        ("an empty goal", "family = \"hanoi\"\n[goal]\non = []", "nothing is asked"),
        ("on itself", "family = \"hanoi\"\n[goal]\non = [[\"b1\", \"b1\"]]", "`b1` cannot lie on itself"),
        (
            "two on one",
            "family = \"stacking\"\n[goal]\non = [[\"b1\", \"pad1\"], [\"b2\", \"pad1\"]]",
            "two blocks are put on `pad1`",
        ),
        (
            "a start against the rules",
            "family = \"hanoi\"\n[scene]\nblocks = 2\n[start]\non = [[\"b2\", \"b1\"], [\"b1\", \"pad1\"]]",
            "`b2` on `b1`, which the rules forbid",
        ),
        (
            "a block left out",
            "family = \"hanoi\"\n[scene]\nblocks = 2\n[start]\non = [[\"b1\", \"pad1\"]]",
            "`b2` must be put somewhere",
        ),
        (
            "blocks on each other",
            "family = \"stacking\"\n[scene]\nblocks = 2\n[start]\non = [[\"b1\", \"b2\"], [\"b2\", \"b1\"]]",
            "does not rest on a pad",
        ),
        ("a scene of one's own", "family = \"hanoi\"\n[scene]\nmjcf = \"x.xml\"", "need family = \"own\""),
        ("no TOML", "family = \"hanoi", "line 1"),
    ];
    for (name, text, expected) in table {
        let found = refused(text);
        assert!(found.contains(expected), "{name}: {found}");
    }
}

#[test]
fn files_that_are_no_scenarios_are_refused() {
    let folder = Folder::new("files");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.0.join(name);
        fs::write(&path, bytes).unwrap();
        read(&path).unwrap_err().to_string()
    };
    assert!(file("latin1.toml", b"family = \"han\xf6i\"").contains("not UTF-8 text"));
    assert!(file("large.toml", &vec![b'#'; (1 << 20) + 1]).contains("larger than 1 MiB"));
    assert!(file("empty.toml", b"").contains("missing field `family`"));
    assert!(matches!(read(&folder.0.join("none.toml")), Err(SimError::Io { .. })));
    assert!(read(&folder.0).is_err(), "a folder");
}

#[test]
fn a_byte_order_mark_and_a_minimal_file_are_fine() {
    let scenario = parse(Path::new("s.toml"), "\u{feff}family = \"kitting\"").unwrap();
    assert_eq!((scenario.family, scenario.seed, scenario.scene.blocks), (Family::Kitting, 1, 3));
}

/// Every family, over 200 seeds: nothing overlaps, everything is within reach, and the goal is not reached already.
#[test]
fn layouts_are_legal() {
    for family in [Family::Move, Family::Stacking, Family::Hanoi, Family::Kitting] {
        for kind in [StartKind::Usual, StartKind::Random] {
            for seed in 1..=200 {
                let blocks = 1 + seed as usize % 5;
                let scenario = Scenario {
                    family,
                    seed,
                    scene: SceneSpec { blocks, ..SceneSpec::default() },
                    start: StartSpec { kind, ..StartSpec::default() },
                    goal: None,
                    noise: Default::default(),
                    disturbances: Vec::new(),
                    seconds: None,
                };
                legal(&scenario);
            }
        }
    }
}

fn legal(scenario: &Scenario) {
    let what = format!("{:?} {:?} seed {}", scenario.family, scenario.start.kind, scenario.seed);
    let layout = layout(scenario).unwrap_or_else(|error| panic!("{what}: {error}"));
    let objects = &layout.scene.objects;
    let [low, high] = layout.scene.workspace;
    for (at, (object, position)) in objects.iter().zip(&layout.positions).enumerate() {
        assert!(
            (0..2).all(|k| (low[k]..=high[k]).contains(&position[k])),
            "{what}: {} out of reach",
            object.name
        );
        let far = position[0].hypot(position[1]);
        assert!((0.3..=0.8).contains(&far), "{what}: {} is {far:.3} m from the base", object.name);
        assert!(position[2] >= object.half_size[2] - 1e-9, "{what}: {} is in the table", object.name);
        for other in at + 1..objects.len() {
            let paint = [at, other].iter().all(|&one| objects[one].kind == ObjectKind::Pad);
            let apart = (0..3).any(|k| {
                let gap = (position[k] - layout.positions[other][k]).abs();
                gap >= object.half_size[k] + objects[other].half_size[k] - 1e-9
            });
            assert!(apart || paint, "{what}: {} and {} overlap", object.name, objects[other].name);
        }
    }
    assert!(!layout.task.goal.is_empty() && layout.seconds > 0.0, "{what}");
}

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("scenario-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
