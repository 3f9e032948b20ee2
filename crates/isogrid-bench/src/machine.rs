//! What a reader of a run must know of its machine. Names of hosts, users and folders are left out.

use std::fs;
use std::process::Command;
use std::thread;

/// The processor's name.
pub fn processor() -> String {
    let found = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| field(&text, "model name"));
    found.filter(|name| !name.is_empty()).unwrap_or("unknown".to_string())
}

/// Facts in the order shown: name and value. What cannot be found out is `unknown`.
pub fn facts() -> Vec<(&'static str, String)> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let fact =
        |value: Option<String>| value.filter(|value| !value.is_empty()).unwrap_or("unknown".to_string());
    let cores = thread::available_parallelism().ok().map(|cores| cores.to_string());
    vec![
        ("date", fact(says("date", &["-u", "+%Y-%m-%d %H:%M UTC"]))),
        ("CPU", processor()),
        ("cores", fact(cores)),
        ("memory", fact(field(&read("/proc/meminfo"), "MemTotal").and_then(|text| gibibytes(&text)))),
        ("load at the start", fact(read("/proc/loadavg").split(' ').next().map(str::to_string))),
        ("kernel", fact(Some(read("/proc/sys/kernel/osrelease").trim().to_string()))),
        ("system", fact(pretty_name(&read("/etc/os-release")))),
        ("rustc", fact(says("rustc", &["--version"]))),
        ("commit", fact(commit())),
    ]
}

fn says(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

fn commit() -> Option<String> {
    let commit = says("git", &["rev-parse", "HEAD"])?;
    let changed = says("git", &["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { commit } else { format!("{commit}, with uncommitted changes") })
}

/// The value of the first line `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_string())
}

fn gibibytes(kilobytes: &str) -> Option<String> {
    let number: f64 = kilobytes.strip_suffix(" kB")?.trim().parse().ok()?;
    Some(format!("{:.1} GiB", number / f64::from(1 << 20)))
}

fn pretty_name(os_release: &str) -> Option<String> {
    let line = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(line.trim_matches('"').to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_files_are_understood() {
        let cpuinfo = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nmodel name\t: other\n";
        assert_eq!(field(cpuinfo, "model name").as_deref(), Some("Some CPU @ 2 GHz"));
        let memory = field("MemTotal:       16384000 kB\nMemFree: 1 kB\n", "MemTotal");
        assert_eq!(memory.and_then(|text| gibibytes(&text)).as_deref(), Some("15.6 GiB"));
        assert_eq!(pretty_name("A=1\nPRETTY_NAME=\"Some Linux 12\"\n").as_deref(), Some("Some Linux 12"));
        assert_eq!((field("", "x"), gibibytes("5 MB"), pretty_name("")), (None, None, None));
    }
}
