//! Experiments: from a validated scenario to results.
//!
//! `registry` turns a scenario into a plan for its protocol (the one place that knows them all),
//! `run` drives it and gathers what observers saw, `store` keeps results on disk,
//! `sweep` makes many runs of one scenario.

mod baselines;
mod checkpoints;
mod cost;
mod diff;
pub mod explore;
mod faults;
mod placement;
mod registry;
mod run;
pub mod store;
pub mod study;
pub mod sweep;
#[cfg(test)]
mod tests;
mod timeline;
mod verify;

pub use checkpoints::Checkpoint;
pub use cost::{Estimate, weight};
pub use diff::{Compared, Parting, Seen, diff};
pub use faults::faults;
pub use run::{Options, Outcome, Progress, run};
pub use timeline::Timeline;
pub use verify::{Parted, Verified, verify};
