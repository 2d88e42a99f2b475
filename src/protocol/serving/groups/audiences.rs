//! The members that one node serves, group by group: who they are, and what was delivered to them.
//!
//! Each group is one stream: each message, and each loss, has the next place and goes to all its
//! members here. The last `log` places can be sent again to a member that lacks some. Places are the
//! group's own, the same whoever serves a member, so that one that comes back says all with its last
//! place. Whoever serves brings messages in order; this doesn't number them, and doesn't fetch.

use super::message::{Back, Deliver, Element, Message, Multicast, Welcome};
use crate::node::{Context, NodeId, ObjectId, OperationId, Protocol, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A protocol whose nodes serve members.
pub(in crate::protocol) trait Server: Protocol<Message: From<Message>> {}
impl<H: Protocol<Message: From<Message>>> Server for H {}

/// A member, or a client that waits to become one.
#[derive(Clone, Copy, Debug)]
struct Seat {
    /// The count of the operation by which it joined.
    turn: u32,
    /// It isn't welcomed yet; what it has of an earlier membership.
    waits: Option<Option<Back>>,
}

/// The members of one group here.
#[derive(Debug, Default)]
pub(in crate::protocol) struct Audience {
    seats: BTreeMap<NodeId, Seat>,
    waiting: u32,
    /// Of the last element.
    place: u32,
    elements: VecDeque<Element>,
}

impl Audience {
    /// Members, and those who wait to become members.
    pub fn len(&self) -> u32 {
        u32::try_from(self.seats.len()).unwrap_or(u32::MAX)
    }

    /// Whether somebody waits for a welcome.
    pub const fn has_waiting(&self) -> bool {
        self.waiting > 0
    }

    /// The place of the last element.
    pub const fn place(&self) -> u32 {
        self.place
    }

    /// The count of the operation by which a client joined, if it is served here.
    pub fn turn_of(&self, client: NodeId) -> Option<u32> {
        self.seats.get(&client).map(|seat| seat.turn)
    }

    /// Those served here, waiting or not.
    pub fn clients(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.seats.keys().copied()
    }

    /// Whether the message of that operation is among those kept. O(log).
    pub fn keeps(&self, id: OperationId) -> bool {
        let mut kept = self.elements.iter();
        kept.any(|element| matches!(element, Element::Message(one) if one.id == id))
    }

    /// Where the log begins: the last place that isn't in it any more.
    pub fn before_log(&self) -> u32 {
        self.place.saturating_sub(u32::try_from(self.elements.len()).unwrap_or(u32::MAX))
    }

    /// The place from behind which members that come back and wait lack elements.
    pub fn returns_after(&self) -> Option<u32> {
        self.seats.values().filter_map(|seat| seat.waits.flatten()).map(|back| back.place).min()
    }

    /// The same, if those elements aren't all in the log.
    pub fn lacks_after(&self) -> Option<u32> {
        self.returns_after().filter(|&place| place < self.before_log())
    }

    fn range(&self, from: u32, to: u32) -> impl Iterator<Item = (u32, Element)> + '_ {
        let first = self.before_log() + 1;
        let places = from.max(first)..=to.min(self.place);
        places.map(move |place| (place, self.elements[(place - first) as usize]))
    }

    fn enter(&mut self, client: NodeId, turn: u32, back: Option<Back>) {
        let waits = Some(back);
        let seat = self.seats.entry(client).or_insert(Seat { turn, waits: None });
        self.waiting += u32::from(seat.waits.is_none());
        *seat = Seat { turn: turn.max(seat.turn), waits };
    }

    fn exit(&mut self, client: NodeId) {
        let seat = self.seats.remove(&client);
        self.waiting -= u32::from(seat.is_some_and(|seat| seat.waits.is_some()));
    }

    fn push(&mut self, element: Element, most: usize) {
        self.elements.push_back(element);
        if self.elements.len() > most {
            self.elements.pop_front();
        }
        self.place += 1;
    }

    fn welcome<H: Server>(
        &mut self,
        client: NodeId,
        group: ObjectId,
        (number, value): (u32, Value),
        older: &BTreeMap<u32, Multicast>,
        cx: &mut Context<'_, H>,
    ) {
        let Some(back) = self.seats.get(&client).and_then(|seat| seat.waits) else { return };
        let missed = back.map(|back| self.missed(back, older)).unwrap_or_default();
        let welcome = Welcome { group, place: self.place, number, value, missed, doubt: false };
        cx.send(client, Message::Welcome(Box::new(welcome)));
        if let Some(seat) = self.seats.get_mut(&client) {
            seat.waits = None;
            self.waiting -= 1;
        }
    }

    /// What a member that had all up to `back` has missed: what the log doesn't reach comes from
    /// `older`, by place.
    fn missed(&self, back: Back, older: &BTreeMap<u32, Multicast>) -> Box<[Multicast]> {
        let after = back.place;
        let fetched = (after < self.before_log()).then(|| older.range(after + 1..));
        let fetched = fetched.into_iter().flatten();
        let fetched = fetched.take_while(|(place, _)| **place <= self.before_log());
        let kept = self.range(after.saturating_add(1), self.place);
        let kept = kept.filter_map(|(_, element)| match element {
            Element::Message(multicast) => Some(multicast),
            Element::Lost { .. } | Element::Doubt { .. } => None,
        });
        fetched.map(|(_, multicast)| *multicast).chain(kept).collect()
    }
}

/// All groups of those who are served by one node.
#[derive(Debug)]
pub(in crate::protocol) struct Audiences {
    groups: BTreeMap<ObjectId, Audience>,
    by_client: BTreeSet<(NodeId, ObjectId)>,
    log: usize,
}

