//! Who takes part: our machine in a process of this executable, and released packages through their scripts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::ours;
use super::spec::{self, Record, Spec};
use crate::process::{self, Call, Terms};

/// A program under the contract of bench/peers/tsetlin/README.md.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrant {
    /// Its name in tables.
    pub name: String,
    /// What runs it.
    pub program: Program,
}

/// What runs an entrant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// This executable.
    Ours,
    /// A script, with the packages of an environment.
    Peer {
        /// The script's file name.
        script: &'static str,
        /// The environment below the tools folder.
        environment: &'static str,
    },
}

/// Where things are, all absolute.
#[derive(Debug, Clone)]
pub struct Places {
    /// Installed peers.
    pub tools: PathBuf,
    /// The peers' scripts.
    pub scripts: PathBuf,
    /// A folder for specifications and arrays.
    pub scratch: PathBuf,
}

/// Which cores an entrant may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cores {
    /// One, always the same.
    One,
    /// All there are.
    All,
}

/// Address space enough for every peer.
const ADDRESS_SPACE: u64 = 64 << 30;

impl Entrant {
    /// Our machine, named by what its settings are.
    pub fn ours(name: &str) -> Entrant {
        Entrant { name: name.to_string(), program: Program::Ours }
    }

    /// A released package.
    pub fn peer(name: &str, script: &'static str, environment: &'static str) -> Entrant {
        Entrant { name: name.to_string(), program: Program::Peer { script, environment } }
    }

    /// Runs it to its end, or for so many seconds; its records, of which those before a kill count.
    ///
    /// # Errors
    /// It cannot be started, or says that it failed.
    pub fn run(
        &self,
        places: &Places,
        spec: &Spec,
        (cores, kill_after): (Cores, f64),
    ) -> Result<Vec<Record>> {
        let path = places.scratch.join("spec.json");
        spec::write(spec, &path)?;
        let call = self.call(places, &path)?;
        let all = process::cores();
        let span = match cores {
            Cores::One => process::first_core().map(|core| (core, core)),
            Cores::All => all.first().copied().zip(all.last().copied()),
        };
        let ended = process::run(&call, &Terms { kill_after, address_space: ADDRESS_SPACE, cores: span })?;
        let records = spec::records(&ended.stdout);
        if let Some(error) = records.iter().find(|record| record.kind == "error") {
            bail!("{}: {}", self.name, error.text("message").unwrap_or("it failed"));
        }
        if ended.usage.code != Some(0) && !ended.usage.too_late {
            bail!("{}: {}", self.name, ended.stderr.trim());
        }
        Ok(records)
    }

    fn call(&self, places: &Places, spec: &Path) -> Result<Call> {
        let spec = spec.to_str().context("a path that is not UTF-8")?;
        match self.program {
            Program::Ours => process::own(&[ours::VERB, spec], &places.scratch),
            Program::Peer { script, environment } => {
                let mut path = OsString::from("PYTHONPATH=");
                path.push(places.tools.join(environment));
                let script = places.scripts.join(script).into_os_string();
                let args = [path, "PYTHONDONTWRITEBYTECODE=1".into(), "python3".into(), script, spec.into()];
                Ok(Call { program: "env".into(), args: args.into(), folder: places.scratch.clone() })
            }
        }
    }
}

/// A released machine with settings of its authors, or of a search at a size.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Who.
    pub entrant: Entrant,
    /// Which settings, in words.
    pub words: String,
    /// The settings.
    pub settings: Value,
    /// Whether it can use more than one thread.
    pub has_threads: bool,
}

/// The peers by their key in settings.json: name, script, environment.
const PEERS: [(&str, &str, &str, &str); 4] = [
    ("green_tsetlin", "green-tsetlin 1.1.0", "green_tsetlin_peer.py", "tsetlin/green"),
    ("tmu", "tmu 0.8.3", "tmu_peer.py", "tsetlin/tmu"),
    ("pytsetlinmachine", "pyTsetlinMachine 0.6.6", "pytsetlinmachine_peer.py", "tsetlin/pytm"),
    (
        "pytsetlinmachine_parallel",
        "pyTsetlinMachineParallel 0.2.1",
        "pytsetlinmachine_peer.py",
        "tsetlin/pytm_parallel",
    ),
];

/// The peers' settings from settings.json: `part` is `authors` or `small`.
///
/// # Errors
/// The file cannot be read or lacks a peer.
pub fn peers(scripts: &Path, part: &str) -> Result<Vec<Setting>> {
    let path = scripts.join("settings.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let all: Value = serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    let mut settings = Vec::new();
    for (key, name, script, environment) in PEERS {
        let peer = &all["peers"][key];
        let of_part =
            peer[part].as_object().with_context(|| format!("settings.json: no `{part}` of {key}"))?;
        let has_threads = peer["threads"].as_str().is_some_and(|threads| threads.starts_with("any"));
        for (words, entry) in of_part {
            settings.push(Setting {
                entrant: Entrant::peer(name, script, environment),
                words: words.clone(),
                settings: entry["settings"].clone(),
                has_threads,
            });
        }
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_peer_has_settings_of_its_authors_and_small_ones() {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/peers/tsetlin");
        for (part, least) in [("authors", 10), ("small", 9)] {
            let settings = peers(&scripts, part).expect("a readable file");
            assert!(settings.len() >= least, "{part}: {}", settings.len());
            for setting in &settings {
                assert!(setting.settings["clauses"].as_u64().is_some(), "{setting:?}");
                let Program::Peer { script, .. } = setting.entrant.program else { panic!("{setting:?}") };
                assert!(scripts.join(script).is_file(), "{script}");
            }
        }
    }
}
