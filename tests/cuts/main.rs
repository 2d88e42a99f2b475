//! Baselines in a small hand-made network that is cut in two, and cut between single pairs.

mod consensus;
mod net;
mod token_ring;
