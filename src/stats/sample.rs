//! What was measured, one value a seed, and what it says.

use super::bound::{Bound, Side};
use super::{mean, median, ratio};

/// A set of numbers that the true value is in, with the confidence asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end, no less than `low`.
    pub high: f64,
    /// The probability that an interval made so covers the true value: the confidence asked for, or
    /// more where there are only steps to choose from (medians).
    pub coverage: f64,
}

/// Why there is no interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoInterval {
    /// Fewer values than the least number that has one of that confidence.
    TooFew {
        /// How many are needed.
        needed: u64,
    },
    /// The denominator of the ratio may be zero, so that the ratio may be anything.
    Unbounded,
}

/// An estimate of the true value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// How many values (or pairs) it is made from, at least one.
    pub n: u64,
    /// The estimate itself.
    pub value: f64,
    /// How surely.
    pub interval: Result<Interval, NoInterval>,
}

/// Values of independent runs, in the order of their seeds, and what is to be said about them.
#[derive(Clone, Debug, PartialEq)]
pub enum Sample {
    /// The mean of the values. Of paired differences: give the differences.
    Mean(Vec<f64>),
    /// The median of the values.
    Median(Vec<f64>),
    /// The mean of the first parts over the mean of the second parts.
    Ratio(Vec<(f64, f64)>),
}

impl Sample {
    /// The mean of the differences, first minus second: what common random numbers are for.
    #[must_use]
    pub fn difference(pairs: &[(f64, f64)]) -> Self {
        Self::Mean(pairs.iter().map(|pair| pair.0 - pair.1).collect())
    }

    /// How many values or pairs there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Mean(values) | Self::Median(values) => values.len(),
            Self::Ratio(pairs) => pairs.len(),
        }
    }

    /// Whether there is nothing to go by.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The estimate, with an interval of that `confidence` (between 0 and 1, both excluded). `None`
    /// without values, and for a ratio whose denominators are zero on the whole.
    #[must_use]
    pub fn estimate(&self, confidence: f64) -> Option<Estimate> {
        if self.is_empty() {
            return None;
        }
        let alpha = 1.0 - confidence;
        let (value, interval) = match self {
            Self::Mean(values) => mean::estimate(values, alpha),
            Self::Median(values) => median::estimate(values, alpha),
            Self::Ratio(pairs) => ratio::estimate(pairs, alpha),
        };
        value.is_finite().then_some(Estimate { n: self.len() as u64, value, interval })
    }

    /// On which side of `bound` the estimate itself is, and the least alpha at which the interval of
    /// confidence 1 - alpha is wholly there (1 if none is): the p value of a two-sided test.
    /// `None` where there is no estimate.
    #[must_use]
    pub fn p_value(&self, bound: Bound) -> Option<(Side, f64)> {
        let value = self.estimate(0.5)?.value;
        let side = bound.side(value, value);
        let p = bound.facing(value).map(|(threshold, touching)| match self {
            Self::Mean(values) => mean::p_value(values, threshold, touching),
            Self::Median(values) => median::p_value(values, bound),
            Self::Ratio(pairs) => ratio::p_value(pairs, threshold, touching),
        });
        let p = p.fold(0.0, f64::max);
        Some((side, if side == Side::Undecided { 1.0 } else { p }))
    }
}
