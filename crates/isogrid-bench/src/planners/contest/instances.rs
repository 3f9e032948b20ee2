//! The committed lists of instances, and the files that the generators of `pypddl-datasets` make of them.
//!
//! A list is a table of name, domain, generator, arguments and seed; the texts are GPL and stay in the data folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::state::hash_bytes;
use crate::planners::downward::Downward;
use crate::planners::pair::Pair;

/// Where the lists and scripts lie, from the root of the repository.
pub(super) const FOLDER: &str = "bench/planners";

/// A list, by its purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// What coverage and costs are judged on.
    Evaluation,
    /// What optimal search is judged on.
    Optimal,
    /// Single instances that bars name.
    Fixed,
}

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Instance {
    /// Its name, unique in all lists.
    name: String,
    /// The name of its domain.
    domain: String,
}

impl List {
    fn file(self) -> &'static str {
        match self {
            List::Evaluation => "instances.tsv",
            List::Optimal => "optimal.tsv",
            List::Fixed => "fixed.tsv",
        }
    }

    /// The text of the list.
    fn text(self) -> Result<String> {
        let path = Path::new(FOLDER).join(self.file());
        fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
    }

    /// Its instances with their files below `data`, made where they are not there yet.
    pub fn make(self, tools: &Path, downward: &Downward, data: &Path) -> Result<Vec<Pair>> {
        let folder = data.join("planner-instances");
        let script = Path::new(FOLDER).join("generate.py");
        let list = Path::new(FOLDER).join(self.file());
        let mut command = Command::new(&downward.python);
        command.args([script.as_os_str(), list.as_os_str(), folder.as_os_str()]);
        let ended = command.env("PYTHONPATH", tools).output().context("starting the generators")?;
        ensure!(
            ended.status.success(),
            "generating {}: {}",
            self.file(),
            String::from_utf8_lossy(&ended.stderr).trim()
        );
        let read = |instance: Instance| {
            let file = |name: &str| folder.join(&instance.name).join(name);
            let pair = Pair::read(&file("domain.pddl"), &file("problem.pddl"))?;
            Ok(Pair { domain: instance.domain, problem: instance.name, ..pair })
        };
        interleave(parse(&self.text()?)?).into_iter().map(read).collect()
    }
}

fn parse(text: &str) -> Result<Vec<Instance>> {
    let line = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [name, domain, _, _, _] = cells[..] else {
            anyhow::bail!("not five columns: {line}");
        };
        Ok(Instance { name: name.to_string(), domain: domain.to_string() })
    };
    text.lines().skip(1).map(line).collect()
}

/// Domain after domain in turn, and within a domain in an order that says nothing of sizes: any beginning of the list
/// is a fair sample of it.
fn interleave(instances: Vec<Instance>) -> Vec<Instance> {
    let mut domains: BTreeMap<String, Vec<Instance>> = BTreeMap::new();
    for instance in instances {
        domains.entry(instance.domain.clone()).or_default().push(instance);
    }
    for of_domain in domains.values_mut() {
        of_domain.sort_by_key(|instance| hash_bytes(instance.name.as_bytes()));
    }
    let longest = domains.values().map(Vec::len).max().unwrap_or(0);
    let mut all = Vec::new();
    for at in 0..longest {
        all.extend(domains.values().filter_map(|of_domain| of_domain.get(at)).cloned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_of_the_order_has_every_domain() {
        let text = "name\tdomain\tgenerator\targuments\tseed\na-1\ta\tg\t{}\t1\na-2\ta\tg\t{}\t2\nb-1\tb\tg\t{}\t3\n";
        let order = interleave(parse(text).expect("a list"));
        assert_eq!(order.len(), 3);
        assert_ne!(order[0].domain, order[1].domain);
        assert!(parse("head\nonly\ttwo\n").is_err());
    }

    #[test]
    fn committed_lists_share_no_instance() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(FOLDER);
        let mut all = Vec::new();
        for (file, n) in [("instances.tsv", 200), ("training.tsv", 60), ("optimal.tsv", 55), ("fixed.tsv", 5)]
        {
            let text = fs::read_to_string(root.join(file)).expect(file);
            let instances = parse(&text).expect(file);
            assert!(instances.len() >= n, "{file}: {}", instances.len());
            let lines = text.lines().skip(1).map(|line| line.split_once('\t').map_or("", |(_, rest)| rest));
            all.extend(lines.map(str::to_string));
        }
        let n = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), n, "a line stands in two lists");
    }
}
