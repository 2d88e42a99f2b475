//! An operation under way at a client (CLIPPEE 1): sent, and sent again under the same id when its
//! RTO runs out, doubling, until it is answered or `operation_timeout` is over.

use super::groups::{Had, Said};
use super::message::{Message, Request};
use crate::node::{
    Context, FailureCause, NodeId, Operation, OperationId, Outcome, Protocol, Span, Time, TimerId,
};

/// The timer of a pending operation, by the operation's count: it is due for a repeat, or for its
/// end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) struct Repeat(pub u32);

/// A protocol whose clients ask for operations.
pub(in crate::protocol) trait Asker:
    Protocol<Message: From<Message> + From<Said>, Timer: From<Repeat>>
{
}
impl<P: Protocol<Message: From<Message> + From<Said>, Timer: From<Repeat>>> Asker for P {}

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
    /// It waits for an earlier one of its turn.
    pub held: bool,
    /// Of a join: what the member has had already.
    pub had: Option<Had>,
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
            held: false,
            had: None,
        }
    }

    /// Whether it changes something, so that a failure may have taken effect all the same.
    pub const fn changes(&self) -> bool {
        match self.operation {
            Operation::Update { .. }
            | Operation::Multicast { .. }
            | Operation::Join { .. }
            | Operation::Leave { .. } => true,
            Operation::Read { .. } | Operation::Members { .. } | Operation::Lookup { .. } => false,
        }
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
    pub fn start<P: Asker>(
        &mut self,
        peer: NodeId,
        payload: u32,
        rto: Span,
        cx: &mut Context<'_, P>,
    ) {
        self.disarm(cx);
        self.moved |= self.sends > 0;
        self.wait = rto;
        self.send(peer, payload, cx);
    }

    /// Sends it to `peer` again; twice as long as last time until the next repeat.
    pub fn repeat<P: Asker>(&mut self, peer: NodeId, payload: u32, cx: &mut Context<'_, P>) {
        self.wait = self.wait.times(2);
        self.send(peer, payload, cx);
    }

    /// Nobody is there to send it to, or it isn't its turn: only its end is waited for.
    pub fn wait<P: Asker>(&mut self, cx: &mut Context<'_, P>) {
        let left = self.deadline.since(cx.now());
        self.timer = Some(cx.arm(Repeat(self.id.count), left));
    }

    fn send<P: Asker>(&mut self, peer: NodeId, payload: u32, cx: &mut Context<'_, P>) {
        let Self { id, operation, had, .. } = *self;
        match operation {
            Operation::Join { group } => {
                cx.send(peer, Said::Enter { group, turn: id.count, had });
            }
            Operation::Leave { group } => cx.send(peer, Said::Exit { group, turn: id.count }),
            _ => {
                let is_update = matches!(operation, Operation::Update { .. });
                let payload = if is_update { payload } else { 0 };
                cx.send(peer, Message::Request(Request { id, operation, payload }));
            }
        }
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
    pub const fn timed_out(&self) -> Outcome {
        if self.is_unsent() && !self.held {
            return Outcome::Failed { cause: FailureCause::NoAccessPeer, maybe_applied: false };
        }
        let maybe_applied = !self.is_unsent() && self.changes();
        Outcome::Failed { cause: FailureCause::Timeout, maybe_applied }
    }
}
