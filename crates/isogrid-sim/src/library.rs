//! Whether the MuJoCo that was loaded is the one that this program was built for, and where its messages go.

use std::io::{self, Write};
use std::process;
use std::sync::Once;

use mujoco_rs::logging::set_log_handler;
use mujoco_rs::mujoco_c::mjVERSION_HEADER;
use mujoco_rs::mujoco_version;
use mujoco_rs::wrappers::mj_logging::{MjLogMessage, MjtLogLevel};

use crate::SimError;

/// Exit code of a fault that is nobody's input.
const FAULT: i32 = 4;

/// Checks the version of the loaded library (layouts of its structures differ between versions), and keeps its
/// messages out of the terminal and out of files in the current folder. To be called before MuJoCo is used.
///
/// # Errors
/// [`SimError::Library`] for any other version.
pub fn check() -> Result<(), SimError> {
    compare(mujoco_version(), mjVERSION_HEADER)?;
    static QUIET: Once = Once::new();
    QUIET.call_once(quiet);
    Ok(())
}

#[expect(unsafe_code, reason = "the handler is a global of the foreign library")]
fn quiet() {
    // SAFETY: every way to MuJoCo in this crate begins with `check`, whose `Once` keeps other threads waiting.
    unsafe { set_log_handler(on_message) };
}

/// Warnings come back as states (`Physics::stopped`) or errors; after an error MuJoCo cannot go on.
fn on_message(message: &MjLogMessage) {
    if message.level() == MjtLogLevel::mjLOG_ERROR {
        let _ = writeln!(io::stderr(), "error: MuJoCo: {}", message.subject());
        process::exit(FAULT);
    }
}

fn compare(loaded: &str, header: u32) -> Result<(), SimError> {
    // The header writes 3.17.0 as 3017000.
    let built = format!("{}.{}.{}", header / 1_000_000, header / 1000 % 1000, header % 1000);
    match loaded == built {
        true => Ok(()),
        false => Err(SimError::Library { loaded: loaded.to_string(), built }),
    }
}

#[cfg(test)]
mod tests {
    use isogrid_core::Diagnose;

    use super::*;

    #[test]
    fn another_library_is_named_with_what_is_needed() {
        assert!(compare("3.17.0", 3_017_000).is_ok());
        let error = compare("3.3.7", 3_017_000).unwrap_err();
        assert_eq!(error.to_string(), "MuJoCo 3.3.7 was loaded, expected 3.17.0");
        assert_eq!(error.hint().as_deref(), Some("`cargo xtask fetch libmujoco` brings the right one"));
        check().unwrap();
    }
}
