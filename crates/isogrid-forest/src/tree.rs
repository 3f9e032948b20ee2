//! A decision tree as a flat list: every split is followed by its two branches somewhere behind it.

use serde::{Deserialize, Serialize};

/// A tree of thresholds on single features. The first node is the root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    pub(crate) nodes: Vec<Node>,
}

/// A place in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Node {
    /// What the tree adds to the score of a row that comes here.
    Leaf(f32),
    /// A threshold.
    Split {
        /// The feature to look at.
        feature: u32,
        /// Rows below this go left.
        at: f64,
        /// Whether rows without a value go left too.
        is_missing_left: bool,
        /// The node at the left; the right one follows it.
        left: u32,
    },
}

impl Tree {
    /// What the tree adds to the score of a row. Cost: one comparison a level.
    pub fn value(&self, features: &[f64]) -> f64 {
        let mut place = 0;
        loop {
            match self.nodes[place] {
                Node::Leaf(value) => return f64::from(value),
                Node::Split { feature, at, is_missing_left, left } => {
                    let value = features[feature as usize];
                    let goes_left = value < at || (value.is_nan() && is_missing_left);
                    place = left as usize + usize::from(!goes_left);
                }
            }
        }
    }

    /// The nodes, the root first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What each leaf adds, by node; splits add nothing.
    pub(crate) fn leaf_values(&self) -> Vec<f64> {
        let value = |node: &Node| if let Node::Leaf(value) = node { f64::from(*value) } else { 0.0 };
        self.nodes.iter().map(value).collect()
    }

    /// Whether every path ends at a leaf that can be added, and looks at features there are.
    pub(crate) fn is_consistent(&self, n_features: usize) -> bool {
        let is_good = |(place, node): (usize, &Node)| match *node {
            Node::Leaf(value) => value.is_finite(),
            Node::Split { feature, at, left, .. } => {
                let left = left as usize;
                (feature as usize) < n_features && !at.is_nan() && left > place && left + 1 < self.nodes.len()
            }
        };
        !self.nodes.is_empty() && self.nodes.iter().enumerate().all(is_good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_thresholds_and_loops_are_refused() {
        let split = |left| Node::Split { feature: 1, at: 2.0, is_missing_left: true, left };
        let tree = Tree { nodes: vec![split(1), Node::Leaf(-1.0), Node::Leaf(0.5)] };
        let values = [1.9, 2.0, f64::NAN, f64::INFINITY].map(|value| tree.value(&[9.0, value]));
        assert_eq!(values, [-1.0, 0.5, -1.0, 0.5]);
        assert!(tree.is_consistent(2) && !tree.is_consistent(1));
        for nodes in [
            vec![],
            vec![split(0), Node::Leaf(0.0)],
            vec![split(1), Node::Leaf(0.0)],
            vec![Node::Leaf(f32::NAN)],
        ] {
            assert!(!Tree { nodes }.is_consistent(2));
        }
    }
}
