//! The refinement hierarchy: which split made which abstract states, and so which one a state belongs to.

use crate::ground::VarVal;
use crate::heuristic::cartesian::operators::Operators;
use crate::heuristic::cartesian::sets::Layout;
use crate::heuristic::cartesian::system::{CellId, Split};

/// Index of a node.
pub(super) type NodeId = u32;

/// One place of the hierarchy.
pub(super) enum Node {
    /// An abstract state.
    Leaf(CellId),
    /// A state that was split: without and with the values of the part.
    Inner(Split, [NodeId; 2]),
}

/// The hierarchy; its first node is the root.
pub(super) struct Tree {
    nodes: Vec<Node>,
    leaf_of: Vec<NodeId>,
}

impl Tree {
    /// One abstract state.
    pub(super) fn new() -> Tree {
        Tree { nodes: vec![Node::Leaf(0)], leaf_of: vec![0] }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, at: NodeId) -> &Node {
        &self.nodes[at as usize]
    }

    /// Inner nodes that the root or a split of another variable leads to, ascending, with the variables they split.
    pub(super) fn heads(&self) -> Vec<(NodeId, u32)> {
        let variable = |at: NodeId| match self.node(at) {
            Node::Inner(split, _) => Some(split.variable),
            Node::Leaf(_) => None,
        };
        let mut is_head = vec![true; self.nodes.len()];
        for node in &self.nodes {
            if let Node::Inner(split, halves) = node {
                halves
                    .iter()
                    .for_each(|&half| is_head[half as usize] = variable(half) != Some(split.variable));
            }
        }
        let heads = (0..self.nodes.len() as NodeId).filter(|&at| is_head[at as usize]);
        heads.filter_map(|at| Some((at, variable(at)?))).collect()
    }

    /// Where the value leads to from a node, by splits of its variable alone.
    pub(super) fn follow(&self, layout: &Layout, mut at: NodeId, fact: VarVal) -> NodeId {
        while let Node::Inner(split, halves) = self.node(at) {
            if split.variable != fact.0 {
                break;
            }
            at = halves[usize::from(layout.part_contains(&split.part, fact))];
        }
        at
    }

    /// The values of the split's part become the state `new`.
    pub(super) fn split(&mut self, cell: CellId, new: CellId, split: Split) {
        let without = self.nodes.len() as NodeId;
        let at = self.leaf_of[cell as usize];
        self.nodes.push(Node::Leaf(cell));
        self.nodes.push(Node::Leaf(new));
        self.nodes[at as usize] = Node::Inner(split, [without, without + 1]);
        self.leaf_of[cell as usize] = without;
        self.leaf_of.push(without + 1);
    }

    /// Whether the operator loops at one of the states. Adds the nodes looked at to `steps`.
    pub(super) fn has_loop(
        &self,
        (layout, operators): (&Layout, &Operators),
        operator: u32,
        is_counted: &[bool],
        steps: &mut u64,
    ) -> bool {
        let mut stack = vec![0];
        while let Some(at) = stack.pop() {
            *steps += 1;
            let (split, halves) = match self.node(at) {
                Node::Leaf(cell) if is_counted[*cell as usize] => return true,
                Node::Leaf(_) => continue,
                Node::Inner(split, halves) => (split, halves),
            };
            let half = |value| usize::from(layout.part_contains(&split.part, (split.variable, value)));
            let step = operators.step(operator, split.variable);
            match step.after.map(half) {
                None => stack.extend(halves),
                Some(after) if step.before.is_none_or(|value| half(value) == after) => {
                    stack.push(halves[after]);
                }
                Some(_) => {}
            }
        }
        false
    }
}
