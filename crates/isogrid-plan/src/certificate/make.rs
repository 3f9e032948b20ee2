//! Makes certificates: the delete relaxation, then pairs, then all states of a small space.
//!
//! All three work as the checker does, on the PDDL; no search is asked. Only where there are too many pairs to try are
//! the mutex groups of grounding taken for a start. Whatever comes out is for the checker to judge.

use std::collections::VecDeque;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Limit, Stop};
use isogrid_num::hash::FastMap;

use crate::certificate::{AtomName, Certificate, ListedState, Proof, StateKind};
use crate::error::PlanError;
use crate::ground::{Keep, ground_in};
use crate::pddl::{Domain, Problem};
use crate::validate::certificate::{
    AtomId, Claims, Explorer, Halt, MAX_ATOMS, MAX_PAIRED, Meter, Pairs, Universe, is_goal_possible, key_of,
    ones, spread, weaken,
};

/// Settings of [`certify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertifyOptions {
    /// States that a certificate lists at most. Default: 100,000.
    pub max_states: usize,
    /// Ticks spent on all pairs of atoms, and again on mutex groups, before states are tried. Default: five million, a few seconds.
    pub pair_ticks: u64,
}

impl Default for CertifyOptions {
    fn default() -> CertifyOptions {
        CertifyOptions { max_states: 100_000, pair_ticks: 5_000_000 }
    }
}

/// What came of making a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certification {
    /// A certificate.
    Certified(Certificate),
    /// A state in which the goal holds was reached: there is a plan.
    Solvable,
    /// Pairs of atoms do not exclude the goal, and there are more states than a certificate may list.
    BeyondStates,
    /// Pairs of atoms do not exclude the goal, and conditions look at this function, which changes.
    Numbers {
        /// The function's name.
        function: String,
    },
    /// There are too many atoms or ground actions.
    TooLarge,
}

impl fmt::Display for Certification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Certification::Certified(certificate) => {
                write!(f, "a certificate of kind {}", certificate.proof.kind())
            }
            Certification::Solvable => f.write_str("there is a plan"),
            Certification::BeyondStates => f.write_str(
                "pairs of atoms do not exclude the goal, and there are more states than a certificate may list",
            ),
            Certification::Numbers { function } => write!(
                f,
                "pairs of atoms do not exclude the goal, and conditions look at the number ({function}), which states \
                 of a certificate do not hold"
            ),
            Certification::TooLarge => f.write_str("there are too many atoms or ground actions"),
        }
    }
}

/// Makes a certificate that the problem has no plan, of the first kind that fits: relaxed, pairs, explored. It does not
/// look for plans, and may find by the way that there is one.
pub fn certify(
    ctx: &Ctx,
    domain: &Domain,
    problem: &Problem,
    options: &CertifyOptions,
) -> ControlFlow<Stop, Certification> {
    let maker = Maker { ctx, universe: Universe::new(domain, problem), options };
    match maker.make() {
        ControlFlow::Continue(made) => ControlFlow::Continue(made),
        ControlFlow::Break(Halt::Stop(stop)) => ControlFlow::Break(stop),
        // Nothing is refused where nothing is judged.
        ControlFlow::Break(Halt::Refused(_)) => ControlFlow::Continue(Certification::TooLarge),
    }
}

/// Makes claims about pairs.
type Claimant<'f> = dyn Fn(&Ctx) -> ControlFlow<Halt, Option<Claims>> + 'f;

struct Maker<'a> {
    ctx: &'a Ctx,
    universe: Universe<'a>,
    options: &'a CertifyOptions,
}

