//! Groups (CLIPPEE 7): join, leave, multicast, members.
//!
//! A group is an object: its replicas hold its state, its versions are its messages in total order,
//! numbered by the version's counter, and they know the access peers that have members ([`Roll`]),
//! never single clients.
//!
//! - `message.rs`, `wire.rs`: what nodes say to each other about groups.
//! - `access/`: an access peer's part: its members, its registrations, the order in which it
//!   delivers, and the tree down which messages go.
//! - What replicas do is in `replica/`, what coordinators do in `coordinator/`. What members do and
//!   say, and the table of who has members, are those of all protocols: `serving/groups/`.
//!
//! What it doesn't do: agree on views. Registrations are merged, never locked; only numbers are
//! given out under the lock.

mod access;
mod message;
mod wire;

pub(super) use crate::protocol::serving::groups::messages_size;
pub use crate::protocol::serving::groups::{
    Count, Deliver, Element, Entry, Multicast, Roll, Stamp, Welcome,
};
pub(super) use access::{Access, Sizes};
pub use message::{
    Back, Cast, Fill, Filled, Message, Poll, PollReply, Recalled, Register, RegisterVerdict,
    Registered, Relay, Supply,
};
pub(super) use wire::entries_size;
