//! Runs the built command as a user would and holds what it says.
#![allow(dead_code, reason = "each test file uses its own part of this module")]

#[cfg(feature = "plan")]
pub mod pddl;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The end of a process.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; nothing if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Every line of standard output as an object of the wire format.
    pub fn objects(&self) -> Vec<serde_json::Value> {
        let parse = |line| {
            let object: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            assert_eq!(object["isogrid"], 1, "{line}");
            object
        };
        self.stdout.lines().map(parse).collect()
    }

    /// The one object of this type.
    pub fn object(&self, kind: &str) -> serde_json::Value {
        let mut found: Vec<_> = self.objects().into_iter().filter(|object| object["type"] == kind).collect();
        assert_eq!(found.len(), 1, "objects of type `{kind}` in {self:?}");
        found.remove(0)
    }
}

/// A folder of its own to work in.
pub struct Desk(TempDir);

impl Desk {
    pub fn new() -> Desk {
        Desk(tempfile::tempdir().expect("a temporary directory"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).expect("writable");
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The files here, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).expect("readable");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The command, to be run here.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isogrid"));
        command
            .current_dir(self.path())
            .stdin(Stdio::null())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE");
        command
    }

    /// Runs the command with these arguments, split at spaces.
    pub fn run(&self, args: &str) -> Ran {
        self.run_words(args.split_whitespace())
    }

    /// Runs the command with these arguments.
    pub fn run_words(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
        let output = self.command().args(args).output().expect("the command starts");
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        }
    }
}
