//! Seeded planning problems with and without structure, of about equal size.
//!
//! [`delivery`] is structured: parcels, a truck, a road map; goals decompose. [`scrambled`] is not: a random graph walk
//! whose nodes are random bit patterns, so that every action needs all bits and no bit says how far the goal is. It
//! is solvable by construction, and a search that treats states as opaque does as well as any.

use std::collections::BTreeSet;

use isogrid_num::rng::Rng;

use crate::pddl::{
    Action, Atom, Domain, Effect, GroundAtom, Literal, Object, Param, Predicate, Problem, Term, Type,
};

/// Sizes of [`delivery`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryOptions {
    /// Places on the map. Default 7.
    pub places: usize,
    /// Parcels to deliver. Default 4.
    pub parcels: usize,
}

impl Default for DeliveryOptions {
    fn default() -> Self {
        DeliveryOptions { places: 7, parcels: 4 }
    }
}

/// Parcels on a random connected road map, each with another destination.
pub fn delivery(seed: u64, options: &DeliveryOptions) -> (Domain, Problem) {
    let places = options.places.max(2);
    let mut rng = Rng::new(seed, 1);
    let domain = delivery_domain();
    let place = |at: usize| at;
    let truck = places;
    let parcel = |at: usize| places + 1 + at;
    let mut objects: Vec<Object> = (0..places).map(|at| object(format!("place{at}"), 1)).collect();
    objects.push(object("truck".to_string(), 2));
    objects.extend((0..options.parcels).map(|at| object(format!("parcel{at}"), 3)));
    let mut init = BTreeSet::new();
    let mut road = |a: usize, b: usize| {
        init.insert(atom(0, &[place(a), place(b)]));
        init.insert(atom(0, &[place(b), place(a)]));
    };
    for at in 1..places {
        road(at, rng.below(at as u64) as usize);
    }
    for _ in 0..places / 3 {
        let (a, b) = (rng.below(places as u64) as usize, rng.below(places as u64) as usize);
        if a != b {
            road(a, b);
        }
    }
    init.insert(atom(1, &[truck, place(rng.below(places as u64) as usize)]));
    let mut goal = Vec::new();
    for at in 0..options.parcels {
        let from = rng.below(places as u64) as usize;
        let to = (from + 1 + rng.below(places as u64 - 1) as usize) % places;
        init.insert(atom(1, &[parcel(at), place(from)]));
        let terms = vec![Term::Object(parcel(at)), Term::Object(place(to))];
        goal.push(Literal { negated: false, atom: Atom::Predicate(1, terms) });
    }
    let name = format!("delivery-{seed}");
    (domain, problem(name, "delivery", objects, (init, goal)))
}

/// Sizes of [`scrambled`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScrambledOptions {
    /// Bits of a state; the walk visits 2^bits nodes. Default 8.
    pub bits: usize,
    /// Actions that leave each node. Default 2.
    pub degree: usize,
}

impl Default for ScrambledOptions {
    fn default() -> Self {
        ScrambledOptions { bits: 8, degree: 2 }
    }
}

/// A random strongly connected graph over bit patterns; the goal is the pattern halfway around a hidden cycle.
pub fn scrambled(seed: u64, options: &ScrambledOptions) -> (Domain, Problem) {
    let bits = options.bits.clamp(1, 16);
    let n_nodes = 1usize << bits;
    let mut rng = Rng::new(seed, 2);
    let mut cycle: Vec<usize> = (0..n_nodes).collect();
    rng.shuffle(&mut cycle);
    let mut edges = BTreeSet::new();
    for (at, &node) in cycle.iter().enumerate() {
        edges.insert((node, cycle[(at + 1) % n_nodes]));
        for _ in 1..options.degree {
            edges.insert((node, rng.below(n_nodes as u64) as usize));
        }
    }
    let literals = |pattern: usize| -> Vec<Literal> {
        let literal =
            |bit: usize| Literal { negated: pattern >> bit & 1 == 0, atom: Atom::Predicate(bit, Vec::new()) };
        (0..bits).map(literal).collect()
    };
    let action = |(at, &(from, to)): (usize, &(usize, usize))| Action {
        name: format!("step{at}"),
        params: Vec::new(),
        precondition: literals(from).into(),
        effects: literals(to).into_iter().map(Effect::from).collect(),
    };
    let domain = Domain {
        name: "scrambled".to_string(),
        requirements: vec!["strips".to_string(), "negative-preconditions".to_string()],
        types: vec![Type { name: "object".to_string(), parents: Vec::new() }],
        constants: Vec::new(),
        predicates: (0..bits)
            .map(|bit| Predicate { name: format!("bit{bit}"), params: Vec::new() })
            .collect(),
        functions: Vec::new(),
        axioms: Vec::new(),
        actions: edges.iter().filter(|(from, to)| from != to).enumerate().map(action).collect(),
    };
    let (start, end) = (cycle[0], cycle[n_nodes / 2]);
    let init = (0..bits).filter(|bit| start >> bit & 1 == 1).map(|bit| atom(bit, &[])).collect();
    (domain, problem(format!("scrambled-{seed}"), "scrambled", Vec::new(), (init, literals(end))))
}

