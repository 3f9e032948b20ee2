//! Limited-memory BFGS (Nocedal and Wright, Numerical optimization, 2006, algorithms 7.4 and 7.5), with a line search by
//! bisection for the weak Wolfe conditions (Lewis and Overton, Nonsmooth optimization via quasi-Newton methods, 2013).
//!
//! The loss falls with every step, so that whatever ends the search leaves the best place seen. Left out: bounds, losses
//! that come without a gradient.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use isogrid_core::Stop;

/// Steps that are remembered.
const MEMORY: usize = 10;
/// The search ends where the gradient is shorter, or a step gains less.
const LEAST_GRADIENT: f64 = 1e-4;
const LEAST_GAIN: f64 = 1e-7;
/// Shares of the slope at a step's start: what it must gain, and what may be left of the slope at its end.
const GAINED: f64 = 1e-4;
const LEFT: f64 = 0.9;
/// Lengths that a step tries.
const TRIALS: usize = 40;

/// A loss and its gradient at some place, or why there was no time for them.
pub(crate) type Slope = ControlFlow<Stop, (f64, Vec<f64>)>;

/// The place of least loss that `iterations` steps from `start` reach, and why the search ended.
pub(crate) fn descend(
    start: Vec<f64>,
    iterations: u64,
    mut slope: impl FnMut(&[f64]) -> Slope,
) -> (Vec<f64>, Stop) {
    let mut here = match slope(&start) {
        ControlFlow::Continue((loss, gradient)) => Place { at: start, loss, gradient },
        ControlFlow::Break(stop) => return (start, stop),
    };
    let mut memory = Memory::default();
    for _ in 0..iterations {
        if dot(&here.gradient, &here.gradient).sqrt() < LEAST_GRADIENT {
            break;
        }
        let next = match here.step(&memory.direction(&here.gradient), &mut slope) {
            ControlFlow::Continue(Some(next)) => next,
            ControlFlow::Continue(None) => break,
            ControlFlow::Break(stop) => return (here.at, stop),
        };
        let gain = here.loss - next.loss;
        memory.keep(&here, &next);
        here = next;
        if gain < LEAST_GAIN {
            break;
        }
    }
    (here.at, Stop::Done)
}

struct Place {
    at: Vec<f64>,
    loss: f64,
    gradient: Vec<f64>,
}

impl Place {
    /// The end of a step along `direction`: it gains enough, and the slope left is flat enough. `None` where rounding
    /// leaves nothing to gain.
    fn step(
        &self,
        direction: &[f64],
        slope: &mut impl FnMut(&[f64]) -> Slope,
    ) -> ControlFlow<Stop, Option<Place>> {
        let fall = dot(&self.gradient, direction);
        let (mut short, mut long, mut length) = (0.0, f64::INFINITY, 1.0);
        let mut gained = None;
        for _ in 0..TRIALS {
            let mut at = self.at.clone();
            add(&mut at, length, direction);
            let (loss, gradient) = slope(&at)?;
            // A loss that is not a number gains nothing.
            let gains = loss < self.loss && loss <= self.loss + GAINED * length * fall;
            let is_flat = dot(&gradient, direction) >= LEFT * fall;
            if gains {
                short = length;
                gained = Some(Place { at, loss, gradient });
                if is_flat {
                    break;
                }
            } else {
                long = length;
            }
            length = if long.is_finite() { f64::midpoint(short, long) } else { 2.0 * short };
        }
        ControlFlow::Continue(gained)
    }
}

/// The latest steps, the oldest first.
#[derive(Default)]
struct Memory(VecDeque<Step>);

struct Step {
    moved: Vec<f64>,
    /// How the gradient changed on the way.
    turned: Vec<f64>,
    /// The product of both, above 0.
    curvature: f64,
}

impl Memory {
    /// Downhill: against the gradient, as the curvature seen so far bends it; without any, of length 1.
    fn direction(&self, gradient: &[f64]) -> Vec<f64> {
        let mut direction: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
        let mut shares = Vec::with_capacity(self.0.len());
        for step in self.0.iter().rev() {
            let share = dot(&step.moved, &direction) / step.curvature;
            add(&mut direction, -share, &step.turned);
            shares.push(share);
        }
        let scale = match self.0.back() {
            Some(last) => last.curvature / dot(&last.turned, &last.turned),
            None => 1.0 / dot(gradient, gradient).sqrt(),
        };
        direction.iter_mut().for_each(|part| *part *= scale);
        for (step, share) in self.0.iter().zip(shares.into_iter().rev()) {
            let back = dot(&step.turned, &direction) / step.curvature;
            add(&mut direction, share - back, &step.moved);
        }
        direction
    }

