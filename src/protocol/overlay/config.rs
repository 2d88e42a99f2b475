//! Parameters of the overlay.

use crate::node::Span;

/// Parameters of the overlay, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Bits of a routing digit (b): ids are read in base 2^b. 1, 2, 4 or 8.
    pub digit_bits: u32,
    /// Size of the leaf set (l), even: half on each side.
    pub leaf_set: u32,
    /// How often leaf sets are exchanged and entries probed.
    pub maintenance_interval: Span,
    /// How the nodes that are up at time 0 begin.
    pub start: Start,
}

/// How the nodes that are up at time 0 begin. All later boots join by message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the tables that they would have after running for long.
    Converged,
    /// They join by message too.
    Join,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            digit_bits: 4,
            leaf_set: 16,
            maintenance_interval: Span::from_secs(30),
            start: Start::Converged,
        }
    }
}
