//! A client of servers.
//!
//! It knows where each object and group lives and asks there, again and again, as Clippee's clients
//! do. Apart from that it keeps a session with its home server. The session decides nothing, because
//! there is nobody else to turn to; but a member of a group keeps one with the group's server too,
//! and the answers to its heartbeats tell it what it lacks.

use super::session::Session;
use super::{ClientServer, Config, Timer, World};
use crate::node::{
    Answer, Context, FailureCause, NodeId, ObjectId, Observation, Operation, OperationId, Outcome,
    Span,
};
use crate::protocol::overlay::RoundTrip;
use crate::protocol::serving::groups::{self, Here, Memberships, Turn};
use crate::protocol::serving::{Agenda, Message, Pending, Response};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A client, or what a peer needs to issue operations itself.
pub(super) struct Client {
    config: Arc<Config>,
    world: World,
    agenda: Agenda,
    /// By server: from requests to their answers, the wait at the server included.
    round_trips: BTreeMap<NodeId, RoundTrip>,
    home: Session,
    /// With other servers, for the groups that live there.
    visits: BTreeMap<NodeId, Session>,
    /// By server.
    memberships: BTreeMap<NodeId, Memberships>,
}

impl Client {
    pub fn new(config: Arc<Config>, world: World) -> Self {
        Self {
            config,
            world,
            agenda: Agenda::default(),
            round_trips: BTreeMap::new(),
            home: Session::off(),
            visits: BTreeMap::new(),
            memberships: BTreeMap::new(),
        }
    }

    // Sessions.

    /// Begins the session with the home server.
    pub fn attach(&mut self, cx: &mut Context<'_, ClientServer>) {
        self.home.begin(self.world.home_of(cx.id()), Timer::Session, cx);
    }

    /// The session with `server`, and what its timer says.
    fn session(&mut self, server: NodeId, me: NodeId) -> Option<(&mut Session, Timer)> {
        if server == self.world.home_of(me) {
            return Some((&mut self.home, Timer::Session));
        }
        self.visits.get_mut(&server).map(|visit| (visit, Timer::Visit(server)))
    }

    fn attached(&mut self, server: NodeId, cx: &mut Context<'_, ClientServer>) {
        let interval = self.config.heartbeat_interval;
        let Some((session, timer)) = self.session(server, cx.id()) else { return };
        let was_lost = session.attached(server, timer, interval, cx);
        let here = self.here(server);
        if let Some(memberships) = self.memberships.get_mut(&server).filter(|_| was_lost) {
            memberships.moved(here, cx);
        }
    }

    /// The session with the home server is due for something.
    pub fn on_session_timer(&mut self, cx: &mut Context<'_, ClientServer>) {
        self.on_timer(self.world.home_of(cx.id()), cx);
    }

    /// So is that with another server; it ends with the last group there.
    pub fn on_visit_timer(&mut self, server: NodeId, cx: &mut Context<'_, ClientServer>) {
        if self.memberships.get(&server).is_none_or(Memberships::is_empty) {
            self.visits.remove(&server);
            return cx.send(server, Message::Goodbye);
        }
        self.on_timer(server, cx);
    }

    fn on_timer(&mut self, server: NodeId, cx: &mut Context<'_, ClientServer>) {
        let interval = self.config.heartbeat_interval;
        let Some((session, timer)) = self.session(server, cx.id()) else { return };
        let asks = session.on_timer(server, timer, interval, cx);
        if let Some(memberships) = self.memberships.get_mut(&server).filter(|_| asks) {
            memberships.asks(cx.now());
        }
    }

    /// What is pending ends here without a word: the application is gone too. Servers of its groups
    /// are told.
    pub fn leave(&mut self, cx: &mut Context<'_, ClientServer>) {
        self.home.end(cx);
        self.visits.values_mut().for_each(|visit| visit.end(cx));
        for mut pending in self.agenda.take() {
            pending.disarm(cx);
        }
        for (server, memberships) in std::mem::take(&mut self.memberships) {
            if !memberships.is_empty() {
                cx.send(server, Message::Goodbye);
            }
        }
    }

    // Operations.

    pub fn begin(
        &mut self,
        id: OperationId,
        operation: Operation,
        cx: &mut Context<'_, ClientServer>,
    ) {
        if operation.object().is_none() {
            let outcome =
                Outcome::Failed { cause: FailureCause::Unreachable, maybe_applied: false };
            return cx.observe(Observation::Ended { id, outcome });
        }
        let pending = Pending::new(id, operation, cx.now(), self.config.operation_timeout);
        let place = self.agenda.add(pending);
        self.start(place, cx);
    }

    /// Sends an operation for the first time, as soon as it is its turn.
    fn start(&mut self, place: usize, cx: &mut Context<'_, ClientServer>) {
        let pending = self.agenda.at(place);
        pending.disarm(cx);
        if pending.held {
            return pending.wait(cx);
        }
        let (turn, operation) = (pending.id.count, pending.operation);
        let Some(server) = self.server_for(&operation) else { return };
        match operation {
            Operation::Join { group } => {
                let had = self.memberships_at(server).joins(group, turn, cx.now());
                self.agenda.at(place).had = had;
                self.visit(server, cx);
            }
            Operation::Leave { group } => self.memberships_at(server).leaves(group, turn),
            _ => {}
        }
        let rto = self.rto(server);
        self.agenda.at(place).start(server, self.world.object_bytes, rto, cx);
    }

