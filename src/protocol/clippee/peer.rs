//! A peer: overlay member, replica, coordinator and access peer in one (CLIPPEE 1).
//!
//! It hands each input to the part that it is for, and then carries what that part says to the
//! others, until nobody has anything to say.

use super::coordinator::Coordinator;
use super::desk::PeerDesk;
use super::gauge::Gauge;
use super::replica::{Answers, Replica};
use super::requests::{self, Requests};
use super::sessions::Sessions;
use super::{Clippee, Config, Message, Response, Timer, World};
use crate::node::{
    Context, FailureCause, Input, NodeId, Observation, Operation, OperationId, Outcome, Setup,
};
use crate::protocol::overlay::{Notice, Overlay};
use std::sync::Arc;

/// A peer.
pub struct Peer {
    config: Arc<Config>,
    overlay: Overlay,
    replica: Replica,
    coordinator: Coordinator,
    sessions: Sessions,
    requests: Requests,
    /// Whether a timer is armed for the oldest request, and for the next look at silent clients.
    watches_deadlines: bool,
    watches_sessions: bool,
    gauges: Gauges,
    notices: Vec<Notice>,
    answers: Answers,
}

/// The coordinator, and the rest of the peer as it needs it.
macro_rules! coordinator {
    ($peer:ident, $cx:ident) => {
        (
            &mut $peer.coordinator,
            &mut PeerDesk {
                overlay: &mut $peer.overlay,
                replica: &mut $peer.replica,
                notices: &mut $peer.notices,
                cx: $cx,
            },
        )
    };
}

impl Peer {
    pub(super) fn boot(setup: &Setup<'_, Clippee>, cx: &mut Context<'_, Clippee>) -> Self {
        let (config, world) = (setup.config.clone(), setup.world.clone());
        let mut notices = Vec::new();
        let gauges = Gauges::new(&config, &world);
        let overlay = Overlay::start(
            Arc::new(config.overlay.clone()),
            world.overlay.clone(),
            setup.contacts,
            cx,
            &mut notices,
        );
        let replica = Replica::start(config.clone(), world.clone(), setup.durable, &overlay, cx);
        let mut peer = Self {
            overlay,
            replica,
            coordinator: Coordinator::new(config.clone(), world, cx.incarnation()),
            sessions: Sessions::new(config.max_clients, config.heartbeat_interval),
            requests: Requests::new(config.operation_timeout),
            watches_deadlines: false,
            watches_sessions: false,
            gauges,
            notices,
            answers: Vec::new(),
            config,
        };
        peer.settle(cx);
        peer
    }

