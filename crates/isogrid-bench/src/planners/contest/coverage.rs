//! Tables of a race: coverage by domain, costs over what both solve, memory, and why there is no plan.

use std::collections::{BTreeMap, BTreeSet};

use super::Raced;
use super::attempt::{Outcome, Row};
use super::rivals::Rival;
use crate::grid::{Grid, number};

/// Solved instances of a domain by rival, of all domains, and of what `peer` translates in less than half of the time.
pub(super) fn by_domain(raced: &Raced, rivals: &[Rival], peer: Rival) -> String {
    let mut header = vec!["domain", "instances"];
    header.extend(rivals.iter().map(|rival| rival.name()));
    let mut grid = Grid::new(&header);
    let mut domains: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &raced.rows {
        domains.entry(&row.domain).or_default().push(row);
    }
    for (domain, rows) in &domains {
        grid.row(counts(domain, rows, rivals));
    }
    grid.row(counts("**all**", &raced.rows.iter().collect::<Vec<_>>(), rivals));
    let half = raced.seconds / 2.0;
    let name = format!("**those that {} translates in less than {half} s**", peer.name());
    grid.row(counts(&name, &translated_within(raced, peer, half), rivals));
    format!("{}.\n\n{}", raced.extent(), grid.markdown())
}

/// The rows of instances on which the translator of `peer` says that it took less than this; one that was ended says
/// nothing.
fn translated_within(raced: &Raced, peer: Rival, seconds: f64) -> Vec<&Row> {
    let of_peer = raced.rows.iter().filter(|row| row.rival == peer);
    let quick = of_peer.filter(|row| row.said.ground_seconds.is_some_and(|took| took < seconds));
    let instances: BTreeSet<&str> = quick.map(|row| row.instance.as_str()).collect();
    raced.rows.iter().filter(|row| instances.contains(row.instance.as_str())).collect()
}

fn counts(name: &str, rows: &[&Row], rivals: &[Rival]) -> Vec<String> {
    let of = |rival: Rival| rows.iter().filter(move |row| row.rival == rival);
    let n = rivals.first().map_or(0, |&rival| of(rival).count());
    let solved = rivals.iter().map(|&rival| of(rival).filter(|row| row.cost().is_some()).count().to_string());
    [name.to_string(), n.to_string()].into_iter().chain(solved).collect()
}

/// How many instances a rival solves.
pub(super) fn solved(raced: &Raced, rival: Rival) -> usize {
    raced.rows.iter().filter(|row| row.rival == rival && row.cost().is_some()).count()
}

/// Two attempts at one instance that both found a plan.
pub(super) fn both(raced: &Raced, ours: Rival, theirs: Rival) -> Vec<(&Row, &Row)> {
    let of = |rival: Rival| raced.rows.iter().filter(move |row| row.rival == rival && row.cost().is_some());
    let peer: BTreeMap<&str, &Row> = of(theirs).map(|row| (row.instance.as_str(), row)).collect();
    of(ours).filter_map(|row| Some((row, *peer.get(row.instance.as_str())?))).collect()
}

/// The geometric mean of ratios; none of none.
pub(super) fn geometric_mean(ratios: impl Iterator<Item = f64>) -> Option<f64> {
    let logs: Vec<f64> = ratios.map(f64::ln).filter(|log| log.is_finite()).collect();
    (!logs.is_empty()).then(|| (logs.iter().sum::<f64>() / logs.len() as f64).exp())
}

/// Costs of ours over theirs, where neither is zero.
pub(super) fn cost_ratio(raced: &Raced, ours: Rival, theirs: Rival) -> Option<f64> {
    let ratio = |(ours, theirs): &(&Row, &Row)| Some(ours.cost()? / theirs.cost()?);
    geometric_mean(both(raced, ours, theirs).iter().filter_map(ratio))
}

/// The cost ratio of plans as the search of ours found them, beside that of the same plans as handed out; none where no
/// plan's first cost is known.
pub(super) fn as_found(raced: &Raced, ours: Rival, theirs: Rival) -> Option<String> {
    let costs = |(row, peer): &(&Row, &Row)| {
        let all = [row.said.found_cost?, row.cost()?, peer.cost()?];
        all.iter().all(|&cost| cost > 0.0).then_some(all)
    };
    let all: Vec<[f64; 3]> = both(raced, ours, theirs).iter().filter_map(costs).collect();
    let [found, polished] = [0, 1].map(|at| geometric_mean(all.iter().map(|costs| costs[at] / costs[2])));
    (!all.is_empty()).then(|| {
        format!(
            "Plans of {} as its search found them, before they were polished, cost {} times as much as those of {}; \
             polished, as they were handed out, {} times. Both are over {} instances.",
            ours.name(),
            number(found),
            theirs.name(),
            number(polished),
            all.len()
        )
    })
}

/// The peak of ours over theirs, at its worst, and its instance.
pub(super) fn worst_memory<'a>(raced: &'a Raced, ours: Rival, theirs: Rival) -> Option<(f64, &'a str)> {
    let ratio = |(ours, theirs): (&'a Row, &Row)| {
        (ours.usage.peak_bytes as f64 / theirs.usage.peak_bytes as f64, ours.instance.as_str())
    };
    both(raced, ours, theirs).into_iter().map(ratio).max_by(|a, b| a.0.total_cmp(&b.0))
}

