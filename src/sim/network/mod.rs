//! The network: how long a message takes, and whether it arrives.

mod config;

pub use config::{Latency, Matrix, NetworkConfig};
