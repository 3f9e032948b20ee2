//! Any bytes as a saved model, with and without the envelope: no panic, a model that loads can be saved, one of a table
//! answers rows, and training goes on.

#![no_main]

use isogrid::envelope;
use isogrid::forest::Forest;
use isogrid::linear::Linear;
use isogrid_core::{Ctx, Store};
use isogrid_data::{Column, Table};
use isogrid_plan::Planner;
use isogrid_robot::Robot;
use isogrid_num::bits::BitMatrix;
use isogrid_tsetlin::{Anomaly, CompiledMachine, Targets, Trainer, Tsetlin};

/// Wider machines only take time.
const MOST_FEATURES: usize = 1 << 12;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = envelope::unwrap("model", bytes);
    if let Ok(model) = Planner.load(bytes) {
        Planner.save(&model);
    }
    if let Ok(model) = Robot.load(bytes) {
        let saved = Robot.save(&model);
        assert_eq!(Robot.load(&saved).ok().map(|model| Robot.save(&model)), Some(saved));
    }
    if let Ok(model) = Linear.load(bytes) {
        Linear.save(&model);
    }
    if let Ok(model) = Forest.load(bytes) {
        Forest.save(&model);
    }
    tsetlin(bytes);
});

fn tsetlin(bytes: &[u8]) {
    let (ctx, table) = (Ctx::new(1), table());
    if let Ok(model) = Tsetlin.load(bytes) {
        assert_eq!(Tsetlin.load(&Tsetlin.save(&model)).expect("its own bytes"), model);
        let _ = model.answer(&ctx, &table, 0..2);
        let _ = model.rules(None);
        let _ = model.reasons(&table, 1);
        let machine = model.machine().machine();
        if let Some(compiled) = CompiledMachine::new(machine).filter(|_| machine.n_features() < MOST_FEATURES) {
            let rows = BitMatrix::new(70, machine.n_features());
            assert_eq!(compiled.sums(&rows).expect("as wide"), machine.sums(&rows).expect("as wide"));
        }
    }
    if let Ok(model) = Anomaly.load(bytes) {
        Anomaly.save(&model);
        if let Ok((answers, _)) = model.answer(&ctx, &table, 0..2) {
            assert!(answers.iter().all(|answer| !answer.score.is_nan()));
        }
    }
    if let Ok(mut trainer) = Trainer::from_bytes(bytes) {
        let machine = trainer.machine();
        if machine.n_features() < MOST_FEATURES && machine.n_outputs() == 2 && !machine.is_shared() {
            let rows = BitMatrix::new(3, machine.n_features());
            let targets = Targets::Classes { of: &[0, 1, 1], n_classes: 2, weights: None };
            let _ = trainer.partial_fit(&ctx, &rows, &targets);
        }
    }
}

fn table() -> Table {
    let columns = vec![
        Column::numbers("x", vec![1.0, f64::NAN]),
        Column::categories("c", [Some("red"), None]),
    ];
    Table::new(columns).expect("equal lengths")
}
