//! Parameters of churn, as plain data.

use crate::node::Span;
use std::sync::Arc;

/// When nodes come and go.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ChurnConfig {
    /// All are online all the time.
    #[default]
    None,
    /// Sessions and gaps alternate, drawn from two laws, in equilibrium at time 0.
    Renewal {
        /// How long a node is online.
        session: Law,
        /// How long it is away.
        gap: Law,
        /// Share of sessions that end in a crash, 0 to 1; the others end in a polite leave.
        crash: f64,
    },
    /// Sessions as they were measured.
    Trace {
        /// The sessions.
        trace: Arc<Trace>,
        /// The trace's time at the start of the run.
        start: Span,
        /// Share of sessions that end in a crash, 0 to 1.
        crash: f64,
    },
}

/// A law of lengths of time, with a finite mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// Memoryless.
    Exponential {
        /// Mean.
        mean: Span,
    },
    /// Weibull.
    Weibull {
        /// Shape, above 0; below 1 means that young sessions end soonest.
        shape: f64,
        /// Scale: the 63rd percentile.
        scale: Span,
    },
    /// Pareto (type I).
    Pareto {
        /// Shape, above 1 (else the mean is infinite).
        shape: f64,
        /// Least length.
        min: Span,
    },
    /// Lognormal.
    Lognormal {
        /// Median.
        median: Span,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Always the same.
    Constant(Span),
}

/// Measured sessions: per node, intervals online (start, end), sorted, disjoint, none empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// One entry a node.
    pub nodes: Vec<Vec<(Span, Span)>>,
    /// The end of the observation.
    pub end: Span,
}
