//! Relaxed reachability once more, on ground actions: joins leave out universal conditions and undivided disjunctions.

use crate::ground::atoms::AtomId;
use crate::ground::pace::Pace;
use crate::ground::strips::Strips;

/// Drops actions, conditional effects and axioms whose conditions are out of reach. Negations, and comparisons of
/// numbers, are taken to hold.
pub(crate) fn prune(pace: &Pace<'_>, strips: &mut Strips) {
    let mut reached: Vec<bool> = strips.is_init.clone();
    strips.comparison_atoms.iter().for_each(|&atom| reached[atom as usize] = true);
    let mut waiting = Waiting::new(pace, strips);
    let mut queue: Vec<AtomId> =
        (0..reached.len() as AtomId).filter(|&atom| reached[atom as usize]).collect();
    let mut fire: Vec<u32> =
        (0..waiting.missing.len() as u32).filter(|&rule| waiting.missing[rule as usize] == 0).collect();
    loop {
        for rule in pace.over(std::iter::from_fn(|| fire.pop())) {
            for &atom in &waiting.adds[rule as usize] {
                if !std::mem::replace(&mut reached[atom as usize], true) {
                    queue.push(atom);
                }
            }
        }
        let Some(atom) = queue.pop() else { break };
        for &rule in &waiting.needing[atom as usize] {
            waiting.missing[rule as usize] -= 1;
            if waiting.missing[rule as usize] == 0 {
                fire.push(rule);
            }
        }
    }
    let holds = |atom: &AtomId| reached[*atom as usize];
    strips.operators.retain(|operator| operator.pre.iter().all(holds));
    for operator in &mut strips.operators {
        operator.when.retain(|when| when.pre.iter().all(holds));
    }
    strips.axioms.retain(|axiom| axiom.body.pre.iter().all(holds));
    strips.is_out_of_reach = reached.into_iter().map(|is_reached| !is_reached).collect();
}

/// Rules with the number of conditions that they still wait for.
struct Waiting {
    missing: Vec<u32>,
    adds: Vec<Vec<AtomId>>,
    needing: Vec<Vec<u32>>,
}

impl Waiting {
    fn new(pace: &Pace<'_>, strips: &Strips) -> Waiting {
        let needing = vec![Vec::new(); strips.atoms.len()];
        let mut waiting = Waiting { missing: Vec::new(), adds: Vec::new(), needing };
        for operator in pace.over(&strips.operators) {
            waiting.push(&operator.pre, &[], &operator.add);
            for when in &operator.when {
                waiting.push(&operator.pre, &when.pre, &when.add);
            }
        }
        for axiom in pace.over(&strips.axioms) {
            waiting.push(&axiom.body.pre, &[], &[axiom.head]);
        }
        waiting
    }

    fn push(&mut self, pre: &[AtomId], more: &[AtomId], adds: &[AtomId]) {
        let rule = self.missing.len() as u32;
        let more = more.iter().filter(|atom| !pre.contains(atom));
        let mut n = 0;
        for &atom in pre.iter().chain(more) {
            self.needing[atom as usize].push(rule);
            n += 1;
        }
        self.missing.push(n);
        self.adds.push(adds.to_vec());
    }
}
