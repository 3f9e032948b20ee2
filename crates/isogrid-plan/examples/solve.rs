//! Solves one problem with the library alone.
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let t0 = Instant::now();
    let (domain, _) = isogrid_plan::pddl::parse_domain(&args[1], &std::fs::read(&args[1]).unwrap())
        .unwrap_or_else(|e| panic!("{e}"));
    let (problem, _) =
        isogrid_plan::pddl::parse_problem(&args[2], &std::fs::read(&args[2]).unwrap(), &domain)
            .unwrap_or_else(|e| panic!("{e}"));
    let t1 = Instant::now();
    let task = isogrid_plan::ground(&domain, &problem).unwrap();
    let t2 = Instant::now();
    let mode = match args.get(3).map(String::as_str) {
        Some("optimal") => isogrid_plan::Mode::Optimal,
        Some("improve") => isogrid_plan::Mode::Improve,
        _ => isogrid_plan::Mode::First,
    };
    let r = isogrid_plan::solve(&task, &isogrid_plan::SolveOptions { mode, ..Default::default() });
    let t3 = Instant::now();
    let (what, cost, len) = match &r.outcome {
        isogrid_plan::Outcome::Solved { plan, optimal } => {
            (if *optimal { "optimal" } else { "solved" }.to_string(), plan.cost, plan.operators.len())
        }
        o => (format!("{o:?}"), 0, 0),
    };
    println!(
        "{what} cost {cost} len {len} | vars {} facts {} ops {} bytes {} mutex {} | parse {:?} ground {:?} search {:?} | {:?} ticks {}",
        task.n_variables(),
        task.n_facts(),
        task.n_operators(),
        task.state_bytes(),
        task.n_mutex_groups(),
        t1 - t0,
        t2 - t1,
        t3 - t2,
        r.statistics,
        r.ticks
    );
    if args.get(4).is_some() {
        if let isogrid_plan::Outcome::Solved { plan, .. } = &r.outcome {
            for &o in &plan.operators {
                let s = task.step(o);
                println!("({} {})", s.action, s.args.join(" "));
            }
        }
    }
}
