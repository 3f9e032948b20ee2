//! Names of a SAS+ file as the predicates, actions and objects that a [`Task`](crate::Task) wants.
//!
//! `Atom on(a, b)` and the operator `stack a b` become what they were in PDDL; every other value becomes a predicate of
//! its own. Conditions and effects of the domain stay empty: the operators of the task have them.

use isogrid_num::hash::FastMap;

use crate::pddl::{Action, Domain, Formula, Object, Param, Predicate, Problem, TOTAL_COST, Type};

/// Collects names, each with the number of its arguments.
#[derive(Default)]
pub(super) struct Names {
    predicates: Table,
    actions: Table,
    objects: Table,
}

/// Names in order of first use.
#[derive(Default)]
struct Table {
    known: FastMap<(String, usize), u32>,
    list: Vec<(String, usize)>,
}

impl Table {
    fn intern(&mut self, name: &str, n_args: usize) -> u32 {
        let fresh = self.list.len() as u32;
        let at = *self.known.entry((name.to_string(), n_args)).or_insert(fresh);
        if at == fresh {
            self.list.push((name.to_string(), n_args));
        }
        at
    }
}

impl Names {
    /// A value's predicate and objects; `None` for one that is no atom.
    pub(super) fn atom(&mut self, text: &str) -> Option<(u32, Vec<u32>)> {
        let (name, args) = text.strip_prefix("Atom ")?.strip_suffix(')')?.split_once('(')?;
        let args: Vec<&str> = if args.is_empty() { Vec::new() } else { args.split(", ").collect() };
        let objects = args.iter().map(|arg| self.objects.intern(arg, 0)).collect();
        Some((self.predicates.intern(name, args.len()), objects))
    }

    /// A predicate for a value that is no atom, or that is one for the second time.
    pub(super) fn made_up(&mut self, variable: usize, value: usize) -> u32 {
        // No atom's name holds a parenthesis.
        self.predicates.intern(&format!("variable-{variable}-is-{value}()"), 0)
    }

    /// An operator's action and objects.
    pub(super) fn action(&mut self, text: &str) -> (u32, Vec<u32>) {
        let mut words = text.split_ascii_whitespace();
        let name = words.next().unwrap_or("operator");
        let args: Vec<u32> = words.map(|arg| self.objects.intern(arg, 0)).collect();
        (self.actions.intern(name, args.len()), args)
    }

    /// The domain and problem that have these names.
    pub(super) fn finish(self) -> (Domain, Problem) {
        let predicate = |(name, n_args): (String, usize)| Predicate { name, params: params(n_args) };
        let action = |(name, n_args): (String, usize)| Action {
            name,
            params: params(n_args),
            precondition: Formula::And(Vec::new()),
            effects: Vec::new(),
        };
        let domain = Domain {
            name: "sas".to_string(),
            requirements: Vec::new(),
            types: vec![Type { name: "object".to_string(), parents: Vec::new() }],
            constants: Vec::new(),
            predicates: self.predicates.list.into_iter().map(predicate).collect(),
            functions: vec![Predicate { name: TOTAL_COST.to_string(), params: Vec::new() }],
            axioms: Vec::new(),
            actions: self.actions.list.into_iter().map(action).collect(),
        };
        let problem = Problem {
            name: "sas".to_string(),
            domain_name: "sas".to_string(),
            objects: self.objects.list.into_iter().map(|(name, _)| Object { name, types: vec![0] }).collect(),
            init: Vec::new(),
            function_values: Vec::new(),
            goal: Formula::And(Vec::new()),
            metric: None,
        };
        (domain, problem)
    }
}

fn params(n_args: usize) -> Vec<Param> {
    (0..n_args).map(|at| Param { name: format!("x{at}"), types: vec![0] }).collect()
}
