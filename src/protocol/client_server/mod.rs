//! The classical answer, as a baseline: servers hold the objects, clients ask them.
//!
//! The peers 1 to `servers` are the servers; other peers do nothing. Each object lives at one
//! server, by a hash of its number; a client sends each request straight to the object's server,
//! which carries it out when its turn comes (first come, first served, `peers.service_time` a
//! message) and answers. Nothing is replicated and nobody takes over: a server that is away is
//! waited for.
//!
//! - `client.rs`: a client. `server.rs`: a server. `node.rs`: the protocol that drivers run.
//! - `world.rs`: which object lives where, which server is whose home.
//!
//! `docs/protocols/client-server.md` tells the whole, and what is fair about it and what isn't.

mod client;
mod config;
mod node;
mod server;
#[cfg(test)]
mod tests;
mod world;

pub use config::Config;
pub use node::{ClientServer, Timer};
pub use server::{Durable, Record};
pub use world::World;
