//! What the outputs of a machine should say for each sample, and how likely a clause is to learn from it.

use isogrid_num::bits::BitMatrix;

use crate::TsetlinError;
use crate::draws::Place;
use crate::options::MAX_OUTPUTS;

/// What to learn, one entry a sample.
#[derive(Debug, Clone, Copy)]
pub enum Targets<'a> {
    /// One class of several.
    Classes {
        /// A class number for each sample, below `n_classes`.
        of: &'a [u32],
        /// The number of classes.
        n_classes: u32,
        /// How much samples of each class count, within 0..=1 and one at least 1; none for all alike.
        weights: Option<&'a [f64]>,
    },
    /// Any of several labels: a row a sample, a column a label.
    Labels(&'a BitMatrix),
    /// A number within -1..=1: the votes to reach as a share of the threshold.
    Values(&'a [f64]),
}

/// What one output should do on one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Aim {
    direction: Direction,
    /// The chance to learn is scaled by this share of 2^16.
    weight: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Direction {
    Up,
    Down,
    /// Reach a share of the threshold.
    Toward(f64),
}

const WHOLE: u32 = 1 << 16;

impl Aim {
    /// Whether votes should rise, and the chance that a clause learns so, over 2^32.
    pub(crate) fn chance(self, sum: i32, threshold: u32) -> (bool, u64) {
        let t = i64::from(threshold);
        let sum = i64::from(sum).clamp(-t, t);
        let (is_up, distance) = match self.direction {
            Direction::Up => (true, t - sum),
            Direction::Down => (false, t + sum),
            Direction::Toward(share) => {
                let error = (share * f64::from(threshold)).round() as i64 - sum;
                (error > 0, error.abs())
            }
        };
        let chance = (distance.unsigned_abs() << 32) / (2 * u64::from(threshold));
        (is_up, (chance * u64::from(self.weight)) >> 16)
    }
}

impl Targets<'_> {
    /// The number of samples.
    pub fn len(&self) -> usize {
        match self {
            Targets::Classes { of, .. } => of.len(),
            Targets::Labels(labels) => labels.n_rows(),
            Targets::Values(values) => values.len(),
        }
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of outputs a machine needs.
    pub fn n_outputs(&self) -> usize {
        match self {
            Targets::Classes { n_classes, .. } => *n_classes as usize,
            Targets::Labels(labels) => labels.n_cols(),
            Targets::Values(_) => 1,
        }
    }

    /// What an output should do on a sample that is visited at a place; `None` if it learns nothing from it, because the
    /// sample teaches only so many `negatives`.
    pub(crate) fn aim(
        &self,
        sample: usize,
        output: u32,
        place: Place,
        negatives: Option<u32>,
    ) -> Option<Aim> {
        match self {
            Targets::Classes { of, n_classes, weights } => {
                let own = of[sample];
                let weight =
                    weights.map_or(WHOLE, |weights| (weights[own as usize] * f64::from(WHOLE)) as u32);
                if own == output {
                    return Some(Aim { direction: Direction::Up, weight });
                }
                let is_told =
                    negatives.is_none_or(|n_drawn| place.draws_negative((output, own), *n_classes, n_drawn));
                is_told.then_some(Aim { direction: Direction::Down, weight })
            }
            Targets::Labels(labels) => {
                let direction =
                    if labels.get(sample, output as usize) { Direction::Up } else { Direction::Down };
                Some(Aim { direction, weight: WHOLE })
            }
            Targets::Values(values) => {
                Some(Aim { direction: Direction::Toward(values[sample]), weight: WHOLE })
            }
        }
    }

    /// # Errors
    /// Too few or too many outputs, a class that does not exist, a weight or value out of its range.
    pub(crate) fn validated(&self) -> Result<(), TsetlinError> {
        let n_outputs = self.n_outputs();
        let least = if matches!(self, Targets::Classes { .. }) { 2 } else { 1 };
        if !(least..=MAX_OUTPUTS).contains(&n_outputs) {
            return Err(TsetlinError::Classes { found: n_outputs, most: MAX_OUTPUTS });
        }
        match self {
            Targets::Classes { of, n_classes, weights } => {
                if let Some((row, &class)) = of.iter().enumerate().find(|(_, class)| *class >= n_classes) {
                    return Err(TsetlinError::NoSuchClass { row, class, n_classes: *n_classes });
                }
                let Some(weights) = weights else { return Ok(()) };
                let is_share = |weight: &f64| (0.0..=1.0).contains(weight);
                if weights.len() == n_outputs && weights.iter().all(is_share) && weights.contains(&1.0) {
                    return Ok(());
                }
                let value = format!("{weights:?}");
                let expected = "a number within 0..=1 for each class, the largest 1";
                Err(TsetlinError::Option { option: "class-weights", value, expected })
            }
            Targets::Labels(_) => Ok(()),
            Targets::Values(values) => {
                match values.iter().enumerate().find(|(_, value)| !(-1.0..=1.0).contains(*value)) {
                    Some((row, &value)) => Err(TsetlinError::Value { row, value }),
                    None => Ok(()),
                }
            }
        }
    }
}