/// Ratios of two rivals, domain by domain.
pub(super) fn ratios(raced: &Raced, ours: Rival, theirs: Rival) -> String {
    let mut grid = Grid::new(&[
        "domain",
        "both solve",
        "cost",
        "CPU",
        "peak memory",
        "the same over the peer's search component alone",
    ]);
    let all = both(raced, ours, theirs);
    let mut domains: BTreeMap<&str, Vec<(&Row, &Row)>> = BTreeMap::new();
    for &(row, peer) in &all {
        domains.entry(&row.domain).or_default().push((row, peer));
    }
    domains.insert("~", all);
    for (domain, pairs) in &domains {
        let mean = |figure: fn(&Row) -> f64| {
            number(geometric_mean(pairs.iter().map(|(row, peer)| figure(row) / figure(peer))))
        };
        let name = if *domain == "~" { "**all**" } else { domain };
        grid.row(vec![
            name.to_string(),
            pairs.len().to_string(),
            mean(|row| row.cost().unwrap_or(f64::NAN)),
            mean(|row| row.usage.cpu_seconds),
            mean(|row| row.usage.peak_bytes as f64),
            number(geometric_mean(pairs.iter().filter_map(|(row, peer)| {
                Some(row.usage.peak_bytes as f64 / peer.said.component_peak_bytes? as f64)
            }))),
        ]);
    }
    format!("{} over {}, geometric means of ratios:\n\n{}", ours.name(), theirs.name(), grid.markdown())
}

/// Ends without a plan, counted by rival and reason, in the planners' own words.
pub(super) fn excuses(raced: &Raced) -> String {
    let mut reasons: BTreeMap<(Rival, String), (usize, &str)> = BTreeMap::new();
    for row in &raced.rows {
        let why = match &row.outcome {
            Outcome::Solved { .. } => continue,
            Outcome::Invalid(why) => format!("INVALID PLAN: {why}"),
            Outcome::Unsolvable => "says that there is no plan".to_string(),
            Outcome::NoPlan(why) => why.clone(),
        };
        reasons.entry((row.rival, why)).or_insert((0, &row.instance)).0 += 1;
    }
    let mut grid = Grid::new(&["planner", "why there is no plan", "instances", "for example"]);
    for ((rival, why), (n, example)) in reasons {
        grid.row(vec![rival.name().to_string(), why.replace('|', "/"), n.to_string(), example.to_string()]);
    }
    grid.markdown()
}

#[cfg(test)]
mod tests {
    use super::super::said::Said;
    use super::super::watch::Usage;
    use super::*;

    fn row(instance: &str, rival: Rival, cost: Option<f64>, peak_bytes: u64) -> Row {
        let outcome =
            cost.map_or(Outcome::NoPlan("time ended".into()), |cost| Outcome::Solved { steps: 1, cost });
        let usage = Usage {
            wall_seconds: 1.0,
            cpu_seconds: 1.0,
            peak_bytes,
            code: Some(0),
            signal: None,
            over: None,
        };
        let (section, domain) = ("satisficing".to_string(), "a".to_string());
        Row {
            section,
            domain,
            instance: instance.into(),
            rival,
            outcome,
            usage,
            said: Said::default(),
            val: None,
        }
    }

    #[test]
    fn ratios_are_over_what_both_solve() {
        let (ours, theirs) = (Rival::IsogridFirst, Rival::LamaFirst);
        let rows = vec![
            row("1", ours, Some(10.0), 50),
            row("1", theirs, Some(20.0), 100),
            row("2", ours, Some(40.0), 300),
            row("2", theirs, Some(20.0), 100),
            row("3", ours, Some(1.0), 1),
            row("3", theirs, None, 1),
        ];
        let raced = Raced { rows, paces: Vec::new(), n_done: 3, n_all: 4, seconds: 30.0 };
        assert_eq!((solved(&raced, ours), solved(&raced, theirs)), (3, 2));
        let ratio = cost_ratio(&raced, ours, theirs).expect("two problems");
        assert!((ratio - 1.0).abs() < 1e-12);
        assert_eq!(worst_memory(&raced, ours, theirs), Some((3.0, "2")));
        assert_eq!(cost_ratio(&raced, ours, Rival::Lama), None);
        assert!(by_domain(&raced, &[ours, theirs], theirs).contains("| **all** | 3 | 3 | 2 |"));
        assert!(excuses(&raced).contains("| FD lama-first | time ended | 1 | 3 |"));
        assert_eq!(as_found(&raced, ours, theirs), None);
    }

    #[test]
    fn what_is_long_to_translate_is_counted_apart() {
        let (ours, theirs) = (Rival::IsogridFirst, Rival::LamaFirst);
        let mut rows = Vec::new();
        for (instance, took) in [("1", Some(14.9)), ("2", Some(15.0)), ("3", None), ("4", Some(0.1))] {
            rows.push(row(instance, ours, Some(1.0), 1));
            let mut peer = row(instance, theirs, Some(1.0).filter(|_| instance == "1"), 1);
            peer.said.ground_seconds = took;
            rows.push(peer);
        }
        let raced = Raced { rows, paces: Vec::new(), n_done: 4, n_all: 4, seconds: 30.0 };
        let table = by_domain(&raced, &[ours, theirs], theirs);
        assert!(table.ends_with("translates in less than 15 s** | 2 | 2 | 1 |\n"), "{table}");
    }

    #[test]
    fn plans_as_found_are_held_against_the_same_peers() {
        let (ours, theirs) = (Rival::IsogridFirst, Rival::LamaFirst);
        let mut rows = Vec::new();
        for (instance, found) in [("1", Some(40.0)), ("2", None)] {
            let mut one = row(instance, ours, Some(10.0), 1);
            one.said.found_cost = found;
            rows.extend([one, row(instance, theirs, Some(20.0), 1)]);
        }
        let raced = Raced { rows, paces: Vec::new(), n_done: 2, n_all: 2, seconds: 30.0 };
        let text = as_found(&raced, ours, theirs).expect("one instance");
        assert!(text.contains("cost 2 times as much") && text.contains("handed out, 0.5 times"), "{text}");
        assert!(text.ends_with("Both are over 1 instances."), "{text}");
    }
}
