//! The bars of both races: coverage, costs, memory.

use super::coverage::{as_found, both, by_domain, cost_ratio, excuses, ratios, solved, worst_memory};
use super::rivals::{OPTIMAL, Rival, SATISFICING};
use super::{OPTIMAL_RACE, Raced, SATISFICING_RACE, val};
use crate::bars::{Bar, Promise};
use crate::planners::Bench;

const PROMISED_COVERAGE: f64 = 1.1;
/// Of the instances, the peer is to solve a share between these.
const PEERS_SHARE: [f64; 2] = [0.4, 0.7];

impl Bench {
    pub(super) fn satisficing(&mut self, raced: &Raced) {
        let first = (Rival::IsogridFirst, Rival::LamaFirst);
        let anytime = (Rival::IsogridAnytime, Rival::Lama);
        self.run.fragment("contest coverage", by_domain(raced, &SATISFICING, first.1));
        let found = as_found(raced, first.0, first.1).map_or(String::new(), |text| format!("{text}\n\n"));
        let [first_plans, plans_at_end] = [first, anytime].map(|(ours, peer)| ratios(raced, ours, peer));
        self.run.fragment("contest ratios", format!("{first_plans}\n{found}{plans_at_end}"));
        self.run.fragment("contest without a plan", without_a_plan(raced));
        // Where the peer solves nothing, as in a smoke run, there is nothing to hold anything against.
        let count = |rival| Some(solved(raced, rival) as f64).filter(|&n| n > 0.0);
        let bar = Bar::judge(
            &format!("solved with valid plans, against 1.1 times lama-first's; {}", raced.extent()),
            Some(solved(raced, first.0) as f64),
            Promise::AtLeast,
            count(first.1).map(|theirs| PROMISED_COVERAGE * theirs),
        );
        self.run.bar("coverage vs 1.1 x lama-first", bar);
        // The sizes of instances are right where the peer solves some and not all.
        let share = count(first.1).map(|theirs| theirs / raced.n_done.max(1) as f64);
        let [least, most] = PEERS_SHARE;
        for (name, promise, bound) in [("least", Promise::AtLeast, least), ("most", Promise::AtMost, most)] {
            let text = format!("share of the instances that lama-first solves: the {name} that sizes aim at");
            let bar = Bar::judge(&text, share, promise, Some(bound));
            self.run.bar(&format!("lama-first solves at {name}"), bar);
        }
        for (name, (ours, peer)) in
            [("first plan cost vs lama-first", first), ("cost at 30 s vs lama", anytime)]
        {
            let n = both(raced, ours, peer).len();
            let text =
                format!("geometric mean of cost ratios over what both solve, {n} of {}", raced.extent());
            let bar = Bar::judge(&text, cost_ratio(raced, ours, peer), Promise::AtMost, Some(1.0));
            self.run.bar(name, bar);
        }
        self.memory(SATISFICING_RACE.section, raced, &[first, anytime]);
    }

    pub(super) fn optimal(&mut self, raced: &Raced) {
        let (ours, theirs) = (Rival::IsogridOptimal, Rival::LmCut);
        self.run.fragment("optimal coverage", by_domain(raced, &OPTIMAL, theirs));
        self.run.fragment("optimal ratios", ratios(raced, ours, theirs));
        self.run.fragment("optimal without a plan", without_a_plan(raced));
        let bar = Bar::judge(
            &format!("solved optimally, against seq-opt-lmcut; {}", raced.extent()),
            Some(solved(raced, ours) as f64),
            Promise::AtLeast,
            Some(solved(raced, theirs) as f64).filter(|&n| n > 0.0),
        );
        self.run.bar("optimal coverage vs seq-opt-lmcut", bar);
        // A geometric mean of one can hide two differences.
        let both = both(raced, ours, theirs);
        let differing = both.iter().filter(|(row, peer)| row.cost() != peer.cost()).count();
        let text = format!("of {} instances that both solve, those whose optimal costs differ", both.len());
        let differing = Some(differing as f64).filter(|_| !both.is_empty());
        self.run.bar("optimal costs differ", Bar::judge(&text, differing, Promise::AtMost, Some(0.0)));
        self.memory(OPTIMAL_RACE.section, raced, &[(ours, theirs)]);
    }

    fn memory(&mut self, section: &str, raced: &Raced, pairs: &[(Rival, Rival)]) {
        for &(ours, theirs) in pairs {
            let worst = worst_memory(raced, ours, theirs);
            let text = format!(
                "peak memory of {} over {}'s, worst ratio over the {} instances that both solve{}",
                ours.name(),
                theirs.name(),
                both(raced, ours, theirs).len(),
                worst.map_or(String::new(), |(_, instance)| format!(" ({instance})"))
            );
            let bar = Bar::judge(&text, worst.map(|(ratio, _)| ratio), Promise::AtMost, Some(1.0));
            self.run.bar(&format!("{section} memory vs {}", theirs.name()), bar);
        }
    }
}

/// Why there is no plan, and who judged those that there are.
fn without_a_plan(raced: &Raced) -> String {
    format!("{}\n{}", excuses(raced), val::account(raced.rows.iter().filter_map(|row| row.val.as_ref())))
}
