//! Solves a task in the format of Fast Downward's translator with a search of one's choice:
//!
//! `cargo run --release -p isogrid-plan --example sas output.sas [SEARCH]`

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::env;
use std::error::Error;
use std::fs;
use std::time::Instant;

use isogrid_plan::{Mode, Outcome, Search, SolveOptions, Task, solve};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [path, rest @ ..] = args.as_slice() else {
        return Err("usage: sas FILE [SEARCH]".into());
    };
    let task = Task::from_sas(path, &fs::read(path)?)?;
    let name = rest.first().map_or("astar-lmcut", String::as_str);
    let search = Search::named(name).ok_or("no such search")?;
    let start = Instant::now();
    let result = solve(&task, &SolveOptions { mode: Mode::First, search, ..SolveOptions::default() });
    let seconds = start.elapsed().as_secs_f64();
    match &result.outcome {
        Outcome::Solved { plan, .. } => {
            plan.operators.iter().for_each(|&operator| println!("{}", task.step(operator)));
            println!("; cost = {}", plan.cost);
        }
        Outcome::Unsolvable(_) => println!("; there is no plan"),
        Outcome::Stopped(stop) => println!("; {stop}"),
    }
    let evaluated = result.statistics.evaluated;
    println!(
        "; {} variables, {} facts, {} operators",
        task.n_variables(),
        task.n_facts(),
        task.n_operators()
    );
    println!("; {:?}", result.statistics);
    println!("; searched for {seconds:.6} s: {:.0} evaluations/s", evaluated as f64 / seconds);
    Ok(())
}
