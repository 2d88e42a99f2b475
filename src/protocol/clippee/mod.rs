//! Clippee (CLIPPEE 1 and 3 to 6): clients on access peers, objects on replicas, updates under an
//! optimistic lock.
//!
//! - `client/`: a client, and how it finds an access peer. Of `protocol::serving`: the access
//!   peer's record of its clients and of what they asked for.
//! - `coordinator/`: what an access peer does for an operation: lock, commit, read.
//! - `replica/`: what the peers responsible for an object do: grant, apply, hand over, repair.
//! - `replication.rs`: what coordinators and replicas say to each other. `message.rs`, `timer.rs`:
//!   all messages and timers.
//! - `peer.rs`: puts a peer's parts together. `node.rs`: the protocol that drivers run.
//! - `groups/`: an access peer's part in groups (CLIPPEE 7), and what is said about them.
//!
//! `docs/protocols/clippee.md` tells the whole; `docs/protocols/clippee-replicas.md` the replicas'
//! part.

mod client;
mod config;
mod coordinator;
mod desk;
#[cfg(test)]
mod fake;
pub mod groups;
mod kinds;
mod message;
mod node;
mod peer;
pub mod replica;
mod replication;
mod timer;
mod world;

use crate::protocol::serving::{gauge, requests, sessions};

pub use client::Client;
pub use config::{Config, LockPolicy, Quorum};
pub use message::{Message, Request, Response};
pub use node::Clippee;
pub use peer::Peer;
pub use replication::{
    Commit, CommitReply, CommitVerdict, GroupChange, Lock, LockReply, LockVerdict, Read, ReadReply,
    ReadVerdict, Refusal, Turn, Unlock, Yield,
};
pub use timer::Timer;
pub use world::World;
