//! What serving clients takes, whatever the protocol: the parts that protocols share so that they
//! are compared on equal terms.
//!
//! - `message.rs`: what clients and those who serve them say to each other.
//! - `pending.rs`: an operation under way at a client: repeated at its RTO, doubling, under one id,
//!   until `operation_timeout` (CLIPPEE 1).
//! - `agenda.rs`: whose turn it is. `client.rs`: a client on one access peer at a time.
//! - `groups/`: members of groups, and those who serve them.
//! - `contacts.rs`: the peers that a client may turn to.
//! - `sessions.rs`, `requests.rs`: a peer's record of its clients, and of what they asked for.
//! - `gauge.rs`: how large tables are (CLIPPEE H11).
//!
//! It knows no object and no replica. Clippee's clients and access peers are older than these and have
//! messages of their own; of groups they share what members do.

mod agenda;
mod client;
pub(in crate::protocol) mod contacts;
pub(in crate::protocol) mod gauge;
pub mod groups;
mod message;
mod pending;
pub(in crate::protocol) mod requests;
pub(in crate::protocol) mod sessions;

pub(in crate::protocol) use agenda::Agenda;
pub use client::ClientTimer;
pub(in crate::protocol) use client::{Client, ClientConfig};
pub(in crate::protocol) use message::{FIRST_GROUP, outcome_size};
pub use message::{Message, Request, Response};
pub(in crate::protocol) use pending::{Pending, Repeat};
