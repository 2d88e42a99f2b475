//! The part of the log's members: what they know of a group, and messages that were decided.

use super::super::Consensus;
use super::super::logs::Logs;
use super::{Filled, PollReply};
use crate::node::{Context, ObjectId, Observation, Order, Version};
use crate::protocol::machine::Group;
use crate::protocol::serving::groups::{Entry, Multicast};

/// A message that was decided, where the log's leader is about to send it on its way.
#[derive(Clone, Debug)]
pub(in crate::protocol::consensus) struct Cast {
    pub group: ObjectId,
    pub place: u32,
    pub multicast: Multicast,
    /// Access peers with members, as of its place in the log.
    pub roll: Vec<Entry>,
}

impl Cast {
    /// For the access peers that `here` has at that place.
    pub fn new(group: ObjectId, (place, multicast): (u32, Multicast), here: &Group) -> Self {
        Self { group, place, multicast, roll: here.roll().present().collect() }
    }

    /// Tells observers. A leader that takes over tells again what the one before it may have told.
    pub fn tell(&self, cx: &mut Context<'_, Consensus>) {
        let Multicast { id, order, number, .. } = self.multicast;
        let group = self.group;
        if order == Order::Fifo {
            cx.observe(Observation::Accepted { id, group, number });
        }
        let access_peers = u32::try_from(self.roll.len()).unwrap_or(u32::MAX);
        let members = self.roll.iter().map(|entry| entry.members);
        let members = members.fold(0, u32::saturating_add);
        cx.observe(Observation::Numbered { id, group, order, number, access_peers, members });
    }
}

impl Logs {
    /// What this peer, as a member of its log, has of a group behind `after`; `None` if it is none.
    pub fn fill(&self, group: ObjectId, after: u32) -> Option<Filled> {
        let state = &self.hosted.get(&self.world.log_of(group))?.replica.state;
        let initial = || (Version::ZERO, self.world.initial(group));
        let (version, value) = state.held(group).unwrap_or_else(initial);
        let number = version.counter;
        Some(match state.group(group) {
            Some(here) => {
                let (first, messages) = here.after(after);
                Filled { group, after, place: here.place(), number, value, first, messages }
            }
            None => {
                let messages = Box::default();
                Filled { group, after, place: 0, number, value, first: 1, messages }
            }
        })
    }

    /// Whether anything is new in a group, and whether `entry` stands.
    pub fn poll(&self, group: ObjectId, entry: Entry) -> Option<PollReply> {
        let state = &self.hosted.get(&self.world.log_of(group))?.replica.state;
        let here = state.group(group);
        let known = here.and_then(|here| here.roll().entry(entry.peer));
        let known = known.is_some_and(|known| known.members > 0 && known.stamp >= entry.stamp);
        Some(PollReply { group, place: here.map_or(0, Group::place), known })
    }
}
