//! The overlay alone, as a protocol: peers look keys up, nothing else.

use super::message::{Message, Timer};
use super::node::{Notice, Overlay};
use super::{Config, World};
use crate::node::{
    Answer, Context, Digestible, FailureCause, Hasher, Input, Observation, Operation, OperationId,
    Outcome, Protocol, Role, Setup, Span, TimerId,
};
use std::sync::Arc;

/// Parameters of [`Lookups`].
#[derive(Clone, Debug, PartialEq)]
pub struct LookupsConfig {
    /// The overlay's.
    pub overlay: Arc<Config>,
    /// After this long an operation fails.
    pub operation_timeout: Span,
}

/// A timer of [`Lookups`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LookupsTimer {
    /// One of the overlay.
    Overlay(Timer),
    /// The operation of this number has had its time.
    Expired(u32),
}

impl From<Timer> for LookupsTimer {
    fn from(timer: Timer) -> Self {
        Self::Overlay(timer)
    }
}

impl Digestible for LookupsTimer {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Overlay(timer) => (0_u8, *timer).digest(hasher),
            Self::Expired(number) => (1_u8, *number).digest(hasher),
        }
    }
}

struct Pending {
    number: u32,
    id: OperationId,
    timer: TimerId,
}

/// `[protocol.overlay]`: the peers look up ids of other peers; clients have no part.
pub struct Lookups {
    /// `None` at a client.
    overlay: Option<Overlay>,
    operation_timeout: Span,
    pending: Vec<Pending>,
    /// The last operation's number.
    count: u32,
    notices: Vec<Notice>,
}

impl Protocol for Lookups {
    const NAME: &'static str = "overlay";
    type Config = Arc<LookupsConfig>;
    type Message = Message;
    type Timer = LookupsTimer;
    type World = Arc<World>;
    type Record = ();
    type Durable = ();

    fn fold((): &mut (), (): ()) {}

    fn boot(setup: Setup<'_, Self>, cx: &mut Context<'_, Self>) -> Self {
        let mut notices = Vec::new();
        let overlay = (setup.role == Role::Peer).then(|| {
            let (config, world) = (setup.config.overlay.clone(), setup.world.clone());
            Overlay::start(config, world, setup.contacts, cx, &mut notices)
        });
        let operation_timeout = setup.config.operation_timeout;
        let mut node = Self { overlay, operation_timeout, pending: Vec::new(), count: 0, notices };
        node.heed_notices(cx);
        node
    }

    fn step(&mut self, input: Input<Self>, cx: &mut Context<'_, Self>) {
        match input {
            Input::Operation { id, operation } => self.begin(id, operation, cx),
            Input::Timer(LookupsTimer::Expired(number)) => self.expire(number, cx),
            Input::Message { from, message } => {
                if let Some(overlay) = &mut self.overlay {
                    overlay.on_message(from, message, cx, &mut self.notices);
                }
            }
            Input::Timer(LookupsTimer::Overlay(timer)) => {
                if let Some(overlay) = &mut self.overlay {
                    overlay.on_timer(timer, cx, &mut self.notices);
                }
            }
            Input::Leave => {
                if let Some(overlay) = &mut self.overlay {
                    overlay.leave(cx);
                }
            }
        }
        self.heed_notices(cx);
    }
}

impl Lookups {
    /// The overlay's part at this node; `None` at a client.
    #[must_use]
    pub fn overlay(&self) -> Option<&Overlay> {
        self.overlay.as_ref()
    }

    fn begin(&mut self, id: OperationId, operation: Operation, cx: &mut Context<'_, Self>) {
        let (Operation::Lookup { target }, Some(overlay)) = (operation, &mut self.overlay) else {
            end(id, Outcome::Failed { cause: FailureCause::Unreachable, maybe_applied: false }, cx);
            return;
        };
        self.count = self.count.wrapping_add(1);
        let number = self.count;
        let timer = cx.arm(LookupsTimer::Expired(number), self.operation_timeout);
        self.pending.push(Pending { number, id, timer });
        let key = overlay.id_of(target);
        overlay.lookup(key, number, cx, &mut self.notices);
    }

    fn expire(&mut self, number: u32, cx: &mut Context<'_, Self>) {
        if let Some(index) = self.pending.iter().position(|pending| pending.number == number) {
            let id = self.pending.swap_remove(index).id;
            end(id, Outcome::Failed { cause: FailureCause::Timeout, maybe_applied: false }, cx);
        }
    }

    /// Ends operation `number`, if it hasn't expired.
    fn finish(&mut self, number: u32, outcome: Outcome, cx: &mut Context<'_, Self>) {
        if let Some(index) = self.pending.iter().position(|pending| pending.number == number) {
            let pending = self.pending.swap_remove(index);
            cx.disarm(pending.timer);
            end(pending.id, outcome, cx);
        }
    }

    fn heed_notices(&mut self, cx: &mut Context<'_, Self>) {
        let mut notices = std::mem::take(&mut self.notices);
        for notice in notices.drain(..) {
            match notice {
                Notice::Joined => cx.observe(Observation::Joined),
                Notice::Found { token, root, hops, .. } => {
                    self.finish(token, Outcome::Ok(Answer::Found { root, hops }), cx);
                }
                Notice::Lost { token } => {
                    let cause = FailureCause::Unreachable;
                    self.finish(token, Outcome::Failed { cause, maybe_applied: false }, cx);
                }
                Notice::LeavesChanged | Notice::Gone(_) => {}
            }
        }
        self.notices = notices;
    }
}

fn end(id: OperationId, outcome: Outcome, cx: &mut Context<'_, Lookups>) {
    cx.observe(Observation::Ended { id, outcome });
}
