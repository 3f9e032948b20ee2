//! The example scenarios of `examples/scenarios` are what docs/scenarios.md says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in what its cases share")]

use std::fs;
use std::path::{Path, PathBuf};

use isogrid_sim::families::layout;
use isogrid_sim::scenario::{Family, Scenario};
use isogrid_sim::scenario_file::read;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn examples() -> Vec<(String, Scenario)> {
    let files =
        fs::read_dir(repository().join("examples/scenarios")).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), read(path).unwrap())).collect()
}

#[test]
fn every_example_is_a_scenario_and_every_family_has_one() {
    let examples = examples();
    for family in [Family::Move, Family::Stacking, Family::Hanoi, Family::Kitting, Family::Own] {
        assert!(examples.iter().any(|(_, scenario)| scenario.family == family), "{family:?}");
    }
    for (name, scenario) in examples.iter().filter(|(_, scenario)| scenario.family != Family::Own) {
        layout(scenario).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn the_document_shows_the_files_as_they_are() {
    let text = fs::read_to_string(repository().join("docs/scenarios.md")).unwrap();
    for (name, _) in examples() {
        let file = fs::read_to_string(repository().join("examples/scenarios").join(&name)).unwrap();
        let shown = format!("```toml\n{file}```");
        assert!(text.contains(&shown), "{name} differs from what docs/scenarios.md shows");
    }
}

#[cfg(feature = "mujoco")]
#[test]
fn every_example_ends_as_its_file_says() {
    use isogrid_core::Ctx;
    use isogrid_robot::agent::{Agent, AgentOptions, Status};
    use isogrid_robot::policy::Scripted;
    use isogrid_sim::episode::{self, Nobody};
    use isogrid_sim::world::World;

    for (name, scenario) in examples() {
        let mut world = World::new(&scenario).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (scene, task) = (world.layout().scene.clone(), world.layout().task.clone());
        let policy = Box::new(Scripted::new(0.0, 1));
        let options = AgentOptions { noise: scenario.noise.pose_mm / 1000.0, ..AgentOptions::default() };
        let mut agent = Agent::new(&scene, &task, policy, options).unwrap();
        let episode = episode::run(&Ctx::new(1), &mut world, &mut agent, &mut Nobody, None).unwrap();
        match name.as_str() {
            "unreachable.toml" => assert_eq!(episode.status, Status::Unreachable),
            _ => assert!(episode.verdict.reached, "{name}: {:?}", episode.verdict),
        }
        assert_eq!(episode.disturbances.len(), scenario.disturbances.len(), "{name}");
    }
}
