//! One planner from start to end, with limits on what all its processes use together.
//!
//! [`crate::process`] limits each process alone; a planner of several (a driver, a translator, a search) has one
//! account here. The watcher adds up processor time and resident memory of the tree from `/proc` every few
//! milliseconds, and ends the process group when an account is empty. Times reported are the kernel's (`wait4`), or
//! what was last seen of a tree that was ended. Left
//! out: processes that leave the tree while their parent lives on. Linux only.

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process_group, prlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::{Deserialize, Serialize};
use wait4::Wait4;

use super::rivals::address_space;
use crate::process::{self, Call};

/// The verb of this executable that [`verb`] serves.
pub const VERB: &str = "watch-tree";

const PERIOD: Duration = Duration::from_millis(20);

/// What a planner may use, all its processes together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Terms {
    /// User and system seconds.
    pub cpu_seconds: f64,
    /// Wall seconds, a guard against processes that wait.
    pub wall_seconds: f64,
    /// Resident bytes.
    pub bytes: u64,
    /// The core it keeps to.
    pub core: Option<usize>,
}

/// Which account was empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Over {
    /// Processor time.
    Cpu,
    /// Wall time.
    Wall,
    /// Memory.
    Memory,
}

/// What a planner used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// From start to end.
    pub wall_seconds: f64,
    /// User and system seconds of all processes.
    pub cpu_seconds: f64,
    /// Peak resident bytes of the largest process, as the kernel has it, or of the tree as seen, whichever is more.
    pub peak_bytes: u64,
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The account that was empty.
    pub over: Option<Over>,
}

/// A planner that has ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ended {
    pub usage: Usage,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `call` under `terms`.
///
/// # Errors
/// It cannot be started or measured.
pub(crate) fn run(call: &Call, terms: &Terms) -> Result<Ended> {
    let (usage, stdout, stderr) = process::watched(VERB, call, terms)?;
    Ok(Ended { usage, stdout, stderr })
}

/// The watcher: `args` are terms, folder, two output files, the program and its arguments. Returns what is to be
/// printed.
///
/// # Errors
/// The arguments are wrong, or the program cannot be started.
pub fn verb(args: &[OsString]) -> Result<String> {
    let (terms, mut command): (Terms, Command) = process::told(VERB, args)?;
    let usage = measure(&mut command, &terms);
    let usage = usage.with_context(|| format!("running {}", Path::new(command.get_program()).display()))?;
    Ok(serde_json::to_string(&usage)?)
}

fn measure(command: &mut Command, terms: &Terms) -> Result<Usage> {
    let start = Instant::now();
    let mut child = spawn(command, terms)?;
    let pid = child.id();
    let group = Pid::from_child(&child);
    let (ended, waiting) = mpsc::channel::<()>();
    let terms = *terms;
    let guard = thread::spawn(move || {
        let (mut peak, mut cpu_seconds) = (0, 0.0_f64);
        while waiting.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
            let use_now = Use::of_tree(pid);
            peak = peak.max(use_now.bytes);
            cpu_seconds = cpu_seconds.max(use_now.cpu_seconds);
            if let Some(over) = use_now.over(&terms, start.elapsed()) {
                // The group may have ended in this very moment.
                let _ = kill_process_group(group, Signal::KILL);
                return (peak, cpu_seconds, Some(over));
            }
        }
        (peak, cpu_seconds, None)
    });
    let used = child.wait4();
    let wall_seconds = start.elapsed().as_secs_f64();
    drop(ended);
    let (peak, seen_seconds, over) = guard.join().unwrap_or((0, 0.0, None));
    // Whoever is left of the group is ended too.
    let _ = kill_process_group(group, Signal::KILL);
    let used = used?;
    Ok(Usage {
        wall_seconds,
        // A parent that is killed has not waited for its children: their time is known from having been seen.
        cpu_seconds: (used.rusage.utime + used.rusage.stime).as_secs_f64().max(seen_seconds),
        peak_bytes: used.rusage.maxrss.max(peak),
        code: used.status.code(),
        signal: used.status.signal(),
        over,
    })
}

