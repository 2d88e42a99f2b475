//! What watches a run: observers that see steps and observations, and never change anything.

pub mod consistency;