impl Maker<'_> {
    fn make(&self) -> ControlFlow<Halt, Certification> {
        let universe = &self.universe;
        let mut meter = Meter::new(self.ctx);
        let Some(relaxed) = spread(universe, Pairs::Free, MAX_ATOMS, &mut meter)? else {
            return ControlFlow::Continue(Certification::TooLarge);
        };
        if !is_goal_possible(universe, &relaxed, &mut meter)? {
            let atoms = self.names(&relaxed, 0..relaxed.atoms.len() as AtomId);
            return certified(Certificate { atoms, proof: Proof::Relaxed });
        }
        let pairs = |ctx: &Ctx| spread(universe, Pairs::Apart, MAX_PAIRED, &mut Meter::new(ctx));
        let groups = |ctx: &Ctx| self.grouped(ctx, &relaxed);
        for claims in [&pairs as &Claimant<'_>, &groups] {
            if let Some(certificate) = self.within_ticks(claims)? {
                return certified(certificate);
            }
        }
        if let Some(function) = universe.number_read() {
            return ControlFlow::Continue(Certification::Numbers { function: function.to_string() });
        }
        let Some(explorer) = Explorer::new(universe, &relaxed, &mut meter)? else {
            return ControlFlow::Continue(Certification::TooLarge);
        };
        self.explored(&relaxed, &explorer, &mut meter)
    }

    fn names(&self, claims: &Claims, atoms: impl Iterator<Item = AtomId>) -> Vec<AtomName> {
        let (domain, problem) = (self.universe.domain, self.universe.problem);
        let name = |atom: AtomId| {
            let key = claims.atoms.key(atom);
            AtomName {
                predicate: domain.predicates[key[0] as usize].name.clone(),
                args: key[1..].iter().map(|&object| problem.objects[object as usize].name.clone()).collect(),
            }
        };
        atoms.map(name).collect()
    }

    /// A certificate from claims about pairs that are made within the ticks for pairs.
    fn within_ticks(&self, make: &Claimant<'_>) -> ControlFlow<Halt, Option<Certificate>> {
        let child = self.ctx.child(self.options.pair_ticks);
        let found = self.pairs(&child, make);
        self.ctx.absorb(&child);
        match found {
            ControlFlow::Break(Halt::Stop(Stop::Budget(Limit::Ticks))) if self.ctx.remaining() > 0 => {
                ControlFlow::Continue(None)
            }
            found => found,
        }
    }

    fn pairs(&self, ctx: &Ctx, make: &Claimant<'_>) -> ControlFlow<Halt, Option<Certificate>> {
        let Some(claims) = make(ctx)? else { return ControlFlow::Continue(None) };
        let mut meter = Meter::new(ctx);
        if is_goal_possible(&self.universe, &claims, &mut meter)? {
            return ControlFlow::Continue(None);
        }
        let atoms = self.names(&claims, 0..claims.atoms.len() as AtomId);
        let apart = groups(&claims, &mut meter)?;
        ControlFlow::Continue(Some(Certificate { atoms, proof: Proof::Pairs { apart } }))
    }

    /// All atoms of the relaxation, with the mutex groups that grounding proves, as far as they hold: where a task is so
    /// large that all pairs cannot be tried.
    fn grouped(&self, ctx: &Ctx, relaxed: &Claims) -> ControlFlow<Halt, Option<Claims>> {
        let universe = &self.universe;
        let (domain, problem) = (Arc::new(universe.domain.clone()), Arc::new(universe.problem.clone()));
        if relaxed.atoms.len() > MAX_PAIRED {
            return ControlFlow::Continue(None);
        }
        let task = match ground_in(ctx, &domain, &problem, Keep::Everything) {
            Ok(task) => task,
            Err(PlanError::Stopped(stop)) => return ControlFlow::Break(Halt::Stop(stop)),
            // The problem is not one that grounding takes.
            Err(_) => return ControlFlow::Continue(None),
        };
        let mut claims = Claims::new(Pairs::Apart);
        for atom in 0..relaxed.atoms.len() as AtomId {
            claims.admit(universe, relaxed.atoms.key(atom));
        }
        claims.join_all();
        for group in task.mutex_groups() {
            let atoms: Vec<AtomId> =
                group.into_iter().filter_map(|atom| relaxed.atoms.get(&key_of(atom))).collect();
            for (at, &a) in atoms.iter().enumerate() {
                atoms[..at].iter().for_each(|&b| claims.part(a, b));
            }
        }
        weaken(universe, claims, MAX_PAIRED, &mut Meter::new(ctx))
    }

    /// All states; once more without the successors of dead ends where there are too many.
    fn explored(
        &self,
        relaxed: &Claims,
        explorer: &Explorer,
        meter: &mut Meter<'_>,
    ) -> ControlFlow<Halt, Certification> {
        for prune in [Prune::Nothing, Prune::DeadEnds] {
            match self.explore(explorer, prune, meter)? {
                Explored::Goal => return ControlFlow::Continue(Certification::Solvable),
                Explored::TooMany => {}
                Explored::All(states) => {
                    let fluent: Vec<AtomId> =
                        (0..relaxed.atoms.len() as AtomId).filter(|&atom| relaxed.is_fluent(atom)).collect();
                    let packed = |(bits, kind): (Box<[u64]>, StateKind)| ListedState {
                        kind,
                        holds: repack(&bits, &fluent),
                    };
                    let states = states.into_iter().map(packed).collect();
                    let atoms = self.names(relaxed, fluent.iter().copied());
                    return certified(Certificate { atoms, proof: Proof::Explored { states } });
                }
            }
        }
        ControlFlow::Continue(Certification::BeyondStates)
    }

    fn explore(
        &self,
        explorer: &Explorer,
        prune: Prune,
        meter: &mut Meter<'_>,
    ) -> ControlFlow<Halt, Explored> {
        let mut places: FastMap<Box<[u64]>, usize> = FastMap::default();
        let mut states: Vec<(Box<[u64]>, StateKind)> = vec![(explorer.init.clone(), StateKind::Open)];
        places.insert(explorer.init.clone(), 0);
        let mut queue = VecDeque::from([0]);
        while let Some(at) = queue.pop_front() {
            let state = states[at].0.clone();
            let view = explorer.view(&state);
            if explorer.is_goal(&view) {
                return ControlFlow::Continue(Explored::Goal);
            }
            if prune == Prune::DeadEnds && explorer.is_dead(&view, meter)? {
                states[at].1 = StateKind::Dead;
                continue;
            }
            explorer.successors((&state, &view), meter, &mut |_, next| {
                if !places.contains_key(next) {
                    places.insert(next.into(), states.len());
                    queue.push_back(states.len());
                    states.push((next.into(), StateKind::Open));
                }
                ControlFlow::Continue(())
            })?;
            if states.len() > self.options.max_states {
                return ControlFlow::Continue(Explored::TooMany);
            }
        }
        ControlFlow::Continue(Explored::All(states))
    }
}

