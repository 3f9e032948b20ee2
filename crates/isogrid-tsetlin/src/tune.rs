//! Settings chosen by trial: successive halving on rows held out.
//!
//! Jamieson and Talwalkar, "Non-stochastic best arm identification" (2016, arXiv 1502.07943): all candidates train a
//! few passes, the better part of them three times as many, and so on. Small tables are judged on three folds, larger
//! ones on a fifth of the rows. Passes are part of what is chosen, so training stops where held-out rows say so.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::ControlFlow;

use isogrid_core::{Ctx, Progress, Stop};
use isogrid_data::Table;
use isogrid_num::bits::BitMatrix;
use isogrid_num::rng::Rng;
use serde::{Deserialize, Serialize};

use crate::booleanize::{Binning, Encoder, EncoderOptions};
use crate::options::{Options, Settings};
use crate::{Machine, Targets, Trainer, TsetlinError};

/// Fewer rows are judged on several folds.
const FEW_ROWS: usize = 2_000;
const N_FOLDS: usize = 3;
/// One row in so many is held out where there are many.
const HELD_OUT: usize = 5;
/// Samples to visit in the first round, in no fewer passes than ten.
const FIRST_VISITS: usize = 20_000;
/// How many times as many passes the next round has, and how many times fewer candidates.
const FACTOR: usize = 3;
const N_ROUNDS: usize = 4;
const DOMAIN: u64 = 0x7475_6e65;

/// Rows to choose settings by.
pub(crate) struct Task<'a> {
    pub(crate) table: &'a Table,
    pub(crate) target: &'a str,
    /// A class number a row.
    pub(crate) classes: &'a [u32],
    pub(crate) n_classes: u32,
    /// How much rows of each class count; none for all alike.
    pub(crate) weights: Option<&'a [f64]>,
}

/// One candidate, and how it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// How columns become features.
    pub encoder: EncoderOptions,
    /// The machine's options; `epochs` are those after which it did best.
    pub options: Options,
    /// The share of held-out rows that it got right, then.
    pub accuracy: f64,
    /// Bytes of its clauses on a small device.
    pub n_bytes: usize,
}

/// What was tried, best first.
pub(crate) struct Tuned {
    pub(crate) trials: Vec<Trial>,
    /// What a limit left no time to train again: the best candidate as it is.
    pub(crate) cut_short: Option<(Stop, Encoder, Machine)>,
}

/// Tries `n_candidates` settings, the given ones where they are given.
///
/// # Errors
/// Settings out of range, or columns without features.
pub(crate) fn tune(
    ctx: &Ctx,
    task: &Task<'_>,
    (settings, encoder): (&Settings, EncoderOptions),
    n_candidates: usize,
) -> Result<Tuned, TsetlinError> {
    let folds = Folds::new(ctx.seed(), task);
    let mut codes = BTreeMap::new();
    let mut arms = Vec::new();
    for number in 0..n_candidates.max(1) {
        let candidate = Candidate::draw(ctx.seed(), number);
        arms.push(Arm::new((settings, encoder), candidate, (task, &folds, &mut codes), ctx.seed())?);
    }
    let mut n_passes = (FIRST_VISITS / task.classes.len().max(1)).clamp(10, 60) as u64;
    for round in 0..N_ROUNDS {
        ctx.progress(Progress {
            stage: "rounds of tuning",
            done: round as u64,
            total: Some(N_ROUNDS as u64),
            note: "",
        });
        for arm in &mut arms {
            if let ControlFlow::Break(stop) = arm.go_on(ctx, n_passes, (task, &folds, &codes))? {
                return Ok(cut_short(stop, arms, &codes));
            }
        }
        arms.sort_by(Arm::compare);
        let n_left = (arms.len() / FACTOR).max(2);
        // The others keep their rank: they are reported too.
        arms.iter_mut().skip(n_left).for_each(Arm::retire);
        n_passes *= FACTOR as u64;
    }
    Ok(Tuned { trials: arms.into_iter().map(|arm| arm.trial).collect(), cut_short: None })
}

fn cut_short(stop: Stop, mut arms: Vec<Arm>, codes: &Codes) -> Tuned {
    arms.sort_by(Arm::compare);
    let machine = |arm: &Arm| Some((arm.trainers.first()?.machine(), codes[&arm.trial.encoder].first()?));
    let best = arms.iter().find_map(machine);
    let cut_short = best.map(|(machine, coded)| (stop, coded.encoder.clone(), machine));
    Tuned { trials: arms.into_iter().map(|arm| arm.trial).collect(), cut_short }
}

