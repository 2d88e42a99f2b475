//! A client on one access peer at a time (CLIPPEE 1): it finds one, asks it for signs of life, hands
//! it the application's operations, and takes what is pending to the next one when it falls silent,
//! under the same operation ids.

use super::contacts::Contacts;
use super::{Message, Pending, Repeat, Response};
use crate::node::{
    Context, FailureCause, NodeId, Observation, Operation, OperationId, OperationKind, Outcome,
    Protocol, Span,
};
use crate::protocol::overlay::RoundTrip;

/// With all contacts used up, so long until the first ones are tried again.
const START_OVER: Span = Span::from_secs(5);
/// So many heartbeats unanswered: the access peer is dead.
const DEAD: u8 = 2;

/// A protocol whose clients these are.
pub(in crate::protocol) trait Host:
    Protocol<Message: From<Message>, Timer: From<Repeat> + From<ClientTimer>>
{
}
impl<H: Protocol<Message: From<Message>, Timer: From<Repeat> + From<ClientTimer>>> Host for H {}

/// A client's timers, apart from those of its pending operations. Each numbers the contact that it
/// is about, so that timers of former ones are known as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientTimer {
    /// The contact hasn't answered, or it is time to start over with the first ones.
    Contact(u32),
    /// It is time for a heartbeat.
    Heartbeat(u32),
}

/// What a client must know.
#[derive(Clone, Copy, Debug)]
pub(in crate::protocol) struct ClientConfig {
    pub heartbeat_interval: Span,
    pub operation_timeout: Span,
    pub object_bytes: u32,
}

/// Who serves this client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Nobody,
    Asked(NodeId),
    Attached(NodeId),
}

/// A client.
pub(in crate::protocol) struct Client {
    config: ClientConfig,
    pending: Vec<Pending>,
    /// From requests to their answers: what they take at the access peer is part of it.
    round_trip: RoundTrip,
    contacts: Contacts,
    access: Access,
    contact: u32,
    unanswered: u8,
}

impl Client {
    /// Boots, and turns to its first contact.
    pub fn boot<H: Host>(
        config: ClientConfig,
        contacts: &[NodeId],
        cx: &mut Context<'_, H>,
    ) -> Self {
        let mut client = Self {
            config,
            pending: Vec::new(),
            round_trip: RoundTrip::default(),
            contacts: Contacts::new(contacts),
            access: Access::Nobody,
            contact: 0,
            unanswered: 0,
        };
        client.move_on(cx);
        client
    }

    /// A message arrived.
    pub fn on_message<H: Host>(&mut self, from: NodeId, message: Message, cx: &mut Context<'_, H>) {
        match message {
            Message::Attached if self.access == Access::Asked(from) => self.attached(from, cx),
            // Too late: another contact was asked meanwhile, or serves this client already.
            Message::Attached if self.access != Access::Attached(from) => {
                cx.send(from, Message::Goodbye);
            }
            Message::Refused if self.is_current(from) => self.move_on(cx),
            Message::HeartbeatReply { fresh } if self.access == Access::Attached(from) => {
                self.unanswered = 0;
                if let Some(peer) = fresh {
                    self.contacts.learn(peer);
                }
            }
            Message::Response(response) => self.on_response(from, *response, cx),
            _ => {}
        }
    }

    /// A timer fired.
    pub fn on_timer<H: Host>(&mut self, timer: ClientTimer, cx: &mut Context<'_, H>) {
        match timer {
            ClientTimer::Contact(number) if number == self.contact => self.move_on(cx),
            ClientTimer::Heartbeat(number) if number == self.contact => self.ask(cx),
            ClientTimer::Contact(_) | ClientTimer::Heartbeat(_) => {}
        }
    }

    fn is_current(&self, peer: NodeId) -> bool {
        self.access == Access::Asked(peer) || self.access == Access::Attached(peer)
    }

