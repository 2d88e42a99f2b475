//! A deterministic discrete-event simulator of Clippee and other client/peer protocols.
//!
//! Knowledge points down only: `cli` and `experiment` know everything below; `check` and `report`
//! read what `observe` gathers; `sim` and `protocol` know only [`node`]; [`node`] and [`stats`] know
//! nobody.
//! `tests/architecture.rs` enforces it.

#![forbid(unsafe_code)]

pub mod check;
pub mod cli;
pub mod experiment;
pub mod node;
pub mod observe;
pub mod protocol;
pub mod report;
pub mod scenario;
pub mod sim;
pub mod stats;
