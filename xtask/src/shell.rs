//! Running other programs, and timing the steps of a long command.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// Runs a command with its output shown.
///
/// # Errors
/// It cannot be started, or it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {}", name(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", name(command));
    }
    Ok(())
}

/// Runs a command and returns what it printed; its standard error is shown.
///
/// # Errors
/// As [`run`]; also when the output is not UTF-8.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("starting {}", name(command)))?;
    if !output.status.success() {
        bail!("{} failed ({})", name(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("reading the output of {}", name(command)))
}

/// Runs a command, shows each line of its output and hands it to `each`.
///
/// # Errors
/// As [`run`].
pub fn run_lines(command: &mut Command, mut each: impl FnMut(&str)) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn();
    let child = child.as_mut().map_err(|error| anyhow::anyhow!("starting {}: {error}", name(command)))?;
    let lines = BufReader::new(child.stdout.take().context("a piped output")?).lines();
    for line in lines {
        let line = line?;
        println!("{line}");
        each(&line);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{} failed ({status})", name(command));
    }
    Ok(())
}

/// Whether a program can be started.
pub fn is_installed(program: &str) -> bool {
    let probe = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

/// The command as a person would type it.
fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let words = std::iter::once(program.file_name().unwrap_or_default()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    format!("`{}`", words.join(" "))
}

/// Names the steps of a long command and times them.
#[derive(Debug)]
pub struct Steps {
    started: Instant,
    total: usize,
    done: usize,
}

impl Steps {
    /// A command of `total` steps.
    pub fn new(total: usize) -> Steps {
        Steps { started: Instant::now(), total, done: 0 }
    }

    /// Runs one step between two lines: what it is, and how long it took.
    ///
    /// # Errors
    /// The step's own.
    pub fn step<T>(&mut self, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.done += 1;
        println!("== [{}/{}] {what}", self.done, self.total);
        let _ = std::io::stdout().flush();
        let start = Instant::now();
        let result = work();
        let word = if result.is_ok() { "done" } else { "FAILED" };
        println!("== [{}/{}] {word} in {:.1} s", self.done, self.total, start.elapsed().as_secs_f64());
        result
    }

    /// Seconds since the first step.
    pub fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command() {
        let error =
            run(Command::new("cargo").arg("no-such-verb").stderr(Stdio::null())).expect_err("no such verb");
        assert!(error.to_string().starts_with("`cargo no-such-verb` failed"), "{error}");
        assert!(run(&mut Command::new("no-such-program")).is_err());
    }

    #[test]
    fn every_line_is_seen() {
        let mut seen = Vec::new();
        run_lines(Command::new("printf").arg("a\\nb\\n"), |line| seen.push(line.to_string()))
            .expect("printf");
        assert_eq!(seen, ["a", "b"]);
    }
}