    /// Where the operation is carried out; `None` if nowhere.
    fn server_for(&self, operation: &Operation) -> Option<NodeId> {
        operation.object().map(|object| self.world.server_of(object))
    }

    fn rto(&self, server: NodeId) -> Span {
        let round_trip = self.round_trips.get(&server).copied().unwrap_or_default();
        round_trip.timeout().max(self.config.rto_min)
    }

    /// A pending operation is due for a repeat or for its end.
    pub fn on_due(&mut self, count: u32, cx: &mut Context<'_, ClientServer>) {
        let Some(place) = self.agenda.place(count) else { return };
        let pending = self.agenda.at(place);
        if cx.now() >= pending.deadline {
            let outcome = pending.timed_out();
            return self.finish(place, outcome, cx);
        }
        let (operation, bytes) = (pending.operation, self.world.object_bytes);
        let unsent = pending.is_unsent();
        match self.server_for(&operation) {
            // What was never sent has nothing to repeat: the clock was set back meanwhile.
            Some(server) if !unsent => self.agenda.at(place).repeat(server, bytes, cx),
            _ => self.agenda.at(place).wait(cx),
        }
    }

    pub fn on_message(
        &mut self,
        from: NodeId,
        message: Message,
        cx: &mut Context<'_, ClientServer>,
    ) {
        match message {
            Message::Attached => self.attached(from, cx),
            Message::HeartbeatReply { places, .. } => {
                let session = self.session(from, cx.id());
                if session.is_some_and(|(session, _)| session.answered()) {
                    self.on_places(from, &places, cx);
                }
            }
            Message::Response(response) => {
                let Response { id, outcome } = *response;
                if let Some(place) = self.agenda.place(id.count) {
                    self.answered(from, place, outcome, cx);
                }
            }
            Message::Group(message) => self.on_group(from, message, cx),
            _ => {}
        }
    }

    fn answered(
        &mut self,
        from: NodeId,
        place: usize,
        outcome: Outcome,
        cx: &mut Context<'_, ClientServer>,
    ) {
        if let Some(took) = self.agenda.at(place).round_trip(cx.now()) {
            self.round_trips.entry(from).or_default().sample(took);
        }
        self.finish(place, outcome, cx);
    }

    fn finish(&mut self, place: usize, outcome: Outcome, cx: &mut Context<'_, ClientServer>) {
        self.agenda.at(place).disarm(cx);
        let (ended, next) = self.agenda.remove(place, cx.now());
        let failed = matches!(outcome, Outcome::Failed { .. });
        if let (Operation::Join { group }, true) = (ended.operation, failed) {
            self.memberships_at(self.world.server_of(group)).join_failed(group);
        }
        cx.observe(Observation::Ended { id: ended.id, outcome });
        if let Some(next) = next {
            self.start(next, cx);
        }
    }

    // Groups.

    fn memberships_at(&mut self, server: NodeId) -> &mut Memberships {
        self.memberships.entry(server).or_insert_with(|| Memberships::tagged(server.0))
    }

    /// A member keeps a session with its group's server.
    fn visit(&mut self, server: NodeId, cx: &mut Context<'_, ClientServer>) {
        if server != self.world.home_of(cx.id()) && !self.visits.contains_key(&server) {
            let mut session = Session::off();
            session.begin(server, Timer::Visit(server), cx);
            self.visits.insert(server, session);
        }
    }

    fn here(&self, server: NodeId) -> Here {
        let log = self.config.group_log.max(1) as usize;
        Here { peer: Some(server), patience: self.rto(server), log }
    }

    /// Something about the groups of a server is due.
    pub fn on_memberships_due(&mut self, server: NodeId, cx: &mut Context<'_, ClientServer>) {
        let here = self.here(server);
        if let Some(memberships) = self.memberships.get_mut(&server) {
            memberships.on_timer(here, cx);
        }
    }

    fn on_group(
        &mut self,
        from: NodeId,
        message: groups::Message,
        cx: &mut Context<'_, ClientServer>,
    ) {
        let here = self.here(from);
        let Some(memberships) = self.memberships.get_mut(&from) else { return };
        match message {
            groups::Message::Deliver(deliver) => memberships.on_deliver(deliver, here, cx),
            groups::Message::Welcome(welcome) => {
                let groups::Welcome { group, number, value, .. } = *welcome;
                memberships.welcomed(&welcome, here, cx);
                let answer = Outcome::Ok(Answer::Joined { number, value });
                if let Some(place) = self.agenda.asked(Operation::Join { group }) {
                    self.answered(from, place, answer, cx);
                }
                if let Some(memberships) = self.memberships.get_mut(&from) {
                    memberships.drain(group, here, cx);
                }
            }
            groups::Message::Exited { group } => {
                if let Some(place) = self.agenda.asked(Operation::Leave { group }) {
                    self.answered(from, place, Outcome::Ok(Answer::Done), cx);
                }
            }
            _ => {}
        }
    }

    fn on_places(
        &mut self,
        from: NodeId,
        places: &[(ObjectId, u32)],
        cx: &mut Context<'_, ClientServer>,
    ) {
        if places.is_empty() && !self.memberships.contains_key(&from) {
            return;
        }
        let here = self.here(from);
        let memberships =
            self.memberships.entry(from).or_insert_with(|| Memberships::tagged(from.0));
        let is_open = |group| self.agenda.is_open(Turn::Be(group));
        memberships.on_places(places, is_open, here, cx);
    }
}
