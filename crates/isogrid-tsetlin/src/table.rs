//! The machine on tables: encoder, classes by name, and a calibrated margin below which answers are marked.

use std::ops::{ControlFlow, Range};

use isogrid_core::{Ctx, Fitted, Stop};
use isogrid_data::Table;
use isogrid_data::answers::Answer;
use isogrid_data::labels::{Labels, Parting};
use isogrid_num::calibrate::{Calibration, is_level, least_held_out};
use serde::{Deserialize, Serialize};

use crate::booleanize::{Encoder, EncoderOptions, Reading};
use crate::classifier::{Prediction, TsetlinClassifier, best_of};
use crate::device::{Size, fit_within};
use crate::options::{MAX_OUTPUTS, Settings};
use crate::probability::Sharpness;
use crate::tune::{Task, Trial, tune};
use crate::{Machine, Options, Targets, Trainer, TsetlinError, saved};

const FORM: saved::Form = *b"tsc\x02";

/// Settings of a fit on a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableOptions {
    /// The machine's.
    pub machine: Settings,
    /// How columns become boolean features; at most 256 cuts a numeric column.
    pub encoder: EncoderOptions,
    /// The accuracy that kept answers promise, within 0.5..=0.999.
    pub level: f64,
    /// Settings to try on rows held out before the fit, within 0..=1,000; 0 for the defaults.
    pub n_trials: usize,
    /// Bytes that the model may take on a small device, at least 16; sizes are tried on rows held out, and the most
    /// accurate that fits is taken.
    pub flash: Option<usize>,
    /// How much rows of each class count.
    pub class_weight: ClassWeight,
}

/// How much rows of each class count in learning; trials and sizes are judged by plain accuracy all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClassWeight {
    /// Every row alike.
    #[default]
    Uniform,
    /// Every class alike, however many rows it has: rows of frequent classes teach less often.
    Balanced,
}

impl ClassWeight {
    fn weights(self, classes: &[u32], n_classes: usize) -> Option<Vec<f64>> {
        if self == ClassWeight::Uniform {
            return None;
        }
        let mut counts = vec![0_u32; n_classes];
        classes.iter().for_each(|&class| counts[class as usize] += 1);
        let fewest = counts.iter().copied().filter(|&count| count > 0).min().unwrap_or(1);
        Some(
            counts
                .iter()
                .map(|&count| f64::from(fewest) / f64::from(count.max(1)))
                .map(|w| w.min(1.0))
                .collect(),
        )
    }
}

impl Default for TableOptions {
    fn default() -> Self {
        TableOptions {
            machine: Settings::default(),
            encoder: EncoderOptions::default(),
            level: 0.9,
            n_trials: 0,
            flash: None,
            class_weight: ClassWeight::default(),
        }
    }
}

/// A machine with everything needed to answer rows of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableClassifier {
    target: String,
    /// Names by class number, ascending.
    classes: Vec<String>,
    encoder: Encoder,
    machine: TsetlinClassifier,
    #[serde(with = "calibration_parts")]
    calibration: Calibration,
    /// How votes become probabilities, if rows could be held out.
    sharpness: Option<Sharpness>,
    /// What was tried before the fit, best first.
    trials: Vec<Trial>,
    /// The sizes that were tried for a small device.
    sizes: Vec<Size>,
}

