//! The facade's errors, each with the offending value, and the advice that goes with it.

use std::io;
use std::path::PathBuf;

use isogrid_core::{Diagnose, Fault, FaultClass};

/// What can go wrong around an engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No engine has this name.
    #[error("there is no engine `{name}`")]
    UnknownEngine {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A request without inputs.
    #[error("no input was given")]
    NoSources,
    /// An input that cannot be opened or read.
    #[error("cannot read `{name}`: {}", reason(.source))]
    Unreadable {
        /// The input's name.
        name: String,
        /// What the system says.
        source: io::Error,
    },
    /// Several engines take the request.
    #[error("several engines take this input: {}", pairs(.candidates))]
    Ambiguous {
        /// Engine and the kind of input that it sees.
        candidates: Vec<(String, String)>,
    },
    /// No engine takes the request.
    #[error("no engine takes this input{}", near_misses(.near))]
    Unrecognized {
        /// Engine and what it misses, for those that almost take it.
        near: Vec<(String, String)>,
        /// An input that is a saved model.
        model: Option<String>,
    },
    /// An option that the chosen engine does not have.
    #[error("engine `{engine}` has no option `--{option}`")]
    ForeignOption {
        /// The chosen engine.
        engine: String,
        /// The option given.
        option: String,
        /// The options it has.
        takes: Vec<String>,
    },
    /// None of the engines that were asked can take the request: what the first one says.
    #[error("{0}")]
    Refused(Fault),
    /// A file that does not start as a model file does.
    #[error("`{name}` is not a saved model")]
    NotAModel {
        /// The file.
        name: String,
    },
    /// A model file of another format version.
    #[error("`{name}` has model format version {found}, this build reads version {expected}")]
    ModelVersion {
        /// The file.
        name: String,
        /// Its version.
        found: u16,
        /// The version of this build.
        expected: u16,
    },
    /// A model of another engine than the one asked for.
    #[error("`{name}` is a model of engine `{found}`, not of `{expected}`")]
    ModelEngine {
        /// The file.
        name: String,
        /// The engine that wrote it.
        found: String,
        /// The engine asked for.
        expected: String,
    },
    /// A model file of another length than it declares.
    #[error("`{name}` is damaged: {found} bytes long, {expected} expected")]
    ModelLength {
        /// The file.
        name: String,
        /// Bytes there are.
        found: u64,
        /// Bytes its header declares, or the least that a header needs.
        expected: u64,
    },
    /// A model file whose bytes were changed.
    #[error("`{name}` is damaged: checksum {found:08x}, {expected:08x} expected")]
    ModelChecksum {
        /// The file.
        name: String,
        /// Checksum of the bytes there are.
        found: u32,
        /// Checksum stored.
        expected: u32,
    },
    /// A file that cannot be written.
    #[error("cannot write `{}`: {}", .path.display(), reason(.source))]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Standard output takes no more.
    #[error("cannot write standard output: {}", reason(.source))]
    StandardOutput {
        /// What the system says.
        source: io::Error,
    },
    /// A budget text that is not understood.
    #[error("budget `{text}`: {problem}")]
    Budget {
        /// The text given.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A memory budget on a system where memory in use cannot be read.
    #[error("memory in use cannot be read here, so a memory budget cannot be kept")]
    MemoryUnwatched,
    /// No workload judges this engine.
    #[error("no workload judges engine `{engine}`")]
    NoWorkload {
        /// The engine.
        engine: String,
    },
    /// A contender's name that this executable does not know.
    #[error("there is no contender `{name}` of kind `{kind}`")]
    UnknownContender {
        /// The name asked for.
        name: String,
        /// The kind of workload.
        kind: String,
    },
    /// A line that is not an object of the wire format.
    #[error("not a line of the wire format: {problem}")]
    Wire {
        /// What is wrong with it.
        problem: String,
    },
    /// A workload's data that cannot be used.
    #[error("{0}")]
    Workload(Fault),
}

/// The system's own words, without its number, which says nothing to a user.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    let mut reason = text[..end].to_string();
    if let Some(first) = reason.get_mut(0..1) {
        first.make_ascii_lowercase();
    }
    reason
}

fn pairs(candidates: &[(String, String)]) -> String {
    let parts: Vec<_> = candidates.iter().map(|(engine, kind)| format!("`{engine}` ({kind})")).collect();
    parts.join(", ")
}

fn near_misses(near: &[(String, String)]) -> String {
    let mut reasons: Vec<(&str, String)> = Vec::new();
    for (engine, reason) in near {
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, engines)) => *engines += &format!(", `{engine}`"),
            None => reasons.push((reason, format!("`{engine}`"))),
        }
    }
    reasons.iter().map(|(reason, engines)| format!("\n  {engines} almost: {reason}")).collect()
}

fn flags(options: &[String]) -> String {
    let parts: Vec<_> = options.iter().map(|option| format!("`--{option}`")).collect();
    parts.join(", ")
}

fn write_hint(source: &io::Error) -> Option<&'static str> {
    match source.kind() {
        io::ErrorKind::NotFound => Some("create the directory first"),
        io::ErrorKind::IsADirectory => Some("name a file in that directory"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some("choose a place that you may write to")
        }
        io::ErrorKind::StorageFull => Some("free some space"),
        _ => None,
    }
}

impl Diagnose for Error {
    fn class(&self) -> FaultClass {
        match self {
            Error::Workload(fault) | Error::Refused(fault) => fault.class,
            Error::Wire { .. } => FaultClass::Internal,
            _ => FaultClass::BadInput,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Error::UnknownEngine { known, .. } => match known.len() {
                0 => "this build has no engines".to_string(),
                _ => format!("engines: {}", known.join(", ")),
            },
            Error::NoSources => "name at least one file".to_string(),
            Error::Unreadable { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "check the path".to_string(),
                io::ErrorKind::IsADirectory => "name the files in it".to_string(),
                _ => return None,
            },
            Error::Ambiguous { candidates } => {
                format!("choose one, for example `--engine {}`", candidates.first()?.0)
            }
            Error::Unrecognized { model: Some(name), .. } => {
                format!("`{name}` is a saved model: give it as `-m {name}`, with the data to use it on")
            }
            Error::Unrecognized { .. } => {
                "`isogrid list` shows what each engine takes; `--engine NAME` tries one anyway".to_string()
            }
            Error::ForeignOption { takes, .. } if takes.is_empty() => "it takes no options".to_string(),
            Error::ForeignOption { takes, .. } => format!("it takes {}", flags(takes)),
            Error::NotAModel { .. } => "`isogrid fit PATH... -o MODEL` writes one".to_string(),
            Error::ModelVersion { .. } => "fit it again with this build".to_string(),
            Error::ModelEngine { found, .. } => format!("leave `--engine` out, or use `--engine {found}`"),
            Error::ModelLength { .. } | Error::ModelChecksum { .. } => {
                "copy it again from where it came, or fit it again".to_string()
            }
            Error::Unwritable { source, .. } | Error::StandardOutput { source } => {
                write_hint(source)?.to_string()
            }
            Error::Budget { .. } => {
                "examples: `10s`, `500ms`, `2m`, `2GiB`, `512MiB`, `5Mticks`, or `10s,2GiB`".to_string()
            }
            Error::MemoryUnwatched => "use a time or a tick budget".to_string(),
            Error::Workload(fault) | Error::Refused(fault) => return fault.hint.clone(),
            Error::NoWorkload { .. } | Error::UnknownContender { .. } | Error::Wire { .. } => return None,
        };
        Some(hint)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault { class: error.class(), message: error.to_string(), hint: error.hint() }
    }
}
