//! The planner passes the tests of every engine.

use isogrid_plan::generate::{DeliveryOptions, delivery};
use isogrid_plan::{GroundOptions, Mode, PlanQuery, Planner, PlanningData, SolveOptions};

fn data() -> PlanningData {
    let (domain, problem) = delivery(3, &DeliveryOptions { places: 4, parcels: 2 });
    PlanningData { domain: domain.into(), problem: problem.into() }
}

fn query(mode: Mode, threads: usize) -> PlanQuery {
    let options = SolveOptions { mode, threads, improve_ticks: 20_000, ..SolveOptions::default() };
    PlanQuery { options, ..PlanQuery::default() }
}

isogrid_testing::conformance! {
    engine: Planner,
    data: data,
    options: GroundOptions::default,
    inputs: |_model| [(Mode::First, 1), (Mode::First, 3), (Mode::First, 6), (Mode::Improve, 1), (Mode::Improve, 3), (Mode::Optimal, 2)]
        .map(|(mode, threads)| query(mode, threads))
        .to_vec(),
    tick_slack: 2_000,
}

isogrid_testing::conformance_detect! {
    engine: Planner,
    alpha: 0.05,
    structure: "guidance by relaxed plans",
}
