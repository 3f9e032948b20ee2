//! Steady poses from noisy ones: the mean of what was seen since an object last moved.
//!
//! A block in the hand moves with it, so its offset from the hand is averaged instead. Left out: models of motion; what
//! moves is believed as it is seen.

use crate::world::{Observation, Pose};

/// Most observations that a mean is taken over.
const WINDOW: f64 = 40.0;

/// Observations in a row that must disagree with the mean before it is dropped.
const SURPRISES: u32 = 3;

/// Averages observations of one episode.
#[derive(Debug, Clone)]
pub struct Estimator {
    /// A step of more than this is a move, in metres.
    threshold: f64,
    tracks: Vec<Track>,
}

#[derive(Debug, Clone, Copy)]
struct Track {
    /// Position, or offset from the hand.
    mean: [f64; 3],
    n: f64,
    in_hand: bool,
    surprises: u32,
}

impl Estimator {
    /// An estimator for pose noise of this standard deviation, in metres.
    pub fn new(noise: f64) -> Estimator {
        Estimator { threshold: (4.0 * noise).max(0.005), tracks: Vec::new() }
    }

    /// Takes an observation in and returns it with steadier positions.
    pub fn update(&mut self, seen: &Observation, held: Option<usize>) -> Observation {
        let mut steady = seen.clone();
        for (at, pose) in steady.objects.iter_mut().enumerate() {
            let in_hand = held == Some(at);
            let origin = if in_hand { seen.hand.position } else { [0.0; 3] };
            let offset = std::array::from_fn(|k| pose.position[k] - origin[k]);
            if self.tracks.len() <= at {
                self.tracks.push(Track::begin(offset, in_hand));
            }
            let track = &mut self.tracks[at];
            track.take(offset, in_hand, self.threshold);
            *pose = Pose { position: std::array::from_fn(|k| track.mean[k] + origin[k]), ..*pose };
        }
        steady
    }
}

impl Track {
    fn begin(mean: [f64; 3], in_hand: bool) -> Track {
        Track { mean, n: 0.0, in_hand, surprises: 0 }
    }

    fn take(&mut self, offset: [f64; 3], in_hand: bool, threshold: f64) {
        if in_hand != self.in_hand {
            *self = Track::begin(offset, in_hand);
        }
        let jump = (0..3).any(|k| (offset[k] - self.mean[k]).abs() > threshold);
        self.surprises = if jump { self.surprises + 1 } else { 0 };
        if self.surprises >= SURPRISES {
            *self = Track::begin(offset, in_hand);
        }
        // A single outlier waits until it is confirmed.
        if self.surprises == 0 {
            self.n = (self.n + 1.0).min(WINDOW);
            for (mean, value) in self.mean.iter_mut().zip(offset) {
                *mean += (value - *mean) / self.n;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Hand;
    use isogrid_num::rng::Rng;

    fn seen(x: f64) -> Observation {
        let hand = Hand { position: [0.0; 3], opening: 0.08 };
        Observation { seconds: 0.0, hand, objects: vec![Pose::upright([x, 0.0, 0.0])] }
    }

    #[test]
    fn noise_is_averaged_out_and_a_move_is_followed() {
        let (mut estimator, mut rng) = (Estimator::new(0.005), Rng::new(1, 1));
        let mut last = 0.0;
        for _ in 0..60 {
            last = estimator.update(&seen(0.5 + 0.005 * rng.normal()), None).objects[0].position[0];
        }
        assert!((last - 0.5).abs() < 0.003, "{last}");
        for _ in 0..3 {
            last = estimator.update(&seen(0.7), None).objects[0].position[0];
        }
        assert!((last - 0.7).abs() < 1e-9, "{last}");
    }

    #[test]
    fn what_is_held_moves_with_the_hand() {
        let mut estimator = Estimator::new(0.0);
        for step in 0..5 {
            let x = 0.1 * f64::from(step);
            let mut moving = seen(x + 0.01);
            moving.hand.position[0] = x;
            let steady = estimator.update(&moving, Some(0));
            assert!((steady.objects[0].position[0] - x - 0.01).abs() < 1e-12);
        }
    }
}
