//! How often the detector is right.

use isogrid_robot::{ALPHA, Robot};

isogrid_testing::conformance_detect! { engine: Robot, alpha: ALPHA }
