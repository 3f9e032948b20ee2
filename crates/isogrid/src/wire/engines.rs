//! The answers of `list` and `info`: what engines declare of themselves.

use isogrid_core::{Emission, Entry, OptionSpec, Part};
use serde::Serialize;

/// The answer of `list`.
#[derive(Debug, Serialize)]
pub struct Engines {
    /// The engines of this build.
    pub engines: Vec<Listed>,
}

/// One engine of `list`.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: &'static str,
    /// The structure it exploits.
    pub structure: &'static str,
    /// How far it is.
    pub status: &'static str,
}

/// The answer of `info`.
#[derive(Debug, Serialize)]
pub struct About {
    /// The engine's name.
    pub name: &'static str,
    /// The structure it exploits.
    pub structure: &'static str,
    /// What it takes for granted.
    pub assumes: &'static [&'static str],
    /// What it promises.
    pub guarantees: &'static [&'static str],
    /// The literature it implements.
    pub papers: &'static [&'static str],
    /// How far it is.
    pub status: &'static str,
    /// `improves`: each output replaces the one before. `appends`: they follow each other.
    pub emission: &'static str,
    /// What one tick stands for.
    pub tick: &'static str,
    /// Whether `profile` can ask it.
    pub detects: bool,
    /// Its options.
    pub options: Vec<AboutOption>,
    /// Its parts that differ in what they guarantee.
    pub parts: Vec<AboutPart>,
}

/// One part of an engine.
#[derive(Debug, Serialize)]
pub struct AboutPart {
    /// What it is one of, in the plural.
    pub kind: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What is declared of it.
    pub properties: Vec<AboutProperty>,
}

/// What is declared of a part.
#[derive(Debug, Serialize)]
pub struct AboutProperty {
    /// The property.
    pub name: &'static str,
    /// Its value.
    pub value: &'static str,
}

/// One option of an engine.
#[derive(Debug, Serialize)]
pub struct AboutOption {
    /// Long name without dashes.
    pub name: &'static str,
    /// The value's name, or nothing for a switch.
    pub value: Option<&'static str>,
    /// One line of help.
    pub help: &'static str,
}

impl Engines {
    /// The list of `entries`.
    pub fn of(entries: &[Entry]) -> Engines {
        let listed = |entry: &Entry| {
            let info = (entry.info)();
            Listed { name: info.name, structure: info.structure, status: info.status.word() }
        };
        Engines { engines: entries.iter().map(listed).collect() }
    }
}

impl About {
    /// All about `entry`.
    pub fn of(entry: &Entry) -> About {
        let info = (entry.info)();
        let option = |spec: &OptionSpec| AboutOption { name: spec.name, value: spec.value, help: spec.help };
        let part = |part: &Part| AboutPart {
            kind: part.kind,
            name: part.name,
            properties: part.properties.iter().map(|&(name, value)| AboutProperty { name, value }).collect(),
        };
        About {
            name: info.name,
            structure: info.structure,
            assumes: info.assumes,
            guarantees: info.guarantees,
            papers: info.papers,
            status: info.status.word(),
            emission: match info.emission {
                Emission::Improves => "improves",
                Emission::Appends => "appends",
            },
            tick: info.tick,
            detects: entry.detect.is_some(),
            options: info.options.iter().map(option).collect(),
            parts: info.parts.iter().map(part).collect(),
        }
    }
}