    pub(super) fn step(&mut self, input: Input<Clippee>, cx: &mut Context<'_, Clippee>) {
        match input {
            Input::Message { from, message } => self.on_message(from, message, cx),
            Input::Timer(timer) => self.on_timer(timer, cx),
            Input::Operation { id, operation } => self.begin(id, operation, cx),
            Input::Leave => self.leave(cx),
        }
        self.settle(cx);
        self.tell_sizes(cx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, cx: &mut Context<'_, Clippee>) {
        match message {
            Message::Overlay(message) => {
                self.overlay.on_message(from, message, cx, &mut self.notices);
            }
            Message::Replica(message) => {
                self.replica.on_message(from, message, &self.overlay, cx, &mut self.answers);
            }
            Message::Lock(lock) => {
                let reply = self.replica.lock(lock, &self.overlay, cx);
                cx.send(from, Message::LockReply(Box::new(reply)));
            }
            Message::Commit(commit) => {
                if let Some(reply) = self.replica.commit(from, *commit, &self.overlay, cx) {
                    cx.send(from, Message::CommitReply(Box::new(reply)));
                }
            }
            Message::Unlock(unlock) => self.replica.unlock(unlock, cx),
            Message::Read(read) => {
                let reply = self.replica.read(read, &self.overlay, cx);
                cx.send(from, Message::ReadReply(Box::new(reply)));
            }
            Message::LockReply(reply) => {
                let (coordinator, desk) = coordinator!(self, cx);
                coordinator.on_lock_reply(from, *reply, desk);
            }
            Message::CommitReply(reply) => {
                let (coordinator, desk) = coordinator!(self, cx);
                coordinator.on_commit_reply(from, &reply, desk);
            }
            Message::ReadReply(reply) => {
                let (coordinator, desk) = coordinator!(self, cx);
                coordinator.on_read_reply(from, &reply, desk);
            }
            Message::Attach
            | Message::Heartbeat
            | Message::Goodbye
            | Message::Request(_)
            | Message::Attached
            | Message::Refused
            | Message::HeartbeatReply { .. }
            | Message::Response(_) => self.on_client(from, &message, cx),
        }
    }

    fn on_timer(&mut self, timer: Timer, cx: &mut Context<'_, Clippee>) {
        match timer {
            Timer::Overlay(timer) => self.overlay.on_timer(timer, cx, &mut self.notices),
            Timer::Replica(timer) => {
                self.replica.on_timer(timer, &self.overlay, cx, &mut self.answers);
            }
            Timer::Update(object) => {
                let (coordinator, desk) = coordinator!(self, cx);
                coordinator.on_update_timer(object, desk);
            }
            Timer::Spread(object) => {
                let (coordinator, desk) = coordinator!(self, cx);
                coordinator.on_spread_timer(object, desk);
            }
            Timer::Read(token) => {
                let (coordinator, desk) = coordinator!(self, cx);
                coordinator.on_read_timer(token, desk);
            }
            Timer::Deadline => self.on_deadline(cx),
            Timer::Sessions => {
                self.watches_sessions = false;
                self.sessions.sweep(cx.now());
                self.watch_sessions(cx);
            }
            Timer::Contact(_) | Timer::Heartbeat(_) | Timer::Pending(_) => {}
        }
    }

    /// Says goodbye: neighbours, clients and objects go to others. What is under way here goes on
    /// for as long as the driver lets the peer run.
    fn leave(&mut self, cx: &mut Context<'_, Clippee>) {
        self.replica.leave(&self.overlay, cx);
        self.overlay.leave(cx);
        for client in self.sessions.dismiss() {
            cx.send(client, Message::Refused);
        }
    }

    // The access peer.

    /// A client speaks. One that isn't served here is refused, whatever it says: it may have been
    /// forgotten, or it remembers an earlier incarnation of this peer, which took its operations
    /// with it.
    fn on_client(&mut self, from: NodeId, message: &Message, cx: &mut Context<'_, Clippee>) {
        match message {
            Message::Attach => {
                let room = self.overlay.is_joined() && self.sessions.admit(from, cx.now());
                cx.send(from, if room { Message::Attached } else { Message::Refused });
                self.watch_sessions(cx);
            }
            Message::Heartbeat | Message::Request(_) if !self.sessions.hear(from, cx.now()) => {
                cx.send(from, Message::Refused);
            }
            Message::Heartbeat => {
                let fresh = self.overlay.acquaintance(cx);
                cx.send(from, Message::HeartbeatReply { fresh });
            }
            Message::Goodbye => self.sessions.forget(from),
            Message::Request(request) => self.begin(request.id, request.operation, cx),
            _ => {}
        }
    }

    fn watch_sessions(&mut self, cx: &mut Context<'_, Clippee>) {
        if !self.watches_sessions && self.sessions.len() > 0 {
            self.watches_sessions = true;
            cx.arm(Timer::Sessions, self.config.heartbeat_interval);
        }
    }

    /// A client's request, or an operation of the application on this very peer.
    fn begin(&mut self, id: OperationId, operation: Operation, cx: &mut Context<'_, Clippee>) {
        match self.requests.accept(id, operation, cx.now()) {
            requests::Verdict::Ignored => {}
            requests::Verdict::Done(outcome) => respond(id, outcome, cx),
            requests::Verdict::New => {
                self.watch_deadlines(cx);
                let (coordinator, desk) = coordinator!(self, cx);
                coordinator.begin(id, operation, desk);
            }
        }
    }

    fn watch_deadlines(&mut self, cx: &mut Context<'_, Clippee>) {
        if let Some(deadline) = self.requests.next_deadline().filter(|_| !self.watches_deadlines) {
            self.watches_deadlines = true;
            cx.arm(Timer::Deadline, deadline.since(cx.now()));
        }
    }

    /// Drops the operations that have had their time. Clients gave theirs up a little earlier, so
    /// they aren't told.
    fn on_deadline(&mut self, cx: &mut Context<'_, Clippee>) {
        self.watches_deadlines = false;
        while let Some((id, operation)) = self.requests.overdue(cx.now()) {
            let (coordinator, desk) = coordinator!(self, cx);
            let maybe_applied = coordinator.abandon(id, operation, desk);
            let outcome = Outcome::Failed { cause: FailureCause::Timeout, maybe_applied };
            if self.requests.end(id, outcome, cx.now()) && id.client == cx.id() {
                respond(id, outcome, cx);
            }
        }
        self.watch_deadlines(cx);
    }

    fn end(&mut self, id: OperationId, outcome: Outcome, cx: &mut Context<'_, Clippee>) {
        if self.requests.end(id, outcome, cx.now()) {
            respond(id, outcome, cx);
        }
    }

    fn tell_sizes(&mut self, cx: &mut Context<'_, Clippee>) {
        let (pending, answers) = self.requests.len();
        let (cached_sets, update_lines, reads) = self.coordinator.sizes();
        let gauges = &mut self.gauges;
        gauges.clients.note(self.sessions.len(), cx);
        gauges.requests.note(pending, cx);
        gauges.answers.note(answers, cx);
        gauges.cached_sets.note(cached_sets, cx);
        gauges.update_lines.note(update_lines, cx);
        gauges.reads.note(reads, cx);
    }

    // Between the parts.

    /// Carries what the parts have to say to each other.
    fn settle(&mut self, cx: &mut Context<'_, Clippee>) {
        loop {
            if !self.notices.is_empty() {
                for notice in std::mem::take(&mut self.notices) {
                    self.on_notice(notice, cx);
                }
            } else if !self.answers.is_empty() {
                for (coordinator, reply) in std::mem::take(&mut self.answers) {
                    if coordinator == cx.id() {
                        let (coordinator, desk) = coordinator!(self, cx);
                        coordinator.on_commit_reply(desk.cx.id(), &reply, desk);
                    } else {
                        cx.send(coordinator, Message::CommitReply(Box::new(reply)));
                    }
                }
            } else {
                let ended = self.coordinator.take_ended();
                if ended.is_empty() {
                    return;
                }
                for (id, outcome) in ended {
                    self.end(id, outcome, cx);
                }
            }
        }
    }

    fn on_notice(&mut self, notice: Notice, cx: &mut Context<'_, Clippee>) {
        match notice {
            Notice::Joined => {
                cx.observe(Observation::Joined);
                self.replica.on_leaves_changed(&self.overlay, cx);
            }
            Notice::LeavesChanged => self.replica.on_leaves_changed(&self.overlay, cx),
            Notice::Gone(peer) => self.replica.on_gone(peer, &self.overlay, cx),
            Notice::Found { token, root, replicas, hops } => {
                let (coordinator, desk) = coordinator!(self, cx);
                coordinator.found(token, root, &replicas, hops, desk);
            }
            Notice::Lost { token } => {
                let (coordinator, desk) = coordinator!(self, cx);
                coordinator.lost(token, desk);
            }
        }
    }
}

/// Of the tables whose sizes depend on what is asked (CLIPPEE H11).
struct Gauges {
    clients: Gauge,
    requests: Gauge,
    answers: Gauge,
    cached_sets: Gauge,
    update_lines: Gauge,
    reads: Gauge,
}

impl Gauges {
    fn new(config: &Config, world: &World) -> Self {
        let objects = u32::try_from(world.keys.len()).unwrap_or(u32::MAX);
        Self {
            clients: Gauge::new("clients", config.max_clients),
            requests: Gauge::new("requests", requests::PENDING_BOUND as u32),
            answers: Gauge::new("answers", requests::ANSWERS_BOUND as u32),
            cached_sets: Gauge::new("cached_sets", objects),
            update_lines: Gauge::new("update_lines", objects),
            reads: Gauge::new("reads", requests::PENDING_BOUND as u32),
        }
    }
}

/// Tells the issuer: a client, or the application on this very peer.
fn respond(id: OperationId, outcome: Outcome, cx: &mut Context<'_, Clippee>) {
    if id.client == cx.id() {
        cx.observe(Observation::Ended { id, outcome });
    } else {
        cx.send(id.client, Message::Response(Box::new(Response { id, outcome })));
    }
}
