//! A client (CLIPPEE 1): thin, transient, on one access peer at a time.
//!
//! It finds an access peer, asks it for signs of life, hands it the application's operations, and
//! takes what is pending to the next one when it falls silent, under the same operation ids. All
//! knowledge of objects is the peers'.
//!
//! An idle client costs little, since a run may have a million: no list on the heap, one timer.
//!
//! `pending.rs`: operations under way. Its groups are `serving/groups/`'s business.

mod pending;
#[cfg(test)]
mod tests;

use super::groups;
use super::message::Response;
use super::{Clippee, Config, Message, Timer};
use crate::node::{
    Answer, Bug, Context, Input, NodeId, ObjectId, Observation, Operation, OperationId, Order,
    Outcome, Setup, Span, Value, planted,
};
use crate::protocol::overlay::RoundTrip;
use crate::protocol::serving::contacts::Contacts;
use crate::protocol::serving::groups::{Count, Here, Memberships, Turn};
use pending::Pending;
use std::sync::Arc;

/// With all contacts used up, so long until the first ones are tried again.
const START_OVER: Span = Span::from_secs(5);
/// So many heartbeats unanswered: the access peer is dead.
const DEAD: u8 = 2;
/// A member knows so many messages again at least, should one be numbered twice.
const REMEMBERED: u32 = 64;

/// Who serves this client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Nobody,
    Asked(NodeId),
    Attached(NodeId),
}

/// A client.
pub struct Client {
    config: Arc<Config>,
    pending: Vec<Pending>,
    /// `None` until it has to do with a group: most clients of most runs never have.
    memberships: Option<Box<Memberships>>,
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
            memberships: None,
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

    pub(super) fn glance(&self) -> u32 {
        self.contact ^ u32::from(self.unanswered) ^ self.pending.len() as u32
    }

    pub(super) fn step(&mut self, input: Input<Clippee>, cx: &mut Context<'_, Clippee>) {
        match input {
            Input::Message { from, message } => self.on_message(from, message, cx),
            Input::Timer(Timer::Contact(number)) if number == self.contact => self.move_on(cx),
            Input::Timer(Timer::Heartbeat(number)) if number == self.contact => self.ask(cx),
            Input::Timer(Timer::Pending(count)) => self.on_due(count, cx),
            Input::Timer(Timer::Memberships) => {
                let here = self.here();
                if let Some(memberships) = &mut self.memberships {
                    memberships.on_timer(here, cx);
                }
            }
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
            Message::Refused { instead } if self.is_current(from) => {
                if let Some(peer) = instead {
                    self.contacts.refer(peer);
                }
                self.move_on(cx);
            }
            Message::HeartbeatReply { fresh, places } if self.access == Access::Attached(from) => {
                self.unanswered = 0;
                if let Some(peer) = fresh {
                    self.contacts.learn(peer);
                }
                self.on_places(&places, cx);
            }
            Message::Response(response) => self.on_response(from, *response, cx),
            Message::Group(message) if self.access == Access::Attached(from) => {
                self.on_group(message, cx);
            }
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
        let is_due = |pending: &&mut Pending| now < pending.deadline && !pending.held;
        for pending in self.pending.iter_mut().filter(is_due) {
            pending.moved = pending.sends > 0;
            pending.wait = self.round_trip.timeout();
            pending.disarm(cx);
            count(pending, &mut self.memberships);
            pending.send(peer, self.object_bytes, cx);
        }
        let here = self.here();
        if let Some(memberships) = &mut self.memberships {
            memberships.moved(here, cx);
        }
    }

    /// Asks the access peer for a sign of life, or gives it up.
    fn ask(&mut self, cx: &mut Context<'_, Clippee>) {
        let Access::Attached(peer) = self.access else { return };
        if self.unanswered >= DEAD && !planted(Bug::DeadAccessPeerKept) {
            return self.move_on(cx);
        }
        self.unanswered += 1;
        if let Some(memberships) = &mut self.memberships {
            memberships.asks(cx.now());
        }
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
        for mut pending in std::mem::take(&mut self.pending) {
            pending.disarm(cx);
        }
        self.memberships = None;
    }

    // Operations.

    fn begin(&mut self, id: OperationId, operation: Operation, cx: &mut Context<'_, Clippee>) {
        let mut pending = Pending::new(id, operation, cx.now(), self.config.operation_timeout);
        let turn = Turn::of(&operation);
        pending.held =
            turn.is_some() && self.pending.iter().any(|p| Turn::of(&p.operation) == turn);
        self.pending.push(pending);
        self.start(self.pending.len() - 1, cx);
    }

    /// Sends an operation for the first time, as soon as it is its turn and there is somebody to
    /// send it to.
    fn start(&mut self, place: usize, cx: &mut Context<'_, Clippee>) {
        let pending = &mut self.pending[place];
        pending.disarm(cx);
        if pending.held {
            return pending.wait_for_end(cx);
        }
        match pending.operation {
            Operation::Join { group } => {
                let now = cx.now();
                pending.had =
                    memberships_of(&mut self.memberships).joins(group, pending.id.count, now);
            }
            Operation::Leave { group } => {
                memberships_of(&mut self.memberships).leaves(group, pending.id.count);
            }
            _ => {}
        }
        match self.access {
            Access::Attached(peer) => {
                pending.wait = self.round_trip.timeout();
                count(pending, &mut self.memberships);
                pending.send(peer, self.object_bytes, cx);
            }
            // It goes to the next access peer as soon as there is one.
            _ => pending.wait_for_end(cx),
        }
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
            // What was never sent has nothing to repeat: the clock was set back meanwhile.
            Access::Attached(peer) if pending.sends > 0 => {
                pending.wait = pending.wait.times(2);
                pending.send(peer, self.object_bytes, cx);
            }
            _ => pending.wait_for_end(cx),
        }
    }

