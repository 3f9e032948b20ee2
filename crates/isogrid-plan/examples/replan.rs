//! Replans a four-disc tower from every state a random walk visits, and says how long that takes.
//!
//! `cargo run --release -p isogrid-plan --example replan DOMAIN PROBLEM`

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use isogrid_core::Ctx;
use isogrid_num::rng::Rng;
use isogrid_plan::pddl::{parse_domain, parse_problem};
use isogrid_plan::{Keep, Mode, PlanQuery, Session, SolveOptions, ground_in};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let [domain_path, problem_path] = paths.as_slice() else {
        return Err("give a domain and a problem".into());
    };
    let (domain, _) = parse_domain(domain_path, &std::fs::read(domain_path)?)?;
    let (problem, _) = parse_problem(problem_path, &std::fs::read(problem_path)?, &domain)?;
    let ctx = Ctx::new(0);
    let task = Arc::new(ground_in(&ctx, &Arc::new(domain), &Arc::new(problem), Keep::Everything)?);
    let mut session = Session::new(&task);
    let mut rng = Rng::new(1, 0);
    let mut state = task.init().clone();
    let mut micros = Vec::new();
    for _ in 0..1000 {
        let applicable = task.applicable(&state);
        let Some(at) = rng.index(applicable.len()) else { break };
        state = task.apply(&state, applicable[at]).ok_or("the walk broke off")?;
        let options = SolveOptions { mode: Mode::Optimal, ..SolveOptions::default() };
        let query = PlanQuery { state: Some(task.atoms(&state)), options, ..PlanQuery::default() };
        let start = Instant::now();
        session.plan(&ctx, &query, &mut |_| ControlFlow::Continue(()))?;
        micros.push(start.elapsed().as_secs_f64() * 1e6);
    }
    micros.sort_by(f64::total_cmp);
    println!("median {:.0} us, p99 {:.0} us", micros[micros.len() / 2], micros[micros.len() * 99 / 100]);
    Ok(())
}
