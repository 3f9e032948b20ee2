//! Our machine under the peers' contract: the same files, clocks and records, in a process of its own.

use std::cell::RefCell;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use isogrid::data::{Values, read_array};
use isogrid::tsetlin::{
    CompiledMachine, Feedback, Images, Machine, Options, Patches, PixelOptions, Pixels, Pool, Targets,
    Trainer,
};
use isogrid_core::{Ctx, Source};
use isogrid_num::bits::BitMatrix;
use isogrid_num::simd::{self, Level};
use serde::Deserialize;
use serde_json::json;

use super::memory::Memory;
use super::spec::{self, Spec};
use crate::process::cpu_seconds;

/// The verb of this executable that [`verb`] serves.
pub const VERB: &str = "tsetlin-entrant";

/// Our settings; those left out have the library's defaults.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    clauses: Option<usize>,
    threshold: Option<u32>,
    specificity: Option<f64>,
    fuzziness: Option<u32>,
    literals: Option<u32>,
    negatives: Option<u32>,
    is_weighted: bool,
    is_shared: bool,
    is_classic: bool,
    patches: Option<Patches>,
    /// How images become bits; `None` for rows of bits.
    pixels: Option<PixelOptions>,
}

impl Settings {
    fn options(&self, n_threads: usize) -> Options {
        let defaults = Options::default();
        Options {
            n_clauses: self.clauses.unwrap_or(defaults.n_clauses),
            threshold: self.threshold.unwrap_or(defaults.threshold),
            specificity: self.specificity.unwrap_or(defaults.specificity),
            fuzziness: self.fuzziness.unwrap_or(defaults.fuzziness),
            max_literals: self.literals.unwrap_or(defaults.max_literals),
            negatives: self.negatives,
            is_weighted: self.is_weighted,
            pool: if self.is_shared { Pool::Shared } else { Pool::PerOutput },
            feedback: if self.is_classic {
                Feedback::Classic { boost_true_positive: true }
            } else {
                Feedback::Fuzzy
            },
            patches: self.patches,
            n_threads,
            ..defaults
        }
    }
}

/// Runs the specification that `args` name and writes records to `out`.
///
/// # Errors
/// The specification or its arrays cannot be read, or do not fit together.
pub fn verb(args: &[String], out: &mut dyn Write) -> Result<()> {
    let [path] = args else { bail!("`{VERB}` takes a specification") };
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
    let spec: Spec = serde_json::from_str(&text).with_context(|| format!("reading {path}"))?;
    let settings: Settings = serde_json::from_value(spec.settings.clone()).context("settings")?;
    let start = Instant::now();
    let read = |x: &Path, y: &Path| Rows::read(x, y, settings.pixels.as_ref());
    let (learned, judged) = (read(&spec.x_train, &spec.y_train)?, read(&spec.x_test, &spec.y_test)?);
    let n_classes = learned.classes.iter().chain(&judged.classes).max().map_or(0, |&last| last + 1);
    let options =
        Options { epochs: u32::try_from(spec.epochs)?.min(100_000), ..settings.options(spec.threads) };
    let mut trainer = Trainer::new(spec.seed, learned.bits.n_cols(), n_classes as usize, &options)?;
    let mut records = Records { out, memory: Memory::begin() };
    records.write(&json!({"kind": "setup", "seconds": start.elapsed().as_secs_f64()}))?;
    let answers = train(&spec, &mut trainer, (&learned, &judged, n_classes), &mut records)?;
    records.memory(&spec, ("training", learned.n_bytes()))?;
    let machine = trainer.machine();
    drop(trainer);
    if spec.wants("inference") {
        infer(&spec, &machine, (&judged, &answers), &mut records)?;
        records.memory(&spec, ("inference", judged.n_bytes()))?;
    }
    if spec.wants("one_row") {
        one_row(&spec, &machine, &judged, &mut records)?;
    }
    Ok(())
}

/// Rows of bits and their classes.
struct Rows {
    bits: BitMatrix,
    classes: Vec<u32>,
}

