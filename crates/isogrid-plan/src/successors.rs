//! The successor generator: a decision tree over variables that finds all applicable operators of a state.
//!
//! After Helmert, "The Fast Downward planning system" (JAIR 26, 2006), section 5. Nodes lie in one array; a node
//! lists operators with no open condition, then a switch on one variable, then the subtree that does not care. A switch
//! is a table where most values lead somewhere, else a list. Operators with very many conditions hang on leaves that look
//! at what is left of them one by one, so that no tree is deeper than the stack bears.

use crate::ground::{FdrOperator, Pace, VarVal};
use crate::packing::Packing;
use crate::task::OperatorId;

const NONE: u32 = u32::MAX;
/// Conditions on one way through the tree.
const MAX_DEPTH: usize = 500;
/// A table has at most this many entries for each that leads somewhere.
const MAX_SPARSE: usize = 4;

struct Node {
    /// Range in `operators`, or in `deep` for a leaf of those.
    begin: u32,
    end: u32,
    /// Variable switched on, or `NONE`; `DEEP` in a leaf of operators with conditions left.
    variable: u32,
    /// First entry in `children`: one child per value, or pairs of value and child by value.
    children: u32,
    /// The number of pairs; `NONE` for a table.
    n_pairs: u32,
    /// Subtree for operators without a condition on `variable`.
    otherwise: u32,
}

const DEEP: u32 = NONE - 1;

impl Node {
    const EMPTY: Node =
        Node { begin: 0, end: 0, variable: NONE, children: 0, n_pairs: NONE, otherwise: NONE };
}

/// An operator with the conditions that the tree does not settle.
struct Deep {
    operator: OperatorId,
    left: Box<[VarVal]>,
}

/// The tree.
#[derive(Default)]
pub(crate) struct Successors {
    nodes: Vec<Node>,
    children: Vec<u32>,
    operators: Vec<OperatorId>,
    deep: Vec<Deep>,
}

impl Successors {
    /// `sizes` are of the variables. What a pass that was ended has made lacks operators.
    pub(crate) fn new(pace: &Pace<'_>, sizes: &[u32], operators: &[FdrOperator]) -> Successors {
        let conditions = operators.iter().map(|operator| operator.pre.as_slice()).collect();
        Successors::of_conditions(pace, sizes, conditions)
    }

    fn of_conditions(pace: &Pace<'_>, sizes: &[u32], conditions: Vec<&[VarVal]>) -> Successors {
        let mut order: Vec<OperatorId> = (0..conditions.len() as OperatorId).collect();
        order.sort_by(|&a, &b| conditions[a as usize].cmp(conditions[b as usize]));
        if order.is_empty() {
            return Successors { nodes: vec![Node::EMPTY], ..Successors::default() };
        }
        let mut builder = Builder { pace, sizes, conditions, tree: Successors::default() };
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
            if node.variable == DEEP {
                return self.collect_deep(node, packing, words, found);
            }
            found.extend_from_slice(&self.operators[node.begin as usize..node.end as usize]);
            if node.variable == NONE {
                return;
            }
            let child = self.child(node, packing.get(words, node.variable as usize));
            if child != NONE {
                self.collect(child, packing, words, found);
            }
            at = node.otherwise;
        }
    }

    #[inline]
    fn child(&self, node: &Node, value: u32) -> u32 {
        let children = &self.children[node.children as usize..];
        if node.n_pairs == NONE {
            return children[value as usize];
        }
        let (pairs, _) = children[..2 * node.n_pairs as usize].as_chunks::<2>();
        pairs.binary_search_by_key(&value, |pair| pair[0]).map_or(NONE, |at| pairs[at][1])
    }

    fn collect_deep(&self, node: &Node, packing: &Packing, words: &[u64], found: &mut Vec<OperatorId>) {
        let holds = |&(variable, value): &VarVal| packing.get(words, variable as usize) == value;
        let deep = &self.deep[node.begin as usize..node.end as usize];
        found.extend(deep.iter().filter(|deep| deep.left.iter().all(holds)).map(|deep| deep.operator));
    }
}

