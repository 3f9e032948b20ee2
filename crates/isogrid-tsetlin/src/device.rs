//! Models that fit into little memory: sizes tried on rows held out, and what pruning costs.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use isogrid_core::{Ctx, Stop};
use isogrid_data::Table;
use isogrid_num::bits::BitMatrix;
use isogrid_num::rng::Rng;
use serde::{Deserialize, Serialize};

use crate::booleanize::{Encoder, Reading};
use crate::classifier::{TsetlinClassifier, best_of};
use crate::options::Options;
use crate::table::TableOptions;
use crate::tune::Task;
use crate::{Machine, TableClassifier, Targets, Trainer, TsetlinError};

/// Clauses a class to try.
const CLAUSES: [usize; 6] = [6, 12, 25, 50, 100, 200];
/// One row in so many judges.
const HELD_OUT: usize = 5;
const DOMAIN: u64 = 0x666c_6173;
/// Clauses kept along a curve, in percent.
const SHARES: [usize; 9] = [100, 75, 50, 35, 25, 15, 10, 5, 2];

/// A size, and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// Clauses a class that were trained.
    pub n_trained: usize,
    /// Clauses of all classes that are left.
    pub n_clauses: usize,
    /// Their literals.
    pub n_literals: usize,
    /// Bytes of clauses and thresholds on a small device.
    pub n_bytes: usize,
    /// The share of judging rows that it gets right.
    pub accuracy: f64,
}

/// The most accurate machine within so many bytes, with every size tried.
pub(crate) fn fit_within(
    ctx: &Ctx,
    task: &Task<'_>,
    options: &TableOptions,
    most_bytes: usize,
) -> Result<(Vec<Size>, (Encoder, Machine, Stop)), TsetlinError> {
    let (learned, judged) = split(ctx.seed(), task.classes.len());
    let table = task.table.take_rows(&learned);
    let classes = |rows: &[usize]| rows.iter().map(|&row| task.classes[row]).collect::<Vec<u32>>();
    let (of, truth) = (classes(&learned), classes(&judged));
    let encoder = Encoder::fit(&table, task.target, &of, options.encoder)?;
    let samples = encoder.encode(&table, 0..table.n_rows())?;
    let held_out = task.table.take_rows(&judged);
    let judges = (encoder.encode(&held_out, 0..held_out.n_rows())?, truth);
    let (mut sizes, mut best): (Vec<Size>, Option<(f64, Machine)>) = (Vec::new(), None);
    let mut end = Stop::Done;
    for n_clauses in CLAUSES {
        let mut settings = options.machine.clone();
        settings.n_clauses = settings.n_clauses.or(Some(n_clauses));
        let machine = settings.settle(samples.n_rows(), samples.n_cols());
        let targets = Targets::Classes { of: &of, n_classes: task.n_classes, weights: task.weights };
        let (machine, stop) = train(ctx, (&samples, &targets), &machine)?;
        let machine = shrink(&encoder, &machine.simplified_for(&encoder), &samples, most_bytes)?;
        let size = Size { n_trained: n_clauses, ..measure(&encoder, &machine, (&judges.0, &judges.1))? };
        // Of equally accurate ones the smaller, which comes first.
        if best.as_ref().is_none_or(|(accuracy, _)| size.accuracy > *accuracy) {
            best = Some((size.accuracy, machine.clone()));
        }
        sizes.push(size);
        end = stop;
        // A number that the user gave is the only one to try.
        if end != Stop::Done || options.machine.n_clauses.is_some() {
            break;
        }
    }
    let Some((_, machine)) = best else { return Err(TsetlinError::NoFeatures) };
    Ok((sizes, (encoder, machine, end)))
}

fn split(seed: u64, n_rows: usize) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..n_rows).collect();
    Rng::new(seed ^ DOMAIN, 0).shuffle(&mut order);
    let (judged, learned) = order.split_at_mut(n_rows / HELD_OUT);
    learned.sort_unstable();
    (learned.to_vec(), judged.to_vec())
}

fn train(
    ctx: &Ctx,
    (samples, targets): (&BitMatrix, &Targets<'_>),
    options: &Options,
) -> Result<(Machine, Stop), TsetlinError> {
    let mut trainer = Trainer::new(ctx.seed(), samples.n_cols(), targets.n_outputs(), options)?;
    let stop = trainer.fit(ctx, samples, targets)?;
    Ok((trainer.machine(), stop))
}

/// The machine's loudest clauses on these rows, as many as fit.
fn shrink(
    encoder: &Encoder,
    machine: &Machine,
    rows: &BitMatrix,
    most_bytes: usize,
) -> Result<Machine, TsetlinError> {
    let order = by_voice(machine, rows)?;
    // Fewer clauses never take more bytes.
    let n_kept = partition(order.len(), |n| n_bytes(encoder, &machine.of_loudest(&order, n)) <= most_bytes);
    Ok(machine.of_loudest(&order, n_kept))
}

/// The most of `0..=n` for which `fits`, which holds below some number and not above; 0 if it holds nowhere.
fn partition(n: usize, fits: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if fits(middle) { low = middle } else { high = middle - 1 }
    }
    low
}

/// Rows that voices are taken from, at most.
const MAX_VOICED: usize = 2_000;

