//! The simulator: a driver that steps nodes in the order of events, and models of what surrounds them.
//!
//! `shard` is the only place that steps a node. The models (`network`, `churn`, `workload`) are pure functions of
//! their keys and counters: they hold no state that a run changes.

pub mod churn;
pub mod dist;
pub mod network;
pub mod population;
pub mod workload;