struct Builder<'a> {
    pace: &'a Pace<'a>,
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
        if depth == MAX_DEPTH {
            self.leaf(operators, depth);
            return root;
        }
        let mut previous = NONE;
        // Operators that do not mention a switch's variable follow in a chain of nodes at the same depth.
        while !operators.is_empty() && self.pace.item() {
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
        let at = self.tree.nodes.len();
        let end = begin + here.len() as u32;
        self.tree.nodes.push(Node { begin, end, variable, ..Node::EMPTY });
        if variable != NONE {
            self.switch(at, same, depth);
        }
        at as u32
    }

    fn leaf(&mut self, operators: &[OperatorId], depth: usize) {
        let begin = self.tree.deep.len() as u32;
        let deep = |&operator: &OperatorId| Deep {
            operator,
            left: self.conditions[operator as usize][depth..].into(),
        };
        self.tree.deep.extend(operators.iter().map(deep));
        let end = self.tree.deep.len() as u32;
        self.tree.nodes.push(Node { begin, end, variable: DEEP, ..Node::EMPTY });
    }

    /// The children of a node whose operators have a condition on its variable next.
    fn switch(&mut self, at: usize, operators: &[OperatorId], depth: usize) {
        let conditions = &self.conditions;
        let value = |o: &OperatorId| conditions[*o as usize][depth].1;
        let by_value: Vec<&[OperatorId]> = operators.chunk_by(|a, b| value(a) == value(b)).collect();
        let size = self.sizes[self.tree.nodes[at].variable as usize] as usize;
        let is_table = size <= by_value.len() * MAX_SPARSE;
        let first = self.tree.children.len();
        self.tree.nodes[at].children = first as u32;
        if !is_table {
            self.tree.nodes[at].n_pairs = by_value.len() as u32;
        }
        let length = if is_table { size } else { 2 * by_value.len() };
        self.tree.children.resize(first + length, NONE);
        for (place, equal) in by_value.into_iter().enumerate() {
            let value = self.conditions[equal[0] as usize][depth].1;
            let child = self.build(equal, depth + 1);
            let place = if is_table { value as usize } else { 2 * place + 1 };
            self.tree.children[first + place] = child;
            if !is_table {
                self.tree.children[first + place - 1] = value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use isogrid_core::Ctx;
    use isogrid_num::rng::Rng;

    use super::*;

    /// Operators with some conditions each, on few or on all variables, few or all values.
    fn random_conditions(rng: &mut Rng, sizes: &[u32], n_conditions: usize) -> Vec<VarVal> {
        let mut pre: Vec<VarVal> = Vec::new();
        for (variable, &size) in (0..).zip(sizes) {
            if pre.len() < n_conditions && rng.chance(0.9) {
                pre.push((variable, rng.below(u64::from(size)) as u32));
            }
        }
        pre
    }

    #[test]
    fn applicable_operators_are_those_whose_conditions_hold() {
        let mut rng = Rng::new(3, 0);
        for (sizes, n_conditions) in [
            (vec![2; 6], 3),
            (vec![1000, 2, 300, 5], 4),
            (vec![50; 3], 2),
            (vec![2; MAX_DEPTH + 40], MAX_DEPTH + 20),
        ] {
            let packing = Packing::new(&sizes);
            let mut conditions: Vec<Vec<VarVal>> =
                (0..60).map(|at| random_conditions(&mut rng, &sizes, at % (n_conditions + 1))).collect();
            // Two that differ behind the deepest node.
            let long = random_conditions(&mut rng, &sizes, n_conditions);
            conditions.push(long.clone());
            conditions.push(long.into_iter().rev().skip(1).rev().collect());
            let tree = Successors::of_conditions(
                &Pace::new(&Ctx::new(0)),
                &sizes,
                conditions.iter().map(Vec::as_slice).collect(),
            );
            for (at, pre) in conditions.iter().enumerate() {
                let mut values: Vec<u32> =
                    sizes.iter().map(|&size| rng.below(u64::from(size)) as u32).collect();
                // Every other state has all conditions of one operator.
                pre.iter()
                    .filter(|_| at % 2 == 0)
                    .for_each(|&(variable, value)| values[variable as usize] = value);
                let state = packing.pack(&values);
                let mut found = Vec::new();
                tree.applicable(&packing, state.words(), &mut found);
                found.sort_unstable();
                let holds = |pre: &Vec<VarVal>| {
                    pre.iter().all(|&(variable, value)| values[variable as usize] == value)
                };
                let expected: Vec<OperatorId> = (0..)
                    .zip(&conditions)
                    .filter(|(_, pre)| holds(pre))
                    .map(|(operator, _)| operator)
                    .collect();
                assert_eq!(found, expected, "{sizes:?}");
            }
        }
    }

    #[test]
    fn large_variables_with_few_values_in_use_take_little_memory() {
        let n = 3000;
        let conditions: Vec<Vec<VarVal>> = (0..n).map(|at| vec![(0, at), (1, at)]).collect();
        let tree = Successors::of_conditions(
            &Pace::new(&Ctx::new(0)),
            &[n, n],
            conditions.iter().map(Vec::as_slice).collect(),
        );
        assert!(tree.children.len() <= 6 * n as usize, "{}", tree.children.len());
    }
}