/// Clauses, those that say most on some of the rows first: of each output and side the loudest, then the second, and so
/// on, so that no output loses its voice before the others.
fn by_voice(machine: &Machine, rows: &BitMatrix) -> Result<Vec<usize>, TsetlinError> {
    let n_rows = rows.n_rows().min(MAX_VOICED);
    let mut some = BitMatrix::new(n_rows, rows.n_cols());
    for row in 0..n_rows {
        rows.ones(row * rows.n_rows() / n_rows).for_each(|feature| some.insert(row, feature));
    }
    let voices = machine.voices(&some)?;
    let mut order: Vec<usize> = (0..machine.n_clauses()).collect();
    order.sort_by_key(|&clause| Reverse(voices[clause]));
    let mut n_before: BTreeMap<Option<(usize, bool)>, usize> = BTreeMap::new();
    let mut ranks = vec![0; machine.n_clauses()];
    for &clause in &order {
        let strongest = machine.weights(clause).max_by_key(|(_, weight)| weight.unsigned_abs());
        let side = n_before.entry(strongest.map(|(output, weight)| (output, weight > 0))).or_default();
        ranks[clause] = *side;
        *side += 1;
    }
    order.sort_by_key(|&clause| (ranks[clause], Reverse(voices[clause])));
    Ok(order)
}

impl Machine {
    fn of_loudest(&self, order: &[usize], n_kept: usize) -> Machine {
        let mut kept = order[..n_kept].to_vec();
        kept.sort_unstable();
        self.pruned(|clause| kept.binary_search(&clause).is_ok())
    }

    /// [`Machine::simplified`], and of strict clauses only the tightest thresholds.
    fn simplified_for(&self, encoder: &Encoder) -> Machine {
        let reading = if self.fuzziness() == 1 { Reading::Strict } else { Reading::Fuzzy };
        self.simplified_by(|half, literals| match reading {
            Reading::Strict => encoder.tightest(literals, half),
            Reading::Fuzzy => literals.to_vec(),
        })
    }
}

/// Bytes of a machine and of the thresholds that it looks at.
fn n_bytes(encoder: &Encoder, machine: &Machine) -> usize {
    let half = machine.n_clause_features();
    let literals = (0..machine.n_clauses()).flat_map(|clause| machine.literals(clause));
    let mut features: Vec<usize> = literals.map(|&literal| literal as usize % half).collect();
    features.sort_unstable();
    features.dedup();
    machine.n_bytes() + encoder.n_bytes(features)
}

fn measure(
    encoder: &Encoder,
    machine: &Machine,
    (rows, classes): (&BitMatrix, &[u32]),
) -> Result<Size, TsetlinError> {
    let sums = machine.sums(rows)?;
    let answers = sums.chunks_exact(machine.n_outputs()).map(|sums| best_of(sums).class);
    let n_right = answers.zip(classes).filter(|(answer, class)| answer == *class).count();
    Ok(Size {
        n_trained: 0,
        n_clauses: machine.n_clauses(),
        n_literals: (0..machine.n_clauses()).map(|clause| machine.literals(clause).len()).sum(),
        n_bytes: n_bytes(encoder, machine),
        accuracy: n_right as f64 / classes.len().max(1) as f64,
    })
}

impl TableClassifier {
    /// What fewer clauses would cost in accuracy, from all of them to few, on rows with known classes. The clauses kept
    /// are those that say most on these rows.
    ///
    /// # Errors
    /// The table lacks a column, or no row of it has a known class.
    pub fn sizes(&self, table: &Table) -> Result<Vec<Size>, TsetlinError> {
        let (rows, classes) = self.judges(table)?;
        let machine = self.machine().machine().simplified_for(self.encoder());
        let order = by_voice(&machine, &rows)?;
        let mut sizes = Vec::new();
        for share in SHARES {
            let kept = machine.of_loudest(&order, (order.len() * share / 100).max(1).min(order.len()));
            sizes.push(measure(self.encoder(), &kept, (&rows, &classes))?);
        }
        sizes.dedup_by_key(|size| size.n_clauses);
        Ok(sizes)
    }

    /// The smallest model along [`TableClassifier::sizes`] that loses no more than `loss` of the accuracy, calibrated anew
    /// on the same rows.
    ///
    /// # Errors
    /// As [`TableClassifier::sizes`].
    pub fn smaller(&self, table: &Table, loss: f64) -> Result<(TableClassifier, Size), TsetlinError> {
        let sizes = self.sizes(table)?;
        let least = sizes.first().map_or(0.0, |size| size.accuracy) - loss;
        // From the end: the smallest one before the first that falls short.
        let n_good = sizes.iter().take_while(|size| size.accuracy >= least).count().max(1);
        let Some(size) = sizes.get(n_good - 1).cloned() else { return Err(TsetlinError::NoFeatures) };
        let (rows, _) = self.judges(table)?;
        let machine = self.machine().machine().simplified_for(self.encoder());
        let kept = machine.of_loudest(&by_voice(&machine, &rows)?, size.n_clauses);
        Ok((self.with_machine(TsetlinClassifier::of(kept), table)?, size))
    }

    /// Rows whose class is known, as features and class numbers.
    fn judges(&self, table: &Table) -> Result<(BitMatrix, Vec<u32>), TsetlinError> {
        let classes = self.classes_of(table)?;
        let known: Vec<usize> = (0..table.n_rows()).filter(|&row| classes[row].is_some()).collect();
        if known.is_empty() {
            return Err(TsetlinError::NoKnownClass { target: self.target().to_string() });
        }
        let rows = self.encoder().encode(&table.take_rows(&known), 0..known.len())?;
        Ok((rows, known.iter().filter_map(|&row| classes[row]).collect()))
    }
}
