//! Tasks and lengths of episodes: parquet tables in v3.0, lists of JSON lines in v2.1.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::info::read_text;
use super::table::Table;
use crate::formats::{Format, FormatError};

/// What was demonstrated, by `task_index`. Pandas gives a table's index the second name where it had none.
pub fn tasks(folder: &Path, format: Format) -> Result<BTreeMap<i64, String>, FormatError> {
    if format == Format::LerobotV21 {
        let lines = lines(&folder.join("meta/tasks.jsonl"))?;
        let task = |line: &Value| Some((line["task_index"].as_i64()?, line["task"].as_str()?.to_string()));
        return Ok(lines.iter().filter_map(task).collect());
    }
    let path = folder.join("meta/tasks.parquet");
    let table = Table::open(&path)?;
    let missing = |what: &str| FormatError::Missing { path: path.clone(), what: format!("column `{what}`") };
    let indices = table.numbers("task_index")?.ok_or_else(|| missing("task_index"))?;
    let is_task = |name: &str| matches!(name, "task" | "__index_level_0__");
    let words = table.strings(is_task)?.ok_or_else(|| missing("task"))?;
    Ok(indices.values.iter().map(|index| *index as i64).zip(words).collect())
}

/// Frames of each episode, by `episode_index`, as declared; empty where no list is there.
pub fn lengths(folder: &Path, format: Format) -> Result<BTreeMap<i64, u64>, FormatError> {
    if format == Format::LerobotV21 {
        let path = folder.join("meta/episodes.jsonl");
        let lines = if path.is_file() { lines(&path)? } else { Vec::new() };
        let length = |line: &Value| Some((line["episode_index"].as_i64()?, line["length"].as_u64()?));
        return Ok(lines.iter().filter_map(length).collect());
    }
    let mut lengths = BTreeMap::new();
    for path in parquet_files(&folder.join("meta/episodes"))? {
        let table = Table::open(&path)?;
        if let (Some(indices), Some(counts)) = (table.numbers("episode_index")?, table.numbers("length")?) {
            let pairs = indices.values.iter().zip(&counts.values);
            lengths.extend(pairs.map(|(index, count)| (*index as i64, *count as u64)));
        }
    }
    Ok(lengths)
}

/// `chunk-*/*.parquet` below `folder` in the order of their names; none where it is not there.
pub fn parquet_files(folder: &Path) -> Result<Vec<PathBuf>, FormatError> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for chunk in entries(folder)? {
        if chunk.is_dir() {
            let is_parquet =
                |path: &PathBuf| path.extension().is_some_and(|extension| extension == "parquet");
            files.extend(entries(&chunk)?.into_iter().filter(is_parquet));
        }
    }
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, FormatError> {
    let fault = FormatError::io(folder);
    let entries = fs::read_dir(folder).map_err(&fault)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<Result<Vec<_>, _>>().map_err(&fault)?;
    paths.sort();
    Ok(paths)
}

fn lines(path: &Path) -> Result<Vec<Value>, FormatError> {
    let text = read_text(path)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let parse = |(at, line): (usize, &str)| {
        serde_json::from_str(line)
            .map_err(|error| FormatError::damaged(path, format!("line {}: {error}", at + 1)))
    };
    lines.map(parse).collect()
}
