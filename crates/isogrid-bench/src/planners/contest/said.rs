//! What planners say of themselves, read from their output; what one does not say is none.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rivals::Maker;
use crate::planners::downward::Log;

/// A planner's own figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    /// Seconds of search alone, by its own clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_seconds: Option<f64>,
    /// Seconds of parsing and grounding, by its own clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground_seconds: Option<f64>,
    /// States evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<u64>,
    /// States expanded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expanded: Option<u64>,
    /// Of these, before the last value of cost and estimate together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_last_layer: Option<u64>,
    /// States generated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated: Option<u64>,
    /// Facts of the ground task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<u64>,
    /// Operators of the ground task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operators: Option<u64>,
    /// Peak bytes of its search component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component_peak_bytes: Option<u64>,
    /// The cost of its first plan as the search found it, before it was polished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_cost: Option<f64>,
    /// Whether it says that its plan is optimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optimal: Option<bool>,
    /// Why there is no plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Said {
    /// Reads standard output.
    pub fn parse(maker: Maker, stdout: &str) -> Said {
        match maker {
            Maker::Isogrid => isogrid(stdout),
            Maker::FastDownward => downward(stdout),
            Maker::Mimir => lines(stdout, MIMIR),
            Maker::Lapkt => lines(stdout, LAPKT),
            Maker::Pyperplan => lines(stdout, PYPERPLAN),
        }
    }
}

fn isogrid(stdout: &str) -> Said {
    let mut said = Said::default();
    for object in stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        match object["type"].as_str() {
            Some("output") => {
                let record = &object["record"];
                let count = |name: &str| record["statistics"][name].as_u64();
                said.evaluated = count("evaluated");
                said.expanded = count("expanded");
                said.generated = count("generated");
                said.found_cost = record["statistics"]["found_cost"].as_f64();
                said.optimal = record["optimal"].as_bool();
                said.message = record["reason"].as_str().map(str::to_string);
            }
            Some("error") => said.message = object["message"].as_str().map(str::to_string),
            _ => {}
        }
    }
    said
}

fn downward(stdout: &str) -> Said {
    let log = Log::parse(stdout);
    let mut said = lines(stdout, DOWNWARD);
    said.search_seconds = log.search_seconds;
    said.expanded = log.expanded;
    said.generated = log.generated;
    said.component_peak_bytes = log.component_peak_bytes;
    said
}

/// Where a figure goes.
type Slot = fn(&mut Said, f64);

/// What stands before a number, and where the number goes; the last one counts.
type Marks = &'static [(&'static str, Slot)];

const DOWNWARD: Marks = &[
    ("Done! [", |said, value| said.ground_seconds = Some(value)),
    ("Translator facts: ", |said, value| said.facts = Some(value as u64)),
    ("Translator operators: ", |said, value| said.operators = Some(value as u64)),
    ("] Expanded until last jump: ", |said, value| said.before_last_layer = Some(value as u64)),
    ("] Evaluated ", |said, value| said.evaluated = Some(value as u64)),
];

const MIMIR: Marks = &[
    ("ground seconds: ", |said, value| said.ground_seconds = Some(value)),
    ("search seconds: ", |said, value| said.search_seconds = Some(value)),
];

const LAPKT: Marks = &[
    ("Total time: ", |said, value| said.search_seconds = Some(value)),
    ("Nodes generated during search: ", |said, value| said.generated = Some(value as u64)),
    ("Nodes expanded during search: ", |said, value| said.expanded = Some(value as u64)),
];

const PYPERPLAN: Marks = &[("Search time: ", |said, value| said.search_seconds = Some(value))];

fn lines(text: &str, marks: Marks) -> Said {
    let mut said = Said::default();
    for line in text.lines() {
        for (mark, slot) in marks {
            if let Some(value) = line.split_once(mark).and_then(|(_, rest)| leading_number(rest)) {
                slot(&mut said, value);
            }
        }
    }
    said
}

fn leading_number(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | 'e' | '-' | '+')));
    text[..end.unwrap_or(text.len())].trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_output_is_understood() {
        let ours = r#"{"type":"output","record":{"optimal":true,
            "statistics":{"evaluated":3,"expanded":2,"generated":9,"found_cost":7.5}}}"#
            .replace('\n', "");
        let downward = "Translator facts: 24\nDone! [0.020s CPU, 0.02s wall-clock]\n\
            [t=0.1s, 1 KB] Evaluated 7 state(s).\n\
            [t=0.1s, 1 KB] Search time: 0.05s\n";
        let cases = [
            (
                Maker::Isogrid,
                ours.as_str(),
                Said {
                    evaluated: Some(3),
                    expanded: Some(2),
                    generated: Some(9),
                    found_cost: Some(7.5),
                    optimal: Some(true),
                    ..Said::default()
                },
            ),
            (
                Maker::FastDownward,
                downward,
                Said {
                    facts: Some(24),
                    ground_seconds: Some(0.02),
                    evaluated: Some(7),
                    search_seconds: Some(0.05),
                    ..Said::default()
                },
            ),
            (
                Maker::Mimir,
                "search seconds: 0.105\n",
                Said { search_seconds: Some(0.105), ..Said::default() },
            ),
            (
                Maker::Lapkt,
                "Total time: 1.25\nNodes expanded during search: 59\n",
                Said { search_seconds: Some(1.25), expanded: Some(59), ..Said::default() },
            ),
            (
                Maker::Pyperplan,
                "2026 INFO     Search time: 0.3\n",
                Said { search_seconds: Some(0.3), ..Said::default() },
            ),
            (Maker::Pyperplan, "Search time: soon\n", Said::default()),
        ];
        for (maker, text, expected) in cases {
            assert_eq!(Said::parse(maker, text), expected, "{maker:?}");
        }
    }
}
