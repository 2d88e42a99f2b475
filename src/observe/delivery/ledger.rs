//! Who is a member of what, which messages there are, and who got them: shared by the measures here
//! and by the checks.

use super::group::{Group, Judgement};
use super::message::{Making, Message, MessageIndex, Numbering, Start};
use crate::node::{Answer, NodeId, ObjectId, Operation, OperationId, Outcome, Time};
use std::collections::BTreeMap;

/// A client's place in a group that it is a member of, or was.
#[derive(Clone, Copy, Debug)]
struct Place {
    id: ObjectId,
    group: usize,
    slot: u32,
}

/// A membership that began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entered {
    /// In which group.
    pub group: ObjectId,
    /// When the client asked for it.
    pub asked: Time,
}

/// A delivery that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The message.
    pub index: MessageIndex,
    /// The member's number in its group.
    pub slot: u32,
    /// Whether it was a member when the message was numbered and is now.
    pub early: bool,
    /// What the delivery was like.
    pub judgement: Judgement,
}

/// The members and messages of all groups. Nothing is pruned: a message takes about 200 bytes, and
/// two bits for each client that was a member of its group before it; without groups it takes
/// nothing.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Counts what is taken in.
    moment: u64,
    groups: Vec<Group>,
    numbers: BTreeMap<ObjectId, usize>,
    /// By client.
    places: Vec<Vec<Place>>,
    joining: BTreeMap<OperationId, Entered>,
    messages: Vec<Message>,
    names: BTreeMap<OperationId, MessageIndex>,
    /// The name looked up last: deliveries come in bursts.
    latest: Option<(OperationId, MessageIndex)>,
}

impl Ledger {
    /// All messages, by when they were asked for.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// How many members a group has now.
    #[must_use]
    pub fn members(&self, group: ObjectId) -> u32 {
        self.numbers.get(&group).map_or(0, |&at| self.groups[at].members)
    }

