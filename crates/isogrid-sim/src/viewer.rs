//! Where a recorded episode goes: an `.rrd` file for the Rerun viewer, or its lines as they are.
//!
//! The library that writes `.rrd` files is large, so a program of its own (`viewer/`) is alone linked to it and gets
//! the lines of [`crate::stream`] on its standard input. A file is there whole or not at all.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use isogrid::files::Replacement;

use crate::SimError;

/// The program that writes `.rrd` files.
pub const PROGRAM: &str = "isogrid-rerun";

/// A recording that is being written.
pub struct Target {
    path: PathBuf,
    to: To,
}

enum To {
    Program(Child, BufWriter<ChildStdin>),
    File(BufWriter<Growing>),
}

impl Target {
    /// Begins a recording: a name that ends in `.rrd` is written by the program [`PROGRAM`], found beside this one or
    /// on `PATH`; one that ends in `.jsonl` gets the lines themselves.
    ///
    /// # Errors
    /// [`SimError::Record`] for other endings, [`SimError::NoViewer`] where the program is missing, and
    /// [`SimError::Io`] where it does not start or the file cannot be made.
    pub fn open(path: &Path) -> Result<Target, SimError> {
        match path.extension().and_then(OsStr::to_str) {
            Some("rrd") => Target::through(&find(&folders())?, path),
            Some("jsonl") => {
                let file = Growing(Replacement::begin(path)?);
                Ok(Target { path: path.to_path_buf(), to: To::File(BufWriter::new(file)) })
            }
            _ => Err(problem(path, "it ends in neither .rrd nor .jsonl")),
        }
    }

    /// The same through a given program.
    ///
    /// # Errors
    /// [`SimError::Io`] where the program does not start.
    pub fn through(program: &Path, path: &Path) -> Result<Target, SimError> {
        let mut command = Command::new(program);
        command.arg(path).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(io(program))?;
        match child.stdin.take() {
            Some(input) => {
                Ok(Target { path: path.to_path_buf(), to: To::Program(child, BufWriter::new(input)) })
            }
            None => Err(problem(path, "the program takes no input")),
        }
    }

    /// Ends the recording. `written` is what came of writing: where the program complains, its words are told instead.
    ///
    /// # Errors
    /// [`SimError::Record`] with the program's words, or [`SimError::Io`].
    pub fn finish(self, written: io::Result<()>) -> Result<(), SimError> {
        let io = io(&self.path);
        match self.to {
            To::Program(child, input) => {
                drop(input);
                let output = child.wait_with_output().map_err(&io)?;
                if !output.status.success() {
                    let words = String::from_utf8_lossy(&output.stderr);
                    let words = words.trim().strip_prefix("error: ").unwrap_or(words.trim());
                    let words = words.strip_prefix(&format!("`{}`: ", self.path.display())).unwrap_or(words);
                    return Err(problem(&self.path, words));
                }
                written.map_err(io)
            }
            To::File(file) => {
                written.map_err(&io)?;
                let Growing(file) = file.into_inner().map_err(|error| io(error.into_error()))?;
                Ok(file.commit()?)
            }
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.to {
            To::Program(_, input) => input.write(bytes),
            To::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Program(_, input) => input.flush(),
            To::File(file) => file.flush(),
        }
    }
}

/// A file in the making, written to line by line.
struct Growing(Replacement);

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.append(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The program in the first of `folders` that has it.
///
/// # Errors
/// [`SimError::NoViewer`] where none has.
pub fn find(folders: &[PathBuf]) -> Result<PathBuf, SimError> {
    let name = format!("{PROGRAM}{}", env::consts::EXE_SUFFIX);
    let there = folders.iter().map(|folder| folder.join(&name)).find(|path| path.is_file());
    there.ok_or(SimError::NoViewer { program: PROGRAM })
}

/// This program's folder, then those of `PATH`.
fn folders() -> Vec<PathBuf> {
    let own = env::current_exe().ok().and_then(|program| program.parent().map(Path::to_path_buf));
    let path = env::var_os("PATH").unwrap_or_default();
    own.into_iter().chain(env::split_paths(&path)).collect()
}

fn io(path: &Path) -> impl Fn(io::Error) -> SimError {
    move |source| SimError::Io { path: path.to_path_buf(), source }
}

fn problem(path: &Path, problem: &str) -> SimError {
    SimError::Record { path: path.to_path_buf(), problem: problem.to_string() }
}