impl TableClassifier {
    /// Learns the column `target` from the others; rows without a target value are left out. A tenth of the rows, if
    /// that is enough, is held out to calibrate margins. Ticks: as the machine's, then one a class and held-out row.
    ///
    /// # Errors
    /// No such column, options out of range, fewer than two classes, mostly distinct values, or constant columns.
    pub fn fit(
        ctx: &Ctx,
        table: &Table,
        target: &str,
        options: &TableOptions,
    ) -> Result<Fitted<TableClassifier>, TsetlinError> {
        options.validated()?;
        let labels = read_labels(table, target)?;
        let Parting { train, held_out } = labels.hold_out(ctx.seed(), least_held_out(options.level));
        let learn = table.take_rows(&labels.rows_at(&train));
        let classes = labels.codes_at(&train);
        let n_classes = labels.classes().len();
        let weights = options.class_weight.weights(&classes, n_classes);
        let (classes, weights, n_classes) = (&classes[..], weights.as_deref(), n_classes as u32);
        let task = Task { table: &learn, target, classes, n_classes, weights };
        let (trials, sizes, (encoder, machine, mut stop)) = learn_from(ctx, &task, options)?;
        let (target, classes) = (target.to_string(), labels.classes().to_vec());
        let (calibration, sharpness) = (Calibration::Missing, None);
        let machine = TsetlinClassifier::of(machine);
        let mut model =
            TableClassifier { target, classes, encoder, machine, calibration, sharpness, trials, sizes };
        if stop == Stop::Done && !held_out.is_empty() {
            let held_table = table.take_rows(&labels.rows_at(&held_out));
            let truth = labels.codes_at(&held_out);
            stop = model.calibrate(ctx, &held_table, &truth, options.level)?;
        }
        Ok(Fitted { model, stop })
    }

    fn calibrate(
        &mut self,
        ctx: &Ctx,
        table: &Table,
        truth: &[u32],
        level: f64,
    ) -> Result<Stop, TsetlinError> {
        let (answers, stop) = self.answer(ctx, table, 0..table.n_rows())?;
        if stop == Stop::Done {
            let rows = self.encoder.encode(table, 0..table.n_rows())?;
            self.sharpness = Sharpness::find(&self.machine.machine().sums(&rows)?, truth);
            let outcomes =
                answers.iter().zip(truth).map(|(answer, &class)| (answer.margin, answer.class == class));
            self.calibration = Calibration::find(outcomes.collect(), level);
        }
        Ok(stop)
    }

    /// Answers rows of a table, columns found by name, in order until done or out of budget. One tick a class and row.
    ///
    /// # Errors
    /// A column is missing, or holds text where it held numbers.
    ///
    /// # Panics
    /// If the rows are not in the table.
    pub fn answer(
        &self,
        ctx: &Ctx,
        table: &Table,
        rows: Range<usize>,
    ) -> Result<(Vec<Answer>, Stop), TsetlinError> {
        const ROWS_AT_ONCE: usize = 1024;
        let mut answers = Vec::new();
        for start in rows.clone().step_by(ROWS_AT_ONCE) {
            let part = start..rows.end.min(start + ROWS_AT_ONCE);
            let paid = |_: &usize| ctx.tick(self.classes.len() as u64);
            let end = part.clone().map(|row| (row, paid(&row))).find(|(_, flow)| flow.is_break());
            let part = start..end.map_or(part.end, |(row, _)| row);
            let sums = self.machine.machine().sums(&self.encoder.encode(table, part.clone())?)?;
            let each = part.zip(sums.chunks_exact(self.classes.len()));
            answers.extend(each.map(|(row, sums)| self.answer_of(row, sums)));
            if let Some((_, ControlFlow::Break(stop))) = end {
                return Ok((answers, stop));
            }
        }
        Ok((answers, Stop::Done))
    }

    /// The probability of each class for some rows, row by row; `None` if no rows could be held out to learn that from.
    ///
    /// # Errors
    /// As [`TableClassifier::answer`].
    ///
    /// # Panics
    /// If the rows are not in the table.
    pub fn probabilities(&self, table: &Table, rows: Range<usize>) -> Result<Option<Vec<f64>>, TsetlinError> {
        let Some(sharpness) = self.sharpness else { return Ok(None) };
        let sums = self.machine.machine().sums(&self.encoder.encode(table, rows)?)?;
        let n_classes = self.classes.len();
        let of_row = |sums| (0..n_classes).map(move |class| sharpness.probability(sums, class));
        Ok(Some(sums.chunks_exact(n_classes).flat_map(of_row).collect()))
    }

