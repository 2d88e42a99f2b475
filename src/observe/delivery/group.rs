//! A group's members, and which of its messages they have.

use super::bits::Bits;
use super::message::{Message, MessageIndex, Numbering, Start};
use crate::node::{NodeId, ObjectId, Order, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One client that is a member, or was.
#[derive(Clone, Copy, Debug)]
struct Slot {
    client: NodeId,
    /// The moment at which its membership began; [`GONE`] if it is none.
    since: u64,
    /// The highest number in total order that it has.
    last: u32,
}

/// Later than every moment.
const GONE: u64 = u64::MAX;

/// What a delivery to a member is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The member got the message before, in the same membership.
    pub duplicate: bool,
    /// Its number is above what the member had before: in total order of the whole group, in fifo
    /// order of its sender.
    pub rises: bool,
}

/// A group.
#[derive(Clone, Debug)]
pub(super) struct Group {
    id: ObjectId,
    slots: Vec<Slot>,
    present: Bits,
    pub members: u32,
    /// Beginnings of memberships, in order of time.
    joins: Vec<(u64, u32)>,
    /// Messages that a member may still go too early for.
    recent: VecDeque<MessageIndex>,
    /// Messages in fifo order by sender, sorted by number.
    senders: BTreeMap<NodeId, Vec<(u32, MessageIndex)>>,
    /// Who got a message that was numbered before its membership began, with that beginning.
    late: BTreeSet<(MessageIndex, u32, u64)>,
}

impl Group {
    /// Nobody is a member.
    pub fn new(id: ObjectId) -> Self {
        Self {
            id,
            slots: Vec::new(),
            present: Bits::default(),
            members: 0,
            joins: Vec::new(),
            recent: VecDeque::new(),
            senders: BTreeMap::new(),
            late: BTreeSet::new(),
        }
    }

    /// A client that was never a member before gets a slot.
    pub fn slot(&mut self, client: NodeId) -> u32 {
        self.slots.push(Slot { client, since: GONE, last: 0 });
        u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 clients")
    }

    pub fn client(&self, slot: u32) -> NodeId {
        self.slots[slot as usize].client
    }

    pub fn is_member(&self, slot: u32) -> bool {
        self.slots[slot as usize].since != GONE
    }

    /// A membership begins with the state after message `number`; whether there was none.
    pub fn enter(&mut self, slot: u32, moment: u64, number: u32) -> bool {
        if self.is_member(slot) {
            return false;
        }
        let place = &mut self.slots[slot as usize];
        (place.since, place.last) = (moment, number);
        self.present.insert(slot);
        self.members += 1;
        self.joins.push((moment, slot));
        true
    }

    /// A membership ends; whether there was one.
    pub fn leave(&mut self, at: Time, slot: u32, messages: &mut [Message]) -> bool {
        if !self.is_member(slot) {
            return false;
        }
        self.slots[slot as usize].since = GONE;
        self.present.remove(slot);
        self.members -= 1;
        while self.recent.front().is_some_and(|first| messages[first.place()].due() <= at) {
            self.recent.pop_front();
        }
        for index in &self.recent {
            let message = &mut messages[index.place()];
            if message.due() > at {
                message.expected.remove(slot);
            }
        }
        true
    }

    /// Who were members at `moment` and still are.
    pub fn members_since(&self, moment: u64) -> Bits {
        let mut members = self.present.clone();
        let later = self.joins.iter().rev().take_while(|join| join.0 > moment);
        later.for_each(|&(_, slot)| {
            members.remove(slot);
        });
        members
    }

    /// A message of the group has got its number.
    pub fn numbered(&mut self, index: MessageIndex, numbering: Numbering) {
        self.recent.push_back(index);
        if numbering.order == Order::Fifo {
            let sent = self.senders.entry(numbering.id.client).or_default();
            let at = sent.partition_point(|&(number, _)| number <= numbering.number);
            sent.insert(at, (numbering.number, index));
        }
    }

    fn has(&self, slot: u32, index: MessageIndex, message: &Message) -> bool {
        let since = self.slots[slot as usize].since;
        if self.is_early(since, message) {
            message.got.has(slot)
        } else {
            self.late.contains(&(index, slot, since))
        }
    }

    /// Whether a membership had begun when a message of this group was numbered.
    fn is_early(&self, since: u64, message: &Message) -> bool {
        let of_this = |start: &Start| start.numbering.group == self.id;
        message.start.filter(of_this).is_some_and(|start| since < start.moment)
    }

    /// What a delivery to a member would be like; `known` is the message's index, if it has one.
    pub fn judge(
        &self,
        slot: u32,
        known: Option<MessageIndex>,
        numbering: Numbering,
        messages: &[Message],
    ) -> Judgement {
        let has = |index: MessageIndex| self.has(slot, index, &messages[index.place()]);
        let duplicate = known.is_some_and(has);
        let rises = match numbering.order {
            Order::Total => numbering.number > self.slots[slot as usize].last,
            Order::Fifo => {
                let sent = self.senders.get(&numbering.id.client).into_iter().flatten();
                let mut later = sent.rev().take_while(|sent| sent.0 >= numbering.number);
                !later.any(|&(_, index)| Some(index) != known && has(index))
            }
        };
        Judgement { duplicate, rises }
    }

    /// A member gets a message that it didn't have; whether it was one when that was numbered.
    pub fn take(
        &mut self,
        slot: u32,
        (index, message): (MessageIndex, &mut Message),
        numbering: Numbering,
    ) -> bool {
        let place = &mut self.slots[slot as usize];
        if numbering.order == Order::Total {
            place.last = place.last.max(numbering.number);
        }
        let since = place.since;
        let early = self.is_early(since, message);
        if early {
            message.got.insert(slot);
        } else {
            self.late.insert((index, slot, since));
        }
        early
    }
}
