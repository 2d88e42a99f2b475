//! Parameters of the network, as plain data.

use crate::node::Span;
use std::sync::Arc;

/// Parameters of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkConfig {
    /// One-way latency.
    pub latency: Latency,
    /// Each message is delayed further by a uniform share of its latency, from 0 to this; it only
    /// ever adds.
    pub jitter: f64,
    /// Probability that a message is lost, 0 to 1.
    pub loss: f64,
    /// Probability that a message arrives twice, 0 to 1.
    pub duplicate: f64,
    /// Bits per second that a node can send; messages queue. `None`: unlimited.
    pub uplink: Option<u64>,
    /// Bits per second that a node can receive; messages queue. `None`: unlimited.
    pub downlink: Option<u64>,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            latency: Latency::Planetlab,
            jitter: 0.0,
            loss: 0.0,
            duplicate: 0.0,
            uplink: None,
            downlink: None,
        }
    }
}

/// Models of one-way latency.
#[derive(Clone, Debug, PartialEq)]
pub enum Latency {
    /// The same for every message.
    Constant(Span),
    /// Drawn per message, uniform between two bounds.
    Uniform {
        /// Least.
        min: Span,
        /// Largest.
        max: Span,
    },
    /// Drawn per message: `least` and an exponential part.
    Exponential {
        /// Mean of the exponential part.
        mean: Span,
        /// What every message takes at least (beyond the nanosecond that any takes).
        least: Span,
    },
    /// Drawn per message, lognormal, cut off at `max` (a draw above it becomes `max`).
    Lognormal {
        /// Median.
        median: Span,
        /// Standard deviation of the logarithm.
        sigma: f64,
        /// Cap.
        max: Span,
    },
    /// Fixed per pair: nodes uniform on a square, latency linear in the distance.
    Euclid {
        /// Latency at distance 0.
        min: Span,
        /// Latency from corner to corner.
        max: Span,
    },
    /// Fixed per pair: the embedding fitted to measured PlanetLab round trips, with a residual per
    /// pair and a private access delay per node (1 ms + Exp(2 ms), one way).
    Planetlab,
    /// Fixed per pair: a measured matrix; each node draws a row.
    Matrix(Arc<Matrix>),
}

/// A square table of one-way latencies in milliseconds, row by row. The diagonal isn't used.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Rows (and columns), at least 2.
    pub size: usize,
    /// `size * size` entries, finite and not negative.
    pub one_way_ms: Vec<f32>,
}
