//! Scenarios: a TOML file, checked as a whole, becomes plain data.

pub mod files;
mod types;

pub use types::{ProtocolConfig, Scenario};