    fn on_response(&mut self, from: NodeId, response: Response, cx: &mut Context<'_, Clippee>) {
        let Response { id, mut outcome } = response;
        let Some(place) = self.place(id.count) else {
            if planted(Bug::LateAnswerEndsAgain) {
                cx.observe(Observation::Ended { id, outcome });
            }
            return;
        };
        let (pending, current) = (&self.pending[place], self.access == Access::Attached(from));
        if let Outcome::Failed { maybe_applied, .. } = &mut outcome {
            if !current {
                // A former access peer gave up; the present one is still at it.
                return;
            }
            *maybe_applied |= pending.moved && pending.changes();
        }
        if current {
            self.measure(place, cx);
        }
        self.finish(place, outcome, cx);
    }

    /// An answer came: what is sent once gives a sample.
    fn measure(&mut self, place: usize, cx: &Context<'_, Clippee>) {
        let pending = &self.pending[place];
        if pending.sends == 1 {
            self.round_trip.sample(cx.now().since(pending.sent_at));
        }
    }

    fn finish(&mut self, place: usize, outcome: Outcome, cx: &mut Context<'_, Clippee>) {
        let mut pending = self.pending.remove(place);
        pending.disarm(cx);
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
        let failed = matches!(outcome, Outcome::Failed { .. });
        if let (Operation::Join { group }, true) = (pending.operation, failed) {
            memberships_of(&mut self.memberships).join_failed(group);
        }
        cx.observe(Observation::Ended { id: pending.id, outcome });
        self.release(&pending, cx);
    }

    /// The next one of the turn, if that was the one that all others waited for.
    fn release(&mut self, ended: &Pending, cx: &mut Context<'_, Clippee>) {
        let Some(turn) = Turn::of(&ended.operation).filter(|_| !ended.held) else { return };
        let next = self.pending.iter().position(|p| Turn::of(&p.operation) == Some(turn));
        if let Some(place) = next {
            self.pending[place].held = false;
            if cx.now() < self.pending[place].deadline {
                self.start(place, cx);
            }
        }
    }

    fn place(&self, count: u32) -> Option<usize> {
        self.pending.iter().position(|pending| pending.id.count == count)
    }

    // Groups.

    fn here(&self) -> Here {
        let peer = match self.access {
            Access::Attached(peer) => Some(peer),
            _ => None,
        };
        let log = self.config.group_log.max(REMEMBERED) as usize;
        Here { peer, patience: self.round_trip.timeout(), log }
    }

    fn on_group(&mut self, message: groups::Message, cx: &mut Context<'_, Clippee>) {
        let here = self.here();
        let Some(memberships) = &mut self.memberships else { return };
        match message {
            groups::Message::Deliver(deliver) => memberships.on_deliver(deliver, here, cx),
            groups::Message::Welcome(welcome) => {
                let groups::Welcome { group, number, value, .. } = *welcome;
                let value = if planted(Bug::JoinerWithoutState) { Value::default() } else { value };
                memberships.welcomed(&welcome, here, cx);
                self.answered(Operation::Join { group }, Answer::Joined { number, value }, cx);
                if let Some(memberships) = &mut self.memberships {
                    memberships.drain(group, here, cx);
                }
            }
            groups::Message::Exited { group } => {
                self.answered(Operation::Leave { group }, Answer::Done, cx);
            }
            _ => {}
        }
    }

    /// The access peer has done what `operation` asks for: the one that is under way, if any, ends.
    fn answered(&mut self, operation: Operation, answer: Answer, cx: &mut Context<'_, Clippee>) {
        let is_asked = |p: &Pending| p.operation == operation && p.sends > 0;
        if let Some(place) = self.pending.iter().position(is_asked) {
            self.measure(place, cx);
            self.finish(place, Outcome::Ok(answer), cx);
        }
    }

    fn on_places(&mut self, places: &[(ObjectId, u32)], cx: &mut Context<'_, Clippee>) {
        if places.is_empty() && self.memberships.is_none() {
            return;
        }
        let here = self.here();
        let pending = &self.pending;
        let is_open =
            |group| pending.iter().any(|p| Turn::of(&p.operation) == Some(Turn::Be(group)));
        memberships_of(&mut self.memberships).on_places(places, is_open, here, cx);
    }
}

fn memberships_of(memberships: &mut Option<Box<Memberships>>) -> &mut Memberships {
    memberships.get_or_insert_default()
}

/// A multicast in fifo order gets its sender's count when it is sent for the first time: what is
/// never sent leaves no gap.
fn count(pending: &mut Pending, memberships: &mut Option<Box<Memberships>>) {
    if let Operation::Multicast { group, order: Order::Fifo, .. } = pending.operation
        && pending.count == Count::default()
    {
        pending.count = memberships_of(memberships).next_count(group, pending.id);
    }
}
