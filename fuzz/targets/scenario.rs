//! Any bytes as a scenario file: no panic in its reader, in the drawing of a start, nor in the scene's text.
#![no_main]

use std::path::Path;

use isogrid_sim::{families, mjcf, scenario_file};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(scenario) = scenario_file::parse(Path::new("fuzz.toml"), text) else { return };
    let Ok(layout) = families::layout(&scenario) else { return };
    let objects = &layout.scene.objects;
    assert_eq!(objects.len(), layout.positions.len());
    assert!(layout.positions.as_flattened().iter().all(|metres| metres.is_finite()));
    let in_scene = |&(block, on): &(usize, usize)| block < objects.len() && on < objects.len();
    assert!(layout.task.goal.iter().all(in_scene));
    assert!(mjcf::scene(objects, &layout.positions).len() > objects.len());
});
