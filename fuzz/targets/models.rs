//! Any bytes as a saved model, with and without the envelope: no panic, and a model that loads can be saved.

#![no_main]

use isogrid::envelope;
use isogrid_core::Store;
use isogrid_plan::Planner;
use isogrid_robot::Robot;
use isogrid_tsetlin::Tsetlin;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = envelope::unwrap("model", bytes);
    if let Ok(model) = Planner.load(bytes) {
        Planner.save(&model);
    }
    if let Ok(model) = Tsetlin.load(bytes) {
        Tsetlin.save(&model);
    }
    if let Ok(model) = Robot.load(bytes) {
        let saved = Robot.save(&model);
        assert_eq!(Robot.load(&saved).ok().map(|model| Robot.save(&model)), Some(saved));
    }
});
