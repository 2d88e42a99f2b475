//! The classical answer, as a baseline: servers hold the objects, clients ask them.
//!
//! The peers 1 to `servers` are the servers; other peers do nothing. Each object lives at one
//! server, by a hash of its number; a client sends each request straight to the object's server,
//! which carries it out when its turn comes (first come, first served, `peers.service_time` a
//! message) and answers. A group is an object with members, and its server sends each of them a copy
//! of each message. Nothing is replicated and nobody takes over: a server that is away is
//! waited for.
//!
//! - `client.rs`, `session.rs`: a client. `server.rs`, `groups.rs`: a server. `node.rs`: the protocol
//!   that drivers run.
//! - `world.rs`: which object lives where, which server is whose home.
//!
//! `docs/protocols/client-server.md` tells the whole, and what is fair about it and what isn't.

mod client;
mod config;
mod groups;
mod node;
mod server;
mod session;
#[cfg(test)]
mod tests;
mod world;

pub use config::Config;
pub use groups::{Kept, Posted};
pub use node::{ClientServer, Timer};
pub use server::{Durable, Held, Record};
pub use world::World;
