//! The text and file edge: what a command or a server needs from an engine, in bytes and words.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Engine, Value};

/// One input of a request: a file, a folder, or text that is already here.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name shown in messages.
    pub name: String,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    File(PathBuf),
    Memory(Vec<u8>),
}

impl Source {
    /// A file or folder, opened only when it is read.
    pub fn file(path: impl Into<PathBuf>) -> Source {
        let path = path.into();
        Source { name: path.display().to_string(), place: Place::File(path) }
    }

    /// Bytes that are already in memory.
    pub fn memory(name: &str, bytes: impl Into<Vec<u8>>) -> Source {
        Source { name: name.to_string(), place: Place::Memory(bytes.into()) }
    }

    /// The path of a file or folder; none for bytes in memory.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Memory(_) => None,
        }
    }

    /// Whether this is a folder, which some engines take whole.
    pub fn is_folder(&self) -> bool {
        self.path().is_some_and(Path::is_dir)
    }

    /// Opens the source for streaming.
    ///
    /// # Errors
    /// The file cannot be opened, or is a directory.
    pub fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        match &self.place {
            Place::Memory(bytes) => Ok(Box::new(bytes.as_slice())),
            Place::File(path) => {
                let file = File::open(path)?;
                if file.metadata()?.is_dir() {
                    return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
                }
                Ok(Box::new(file))
            }
        }
    }

    /// The first `n` bytes at most.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn head(&self, n: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open()?.take(n).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Everything, refused beyond `limit` bytes.
    ///
    /// # Errors
    /// As [`Source::open`]; [`io::ErrorKind::FileTooLarge`] beyond the limit.
    pub fn read(&self, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = self.open()?.take(limit.saturating_add(1)).read_to_end(&mut bytes)? as u64;
        if read > limit {
            let message = format!("larger than the limit of {limit} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(bytes)
    }
}

/// What a user asks of an engine: sources in the order given, and options as text.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The inputs.
    pub sources: Vec<Source>,
    /// Options by long name; a switch has an empty value.
    pub options: Vec<(String, String)>,
    /// The seed, where the user named one: an input may hold a seed of its own.
    pub seed: Option<u64>,
    /// What readers found odd but could use; shared between clones.
    pub warnings: Warnings,
}

/// Warnings gathered while a request is read.
#[derive(Debug, Clone, Default)]
pub struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    /// Adds one, unless it was given already.
    pub fn push(&self, warning: impl Into<String>) {
        let warning = warning.into();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&warning) {
            all.push(warning);
        }
    }

    /// Takes all out, in the order given.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Request {
    /// The value of the option `name`, the last one if given twice.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(option, _)| option == name).map(|(_, value)| value.as_str())
    }

    /// Whether the switch `name` was given.
    pub fn switch(&self, name: &str) -> bool {
        self.option(name).is_some()
    }
}

/// Does an engine take this request?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognition {
    /// It does: what kind of input this is.
    Yes(String),
    /// Not as it is, but almost: what is missing.
    Almost(String),
    /// It does not.
    No,
}

/// An engine's text edge.
pub trait Port: Engine<Error: Diagnose> + Default {
    /// Judges names, options and first bytes; cheap, and never an error.
    fn recognize(&self, request: &Request) -> Recognition;

    /// Reads what `fit` needs.
    ///
    /// # Errors
    /// A source cannot be read or understood, or an option is wrong.
    fn data(&self, request: &Request) -> Result<(Self::Data, Self::Options), Self::Error>;

    /// Reads one input for `step`. `fitted_here` says that `model` was fitted from this very request.
    ///
    /// # Errors
    /// As [`Port::data`]; also when the sources do not fit the model.
    fn input(
        &self,
        request: &Request,
        model: &Self::Model,
        fitted_here: bool,
    ) -> Result<Self::Input, Self::Error>;

    /// An output as text for people and as fields for programs.
    fn print(&self, model: &Self::Model, output: &Self::Output) -> Printed;

    /// What there is to tell of a fresh fit, in lines for people: settings that were tried, and how they did.
    fn report(&self, _: &Self::Model) -> Vec<String> {
        Vec::new()
    }
}

/// Saving and loading of models. The driver adds magic, version and checksum around the payload.
pub trait Store: Engine {
    /// The model as bytes; equal models give equal bytes.
    fn save(&self, model: &Self::Model) -> Vec<u8>;

    /// The model back from its bytes. Bounds every length before it allocates.
    ///
    /// # Errors
    /// The bytes are not a model of this engine.
    fn load(&self, bytes: &[u8]) -> Result<Self::Model, Self::Error>;
}

/// An output, printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    /// For people and files: the format the field expects (an IPC plan, CSV rows).
    pub text: String,
    /// For people on a terminal: one line about it.
    pub summary: String,
    /// For programs.
    pub record: Value,
}

/// What kind of fault an error is; the exit code follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultClass {
    /// The request or its data is wrong (exit 2).
    BadInput,
    /// Isogrid is wrong (exit 4).
    Internal,
}

/// An engine's error as a user sees it.
pub trait Diagnose: std::error::Error {
    /// Whose fault it is.
    fn class(&self) -> FaultClass {
        FaultClass::BadInput
    }

    /// What to try.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// An error of any engine, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whose fault it is.
    pub class: FaultClass,
    /// What went wrong, with its place.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault of the user's input.
    pub fn bad_input(message: impl Into<String>) -> Fault {
        Fault { class: FaultClass::BadInput, message: message.into(), hint: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Fault {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn of(error: &dyn Diagnose) -> Fault {
        Fault { class: error.class(), message: error.to_string(), hint: error.hint() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}
