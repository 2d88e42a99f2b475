//! A daemon: a member of the ring that serves clients.

use super::members::Members;
use super::ring::{Event, Item, Ring};
use super::states::{Ordered, Settled, States};
use super::world::World;
use super::{Config, Message, Timer, TokenRing, told};
use crate::node::{
    AttemptId, Context, FailureCause, Input, NodeId, Observation, Operation, OperationId, Outcome,
    Setup, Time,
};
use crate::protocol::machine::{Command, Effect, Rules, applied};
use crate::protocol::serving::gauge::{self, Gauge};
use crate::protocol::serving::requests::{self, Requests, Verdict};
use crate::protocol::serving::sessions::Sessions;
use crate::protocol::serving::{self, Response};
use std::sync::Arc;

/// A daemon.
pub(super) struct Daemon {
    config: Arc<Config>,
    world: Arc<World>,
    ring: Ring,
    states: States,
    members: Members,
    sessions: Sessions,
    requests: Requests,
    /// Commands so far.
    count: u32,
    /// Whether a timer is armed for the oldest request, and for the next look at silent clients.
    watches_deadlines: bool,
    watches_sessions: bool,
    gauges: [Gauge; 7],
}

impl Daemon {
    pub fn boot(setup: &Setup<'_, TokenRing>, cx: &mut Context<'_, TokenRing>) -> Self {
        let (config, world) = (setup.config.clone(), setup.world.clone());
        let is_first = cx.now() == Time::ZERO && world.online.binary_search(&cx.id()).is_ok();
        let ring = if is_first {
            Ring::converged(config.clone(), world.online.clone(), cx)
        } else {
            let contacts = world.contacts(cx.id(), setup.contacts);
            Ring::fresh(config.clone(), contacts, cx)
        };
        let rules = Rules { timeout: config.operation_timeout, group_log: config.group_log };
        let mut daemon = Self {
            states: States::new(rules, ring.lineage),
            ring,
            members: Members::new(world.clone(), config.group_log),
            sessions: Sessions::new(config.max_clients, config.heartbeat_interval),
            requests: Requests::new(config.operation_timeout),
            count: 0,
            watches_deadlines: false,
            watches_sessions: false,
            gauges: Default::default(),
            config,
            world,
        };
        if is_first {
            cx.observe(Observation::Joined);
        }
        daemon.settle(cx);
        daemon
    }

    pub fn step(&mut self, input: Input<TokenRing>, cx: &mut Context<'_, TokenRing>) {
        match input {
            Input::Message { from, message: Message::Ring(message) } => {
                self.ring.on_message(from, message, cx);
            }
            Input::Message { from, message: Message::Serving(message) } => {
                if !message.is_for_client() {
                    self.on_client(from, &message, cx);
                }
            }
            Input::Timer(Timer::Ring(due)) => self.ring.on_due(due, cx),
            Input::Timer(Timer::Deadline) => self.on_deadline(cx),
            Input::Timer(Timer::Sessions) => {
                self.watches_sessions = false;
                for client in self.sessions.sweep(cx.now()) {
                    self.members.lose(client, cx);
                }
                self.watch_sessions(cx);
            }
            Input::Timer(Timer::Client(_) | Timer::Pending(_) | Timer::Memberships) => {}
            Input::Operation { id, operation } => self.begin(id, operation, cx),
            Input::Leave => self.leave(cx),
        }
        self.settle(cx);
        self.tell_sizes(cx);
    }

    fn tell_sizes(&mut self, cx: &mut Context<'_, TokenRing>) {
        let (pending, answers) = self.requests.len();
        let (queue, kept) = self.ring.len();
        let sizes = [
            (self.sessions.len(), ("clients", self.config.max_clients)),
            (pending, ("requests", requests::PENDING_BOUND as u32)),
            (answers, ("answers", requests::ANSWERS_BOUND as u32)),
            (queue, ("queue", u32::MAX)),
            (kept, ("packets", u32::MAX)),
            (self.states.waiting(), ("held", u32::MAX)),
            (self.members.len(), ("members", u32::MAX)),
        ];
        gauge::note_all(&mut self.gauges, sizes, cx);
    }

