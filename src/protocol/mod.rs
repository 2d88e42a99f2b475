//! The protocols: pure state machines over [`crate::node`]. None of them knows the simulator.

pub mod clippee;
pub mod overlay;
pub mod serving;
