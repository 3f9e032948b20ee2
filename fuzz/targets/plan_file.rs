//! Any bytes as a plan: no panic, and what reads is written and read back the same.

#![no_main]

use isogrid_plan::plan_file::{CostKind, parse_plan, write_plan};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(plan) = parse_plan("plan", bytes) {
        let text = write_plan(&plan.steps, 7.25, CostKind::General);
        assert_eq!(parse_plan("written", text.as_bytes()).expect("own text").steps, plan.steps);
    }
});
