//! The protocol trait: inputs in, effects out, nothing else.

use super::digest::Digestible;
use super::ids::{Incarnation, NodeId, OperationId, Role};
use super::observation::Observation;
use super::operation::Operation;
use super::rng::Stream;
use super::time::{Span, Time};
use super::timers::{TimerId, Timers};
use super::wire::{MessageKind, WireSize};
use std::fmt::Debug;

/// A protocol as a pure state machine: what it does is a function of its setup, its inputs, and the
/// clock and randomness that a driver lends it. One value is one node in one incarnation.
///
/// States, and what nodes send, can be handed from thread to thread; what never changes can be seen by
/// several.
pub trait Protocol: Sized + Send {
    /// The name in scenarios and results.
    const NAME: &'static str;
    /// Parameters, the same at every node.
    type Config: Send + Sync;
    /// What nodes send each other. The size is for bandwidth, the content for the digest.
    type Message: Clone + Debug + Send + WireSize + MessageKind + Digestible;
    /// What a node's timers say when they fire.
    type Timer: Copy + Ord + Debug + Send + Digestible;
    /// Immutable knowledge, built once for a run: ids, objects, who is up at time 0, nearness as a
    /// closure.
    type World: Send + Sync;
    /// One change of durable state.
    type Record: Send;
    /// What survives a crash: folded from the saved records; `()` if nothing does.
    type Durable: Default + Send;

    /// Takes a saved record into the durable state.
    fn fold(durable: &mut Self::Durable, record: Self::Record);

    /// A node starts, for the first time or again.
    fn boot(setup: Setup<'_, Self>, cx: &mut Context<'_, Self>) -> Self;

    /// Looks at the parts of the state that most steps look at, and gives something that depends on
    /// all of them. Drivers ask many nodes in a row, before they step them: so what is far away in
    /// memory is fetched at the same time for all. It changes nothing but speed.
    #[must_use]
    fn glance(&self) -> u32 {
        0
    }

    /// Something happens at the node.
    fn step(&mut self, input: Input<Self>, cx: &mut Context<'_, Self>);
}

/// What a node is born with.
pub struct Setup<'a, P: Protocol> {
    /// Its part.
    pub role: Role,
    /// The protocol's parameters.
    pub config: &'a P::Config,
    /// What survived of earlier incarnations.
    pub durable: &'a P::Durable,
    /// Up to eight distinct peers that are online now, never the node itself; fewer if fewer are
    /// online.
    pub contacts: &'a [NodeId],
    /// The immutable world.
    pub world: &'a P::World,
}

/// What happens at a node. A crash gives no input.
pub enum Input<P: Protocol> {
    /// A message arrived.
    Message {
        /// Who sent it.
        from: NodeId,
        /// What it says.
        message: P::Message,
    },
    /// An armed timer fired.
    Timer(P::Timer),
    /// The application asks for something.
    Operation {
        /// The operation's name.
        id: OperationId,
        /// What is asked.
        operation: Operation,
    },
    /// The node leaves politely: it runs on for `leave_grace` to say goodbye, and then stops.
    Leave,
}

/// What a step asks of the driver.
pub enum Effect<P: Protocol> {
    /// Send a message; it may be lost, delayed, duplicated.
    Send {
        /// To whom; a node may send to itself.
        to: NodeId,
        /// What.
        message: P::Message,
    },
    /// Let a timer fire after a span of the node's clock.
    Arm {
        /// The timer's name.
        id: TimerId,
        /// How long from now; never fires if [`Span::NEVER`].
        after: Span,
    },
    /// The timer shall not fire any more.
    Disarm(TimerId),
    /// Make a record durable.
    Save(P::Record),
    /// Tell observers.
    Observe(Observation),
}

/// What a driver lends to a step.
pub struct Context<'a, P: Protocol> {
    id: NodeId,
    incarnation: Incarnation,
    now: Time,
    rng: &'a mut Stream,
    timers: &'a mut Timers<P::Timer>,
    effects: &'a mut Vec<Effect<P>>,
}

impl<'a, P: Protocol> Context<'a, P> {
    /// For drivers: the context of one step. Effects are appended to `effects`.
    pub fn new(
        id: NodeId,
        incarnation: Incarnation,
        now: Time,
        rng: &'a mut Stream,
        timers: &'a mut Timers<P::Timer>,
        effects: &'a mut Vec<Effect<P>>,
    ) -> Self {
        Self { id, incarnation, now, rng, timers, effects }
    }

    /// The node's own id.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// The node's incarnation.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// The node's own clock.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// The node's randomness.
    pub fn rng(&mut self) -> &mut Stream {
        self.rng
    }

    /// Sends a message; embedded machines pass theirs, which is wrapped on the way.
    pub fn send(&mut self, to: NodeId, message: impl Into<P::Message>) {
        self.effects.push(Effect::Send { to, message: message.into() });
    }

    /// Arms a timer; embedded machines pass theirs, which is wrapped on the way.
    pub fn arm(&mut self, timer: impl Into<P::Timer>, after: Span) -> TimerId {
        let id = self.timers.insert(self.incarnation, timer.into());
        self.effects.push(Effect::Arm { id, after });
        id
    }

    /// Disarms a timer; harmless if it has fired.
    pub fn disarm(&mut self, id: TimerId) {
        self.effects.push(Effect::Disarm(id));
    }

    /// Makes a record durable.
    pub fn save(&mut self, record: impl Into<P::Record>) {
        self.effects.push(Effect::Save(record.into()));
    }

    /// Tells observers.
    pub fn observe(&mut self, observation: Observation) {
        self.effects.push(Effect::Observe(observation));
    }
}