impl Rows {
    fn n_bytes(&self) -> usize {
        self.bits.n_rows() * self.bits.row_words() * 8
    }

    fn read(x: &Path, y: &Path, pixels: Option<&PixelOptions>) -> Result<Rows> {
        let array = read_array(&Source::file(x))?;
        let bytes = array.as_bytes().with_context(|| format!("{}: not bytes", x.display()))?;
        let bits = match (pixels, array.shape()) {
            (None, _) => bits(bytes, array.n_items(), array.item_len()),
            (Some(options), &[_, height, width]) => {
                let images = Images { values: bytes, height, width };
                Pixels::new(height, width, options.clone())?.encode(images)?
            }
            (Some(_), shape) => bail!("{}: images of shape {shape:?}", x.display()),
        };
        let n_rows = bits.n_rows();
        let classes = match read_array(&Source::file(y))?.into_values() {
            Values::U8(values) => values.into_iter().map(u32::from).collect(),
            Values::I64(values) => values.into_iter().map(u32::try_from).collect::<Result<Vec<u32>, _>>()?,
            _ => bail!("{}: classes are not whole numbers", y.display()),
        };
        ensure!(classes.len() == n_rows, "{} rows and {} classes", n_rows, classes.len());
        Ok(Rows { bits, classes })
    }
}

/// Rows of bytes, of which those that are not zero are ones.
fn bits(bytes: &[u8], n_rows: usize, n_bits: usize) -> BitMatrix {
    let mut bits = BitMatrix::new(n_rows, n_bits);
    for (place, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        bits.insert(place / n_bits, place % n_bits);
    }
    bits
}

/// Trains pass by pass, or all passes at once where nobody looks between them; the test rows are answered outside the
/// clock. Returns the last answers.
fn train(
    spec: &Spec,
    trainer: &mut Trainer,
    (learned, judged, n_classes): (&Rows, &Rows, u32),
    records: &mut Records<'_>,
) -> Result<Vec<u32>> {
    let ctx = Ctx::new(spec.seed);
    let targets = Targets::Classes { of: &learned.classes, n_classes, weights: None };
    let (mut spent, mut processor, mut answers) = (0.0, 0.0, Vec::new());
    let is_at_once = spec.test_every >= spec.epochs && spec.seconds >= spec::NO_LIMIT;
    for epoch in if is_at_once { spec.epochs..=spec.epochs } else { 1..=spec.epochs } {
        if spent >= spec.seconds {
            break;
        }
        let (start, before) = (Instant::now(), cpu_seconds());
        if is_at_once {
            trainer.fit(&ctx, &learned.bits, &targets)?;
        } else {
            trainer.partial_fit(&ctx, &learned.bits, &targets)?;
        }
        spent += start.elapsed().as_secs_f64();
        processor += cpu_seconds() - before;
        if epoch % spec.test_every == 0 || epoch == spec.epochs || spent >= spec.seconds {
            answers = answer(&trainer.machine().sums(&judged.bits)?, n_classes);
            records.write(&json!({
                "kind": "epoch", "epoch": epoch, "train_s": spent, "train_cpu_s": processor,
                "samples": learned.classes.len(), "accuracy": accuracy(&answers, &judged.classes),
            }))?;
        }
    }
    Ok(answers)
}

fn answer(sums: &[i32], n_classes: u32) -> Vec<u32> {
    let best = |sums: &[i32]| {
        (1..sums.len()).fold(0, |best, class| if sums[class] > sums[best] { class } else { best })
    };
    sums.chunks_exact(n_classes as usize).map(|sums| best(sums) as u32).collect()
}

fn accuracy(answers: &[u32], classes: &[u32]) -> f64 {
    let n_right = answers.iter().zip(classes).filter(|(answer, class)| answer == class).count();
    n_right as f64 / classes.len().max(1) as f64
}

