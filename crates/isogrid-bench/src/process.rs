//! One outside program from start to end: its limits, its core, its times and its peak memory.
//!
//! The kernel counts the memory of a parent at the moment of its `exec` as the child's own, so that a program is
//! started by a small process of this executable (the verb `watch`) that measures it with `wait4` and ends the whole
//! process group when its time is up. Times and the peak (of the largest process) cover descendants that were waited
//! for. Linux only.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process_group, prlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wait4::Wait4;

/// The verb of this executable that [`watch`] serves.
pub const VERB: &str = "watch";

/// How much of each output is read back.
const MAX_OUTPUT: u64 = 16 << 20;

/// What a program may use.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// Wall seconds before its whole process group is killed.
    pub kill_after: f64,
    /// Address space of each process, in bytes.
    pub address_space: u64,
    /// The first and the last core that it may use; all if none are given.
    pub cores: Option<(usize, usize)>,
}

/// A program to run.
#[derive(Debug, Clone)]
pub struct Call {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// The folder it runs in.
    pub folder: PathBuf,
}

/// What a program used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Wall seconds from start to end.
    pub wall_seconds: f64,
    /// User and system seconds.
    pub cpu_seconds: f64,
    /// Peak resident bytes of its largest process.
    pub peak_bytes: u64,
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether its time was up.
    pub too_late: bool,
}

/// A program that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// What it used.
    pub usage: Usage,
    /// What it printed, at most 16 MiB.
    pub stdout: String,
    /// What it said on standard error, at most 16 MiB.
    pub stderr: String,
}

/// The first core that this process may use.
pub fn first_core() -> Option<usize> {
    cores().first().copied()
}

/// All cores that this process may use; none where that is unknown.
pub fn cores() -> Vec<usize> {
    let Ok(allowed) = sched_getaffinity(None) else { return Vec::new() };
    (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core)).collect()
}

/// Runs `call` under `terms` and measures it.
///
/// # Errors
/// It cannot be started or measured. Whatever it does itself is no error.
pub fn run(call: &Call, terms: &Terms) -> Result<Ended> {
    let (usage, stdout, stderr) = watched(VERB, call, terms)?;
    Ok(Ended { usage, stdout, stderr })
}

/// Runs `call` under a watcher, a process of this executable that `verb` serves; its answer, and both outputs.
pub(crate) fn watched<T: Serialize, U: DeserializeOwned>(
    verb: &str,
    call: &Call,
    terms: &T,
) -> Result<(U, String, String)> {
    let outputs = tempfile::tempdir().context("creating a folder for outputs")?;
    let (stdout, stderr) = (outputs.path().join("stdout"), outputs.path().join("stderr"));
    let mut command = Command::new(std::env::current_exe().context("finding this executable")?);
    command.arg(verb).arg(serde_json::to_string(terms)?);
    command.args([call.folder.as_os_str(), stdout.as_os_str(), stderr.as_os_str(), call.program.as_os_str()]);
    let watcher = command.args(&call.args).stdin(Stdio::null()).output().context("starting a watcher")?;
    if !watcher.status.success() {
        bail!("{}: {}", call.program.display(), String::from_utf8_lossy(&watcher.stderr).trim());
    }
    let usage = serde_json::from_slice(&watcher.stdout).context("reading the watcher's answer")?;
    Ok((usage, head(&stdout)?, head(&stderr)?))
}

/// What a watcher is told by [`watched`]: terms, and the command to run.
///
/// # Errors
/// The arguments are wrong, or the outputs cannot be made.
pub(crate) fn told<T: DeserializeOwned>(verb: &str, args: &[OsString]) -> Result<(T, Command)> {
    let [terms, folder, stdout, stderr, program, args @ ..] = args else {
        bail!("`{verb}` takes terms, a folder, two files and a program");
    };
    let terms = serde_json::from_str(terms.to_str().context("terms are not UTF-8")?)?;
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).process_group(0).stdin(Stdio::null());
    command.stdout(File::create(stdout)?).stderr(File::create(stderr)?);
    Ok((terms, command))
}

/// User and system seconds of this process, all threads.
pub(crate) fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// The beginning of a file, at most 16 MiB.
fn head(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_OUTPUT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The watcher: `args` are terms, folder, two output files, the program and its arguments. Returns what is to be
/// printed.
///
/// # Errors
/// The arguments are wrong, or the program cannot be started.
pub fn watch(args: &[OsString]) -> Result<String> {
    let (terms, mut command): (Terms, Command) = told(VERB, args)?;
    ensure!(terms.kill_after >= 0.0, "a negative time: {}", terms.kill_after);
    limit(&terms)?;
    let usage = measure(&mut command, terms.kill_after);
    let usage = usage.with_context(|| format!("running {}", Path::new(command.get_program()).display()))?;
    Ok(serde_json::to_string(&usage)?)
}

/// Limits this process; what it starts inherits them.
fn limit(terms: &Terms) -> Result<()> {
    if let Some((first, last)) = terms.cores {
        let mut only = CpuSet::new();
        (first..=last).for_each(|core| only.set(core));
        sched_setaffinity(None, &only).with_context(|| format!("keeping to cores {first} to {last}"))?;
    }
    let limit = Rlimit { current: Some(terms.address_space), maximum: Some(terms.address_space) };
    prlimit(None, Resource::As, limit).context("limiting the address space")?;
    Ok(())
}

fn measure(command: &mut Command, kill_after: f64) -> Result<Usage> {
    let start = Instant::now();
    let mut child = command.spawn()?;
    let group = Pid::from_child(&child);
    let (over, waiting) = mpsc::channel::<()>();
    let patience = Duration::from_secs_f64(kill_after.min(1e9));
    let killer = thread::spawn(move || {
        let too_late = waiting.recv_timeout(patience) == Err(RecvTimeoutError::Timeout);
        if too_late {
            // The group may have ended in this very moment.
            let _ = kill_process_group(group, Signal::KILL);
        }
        too_late
    });
    let used = child.wait4();
    let wall_seconds = start.elapsed().as_secs_f64();
    drop(over);
    let too_late = killer.join().unwrap_or(false);
    let used = used?;
    Ok(Usage {
        wall_seconds,
        cpu_seconds: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        peak_bytes: used.rusage.maxrss,
        code: used.status.code(),
        signal: used.status.signal(),
        too_late,
    })
}

/// A call of this executable itself.
///
/// # Errors
/// It cannot be found.
pub fn own(args: &[&str], folder: &Path) -> Result<Call> {
    let program = std::env::current_exe().context("finding this executable")?;
    Ok(Call { program, args: args.iter().map(OsString::from).collect(), folder: folder.to_path_buf() })
}

/// The program `name` beside this executable.
///
/// # Errors
/// There is none; the message says how to build it.
pub fn beside(name: &str, package: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding this executable")?;
    let path = own.with_file_name(OsStr::new(name));
    ensure!(
        path.is_file(),
        "there is no `{name}` beside `isogrid-bench`: cargo build --release -p {package}"
    );
    Ok(path)
}
