//! Any bytes as a SAS+ file: no panic, what reads is written and read back the same, and a plan found within a tick
//! budget is one by the literal semantics.

#![no_main]

use isogrid_plan::sas::parse_sas;
use isogrid_plan::{Estimate, Outcome, Search, SolveOptions, solve};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(mut file) = parse_sas("file.sas", bytes) else { return };
    assert_eq!(parse_sas("written", file.to_string().as_bytes()).expect("own text"), file);
    for (at, operator) in file.operators.iter_mut().enumerate() {
        operator.name = format!("o{at}");
    }
    let Ok(task) = file.task() else { return };
    let search = Search::AStar(Estimate::LmCut);
    let options = SolveOptions { search, ticks: 20_000, ..SolveOptions::default() };
    if let Outcome::Solved { plan, .. } = solve(&task, &options).outcome {
        let names = plan.operators.iter().map(|&operator| task.step(operator).action);
        let indices: Vec<usize> = names.map(|name| name[1..].parse().expect("an index")).collect();
        assert_eq!(file.cost_of(&indices), Some(plan.cost));
    }
});