/// Rows to train on and to judge by, fold by fold.
struct Folds(Vec<(Vec<usize>, Vec<usize>)>);

impl Folds {
    fn new(seed: u64, task: &Task<'_>) -> Folds {
        let n_rows = task.classes.len();
        let mut order: Vec<usize> = (0..n_rows).collect();
        Rng::new(seed ^ DOMAIN, 0).shuffle(&mut order);
        // Rows of one class are spread evenly over the folds.
        order.sort_by_key(|&row| task.classes[row]);
        let (n_parts, n_folds) = if n_rows < FEW_ROWS { (N_FOLDS, N_FOLDS) } else { (HELD_OUT, 1) };
        let fold = |fold: usize| {
            let (judged, learned): (Vec<_>, Vec<_>) =
                order.iter().enumerate().partition(|(place, _)| place % n_parts == fold);
            let rows = |part: Vec<(usize, &usize)>| {
                let mut rows: Vec<usize> = part.into_iter().map(|(_, &row)| row).collect();
                rows.sort_unstable();
                rows
            };
            (rows(learned), rows(judged))
        };
        Folds((0..n_folds).map(fold).collect())
    }
}

/// Settings where the user names none; `None` for the default.
#[derive(Debug, Clone, Copy, Default)]
struct Candidate {
    encoder: EncoderOptions,
    drawn: Option<Drawn>,
}

#[derive(Debug, Clone, Copy)]
struct Drawn {
    n_clauses: usize,
    fuzziness: u32,
    /// Literals for each vote.
    length: f64,
    /// The threshold as a share of the votes that half the clauses have.
    threshold: f64,
    /// Literals of each kind forgotten at a time.
    forgets: f64,
    is_weighted: bool,
}

impl Candidate {
    /// The first is the default.
    fn draw(seed: u64, number: usize) -> Candidate {
        if number == 0 {
            return Candidate::default();
        }
        let mut rng = Rng::new(seed ^ DOMAIN, number as u64);
        let mut pick = |from: &[f64]| from[rng.below(from.len() as u64) as usize];
        let binning = if pick(&[0.0, 0.0, 1.0]) > 0.0 { Binning::Learned } else { Binning::Quantile };
        let encoder =
            EncoderOptions { binning: Some(binning), cuts: Some(pick(&[8.0, 16.0, 32.0, 64.0]) as usize) };
        let drawn = Drawn {
            n_clauses: pick(&[50.0, 100.0, 200.0]) as usize,
            fuzziness: pick(&[1.0, 2.0, 4.0, 8.0, 16.0]) as u32,
            length: pick(&[1.0, 1.0, 1.5, 2.0]),
            threshold: pick(&[0.1, 0.2, 0.4]),
            forgets: pick(&[1.0, 2.0, 4.0]),
            is_weighted: pick(&[0.0, 0.0, 1.0]) > 0.0,
        };
        Candidate { encoder, drawn: Some(drawn) }
    }

    fn encoder(&self, given: EncoderOptions) -> EncoderOptions {
        EncoderOptions {
            cuts: given.cuts.or(self.encoder.cuts),
            binning: given.binning.or(self.encoder.binning),
        }
    }

    fn options(&self, given: &Settings, (n_rows, n_features): (usize, usize)) -> Options {
        let Some(drawn) = self.drawn else { return given.settle(n_rows, n_features) };
        let n_clauses = given.n_clauses.unwrap_or(drawn.n_clauses);
        let fuzziness = given.fuzziness.unwrap_or(drawn.fuzziness);
        let votes = (n_clauses / 2) as f64 * f64::from(fuzziness);
        // A strict clause needs room for a conjunction.
        let length = if fuzziness == 1 { 8.0 * drawn.length } else { drawn.length };
        let settings = Settings {
            n_clauses: Some(n_clauses),
            fuzziness: Some(fuzziness),
            threshold: given.threshold.or(Some((votes * drawn.threshold).max(1.0) as u32)),
            specificity: given.specificity.or(Some((n_features as f64 / drawn.forgets).max(1.0))),
            max_literals: given.max_literals.or(Some((f64::from(fuzziness) * length).max(2.0) as u32)),
            ..given.clone()
        };
        Options { is_weighted: drawn.is_weighted, ..settings.settle(n_rows, n_features) }
    }
}

/// The folds' features, by what made them.
type Codes = BTreeMap<EncoderOptions, Vec<Coded>>;

