//! A set of nodes that is asked for every message.

use crate::node::NodeId;

/// One bit a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeSet {
    words: Vec<u64>,
}

impl NodeSet {
    /// Whether `node` is in it. O(1).
    #[must_use]
    pub fn contains(&self, node: NodeId) -> bool {
        let (word, bit) = (node.index() / 64, node.index() % 64);
        self.words.get(word).is_some_and(|bits| bits >> bit & 1 == 1)
    }
}

impl<'a> FromIterator<&'a NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = &'a NodeId>>(nodes: I) -> Self {
        let mut words = Vec::new();
        for node in nodes {
            let (word, bit) = (node.index() / 64, node.index() % 64);
            if words.len() <= word {
                words.resize(word + 1, 0);
            }
            words[word] |= 1 << bit;
        }
        Self { words }
    }
}
