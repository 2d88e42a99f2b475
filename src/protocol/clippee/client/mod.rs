//! A client (CLIPPEE 1): thin, transient, on one access peer at a time.
//!
//! It finds an access peer, asks it for signs of life, hands it the application's operations, and
//! takes what is pending to the next one when it falls silent, under the same operation ids. All
//! knowledge of objects is the peers'.
//!
//! An idle client costs little, since a run may have a million: no list on the heap, one timer.

#[cfg(test)]
mod tests;

use super::message::{Request, Response};
use super::{Clippee, Config, Message, Timer};
use crate::node::{
    Context, FailureCause, Input, NodeId, Observation, Operation, OperationId, OperationKind,
    Outcome, Setup, Span, Time, TimerId,
};
use crate::protocol::overlay::RoundTrip;
use crate::protocol::serving::contacts::Contacts;
use std::sync::Arc;

/// With all contacts used up, so long until the first ones are tried again.
const START_OVER: Span = Span::from_secs(5);
/// So many heartbeats unanswered: the access peer is dead.
const DEAD: u8 = 2;

/// Who serves this client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Nobody,
    Asked(NodeId),
    Attached(NodeId),
}

/// An operation of the application that hasn't ended.
#[derive(Debug)]
struct Pending {
    id: OperationId,
    operation: Operation,
    deadline: Time,
    sent_at: Time,
    /// Before the next repeat.
    wait: Span,
    timer: Option<TimerId>,
    sends: u32,
    /// An earlier access peer may have carried it out.
    moved: bool,
}

/// A client.
pub struct Client {
    config: Arc<Config>,
    pending: Vec<Pending>,
    /// From requests to their answers: what they take at the access peer is part of it.
    round_trip: RoundTrip,
    contacts: Contacts,
    access: Access,
    /// Numbers the contacts turned to, so that timers of former ones are known as such.
    contact: u32,
    object_bytes: u32,
    unanswered: u8,
}

impl Client {
    pub(super) fn boot(setup: &Setup<'_, Clippee>, cx: &mut Context<'_, Clippee>) -> Self {
        let mut client = Self {
            config: setup.config.clone(),
            pending: Vec::new(),
            round_trip: RoundTrip::default(),
            contacts: Contacts::new(setup.contacts),
            access: Access::Nobody,
            contact: 0,
            object_bytes: setup.world.object_bytes,
            unanswered: 0,
        };
        client.move_on(cx);
        client
    }

