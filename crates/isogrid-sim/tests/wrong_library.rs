//! A libmujoco that is missing or is none: what the system's loader says becomes a fault with advice.
#![cfg(all(feature = "mujoco", target_os = "linux"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in what its cases share")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use isogrid::arm::WorldProcess;

/// As the executable names the library that it needs.
const NEEDED: &[u8] = b"libmujoco.so.3.17.0\0";

/// A name of the same length that no system has.
const ABSENT: &[u8] = b"libmujoco.so.3.no.0\0";

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn complaint(mut command: Command) -> String {
    command.args(["serve", "--family", "move"]);
    let fault = WorldProcess::start(command).map(|_| ()).expect_err("no library");
    assert!(fault.hint.is_some_and(|hint| hint.contains("cargo xtask fetch libmujoco")), "{}", fault.message);
    fault.message
}

#[test]
fn a_missing_library_is_named() {
    let folder = folder("missing-library");
    let mut program = fs::read(env!("CARGO_BIN_EXE_isogrid-sim")).unwrap();
    let at = program.windows(NEEDED.len()).position(|bytes| bytes == NEEDED).unwrap();
    program[at..at + ABSENT.len()].copy_from_slice(ABSENT);
    let path = folder.join("isogrid-sim");
    fs::write(&path, program).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let message = complaint(Command::new(&path));
    fs::remove_dir_all(&folder).unwrap();
    assert!(message.contains("libmujoco.so.3.no.0"), "{message}");
}

#[test]
fn a_file_that_is_no_library_is_named() {
    let folder = folder("wrong-library");
    fs::write(folder.join("libmujoco.so.3.17.0"), "no library").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_isogrid-sim"));
    command.env("LD_LIBRARY_PATH", &folder);
    let message = complaint(command);
    fs::remove_dir_all(&folder).unwrap();
    assert!(message.contains("libmujoco.so.3.17.0"), "{message}");
}

#[test]
fn another_version_is_named_with_the_one_that_is_needed() {
    let folder = folder("other-version");
    let (source, library) = (folder.join("other.c"), folder.join("other.so"));
    fs::write(&source, "const char *mj_versionString(void) { return \"3.3.7\"; }\n").unwrap();
    // The linker's own driver: where Rust links, it is there.
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    assert!(built.unwrap().success());
    let mut command = Command::new(env!("CARGO_BIN_EXE_isogrid-sim"));
    command.env("LD_PRELOAD", &library);
    let message = complaint(command);
    fs::remove_dir_all(&folder).unwrap();
    assert!(message.contains("MuJoCo 3.3.7 was loaded, expected 3.17.0"), "{message}");
}