    fn keep(&mut self, from: &Place, to: &Place) {
        let between = |to: &[f64], from: &[f64]| to.iter().zip(from).map(|(to, from)| to - from).collect();
        let moved: Vec<f64> = between(&to.at, &from.at);
        let turned: Vec<f64> = between(&to.gradient, &from.gradient);
        let curvature = dot(&moved, &turned);
        // Along a straight line, or against rounding, a step says nothing of curvature.
        if curvature > f64::EPSILON * dot(&turned, &turned) {
            if self.0.len() == MEMORY {
                self.0.pop_front();
            }
            self.0.push_back(Step { moved, turned, curvature });
        }
    }
}

fn add(sum: &mut [f64], factor: f64, parts: &[f64]) {
    sum.iter_mut().zip(parts).for_each(|(sum, part)| *sum += factor * part);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use isogrid_core::Limit;

    use super::*;

    /// Half the squared distance from (1, 2, .., n), stretched a thousandfold from the first axis to the last.
    fn bowl(at: &[f64]) -> (f64, Vec<f64>) {
        let stretch = |axis: usize| 1000_f64.powf(axis as f64 / (at.len() - 1) as f64);
        let gradient: Vec<f64> =
            at.iter().enumerate().map(|(axis, x)| stretch(axis) * (x - (axis + 1) as f64)).collect();
        let loss =
            gradient.iter().enumerate().map(|(axis, slope)| slope * slope / stretch(axis)).sum::<f64>();
        (0.5 * loss, gradient)
    }

    /// Rosenbrock's valley, whose floor is at (1, 1).
    fn valley(at: &[f64]) -> (f64, Vec<f64>) {
        let (x, y) = (at[0], at[1]);
        let loss = (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
        (loss, vec![-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)])
    }

    /// No number beyond 3.
    fn cliff(at: &[f64]) -> (f64, Vec<f64>) {
        (if at[0] > 3.0 { f64::NAN } else { (at[0] - 2.5).powi(2) }, vec![2.0 * (at[0] - 2.5)])
    }

    #[test]
    fn known_minima_are_found_in_few_looks() {
        type Case<'a> = (&'a str, fn(&[f64]) -> (f64, Vec<f64>), &'a [f64], &'a [f64], usize);
        let cases: [Case<'_>; 4] = [
            ("a bowl", bowl, &[0.0; 6], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 60),
            ("a valley", valley, &[-1.2, 1.0], &[1.0, 1.0], 80),
            ("a cliff", cliff, &[0.0], &[2.5], 20),
            ("at the floor already", valley, &[1.0, 1.0], &[1.0, 1.0], 1),
        ];
        for (name, slope, start, floor, most) in cases {
            let mut looks = 0;
            let (found, stop) = descend(start.to_vec(), 1_000, |at| {
                looks += 1;
                ControlFlow::Continue(slope(at))
            });
            assert_eq!(stop, Stop::Done, "{name}");
            assert!(found.iter().zip(floor).all(|(a, b)| (a - b).abs() < 1e-3), "{name}: {found:?}");
            assert!(looks <= most, "{name}: {looks} looks");
        }
    }

    #[test]
    fn whatever_ends_the_search_leaves_the_best_place() {
        let mut best = f64::INFINITY;
        for limit in 0..40 {
            let mut looks = 0;
            let (found, stop) = descend(vec![-1.2, 1.0], 1_000, |at| {
                looks += 1;
                if looks > limit {
                    return ControlFlow::Break(Stop::Budget(Limit::Ticks));
                }
                ControlFlow::Continue(valley(at))
            });
            assert!(matches!(stop, Stop::Budget(_)) && valley(&found).0 <= best, "{limit}");
            best = valley(&found).0;
        }
        assert!(best < 1.0, "{best}");
    }
}