    /// Turns to the next contact. An Attach isn't repeated: another contact is as good.
    fn move_on<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        self.contact = self.contact.wrapping_add(1);
        self.round_trip = RoundTrip::default();
        let next = self.contacts.next();
        self.access = next.map_or(Access::Nobody, Access::Asked);
        if let Some(peer) = next {
            cx.send(peer, Message::Attach);
        }
        let patience = if next.is_some() { self.round_trip.timeout() } else { START_OVER };
        cx.arm(ClientTimer::Contact(self.contact), patience);
    }

    fn attached<H: Host>(&mut self, peer: NodeId, cx: &mut Context<'_, H>) {
        // From here on, the timer that waited for this is a former contact's.
        self.contact = self.contact.wrapping_add(1);
        self.access = Access::Attached(peer);
        self.unanswered = 0;
        cx.observe(Observation::Attached { peer });
        let interval = self.config.heartbeat_interval;
        if !interval.is_never() {
            let phase = Span::from_nanos(cx.rng().below(interval.nanos().max(1)) + 1);
            cx.arm(ClientTimer::Heartbeat(self.contact), phase);
        }
        // An operation whose time is up ends in this very nanosecond: its timer is left alone.
        let (now, rto) = (cx.now(), self.round_trip.timeout());
        for pending in self.pending.iter_mut().filter(|pending| now < pending.deadline) {
            pending.start(peer, self.config.object_bytes, rto, cx);
        }
    }

    /// Asks the access peer for a sign of life, or gives it up.
    fn ask<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        let Access::Attached(peer) = self.access else { return };
        if self.unanswered >= DEAD {
            return self.move_on(cx);
        }
        self.unanswered += 1;
        cx.send(peer, Message::Heartbeat);
        cx.arm(ClientTimer::Heartbeat(self.contact), self.config.heartbeat_interval);
    }

    /// What is pending ends here without a word: the application is gone too.
    pub fn leave<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        if let Access::Attached(peer) | Access::Asked(peer) = self.access {
            cx.send(peer, Message::Goodbye);
        }
        self.access = Access::Nobody;
        self.contact = self.contact.wrapping_add(1);
        for mut pending in std::mem::take(&mut self.pending) {
            pending.disarm(cx);
        }
    }

    /// The application asks for something; what isn't done to objects fails at once.
    pub fn begin<H: Host>(
        &mut self,
        id: OperationId,
        operation: Operation,
        cx: &mut Context<'_, H>,
    ) {
        if !matches!(operation.kind(), OperationKind::Read | OperationKind::Update) {
            let outcome =
                Outcome::Failed { cause: FailureCause::Unreachable, maybe_applied: false };
            return cx.observe(Observation::Ended { id, outcome });
        }
        let mut pending = Pending::new(id, operation, cx.now(), self.config.operation_timeout);
        match self.access {
            Access::Attached(peer) => {
                pending.start(peer, self.config.object_bytes, self.round_trip.timeout(), cx);
            }
            // It goes to the next access peer as soon as there is one.
            _ => pending.wait(cx),
        }
        self.pending.push(pending);
    }

    /// A pending operation is due for its end or for a repeat.
    pub fn on_due<H: Host>(&mut self, Repeat(count): Repeat, cx: &mut Context<'_, H>) {
        let Some(place) = self.place(count) else { return };
        let pending = &mut self.pending[place];
        if cx.now() >= pending.deadline {
            let outcome = pending.timed_out();
            return self.finish(place, outcome, cx);
        }
        match self.access {
            Access::Attached(peer) => pending.repeat(peer, self.config.object_bytes, cx),
            _ => pending.wait(cx),
        }
    }

    fn on_response<H: Host>(&mut self, from: NodeId, response: Response, cx: &mut Context<'_, H>) {
        let Response { id, mut outcome } = response;
        let Some(place) = self.place(id.count) else { return };
        let (pending, current) = (&mut self.pending[place], self.access == Access::Attached(from));
        if let Outcome::Failed { maybe_applied, .. } = &mut outcome {
            if !current {
                // A former access peer gave up; the present one is still at it.
                return;
            }
            *maybe_applied |= pending.is_moved() && pending.is_update();
        }
        if let Some(took) = pending.round_trip(cx.now()).filter(|_| current) {
            self.round_trip.sample(took);
        }
        pending.disarm(cx);
        self.finish(place, outcome, cx);
    }

    fn finish<H: Host>(&mut self, place: usize, outcome: Outcome, cx: &mut Context<'_, H>) {
        let Pending { id, .. } = self.pending.remove(place);
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
        cx.observe(Observation::Ended { id, outcome });
    }

    fn place(&self, count: u32) -> Option<usize> {
        self.pending.iter().position(|pending| pending.id.count == count)
    }
}
