//! A message's way: uplink, network, downlink, processor. Each end keeps its own queues.

use super::Shard;
use crate::node::{
    Bug, DropCause, Happening, Incarnation, Input, MessageKind, NodeId, Observer, Protocol, Span,
    Time, WireSize, planted,
};
use crate::sim::event::{Event, Kind};
use crate::sim::fault::{Letter, Passing};
use crate::sim::network::transmission;
use crate::sim::post::Parcel;

impl<P: Protocol, O: Observer<P>> Shard<P, O> {
    pub(super) fn send(&mut self, at: Time, from: NodeId, to: NodeId, message: P::Message) {
        let (kind, bytes) = (message.kind(), message.wire_size());
        self.observer.sent(at, from, to, kind, bytes);
        let seq = self.next_seq(from);
        let handle = self.parcels.insert(Parcel { to, message });
        self.observer.set_off(self.message_name(handle));
        let event =
            Event { at, target: from, origin: from, seq, kind: Kind::Depart, a: handle, b: 0 };
        let Some(rate) = self.plan.uplink else { return self.transmit(&event) };
        let incarnation = self.nodes.incarnation(from);
        if let Some(backlog) = self.nodes.backlog(from) {
            backlog.uplink_until = backlog.uplink_until.max(at) + transmission(bytes, rate);
            self.queue.push(Event { at: backlog.uplink_until, b: incarnation, ..event });
        }
    }

    pub(super) fn depart(&mut self, event: &Event) {
        if self.nodes.is_live_in(event.origin, event.b) {
            self.transmit(event);
        } else {
            let Parcel { to, message } = self.parcels.take(event.a);
            self.dropped(event.at, event.origin, to, &message, DropCause::Crash);
        }
    }

    /// The network takes over the parcel of a [`Kind::Depart`] event.
    pub(super) fn transmit(&mut self, event: &Event) {
        let &Event { at, origin: from, seq, a: handle, .. } = event;
        let parcel = self.parcels.item(handle).expect("it departs once");
        let to = parcel.to;
        let (fate, cause) = if self.troubles.weather.is_calm() {
            (self.plan.network.fate(from, to, seq), DropCause::Loss)
        } else {
            let passing = Passing { at, from, to, seq, kind: parcel.message.kind() };
            self.troubles.weather.fate(&self.plan.network, passing)
        };
        if let Some(delay) = fate.second {
            let message = self.parcels.item(handle).expect("it departs once").message.clone();
            if !planted(Bug::DuplicateNotTold) {
                self.observer.duplicated(at, from, to, message.kind(), message.wire_size());
            }
            let copy = self.parcels.insert(Parcel { to, message });
            self.observer.copied(self.message_name(handle), self.message_name(copy));
            let seq = self.next_seq(from);
            self.approach(at + delay, from, to, seq, copy);
        }
        if let Some(delay) = fate.first {
            self.approach(at + delay, from, to, seq, handle);
        } else {
            let Parcel { to, message } = self.parcels.take(handle);
            self.dropped(at, from, to, &message, cause);
        }
    }

    pub(super) fn approach(&mut self, at: Time, from: NodeId, to: NodeId, seq: u32, handle: u32) {
        let kind = Kind::Arrive;
        let event = Event { at, target: to, origin: from, seq, kind, a: handle, b: 0 };
        if self.territory.owns(to) {
            self.queue.push(event);
        } else {
            self.post(event);
        }
    }

    pub(super) fn arrive(&mut self, event: &Event) {
        let &Event { at, target, origin, a: handle, .. } = event;
        if !self.nodes.is_live(target) {
            let Parcel { to, message } = self.parcels.take(handle);
            return self.dropped(at, origin, to, &message, DropCause::Dead);
        }
        let service = self.plan.group(self.nodes.role(target)).service_time;
        let incarnation = self.nodes.incarnation(target);
        let mut ready = at;
        if let Some(rate) = self.plan.downlink {
            let bytes = self.parcels.item(handle).expect("it arrives once").message.wire_size();
            if let Some(backlog) = self.nodes.backlog(target) {
                ready = backlog.downlink_until.max(ready) + transmission(bytes, rate);
                backlog.downlink_until = ready;
            }
        }
        // At a node that is paused or catching up, the waiting line takes its service.
        if service > Span::ZERO
            && !self.troubles.pauses.concerns(target)
            && let Some(backlog) = self.nodes.backlog(target)
        {
            ready = backlog.busy_until.max(ready) + service;
            backlog.busy_until = ready;
        }
        if ready == at {
            self.handle(at, target, origin, handle, incarnation);
        } else {
            self.queue.push(Event { at: ready, kind: Kind::Handle, b: incarnation, ..*event });
        }
    }

    pub(super) fn handle(
        &mut self,
        at: Time,
        node: NodeId,
        from: NodeId,
        handle: u32,
        incarnation: Incarnation,
    ) {
        let letter = Letter { from, handle, incarnation };
        if !self.troubles.pauses.defer_letter(node, at, letter) {
            self.deliver(at, node, letter);
        }
    }

    /// The node handles a message.
    pub(super) fn deliver(&mut self, at: Time, node: NodeId, letter: Letter) {
        let Letter { from, handle, incarnation } = letter;
        let Parcel { to, message } = self.parcels.take(handle);
        if !self.nodes.is_live_in(node, incarnation) {
            return self.dropped(at, from, to, &message, DropCause::Crash);
        }
        let cause = Some(self.message_name(handle));
        self.tell(at, node, cause, Happening::Message { from, message: &message });
        self.step(at, node, Input::Message { from, message });
    }

    pub(super) fn dropped(
        &mut self,
        at: Time,
        from: NodeId,
        to: NodeId,
        message: &P::Message,
        why: DropCause,
    ) {
        self.observer.dropped(at, from, to, message.kind(), message.wire_size(), why);
    }
}
