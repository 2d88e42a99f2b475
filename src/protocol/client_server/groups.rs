//! The groups that live at a server: who are members, and what was sent to them. The classical star:
//! one message comes in, and one copy goes out to each member.

use super::ClientServer;
use super::world::World;
use crate::node::{
    Answer, Context, NodeId, ObjectId, Observation, OperationId, Order, Span, Time, Value, Version,
};
use crate::protocol::serving::gauge::Gauge;
use crate::protocol::serving::groups::{Audiences, Back, Element, Message, Multicast};
use crate::protocol::serving::sessions::Sessions;
use std::collections::{BTreeMap, VecDeque};

/// A message that was sent to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    group: ObjectId,
    multicast: Multicast,
    /// So many are kept.
    keep: u32,
}

/// What survives of a group beside its state: its last messages, and its senders.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    place: u32,
    messages: VecDeque<Multicast>,
    /// By sender: the number of its last message in fifo order.
    senders: BTreeMap<NodeId, u32>,
}

/// What survives of all groups.
pub(super) type KeptGroups = BTreeMap<ObjectId, Kept>;

/// Takes a message in.
pub(super) fn fold(groups: &mut KeptGroups, posted: Posted) {
    let Posted { group, multicast, keep } = posted;
    let kept = groups.entry(group).or_default();
    kept.place += 1;
    kept.messages.push_back(multicast);
    if kept.messages.len() > keep as usize {
        kept.messages.pop_front();
    }
    if multicast.order == Order::Fifo {
        kept.senders.insert(multicast.id.client, multicast.number);
    }
}

/// The groups of a server.
pub(super) struct Groups {
    world: World,
    audiences: Audiences,
    /// By sender: the number of its last message in fifo order.
    senders: BTreeMap<(ObjectId, NodeId), u32>,
    /// By group and home server: members.
    homes: BTreeMap<(ObjectId, NodeId), u32>,
    /// By group: how often members came or went.
    views: BTreeMap<ObjectId, u32>,
    /// Clients that are members of something.
    sessions: Sessions,
    interval: Span,
    keep: u32,
    members: Gauge,
}

impl Groups {
    /// Starts with what survived: members come back by themselves.
    pub fn new(
        world: World,
        group_log: u32,
        heartbeat_interval: Span,
        survived: &KeptGroups,
    ) -> Self {
        let keep = group_log.max(1);
        let (mut audiences, mut senders) = (Audiences::new(keep as usize), BTreeMap::new());
        for (&group, kept) in survived {
            let elements = kept.messages.iter().map(|&one| Element::Message(one)).collect();
            audiences.open(group, kept.place, elements);
            senders.extend(kept.senders.iter().map(|(&client, &sent)| ((group, client), sent)));
        }
        Self {
            world,
            audiences,
            senders,
            homes: BTreeMap::new(),
            views: BTreeMap::new(),
            sessions: Sessions::new(u32::MAX, heartbeat_interval),
            interval: heartbeat_interval,
            keep,
            members: Gauge::default(),
        }
    }

    // Members.

    /// A client gives a sign of life.
    pub fn hear(&mut self, client: NodeId, now: Time) {
        self.sessions.hear(client, now);
    }

    /// For the answer to a heartbeat.
    pub fn places(&self, client: NodeId) -> Box<[(ObjectId, u32)]> {
        self.audiences.places(client)
    }

    /// A client wants to be a member, or is one: it gets the group's state, or what it missed.
    pub fn enter(
        &mut self,
        client: NodeId,
        (group, turn): (ObjectId, u32),
        back: Option<Back>,
        (version, value): (Version, Value),
        cx: &mut Context<'_, ClientServer>,
    ) {
        self.sessions.admit(client, cx.now());
        if self.audiences.enter(client, group, turn, back) {
            self.changed(client, group, true, cx);
        }
        self.audiences.welcome(group, (version.counter, value), &BTreeMap::new(), cx);
        self.members.note(self.audiences.len(), ("members", u32::MAX), cx);
    }

    /// What else members say.
    pub fn on_message(
        &mut self,
        client: NodeId,
        message: &Message,
        cx: &mut Context<'_, ClientServer>,
    ) {
        match *message {
            Message::Exit { group, turn } => self.exit(client, (group, turn), cx),
            Message::Missing { group, from, to } => {
                self.audiences.missing(client, group, (from, to), cx);
            }
            _ => {}
        }
    }

    fn exit(
        &mut self,
        client: NodeId,
        (group, turn): (ObjectId, u32),
        cx: &mut Context<'_, ClientServer>,
    ) {
        if self.audiences.exit(client, group, turn, cx) {
            self.changed(client, group, false, cx);
            self.forget_idle(client);
        }
    }

    /// A client is gone.
    pub fn lose(&mut self, client: NodeId, cx: &mut Context<'_, ClientServer>) {
        for group in self.audiences.lose(client) {
            self.changed(client, group, false, cx);
        }
        self.forget_idle(client);
    }

    fn forget_idle(&mut self, client: NodeId) {
        if !self.audiences.knows(client) {
            self.sessions.forget(client);
        }
    }

    /// Clients that have gone silent are no members any more. In how long to look again, if at all.
    pub fn sweep(&mut self, cx: &mut Context<'_, ClientServer>) {
        for client in self.sessions.sweep(cx.now()) {
            self.lose(client, cx);
        }
    }

    /// How long until the next look at silent members; `None`: there are none to look at.
    pub fn watches(&self) -> Option<Span> {
        (self.sessions.len() > 0 && !self.interval.is_never()).then_some(self.interval)
    }

    fn changed(
        &mut self,
        client: NodeId,
        group: ObjectId,
        came: bool,
        cx: &mut Context<'_, ClientServer>,
    ) {
        *self.views.entry(group).or_default() += 1;
        let peer = self.world.home_of(client);
        let members = self.homes.entry((group, peer)).or_default();
        let before = *members;
        *members = if came { before + 1 } else { before.saturating_sub(1) };
        if (before == 0) != (*members == 0) {
            cx.observe(Observation::Registered { group, peer, members: *members });
        }
    }

    /// The membership view.
    pub fn view(&self, group: ObjectId) -> Answer {
        let view = self.views.get(&group).copied().unwrap_or(0);
        let members = self.audiences.of(group).map_or(0, |here| here.len());
        Answer::Members { view, access_peers: 1, members }
    }

    // Messages.

    /// The number of a message in fifo order: its sender's next one. `None`: it was sent before.
    pub fn count(
        &mut self,
        id: OperationId,
        group: ObjectId,
        cx: &mut Context<'_, ClientServer>,
    ) -> Option<u32> {
        if self.audiences.of(group).is_some_and(|here| here.keeps(id)) {
            return None;
        }
        let number = self.senders.entry((group, id.client)).or_default();
        *number += 1;
        cx.observe(Observation::Accepted { id, group, number: *number });
        Some(*number)
    }

    /// A message that has its number goes to all members. What is to be kept of it.
    pub fn cast(
        &mut self,
        group: ObjectId,
        multicast: Multicast,
        cx: &mut Context<'_, ClientServer>,
    ) -> Posted {
        let Multicast { id, order, number, .. } = multicast;
        let members = self.audiences.of(group).map_or(0, |here| here.len());
        cx.observe(Observation::Numbered { id, group, order, number, access_peers: 1, members });
        self.audiences.deliver(group, Element::Message(multicast), cx);
        Posted { group, multicast, keep: self.keep }
    }
}