fn infer(
    spec: &Spec,
    machine: &Machine,
    (judged, expected): (&Rows, &[u32]),
    records: &mut Records<'_>,
) -> Result<()> {
    let n_classes = machine.n_outputs() as u32;
    let Some(compiled) = CompiledMachine::new(machine) else {
        let whole = || Ok(answer(&machine.sums(&judged.bits)?, n_classes));
        return inference(spec, "Machine::sums", (judged, expected), (&whole, records));
    };
    for most in [Level::Avx2, Level::Avx512].into_iter().filter(|&most| most <= simd::detected()) {
        let how = format!("CompiledMachine::sums, {:?}", simd::cap(most));
        let blocks = || Ok(answer(&compiled.sums(&judged.bits)?, n_classes));
        inference(spec, &how, (judged, expected), (&blocks, records))?;
    }
    let mut sums = vec![0; machine.n_outputs()];
    let mut row = |row| {
        compiled.sum_row(judged.bits.row(row), &mut sums);
        answer(&sums, n_classes)[0]
    };
    let rows = RefCell::new(|| Ok((0..judged.bits.n_rows()).map(&mut row).collect()));
    inference(
        spec,
        "CompiledMachine::sum_row, a loop",
        (judged, expected),
        (&|| (rows.borrow_mut())(), records),
    )
}

/// Times a way to answer all rows: once to warm up, then repeats.
fn inference(
    spec: &Spec,
    how: &str,
    (judged, expected): (&Rows, &[u32]),
    (call, records): (&dyn Fn() -> Result<Vec<u32>>, &mut Records<'_>),
) -> Result<()> {
    let answers = call()?;
    let (mut times, before) = (Vec::new(), cpu_seconds());
    while times.len() < 3 || (times.iter().sum::<f64>() < spec.inference_seconds && times.len() < 1_000) {
        let start = Instant::now();
        call()?;
        times.push(start.elapsed().as_secs_f64());
    }
    let processor = (cpu_seconds() - before) / times.len() as f64;
    times.sort_unstable_by(f64::total_cmp);
    records.write(&json!({
        "kind": "inference", "how": how, "rows": judged.classes.len(), "seconds": times[times.len() / 2],
        "best_s": times[0], "cpu_s": processor, "repeats": times.len(), "threads": 1,
        "accuracy": accuracy(&answers, &judged.classes), "agree": accuracy(&answers, expected),
    }))
}

fn one_row(spec: &Spec, machine: &Machine, judged: &Rows, records: &mut Records<'_>) -> Result<()> {
    let Some(compiled) = CompiledMachine::new(machine) else { return Ok(()) };
    let mut sums = vec![0; machine.n_outputs()];
    let mut times = Vec::new();
    for row in 0..judged.classes.len().min(spec.one_rows) {
        let start = Instant::now();
        compiled.sum_row(std::hint::black_box(judged.bits.row(row)), &mut sums);
        std::hint::black_box(&sums);
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_unstable_by(f64::total_cmp);
    records.write(&json!({
        "kind": "one_row", "how": "compiled", "seconds": times[times.len() / 2], "p99_s": times[times.len() * 99 / 100],
        "rows": times.len(), "threads": 1, "clause_words": compiled.n_clause_words(),
        "n_clauses": machine.n_clauses(),
    }))
}

/// Where records go.
struct Records<'a> {
    out: &'a mut dyn Write,
    memory: Memory,
}

impl Records<'_> {
    fn write(&mut self, record: &serde_json::Value) -> Result<()> {
        writeln!(self.out, "{record}")?;
        Ok(self.out.flush()?)
    }

    /// What a phase on rows of so many bytes needed beyond the baseline; then a new phase.
    fn memory(&mut self, spec: &Spec, (phase, rows): (&str, usize)) -> Result<()> {
        let (baseline, peak) = self.memory.phase();
        if spec.wants("memory") {
            self.write(&json!({
                "kind": "memory", "phase": phase, "rows_bytes": rows, "peak_bytes": peak.saturating_sub(baseline),
                "baseline_bytes": baseline, "high_water_bytes": peak,
            }))?;
        }
        Ok(())
    }
}
