//! Who there is, and whom of them a fault strikes that names, draws or places its targets.

use super::config::{Population, Targets};
use super::lane;
use crate::node::{Key, NodeId};
use crate::sim::network::Network;

/// The nodes of a run.
#[derive(Clone, Copy)]
pub struct Cast<'a> {
    /// Nodes 1 to this are peers.
    pub peers: u32,
    /// So many nodes follow.
    pub clients: u32,
    /// How far they are from each other.
    pub network: &'a Network,
}

impl Cast<'_> {
    fn members(&self, of: Population) -> Vec<NodeId> {
        let all = self.peers + self.clients;
        let range = match of {
            Population::Peers => 1..=self.peers,
            Population::Clients => self.peers + 1..=all,
            Population::Nodes => 1..=all,
        };
        range.map(NodeId).collect()
    }

    /// The targets of part `part` of fault `number`, sorted; `None` if they are all nodes, or play a
    /// role that is not known before the run. Draws are functions of the key, the fault and the part.
    /// O(nodes log nodes).
    pub(super) fn find(
        &self,
        targets: &Targets,
        key: Key,
        (part, number): (u32, u32),
    ) -> Option<Vec<NodeId>> {
        let mut stream = key.lane(part, number, lane::TARGETS);
        let mut found = match *targets {
            Targets::Everyone | Targets::Role(_) => return None,
            Targets::Named { ref peers, ref clients } => {
                let clients = clients.iter().map(|client| self.peers + client);
                peers.iter().copied().chain(clients).map(NodeId).collect()
            }
            Targets::Share { share, of } => {
                let mut all = self.members(of);
                stream.shuffle(&mut all);
                all.truncate(count(share, all.len()));
                all
            }
            Targets::Region { share, around, of } => {
                let drawn = NodeId(stream.below(u64::from(self.peers)) as u32 + 1);
                let centre = around.map_or(drawn, NodeId);
                let mut all = self.members(of);
                all.sort_by_key(|&node| (self.network.nearness(centre, node), node));
                all.truncate(count(share, all.len()));
                all
            }
        };
        found.sort_unstable();
        found.dedup();
        Some(found)
    }

    /// The parts that a split makes of `of`, the rest last; each sorted.
    pub(super) fn split(
        &self,
        shares: &[f64],
        of: Population,
        (key, number): (Key, u32),
    ) -> Vec<Vec<NodeId>> {
        let mut all = self.members(of);
        key.lane(0, number, lane::TARGETS).shuffle(&mut all);
        let (mut parts, mut begin, mut share) = (Vec::new(), 0, 0.0);
        for part in shares {
            share += part;
            let end = count(share, all.len()).max(begin);
            parts.push(all[begin..end].to_vec());
            begin = end;
        }
        parts.push(all[begin..].to_vec());
        parts.iter_mut().for_each(|part| part.sort_unstable());
        parts
    }
}

/// A share of a number, rounded; at most all.
fn count(share: f64, all: usize) -> usize {
    (libm::round(share * all as f64) as usize).min(all)
}
