//! Operations of the application that haven't ended.

use super::Clippee;
use crate::node::{
    Answer, Bug, Context, FailureCause, NodeId, Operation, OperationId, Outcome, Span, Time,
    TimerId, Version, planted,
};
use crate::protocol::clippee::message::{Message, Request};
use crate::protocol::clippee::timer::Timer;
use crate::protocol::serving::groups::{Count, Had, Said};

/// An operation of the application that hasn't ended.
#[derive(Debug)]
pub(super) struct Pending {
    pub id: OperationId,
    pub operation: Operation,
    /// When it fails, answered or not.
    pub deadline: Time,
    /// When the request was sent last, and how often.
    pub sent_at: Time,
    pub sends: u32,
    /// Before the next repeat.
    pub wait: Span,
    /// Of a multicast in fifo order, once it was sent: the sender's count; 0 for others.
    pub count: Count,
    /// Of a join: what the member has already.
    pub had: Option<Had>,
    /// An earlier access peer may have carried it out.
    pub moved: bool,
    /// It waits for an earlier one of its turn.
    pub held: bool,
    timer: Option<TimerId>,
}

impl Pending {
    /// An operation asked for now.
    pub fn new(id: OperationId, operation: Operation, now: Time, timeout: Span) -> Self {
        Self {
            id,
            operation,
            deadline: now + timeout,
            sent_at: now,
            sends: 0,
            wait: Span::ZERO,
            count: Count::default(),
            had: None,
            moved: false,
            held: false,
            timer: None,
        }
    }

    /// Whether it may have changed something even if it fails.
    pub const fn changes(&self) -> bool {
        match self.operation {
            Operation::Update { .. }
            | Operation::Multicast { .. }
            | Operation::Join { .. }
            | Operation::Leave { .. } => true,
            Operation::Read { .. } | Operation::Members { .. } | Operation::Lookup { .. } => false,
        }
    }

    /// Sends the request and arms the timer for its repeat (or its end).
    pub fn send(&mut self, peer: NodeId, object_bytes: u32, cx: &mut Context<'_, Clippee>) {
        let Self { id, operation, count, had, .. } = *self;
        match operation {
            Operation::Join { group } => {
                cx.send(peer, Said::Enter { group, turn: id.count, had });
            }
            Operation::Leave { group } => {
                cx.send(peer, Said::Exit { group, turn: id.count });
            }
            _ => {
                let is_update = matches!(operation, Operation::Update { .. });
                let payload = if is_update { object_bytes } else { 0 };
                cx.send(peer, Message::Request(Request { id, operation, payload, count }));
            }
        }
        self.sends += 1;
        self.sent_at = cx.now();
        let left = self.deadline.since(cx.now());
        let after = if planted(Bug::TimeoutAtRepeat) { self.wait } else { self.wait.min(left) };
        self.timer = Some(cx.arm(Timer::Pending(id.count), after));
    }

    /// Nothing can be sent now: waits for the end.
    pub fn wait_for_end(&mut self, cx: &mut Context<'_, Clippee>) {
        let left = self.deadline.since(cx.now());
        self.timer = Some(cx.arm(Timer::Pending(self.id.count), left));
    }

    /// The timer shall not fire any more.
    pub fn disarm(&mut self, cx: &mut Context<'_, Clippee>) {
        if let Some(timer) = self.timer.take() {
            cx.disarm(timer);
        }
    }

    /// How it ends when its time is up.
    pub fn timed_out(&self) -> Outcome {
        if self.sends == 0 && !self.held {
            return Outcome::Failed { cause: FailureCause::NoAccessPeer, maybe_applied: false };
        }
        let maybe_applied = self.sends > 0 && self.changes();
        if planted(Bug::TimeoutIsSuccess) && matches!(self.operation, Operation::Update { .. }) {
            return Outcome::Ok(Answer::Updated { version: Version::ZERO });
        }
        Outcome::Failed { cause: FailureCause::Timeout, maybe_applied }
    }
}
