//! Group communication in the style of Totem and Spread, as a baseline: daemons in a ring, a token that
//! orders all messages, safe delivery, and a new ring whenever a daemon comes or goes.
//!
//! - `ring/`: the ring: order, retransmission, membership. It knows nothing of what is ordered.
//! - `states.rs`: the state that commands make, and how it is handed over between rings.
//! - `members.rs`: members of groups and what is delivered to them.
//! - `daemon.rs`: a daemon, with `told.rs`: what it tells of what is ordered.
//! - `message.rs`, `timer.rs`: all messages and timers. `node.rs`: the protocol that drivers run.
//! - `world.rs`: who the daemons are.
//!
//! `docs/protocols/token-ring.md` tells the whole: its sources, what differs from them, its limits.

mod config;
mod daemon;
mod members;
mod message;
mod node;
pub mod ring;
mod states;
mod timer;
mod told;
mod world;

pub use config::{Config, Delivery};
pub use message::Message;
pub use node::TokenRing;
pub use timer::Timer;
pub use world::World;
