//! Who is compared, in which mode, and how each is called.
//!
//! Peers are released programs with the settings that their own authors give: Fast Downward's aliases, LAPKT's
//! BFWS(f5) on its default grounder, pymimir's greedy search with h_FF and preferred actions, pyperplan's. A planner
//! that knows a limit of its own is told it; all are held to the same limits from outside.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::instances::FOLDER;
use crate::planners::downward::Downward;
use crate::process::Call;

pub(super) const DOMAIN: &str = "domain.pddl";
pub(super) const PROBLEM: &str = "problem.pddl";
pub(super) const PLAN: &str = "plan";

/// A planner in one of its modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rival {
    /// `isogrid run --first`.
    IsogridFirst,
    /// `isogrid run`, which improves its plan until the time ends.
    IsogridAnytime,
    /// `isogrid run --optimal`.
    IsogridOptimal,
    /// Fast Downward, alias `lama-first`.
    LamaFirst,
    /// Fast Downward, alias `lama`.
    Lama,
    /// Fast Downward, alias `seq-opt-lmcut`.
    LmCut,
    /// Fast Downward, `astar(blind())`.
    Blind,
    /// pymimir: lazy greedy search with h_FF.
    MimirFirst,
    /// pymimir: A* with h_max.
    MimirOptimal,
    /// LAPKT: BFWS(f5).
    Lapkt,
    /// pyperplan: greedy search with h_FF.
    PyperplanFirst,
    /// pyperplan: A* with LM-cut.
    PyperplanOptimal,
}

/// Those who look for any plan, and for good ones: ours first, then the peer that bars are on.
pub(super) const SATISFICING: [Rival; 7] = [
    Rival::IsogridFirst,
    Rival::LamaFirst,
    Rival::IsogridAnytime,
    Rival::Lama,
    Rival::Lapkt,
    Rival::MimirFirst,
    Rival::PyperplanFirst,
];

/// Those who look for optimal plans.
pub(super) const OPTIMAL: [Rival; 4] =
    [Rival::IsogridOptimal, Rival::LmCut, Rival::MimirOptimal, Rival::PyperplanOptimal];

/// Whose output it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    Isogrid,
    FastDownward,
    Mimir,
    Lapkt,
    Pyperplan,
}

/// Where the programs are.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    pub isogrid: PathBuf,
    pub downward: Downward,
    pub tools: PathBuf,
    pub scripts: PathBuf,
}

/// What a planner is told of its limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Told {
    pub seconds: u64,
    pub bytes: u64,
}

impl Programs {
    /// Those below `tools`, ours beside this executable.
    pub fn new(isogrid: PathBuf, downward: Downward) -> anyhow::Result<Programs> {
        let package = downward.script.ancestors().nth(3).map(Path::to_path_buf).unwrap_or_default();
        let scripts = std::path::absolute(FOLDER)?;
        Ok(Programs { isogrid, downward, tools: package, scripts })
    }

    /// How `rival` is started in a folder that holds a domain and a problem.
    pub fn call(&self, rival: Rival, told: &Told, folder: &Path) -> Call {
        let (program, args) = match rival.maker() {
            Maker::Isogrid => (self.isogrid.clone(), isogrid(rival, told)),
            Maker::FastDownward => (self.downward.python.clone(), self.downward(rival, told)),
            Maker::Mimir | Maker::Lapkt | Maker::Pyperplan => (PathBuf::from("env"), self.packages(rival)),
        };
        Call { program, args, folder: folder.to_path_buf() }
    }

    fn downward(&self, rival: Rival, told: &Told) -> Vec<OsString> {
        // Its driver gives the search what is left in whole seconds: without one more it would lose up to one.
        let time = format!("{}s", told.seconds + 1);
        // It limits the address space; all are ended by resident memory, and have this much address space.
        let memory = format!("{}M", address_space(told.bytes) >> 20);
        let how = match rival {
            Rival::LamaFirst => ["--alias", "lama-first", DOMAIN, PROBLEM],
            Rival::Lama => ["--alias", "lama", DOMAIN, PROBLEM],
            Rival::Blind => [DOMAIN, PROBLEM, "--search", "astar(blind())"],
            _ => ["--alias", "seq-opt-lmcut", DOMAIN, PROBLEM],
        };
        let limits = ["--overall-time-limit", &time, "--overall-memory-limit", &memory];
        let words = limits.into_iter().chain(["--plan-file", PLAN]).chain(how).map(OsString::from);
        std::iter::once(self.downward.script.clone().into_os_string()).chain(words).collect()
    }

