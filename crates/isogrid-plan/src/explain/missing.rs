//! Why facts are out of reach: what would make them true, what that lacks, and so on back to what nothing makes true.
//!
//! Seen on the relaxed task, where nothing is ever deleted. Conditions are looked at one by one, so that an action may
//! lack nothing and still never apply: its conditions may not hold together, or fail by a negation or a comparison, which
//! are taken to hold.

use std::collections::VecDeque;

use isogrid_core::Value;
use isogrid_num::hash::{FastMap, FastSet};

use crate::certificate::AtomName;
use crate::pddl::{
    Atom, Change, Domain, Effect, Formula, GroundAtom, Literal, ObjectId, Param, PredicateId, Problem, Term,
};

/// As many facts are looked at.
pub const MAX_FACTS: usize = 30;

/// A fact that never holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfReach {
    /// In PDDL, with `?` for an argument that may be any object.
    pub fact: String,
    /// Whether the goal names it.
    pub is_goal: bool,
    /// What would make it true; nothing where it is empty.
    pub ways: Vec<Way>,
}

/// An action or an axiom that would make a fact true.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Way {
    /// The action with the arguments that it would have, or the derived fact.
    pub by: String,
    /// Its conditions of which no instance ever holds; empty where none fails alone.
    pub lacks: Vec<String>,
}

/// The facts that the goal lacks, then those that these lack, and so on, [`MAX_FACTS`] at most. `reachable` are all atoms
/// that hold at some time if nothing is ever deleted, those that hold at first among them. Cost: facts times schemas
/// times atoms.
pub fn out_of_reach(domain: &Domain, problem: &Problem, reachable: &[AtomName]) -> Vec<OutOfReach> {
    let mut search = Search::new(domain, problem, reachable);
    search.lack(&problem.goal, &mut Vec::new());
    let n_goals = search.found.len();
    search.wake();
    let mut all = Vec::new();
    while let Some(fact) = search.queue.pop_front().filter(|_| all.len() < MAX_FACTS) {
        let ways = search.ways(&fact);
        all.push(OutOfReach { fact: search.text(&fact), is_goal: all.len() < n_goals, ways });
    }
    all
}

impl OutOfReach {
    /// As a value for the wire.
    pub fn record(&self) -> Value {
        let way =
            |way: &Way| Value::map([("by", way.by.as_str().into()), ("lacks", way.lacks.clone().into())]);
        Value::map([
            ("fact", self.fact.as_str().into()),
            ("goal", self.is_goal.into()),
            ("ways", Value::List(self.ways.iter().map(way).collect())),
        ])
    }
}

/// An atom with arguments that may be unknown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Pattern {
    predicate: PredicateId,
    args: Vec<Option<ObjectId>>,
}

struct Search<'a> {
    domain: &'a Domain,
    problem: &'a Problem,
    /// By predicate, the arguments of reachable atoms.
    reachable: FastMap<PredicateId, Vec<Vec<ObjectId>>>,
    seen: FastSet<Pattern>,
    queue: VecDeque<Pattern>,
    /// What the formula at hand lacks.
    found: Vec<Pattern>,
}

