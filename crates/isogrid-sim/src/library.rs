//! Whether the MuJoCo that was loaded is the one that this program was built for.

use mujoco_rs::mujoco_c::mjVERSION_HEADER;
use mujoco_rs::mujoco_version;

use crate::SimError;

/// Checks the version of the loaded library: layouts of its structures differ between versions.
///
/// # Errors
/// [`SimError::Library`] for any other version.
pub fn check() -> Result<(), SimError> {
    compare(mujoco_version(), mjVERSION_HEADER)
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
