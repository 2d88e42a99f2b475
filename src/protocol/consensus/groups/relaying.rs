//! Messages on their way down the trees of access peers (`serving/groups/tree.rs`).

use super::super::Timer;
use super::super::access::Desk;
use super::access::{Around, Groups};
use super::{Cast, Message, Relay};
use crate::node::{NodeId, ObjectId, OperationId, Span, Time, TimerId};
use crate::protocol::serving::groups::tree::{Bough, Load};
use crate::protocol::serving::groups::{Entry, Multicast};

/// A message on its way to access peers.
#[derive(Clone, Copy)]
pub(super) struct Passed {
    group: ObjectId,
    place: u32,
    multicast: Multicast,
}

impl Load for Passed {
    fn key(&self) -> (ObjectId, OperationId) {
        (self.group, self.multicast.id)
    }
}

impl Bough<Passed> for Desk<'_, '_> {
    fn now(&self) -> Time {
        self.cx.now()
    }
    fn timeout(&self, peer: NodeId) -> Span {
        self.overlay.timeout(peer)
    }
    fn measured(&mut self, peer: NodeId, round_trip: Span) {
        let now = self.cx.now();
        self.overlay.measured(peer, round_trip, now);
    }
    fn relay(&mut self, to: NodeId, load: Passed, list: Box<[Entry]>) {
        let Passed { group, place, multicast } = load;
        self.cx.send(to, Message::Relay(Relay { group, place, multicast, list }));
    }
    fn arm(&mut self, token: u32, after: Span) -> TimerId {
        self.cx.arm(Timer::Relay(token), after)
    }
    fn disarm(&mut self, timer: TimerId) {
        self.cx.disarm(timer);
    }
}

impl Groups {
    /// A message that was decided here goes to all access peers with members.
    pub fn cast(&mut self, cast: Cast, around: &mut Around<'_, '_, '_>) {
        let Cast { group, place, multicast, roll } = cast;
        let me = around.desk.cx.id();
        let mut list: Vec<Entry> = roll.into_iter().filter(|entry| entry.peer != me).collect();
        around.desk.cx.rng().shuffle(&mut list);
        let load = Passed { group, place, multicast };
        self.tree.send(load, &list, &mut around.desk);
        self.take(load, around);
    }

    fn take(&mut self, load: Passed, around: &mut Around<'_, '_, '_>) {
        let most = self.config.group_log.max(1) as usize;
        if let Some(here) = self.groups.get_mut(&load.group) {
            here.take(load.place, load.multicast, most);
            self.settle(load.group, around);
        }
    }

    /// First the acknowledgement, then the others, then the members here, who may be many.
    pub(super) fn on_relay(&mut self, from: NodeId, relay: Relay, around: &mut Around<'_, '_, '_>) {
        let Relay { group, place, multicast, list } = relay;
        around.desk.cx.send(from, Message::RelayAck { group, id: multicast.id });
        let load = Passed { group, place, multicast };
        self.tree.send(load, &list, &mut around.desk);
        if self.groups.contains_key(&group) {
            return self.take(load, around);
        }
        // The log believes that there are members here.
        let me = around.desk.cx.id();
        if !self.absences.values().any(|&absent| absent == (group, me)) {
            let entry = self.entry(0, around);
            self.tell_absent(group, entry, around);
        }
    }

    /// [`Timer::Relay`] fired: children that stay silent are dead, and the log is told so.
    pub fn on_relay_timer(&mut self, token: u32, around: &mut Around<'_, '_, '_>) {
        let Some((group, dead)) = self.tree.on_timer(token, &mut around.desk) else { return };
        for entry in dead {
            self.tell_absent(group, Entry { members: 0, ..entry }, around);
        }
    }
}