    pub(crate) fn answer_of(&self, row: usize, sums: &[i32]) -> Answer {
        let Prediction { class, margin } = best_of(sums);
        let margin = f64::from(margin);
        let probability = self.sharpness.map(|sharpness| sharpness.probability(sums, class as usize));
        Answer { row, class, margin, probability, is_kept: self.calibration.keeps(margin) }
    }

    /// The class number of each row of a table with the target column; `None` for a missing or unknown one.
    pub(crate) fn classes_of(&self, table: &Table) -> Result<Vec<Option<u32>>, TsetlinError> {
        let column = table.require(&self.target)?;
        let class = |row| {
            let name = column.text(row)?;
            self.classes.binary_search_by(|class| class.as_str().cmp(&name)).ok().map(|class| class as u32)
        };
        Ok((0..table.n_rows()).map(class).collect())
    }

    /// The same with another machine, calibrated on rows with known classes.
    pub(crate) fn with_machine(
        &self,
        machine: TsetlinClassifier,
        table: &Table,
    ) -> Result<TableClassifier, TsetlinError> {
        let mut model = TableClassifier { machine, ..self.clone() };
        let classes = model.classes_of(table)?;
        let known: Vec<usize> = (0..table.n_rows()).filter(|&row| classes[row].is_some()).collect();
        let truth: Vec<u32> = classes.iter().copied().flatten().collect();
        let level = self.calibration.level().unwrap_or(TableOptions::default().level);
        model.calibrate(&Ctx::new(0), &table.take_rows(&known), &truth, level)?;
        Ok(model)
    }

    /// The target column.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The names of the classes by number.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// What is known about margins.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// The settings that were tried before the fit, best first; none if the defaults were taken.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The sizes that were tried for a small device; none if no size was asked for.
    pub fn tried_sizes(&self) -> &[Size] {
        &self.sizes
    }

    /// The machine inside.
    pub fn machine(&self) -> &TsetlinClassifier {
        &self.machine
    }

    /// How columns become boolean features.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// A clause in words, for example `age >= 41 and not city is Oslo`; `None` for one without literals. Clauses of all
    /// classes are numbered one after another; [`Machine::weights`](crate::Machine::weights) says whom they vote for.
    ///
    /// # Panics
    /// If there is no such clause.
    pub fn rule(&self, clause: usize) -> Option<String> {
        let machine = self.machine.machine();
        let reading = if machine.fuzziness() == 1 { Reading::Strict } else { Reading::Fuzzy };
        let n_features = machine.n_features();
        let literal = |&literal: &u32| match (literal as usize).checked_sub(n_features) {
            None => (literal as usize, true),
            Some(feature) => (feature, false),
        };
        let literals: Vec<(usize, bool)> = machine.literals(clause).iter().map(literal).collect();
        let phrases = self.encoder.phrases(&literals, reading);
        (!phrases.is_empty()).then(|| phrases.join(" and "))
    }

    /// The model as bytes; equal models give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        saved::to_bytes(FORM, self)
    }

    /// The model back from its bytes, every part checked against the others.
    ///
    /// # Errors
    /// The bytes are not a model, or one that contradicts itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<TableClassifier, TsetlinError> {
        let model: TableClassifier = saved::from_bytes(FORM, bytes)?;
        if !model.is_consistent() {
            return Err(TsetlinError::Model { reason: "its parts do not fit together".to_string() });
        }
        Ok(model)
    }

    fn is_consistent(&self) -> bool {
        let is_share = |accuracy: f64| (0.0..=1.0).contains(&accuracy);
        self.machine.machine().is_consistent()
            && self
                .trials
                .iter()
                .all(|trial| is_share(trial.accuracy) && trial.options.specificity.is_finite())
            && self.sizes.iter().all(|size| is_share(size.accuracy))
            && self.encoder.is_consistent()
            && self.sharpness.is_none_or(Sharpness::is_consistent)
            && self.machine.machine().patches().is_none()
            && self.encoder.n_features() == self.machine.n_features()
            && self.classes.len() == self.machine.n_classes()
            && self.classes.is_sorted_by(|a, b| a < b)
    }
}

