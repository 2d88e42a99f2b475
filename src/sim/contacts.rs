//! Whom a booting node knows: peers that are online.

use super::nodes::Nodes;
use crate::node::{Key, NodeId, Time};

/// How many contacts a node is born with (CLIPPEE 1).
pub const CONTACTS: usize = 8;
/// Up to this many tries, rejection is expected to be cheaper than a scan.
const TRIES: u32 = 256;

/// The peers that accept newcomers: online since before now (or from time 0 on) and not leaving.
#[derive(Debug)]
pub struct Contacts {
    key: Key,
    peers: u32,
}

impl Contacts {
    /// Draws with `key` among the nodes 1..=peers.
    #[must_use]
    pub fn new(key: Key, peers: u32) -> Self {
        Self { key, peers }
    }

    /// Up to eight distinct peers for `node`, never itself. They depend on who is online and on
    /// nothing else, so any driver that knows this finds the same.
    pub fn draw<P>(&self, node: NodeId, nodes: &Nodes<P>, now: Time, into: &mut Vec<NodeId>) {
        into.clear();
        let incarnation = nodes.incarnation(node);
        let mut stream = self.key.lane(node.0, incarnation, LANE);
        let accepts = |peer: NodeId| {
            peer != node
                && nodes.is_at_work(peer)
                && (now == Time::ZERO || nodes.booted(peer) < now)
        };
        for _ in 0..TRIES {
            if into.len() == CONTACTS {
                return;
            }
            let peer = NodeId(stream.below(u64::from(self.peers)) as u32 + 1);
            if accepts(peer) && !into.contains(&peer) {
                into.push(peer);
            }
        }
        // Few are online: look at all, and keep a uniform sample (reservoir; Vitter's algorithm R).
        into.clear();
        for (seen, peer) in (1..=self.peers).map(NodeId).filter(|&peer| accepts(peer)).enumerate() {
            if into.len() < CONTACTS {
                into.push(peer);
            } else if let Some(place) = into.get_mut(stream.below(seen as u64 + 1) as usize) {
                *place = peer;
            }
        }
        stream.shuffle(into);
    }
}

/// The lane of contact draws among those of the placement key.
const LANE: u32 = 0x636f_6e74;
