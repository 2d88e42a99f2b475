//! Consistency, measured (CLIPPEE 8): lost updates, stale reads, divergence, concurrent and late
//! commits, and what stands behind them.
//!
//! Everything is reconstructed exactly, from what nodes are seen to do
//! ([`Observation`](crate::node::Observation)): the tree of versions from who made what from what,
//! and who holds which version at every moment. Nothing is sampled, and no protocol's state is
//! read. What it does not do: judge. Best effort loses updates by design; whether a protocol breaks
//! its own rules is for `check`, which shares the structures here: [`Holdings`], [`Versions`],
//! [`Ring`], [`Presence`].
//!
//! Definitions, measure by measure: `docs/checks.md`.

mod acknowledged;
mod agreement;
mod branches;
mod census;
mod holdings;
mod observer;
mod outages;
mod presence;
mod report;
mod ring;
#[cfg(test)]
pub(crate) mod script;
#[cfg(test)]
mod script_groups;
mod sessions;
#[cfg(test)]
mod tests;
mod versions;
mod window;

pub use agreement::agree;
pub use census::Census;
pub use holdings::{Copy, Holdings};
pub use observer::Consistency;
pub use outages::OutageReport;
pub use presence::{Presence, State};
pub use report::{ConsistencyReport, Detail, LostUpdates, Staleness};
pub use ring::Ring;
pub use sessions::Violations;
pub use versions::{Entry, Fate, VersionIndex, Versions};

/// What is measured here: (id of CLIPPEE 8, title).
pub const MEASURES: [(&str, &str); 8] = [
    ("M1", "lost updates"),
    ("M2", "stale reads"),
    ("M3", "divergence"),
    ("M4", "session guarantees"),
    ("M5", "concurrent commits"),
    ("M7", "outages"),
    ("M8", "objects without a live copy"),
    ("M11", "operations on several branches"),
];
