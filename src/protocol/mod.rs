//! The protocols: pure state machines over [`crate::node`]. None of them knows the simulator.

pub mod client_server;
pub mod clippee;
pub mod consensus;
pub mod machine;
pub mod overlay;
pub mod serving;
pub mod token_ring;