/// The features of a fold's rows.
struct Coded {
    encoder: Encoder,
    learned: BitMatrix,
    judged: BitMatrix,
}

/// A candidate in training.
struct Arm {
    /// One a fold; none once it is out.
    trainers: Vec<Trainer>,
    trial: Trial,
}

impl Arm {
    fn new(
        (settings, encoder): (&Settings, EncoderOptions),
        candidate: Candidate,
        (task, folds, codes): (&Task<'_>, &Folds, &mut Codes),
        seed: u64,
    ) -> Result<Arm, TsetlinError> {
        let encoder = candidate.encoder(encoder);
        let coded = match codes.entry(encoder) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let coded = folds.0.iter().map(|fold| Coded::new(task, encoder, fold));
                new.insert(coded.collect::<Result<_, TsetlinError>>()?)
            }
        };
        let n_features = coded.first().map_or(1, |coded| coded.learned.n_cols());
        let options = candidate.options(settings, (task.classes.len(), n_features));
        let trainer =
            |coded: &Coded| Trainer::new(seed, coded.learned.n_cols(), task.n_classes as usize, &options);
        let trainers = coded.iter().map(trainer).collect::<Result<_, TsetlinError>>()?;
        let options = Options { n_threads: 1, ..options };
        let trial = Trial { encoder, options, accuracy: 0.0, n_bytes: 0 };
        Ok(Arm { trainers, trial })
    }

    /// Trains up to so many passes and judges there.
    fn go_on(
        &mut self,
        ctx: &Ctx,
        n_passes: u64,
        (task, folds, codes): (&Task<'_>, &Folds, &Codes),
    ) -> Result<ControlFlow<Stop>, TsetlinError> {
        let (mut n_right, mut n_judged, mut n_bytes) = (0, 0, 0);
        let coded = &codes[&self.trial.encoder];
        for ((trainer, Coded { learned, judged, .. }), fold) in
            self.trainers.iter_mut().zip(coded).zip(&folds.0)
        {
            let classes = |rows: &[usize]| rows.iter().map(|&row| task.classes[row]).collect::<Vec<u32>>();
            let of = classes(&fold.0);
            let targets = Targets::Classes { of: &of, n_classes: task.n_classes, weights: task.weights };
            while trainer.epoch() < n_passes {
                match trainer.partial_fit(ctx, learned, &targets)? {
                    Stop::Done => {}
                    stop => return Ok(ControlFlow::Break(stop)),
                }
            }
            let machine = trainer.machine();
            n_right += n_right_of(&machine, judged, &classes(&fold.1))?;
            n_judged += fold.1.len();
            n_bytes = n_bytes.max(machine.n_bytes());
        }
        let accuracy = n_right as f64 / n_judged.max(1) as f64;
        if !self.trainers.is_empty() && accuracy >= self.trial.accuracy {
            self.trial = Trial { accuracy, n_bytes, ..self.trial.clone() };
            self.trial.options.epochs = n_passes as u32;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn retire(&mut self) {
        self.trainers.clear();
    }

    /// The more accurate first, of equal ones the smaller.
    fn compare(&self, other: &Arm) -> std::cmp::Ordering {
        let (a, b) = (&self.trial, &other.trial);
        b.accuracy.total_cmp(&a.accuracy).then(a.n_bytes.cmp(&b.n_bytes))
    }
}

impl Coded {
    fn new(
        task: &Task<'_>,
        options: EncoderOptions,
        fold: &(Vec<usize>, Vec<usize>),
    ) -> Result<Coded, TsetlinError> {
        let classes: Vec<u32> = fold.0.iter().map(|&row| task.classes[row]).collect();
        let (learned, judged) = (task.table.take_rows(&fold.0), task.table.take_rows(&fold.1));
        let encoder = Encoder::fit(&learned, task.target, &classes, options)?;
        let (learned, judged) =
            (encoder.encode(&learned, 0..learned.n_rows())?, encoder.encode(&judged, 0..judged.n_rows())?);
        Ok(Coded { encoder, learned, judged })
    }
}

fn n_right_of(machine: &Machine, rows: &BitMatrix, classes: &[u32]) -> Result<usize, TsetlinError> {
    let sums = machine.sums(rows)?;
    let answers = sums.chunks_exact(machine.n_outputs()).map(|sums| crate::classifier::best_of(sums).class);
    Ok(answers.zip(classes).filter(|(answer, class)| answer == *class).count())
}
