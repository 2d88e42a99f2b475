//! Consensus, as a baseline: every operation on an object goes through a replicated log.
//!
//! The ring of keys is divided into ranges, and each range has one log, kept by the peers closest to
//! the middle of the range. The log is that of an existing library, the crate `omnipaxos`; what is
//! here is what surrounds it; the state that entries make is that of [`super::machine`].
//!
//! - `replica.rs`: one log at one member, with `shelf.rs` (where the library keeps it), `link.rs`
//!   (order on the way) and `wire.rs` (its messages as ours).
//! - `logs.rs`, `told.rs`: all logs of a peer. `membership.rs`: who shall be a member.
//! - `access.rs`: an access peer's part; `groups/`: groups. `peer.rs`: puts a peer's parts together.
//! - `message.rs`, `timer.rs`: all messages and timers. `node.rs`: the protocol that drivers run.
//!
//! `docs/protocols/consensus.md` tells the whole, its limits, and why it is a fair opponent.

mod access;
mod config;
pub mod groups;
mod link;
mod logs;
mod membership;
mod message;
mod node;
mod peer;
mod replica;
mod shelf;
mod timer;
mod told;
mod wire;
mod world;

pub use config::Config;
pub use message::{ConfigId, Envelope, Membership, Message};
pub use node::Consensus;
pub use timer::Timer;
pub use world::{LogId, Member, World};