    /// Says goodbye to the ring and to clients, who then turn to another daemon.
    fn leave(&mut self, cx: &mut Context<'_, TokenRing>) {
        self.ring.leave(cx);
        for client in self.sessions.dismiss() {
            cx.send(client, serving::Message::Refused);
        }
    }

    // Clients.

    /// A client speaks. One that isn't served here is refused, whatever it says.
    fn on_client(
        &mut self,
        from: NodeId,
        message: &serving::Message,
        cx: &mut Context<'_, TokenRing>,
    ) {
        use serving::Message as M;
        match message {
            M::Attach => {
                let serves = self.states.lineage().is_some() && !self.ring.is_leaving();
                let room = serves && self.sessions.admit(from, cx.now());
                cx.send(from, if room { M::Attached } else { M::Refused });
                self.watch_sessions(cx);
            }
            M::Heartbeat | M::Request(_) | M::Group(_) if !self.sessions.hear(from, cx.now()) => {
                cx.send(from, M::Refused);
            }
            M::Heartbeat => {
                let me = cx.id();
                let others = self.ring.members().iter().copied().filter(|&other| other != me);
                let others: Vec<NodeId> = others.collect();
                let fresh = cx.rng().pick(&others).copied();
                let places = self.members.places(from);
                cx.send(from, M::HeartbeatReply { fresh, places });
            }
            M::Goodbye => {
                self.sessions.forget(from);
                self.members.lose(from, cx);
            }
            M::Group(message) => {
                self.members.on_message(from, message, &self.states.state, cx);
            }
            M::Request(request) => self.begin(request.id, request.operation, cx),
            _ => {}
        }
    }

    fn watch_sessions(&mut self, cx: &mut Context<'_, TokenRing>) {
        if !self.watches_sessions && self.sessions.len() > 0 {
            self.watches_sessions = true;
            cx.arm(Timer::Sessions, self.config.heartbeat_interval);
        }
    }

    /// A client's request, or an operation of the application on this very daemon.
    fn begin(&mut self, id: OperationId, operation: Operation, cx: &mut Context<'_, TokenRing>) {
        match self.requests.accept(id, operation, cx.now()) {
            Verdict::Ignored => return,
            Verdict::Done(outcome) => return respond(id, outcome, cx),
            Verdict::New => self.watch_deadlines(cx),
        }
        let payload = match operation {
            Operation::Update { .. } => self.world.object_bytes,
            Operation::Multicast { bytes, .. } => bytes,
            _ => {
                let world = &self.world;
                let initial = |object| world.initial(object);
                let answer = told::at_once(operation, &self.states.state, initial);
                // Members are clients: no daemon joins a group for itself.
                let nobody = FailureCause::Unreachable;
                let failed = Outcome::Failed { cause: nobody, maybe_applied: false };
                return self.end(id, answer.map_or(failed, Outcome::Ok), cx);
            }
        };
        let attempt = self.attempt(cx);
        let asked = cx.now();
        let command = Command { id, operation, attempt, asked, payload, entry: None };
        self.ring.submit(Item::Command(command));
    }

    fn attempt(&mut self, cx: &Context<'_, TokenRing>) -> AttemptId {
        self.count += 1;
        let (coordinator, incarnation) = (cx.id(), cx.incarnation());
        AttemptId { coordinator, incarnation, count: self.count }
    }

    fn watch_deadlines(&mut self, cx: &mut Context<'_, TokenRing>) {
        if let Some(deadline) = self.requests.next_deadline().filter(|_| !self.watches_deadlines) {
            self.watches_deadlines = true;
            cx.arm(Timer::Deadline, deadline.since(cx.now()));
        }
    }

    /// Drops the operations that have had their time. Clients gave theirs up a little earlier, so
    /// they aren't told.
    fn on_deadline(&mut self, cx: &mut Context<'_, TokenRing>) {
        self.watches_deadlines = false;
        while let Some((id, _)) = self.requests.overdue(cx.now()) {
            let outcome = Outcome::Failed { cause: FailureCause::Timeout, maybe_applied: true };
            if self.requests.end(id, outcome, cx.now()) && id.client == cx.id() {
                respond(id, outcome, cx);
            }
        }
        self.watch_deadlines(cx);
    }

