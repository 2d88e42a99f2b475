//! What a run shows to those who watch it. Watching changes nothing: observers get shared
//! references only.

use super::ids::{Incarnation, NodeId, OperationId, Role};
use super::observation::Observation;
use super::operation::Operation;
use super::protocol::Protocol;
use super::time::{Span, Time};

/// One step of one node, in global time.
pub struct Step<'a, P: Protocol> {
    /// When, in global time.
    pub at: Time,
    /// Where.
    pub node: NodeId,
    /// The node's part.
    pub role: Role,
    /// The node's incarnation.
    pub incarnation: Incarnation,
    /// The node's step count, from 0 over all incarnations.
    pub number: u32,
    /// The message or timer that caused it; `None`: the world did (churn, faults, the workload).
    pub cause: Option<Pending>,
    /// What happened.
    pub happening: Happening<'a, P>,
}

/// Something under way that will cause a step, or come to nothing. No other thing that is under way
/// has the same name, but later ones may. Names depend on the driver: they may be compared, and must
/// not reach a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// A message.
    Message(u32),
    /// A timer.
    Timer(u32),
}

/// What happened in a step.
pub enum Happening<'a, P: Protocol> {
    /// The node started.
    Boot,
    /// A message was handled.
    Message {
        /// Who sent it.
        from: NodeId,
        /// What it says.
        message: &'a P::Message,
    },
    /// A timer fired.
    Timer(P::Timer),
    /// The application asked for something.
    Operation {
        /// The operation's name.
        id: OperationId,
        /// What is asked.
        operation: &'a Operation,
    },
    /// The node was asked to leave politely; it runs on for its grace.
    Leave,
    /// The node stopped, after a leave's grace (`crash` false) or without a word.
    Stop {
        /// Whether it crashed.
        crash: bool,
    },
}

/// Why a message never arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DropCause {
    /// Lost on the way.
    Loss,
    /// Nobody was up at the target.
    Dead,
    /// The target stopped with the message in its queue, or the sender with it in its uplink.
    Crash,
    /// Sender and target were cut off from each other when it was sent.
    Cut,
    /// It was changed on the way, which its checksum shows.
    Corrupt,
}

impl DropCause {
    /// All causes, in report order; `cause as usize` is the index here.
    pub const ALL: [Self; 5] = [Self::Loss, Self::Dead, Self::Crash, Self::Cut, Self::Corrupt];

    /// The name in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Dead => "dead",
            Self::Crash => "crash",
            Self::Cut => "cut",
            Self::Corrupt => "corrupt",
        }
    }
}

/// A fault of the plan begins, and whom it strikes is known.
#[derive(Clone, Copy, Debug)]
pub struct FaultBegun<'a> {
    /// Its place in the plan, from 1.
    pub number: u32,
    /// What it is, in snake case.
    pub kind: &'static str,
    /// When it begins.
    pub at: Time,
    /// When it ends.
    pub until: Time,
    /// The nodes concerned, by their part in it; empty if it concerns all.
    pub targets: &'a [(&'static str, Vec<NodeId>)],
    /// By how much targets may act too early or too late because of it, at most.
    pub skew: Span,
    /// By which share targets may measure a length of time too long or too short because of it.
    pub drift: f64,
}

/// Watches a run. Every method does nothing by default. For one event the driver calls
/// [`Observer::step`] first, then, in the order of the step's effects, [`Observer::observation`],
/// [`Observer::sent`] and [`Observer::set_off`].
#[expect(unused_variables, reason = "default methods ignore what they are told")]
pub trait Observer<P: Protocol> {
    /// Whether it looks at messages and timers: steps that they cause, and [`Observer::sent`],
    /// [`Observer::set_off`], [`Observer::copied`], [`Observer::duplicated`] and
    /// [`Observer::dropped`]. Who doesn't needn't be told of them, which saves time where nodes are
    /// stepped by several threads.
    fn watches_traffic(&self) -> bool {
        true
    }

    /// Something that depends on what it keeps of each node, so that this is at hand when the node
    /// is stepped next. Worth it for tables that are looked at in most steps.
    fn glance(&self, node: NodeId) -> u32 {
        0
    }

