//! Groups (CLIPPEE 7), as clients and those who serve them see them, whatever the protocol: a server,
//! an access peer of a log, a daemon.
//!
//! - `message.rs`: what members and those who serve them say to each other; `wire.rs`: its sizes.
//! - `memberships.rs`: a client's part: let in, in order, without repeats, back after a fail-over;
//!   with `stream.rs` (places that lack) and `received.rs` (what may still be delivered).
//!   `turn.rs`: which of its operations wait for each other.
//! - `audiences.rs`: the part of who serves: members, the stream to them, and its last elements.
//! - `roll.rs`: which access peers have members. `tree.rs`: how one message goes to all of those.
//!
//! What it doesn't know: how messages get their numbers, and how they come to who serves. Clippee's
//! access peers have an audience of their own, because their places are each access peer's own.

mod audiences;
mod memberships;
mod message;
mod received;
mod roll;
mod stream;
#[cfg(test)]
mod tests;
pub(in crate::protocol) mod tree;
mod turn;
mod wire;

pub(in crate::protocol) use audiences::{Audience, Audiences};
pub(in crate::protocol) use memberships::{Here, Memberships, MembershipsDue};
pub use message::{
    Back, Count, Deliver, Element, Had, Message, Multicast, Said, Welcome, messages_size,
};
pub use roll::{Entry, Roll, Stamp};
pub(in crate::protocol) use turn::Turn;
