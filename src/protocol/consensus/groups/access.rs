//! All groups of an access peer: members, registrations, questions to members of the log.

use super::super::access::{Access, Desk};
use super::super::{Config, Timer};
use super::group::{GAP_PATIENCE, Group, Question};
use super::relaying::Passed;
use super::{Fill, Filled, Message, Poll, PollReply};
use crate::node::{NodeId, ObjectId, Operation, OperationId, Time, TimerId};
use crate::protocol::serving::groups::tree::{self, Tree, patience};
use crate::protocol::serving::groups::{self as serving, Audiences, Back, Entry, Stamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rest of the peer, for one step.
pub(in crate::protocol::consensus) struct Around<'a, 'd, 'c> {
    pub access: &'a mut Access,
    pub desk: Desk<'d, 'c>,
}

impl Around<'_, '_, '_> {
    pub(super) fn now(&self) -> Time {
        self.desk.cx.now()
    }
}

/// The groups that a peer's clients are members of.
pub(in crate::protocol::consensus) struct Groups {
    pub(super) config: Arc<Config>,
    audiences: Audiences,
    pub(super) groups: BTreeMap<ObjectId, Group>,
    pub(super) tree: Tree<Passed>,
    /// Entries on their way that say that a peer has no members.
    pub(super) absences: BTreeMap<OperationId, (ObjectId, NodeId)>,
    alarms: BTreeMap<ObjectId, (Time, TimerId)>,
    /// Registrations in this incarnation.
    stamps: u32,
    polls: u32,
    is_leaving: bool,
}

impl Groups {
    pub fn new(config: Arc<Config>) -> Self {
        Self {
            audiences: Audiences::new(config.group_log.max(1) as usize),
            groups: BTreeMap::new(),
            tree: Tree::new(0, config.fanout, tree::BOUND),
            config,
            absences: BTreeMap::new(),
            alarms: BTreeMap::new(),
            stamps: 0,
            polls: 0,
            is_leaving: false,
        }
    }

    /// Messages whose children in the tree haven't all acknowledged.
    pub fn relays(&self) -> usize {
        self.tree.len()
    }

    // Members.

    /// For the answer to a heartbeat.
    pub fn places(&self, client: NodeId) -> Box<[(ObjectId, u32)]> {
        self.audiences.places(client)
    }

    /// A client speaks of its groups.
    pub fn on_member(
        &mut self,
        client: NodeId,
        message: &serving::Message,
        around: &mut Around<'_, '_, '_>,
    ) {
        match *message {
            serving::Message::Enter { group, turn, back } if !self.is_leaving => {
                self.enter(client, (group, turn), back, around);
            }
            serving::Message::Exit { group, turn } => self.exit(client, (group, turn), around),
            serving::Message::Missing { group, from, to } => {
                self.audiences.missing(client, group, (from, to), around.desk.cx);
            }
            _ => {}
        }
    }

    fn enter(
        &mut self,
        client: NodeId,
        (group, turn): (ObjectId, u32),
        back: Option<Back>,
        around: &mut Around<'_, '_, '_>,
    ) {
        let log = around.desk.logs.world.log_of(group);
        self.groups.entry(group).or_insert_with(|| Group::new(log));
        self.audiences.enter(client, group, turn, back);
        self.register(group, false, around);
        self.settle(group, around);
    }

    fn exit(
        &mut self,
        client: NodeId,
        (group, turn): (ObjectId, u32),
        around: &mut Around<'_, '_, '_>,
    ) {
        if self.audiences.exit(client, group, turn, around.desk.cx) {
            self.shrank(group, around);
        }
    }

    /// A client is served here no more.
    pub fn lose(&mut self, client: NodeId, around: &mut Around<'_, '_, '_>) {
        for group in self.audiences.lose(client) {
            self.shrank(group, around);
        }
    }

    fn shrank(&mut self, group: ObjectId, around: &mut Around<'_, '_, '_>) {
        if self.audiences.of(group).is_none_or(|here| here.len() == 0) {
            self.close(group, around);
        } else {
            self.register(group, false, around);
            self.settle(group, around);
        }
    }

    /// Without members, the log is told so, and the group is forgotten.
    fn close(&mut self, group: ObjectId, around: &mut Around<'_, '_, '_>) {
        self.audiences.close(group);
        if let Some(here) = self.groups.remove(&group)
            && (here.registered.is_some() || here.pending.is_some())
        {
            let entry = self.entry(0, around);
            self.tell_absent(group, entry, around);
        }
        self.rearm(group, around);
    }

