//! The simulator: drivers that step nodes in the order of events, on one thread or on several, and
//! models of what surrounds them.
//!
//! `shard` is the only place that steps a node. The models (`network`, `churn`, `workload`) are
//! pure functions of their keys and counters: they hold no state that a run changes. What is
//! deliberately absent: protocols, files, statistics; a run is shown to an
//! [`crate::node::Observer`], and that's all that leaves it.

mod buckets;
pub mod churn;
mod contacts;
pub mod dist;
mod driver;
mod event;
pub mod fault;
pub mod network;
mod nodes;
mod parallel;
mod plan;
mod pool;
pub mod population;
mod post;
mod queue;
mod shard;
mod sorting;
mod territory;
pub mod workload;
mod world;

pub use driver::{Driver, Simulation};
pub use parallel::Parallel;
pub use plan::{Action, Group, Plan, Scripted};
pub use queue::Queue;