/// Which states are not expanded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prune {
    Nothing,
    DeadEnds,
}

enum Explored {
    All(Vec<(Box<[u64]>, StateKind)>),
    Goal,
    TooMany,
}

fn certified(certificate: Certificate) -> ControlFlow<Halt, Certification> {
    ControlFlow::Continue(Certification::Certified(certificate))
}

/// The bits of some atoms, one after the other.
fn repack(bits: &[u64], atoms: &[AtomId]) -> Box<[u64]> {
    let mut packed = vec![0u64; atoms.len().div_ceil(64)];
    let mut places = atoms.iter().enumerate();
    for held in ones(bits) {
        if let Some((place, _)) = places.find(|&(_, &atom)| atom == held) {
            packed[place / 64] |= 1 << (place % 64);
        }
    }
    packed.into()
}

/// All pairs that are apart, in groups: each pair that is not covered yet grows to a group as far as it can.
fn groups(claims: &Claims, meter: &mut Meter<'_>) -> ControlFlow<Halt, Vec<Vec<u32>>> {
    let n = claims.atoms.len() as u32;
    let mut covered = vec![vec![0u64; (n as usize).div_ceil(64)]; n as usize];
    let mut groups = Vec::new();
    for a in 0..n {
        for b in a + 1..n {
            meter.step(1)?;
            if covered[a as usize][b as usize / 64] >> (b % 64) & 1 == 1 || !claims.are_apart(a, b) {
                continue;
            }
            let mut group = vec![a, b];
            for c in b + 1..n {
                meter.step(1)?;
                if group.iter().all(|&member| claims.are_apart(member, c)) {
                    group.push(c);
                }
            }
            for &member in &group {
                group.iter().for_each(|&c| covered[member as usize][c as usize / 64] |= 1 << (c % 64));
            }
            groups.push(group);
        }
    }
    ControlFlow::Continue(groups)
}