fn problem(
    name: String,
    domain_name: &str,
    objects: Vec<Object>,
    (init, goal): (BTreeSet<GroundAtom>, Vec<Literal>),
) -> Problem {
    Problem {
        name,
        domain_name: domain_name.to_string(),
        objects,
        init: init.into_iter().collect(),
        function_values: Vec::new(),
        goal: goal.into(),
        metric: None,
    }
}

fn object(name: String, type_id: usize) -> Object {
    Object { name, types: vec![type_id] }
}

fn atom(predicate: usize, args: &[usize]) -> GroundAtom {
    GroundAtom { predicate, args: args.to_vec() }
}

fn delivery_domain() -> Domain {
    let types =
        [("object", None), ("place", Some(0)), ("truck", Some(4)), ("parcel", Some(4)), ("thing", Some(0))];
    let param = |name: &str, type_id: usize| Param { name: name.to_string(), types: vec![type_id] };
    let predicate = |name: &str, params: Vec<Param>| Predicate { name: name.to_string(), params };
    let is = |predicate: usize, params: &[usize]| literal(false, predicate, params);
    let not = |predicate: usize, params: &[usize]| literal(true, predicate, params);
    let action = |name: &str, params: Vec<Param>, precondition: Vec<Literal>, effects: Vec<Literal>| Action {
        name: name.to_string(),
        params,
        precondition: precondition.into(),
        effects: effects.into_iter().map(Effect::from).collect(),
    };
    let (road, at, inside) = (0, 1, 2);
    let load = vec![param("p", 3), param("t", 2), param("l", 1)];
    Domain {
        name: "delivery".to_string(),
        requirements: vec!["strips".to_string(), "typing".to_string()],
        types: types
            .map(|(name, parent)| Type { name: name.to_string(), parents: parent.into_iter().collect() })
            .to_vec(),
        constants: Vec::new(),
        predicates: vec![
            predicate("road", vec![param("a", 1), param("b", 1)]),
            predicate("at", vec![param("x", 4), param("l", 1)]),
            predicate("in", vec![param("p", 3), param("t", 2)]),
        ],
        functions: Vec::new(),
        axioms: Vec::new(),
        actions: vec![
            action(
                "drive",
                vec![param("t", 2), param("a", 1), param("b", 1)],
                vec![is(at, &[0, 1]), is(road, &[1, 2])],
                vec![is(at, &[0, 2]), not(at, &[0, 1])],
            ),
            action(
                "load",
                load.clone(),
                vec![is(at, &[0, 2]), is(at, &[1, 2])],
                vec![is(inside, &[0, 1]), not(at, &[0, 2])],
            ),
            action(
                "unload",
                load,
                vec![is(inside, &[0, 1]), is(at, &[1, 2])],
                vec![is(at, &[0, 2]), not(inside, &[0, 1])],
            ),
        ],
    }
}

fn literal(negated: bool, predicate: usize, params: &[usize]) -> Literal {
    Literal {
        negated,
        atom: Atom::Predicate(predicate, params.iter().map(|&param| Term::Param(param)).collect()),
    }
}
