//! The transition system of a Cartesian abstraction, kept up while its states are split (Seipp and Helmert,
//! "Counterexample-Guided Cartesian Abstraction Refinement for Classical Planning", JAIR 62, 2018).
//!
//! Transitions between different states are stored, each in the list of its source and of its target. Loops are not:
//! an operator loops where conditions and effects are within the state, which is looked up when a split needs it.

use crate::heuristic::cartesian::operators::Operators;
use crate::heuristic::cartesian::sets::Layout;

/// Index of an abstract state.
pub(super) type CellId = u32;
/// Index of a transition.
pub(super) type EdgeId = u32;

/// A transition between two different abstract states.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) operator: u32,
    pub(super) source: CellId,
    pub(super) target: CellId,
    /// Its place in the lists of its source and its target.
    places: [u32; 2],
}

/// The values of one variable that are to be told apart from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) variable: u32,
    pub(super) part: Vec<u64>,
}

/// Abstract states and the transitions between them.
pub(super) struct System<'a> {
    pub(super) layout: &'a Layout,
    pub(super) operators: &'a Operators,
    /// The Cartesian set of each state, flat.
    sets: Vec<u64>,
    /// A split moves or copies transitions; none ever goes away.
    edges: Vec<Edge>,
    out: Vec<Vec<EdgeId>>,
    into: Vec<Vec<EdgeId>>,
    looping: Vec<u32>,
    /// Transitions and operators looked at.
    pub(super) steps: u64,
}

impl<'a> System<'a> {
    /// One state with all of `domain`.
    pub(super) fn new(layout: &'a Layout, operators: &'a Operators, domain: Vec<u64>) -> System<'a> {
        System {
            layout,
            operators,
            sets: domain,
            edges: Vec::new(),
            out: vec![Vec::new()],
            into: vec![Vec::new()],
            looping: Vec::new(),
            steps: 0,
        }
    }

    pub(super) fn n_cells(&self) -> usize {
        self.out.len()
    }

    pub(super) fn n_edges(&self) -> usize {
        self.edges.len()
    }

    #[inline]
    pub(super) fn set(&self, cell: CellId) -> &[u64] {
        let n_words = self.layout.n_words();
        &self.sets[cell as usize * n_words..(cell as usize + 1) * n_words]
    }

    #[inline]
    pub(super) fn edge(&self, edge: EdgeId) -> Edge {
        self.edges[edge as usize]
    }

    /// Transitions that leave a state.
    pub(super) fn out(&self, cell: CellId) -> &[EdgeId] {
        &self.out[cell as usize]
    }

    /// Transitions that enter it.
    pub(super) fn into(&self, cell: CellId) -> &[EdgeId] {
        &self.into[cell as usize]
    }

    /// Takes the values of the split's part away from a state; they become a new state, which is returned.
    pub(super) fn split(&mut self, cell: CellId, split: &Split) -> CellId {
        let variable = split.variable;
        let new = self.n_cells() as CellId;
        self.find_loops(cell, variable);
        let n_words = self.layout.n_words();
        let start = cell as usize * n_words;
        self.sets.extend_from_within(start..start + n_words);
        let (before, with) = self.sets.split_at_mut(new as usize * n_words);
        self.layout.divide(variable, &split.part, &mut before[start..start + n_words], with);
        self.out.push(Vec::new());
        self.into.push(Vec::new());
        self.rewire::<0>(cell, new, variable);
        self.rewire::<1>(cell, new, variable);
        self.unroll_loops(cell, new, variable);
        new
    }

    /// Operators that mention the variable and loop at the state.
    fn find_loops(&mut self, cell: CellId, variable: u32) {
        let mentioning = self.operators.mentioning(variable);
        let mut looping = std::mem::take(&mut self.looping);
        let set = self.set(cell);
        looping.clear();
        looping.extend(mentioning.iter().filter(|&&o| self.operators.loops(self.layout, o, set)));
        self.looping = looping;
        self.steps += mentioning.len() as u64;
    }

    /// Loops that now lead from one half to the other.
    fn unroll_loops(&mut self, cell: CellId, new: CellId, variable: u32) {
        let looping = std::mem::take(&mut self.looping);
        for &operator in &looping {
            let step = self.operators.step(operator, variable);
            let half = |value: u32| {
                if self.layout.contains(self.set(new), (variable, value)) { new } else { cell }
            };
            let Some(target) = step.after.map(half) else { continue };
            let other = if target == new { cell } else { new };
            if step.before.is_none_or(|value| half(value) == other) {
                self.add(operator, other, target);
            }
        }
        self.looping = looping;
    }

    /// Gives the transitions at one end of a split state to the halves that they belong to. Side 0 are those that leave
    /// it, side 1 those that enter it.
    fn rewire<const SIDE: usize>(&mut self, cell: CellId, new: CellId, variable: u32) {
        let mut at = 0;
        while let Some(&id) = self.list::<SIDE>(cell).get(at) {
            self.steps += 1;
            let edge = self.edge(id);
            let step = self.operators.step(edge.operator, variable);
            let (value, other) =
                if SIDE == 0 { (step.before, edge.target) } else { (step.after, edge.source) };
            let is_at = |half: CellId| match value {
                Some(value) => self.layout.contains(self.set(half), (variable, value)),
                None if step.after.is_some() => true,
                None => self.layout.meet(self.set(half), self.set(other), variable),
            };
            let (stays, goes) = (is_at(cell), is_at(new));
            if !goes {
                at += 1;
            } else if stays {
                let (source, target) = if SIDE == 0 { (new, other) } else { (other, new) };
                self.add(edge.operator, source, target);
                at += 1;
            } else {
                self.move_end::<SIDE>(id, new);
            }
        }
    }

    fn list<const SIDE: usize>(&mut self, cell: CellId) -> &mut Vec<EdgeId> {
        if SIDE == 0 { &mut self.out[cell as usize] } else { &mut self.into[cell as usize] }
    }

    fn add(&mut self, operator: u32, source: CellId, target: CellId) {
        let id = self.edges.len() as EdgeId;
        let places = [self.out[source as usize].len() as u32, self.into[target as usize].len() as u32];
        self.edges.push(Edge { operator, source, target, places });
        self.out[source as usize].push(id);
        self.into[target as usize].push(id);
        self.steps += 1;
    }

    /// Moves one end of a transition to another state.
    fn move_end<const SIDE: usize>(&mut self, id: EdgeId, to: CellId) {
        let edge = self.edge(id);
        let from = if SIDE == 0 { edge.source } else { edge.target };
        let place = edge.places[SIDE] as usize;
        let list = self.list::<SIDE>(from);
        list.swap_remove(place);
        if let Some(&moved) = list.get(place) {
            self.edges[moved as usize].places[SIDE] = place as u32;
        }
        let list = self.list::<SIDE>(to);
        list.push(id);
        let place = list.len() as u32 - 1;
        let edge = &mut self.edges[id as usize];
        edge.places[SIDE] = place;
        if SIDE == 0 {
            edge.source = to;
        } else {
            edge.target = to;
        }
    }
}
