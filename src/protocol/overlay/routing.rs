//! The choice of the next hop (CLIPPEE 2): the leaf set if the key lies in its range, else the
//! table entry with a longer shared prefix, else, of all nodes known with a prefix no shorter, the
//! numerically closest.

use super::Key;
use super::message::{Purpose, Route};
use super::node::{Overlay, Standing};
use super::ring::{nearer, shared_digits};
use crate::node::NodeId;

/// Where a route goes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    /// Nowhere: this peer is the nearest it knows.
    Root,
    /// On.
    To(NodeId),
    /// Nowhere until this silent but nearer peer answers or is dropped.
    Wait(NodeId),
}

impl Overlay {
    /// The next hop of a route, not counting the peers `tried` in vain, suspected ones, and one
    /// that is joining.
    pub(super) fn next_hop(&self, route: &Route, tried: &[NodeId]) -> Hop {
        let key = route.key;
        let joiner = (route.purpose == Purpose::Join).then_some(route.origin);
        let usable =
            |node: NodeId| Some(node) != joiner && !tried.contains(&node) && !self.is_suspect(node);
        let best = if self.leaves.covers(key) {
            self.nearest_of(key, self.leaves().filter(|&node| usable(node)))
        } else {
            let entry = self.table.towards(key).filter(|&node| usable(node));
            entry.or_else(|| self.nearest_of(key, self.no_shorter(key).filter(|&n| usable(n))))
        };
        if let Some(node) = best {
            return Hop::To(node);
        }
        let silent = self.nearest_of(key, self.leaves().filter(|&node| Some(node) != joiner));
        silent.map_or(Hop::Root, Hop::Wait)
    }

    /// All nodes known that share at least as many digits with `key` as this peer does.
    fn no_shorter(&self, key: Key) -> impl Iterator<Item = NodeId> + '_ {
        let row = self.table.row_of(key);
        let bits = self.config.digit_bits;
        let leaves = self.leaves.iter().filter(move |l| shared_digits(key, l.key, bits) >= row);
        leaves.map(|leaf| leaf.node).chain(self.table.rows_from(row))
    }

    /// The nearest to `key` of some nodes, if it is nearer than this peer. (One that is leaving is
    /// no measure: any other will do.)
    fn nearest_of(&self, key: Key, nodes: impl Iterator<Item = NodeId>) -> Option<NodeId> {
        let best = nodes.map(|node| (self.world.id(node), node));
        let (id, node) = best.min_by(|a, b| nearer(key, a.0, b.0))?;
        let leaving = self.standing == Standing::Leaving;
        (leaving || nearer(key, id, self.key).is_lt()).then_some(node)
    }
}
