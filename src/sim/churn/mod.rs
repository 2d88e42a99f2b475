//! Churn: when each node is online, and how its sessions end.

mod config;

pub use config::{ChurnConfig, Law, Trace};