    /// The peer is leaving: its clients go elsewhere.
    pub fn leave(&mut self, around: &mut Around<'_, '_, '_>) {
        self.is_leaving = true;
        for group in self.groups.keys().copied().collect::<Vec<_>>() {
            self.close(group, around);
        }
    }

    // Registrations.

    pub(super) fn entry(&mut self, members: u32, around: &Around<'_, '_, '_>) -> Entry {
        self.stamps += 1;
        let cx = &around.desk.cx;
        let stamp = Stamp { incarnation: cx.incarnation(), count: self.stamps };
        Entry { peer: cx.id(), stamp, members }
    }

    /// Puts an entry into the group's log; the name that its answer will have.
    fn propose(
        group: ObjectId,
        entry: Entry,
        name: u32,
        around: &mut Around<'_, '_, '_>,
    ) -> OperationId {
        // No two incarnations have the same names, as long as they register seldom enough.
        let incarnation = around.desk.cx.incarnation();
        let count = incarnation.wrapping_mul(1 << 16).wrapping_add(name);
        let id = OperationId { client: around.desk.cx.id(), count };
        let operation = match entry.members {
            0 => Operation::Leave { group },
            _ => Operation::Join { group },
        };
        around.access.begin(id, operation, (0, Some(entry)), &mut around.desk);
        id
    }

    /// Sees to it that the log knows of the members here: at the first one, and when their number
    /// has changed by a factor of 2; `anew`: it doesn't know what it was told.
    fn register(&mut self, group: ObjectId, anew: bool, around: &mut Around<'_, '_, '_>) {
        let members = self.audiences.of(group).map_or(0, |here| here.len());
        let Some(here) = self.groups.get(&group).filter(|here| here.pending.is_none()) else {
            return;
        };
        let is_close = |entry: Entry| {
            members < entry.members.saturating_mul(2) && members.saturating_mul(2) > entry.members
        };
        if members == 0 || !anew && here.registered.is_some_and(is_close) {
            return;
        }
        let entry = self.entry(members, around);
        let id = Self::propose(group, entry, self.stamps, around);
        if let Some(here) = self.groups.get_mut(&group) {
            here.pending = Some((id, entry));
        }
    }

    /// The log is told that a peer has no members of a group, unless that is on its way.
    pub(super) fn tell_absent(
        &mut self,
        group: ObjectId,
        entry: Entry,
        around: &mut Around<'_, '_, '_>,
    ) {
        if entry.peer != around.desk.cx.id() {
            if self.absences.values().any(|&absent| absent == (group, entry.peer)) {
                return;
            }
            self.stamps += 1;
        }
        let id = Self::propose(group, entry, self.stamps, around);
        self.absences.insert(id, (group, entry.peer));
    }

    /// The log answers an entry of this peer's own.
    pub fn on_answer(&mut self, id: OperationId, around: &mut Around<'_, '_, '_>) {
        if self.absences.remove(&id).is_some() {
            return;
        }
        let is_it = |here: &Group| here.pending.is_some_and(|(pending, _)| pending == id);
        let Some((&group, here)) = self.groups.iter_mut().find(|(_, here)| is_it(here)) else {
            return;
        };
        here.registered = here.pending.take().map(|(_, entry)| entry);
        here.poll = around.now() + self.config.repair_interval;
        self.register(group, false, around);
        self.settle(group, around);
    }

    // Messages.

    /// What other peers say.
    pub fn on_message(&mut self, from: NodeId, message: Message, around: &mut Around<'_, '_, '_>) {
        match message {
            Message::Relay(relay) => self.on_relay(from, relay, around),
            Message::RelayAck { group, id } => {
                self.tree.on_ack(from, (group, id), &mut around.desk);
            }
            Message::Fill(Fill { group, after }) => match around.desk.logs.fill(group, after) {
                Some(filled) => around.desk.cx.send(from, Message::Filled(filled)),
                None => around.desk.logs.deny(from, group, around.desk.cx),
            },
            Message::Poll(Poll { group, entry }) => match around.desk.logs.poll(group, entry) {
                Some(reply) => around.desk.cx.send(from, Message::PollReply(reply)),
                None => around.desk.logs.deny(from, group, around.desk.cx),
            },
            Message::Filled(filled) => self.on_filled(&filled, around),
            Message::PollReply(reply) => self.on_poll_reply(reply, around),
        }
    }

    fn on_filled(&mut self, filled: &Filled, around: &mut Around<'_, '_, '_>) {
        let Some(here) = self.groups.get_mut(&filled.group) else { return };
        if let Some(place) = here.on_filled(filled, around.now()) {
            self.audiences.open(filled.group, place, Default::default());
        }
        self.settle(filled.group, around);
    }

