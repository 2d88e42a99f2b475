//! Parameters of the workload, as plain data.

use crate::node::OperationKind;

/// Parameters of the workload, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadConfig {
    /// Operations per second of each client (of each peer, where there are no clients), Poisson,
    /// open loop.
    pub rate: f64,
    /// Shares of the kinds, summing to 1.
    pub mix: Vec<(OperationKind, f64)>,
    /// Number of objects, at least 1.
    pub objects: u32,
    /// How operations choose objects.
    pub popularity: Popularity,
    /// Size of an object in bytes.
    pub object_bytes: u32,
}

/// How operations choose among objects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Popularity {
    /// All alike.
    Uniform,
    /// The object of rank k (from 1), which is object k - 1, with a probability proportional to
    /// k^-s. (An object's place in the system is a hash of its number, so that popular ones aren't
    /// neighbours.)
    Zipf(f64),
}
