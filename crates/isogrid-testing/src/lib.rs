//! Tests that every engine passes, as a macro: an engine crate lists its engine, data and inputs in
//! `tests/conformance.rs` and gets named tests.
//!
//! [`conformance!`] covers fitting, stepping, saving and loading: same seed, same bytes; tick limits and cancellation
//! obeyed; round trips; corrupt model bytes and bad requests as typed errors. [`conformance_detect!`] covers the rates of
//! a detector, for engines that have one. Left out: the engine's own correctness, which its crate tests.
//!
//! ```
#![doc = include_str!("../tests/toy/engine.rs")]
//! // tests/conformance.rs of an engine crate: one macro call makes a module of tests.
//! isogrid_testing::conformance! {
//!     engine: Majority,
//!     data: || b"abbaaab".to_vec(),
//!     options: || (),
//!     inputs: |_model| vec![3, 0, 1],
//!     tick_slack: 1,
//! }
//! isogrid_testing::conformance_detect! { engine: Majority, alpha: 0.05 }
//!
//! // The same without the test harness.
//! let data = || b"abbaaab".to_vec();
//! isogrid_testing::Subject::new(Majority, data, || (), |_| vec![3, 0, 1]).with_tick_slack(1).check_all();
//! isogrid_testing::DetectorRates::new(Majority, 0.05).check_all();
//! ```

mod corrupt;
mod detector;
mod subject;

pub use detector::DetectorRates;
pub use subject::Subject;

/// Makes a module `conformance` of tests about fitting, stepping, saving and loading.
///
/// `engine` is a value; `data` and `options` are functions without arguments; `inputs` makes the inputs of `step` from a
/// model; `tick_slack` is by how many ticks a limit may be passed, at least the largest single count of the engine;
/// `request_options` are text options without which the engine reads nothing, as `&[("target", "y")]`.
/// `data` and `inputs` should take well under a second: they run some hundred times. See the [crate](crate) for an
/// example.
#[macro_export]
macro_rules! conformance {
    (
        engine: $engine:expr,
        data: $data:expr,
        options: $options:expr,
        inputs: $inputs:expr,
        tick_slack: $tick_slack:expr
        $(, request_options: $request_options:expr)? $(,)?
    ) => {
        mod conformance {
            use super::*;

            $crate::conformance!(@tests [
                $crate::Subject::new($engine, $data, $options, $inputs)
                    .with_tick_slack($tick_slack)
                    $(.with_request_options($request_options))?
            ]
                info_is_filled_in
                same_seed_gives_same_bytes_and_outputs
                tick_limits_are_obeyed
                cancellation_is_obeyed
                a_receiver_with_enough_gets_no_more
                saving_and_loading_changes_nothing
                corrupt_models_do_not_panic
                bad_requests_are_typed_errors
            );
        }
    };
    (@tests $subject:tt $($check:ident)*) => {
        $($crate::conformance!(@test $subject $check);)*
    };
    (@test [$subject:expr] $check:ident) => {
        #[test]
        fn $check() {
            $subject.$check();
        }
    };
}

/// Makes a module `conformance_detect` of tests about a detector's rates over 200 seeds.
///
/// `alpha` is the level that the detector states; `structure` names the one finding to count where a detector reports
/// several; without it, any structure found counts. See the [crate](crate) for an example.
#[macro_export]
macro_rules! conformance_detect {
    (engine: $engine:expr, alpha: $alpha:expr $(, structure: $structure:expr)? $(,)?) => {
        mod conformance_detect {
            use super::*;

            $crate::conformance_detect!(@tests [$crate::DetectorRates::new($engine, $alpha)$(.of($structure))?]
                counter_examples_are_rarely_found
                planted_structure_is_found
                findings_repeat_and_are_sane
            );
        }
    };
    (@tests $rates:tt $($check:ident)*) => {
        $($crate::conformance_detect!(@test $rates $check);)*
    };
    (@test [$rates:expr] $check:ident) => {
        #[test]
        fn $check() {
            $rates.$check();
        }
    };
}