    pub(super) fn step(&mut self, input: Input<Clippee>, cx: &mut Context<'_, Clippee>) {
        match input {
            Input::Message { from, message } => self.on_message(from, message, cx),
            Input::Timer(Timer::Contact(number)) if number == self.contact => self.move_on(cx),
            Input::Timer(Timer::Heartbeat(number)) if number == self.contact => self.ask(cx),
            Input::Timer(Timer::Pending(count)) => self.on_due(count, cx),
            Input::Timer(_) => {}
            Input::Operation { id, operation } => self.begin(id, operation, cx),
            Input::Leave => self.leave(cx),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, cx: &mut Context<'_, Clippee>) {
        match message {
            Message::Attached if self.access == Access::Asked(from) => self.attached(from, cx),
            // Too late: another contact was asked meanwhile, or serves this client already.
            Message::Attached if self.access != Access::Attached(from) => {
                cx.send(from, Message::Goodbye);
            }
            Message::Refused if self.is_current(from) => self.move_on(cx),
            Message::HeartbeatReply { fresh, .. } if self.access == Access::Attached(from) => {
                self.unanswered = 0;
                if let Some(peer) = fresh {
                    self.contacts.learn(peer);
                }
            }
            Message::Response(response) => self.on_response(from, *response, cx),
            _ => {}
        }
    }

    fn is_current(&self, peer: NodeId) -> bool {
        self.access == Access::Asked(peer) || self.access == Access::Attached(peer)
    }

    // Attachment.

    /// Turns to the next contact. An Attach isn't repeated: another contact is as good.
    fn move_on(&mut self, cx: &mut Context<'_, Clippee>) {
        self.contact = self.contact.wrapping_add(1);
        self.round_trip = RoundTrip::default();
        let next = self.contacts.next();
        self.access = next.map_or(Access::Nobody, Access::Asked);
        if let Some(peer) = next {
            cx.send(peer, Message::Attach);
        }
        let patience = if next.is_some() { self.round_trip.timeout() } else { START_OVER };
        cx.arm(Timer::Contact(self.contact), patience);
    }

    fn attached(&mut self, peer: NodeId, cx: &mut Context<'_, Clippee>) {
        // From here on, the timer that waited for this is a former contact's.
        self.contact = self.contact.wrapping_add(1);
        self.access = Access::Attached(peer);
        self.unanswered = 0;
        cx.observe(Observation::Attached { peer });
        let interval = self.config.heartbeat_interval;
        if !interval.is_never() {
            let phase = Span::from_nanos(cx.rng().below(interval.nanos().max(1)) + 1);
            cx.arm(Timer::Heartbeat(self.contact), phase);
        }
        // An operation whose time is up ends in this very nanosecond: its timer is left alone.
        let now = cx.now();
        for pending in self.pending.iter_mut().filter(|pending| now < pending.deadline) {
            pending.moved = pending.sends > 0;
            pending.wait = self.round_trip.timeout();
            pending.disarm(cx);
            pending.send(peer, self.object_bytes, cx);
        }
    }

    /// Asks the access peer for a sign of life, or gives it up.
    fn ask(&mut self, cx: &mut Context<'_, Clippee>) {
        let Access::Attached(peer) = self.access else { return };
        if self.unanswered >= DEAD {
            return self.move_on(cx);
        }
        self.unanswered += 1;
        cx.send(peer, Message::Heartbeat);
        let interval = self.config.heartbeat_interval;
        // The last chance isn't given a whole interval.
        let last = self.unanswered == DEAD;
        let wait = if last { interval.min(self.round_trip.timeout()) } else { interval };
        cx.arm(Timer::Heartbeat(self.contact), wait);
    }

    /// What is pending ends here without a word: the application is gone too.
    fn leave(&mut self, cx: &mut Context<'_, Clippee>) {
        if let Access::Attached(peer) | Access::Asked(peer) = self.access {
            cx.send(peer, Message::Goodbye);
        }
        self.access = Access::Nobody;
        self.contact = self.contact.wrapping_add(1);
        for pending in std::mem::take(&mut self.pending) {
            pending.disarm(cx);
        }
    }

    // Operations.

    fn begin(&mut self, id: OperationId, operation: Operation, cx: &mut Context<'_, Clippee>) {
        let timeout = self.config.operation_timeout;
        let mut pending = Pending {
            id,
            operation,
            deadline: cx.now() + timeout,
            sent_at: cx.now(),
            wait: self.round_trip.timeout(),
            timer: None,
            sends: 0,
            moved: false,
        };
        match self.access {
            Access::Attached(peer) => pending.send(peer, self.object_bytes, cx),
            // It goes to the next access peer as soon as there is one.
            _ => pending.timer = Some(cx.arm(Timer::Pending(id.count), timeout)),
        }
        self.pending.push(pending);
    }

    /// A pending operation is due for its end or for a repeat.
    fn on_due(&mut self, count: u32, cx: &mut Context<'_, Clippee>) {
        let Some(place) = self.place(count) else { return };
        let pending = &mut self.pending[place];
        if cx.now() >= pending.deadline {
            let outcome = pending.timed_out();
            return self.finish(place, outcome, cx);
        }
        match self.access {
            Access::Attached(peer) => {
                pending.wait = pending.wait.times(2);
                pending.send(peer, self.object_bytes, cx);
            }
            _ => {
                let left = pending.deadline.since(cx.now());
                pending.timer = Some(cx.arm(Timer::Pending(count), left));
            }
        }
    }

    fn on_response(&mut self, from: NodeId, response: Response, cx: &mut Context<'_, Clippee>) {
        let Response { id, mut outcome } = response;
        let Some(place) = self.place(id.count) else { return };
        let (pending, current) = (&self.pending[place], self.access == Access::Attached(from));
        if let Outcome::Failed { maybe_applied, .. } = &mut outcome {
            if !current {
                // A former access peer gave up; the present one is still at it.
                return;
            }
            *maybe_applied |= pending.moved && pending.is_update();
        }
        if current && pending.sends == 1 {
            self.round_trip.sample(cx.now().since(pending.sent_at));
        }
        pending.disarm(cx);
        self.finish(place, outcome, cx);
    }

    fn finish(&mut self, place: usize, outcome: Outcome, cx: &mut Context<'_, Clippee>) {
        let Pending { id, .. } = self.pending.remove(place);
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
        end(id, outcome, cx);
    }

    fn place(&self, count: u32) -> Option<usize> {
        self.pending.iter().position(|pending| pending.id.count == count)
    }
}

impl Pending {
    fn is_update(&self) -> bool {
        self.operation.kind() == OperationKind::Update
    }

    /// Sends the request and arms the timer for its repeat (or its end).
    fn send(&mut self, peer: NodeId, object_bytes: u32, cx: &mut Context<'_, Clippee>) {
        let payload = if self.is_update() { object_bytes } else { 0 };
        let Self { id, operation, .. } = *self;
        cx.send(peer, Message::Request(Request { id, operation, payload, count: 0 }));
        self.sends += 1;
        self.sent_at = cx.now();
        let after = self.wait.min(self.deadline.since(cx.now()));
        self.timer = Some(cx.arm(Timer::Pending(id.count), after));
    }

    fn disarm(&self, cx: &mut Context<'_, Clippee>) {
        if let Some(timer) = self.timer {
            cx.disarm(timer);
        }
    }

    fn timed_out(&self) -> Outcome {
        if self.sends == 0 {
            return Outcome::Failed { cause: FailureCause::NoAccessPeer, maybe_applied: false };
        }
        Outcome::Failed { cause: FailureCause::Timeout, maybe_applied: self.is_update() }
    }
}

fn end(id: OperationId, outcome: Outcome, cx: &mut Context<'_, Clippee>) {
    cx.observe(Observation::Ended { id, outcome });
}
