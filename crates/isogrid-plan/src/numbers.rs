//! Decimal numbers: the arithmetic that planner and validator agree on.
//!
//! PDDL writes decimals, and sums of them must compare as people expect (0.1 + 0.2 is 0.3). So every result is put back
//! on a grid of 10^-8, as long as it is small enough for that.

/// Steps of the grid in one.
const STEPS: f64 = 1e8;

/// Beyond this the grid is finer than what 64-bit numbers tell apart.
const MAX_ON_GRID: f64 = (1u64 << 53) as f64 / STEPS;

/// The nearest number on the grid; never `-0`. What is no number stays none.
pub(crate) fn settle(value: f64) -> f64 {
    if value.abs() > MAX_ON_GRID {
        return value;
    }
    (value * STEPS).round() / STEPS + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_add_up() {
        assert_eq!(settle(0.1 + 0.2), 0.3);
        assert_eq!(settle((0..10).fold(1.0, |sum, _| settle(sum - 0.1))), 0.0);
        assert_eq!(settle(-1e-12).to_bits(), 0.0f64.to_bits());
        assert_eq!(settle(1e15 + 0.5), 1e15 + 0.5);
        assert!(settle(f64::NAN).is_nan());
    }
}