    fn on_poll_reply(&mut self, reply: PollReply, around: &mut Around<'_, '_, '_>) {
        let Some(here) = self.groups.get_mut(&reply.group) else { return };
        here.there_is(reply.place);
        if !reply.known {
            self.register(reply.group, true, around);
        }
        self.settle(reply.group, around);
    }

    // What is due.

    /// [`Timer::Group`] fired.
    pub fn on_group_timer(&mut self, group: ObjectId, around: &mut Around<'_, '_, '_>) {
        self.alarms.remove(&group);
        let now = around.now();
        let Some(here) = self.groups.get_mut(&group) else { return };
        if here.poll <= now {
            here.poll = now + self.config.repair_interval;
            if let Some(entry) = here.registered {
                self.poll(group, entry, around);
            }
        }
        self.settle(group, around);
    }

    fn poll(&mut self, group: ObjectId, entry: Entry, around: &mut Around<'_, '_, '_>) {
        if let Some(reply) = around.desk.logs.poll(group, entry) {
            return self.on_poll_reply(reply, around);
        }
        self.polls = self.polls.wrapping_add(1);
        let (turn, log) = (self.polls % self.config.replicas, around.desk.logs.world.log_of(group));
        if let Some(member) = around.access.member(log, turn, &mut around.desk) {
            around.desk.cx.send(member, Message::Poll(Poll { group, entry }));
        }
    }

    /// Hands out what can be, welcomes who can be welcomed, and asks for what lacks.
    pub(super) fn settle(&mut self, group: ObjectId, around: &mut Around<'_, '_, '_>) {
        while let Some(here) = self.groups.get_mut(&group) {
            while let Some(element) = here.next() {
                self.audiences.deliver(group, element, around.desk.cx);
            }
            let Some(audience) = self.audiences.of(group) else { break };
            if here.registered.is_none() {
                break;
            }
            if audience.has_waiting()
                && let Some((number, value, older)) = here.welcome(audience)
            {
                self.audiences.welcome(group, (number, value), older, around.desk.cx);
                here.welcomed();
                continue;
            }
            let Some((after, at_once)) = here.wants(audience) else {
                here.question = None;
                break;
            };
            let now = around.now();
            let due = if at_once { now } else { now + GAP_PATIENCE };
            let open = here.question.filter(|question| question.after == after);
            let question = *here.question.insert(open.unwrap_or(Question { after, due, tries: 0 }));
            if question.due > now || !self.ask(group, around) {
                break;
            }
        }
        self.rearm(group, around);
    }

    /// Asks what is to be asked; whether the answer is there already, because this peer is a member of
    /// the log itself.
    fn ask(&mut self, group: ObjectId, around: &mut Around<'_, '_, '_>) -> bool {
        let now = around.now();
        let Some(here) = self.groups.get_mut(&group) else { return false };
        let (log, Some(question)) = (here.log, &mut here.question) else { return false };
        let Question { after, tries, .. } = *question;
        question.tries += 1;
        let own = around.desk.logs.fill(group, after).filter(|_| tries == 0);
        if let Some(filled) = own {
            if let Some(place) = here.on_filled(&filled, now) {
                self.audiences.open(group, place, Default::default());
            }
            return true;
        }
        let member = around.access.member(log, tries, &mut around.desk);
        let wait = match member {
            Some(member) => {
                around.desk.cx.send(member, Message::Fill(Fill { group, after }));
                let round = tries / self.config.replicas.max(1);
                patience(around.desk.overlay.timeout(member), round)
            }
            None => GAP_PATIENCE,
        };
        question.due = now + wait;
        false
    }

    /// One timer a group, armed for the first that is due.
    fn rearm(&mut self, group: ObjectId, around: &mut Around<'_, '_, '_>) {
        let here = self.groups.get(&group).filter(|here| here.registered.is_some());
        let question = here.and_then(|here| here.question).map(|question| question.due);
        let poll = here.map(|here| here.poll).filter(|&poll| poll != Time::NEVER);
        let due = question.into_iter().chain(poll).min();
        if let Some(&(at, timer)) = self.alarms.get(&group) {
            if due.is_some_and(|due| at <= due) {
                return;
            }
            around.desk.cx.disarm(timer);
            self.alarms.remove(&group);
        }
        if let Some(due) = due {
            let timer = around.desk.cx.arm(Timer::Group(group), due.since(around.now()));
            self.alarms.insert(group, (due, timer));
        }
    }
}
