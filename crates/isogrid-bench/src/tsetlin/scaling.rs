//! What two cores give, beside what they give a plain popcount kernel, and cycles a clause word beside that kernel's.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use isogrid_num::stats::median;
use serde_json::{Value, json};

use super::Bench;
use super::entrants::{Cores, Entrant, Setting};
use super::spec::Record;
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::process::{self, Terms};
use crate::run::Run;

/// The verb of this executable that [`verb`] serves.
pub const VERB: &str = "popcount";

const SECTION: &str = "scaling";
/// Words of each operand: both stay in the first cache.
const N_WORDS: usize = 1_024;
const LEAST_SHARE: f64 = 0.95;
const ROUNDS: usize = 5;

/// Runs the kernel on so many threads for so many seconds: `args` are both. Writes words a second of all threads, and
/// cycles a second of one.
///
/// # Errors
/// The arguments are wrong.
pub fn verb(args: &[String], out: &mut dyn Write) -> Result<()> {
    let [n_threads, seconds] = args else { bail!("`{VERB}` takes threads and seconds") };
    let n_threads: usize = n_threads.parse().context("threads")?;
    let seconds: f64 = seconds.parse().context("seconds")?;
    let cycles = cycles_a_second();
    let words: f64 = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..n_threads).map(|number| scope.spawn(move || kernel(number as u64, seconds))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
    });
    writeln!(out, "{}", json!({"words_a_second": words, "cycles_a_second": cycles}))?;
    Ok(())
}

isogrid_num::vectorized! {
    /// Ones of one operand that the other lacks.
    fn misses(included: &[u64], literals: &[u64]) -> u32 {
        included.iter().zip(literals).map(|(included, literals)| (included & !literals).count_ones()).sum()
    }
}

/// Words a second of one thread.
fn kernel(seed: u64, seconds: f64) -> f64 {
    let word = |place: u64| (place ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let included: Vec<u64> = (0..N_WORDS as u64).map(word).collect();
    let literals: Vec<u64> = (0..N_WORDS as u64).map(|place| word(place + 77)).collect();
    let (mut n_words, start) = (0, Instant::now());
    while start.elapsed().as_secs_f64() < seconds {
        for _ in 0..1_000 {
            black_box(misses(black_box(&included), black_box(&literals)));
        }
        n_words += 1_000 * N_WORDS;
    }
    n_words as f64 / start.elapsed().as_secs_f64()
}

/// Cycles a second, by a chain of multiplications that each wait for the one before: three cycles a link on every
/// x86-64 core of the last decade.
fn cycles_a_second() -> f64 {
    const LINKS: u64 = 100_000_000;
    let start = Instant::now();
    let mut x = black_box(3_u64);
    for _ in 0..LINKS {
        x = x.wrapping_mul(black_box(5));
    }
    black_box(x);
    3.0 * LINKS as f64 / start.elapsed().as_secs_f64()
}

/// Measures kernel and training on one core and two in turns, adds a table and a bar.
pub(super) fn run(bench: &mut Bench<'_>, run: &mut Run) -> Result<()> {
    let (rounds, seconds, epochs) = if bench.quick { (1, 0.2, 1) } else { (ROUNDS, 5.0, 20) };
    let mut speeds: [Vec<f64>; 4] = Default::default();
    let (mut cycles, mut one_row) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        for (place, n_threads) in [(0, 1), (1, 2)] {
            let measured = popcount(n_threads, seconds)?;
            run.record(
                &json!({"section": SECTION, "kernel": measured, "threads": n_threads, "round": round}),
            )?;
            speeds[place].extend(measured["words_a_second"].as_f64());
            cycles.extend(measured["cycles_a_second"].as_f64());
            let records = training(bench, (n_threads, epochs))?;
            run.record(
                &json!({"section": SECTION, "records": records, "threads": n_threads, "round": round}),
            )?;
            let last = records.iter().rev().find(|record| record.kind == "epoch");
            speeds[2 + place].extend(last.and_then(|last| Some(1.0 / last.number("train_s")?)));
            one_row.extend(records.into_iter().find(|record| record.kind == "one_row"));
        }
        bench.say(&format!("scaling, round {round}"));
    }
    let middle = |values: &[f64]| (!values.is_empty()).then(|| median(values));
    let [kernel_one, kernel_two, ours_one, ours_two] = speeds.each_ref().map(|values| middle(values));
    let share = |two: Option<f64>, one: Option<f64>| Some(two? / one?);
    let (kernel, ours) = (share(kernel_two, kernel_one), share(ours_two, ours_one));
    let mut grid = Grid::new(&["what", "two cores, of one"]);
    grid.row(vec!["popcount kernel, in the first cache".into(), number(kernel)]);
    grid.row(vec!["training, 100 clauses a class".into(), number(ours)]);
    let hertz = middle(&cycles);
    let limit = share(hertz, kernel_one);
    let of_row = |record: &Record| Some(record.number("seconds")? / record.number("clause_words")?);
    let row = middle(&one_row.iter().filter_map(of_row).collect::<Vec<f64>>());
    let per_word = hertz.zip(row).map(|(hertz, seconds)| hertz * seconds);
    let text = format!(
        "\nOne row at a time takes {} cycles a clause word that holds literals; the popcount kernel {} a word, at {} GHz.\n",
        number(per_word),
        number(limit),
        number(hertz.map(|hertz| hertz * 1e-9))
    );
    run.fragment(SECTION, grid.markdown() + &text);
    let text = "two-core speed-up of training, of the popcount kernel's in the same run";
    let value = share(ours, kernel);
    run.bar("two cores", Bar::judge(text, value, Promise::AtLeast, Some(LEAST_SHARE)).in_unit("x"));
    Ok(())
}

fn popcount(n_threads: usize, seconds: f64) -> Result<Value> {
    let call =
        process::own(&[VERB, &n_threads.to_string(), &seconds.to_string()], std::path::Path::new("."))?;
    let cores = process::cores();
    let span = cores.first().copied().zip(cores.get(n_threads - 1).copied());
    let ended = process::run(&call, &Terms { kill_after: 600.0, address_space: u64::MAX >> 1, cores: span })?;
    serde_json::from_str(&ended.stdout).with_context(|| format!("the kernel said {}", ended.stderr.trim()))
}

fn training(bench: &mut Bench<'_>, (n_threads, epochs): (usize, u64)) -> Result<Vec<Record>> {
    let settings =
        json!({"clauses": 100, "threshold": 28, "specificity": 200.0, "fuzziness": 8, "literals": 16});
    let mut spec = bench.arrays.spec(settings.clone());
    (spec.epochs, spec.test_every, spec.threads) = (epochs, epochs, n_threads);
    spec.measure = vec!["one_row".to_string()];
    let setting = Setting {
        entrant: Entrant::ours("isogrid"),
        words: "100 a class".into(),
        settings,
        has_threads: true,
    };
    let cores = if n_threads == 1 { Cores::One } else { Cores::All };
    setting.entrant.run(&bench.places, &spec, (cores, 900.0))
}