    /// Peers that are Python packages: their folder is on Python's path, their temporary files stay in the attempt's.
    fn packages(&self, rival: Rival) -> Vec<OsString> {
        let mut path = OsString::from("PYTHONPATH=");
        path.push(&self.tools);
        let mut args: Vec<OsString> =
            vec![path, "TMPDIR=.".into(), self.downward.python.clone().into_os_string()];
        let words: &[&str] = match rival {
            Rival::Lapkt => {
                args.push(self.tools.join("bin/lapkt_cmd.py").into_os_string());
                &["BFWS", "--search_type", "BFWS-f5", "--plan_file", PLAN, "-d", DOMAIN, "-p", PROBLEM]
            }
            Rival::MimirFirst | Rival::MimirOptimal => {
                args.push(self.scripts.join("peer_mimir.py").into_os_string());
                let mode = if rival == Rival::MimirFirst { "first" } else { "optimal" };
                args.extend([mode, DOMAIN, PROBLEM, PLAN].map(OsString::from));
                &[]
            }
            Rival::PyperplanOptimal => &["-m", "pyperplan", "-s", "astar", "-H", "lmcut", DOMAIN, PROBLEM],
            _ => &["-m", "pyperplan", "-s", "gbf", "-H", "hff", DOMAIN, PROBLEM],
        };
        args.extend(words.iter().map(OsString::from));
        args
    }
}

/// The address space of each process where so many bytes may be resident.
pub(super) fn address_space(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / 8)
}

fn isogrid(rival: Rival, told: &Told) -> Vec<OsString> {
    // Only the anytime mode must know when to stop; the others are ended from outside, as all peers are.
    let budget = match rival {
        Rival::IsogridAnytime => format!("{}s,{}B", told.seconds, told.bytes),
        _ => format!("{}B", told.bytes),
    };
    let mode = match rival {
        Rival::IsogridFirst => Some("--first"),
        Rival::IsogridOptimal => Some("--optimal"),
        _ => None,
    };
    let words = ["run", "--json", "--budget", &budget, "-o", PLAN, DOMAIN, PROBLEM];
    words.into_iter().chain(mode).map(OsString::from).collect()
}

impl Rival {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Rival::IsogridFirst => "isogrid --first",
            Rival::IsogridAnytime => "isogrid",
            Rival::IsogridOptimal => "isogrid --optimal",
            Rival::LamaFirst => "FD lama-first",
            Rival::Lama => "FD lama",
            Rival::LmCut => "FD seq-opt-lmcut",
            Rival::Blind => "FD A* blind",
            Rival::MimirFirst => "pymimir GBFS h_FF",
            Rival::MimirOptimal => "pymimir A* h_max",
            Rival::Lapkt => "LAPKT BFWS-f5",
            Rival::PyperplanFirst => "pyperplan GBFS h_FF",
            Rival::PyperplanOptimal => "pyperplan A* LM-cut",
        }
    }

    /// Whose output it writes.
    pub fn maker(self) -> Maker {
        match self {
            Rival::IsogridFirst | Rival::IsogridAnytime | Rival::IsogridOptimal => Maker::Isogrid,
            Rival::LamaFirst | Rival::Lama | Rival::LmCut | Rival::Blind => Maker::FastDownward,
            Rival::MimirFirst | Rival::MimirOptimal => Maker::Mimir,
            Rival::Lapkt => Maker::Lapkt,
            Rival::PyperplanFirst | Rival::PyperplanOptimal => Maker::Pyperplan,
        }
    }

    /// Whether plans that are there when the time ends count: it works until then.
    pub fn is_anytime(self) -> bool {
        matches!(self, Rival::IsogridAnytime | Rival::Lama)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rival_is_called_with_its_files() {
        let downward = Downward {
            script: "/tools/up_fast_downward/downward/fast-downward.py".into(),
            python: "python3".into(),
            version: "1".into(),
        };
        let programs = Programs::new("isogrid".into(), downward).expect("a working folder");
        assert_eq!(programs.tools, Path::new("/tools"));
        let told = Told { seconds: 30, bytes: 2 << 30 };
        for rival in SATISFICING.into_iter().chain(OPTIMAL) {
            let args = programs.call(rival, &told, Path::new("f")).args;
            let words: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
            assert!(words.contains(&DOMAIN) && words.contains(&PROBLEM), "{words:?}");
        }
    }
}
