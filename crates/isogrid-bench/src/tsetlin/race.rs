//! Time to accuracy: peers at their authors' settings for five minutes each, and when our machine is as good.

use anyhow::Result;
use serde_json::{Value, json};

use super::Bench;
use super::entrants::{Cores, Entrant, Setting, peers};
use super::spec::Record;
use crate::bars::{Bar, Promise};
use crate::grid::{Grid, number};
use crate::run::Run;

const SECTION: &str = "race";
const SECONDS: f64 = 300.0;

/// Our settings, chosen on training digits alone, from small and fast to large.
fn ours() -> Vec<Setting> {
    let setting = |words: &str, settings: Value| Setting {
        entrant: Entrant::ours("isogrid"),
        words: words.to_string(),
        settings,
        has_threads: true,
    };
    vec![
        setting(
            "20 a class",
            json!({"clauses": 20, "threshold": 15, "specificity": 150.0, "fuzziness": 30, "literals": 60}),
        ),
        setting(
            "500 a class",
            json!({"clauses": 500, "threshold": 40, "specificity": 400.0, "fuzziness": 8, "literals": 16}),
        ),
    ]
}

/// Accuracy by seconds of training.
struct Curve {
    setting: Setting,
    points: Vec<(f64, f64)>,
}

impl Curve {
    fn best(&self) -> Option<(f64, f64)> {
        let best = self.points.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.total_cmp(&a.0)));
        best.filter(|point| point.1 > 0.0)
    }

    /// Seconds until it was as accurate.
    fn reaches(&self, accuracy: f64) -> Option<f64> {
        self.points.iter().find(|point| point.1 >= accuracy).map(|point| point.0)
    }
}

/// Runs every curve, adds a table, a picture and a bar.
pub(super) fn run(bench: &mut Bench<'_>, run: &mut Run) -> Result<()> {
    let seconds = if bench.quick { 2.0 } else { SECONDS };
    let mut curves = Vec::new();
    let mut settings = ours();
    settings.extend(peers(&bench.places.scripts, "authors")?);
    for setting in settings {
        if let Some(records) = measure(bench, run, (&setting, seconds))? {
            curves.push(Curve { setting, points: points(&records) });
        }
    }
    let (own, peers): (Vec<Curve>, Vec<Curve>) =
        curves.into_iter().partition(|curve| curve.setting.entrant == Entrant::ours("isogrid"));
    run.fragment(SECTION, table(&own, &peers).markdown());
    let all = own.iter().chain(&peers).map(|curve| (label(&curve.setting), curve.points.clone()));
    run.file("curves.svg", &super::chart::curves(&all.collect::<Vec<_>>()))?;
    let ratios: Vec<Option<f64>> = peers.iter().map(|peer| ratio(&own, peer)).collect();
    // A peer that is never reached leaves no ratio, and no bar holds.
    let worst = ratios.iter().copied().collect::<Option<Vec<f64>>>();
    let worst = worst.and_then(|ratios| ratios.into_iter().max_by(f64::total_cmp));
    let text = "our seconds to a peer's best accuracy within five minutes at its authors' settings, of the peer's; the worst peer";
    run.bar("time to accuracy", Bar::judge(text, worst, Promise::AtMost, Some(0.1)).in_unit("x"));
    Ok(())
}

fn measure(
    bench: &mut Bench<'_>,
    run: &mut Run,
    (setting, seconds): (&Setting, f64),
) -> Result<Option<Vec<Record>>> {
    let (threads, cores) = if setting.has_threads { (2, Cores::All) } else { (1, Cores::One) };
    let key = bench.key(SECTION, setting, json!({"seconds": seconds, "threads": threads}))?;
    if bench.is_late() && bench.memo.get(&key).is_none() {
        return Ok(None);
    }
    let mut spec = bench.arrays.spec(setting.settings.clone());
    (spec.epochs, spec.seconds, spec.threads) = (1_000_000, seconds, threads);
    let (places, entrant) = (bench.places.clone(), setting.entrant.clone());
    // Answering the test rows is outside the clock, and may take as long again.
    let job = match bench.memo.of(&key, || entrant.run(&places, &spec, (cores, 4.0 * seconds + 60.0))) {
        Ok(job) => job,
        Err(error) => {
            bench.say(&format!("{}: {error:#}", label(setting)));
            run.record(&json!({"section": SECTION, "key": key, "error": format!("{error:#}")}))?;
            return Ok(None);
        }
    };
    run.record(&json!({"section": SECTION, "key": key, "piece": job.piece, "records": job.records}))?;
    let last = points(&job.records).last().map(|point| point.1 * 100.0);
    bench.say(&format!("{}: {} % in the end", label(setting), number(last)));
    Ok(Some(job.records))
}

fn label(setting: &Setting) -> String {
    format!("{}, {}", setting.entrant.name, setting.words)
}

fn points(records: &[Record]) -> Vec<(f64, f64)> {
    let epochs = records.iter().filter(|record| record.kind == "epoch");
    epochs.filter_map(|record| Some((record.number("train_s")?, record.number("accuracy")?))).collect()
}

/// Our best time to the peer's best accuracy, of the peer's.
fn ratio(own: &[Curve], peer: &Curve) -> Option<f64> {
    let (seconds, accuracy) = peer.best()?;
    let ours = own.iter().filter_map(|curve| curve.reaches(accuracy)).min_by(f64::total_cmp)?;
    Some(ours / seconds)
}

fn table(own: &[Curve], peers: &[Curve]) -> Grid {
    let mut grid =
        Grid::new(&["machine", "best accuracy %", "after s", "ours after s", "of the peer's time"]);
    for curve in own.iter().chain(peers) {
        let best = curve.best();
        let is_peer = peers.iter().any(|peer| std::ptr::eq(peer, curve));
        let reached = best.filter(|_| is_peer).and_then(|(_, accuracy)| {
            own.iter().filter_map(|curve| curve.reaches(accuracy)).min_by(f64::total_cmp)
        });
        grid.row(vec![
            label(&curve.setting),
            number(best.map(|best| best.1 * 100.0)),
            number(best.map(|best| best.0)),
            number(reached),
            number(if is_peer { ratio(own, curve) } else { None }),
        ]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)]) -> Curve {
        Curve { setting: ours().remove(0), points: points.to_vec() }
    }

    #[test]
    fn a_peer_is_reached_when_we_are_as_good_at_its_best() {
        let peer = curve(&[(10.0, 0.8), (20.0, 0.9), (30.0, 0.89), (40.0, 0.9)]);
        assert_eq!(peer.best(), Some((20.0, 0.9)));
        let own = [curve(&[(1.0, 0.7), (3.0, 0.95)]), curve(&[(2.0, 0.9)])];
        assert_eq!(ratio(&own, &peer), Some(0.1));
        assert_eq!(ratio(&[curve(&[(1.0, 0.5)])], &peer), None);
        assert_eq!(curve(&[]).best(), None);
    }
}
