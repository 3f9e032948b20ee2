//! The successor generator: a decision tree over variables that finds all applicable operators of a state.
//!
//! After Helmert, "The Fast Downward planning system" (JAIR 26, 2006), section 5. Nodes lie in one array; a node
//! lists operators with no open condition, then a switch on one variable, then the subtree that does not care.

use crate::ground::{FdrOperator, VarVal};
use crate::packing::Packing;
use crate::task::OperatorId;

const NONE: u32 = u32::MAX;

struct Node {
    /// Range in `operators`.
    begin: u32,
    end: u32,
    /// Variable switched on, or `NONE`.
    variable: u32,
    /// First entry in `children`, one per value.
    children: u32,
    /// Subtree for operators without a condition on `variable`.
    otherwise: u32,
}

impl Node {
    const EMPTY: Node = Node { begin: 0, end: 0, variable: NONE, children: 0, otherwise: NONE };
}

/// The tree.
pub(crate) struct Successors {
    nodes: Vec<Node>,
    children: Vec<u32>,
    operators: Vec<OperatorId>,
}

impl Successors {
    pub(crate) fn new(sizes: &[u32], operators: &[FdrOperator]) -> Successors {
        let mut order: Vec<OperatorId> = (0..operators.len() as OperatorId).collect();
        order.sort_by(|&a, &b| operators[a as usize].pre.cmp(&operators[b as usize].pre));
        if order.is_empty() {
            return Successors { nodes: vec![Node::EMPTY], children: Vec::new(), operators: Vec::new() };
        }
        let mut builder = Builder {
            sizes,
            conditions: operators.iter().map(|operator| operator.pre.as_slice()).collect(),
            tree: Successors { nodes: Vec::new(), children: Vec::new(), operators: Vec::new() },
        };
        builder.build(&order, 0);
        builder.tree
    }

    /// Appends the operators applicable in `words`.
    #[inline]
    pub(crate) fn applicable(&self, packing: &Packing, words: &[u64], found: &mut Vec<OperatorId>) {
        self.collect(0, packing, words, found);
    }

    fn collect(&self, mut at: u32, packing: &Packing, words: &[u64], found: &mut Vec<OperatorId>) {
        while at != NONE {
            let node = &self.nodes[at as usize];
            found.extend_from_slice(&self.operators[node.begin as usize..node.end as usize]);
            if node.variable == NONE {
                return;
            }
            let value = packing.get(words, node.variable as usize);
            let child = self.children[(node.children + value) as usize];
            if child != NONE {
                self.collect(child, packing, words, found);
            }
            at = node.otherwise;
        }
    }
}

struct Builder<'a> {
    sizes: &'a [u32],
    conditions: Vec<&'a [VarVal]>,
    tree: Successors,
}

impl Builder<'_> {
    /// Builds the subtree of `operators`, whose first `depth` conditions are settled; they are sorted by the rest.
    fn build(&mut self, mut operators: &[OperatorId], depth: usize) -> u32 {
        if operators.is_empty() {
            return NONE;
        }
        let root = self.tree.nodes.len() as u32;
        let mut previous = NONE;
        // Operators that do not mention a switch's variable follow in a chain of nodes at the same depth.
        while !operators.is_empty() {
            let at = self.node(&mut operators, depth);
            if previous != NONE {
                self.tree.nodes[previous as usize].otherwise = at;
            }
            previous = at;
        }
        root
    }

    fn node(&mut self, operators: &mut &[OperatorId], depth: usize) -> u32 {
        let conditions = |o: &OperatorId| self.conditions[*o as usize];
        let n_here = operators.iter().take_while(|o| conditions(o).len() == depth).count();
        let (here, rest) = operators.split_at(n_here);
        let begin = self.tree.operators.len() as u32;
        let variable = rest.first().map_or(NONE, |o| conditions(o)[depth].0);
        let n_same = rest.iter().take_while(|o| conditions(o)[depth].0 == variable).count();
        let (same, others) = rest.split_at(n_same);
        *operators = others;
        self.tree.operators.extend_from_slice(here);
        let at = self.tree.nodes.len() as u32;
        let children = self.tree.children.len() as u32;
        let end = begin + here.len() as u32;
        self.tree.nodes.push(Node { begin, end, variable, children, otherwise: NONE });
        if variable != NONE {
            self.switch(same, depth, children);
        }
        at
    }

    fn switch(&mut self, operators: &[OperatorId], depth: usize, children: u32) {
        let size =
            operators.first().map_or(0, |&o| self.sizes[self.conditions[o as usize][depth].0 as usize]);
        self.tree.children.resize(children as usize + size as usize, NONE);
        let mut rest = operators;
        while let Some(&first) = rest.first() {
            let value = self.conditions[first as usize][depth].1;
            let n_equal = rest.iter().take_while(|&&o| self.conditions[o as usize][depth].1 == value).count();
            let (equal, others) = rest.split_at(n_equal);
            let child = self.build(equal, depth + 1);
            self.tree.children[(children + value) as usize] = child;
            rest = others;
        }
    }
}
