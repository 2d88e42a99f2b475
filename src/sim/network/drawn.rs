//! Latencies that every message draws anew.

use crate::sim::dist;

/// A law that messages draw their latency from; all lengths in nanoseconds.
#[derive(Clone, Debug)]
pub(super) enum Drawn {
    Uniform { min: f64, max: f64 },
    Exponential { mean: f64, least: f64 },
    Lognormal { median: f64, sigma: f64, max: f64 },
}

impl Drawn {
    /// The `u`-quantile, `u` in (0, 1).
    pub(super) fn quantile_ns(&self, u: f64) -> f64 {
        match *self {
            Self::Uniform { min, max } => min + (max - min) * u,
            Self::Exponential { mean, least } => least + dist::exponential(u, mean),
            Self::Lognormal { median, sigma, max } => dist::lognormal(u, median, sigma).min(max),
        }
    }

    pub(super) fn mean_ns(&self) -> f64 {
        match *self {
            Self::Uniform { min, max } => (min + max) / 2.0,
            Self::Exponential { mean, least } => least + mean,
            Self::Lognormal { median, sigma, max } => {
                dist::lognormal_capped_mean(median, sigma, max)
            }
        }
    }

    /// A lower bound of what can be drawn: for unbounded laws, what the smallest uniform number
    /// gives. One nanosecond less, because a computed quantile function is monotone up to its last
    /// digit only.
    pub(super) fn least_ns(&self) -> f64 {
        match *self {
            Self::Uniform { min, .. } => min,
            Self::Exponential { .. } | Self::Lognormal { .. } => {
                self.quantile_ns(dist::UNIT_BOUNDS.0) - 1.0
            }
        }
    }
}
