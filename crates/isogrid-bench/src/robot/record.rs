//! What a run has found so far: its trainings, rungs and episodes, and the pieces in which they were made.
//!
//! All of it stands in a run's raw.jsonl, from which a later piece, on another machine too, takes it over.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::episodes::Outcome;
use super::ladder::{Plan, Rung};
use super::work::{Cost, Lesson};
use crate::piece::Piece;
use crate::run::Run;

/// Everything found.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub pieces: Vec<Piece>,
    /// What each lesson took, the default first; none until all rows of the engine are played.
    pub trainings: Vec<Training>,
    /// Finished rungs only.
    pub rungs: Vec<Rung>,
    pub episodes: Vec<Outcome>,
}

/// How the part of a piece that is the engine's ends.
pub(super) const ENGINE_PART: &str = "episodes of the engine";

/// The fact of a piece that tells with which programs it was made.
pub(super) const DIGEST: &str = "digest of isogrid and isogrid-sim";

/// Whether an episode is the engine's own, in whatever row.
fn is_engines(one: &Outcome) -> bool {
    !(one.row.starts_with("rival: ") || one.row.starts_with("choice: "))
}

/// The training of one lesson.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Training {
    pub skills: String,
    pub cost: Cost,
}

/// A line of raw.jsonl.
#[derive(Serialize, Deserialize)]
#[serde(tag = "section", rename_all = "lowercase")]
enum Line {
    Piece(Piece),
    Training(Training),
    Rung(Rung),
    Episode(Outcome),
}

impl Record {
    /// What an earlier run has found.
    ///
    /// # Errors
    /// Its raw.jsonl cannot be read, or is of another kind.
    pub fn read(run: &Path) -> Result<Record> {
        let path = run.join("raw.jsonl");
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let mut record = Record::default();
        for line in text.lines() {
            let line = serde_json::from_str(line).with_context(|| format!("in {}", path.display()))?;
            match line {
                Line::Piece(piece) => record.pieces.push(piece),
                Line::Training(training) => record.trainings.push(training),
                Line::Rung(rung) => record.rungs.push(rung),
                Line::Episode(outcome) => record.episodes.push(outcome),
            }
        }
        ensure!(!record.pieces.is_empty(), "{} holds no piece of a run", path.display());
        record.strike_what_was_made_anew();
        Ok(record)
    }

    /// Writes all of it, and tells of the pieces where there are several.
    pub fn write(&self, run: &mut Run) -> Result<()> {
        let pieces = self.pieces.iter().cloned().map(Line::Piece);
        let trainings = self.trainings.iter().cloned().map(Line::Training);
        let rungs = self.rungs.iter().cloned().map(Line::Rung);
        let episodes = self.episodes.iter().cloned().map(Line::Episode);
        for line in pieces.chain(trainings).chain(rungs).chain(episodes) {
            run.record(&json!(line))?;
        }
        Piece::tell(&self.pieces, run);
        Ok(())
    }

    /// Notes that the last piece has finished a part.
    pub fn finished(&mut self, part: &str) {
        if let Some(piece) = self.pieces.last_mut() {
            piece.parts.push(part.to_string());
        }
    }

    /// Whether a rung is finished, tuned for no fewer steps than are planned now.
    pub fn has(&self, plan: &Plan) -> bool {
        let steps = |rung: &Rung| rung.trials.get(rung.chosen).map_or(0, |trial| trial.n_steps);
        self.rungs.iter().any(|known| known.name == plan.name && steps(known) >= plan.n_steps)
    }

    /// Drops what was found of a rung, with its episodes.
    pub fn forget(&mut self, plan: &Plan) {
        self.rungs.retain(|known| known.name != plan.name);
        self.episodes.retain(|one| !one.row.contains(&plan.name));
        self.pieces.iter_mut().for_each(|piece| piece.parts.retain(|part| *part != plan.name));
    }

    /// Of a part that several pieces have finished, the last is what is left.
    fn strike_what_was_made_anew(&mut self) {
        for at in 1..self.pieces.len() {
            let (earlier, later) = self.pieces.split_at_mut(at);
            let anew = &later[0].parts;
            earlier.iter_mut().for_each(|piece| piece.parts.retain(|part| !anew.contains(part)));
        }
    }

    /// Drops the engine's part where some of its episodes are of rows or seeds that are not planned any more, or of
    /// programs of another digest: all of it is made anew then.
    pub fn keep_of_engine(&mut self, digest: &str, is_planned: &dyn Fn(&str, u64) -> bool) {
        let is_other = |piece: &Piece| {
            piece.parts.iter().any(|part| part.ends_with(ENGINE_PART))
                && piece.facts.iter().any(|(name, value)| name == DIGEST && value != digest)
        };
        if self.pieces.iter().any(is_other)
            || self.episodes.iter().any(|one| is_engines(one) && !is_planned(&one.row, one.seed))
        {
            self.drop_engine();
            self.trainings.clear();
            let is_left = |part: &String| !part.ends_with(ENGINE_PART);
            self.pieces.iter_mut().for_each(|piece| piece.parts.retain(is_left));
        }
    }