    fn end(&mut self, id: OperationId, outcome: Outcome, cx: &mut Context<'_, TokenRing>) {
        if self.requests.end(id, outcome, cx.now()) {
            respond(id, outcome, cx);
        }
    }

    // What is ordered.

    /// Carries what the parts have to say to each other.
    fn settle(&mut self, cx: &mut Context<'_, TokenRing>) {
        loop {
            for command in std::mem::take(&mut self.members.commands) {
                self.ring.submit(Item::Command(command));
            }
            if self.ring.events.is_empty() {
                return;
            }
            for event in std::mem::take(&mut self.ring.events) {
                self.on_event(event, cx);
            }
        }
    }

    fn on_event(&mut self, event: Event, cx: &mut Context<'_, TokenRing>) {
        match event {
            Event::Deliver(packet) => {
                for item in packet.items.iter() {
                    match item {
                        Item::Command(command) => self.deliver(*command, cx),
                        Item::State(snapshot) => {
                            let settled = self.states.came(snapshot.clone(), packet.ring);
                            settled.into_iter().for_each(|settled| self.settled(settled, cx));
                        }
                    }
                }
            }
            Event::Again(packet) => {
                for item in packet.items.iter() {
                    if let Item::Command(command) = *item {
                        self.submit_again(command, cx);
                    }
                }
            }
            Event::Begins(commit) => {
                let held = self.states.abandon();
                for command in held.into_iter().filter(|command| command.access() == cx.id()) {
                    self.submit_again(command, cx);
                }
                let (snapshot, settled) = self.states.begins(&commit, cx.id());
                if let Some(snapshot) = snapshot {
                    self.ring.submit(Item::State(Arc::new(snapshot)));
                }
                settled.into_iter().for_each(|settled| self.settled(settled, cx));
            }
        }
    }

    /// All members of the ring have the same state from here on.
    fn settled(&mut self, settled: Settled, cx: &mut Context<'_, TokenRing>) {
        // Observers know when this is no news.
        cx.observe(Observation::Joined);
        self.ring.lineage = self.states.lineage();
        for (object, version, value, previous) in settled.changed {
            cx.observe(applied(object, (version, value), previous, false));
        }
        settled.gone.into_iter().for_each(|gone| told::gone(gone, cx));
        self.members.catch_up(&self.states.state, cx);
        for command in settled.held {
            self.deliver(command, cx);
        }
    }

    /// A command wasn't delivered: it goes into the next order, as another attempt.
    fn submit_again(&mut self, command: Command, cx: &Context<'_, TokenRing>) {
        let attempt = self.attempt(cx);
        self.ring.submit(Item::Command(Command { attempt, ..command }));
    }

    fn deliver(&mut self, command: Command, cx: &mut Context<'_, TokenRing>) {
        let world = &self.world;
        if let Some(ordered) = self.states.deliver(command, |object| world.initial(object)) {
            self.ordered(&ordered, cx);
        }
    }

    fn ordered(&mut self, ordered: &Ordered, cx: &mut Context<'_, TokenRing>) {
        told::ordered(ordered, &self.states.state, cx);
        match ordered.effect {
            Effect::Cast { group, multicast, .. } => self.members.on_cast(group, multicast, cx),
            Effect::Registered { .. } => {
                self.members.on_ordered(&ordered.command, &self.states.state, cx);
            }
            _ => {}
        }
        // Whoever asked this daemon is answered, whichever daemon has put it into the order.
        let id = ordered.command.id;
        let Some((outcome, holds)) = told::outcome(ordered) else { return };
        if self.requests.end(id, outcome, cx.now()) {
            if let Some((object, version)) = holds {
                let replica = cx.id();
                cx.observe(Observation::Counted { id, object, version, replica });
            }
            respond(id, outcome, cx);
        }
    }
}

/// Tells the issuer: a client, or the application on this very daemon.
fn respond(id: OperationId, outcome: Outcome, cx: &mut Context<'_, TokenRing>) {
    if id.client == cx.id() {
        cx.observe(Observation::Ended { id, outcome });
    } else {
        cx.send(id.client, serving::Message::Response(Box::new(Response { id, outcome })));
    }
}