    /// How many members each group has now.
    pub fn sizes(&self) -> impl Iterator<Item = u32> + '_ {
        self.groups.iter().map(|group| group.members)
    }

    /// The groups that `client` is a member of.
    pub fn groups_of(&self, client: NodeId) -> impl Iterator<Item = ObjectId> + '_ {
        let places = self.places.get(client.index()).into_iter().flatten();
        places.filter(|place| self.groups[place.group].is_member(place.slot)).map(|place| place.id)
    }

    /// The client behind a member's number in its group.
    #[must_use]
    pub fn client(&self, group: ObjectId, slot: u32) -> Option<NodeId> {
        self.numbers.get(&group).map(|&at| self.groups[at].client(slot))
    }

    /// An operation was asked for; the group that its client thereby left.
    pub fn asked(&mut self, at: Time, id: OperationId, operation: &Operation) -> Option<ObjectId> {
        match *operation {
            Operation::Join { group } => {
                self.joining.insert(id, Entered { group, asked: at });
            }
            Operation::Leave { group } => {
                // A join that is under way won't make a member: its application is past that.
                let mine = of_client(id.client);
                let joins = self.joining.range(mine).filter(|(_, join)| join.group == group);
                let joins: Vec<OperationId> = joins.map(|(&join, _)| join).collect();
                joins.iter().for_each(|join| {
                    self.joining.remove(join);
                });
                let place = self.place(id.client, group)?;
                let left = self.groups[place.group].leave(at, place.slot, &mut self.messages);
                return left.then_some(group);
            }
            Operation::Multicast { .. } => {
                self.message(id, Some(at));
            }
            _ => {}
        }
        None
    }

    /// An operation ended; the membership that began with that.
    pub fn ended(&mut self, id: OperationId, outcome: Outcome) -> Option<Entered> {
        let entered = self.joining.remove(&id)?;
        let Outcome::Ok(answer) = outcome else { return None };
        let number = if let Answer::Joined { number, .. } = answer { number } else { 0 };
        let moment = self.tick();
        let place = self.place_or_new(id.client, entered.group);
        self.groups[place.group].enter(place.slot, moment, number).then_some(entered)
    }

    /// A node stopped; the groups that it was a member of.
    pub fn stopped(&mut self, at: Time, node: NodeId) -> Vec<ObjectId> {
        while let Some((&id, _)) = self.joining.range(of_client(node)).next() {
            self.joining.remove(&id);
        }
        let (groups, messages) = (&mut self.groups, &mut self.messages);
        let places = self.places.get(node.index()).into_iter().flatten();
        let left = places.filter(|place| groups[place.group].leave(at, place.slot, messages));
        left.map(|place| place.id).collect()
    }

    /// A message was given a number: in total order its version was made, in fifo it was accepted.
    pub fn made(&mut self, at: Time, id: OperationId, number: u32) {
        let Some(&index) = self.names.get(&id) else { return };
        let moment = self.tick();
        let message = &mut self.messages[index.place()];
        if message.start.is_none() {
            message.made.push(Making { number, at, moment });
        }
    }

    /// A message has a number, and is on its way; its index, if that is news. In total order it got
    /// the number when its version was made.
    pub fn numbered(&mut self, at: Time, numbering: Numbering) -> Option<MessageIndex> {
        let index = self.message(numbering.id, None);
        if self.messages[index.place()].start.is_some() {
            return None;
        }
        let now = self.tick();
        let group = self.group(numbering.group);
        let group = &mut self.groups[group];
        let message = &mut self.messages[index.place()];
        let mut made = std::mem::take(&mut message.made).into_iter().rev();
        let made = made.find(|made| made.number == numbering.number);
        let (at, moment) = made.map_or((at, now), |made| (made.at, made.moment));
        message.expected = group.members_since(moment);
        let members = u32::try_from(message.expected.count()).expect("fewer than 2^32 clients");
        message.start = Some(Start { at, moment, numbering, members });
        group.numbered(index, numbering);
        Some(index)
    }

    /// What a delivery would be like; `None` if `node` isn't a member.
    #[must_use]
    pub fn judge(&self, node: NodeId, numbering: Numbering) -> Option<Judgement> {
        let place = self.place(node, numbering.group)?;
        let known = self.names.get(&numbering.id).copied();
        let group = &self.groups[place.group];
        let member = group.is_member(place.slot);
        member.then(|| group.judge(place.slot, known, numbering, &self.messages))
    }

    /// A message reached `node`; `None` if that isn't a member. The message must be
    /// [numbered](Self::numbered).
    pub fn delivered(&mut self, node: NodeId, numbering: Numbering) -> Option<Arrival> {
        let place = self.place(node, numbering.group)?;
        let index = self.message(numbering.id, None);
        let group = &mut self.groups[place.group];
        if !group.is_member(place.slot) {
            return None;
        }
        let judgement = group.judge(place.slot, Some(index), numbering, &self.messages);
        let message = &mut self.messages[index.place()];
        if judgement.duplicate {
            message.duplicates += 1;
            return Some(Arrival { index, slot: place.slot, early: false, judgement });
        }
        message.copied(numbering.number, !judgement.rises);
        let early = group.take(place.slot, (index, message), numbering);
        Some(Arrival { index, slot: place.slot, early, judgement })
    }

    fn tick(&mut self) -> u64 {
        self.moment += 1;
        self.moment
    }

    fn place(&self, client: NodeId, group: ObjectId) -> Option<Place> {
        let places = self.places.get(client.index())?;
        places.iter().find(|place| place.id == group).copied()
    }

    fn place_or_new(&mut self, client: NodeId, id: ObjectId) -> Place {
        if let Some(place) = self.place(client, id) {
            return place;
        }
        let group = self.group(id);
        let place = Place { id, group, slot: self.groups[group].slot(client) };
        if client.index() >= self.places.len() {
            self.places.resize(client.index() + 1, Vec::new());
        }
        self.places[client.index()].push(place);
        place
    }

    fn group(&mut self, id: ObjectId) -> usize {
        let groups = &mut self.groups;
        *self.numbers.entry(id).or_insert_with(|| {
            groups.push(Group::new(id));
            groups.len() - 1
        })
    }

    /// The message called `id`, which is known from now on.
    fn message(&mut self, id: OperationId, asked: Option<Time>) -> MessageIndex {
        if let Some((_, index)) = self.latest.filter(|latest| latest.0 == id) {
            return index;
        }
        let messages = &mut self.messages;
        let index = *self.names.entry(id).or_insert_with(|| {
            messages.push(Message::new(id, asked));
            MessageIndex(u32::try_from(messages.len() - 1).expect("fewer than 2^32 multicasts"))
        });
        self.latest = Some((id, index));
        index
    }
}

/// The names of all operations of `client`.
fn of_client(client: NodeId) -> std::ops::RangeInclusive<OperationId> {
    OperationId { client, count: 0 }..=OperationId { client, count: u32::MAX }
}
