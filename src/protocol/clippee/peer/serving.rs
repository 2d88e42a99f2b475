//! What clients say to their access peer, and the operations that they ask for (CLIPPEE 1).

use super::super::groups;
use super::super::{Clippee, Message, Response, Timer, requests};
use super::{Access, Peer, PeerDesk, with_access, with_desk};
use crate::node::{Context, FailureCause, NodeId, Observation, Operation, OperationId, Outcome};

impl Peer {
    /// A client speaks. One that isn't served here is refused, whatever it says: it may have been
    /// forgotten, or it remembers an earlier incarnation of this peer, which took its operations
    /// with it.
    pub(super) fn on_client(
        &mut self,
        from: NodeId,
        message: &Message,
        cx: &mut Context<'_, Clippee>,
    ) {
        match message {
            Message::Attach => {
                let answer = if !self.overlay.is_joined() {
                    Message::Refused { instead: None }
                } else if self.sessions.admit(from, cx.now()) {
                    Message::Attached
                } else {
                    Message::Refused { instead: self.overlay.acquaintance(cx) }
                };
                cx.send(from, answer);
                self.watch_sessions(cx);
            }
            Message::Heartbeat | Message::Request(_) if !self.sessions.hear(from, cx.now()) => {
                cx.send(from, Message::Refused { instead: None });
            }
            Message::Heartbeat => {
                let fresh = self.overlay.acquaintance(cx);
                let places = self.access.as_ref().map(|access| access.places(from));
                let places = places.unwrap_or_default();
                cx.send(from, Message::HeartbeatReply { fresh, places });
            }
            Message::Goodbye => {
                self.sessions.forget(from);
                self.lose_member(from, cx);
            }
            Message::Request(request) => {
                self.begin(request.id, request.operation, request.count, cx);
            }
            _ => {}
        }
    }

    /// A client speaks of its groups.
    pub(super) fn on_member(
        &mut self,
        from: NodeId,
        message: &groups::Message,
        cx: &mut Context<'_, Clippee>,
    ) {
        if !self.sessions.hear(from, cx.now()) {
            return cx.send(from, Message::Refused { instead: None });
        }
        let (access, desk) = with_access!(self, cx);
        match *message {
            groups::Message::Enter { group, turn, back } => {
                access.enter(from, (group, turn), back, desk);
            }
            groups::Message::Exit { group, turn } => access.exit(from, (group, turn), desk),
            groups::Message::Missing { group, from: first, to } => {
                access.missing(from, group, (first, to), desk);
            }
            _ => {}
        }
    }

    fn lose_member(&mut self, client: NodeId, cx: &mut Context<'_, Clippee>) {
        if self.access.is_some() {
            let (access, desk) = with_access!(self, cx);
            access.gone(client, desk);
        }
    }

    /// Some clients may have gone silent: they leave their groups.
    pub(super) fn on_silence(&mut self, cx: &mut Context<'_, Clippee>) {
        self.watches_sessions = false;
        for client in self.sessions.sweep(cx.now()) {
            self.lose_member(client, cx);
        }
        self.watch_sessions(cx);
    }

    fn watch_sessions(&mut self, cx: &mut Context<'_, Clippee>) {
        if !self.watches_sessions && self.sessions.len() > 0 {
            self.watches_sessions = true;
            cx.arm(Timer::Sessions, self.config.heartbeat_interval);
        }
    }

    /// A client's request, or an operation of the application on this very peer.
    /// `count`: of a multicast in fifo order.
    pub(super) fn begin(
        &mut self,
        id: OperationId,
        operation: Operation,
        count: groups::Count,
        cx: &mut Context<'_, Clippee>,
    ) {
        match self.requests.accept(id, operation, cx.now()) {
            requests::Verdict::Ignored => {}
            requests::Verdict::Done(outcome) => respond(id, outcome, cx),
            requests::Verdict::New => {
                self.watch_deadlines(cx);
                let (coordinator, desk) = with_desk!(self.coordinator, cx);
                coordinator.begin(id, operation, count, desk);
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
    pub(super) fn on_deadline(&mut self, cx: &mut Context<'_, Clippee>) {
        self.watches_deadlines = false;
        while let Some((id, operation)) = self.requests.overdue(cx.now()) {
            let (coordinator, desk) = with_desk!(self.coordinator, cx);
            let maybe_applied = coordinator.abandon(id, operation, desk);
            if let Some(access) = &mut self.access {
                access.abandon(id);
            }
            let outcome = Outcome::Failed { cause: FailureCause::Timeout, maybe_applied };
            if self.requests.end(id, outcome, cx.now()) && id.client == cx.id() {
                respond(id, outcome, cx);
            }
        }
        self.watch_deadlines(cx);
    }

    pub(super) fn end(&mut self, id: OperationId, outcome: Outcome, cx: &mut Context<'_, Clippee>) {
        if self.requests.end(id, outcome, cx.now()) {
            respond(id, outcome, cx);
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