    /// How many episodes of the engine there are.
    pub fn n_of_engine(&self) -> usize {
        self.episodes.iter().filter(|one| is_engines(one)).count()
    }

    /// Drops the engine's episodes, and says how many there were.
    pub fn drop_engine(&mut self) -> usize {
        let before = self.episodes.len();
        self.episodes.retain(|one| !is_engines(one));
        before - self.episodes.len()
    }

    /// Adds what the engine's lessons took.
    pub fn train(&mut self, lesson: &Lesson, cost: Cost) {
        self.trainings.push(Training { skills: lesson.name.to_string(), cost });
    }

    /// What a lesson took.
    pub fn cost(&self, lesson: &Lesson) -> Option<Cost> {
        self.trainings.iter().find(|known| known.skills == lesson.name).map(|known| known.cost)
    }
}

#[cfg(test)]
mod tests {
    use isogrid_robot::Verdict;

    use super::super::episodes::outcome;
    use super::super::rivals::{KINDS, Settings, Trial};
    use super::super::{FULL, ladder};
    use super::*;

    fn rung(name: &str, n_steps: u64) -> Rung {
        let settings = Settings::default();
        let trial = Trial { settings, rung: 2, n_steps, curve: Vec::new(), cpu_seconds: 1.0 };
        Rung {
            name: name.to_string(),
            kind: KINDS[0],
            settings,
            n_parameters: 1,
            chosen: 0,
            trials: vec![trial],
            demonstrations: 300,
            frames: 1,
            engine_cpu_seconds: 1.0,
        }
    }

    #[test]
    fn the_engines_part_is_kept_whole_or_not_at_all() {
        let one = |row: &str| Outcome { row: row.to_string(), ..outcome(7, Verdict::default(), &[1.0]) };
        let episodes = vec![one("3 blocks"), one("rival: x: 3 blocks"), one("choice: x: 0")];
        let mut record = Record { episodes, ..Record::default() };
        record.keep_of_engine("a", &|_, _| true);
        assert_eq!(record.episodes.len(), 3);
        record.keep_of_engine("a", &|row, seed| row == "3 blocks" && seed == 8);
        assert_eq!(record.episodes.len(), 2);
    }

    #[test]
    fn the_engines_part_of_other_programs_is_not_kept() {
        let one = Outcome { row: "3 blocks".to_string(), ..outcome(7, Verdict::default(), &[1.0]) };
        let facts = vec![(DIGEST.to_string(), "a".to_string())];
        let piece = Piece { facts, parts: vec![format!("1 {ENGINE_PART}")] };
        let mut record = Record { episodes: vec![one], pieces: vec![piece], ..Record::default() };
        record.keep_of_engine("a", &|_, _| true);
        assert_eq!(record.n_of_engine(), 1);
        record.keep_of_engine("b", &|_, _| true);
        assert_eq!((record.n_of_engine(), record.pieces[0].parts.len()), (0, 0));
    }

    #[test]
    fn of_what_was_made_twice_the_later_piece_tells() {
        let piece = |parts: &[&str]| Piece {
            facts: Vec::new(),
            parts: parts.iter().copied().map(String::from).collect(),
        };
        let pieces = vec![piece(&["x", "y"]), piece(&["x", "z"]), piece(&["y"])];
        let mut record = Record { pieces, ..Record::default() };
        record.strike_what_was_made_anew();
        let parts: Vec<_> = record.pieces.iter().map(|piece| piece.parts.join(" ")).collect();
        assert_eq!(parts, ["", "x z", "y"]);
    }

    #[test]
    fn a_rung_of_fewer_steps_than_planned_is_made_anew_and_no_other() {
        let plans = ladder::plans(&FULL);
        let [short, whole] = [&plans[0], &plans[1]];
        let rungs = vec![rung(&short.name, short.n_steps - 1), rung(&whole.name, whole.n_steps)];
        let rows = [format!("choice: {}: 3", short.name), format!("rival: {}: one move", whole.name)];
        let one = |row| Outcome { row, ..outcome(7, Verdict::default(), &[1.0]) };
        let episodes = rows.into_iter().chain(["one move".to_string()]).map(one).collect();
        let mut record = Record { rungs, episodes, ..Record::default() };
        assert!(!record.has(short) && record.has(whole));
        record.forget(short);
        assert!(!record.has(short) && record.has(whole));
        let left: Vec<&str> = record.episodes.iter().map(|one| one.row.as_str()).collect();
        assert_eq!(left, [&format!("rival: {}: one move", whole.name), "one move"]);
    }
}
