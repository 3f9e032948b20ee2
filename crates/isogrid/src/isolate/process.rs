//! One child process: its output, bounded; its times; and an end to it when it takes too long.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use isogrid_core::Cancel;
use wait4::Wait4;

use crate::wire::MAX_LINE_BYTES;

/// How often a running child's parent looks whether it should end it.
const POLL: Duration = Duration::from_millis(20);

/// How much of a child's messages is kept.
const MAX_STDERR_BYTES: u64 = 64 << 10;

/// A child that has ended.
#[derive(Debug)]
pub(super) struct Finished {
    /// What it printed, as text.
    pub stdout: String,
    /// What it said on standard error.
    pub stderr: String,
    /// How it ended.
    pub status: ExitStatus,
    /// Wall seconds from its start to its end.
    pub seconds: f64,
    /// User and system seconds.
    pub cpu_seconds: f64,
    /// Who ended it.
    pub ended: Ended,
}

/// Who ended a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It did, or something outside did (a crash, the kernel).
    ByItself,
    /// We did, on request.
    Cancelled,
    /// We did, because our patience ended.
    TooLate,
}

impl Finished {
    /// Whether it ended by itself with success.
    pub fn succeeded(&self) -> bool {
        self.ended == Ended::ByItself && self.status.success()
    }

    /// Its end in words: status and its own error message.
    pub fn story(&self) -> String {
        let mut lines = self.stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        let said = lines.clone().find(|line| line.starts_with("error:")).or_else(|| lines.next_back());
        match said {
            Some(line) => format!("{}; {}", self.status, line.trim_start_matches("error:").trim()),
            None => self.status.to_string(),
        }
    }
}

/// Runs `command` to its end, at most for `patience`, and kills it when `cancel` is requested.
pub(super) fn run(
    command: &mut Command,
    patience: Option<Duration>,
    cancel: &Cancel,
) -> io::Result<Finished> {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let said = thread::spawn(move || text(stderr, MAX_STDERR_BYTES));
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(text(stdout, MAX_LINE_BYTES)));
    let ended = loop {
        match receiver.recv_timeout(POLL) {
            Ok(stdout) => break (Ended::ByItself, stdout),
            Err(RecvTimeoutError::Disconnected) => break (Ended::ByItself, String::new()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if cancel.requested().is_some() {
            break (kill(&mut child, Ended::Cancelled)?, String::new());
        }
        if patience.is_some_and(|patience| start.elapsed() > patience) {
            break (kill(&mut child, Ended::TooLate)?, String::new());
        }
    };
    let (ended, stdout) = ended;
    let used = child.wait4()?;
    Ok(Finished {
        stdout,
        stderr: said.join().unwrap_or_default(),
        status: used.status,
        seconds: start.elapsed().as_secs_f64(),
        cpu_seconds: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        ended,
    })
}

fn kill(child: &mut Child, why: Ended) -> io::Result<Ended> {
    child.kill().map(|()| why)
}

/// Reads to the end but keeps `limit` bytes; closing the pipe early would kill a child that talks much.
fn text(pipe: Option<impl Read>, limit: u64) -> String {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        let kept = pipe.by_ref().take(limit).read_to_end(&mut bytes);
        let _ = kept.and_then(|_| io::copy(&mut pipe, &mut io::sink()));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
