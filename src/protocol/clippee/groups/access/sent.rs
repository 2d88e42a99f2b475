//! What entered the tree here in fifo order, for access peers to which some of it didn't come.

use crate::node::{NodeId, ObjectId, Order};
use crate::protocol::clippee::groups::{Multicast, Stamp};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Access peers, by id, and the registrations that made them be sent something.
pub(super) type Addressed = Arc<[(NodeId, Stamp)]>;

/// A message, and whom it was sent to.
type Sending = (Multicast, Addressed);

/// For each group, the last messages.
pub(super) struct Sent {
    groups: BTreeMap<ObjectId, VecDeque<Sending>>,
    most: usize,
}

impl Sent {
    /// At most `most` messages of a group.
    pub const fn new(most: usize) -> Self {
        Self { groups: BTreeMap::new(), most }
    }

    /// A message goes to `to`, which is sorted. If it is sent again, whoever was left out before
    /// may be among them.
    pub fn push(&mut self, group: ObjectId, multicast: Multicast, to: Addressed) {
        if multicast.order != Order::Fifo {
            return;
        }
        let log = self.groups.entry(group).or_default();
        if let Some(known) = log.iter_mut().find(|known| known.0.id == multicast.id) {
            // In the order of their stamps: the later of two of one peer stays.
            let mut all: Vec<(NodeId, Stamp)> = known.1.iter().chain(to.iter()).copied().collect();
            all.sort_unstable();
            let all: BTreeMap<NodeId, Stamp> = all.into_iter().collect();
            known.1 = all.into_iter().collect();
            return;
        }
        if log.len() == self.most {
            log.pop_front();
        }
        log.push_back((multicast, to));
    }

    /// What `sender` sent to `to`, under a registration no older than `since`, behind the count
    /// `after` and before the count `before`, by rising count.
    pub fn between(
        &self,
        group: ObjectId,
        (sender, to, since): (NodeId, NodeId, Stamp),
        (after, before): (u32, u32),
    ) -> Vec<Multicast> {
        let log = self.groups.get(&group).into_iter().flatten();
        let lacking = log.filter(|(multicast, list)| {
            multicast.id.client == sender
                && (after < multicast.number && multicast.number < before)
                && (list.binary_search_by_key(&to, |&(peer, _)| peer))
                    .is_ok_and(|place| list[place].1 >= since)
        });
        let mut lacking: Vec<Multicast> = lacking.map(|(multicast, _)| *multicast).collect();
        lacking.sort_by_key(|multicast| multicast.number);
        lacking
    }
}
