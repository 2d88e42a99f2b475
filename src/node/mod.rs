//! The waist: what protocols and drivers share.
//!
//! A protocol is a pure state machine ([`Protocol`]). A driver (the simulator, later a live one)
//! steps it with an [`Input`] and lends it a [`Context`]: the node's clock, its randomness, and a
//! buffer for [`Effect`]s. Nothing here knows a queue, a network, a file or a particular protocol;
//! everything else may know this module.
//!
//! What is deliberately absent: wall clock, threads, I/O, global state, and any view of other
//! nodes. (Bugs that tests plant, see [`Bug`], are switched on per thread; a release has none.)

mod digest;
mod ids;
mod observation;
mod observer;
mod operation;
mod planted;
mod protocol;
mod rng;
mod time;
mod timers;
mod wire;

pub use digest::{Digestible, Hasher, mix};
pub use ids::{AttemptId, Incarnation, NodeId, ObjectId, OperationId, Role, Value, Version, WORLD};
pub use observation::{LockEnd, Observation, RoundOutcome};
pub use observer::{DropCause, FaultBegun, Happening, Mergeable, Observer, Pending, Step};
pub use operation::{Answer, FailureCause, Operation, OperationKind, Order, Outcome};
#[cfg(any(test, feature = "planted"))]
pub use planted::plant;
pub use planted::{Bug, planted};
pub use protocol::{Context, Effect, Input, Protocol, Setup};
pub use rng::{Key, Purpose, Stream};
pub use time::{Span, Time};
pub use timers::{TimerId, Timers};
pub use wire::{HEADER_BYTES, MessageKind, WireSize};
