//! Faults that are known before the run: cuts, crashes, pauses, bad links, wrong clocks.
//!
//! A plan of faults is data ([`FaultConfig`]). [`Schedule`] resolves it before the run: names,
//! shares and regions are pure functions of the seed; a role (the root of an object, the access peer
//! with the most clients) is resolved when its fault begins, from what nodes were seen to do
//! (the registry), never from a protocol's state. All randomness comes from
//! [`crate::node::Purpose::Fault`], so that a fault moves no other draw.
//!
//! While a run goes on, what a fault does is a pure function of the time and the message's name
//! (the weather), or belongs to one node (its clock, its waiting line). Faults begin before anything
//! else at their instant, and none outlasts the workload. Definitions: `docs/faults.md`.
//!
//! What isn't here: the stopping and stepping of nodes (that is `shard`), and what any of it does to
//! a protocol.

mod cast;
mod clocks;
mod config;
mod pauses;
mod registry;
mod schedule;
mod set;
mod swizzle;
mod weather;

pub use cast::Cast;
pub(super) use clocks::Clocks;
pub use config::{Direction, Fault, FaultConfig, Part, Population, Skew, Targets, Trouble};
pub(super) use pauses::{Letter, Pauses, Waiting};
pub(super) use registry::{Registry, View};
pub use schedule::{Aim, Planned, Schedule, Scope};
pub(super) use weather::{Found, Passing, Weather};

/// The lanes of [`crate::node::Purpose::Fault`]: names no other part uses.
mod lane {
    /// Counter (draw, lane, part of the fault, number of the fault).
    pub const TARGETS: u32 = u32::from_be_bytes(*b"whom");
    /// Counter (draw, lane, 0, number of the fault).
    pub const ORDER: u32 = u32::from_be_bytes(*b"next");
    /// Counter (number of the fault, lane, sender, sender's count).
    pub const MESSAGE: u32 = u32::from_be_bytes(*b"harm");
}

#[cfg(test)]
mod tests;
