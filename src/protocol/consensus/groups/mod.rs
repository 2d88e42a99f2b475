//! Groups (CLIPPEE 7) on top of replicated logs.
//!
//! A group is an object of a log. Who has members, and what is said to them, are entries of the log:
//! so each message has one place in the group, and the members of the log know the access peers with
//! members. The leader sends a message that is decided down a tree over those (the same that Clippee
//! uses), access peers put messages into the order of their places and hand them to clients, and what
//! they lack they get from any member of the log.
//!
//! - `message.rs`: what peers say to each other about groups. `replicas.rs`: the part of the log's
//!   members. `group.rs`: one group at an access peer; `access.rs`: all of them; `relaying.rs`: the
//!   trees.
//!
//! What clients see of it is in `serving/groups/`.

mod access;
mod group;
mod message;
mod relaying;
mod replicas;

pub(super) use access::{Around, Groups};
pub use message::{Fill, Filled, Message, Poll, PollReply, Relay};
pub(super) use replicas::Cast;