    /// A fault of the plan begins. All that happens at that instant is told later.
    fn fault(&mut self, fault: &FaultBegun<'_>) {}

    /// A node is stepped.
    fn step(&mut self, step: &Step<'_, P>) {}

    /// A node tells about itself, in global time.
    fn observation(&mut self, at: Time, node: NodeId, observation: &Observation) {}

    /// A node sent a message: `kind` and `bytes` are those of the message.
    fn sent(&mut self, at: Time, from: NodeId, to: NodeId, kind: usize, bytes: u32) {}

    /// The step told last has put something under way: the message told of just before, or a timer.
    fn set_off(&mut self, pending: Pending) {}

    /// The message `copy` is a second one of `original`, of which [`Observer::duplicated`] told just
    /// before; or it is `original` itself, which has another name from now on.
    fn copied(&mut self, original: Pending, copy: Pending) {}

    /// The network made a second copy of a message.
    fn duplicated(&mut self, at: Time, from: NodeId, to: NodeId, kind: usize, bytes: u32) {}

    /// A message (or a copy) came to nothing.
    fn dropped(
        &mut self,
        at: Time,
        from: NodeId,
        to: NodeId,
        kind: usize,
        bytes: u32,
        cause: DropCause,
    ) {
    }
}

/// An observer that can be kept in parts, each of which watches some of the nodes. What the parts
/// have seen adds up to what one would have seen, whatever the order.
pub trait Mergeable {
    /// Takes in what another part has seen.
    fn merge(&mut self, other: Self);
}

impl<P: Protocol> Observer<P> for () {
    fn watches_traffic(&self) -> bool {
        false
    }
}

impl Mergeable for () {
    fn merge(&mut self, (): Self) {}
}

impl<A: Mergeable, B: Mergeable> Mergeable for (A, B) {
    fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
        self.1.merge(other.1);
    }
}

macro_rules! observers_in_a_tuple {
    ($($name:ident $index:tt),+) => {
        impl<P: Protocol, $($name: Observer<P>),+> Observer<P> for ($($name,)+) {
            fn watches_traffic(&self) -> bool {
                $(self.$index.watches_traffic())||+
            }
            fn glance(&self, node: NodeId) -> u32 {
                $(self.$index.glance(node))^+
            }
            fn fault(&mut self, fault: &FaultBegun<'_>) {
                $(self.$index.fault(fault);)+
            }
            fn step(&mut self, step: &Step<'_, P>) {
                $(self.$index.step(step);)+
            }
            fn observation(&mut self, at: Time, node: NodeId, observation: &Observation) {
                $(self.$index.observation(at, node, observation);)+
            }
            fn sent(&mut self, at: Time, from: NodeId, to: NodeId, kind: usize, bytes: u32) {
                $(self.$index.sent(at, from, to, kind, bytes);)+
            }
            fn set_off(&mut self, pending: Pending) {
                $(self.$index.set_off(pending);)+
            }
            fn copied(&mut self, original: Pending, copy: Pending) {
                $(self.$index.copied(original, copy);)+
            }
            fn duplicated(&mut self, at: Time, from: NodeId, to: NodeId, kind: usize, bytes: u32) {
                $(self.$index.duplicated(at, from, to, kind, bytes);)+
            }
            fn dropped(
                &mut self,
                at: Time,
                from: NodeId,
                to: NodeId,
                kind: usize,
                bytes: u32,
                cause: DropCause,
            ) {
                $(self.$index.dropped(at, from, to, kind, bytes, cause);)+
            }
        }
    };
}
observers_in_a_tuple!(A 0, B 1);
observers_in_a_tuple!(A 0, B 1, C 2);
observers_in_a_tuple!(A 0, B 1, C 2, D 3);
observers_in_a_tuple!(A 0, B 1, C 2, D 3, E 4);
observers_in_a_tuple!(A 0, B 1, C 2, D 3, E 4, F 5);

/// An observer that may be absent.
impl<P: Protocol, O: Observer<P>> Observer<P> for Option<O> {
    fn watches_traffic(&self) -> bool {
        self.as_ref().is_some_and(O::watches_traffic)
    }
    fn glance(&self, node: NodeId) -> u32 {
        self.as_ref().map_or(0, |observer| observer.glance(node))
    }
    fn fault(&mut self, fault: &FaultBegun<'_>) {
        if let Some(observer) = self {
            observer.fault(fault);
        }
    }
    fn step(&mut self, step: &Step<'_, P>) {
        if let Some(observer) = self {
            observer.step(step);
        }
    }
    fn observation(&mut self, at: Time, node: NodeId, observation: &Observation) {
        if let Some(observer) = self {
            observer.observation(at, node, observation);
        }
    }
    fn sent(&mut self, at: Time, from: NodeId, to: NodeId, kind: usize, bytes: u32) {
        if let Some(observer) = self {
            observer.sent(at, from, to, kind, bytes);
        }
    }
    fn set_off(&mut self, pending: Pending) {
        if let Some(observer) = self {
            observer.set_off(pending);
        }
    }
    fn copied(&mut self, original: Pending, copy: Pending) {
        if let Some(observer) = self {
            observer.copied(original, copy);
        }
    }
    fn duplicated(&mut self, at: Time, from: NodeId, to: NodeId, kind: usize, bytes: u32) {
        if let Some(observer) = self {
            observer.duplicated(at, from, to, kind, bytes);
        }
    }
    fn dropped(
        &mut self,
        at: Time,
        from: NodeId,
        to: NodeId,
        kind: usize,
        bytes: u32,
        cause: DropCause,
    ) {
        if let Some(observer) = self {
            observer.dropped(at, from, to, kind, bytes, cause);
        }
    }
}