/// Starts the program on its core; the watcher itself goes on wherever it was.
fn spawn(command: &mut Command, terms: &Terms) -> Result<Child> {
    // A hard end for each process, a little above the account: what asks for much at once fails at once.
    let most = Some(address_space(terms.bytes));
    let before = sched_getaffinity(None).context("asking for the affinity")?;
    if let Some(core) = terms.core {
        let mut only = CpuSet::new();
        only.set(core);
        sched_setaffinity(None, &only).with_context(|| format!("keeping to core {core}"))?;
    }
    let own = prlimit(None, Resource::As, Rlimit { current: most, maximum: None })
        .context("limiting the address space")?;
    let child = command.spawn();
    prlimit(None, Resource::As, own).context("lifting the limit of the watcher")?;
    sched_setaffinity(None, &before).context("restoring the affinity")?;
    Ok(child?)
}

/// What a tree of processes has used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Use {
    cpu_seconds: f64,
    bytes: u64,
}

impl Use {
    fn of_tree(pid: u32) -> Use {
        let mut sum = fs::read_to_string(format!("/proc/{pid}/stat"))
            .ok()
            .and_then(|stat| Use::parse(&stat))
            .unwrap_or_default();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|word| word.parse().ok()) {
            let of_child = Use::of_tree(child);
            sum.cpu_seconds += of_child.cpu_seconds;
            sum.bytes += of_child.bytes;
        }
        sum
    }

    /// A line of `/proc/PID/stat`; the times of children that were waited for are their parent's.
    fn parse(stat: &str) -> Option<Use> {
        // The name may hold spaces and parentheses.
        let (_, fields) = stat.rsplit_once(") ")?;
        let field = |at: usize| fields.split(' ').nth(at)?.parse::<u64>().ok();
        let ticks: u64 = (11..15).map(field).sum::<Option<u64>>()?;
        Some(Use {
            cpu_seconds: ticks as f64 / rustix::param::clock_ticks_per_second() as f64,
            bytes: field(21)? * rustix::param::page_size() as u64,
        })
    }

    fn over(&self, terms: &Terms, wall: Duration) -> Option<Over> {
        if self.cpu_seconds > terms.cpu_seconds {
            Some(Over::Cpu)
        } else if self.bytes > terms.bytes {
            Some(Over::Memory)
        } else {
            (wall.as_secs_f64() > terms.wall_seconds).then_some(Over::Wall)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;

    use super::*;

    #[test]
    fn a_line_of_proc_is_read() {
        let stat =
            "7 (a (b) c) S 1 7 7 0 -1 4194560 10 0 0 0 100 20 30 50 20 0 1 0 5 9000 250 18446744073709551615";
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        let expected = Use { cpu_seconds: 200.0 / ticks, bytes: 250 * rustix::param::page_size() as u64 };
        assert_eq!(Use::parse(stat), Some(expected));
        assert_eq!(Use::parse("7 (x) S 1"), None);
    }

    #[test]
    fn the_first_empty_account_is_named() {
        let terms = Terms { cpu_seconds: 1.0, wall_seconds: 2.0, bytes: 100, core: None };
        let cases = [
            (0.5, 50, 1.0, None),
            (1.5, 50, 1.0, Some(Over::Cpu)),
            (0.5, 101, 1.0, Some(Over::Memory)),
            (0.5, 50, 3.0, Some(Over::Wall)),
        ];
        for (cpu_seconds, bytes, wall, expected) in cases {
            assert_eq!(Use { cpu_seconds, bytes }.over(&terms, Duration::from_secs_f64(wall)), expected);
        }
    }

    #[test]
    fn a_tree_that_works_on_is_ended() {
        let mut command = Command::new("sh");
        command.args(["-c", "sh -c 'while :; do :; done'; true"]).process_group(0);
        let terms = Terms { cpu_seconds: 0.05, wall_seconds: 60.0, bytes: 1 << 30, core: None };
        let usage = measure(&mut command, &terms).expect("a shell starts");
        assert_eq!((usage.over, usage.code), (Some(Over::Cpu), None));
    }
}