impl TableOptions {
    fn validated(&self) -> Result<(), TsetlinError> {
        let refuse = |option, value: String, expected| Err(TsetlinError::Option { option, value, expected });
        if !is_level(self.level) {
            return refuse("level", self.level.to_string(), "a share within 0.5..=0.999");
        }
        if let Some(flash) = self.flash.filter(|&flash| flash < 16) {
            return refuse("flash", flash.to_string(), "at least 16 bytes");
        }
        if self.flash.is_some() && self.n_trials > 0 {
            return refuse(
                "trials",
                self.n_trials.to_string(),
                "none beside `flash`, which tries settings of its own",
            );
        }
        if self.n_trials > 1_000 {
            return refuse("trials", self.n_trials.to_string(), "a number within 0..=1000");
        }
        match self.encoder.cuts {
            Some(cuts) if !(1..=256).contains(&cuts) => {
                refuse("cuts", cuts.to_string(), "a number within 1..=256")
            }
            _ => Ok(()),
        }
    }
}

/// What was tried, settings or sizes, and what came of it.
type Learned = (Vec<Trial>, Vec<Size>, (Encoder, Machine, Stop));

/// The machine for these rows, with what was tried and what ended the fit.
fn learn_from(ctx: &Ctx, task: &Task<'_>, options: &TableOptions) -> Result<Learned, TsetlinError> {
    let mut trials = Vec::new();
    if let Some(most_bytes) = options.flash {
        let (sizes, learned) = fit_within(ctx, task, options, most_bytes)?;
        return Ok((trials, sizes, learned));
    }
    if options.n_trials > 0 {
        let tuned = tune(ctx, task, (&options.machine, options.encoder), options.n_trials)?;
        trials = tuned.trials;
        if let Some((stop, encoder, machine)) = tuned.cut_short {
            return Ok((trials, Vec::new(), (encoder, machine, stop)));
        }
    }
    let best = trials.first();
    let code = best.map_or(options.encoder, |best| best.encoder);
    let encoder = Encoder::fit(task.table, task.target, task.classes, code)?;
    let samples = encoder.encode(task.table, 0..task.table.n_rows())?;
    let settled = options.machine.settle(samples.n_rows(), samples.n_cols());
    let machine =
        best.map_or(settled.clone(), |best| Options { n_threads: settled.n_threads, ..best.options.clone() });
    let targets = Targets::Classes { of: task.classes, n_classes: task.n_classes, weights: task.weights };
    let mut trainer = Trainer::new(ctx.seed(), samples.n_cols(), task.n_classes as usize, &machine)?;
    let stop = trainer.fit(ctx, &samples, &targets)?;
    Ok((trials, Vec::new(), (encoder, trainer.machine(), stop)))
}

/// The target column as class numbers, if these can be classes.
pub(crate) fn read_labels(table: &Table, target: &str) -> Result<Labels, TsetlinError> {
    let labels = Labels::read(table, target)?;
    let found = labels.classes().len();
    if labels.hardly_repeat() {
        let (target, rows) = (target.to_string(), labels.len());
        return Err(TsetlinError::NotClasses { target, classes: found, rows });
    }
    if !(2..=MAX_OUTPUTS).contains(&found) {
        return Err(TsetlinError::Classes { found, most: MAX_OUTPUTS });
    }
    Ok(labels)
}

/// A calibration as its numbers, checked when it comes back.
mod calibration_parts {
    use isogrid_num::calibrate::{Calibration, Parts};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(calibration: &Calibration, to: S) -> Result<S::Ok, S::Error> {
        calibration.to_parts().serialize(to)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Calibration, D::Error> {
        let parts = Parts::deserialize(from)?;
        Calibration::from_parts(parts)
            .ok_or_else(|| D::Error::custom("a calibration that contradicts itself"))
    }
}
