//! The child's side: run one contender in this process and print its row.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use isogrid_core::{Fault, Report};

use crate::budget::Budget;
use crate::workloads::{Entrant, Job};
use crate::{Error, drive, wire};

/// Runs the contender that `args` name and writes its `row` object as one line to `out`.
///
/// `args` are those after the verb, as [`crate::isolate`] documents them. Call it from `main` of any executable that
/// offers contenders.
///
/// # Errors
/// A [`Fault`] for the arguments, the workload's data, or `out`.
pub fn contend(
    entrants: &[Entrant],
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
) -> Result<(), Fault> {
    let call = Call::parse(args)?;
    let mut known = entrants.iter();
    let entrant = known.find(|entrant| entrant.kind().name() == call.kind && entrant.name() == call.name);
    let unknown = || Error::UnknownContender { name: call.name.clone(), kind: call.kind.clone() };
    let Report { rows, .. } = entrant.ok_or_else(unknown)?.attempt(&call.job)?;
    for mut row in rows {
        // The child measures its own peak: the maximum that the kernel reports to a parent also counts what the
        // child shared with a large parent between fork and exec.
        row.cost.peak_bytes = drive::peak_resident_bytes();
        say(out, &wire::line(&wire::RowLine { row }))?;
    }
    Ok(())
}

/// Writes a `rung` object for every contender of the kind that `args` (`--kind KIND`) name.
///
/// # Errors
/// A [`Fault`] for the arguments or `out`.
pub fn rungs(
    entrants: &[Entrant],
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
) -> Result<(), Fault> {
    let args: Vec<_> = args.into_iter().collect();
    let [flag, kind] = args.as_slice() else { return Err(usage("`rungs` takes `--kind KIND`")) };
    if flag != "--kind" {
        return Err(usage("`rungs` takes `--kind KIND`"));
    }
    for entrant in entrants.iter().filter(|entrant| kind == entrant.kind().name()) {
        say(out, &wire::line(&wire::Rung { name: entrant.name(), role: entrant.role() }))?;
    }
    Ok(())
}

fn say(out: &mut dyn Write, line: &str) -> Result<(), Fault> {
    let written: io::Result<()> = writeln!(out, "{line}").and_then(|()| out.flush());
    written.map_err(|error| Fault::bad_input(format!("cannot write the row: {error}")))
}

fn usage(problem: &str) -> Fault {
    Fault::bad_input(problem.to_string())
}

#[derive(Debug, Default)]
struct Call {
    kind: String,
    name: String,
    job: Job,
}

impl Call {
    fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Call, Fault> {
        let mut call = Call::default();
        let mut args = args.into_iter();
        call.name = text(args.next())?;
        while let Some(arg) = args.next() {
            match arg.to_str() {
                Some("--kind") => call.kind = text(args.next())?,
                Some("--seed") => {
                    let seed = text(args.next())?;
                    call.job.seed =
                        seed.parse().map_err(|_| usage(&format!("seed `{seed}` is not a number")))?;
                }
                Some("--budget") => call.job.budget = text(args.next())?.parse()?,
                Some("--patience") => call.job.patience = text(args.next())?.parse::<Budget>()?.wall,
                Some("--option") => {
                    let option = text(args.next())?;
                    let (name, value) = option.split_once('=').unwrap_or((&option, ""));
                    call.job.options.push((name.to_string(), value.to_string()));
                }
                Some("--") => break,
                _ => return Err(usage(&format!("unknown argument `{}`", arg.display()))),
            }
        }
        call.job.paths = args.map(PathBuf::from).collect();
        Ok(call)
    }
}

fn text(arg: Option<OsString>) -> Result<String, Fault> {
    arg.and_then(|arg| arg.into_string().ok()).ok_or_else(|| usage("an argument is missing or not UTF-8"))
}

/// The arguments that make [`contend`] run contender `name` of `kind` on `job`.
pub(super) fn arguments(name: &str, kind: &str, job: &Job) -> Vec<OsString> {
    let mut args: Vec<OsString> =
        vec!["contend".into(), name.into(), "--kind".into(), kind.into(), "--seed".into()];
    args.push(job.seed.to_string().into());
    let budget = job.budget.to_string();
    if !budget.is_empty() {
        args.extend(["--budget".into(), budget.into()]);
    }
    if let Some(patience) = job.patience {
        let patience = Budget { wall: Some(patience), ..Budget::default() };
        args.extend(["--patience".into(), patience.to_string().into()]);
    }
    for (option, value) in &job.options {
        args.extend(["--option".into(), format!("{option}={value}").into()]);
    }
    args.push("--".into());
    args.extend(job.paths.iter().map(|path| path.clone().into_os_string()));
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_survives_its_way_through_the_command_line() {
        let job = Job {
            paths: vec!["a b.csv".into(), "--seed".into(), "-".into()],
            options: vec![("target".into(), "a=b".into()), ("header".into(), String::new())],
            seed: u64::MAX,
            budget: "1.5s,2GiB,3ticks".parse().expect("a budget"),
            patience: Some(std::time::Duration::from_secs(30)),
        };
        let args = arguments("forest/10", "table", &job);
        let call = Call::parse(args.into_iter().skip(1)).expect("our own arguments");
        assert_eq!((call.name.as_str(), call.kind.as_str()), ("forest/10", "table"));
        assert_eq!(call.job, job);
    }

    #[test]
    fn wrong_calls_are_refused() {
        let cases: [(&[&str], &str); 6] = [
            (&[], "an argument is missing"),
            (&["x", "--seed", "y"], "seed `y` is not a number"),
            (&["x", "--seed"], "an argument is missing"),
            (&["x", "--budget", "1"], "budget `1`: `1` has no unit"),
            (&["x", "path"], "unknown argument `path`"),
            (&["x", "--kind", "table", "--"], "there is no contender `x` of kind `table`"),
        ];
        for (args, expected) in cases {
            let args = args.iter().map(OsString::from);
            let fault = contend(&[], args, &mut Vec::new()).expect_err(expected);
            assert!(fault.message.contains(expected), "{}", fault.message);
        }
    }
}
