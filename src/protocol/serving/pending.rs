//! An operation under way at a client (CLIPPEE 1): sent, and sent again under the same id when its
//! RTO runs out, doubling, until it is answered or `operation_timeout` is over.

use super::message::{Message, Request};
use crate::node::{
    Context, FailureCause, NodeId, Operation, OperationId, OperationKind, Outcome, Protocol, Span,
    Time, TimerId,
};

/// The timer of a pending operation, by the operation's count: it is due for a repeat, or for its
/// end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) struct Repeat(pub u32);

/// An operation of the application that hasn't ended.
#[derive(Debug)]
pub(in crate::protocol) struct Pending {
    pub id: OperationId,
    pub operation: Operation,
    pub deadline: Time,
    sent_at: Time,
    /// Before the next repeat.
    wait: Span,
    timer: Option<TimerId>,
    sends: u32,
    /// An earlier access peer may have carried it out.
    moved: bool,
}

impl Pending {
    /// Asked for now; it has `timeout` to end.
    pub fn new(id: OperationId, operation: Operation, now: Time, timeout: Span) -> Self {
        Self {
            id,
            operation,
            deadline: now + timeout,
            sent_at: now,
            wait: Span::ZERO,
            timer: None,
            sends: 0,
            moved: false,
        }
    }

    /// Whether it changes something, so that a failure may have taken effect all the same.
    pub fn is_update(&self) -> bool {
        self.operation.kind() == OperationKind::Update
    }

    /// Whether it was never sent.
    pub const fn is_unsent(&self) -> bool {
        self.sends == 0
    }

    /// Whether an earlier access peer may have carried it out.
    pub const fn is_moved(&self) -> bool {
        self.moved
    }

    /// How long its answer took, if that says something about the round trip: a repeated request
    /// says nothing (Karn's rule).
    pub fn round_trip(&self, now: Time) -> Option<Span> {
        (self.sends == 1).then(|| now.since(self.sent_at))
    }

    /// Sends it to `peer`, for the first time or to the first time there; `rto` until the repeat.
    pub fn start<P>(&mut self, peer: NodeId, payload: u32, rto: Span, cx: &mut Context<'_, P>)
    where
        P: Protocol<Message: From<Message>, Timer: From<Repeat>>,
    {
        self.disarm(cx);
        self.moved |= self.sends > 0;
        self.wait = rto;
        self.send(peer, payload, cx);
    }

    /// Sends it to `peer` again; twice as long as last time until the next repeat.
    pub fn repeat<P>(&mut self, peer: NodeId, payload: u32, cx: &mut Context<'_, P>)
    where
        P: Protocol<Message: From<Message>, Timer: From<Repeat>>,
    {
        self.wait = self.wait.times(2);
        self.send(peer, payload, cx);
    }

    /// Nobody is there to send it to: only its end is waited for.
    pub fn wait<P: Protocol<Timer: From<Repeat>>>(&mut self, cx: &mut Context<'_, P>) {
        let left = self.deadline.since(cx.now());
        self.timer = Some(cx.arm(Repeat(self.id.count), left));
    }

    fn send<P>(&mut self, peer: NodeId, payload: u32, cx: &mut Context<'_, P>)
    where
        P: Protocol<Message: From<Message>, Timer: From<Repeat>>,
    {
        let payload = if self.is_update() { payload } else { 0 };
        let request = Request { id: self.id, operation: self.operation, payload };
        cx.send(peer, Message::Request(request));
        self.sends += 1;
        self.sent_at = cx.now();
        let after = self.wait.min(self.deadline.since(cx.now()));
        self.timer = Some(cx.arm(Repeat(self.id.count), after));
    }

    /// It is over: its timer shall not fire any more.
    pub fn disarm<P: Protocol>(&mut self, cx: &mut Context<'_, P>) {
        if let Some(timer) = self.timer.take() {
            cx.disarm(timer);
        }
    }

    /// How it ends at its deadline.
    pub fn timed_out(&self) -> Outcome {
        if self.is_unsent() {
            return Outcome::Failed { cause: FailureCause::NoAccessPeer, maybe_applied: false };
        }
        Outcome::Failed { cause: FailureCause::Timeout, maybe_applied: self.is_update() }
    }
}
