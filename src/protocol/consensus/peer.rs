//! A peer: overlay member, access peer and member of logs in one.

use super::access::{Access, Desk};
use super::groups::{Around, Groups};
use super::logs::Logs;
use super::message::Membership;
use super::world::World;
use super::{Config, Consensus, Message, Timer};
use crate::node::{
    Context, FailureCause, Input, NodeId, Observation, Operation, OperationId, Outcome, Setup,
};
use crate::protocol::overlay::{Notice, Overlay};
use crate::protocol::serving::gauge::{self, Gauge};
use crate::protocol::serving::groups::tree;
use crate::protocol::serving::requests::{self, Requests, Verdict};
use crate::protocol::serving::sessions::Sessions;
use crate::protocol::serving::{self, Response};
use std::sync::Arc;

/// A peer.
pub(super) struct Peer {
    config: Arc<Config>,
    world: Arc<World>,
    overlay: Overlay,
    logs: Logs,
    access: Access,
    groups: Groups,
    sessions: Sessions,
    requests: Requests,
    /// Whether a timer is armed for the oldest request, and for the next look at silent clients.
    watches_deadlines: bool,
    watches_sessions: bool,
    gauges: [Gauge; 5],
    notices: Vec<Notice>,
}

/// The access part, and the rest of the peer as it needs it.
macro_rules! with_desk {
    ($peer:ident, $cx:ident) => {
        (
            &mut $peer.access,
            &mut Desk {
                overlay: &mut $peer.overlay,
                logs: &mut $peer.logs,
                notices: &mut $peer.notices,
                cx: $cx,
            },
        )
    };
}

/// The same for groups, which need the access part too.
macro_rules! with_around {
    ($peer:ident, $cx:ident) => {{
        let desk = Desk {
            overlay: &mut $peer.overlay,
            logs: &mut $peer.logs,
            notices: &mut $peer.notices,
            cx: $cx,
        };
        (&mut $peer.groups, &mut Around { access: &mut $peer.access, desk })
    }};
}

impl Peer {
    pub fn boot(setup: &Setup<'_, Consensus>, cx: &mut Context<'_, Consensus>) -> Self {
        let (config, world) = (setup.config.clone(), setup.world.clone());
        let mut notices = Vec::new();
        let overlay = Overlay::start(
            Arc::new(config.overlay.clone()),
            world.overlay.clone(),
            setup.contacts,
            cx,
            &mut notices,
        );
        // Peers tick apart.
        let phase = cx.rng().below(config.election_timeout.nanos().max(1));
        cx.arm(Timer::Tick, crate::node::Span::from_nanos(phase + 1));
        let mut peer = Self {
            overlay,
            logs: Logs::boot(config.clone(), world.clone(), cx),
            access: Access::default(),
            groups: Groups::new(config.clone()),
            sessions: Sessions::new(config.max_clients, config.heartbeat_interval),
            requests: Requests::new(config.operation_timeout),
            watches_deadlines: false,
            watches_sessions: false,
            gauges: Default::default(),
            notices,
            config,
            world,
        };
        peer.settle(cx);
        peer
    }

    pub fn step(&mut self, input: Input<Consensus>, cx: &mut Context<'_, Consensus>) {
        match input {
            Input::Message { from, message } => self.on_message(from, message, cx),
            Input::Timer(timer) => self.on_timer(timer, cx),
            Input::Operation { id, operation } => self.begin(id, operation, cx),
            Input::Leave => self.leave(cx),
        }
        self.settle(cx);
        self.tell_sizes(cx);
    }

