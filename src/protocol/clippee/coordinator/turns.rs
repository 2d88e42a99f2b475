//! Multicasts in fifo order whose sender has one under way already (CLIPPEE 7). Clients hold the
//! second back until the first has ended; but one that has given the first up asks for the second
//! while that is still under way here. If its roll were read sooner, all access peers would deliver
//! it first, and drop the first as too late.

use crate::node::{NodeId, ObjectId, OperationId};
use crate::protocol::clippee::groups::Multicast;
use std::collections::{BTreeMap, VecDeque};

/// By group and sender, where one is under way: those that wait for it, in the order in which they
/// came.
#[derive(Debug, Default)]
pub(super) struct Turns {
    waiting: BTreeMap<(ObjectId, NodeId), VecDeque<Multicast>>,
}

impl Turns {
    /// Whether `multicast` can begin, because none of its sender's is under way. If not, it waits
    /// for its turn. O(log senders).
    pub fn begin(&mut self, group: ObjectId, multicast: Multicast) -> bool {
        let place = (group, multicast.id.client);
        let Some(waiting) = self.waiting.get_mut(&place) else {
            self.waiting.insert(place, VecDeque::new());
            return true;
        };
        waiting.push_back(multicast);
        false
    }

    /// The one of this sender's that was under way has ended: whose turn it is now.
    pub fn end(&mut self, group: ObjectId, sender: NodeId) -> Option<Multicast> {
        let place = (group, sender);
        let next = self.waiting.get_mut(&place)?.pop_front();
        if next.is_none() {
            self.waiting.remove(&place);
        }
        next
    }

    /// The operation has had its time before its turn came, if it waits. Linear in those of its
    /// sender's that wait.
    pub fn abandon(&mut self, group: ObjectId, id: OperationId) {
        if let Some(waiting) = self.waiting.get_mut(&(group, id.client)) {
            waiting.retain(|multicast| multicast.id != id);
        }
    }
}
