//! A client on one access peer at a time (CLIPPEE 1): it finds one, asks it for signs of life, hands
//! it the application's operations, and takes what is pending to the next one when it falls silent,
//! under the same operation ids.

use super::agenda::Agenda;
use super::contacts::Contacts;
use super::groups::{self, Here, Memberships, MembershipsDue, Said, Turn};
use super::{Message, Pending, Repeat, Response};
use crate::node::{
    Answer, Context, FailureCause, NodeId, ObjectId, Observation, Operation, OperationId, Outcome,
    Protocol, Span,
};
use crate::protocol::overlay::RoundTrip;

/// With all contacts used up, so long until the first ones are tried again.
const START_OVER: Span = Span::from_secs(5);
/// So many heartbeats unanswered: the access peer is dead.
const DEAD: u8 = 2;

/// A protocol whose clients these are.
pub(in crate::protocol) trait Host:
    Protocol<
        Message: From<Message> + From<Said>,
        Timer: From<Repeat> + From<ClientTimer> + From<MembershipsDue>,
    >
{
}
impl<H> Host for H where
    H: Protocol<
            Message: From<Message> + From<Said>,
            Timer: From<Repeat> + From<ClientTimer> + From<MembershipsDue>,
        >
{
}

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
    /// Elements of a group that are kept when they come early, and messages known again.
    pub group_log: u32,
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
    agenda: Agenda,
    /// `None` until it has to do with a group: most clients of most runs never have.
    memberships: Option<Box<Memberships>>,
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
            agenda: Agenda::default(),
            memberships: None,
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

    /// A timer fired.
    pub fn on_timer<H: Host>(&mut self, timer: ClientTimer, cx: &mut Context<'_, H>) {
        match timer {
            ClientTimer::Contact(number) if number == self.contact => self.move_on(cx),
            ClientTimer::Heartbeat(number) if number == self.contact => self.ask(cx),
            ClientTimer::Contact(_) | ClientTimer::Heartbeat(_) => {}
        }
    }

    /// Something about its groups is due.
    pub fn on_memberships_due<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        let here = self.here();
        if let Some(memberships) = &mut self.memberships {
            memberships.on_timer(here, cx);
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
        for pending in self.agenda.due(now) {
            pending.start(peer, self.config.object_bytes, rto, cx);
        }
        let here = self.here();
        if let Some(memberships) = &mut self.memberships {
            memberships.moved(here, cx);
        }
    }

    /// Asks the access peer for a sign of life, or gives it up.
    fn ask<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        let Access::Attached(peer) = self.access else { return };
        if self.unanswered >= DEAD {
            return self.move_on(cx);
        }
        self.unanswered += 1;
        if let Some(memberships) = &mut self.memberships {
            memberships.asks(cx.now());
        }
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
        for mut pending in self.agenda.take() {
            pending.disarm(cx);
        }
        self.memberships = None;
    }

    /// The application asks for something; what neither objects nor groups can do fails at once.
    pub fn begin<H: Host>(
        &mut self,
        id: OperationId,
        operation: Operation,
        cx: &mut Context<'_, H>,
    ) {
        if let Operation::Lookup { .. } = operation {
            let outcome =
                Outcome::Failed { cause: FailureCause::Unreachable, maybe_applied: false };
            return cx.observe(Observation::Ended { id, outcome });
        }
        let pending = Pending::new(id, operation, cx.now(), self.config.operation_timeout);
        let place = self.agenda.add(pending);
        self.start(place, cx);
    }

    /// Sends an operation for the first time, as soon as it is its turn and there is somebody to
    /// send it to.
    fn start<H: Host>(&mut self, place: usize, cx: &mut Context<'_, H>) {
        let pending = self.agenda.at(place);
        pending.disarm(cx);
        if pending.held {
            return pending.wait(cx);
        }
        let (turn, operation) = (pending.id.count, pending.operation);
        match operation {
            Operation::Join { group } => {
                let had = memberships_of(&mut self.memberships).joins(group, turn, cx.now());
                self.agenda.at(place).had = had;
            }
            Operation::Leave { group } => {
                memberships_of(&mut self.memberships).leaves(group, turn);
            }
            _ => {}
        }
        let pending = self.agenda.at(place);
        match self.access {
            Access::Attached(peer) => {
                pending.start(peer, self.config.object_bytes, self.round_trip.timeout(), cx);
            }
            // It goes to the next access peer as soon as there is one.
            _ => pending.wait(cx),
        }
    }

    /// A pending operation is due for its end or for a repeat.
    pub fn on_due<H: Host>(&mut self, Repeat(count): Repeat, cx: &mut Context<'_, H>) {
        let Some(place) = self.agenda.place(count) else { return };
        let pending = self.agenda.at(place);
        if cx.now() >= pending.deadline {
            let outcome = pending.timed_out();
            return self.finish(place, outcome, cx);
        }
        match self.access {
            // What was never sent has nothing to repeat: the clock was set back meanwhile.
            Access::Attached(peer) if !pending.held && !pending.is_unsent() => {
                pending.repeat(peer, self.config.object_bytes, cx);
            }
            _ => pending.wait(cx),
        }
    }

    fn on_response<H: Host>(&mut self, from: NodeId, response: Response, cx: &mut Context<'_, H>) {
        let Response { id, mut outcome } = response;
        let Some(place) = self.agenda.place(id.count) else { return };
        let (pending, current) = (self.agenda.at(place), self.access == Access::Attached(from));
        if let Outcome::Failed { maybe_applied, .. } = &mut outcome {
            if !current {
                // A former access peer gave up; the present one is still at it.
                return;
            }
            *maybe_applied |= pending.is_moved() && pending.changes();
        }
        if let Some(took) = pending.round_trip(cx.now()).filter(|_| current) {
            self.round_trip.sample(took);
        }
        self.finish(place, outcome, cx);
    }

    fn finish<H: Host>(&mut self, place: usize, outcome: Outcome, cx: &mut Context<'_, H>) {
        self.agenda.at(place).disarm(cx);
        let (ended, next) = self.agenda.remove(place, cx.now());
        let failed = matches!(outcome, Outcome::Failed { .. });
        if let (Operation::Join { group }, true) = (ended.operation, failed) {
            memberships_of(&mut self.memberships).join_failed(group);
        }
        cx.observe(Observation::Ended { id: ended.id, outcome });
        if let Some(next) = next {
            self.start(next, cx);
        }
    }

    // Groups.

    fn here(&self) -> Here {
        let peer = match self.access {
            Access::Attached(peer) => Some(peer),
            _ => None,
        };
        let log = self.config.group_log.max(1) as usize;
        Here { peer, patience: self.round_trip.timeout(), log }
    }

    fn on_group<H: Host>(&mut self, message: groups::Message, cx: &mut Context<'_, H>) {
        let here = self.here();
        let Some(memberships) = &mut self.memberships else { return };
        match message {
            groups::Message::Deliver(deliver) => memberships.on_deliver(deliver, here, cx),
            groups::Message::Welcome(welcome) => {
                let groups::Welcome { group, number, value, .. } = *welcome;
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
    fn answered<H: Host>(&mut self, operation: Operation, answer: Answer, cx: &mut Context<'_, H>) {
        // No sample of the round trip: an access peer answers this by itself, and what is asked next
        // goes further.
        let Some(place) = self.agenda.asked(operation) else { return };
        self.finish(place, Outcome::Ok(answer), cx);
    }

    fn on_places<H: Host>(&mut self, places: &[(ObjectId, u32)], cx: &mut Context<'_, H>) {
        if places.is_empty() && self.memberships.is_none() {
            return;
        }
        let here = self.here();
        let is_open = |group| self.agenda.is_open(Turn::Be(group));
        memberships_of(&mut self.memberships).on_places(places, is_open, here, cx);
    }
}

fn memberships_of(memberships: &mut Option<Box<Memberships>>) -> &mut Memberships {
    memberships.get_or_insert_default()
}