    fn tell_sizes(&mut self, cx: &mut Context<'_, Consensus>) {
        let (pending, answers) = self.requests.len();
        let sizes = [
            (self.sessions.len(), ("clients", self.config.max_clients)),
            (pending, ("requests", requests::PENDING_BOUND as u32)),
            (answers, ("answers", requests::ANSWERS_BOUND as u32)),
            (self.access.len(), ("commands", requests::PENDING_BOUND as u32)),
            (self.groups.relays(), ("relays", tree::BOUND as u32)),
        ];
        gauge::note_all(&mut self.gauges, sizes, cx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, cx: &mut Context<'_, Consensus>) {
        match message {
            Message::Overlay(message) => {
                self.overlay.on_message(from, message, cx, &mut self.notices);
            }
            Message::Serving(message) if message.is_for_client() => {}
            Message::Serving(message) => self.on_client(from, &message, cx),
            Message::Propose(log, command) => {
                if !self.logs.propose(log, *command, cx) {
                    let members = self.logs.elsewhere(log);
                    cx.send(from, Message::NotHere(log, command.id, members));
                }
            }
            Message::Answer(id, outcome) => {
                if self.access.on_answer(from, id, cx) {
                    self.answered(id, *outcome, cx);
                }
            }
            Message::Group(message) => {
                let (groups, around) = with_around!(self, cx);
                groups.on_message(from, *message, around);
            }
            Message::NotHere(log, id, members) => {
                let (access, desk) = with_desk!(self, cx);
                access.on_not_here(from, (log, id), &members, desk);
            }
            Message::Paxos(envelope) => self.logs.on_paxos(from, *envelope, cx),
            Message::Membership(message) => match *message {
                Membership::Recruit(config) => Logs::on_recruit(from, config, &self.overlay, cx),
                Membership::Ready(config, incarnation) => {
                    self.logs.on_ready(from, config, incarnation, cx);
                }
                message => self.logs.on_membership(from, message, cx),
            },
        }
    }

    fn on_timer(&mut self, timer: Timer, cx: &mut Context<'_, Consensus>) {
        match timer {
            Timer::Overlay(timer) => self.overlay.on_timer(timer, cx, &mut self.notices),
            Timer::Tick => {
                cx.arm(Timer::Tick, self.config.election_timeout);
                self.logs.tick(&self.overlay, cx);
            }
            Timer::Flush(log) => self.logs.on_flush(log, cx),
            Timer::Missing(log) => self.logs.on_missing(log, cx),
            Timer::Ask(id) => {
                let (access, desk) = with_desk!(self, cx);
                access.on_timer(id, desk);
            }
            Timer::Deadline => self.on_deadline(cx),
            Timer::Group(group) => {
                let (groups, around) = with_around!(self, cx);
                groups.on_group_timer(group, around);
            }
            Timer::Relay(token) => {
                let (groups, around) = with_around!(self, cx);
                groups.on_relay_timer(token, around);
            }
            Timer::Sessions => {
                self.watches_sessions = false;
                for client in self.sessions.sweep(cx.now()) {
                    self.lose_member(client, cx);
                }
                self.watch_sessions(cx);
            }
            Timer::Client(_) | Timer::Pending(_) | Timer::Memberships => {}
        }
    }

    /// Says goodbye to neighbours and clients, and gives its logs to others: the driver lets it run
    /// on for so long.
    fn leave(&mut self, cx: &mut Context<'_, Consensus>) {
        let (groups, around) = with_around!(self, cx);
        groups.leave(around);
        self.overlay.leave(cx);
        for client in self.sessions.dismiss() {
            cx.send(client, serving::Message::Refused);
        }
        for log in self.logs.hosted.keys().copied().collect::<Vec<_>>() {
            self.logs.watch(log, &self.overlay, cx);
        }
    }

    // The access peer.

    /// A client speaks. One that isn't served here is refused, whatever it says.
    fn on_client(
        &mut self,
        from: NodeId,
        message: &serving::Message,
        cx: &mut Context<'_, Consensus>,
    ) {
        use serving::Message as M;
        match message {
            M::Attach => {
                let room = self.overlay.is_joined() && self.sessions.admit(from, cx.now());
                cx.send(from, if room { M::Attached } else { M::Refused });
                self.watch_sessions(cx);
            }
            M::Heartbeat | M::Request(_) | M::Group(_) if !self.sessions.hear(from, cx.now()) => {
                cx.send(from, M::Refused);
            }
            M::Heartbeat => {
                let fresh = self.overlay.acquaintance(cx);
                let places = self.groups.places(from);
                cx.send(from, M::HeartbeatReply { fresh, places });
            }
            M::Goodbye => {
                self.sessions.forget(from);
                self.lose_member(from, cx);
            }
            M::Group(message) => {
                let (groups, around) = with_around!(self, cx);
                groups.on_member(from, message, around);
            }
            M::Request(request) => self.begin(request.id, request.operation, cx),
            _ => {}
        }
    }

    fn lose_member(&mut self, client: NodeId, cx: &mut Context<'_, Consensus>) {
        let (groups, around) = with_around!(self, cx);
        groups.lose(client, around);
    }

    fn watch_sessions(&mut self, cx: &mut Context<'_, Consensus>) {
        if !self.watches_sessions && self.sessions.len() > 0 {
            self.watches_sessions = true;
            cx.arm(Timer::Sessions, self.config.heartbeat_interval);
        }
    }

    /// A client's request, or an operation of the application on this very peer.
    fn begin(&mut self, id: OperationId, operation: Operation, cx: &mut Context<'_, Consensus>) {
        match self.requests.accept(id, operation, cx.now()) {
            Verdict::Ignored => {}
            Verdict::Done(outcome) => respond(id, outcome, cx),
            Verdict::New => {
                self.watch_deadlines(cx);
                match operation {
                    Operation::Read { .. } | Operation::Members { .. } => {
                        self.ask(id, operation, 0, cx);
                    }
                    Operation::Update { .. } => {
                        self.ask(id, operation, self.world.object_bytes, cx);
                    }
                    Operation::Multicast { bytes, .. } => self.ask(id, operation, bytes, cx),
                    _ => {
                        let cause = FailureCause::Unreachable;
                        self.end(id, Outcome::Failed { cause, maybe_applied: false }, cx);
                    }
                }
            }
        }
    }

    fn ask(
        &mut self,
        id: OperationId,
        operation: Operation,
        payload: u32,
        cx: &mut Context<'_, Consensus>,
    ) {
        let (access, desk) = with_desk!(self, cx);
        access.begin(id, operation, (payload, None), desk);
    }

    fn watch_deadlines(&mut self, cx: &mut Context<'_, Consensus>) {
        if let Some(deadline) = self.requests.next_deadline().filter(|_| !self.watches_deadlines) {
            self.watches_deadlines = true;
            cx.arm(Timer::Deadline, deadline.since(cx.now()));
        }
    }

    /// Drops the operations that have had their time. Clients gave theirs up a little earlier, so
    /// they aren't told.
    fn on_deadline(&mut self, cx: &mut Context<'_, Consensus>) {
        self.watches_deadlines = false;
        while let Some((id, _)) = self.requests.overdue(cx.now()) {
            let maybe_applied = self.access.abandon(id, cx);
            let outcome = Outcome::Failed { cause: FailureCause::Timeout, maybe_applied };
            if self.requests.end(id, outcome, cx.now()) && id.client == cx.id() {
                respond(id, outcome, cx);
            }
        }
        self.watch_deadlines(cx);
    }

    /// An answer that was waited for: by a client, or by this peer's own groups.
    fn answered(&mut self, id: OperationId, outcome: Outcome, cx: &mut Context<'_, Consensus>) {
        if self.requests.end(id, outcome, cx.now()) {
            return respond(id, outcome, cx);
        }
        if id.client == cx.id() {
            let (groups, around) = with_around!(self, cx);
            groups.on_answer(id, around);
        }
    }

    fn end(&mut self, id: OperationId, outcome: Outcome, cx: &mut Context<'_, Consensus>) {
        if self.requests.end(id, outcome, cx.now()) {
            respond(id, outcome, cx);
        }
    }

    // Between the parts.

    /// Carries what the parts have to say to each other.
    fn settle(&mut self, cx: &mut Context<'_, Consensus>) {
        loop {
            if !self.notices.is_empty() {
                for notice in std::mem::take(&mut self.notices) {
                    self.on_notice(notice, cx);
                }
            } else if !self.logs.answers.is_empty() {
                for (id, outcome) in std::mem::take(&mut self.logs.answers) {
                    if self.access.on_answer(cx.id(), id, cx) {
                        self.answered(id, outcome, cx);
                    }
                }
            } else if !self.logs.casts.is_empty() {
                for cast in std::mem::take(&mut self.logs.casts) {
                    let (groups, around) = with_around!(self, cx);
                    groups.cast(cast, around);
                }
            } else {
                return;
            }
        }
    }

    fn on_notice(&mut self, notice: Notice, cx: &mut Context<'_, Consensus>) {
        match notice {
            Notice::Joined => cx.observe(Observation::Joined),
            // The next tick sees to it.
            Notice::LeavesChanged | Notice::Gone(_) => {}
            Notice::Found { token, replicas, .. } => {
                let (access, desk) = with_desk!(self, cx);
                access.found(token, &replicas, desk);
            }
            Notice::Lost { token } => self.access.lost(token),
        }
    }
}

/// Tells the issuer: a client, or the application on this very peer.
fn respond(id: OperationId, outcome: Outcome, cx: &mut Context<'_, Consensus>) {
    if id.client == cx.id() {
        cx.observe(Observation::Ended { id, outcome });
    } else {
        cx.send(id.client, serving::Message::Response(Box::new(Response { id, outcome })));
    }
}
