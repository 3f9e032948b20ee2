//! Solves a PDDL problem with a search of one's choice, and says what each phase took:
//!
//! `cargo run --release -p isogrid-plan --example solve DOMAIN PROBLEM [SEARCH [MODE [TICKS]]]`

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::env;
use std::error::Error;
use std::fs;
use std::time::Instant;

use isogrid_plan::pddl::{parse_domain, parse_problem};
use isogrid_plan::{Mode, Outcome, Search, SolveOptions, ground, solve};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [domain, problem, rest @ ..] = args.as_slice() else {
        return Err("usage: solve DOMAIN PROBLEM [SEARCH [first | improve | optimal [TICKS]]]".into());
    };
    let start = Instant::now();
    let (domain, _) = parse_domain(domain, &fs::read(domain)?)?;
    let (problem, _) = parse_problem(problem, &fs::read(problem)?, &domain)?;
    let parsed = start.elapsed();
    let task = ground(&domain, &problem)?;
    let grounded = start.elapsed();
    let search = match rest.first() {
        Some(name) => Search::named(name).ok_or("no such search")?,
        None => Search::Auto,
    };
    let mode = match rest.get(1).map(String::as_str) {
        None | Some("first") => Mode::First,
        Some("improve") => Mode::Improve,
        Some("optimal") => Mode::Optimal,
        Some(other) => return Err(format!("no such mode: {other}").into()),
    };
    let mut options = SolveOptions { mode, search, ..SolveOptions::default() };
    if let Some(ticks) = rest.get(2) {
        options.ticks = ticks.parse()?;
    }
    let result = solve(&task, &options);
    let solved = start.elapsed();
    if let Outcome::Solved { plan, .. } = &result.outcome {
        plan.operators.iter().for_each(|&operator| println!("{}", task.step(operator)));
        println!("; cost = {}", plan.cost as f64 * task.cost_unit());
    }
    println!(
        "; {} variables, {} facts, {} operators",
        task.n_variables(),
        task.n_facts(),
        task.n_operators()
    );
    println!(
        "; parsed in {parsed:?}, grounded in {:?}, searched for {:?}",
        grounded - parsed,
        solved - grounded
    );
    println!("; {:?}, {} ticks", result.statistics, result.ticks);
    Ok(())
}
