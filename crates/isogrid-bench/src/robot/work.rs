//! Demonstrations and trained skills, made by the programs that users have, kept in the work folder.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use isogrid::envelope;
use isogrid_num::hash::hash_words;
use isogrid_robot::skills::Skills;
use serde::{Deserialize, Serialize};

use super::episodes::Outcome;
use crate::process::{self, Call, Terms, Usage};

/// Where things are.
#[derive(Debug, Clone)]
pub(super) struct Workshop {
    /// The folder with `isogrid` (built with its trainer) and `isogrid-sim`.
    pub programs: PathBuf,
    /// What these programs have finished.
    pub folder: PathBuf,
    /// Of both programs: what others have finished is not taken for theirs.
    pub digest: String,
    /// Steps of each sub-skill's training; the engine's default where none are given.
    pub n_steps: Option<u64>,
    /// Episodes of an earlier piece, by whoever plays alike.
    pub earlier: Vec<Outcome>,
    /// When no further episode or rung is begun.
    pub end: Option<Instant>,
}

/// A digest of bytes.
pub(super) fn hash_bytes(bytes: &[u8]) -> u64 {
    let word =
        |chunk: &[u8]| chunk.iter().rev().fold(chunk.len() as u64, |word, byte| word << 8 | u64::from(*byte));
    let words: Vec<u64> = bytes.chunks(7).map(word).collect();
    hash_words(&words)
}

/// A training of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lesson {
    pub name: &'static str,
    pub head: &'static str,
    pub demonstrations: usize,
    /// As `--symmetry` has it.
    pub symmetry: &'static str,
}

/// Trained skills and what they took.
pub(super) struct Trained {
    pub skills: Arc<Skills>,
    pub cost: Cost,
}

/// What a training took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Cost {
    pub wall_seconds: f64,
    pub cpu_seconds: f64,
    pub peak_bytes: u64,
    pub model_bytes: u64,
}

/// A training that takes longer than this is given up, in seconds.
const MAX_SECONDS: f64 = 3600.0;

impl Workshop {
    /// The part of the work folder that belongs to these programs, and to whole or smoke runs.
    pub fn open(programs: &Path, work: &Path, (n_steps, quick): (Option<u64>, bool)) -> Result<Workshop> {
        let mut words = Vec::new();
        for name in ["isogrid", "isogrid-sim"] {
            let bytes = fs::read(programs.join(name)).with_context(|| format!("reading {name}"))?;
            words.push(hash_bytes(&bytes));
        }
        let digest = format!("{:016x}", hash_words(&words));
        let name = if quick { format!("quick-{digest}") } else { digest.clone() };
        let folder = std::path::absolute(work.join(name))?;
        fs::create_dir_all(&folder)?;
        let (earlier, end) = (Vec::new(), None);
        Ok(Workshop { programs: programs.to_path_buf(), folder, digest, n_steps, earlier, end })
    }

    /// Whether time is over.
    pub fn is_late(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() > end)
    }

    /// The simulator.
    pub fn simulator(&self) -> PathBuf {
        self.programs.join("isogrid-sim")
    }

    /// Records demonstrations, unless they are there.
    pub fn record(&self, name: &str, args: &[&str]) -> Result<PathBuf> {
        let path = self.folder.join(format!("{name}.hdf5"));
        if !path.exists() {
            let mut command = Command::new(self.simulator());
            command.arg("record").args(args).arg("-o").arg(&path);
            let ended = command.output().context("starting isogrid-sim")?;
            ensure!(
                ended.status.success(),
                "isogrid-sim record: {}",
                String::from_utf8_lossy(&ended.stderr).trim()
            );
        }
        Ok(path)
    }

    /// Trains skills by `isogrid fit` on these cores, unless it was done.
    pub fn train(&self, lesson: &Lesson, cores: (usize, usize)) -> Result<Trained> {
        let n = lesson.demonstrations.to_string();
        let name = format!("stacking-for-{}", lesson.name);
        let demonstrations = self.record(&name, &["--demos", &n, "--threads", "2"])?;
        let (model, costs) = (self.path(lesson, "iso"), self.path(lesson, "json"));
        if !costs.exists() {
            let usage = self.fit(lesson, (&demonstrations, &model), cores)?;
            let cost = Cost {
                wall_seconds: usage.wall_seconds,
                cpu_seconds: usage.cpu_seconds,
                peak_bytes: usage.peak_bytes,
                model_bytes: fs::metadata(&model)?.len(),
            };
            isogrid::files::write(&costs, serde_json::to_string(&cost)?.as_bytes())?;
        }
        let bytes = fs::read(&model)?;
        let payload = envelope::unwrap_for(&model.display().to_string(), &bytes, "robot")?;
        let skills = Arc::new(Skills::from_bytes(payload)?);
        Ok(Trained { skills, cost: serde_json::from_str(&fs::read_to_string(&costs)?)? })
    }

    fn path(&self, lesson: &Lesson, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", lesson.name))
    }

    fn fit(
        &self,
        lesson: &Lesson,
        (demonstrations, model): (&Path, &Path),
        cores: (usize, usize),
    ) -> Result<Usage> {
        let mut args: Vec<OsString> = ["fit".into(), demonstrations.into(), "-o".into(), model.into()].into();
        args.extend(
            ["--head", lesson.head, "--symmetry", lesson.symmetry, "--seed", "1"].map(OsString::from),
        );
        if let Some(n_steps) = self.n_steps {
            args.extend(["--steps".into(), n_steps.to_string().into()]);
        }
        let call = Call { program: self.programs.join("isogrid"), args, folder: self.folder.clone() };
        let terms = Terms { kill_after: MAX_SECONDS, address_space: u64::MAX, cores: Some(cores) };
        let ended = process::run(&call, &terms)?;
        ensure!(ended.usage.code == Some(0), "isogrid fit: {}", ended.stderr.trim());
        Ok(ended.usage)
    }
}
