//! A group in the replicated state: which access peers have members, and what was sent to them.
//!
//! Its version and value are an object's. Each message, in whatever order, has the group's next place:
//! the log puts all of them in one order anyway, and places make it known to access peers and members.

use super::command::ENTRY;
use crate::node::{Digestible, Hasher, NodeId};
use crate::protocol::serving::groups::{Entry, Multicast, Roll, messages_size};
use std::collections::{BTreeMap, VecDeque};

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    roll: Roll,
    /// How often an access peer came or went.
    view: u32,
    /// Of the last message.
    place: u32,
    messages: VecDeque<Multicast>,
    /// By sender: its count in fifo order.
    senders: BTreeMap<NodeId, u32>,
}

impl Group {
    /// Takes an access peer's part in; whether it is news.
    pub(super) fn register(&mut self, entry: Entry) -> bool {
        let was_there = self.roll.entry(entry.peer).is_some_and(|known| known.members > 0);
        let news = self.roll.take(entry);
        self.view += u32::from(news && was_there != (entry.members > 0));
        news
    }

    /// Takes in another state of the same group.
    pub(super) fn merge(&mut self, other: &Self) {
        other.roll.entries().for_each(|entry| {
            self.roll.take(entry);
        });
        self.view = self.view.max(other.view);
        for (&sender, &count) in &other.senders {
            let known = self.senders.entry(sender).or_default();
            *known = (*known).max(count);
        }
        // Of two equally long streams the same one wins, whoever takes in whom.
        let last = |group: &Self| (group.place, group.messages.back().map(|last| last.id));
        if last(other) > last(self) {
            (self.place, self.messages) = (other.place, other.messages.clone());
        }
    }

    /// Forgets access peers that aren't there: those that had members.
    pub(super) fn retain(&mut self, is_there: impl Fn(NodeId) -> bool) -> Vec<NodeId> {
        let gone: Vec<Entry> = self.roll.entries().filter(|entry| !is_there(entry.peer)).collect();
        gone.iter().for_each(|entry| self.roll.forget(entry.peer));
        let had_members = gone.into_iter().filter(|entry| entry.members > 0);
        let gone: Vec<NodeId> = had_members.map(|entry| entry.peer).collect();
        self.view += u32::try_from(gone.len()).unwrap_or(u32::MAX);
        gone
    }

    /// Number of the view, access peers in it, their members.
    #[must_use]
    pub fn view(&self) -> (u32, u32, u32) {
        let count =
            |sum: (u32, u32), entry: Entry| (sum.0 + 1, sum.1.saturating_add(entry.members));
        let (peers, members) = self.roll.present().fold((0, 0), count);
        (self.view, peers, members)
    }

    /// The access peers with members.
    #[must_use]
    pub fn roll(&self) -> &Roll {
        &self.roll
    }

    /// The next count of a sender.
    pub(super) fn count(&mut self, sender: NodeId) -> u32 {
        let count = self.senders.entry(sender).or_default();
        *count += 1;
        *count
    }

    /// A message gets its place.
    pub(super) fn push(&mut self, multicast: Multicast, most: usize) -> u32 {
        self.messages.push_back(multicast);
        if self.messages.len() > most {
            self.messages.pop_front();
        }
        self.place += 1;
        self.place
    }

    /// The place of the last message.
    #[must_use]
    pub const fn place(&self) -> u32 {
        self.place
    }

    /// The messages behind `place` that are kept, and the place of the first of them.
    #[must_use]
    pub fn after(&self, place: u32) -> (u32, Box<[Multicast]>) {
        let kept = u32::try_from(self.messages.len()).unwrap_or(u32::MAX);
        let first = self.place.saturating_sub(kept).max(place.min(self.place)) + 1;
        let skipped = self.messages.len() - (self.place + 1 - first) as usize;
        (first, self.messages.iter().skip(skipped).copied().collect())
    }

    /// Bytes on the wire.
    pub(super) fn size(&self) -> u64 {
        let messages: Box<[Multicast]> = self.messages.iter().copied().collect();
        let (entries, senders) = (self.roll.len() as u64, self.senders.len() as u64);
        let lists = u64::from(messages_size(&messages)) + entries * u64::from(ENTRY);
        8 + 2 * 4 + lists + senders * (6 + 4)
    }
}

impl Digestible for Group {
    fn digest(&self, hasher: &mut Hasher) {
        (self.view, self.place).digest(hasher);
        self.roll.entries().for_each(|entry| entry.digest(hasher));
        self.messages.iter().for_each(|multicast| multicast.digest(hasher));
        self.senders.iter().for_each(|(&sender, &count)| (sender, count).digest(hasher));
    }
}