impl<'a> Search<'a> {
    fn new(domain: &'a Domain, problem: &'a Problem, names: &[AtomName]) -> Search<'a> {
        let predicates: FastMap<&str, PredicateId> =
            domain.predicates.iter().enumerate().map(|(at, one)| (one.name.as_str(), at)).collect();
        let objects: FastMap<&str, ObjectId> =
            problem.objects.iter().enumerate().map(|(at, one)| (one.name.as_str(), at)).collect();
        let mut reachable: FastMap<PredicateId, Vec<Vec<ObjectId>>> = FastMap::default();
        let named = names.iter().filter_map(|name| {
            let args = name.args.iter().map(|arg| objects.get(arg.as_str()).copied());
            Some((*predicates.get(name.predicate.as_str())?, args.collect::<Option<Vec<_>>>()?))
        });
        let first = problem.init.iter().map(|GroundAtom { predicate, args }| (*predicate, args.clone()));
        for (predicate, args) in named.chain(first) {
            reachable.entry(predicate).or_default().push(args);
        }
        let (seen, queue, found) = Default::default();
        Search { domain, problem, reachable, seen, queue, found }
    }

    fn is_reachable(&self, fact: &Pattern) -> bool {
        let fits = |args: &Vec<ObjectId>| fact.args.iter().zip(args).all(|(a, b)| a.is_none_or(|a| a == *b));
        self.reachable.get(&fact.predicate).is_some_and(|all| all.iter().any(fits))
    }

    /// Collects what a condition lacks.
    fn lack(&mut self, condition: &Formula, binding: &mut Vec<Option<ObjectId>>) {
        match condition {
            Formula::And(parts) => parts.iter().for_each(|part| self.lack(part, binding)),
            Formula::Literal(Literal { negated: false, atom: Atom::Predicate(predicate, terms) }) => {
                let args = terms.iter().map(|&term| value(term, binding)).collect();
                let fact = Pattern { predicate: *predicate, args };
                if !self.is_reachable(&fact) && !self.found.contains(&fact) {
                    self.found.push(fact);
                }
            }
            // What holds for all holds for any.
            Formula::Exists(params, body) | Formula::Forall(params, body) => {
                let n = binding.len();
                binding.resize(n + params.len(), None);
                self.lack(body, binding);
                binding.truncate(n);
            }
            Formula::Or(parts) => self.lack_any(parts, binding),
            _ => {}
        }
    }

    /// Collects what all parts of a disjunction lack, if each lacks something.
    fn lack_any(&mut self, parts: &[Formula], binding: &mut Vec<Option<ObjectId>>) {
        let before = std::mem::take(&mut self.found);
        let mut all = before.clone();
        for part in parts {
            self.lack(part, binding);
            let lacking = std::mem::take(&mut self.found);
            if lacking.is_empty() {
                self.found = before;
                return;
            }
            all.extend(lacking);
        }
        self.found = all;
    }

    /// Has a look at what was found; returns it as text.
    fn wake(&mut self) -> Vec<String> {
        let found = std::mem::take(&mut self.found);
        let texts = found.iter().map(|fact| self.text(fact)).collect();
        for fact in found {
            if self.seen.insert(fact.clone()) {
                self.queue.push_back(fact);
            }
        }
        texts
    }

    /// What would make a fact true.
    fn ways(&mut self, fact: &Pattern) -> Vec<Way> {
        let (domain, mut ways) = (self.domain, Vec::new());
        for axiom in domain.axioms.iter().filter(|axiom| axiom.predicate == fact.predicate) {
            self.lack(&axiom.condition, &mut fact.args.clone());
            ways.push(Way { by: self.text(fact), lacks: self.wake() });
        }
        for action in &domain.actions {
            for effect in &action.effects {
                let n_params = action.params.len();
                let params: Vec<&Param> = action.params.iter().chain(&effect.params).collect();
                let Some(mut binding) = self.unified(effect, &params, fact) else { continue };
                self.lack(&effect.condition, &mut binding);
                self.lack(&action.precondition, &mut binding[..n_params].to_vec());
                let by = self.words(&action.name, &binding[..n_params], &params);
                let way = Way { by, lacks: self.wake() };
                if !ways.contains(&way) {
                    ways.push(way);
                }
            }
        }
        ways
    }

    /// The values of parameters with which an effect adds a fact.
    fn unified(&self, effect: &Effect, params: &[&Param], fact: &Pattern) -> Option<Vec<Option<ObjectId>>> {
        let Change::Literal(Literal { negated: false, atom: Atom::Predicate(predicate, terms) }) =
            &effect.change
        else {
            return None;
        };
        let mut binding = vec![None; params.len()];
        for (&term, &arg) in terms.iter().zip(&fact.args) {
            match (term, arg) {
                (_, None) => {}
                (Term::Object(object), Some(arg)) if object == arg => {}
                (Term::Param(param), Some(arg)) if binding[param].is_none_or(|known| known == arg) => {
                    binding[param] = Some(arg);
                }
                _ => return None,
            }
        }
        let admitted = |(param, value): (&&Param, &Option<ObjectId>)| {
            value.is_none_or(|object| self.domain.admits(&self.problem.objects[object], param))
        };
        (*predicate == fact.predicate && params.iter().zip(&binding).all(admitted)).then_some(binding)
    }

    fn text(&self, fact: &Pattern) -> String {
        self.words(&self.domain.predicates[fact.predicate].name, &fact.args, &[])
    }

    /// A name with arguments; unknown ones are `?` and the name of their parameter, if that is known.
    fn words(&self, name: &str, args: &[Option<ObjectId>], params: &[&Param]) -> String {
        let word = |(at, arg): (usize, &Option<ObjectId>)| match arg {
            Some(object) => format!(" {}", self.problem.objects[*object].name),
            None => format!(" ?{}", params.get(at).map_or("", |param| param.name.as_str())),
        };
        format!("({name}{})", args.iter().enumerate().map(word).collect::<String>())
    }
}

fn value(term: Term, binding: &[Option<ObjectId>]) -> Option<ObjectId> {
    match term {
        Term::Param(param) => binding.get(param).copied().flatten(),
        Term::Object(object) => Some(object),
    }
}