impl Audiences {
    /// Nobody is a member; `log` elements are kept of each group.
    pub const fn new(log: usize) -> Self {
        Self { groups: BTreeMap::new(), by_client: BTreeSet::new(), log }
    }

    /// A group's members here.
    pub fn of(&self, group: ObjectId) -> Option<&Audience> {
        self.groups.get(&group)
    }

    /// How many memberships there are.
    pub fn len(&self) -> usize {
        self.by_client.len()
    }

    /// The stream of `group` goes on behind `place`, with `elements` as the last ones.
    pub fn open(&mut self, group: ObjectId, place: u32, elements: VecDeque<Element>) {
        let audience = self.groups.entry(group).or_default();
        (audience.place, audience.elements) = (place, elements);
    }

    /// The group is forgotten, with its members.
    pub fn close(&mut self, group: ObjectId) {
        for client in self.groups.remove(&group).iter().flat_map(Audience::clients) {
            self.by_client.remove(&(client, group));
        }
    }

    /// A client says that it is a member: it waits to be welcomed. Whether it wasn't known here.
    pub fn enter(
        &mut self,
        client: NodeId,
        group: ObjectId,
        turn: u32,
        back: Option<Back>,
    ) -> bool {
        self.groups.entry(group).or_default().enter(client, turn, back);
        self.by_client.insert((client, group))
    }

    /// A client says that it is no member any more. Answered at once; but an exit that was overtaken
    /// by a later join isn't heard. Whether it was one.
    pub fn exit<H: Server>(
        &mut self,
        client: NodeId,
        group: ObjectId,
        turn: u32,
        cx: &mut Context<'_, H>,
    ) -> bool {
        let seat = self.groups.get(&group).and_then(|here| here.seats.get(&client));
        let was = seat.is_some();
        if seat.is_some_and(|seat| seat.turn > turn) {
            return false;
        }
        cx.send(client, Message::Exited { group });
        self.drop_member(client, group);
        was
    }

    /// A client is a member no more, and knows.
    pub fn drop_member(&mut self, client: NodeId, group: ObjectId) {
        self.by_client.remove(&(client, group));
        if let Some(here) = self.groups.get_mut(&group) {
            here.exit(client);
        }
    }

    fn groups_of(&self, client: NodeId) -> impl Iterator<Item = ObjectId> + '_ {
        let all = (client, ObjectId(0))..=(client, ObjectId(u32::MAX));
        self.by_client.range(all).map(|&(_, group)| group)
    }

    /// Whether `client` is a member of any group here, or waits to be.
    pub fn knows(&self, client: NodeId) -> bool {
        self.groups_of(client).next().is_some()
    }

    /// A client is served here no more: the groups that it was in.
    pub fn lose(&mut self, client: NodeId) -> Vec<ObjectId> {
        let groups: Vec<ObjectId> = self.groups_of(client).collect();
        groups.iter().for_each(|&group| self.drop_member(client, group));
        groups
    }

    /// For the answer to a client's heartbeat: the groups that it is a member of, and the last place
    /// in each.
    pub fn places(&self, client: NodeId) -> Box<[(ObjectId, u32)]> {
        let places = self.groups_of(client).filter_map(|group| {
            let here = self.groups.get(&group)?;
            let seat = here.seats.get(&client)?;
            seat.waits.is_none().then_some((group, here.place))
        });
        places.collect()
    }

    /// The next element of a group goes to its members here. Its place.
    pub fn deliver<H: Server>(
        &mut self,
        group: ObjectId,
        element: Element,
        cx: &mut Context<'_, H>,
    ) -> u32 {
        let here = self.groups.entry(group).or_default();
        here.push(element, self.log);
        let place = here.place;
        for (&client, _) in here.seats.iter().filter(|(_, seat)| seat.waits.is_none()) {
            cx.send(client, Message::Deliver(Deliver { group, place, element }));
        }
        place
    }

    /// A member lacks elements: they are sent again, as far as they are left.
    pub fn missing<H: Server>(
        &self,
        client: NodeId,
        group: ObjectId,
        (from, to): (u32, u32),
        cx: &mut Context<'_, H>,
    ) {
        let Some(here) = self.groups.get(&group) else { return };
        if here.seats.get(&client).is_some_and(|seat| seat.waits.is_none()) {
            for (place, element) in here.range(from, to) {
                cx.send(client, Message::Deliver(Deliver { group, place, element }));
            }
        }
    }

    /// Welcomes all who wait, with the group's state after message `number`, the last one in total
    /// order so far. `older`: messages by place that are gone from the log.
    pub fn welcome<H: Server>(
        &mut self,
        group: ObjectId,
        (number, value): (u32, Value),
        older: &BTreeMap<u32, Multicast>,
        cx: &mut Context<'_, H>,
    ) {
        let Some(here) = self.groups.get_mut(&group).filter(|here| here.has_waiting()) else {
            return;
        };
        let waiting = here.seats.iter().filter(|(_, seat)| seat.waits.is_some());
        for client in waiting.map(|(&client, _)| client).collect::<Vec<_>>() {
            here.welcome(client, group, (number, value), older, cx);
        }
    }

    /// Welcomes one client, if it waits: see [`Audiences::welcome`].
    pub fn welcome_one<H: Server>(
        &mut self,
        client: NodeId,
        group: ObjectId,
        (number, value): (u32, Value),
        cx: &mut Context<'_, H>,
    ) {
        if let Some(here) = self.groups.get_mut(&group) {
            here.welcome(client, group, (number, value), &BTreeMap::new(), cx);
        }
    }
}
