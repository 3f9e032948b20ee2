//! The bench of the arm.

pub mod rivals;
