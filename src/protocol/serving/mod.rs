//! What serving clients takes, whatever the protocol: the parts that protocols share so that they
//! are compared on equal terms.
//!
//! - `message.rs`: what clients and those who serve them say to each other.
//! - `pending.rs`: an operation under way at a client: repeated at its RTO, doubling, under one id,
//!   until `operation_timeout` (CLIPPEE 1).
//! - `client.rs`: a client on one access peer at a time.
//! - `contacts.rs`: the peers that a client may turn to.
//! - `sessions.rs`, `requests.rs`: a peer's record of its clients, and of what they asked for.
//! - `gauge.rs`: how large tables are (CLIPPEE H11).
//!
//! It knows no object and no replica. Clippee's clients have their own messages, because they also
//! belong to groups.

mod client;
pub(in crate::protocol) mod contacts;
pub(in crate::protocol) mod gauge;
mod message;
mod pending;
pub(in crate::protocol) mod requests;
pub(in crate::protocol) mod sessions;

pub use client::ClientTimer;
pub(in crate::protocol) use client::{Client, ClientConfig};
pub(in crate::protocol) use message::outcome_size;
pub use message::{Message, Request, Response};
pub(in crate::protocol) use pending::{Pending, Repeat};
