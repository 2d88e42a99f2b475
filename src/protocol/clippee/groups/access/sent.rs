//! What entered the tree here in fifo order, for access peers to which some of it didn't come.

use crate::node::{NodeId, ObjectId, Order, Time};
use crate::protocol::clippee::groups::{Multicast, Stamp};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Access peers, by id, and the registrations that made them be sent something.
pub(super) type Addressed = Arc<[(NodeId, Stamp)]>;

/// Who lacks messages.
#[derive(Clone, Copy)]
pub(super) struct Asker {
    pub peer: NodeId,
    /// What was addressed to it under an older registration isn't its members'.
    pub since: Stamp,
    /// What was sent after this is its members', whomever it was addressed to: they were others'
    /// then.
    pub from: Time,
}

/// A message, when it was sent, and to whom.
struct Sending {
    multicast: Multicast,
    at: Time,
    to: Addressed,
}

impl Sending {
    fn is_for(&self, asker: Asker) -> bool {
        let place = self.to.binary_search_by_key(&asker.peer, |&(peer, _)| peer);
        self.at > asker.from || place.is_ok_and(|place| self.to[place].1 >= asker.since)
    }
}

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
    pub fn push(&mut self, group: ObjectId, multicast: Multicast, to: Addressed, at: Time) {
        if multicast.order != Order::Fifo {
            return;
        }
        let log = self.groups.entry(group).or_default();
        if let Some(known) = log.iter_mut().find(|known| known.multicast.id == multicast.id) {
            // In the order of their stamps: the later of two of one peer stays.
            let mut all: Vec<(NodeId, Stamp)> = known.to.iter().chain(to.iter()).copied().collect();
            all.sort_unstable();
            let all: BTreeMap<NodeId, Stamp> = all.into_iter().collect();
            known.to = all.into_iter().collect();
            return;
        }
        if log.len() == self.most {
            log.pop_front();
        }
        log.push_back(Sending { multicast, at, to });
    }

    /// What `sender` sent that is for `asker`, behind the count `after` and before the count
    /// `before`, by rising count.
    pub fn between(
        &self,
        (group, sender): (ObjectId, NodeId),
        asker: Asker,
        (after, before): (u32, u32),
    ) -> Vec<Multicast> {
        let log = self.groups.get(&group).into_iter().flatten();
        let lacking = log.filter(|sending| {
            let Multicast { id, number, .. } = sending.multicast;
            id.client == sender && after < number && number < before && sending.is_for(asker)
        });
        let mut lacking: Vec<Multicast> = lacking.map(|sending| sending.multicast).collect();
        lacking.sort_by_key(|multicast| multicast.number);
        lacking
    }
}
