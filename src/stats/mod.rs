//! Statistics of repeated runs: what a handful of seeds says about a quantity, and how surely.
//!
//! Exact and deterministic: sums go in the order of the values, logarithms come from `libm`, so the
//! same values give the same bits everywhere. Nothing here knows what a run is. Why these
//! intervals and no others: `docs/statistics.md`.
//!
//! | for | use | interval |
//! |---|---|---|
//! | a mean, a mean of paired differences | [`Sample::Mean`] | Student's t |
//! | a ratio of two means on the same seeds | [`Sample::Ratio`] | Fieller |
//! | a median | [`Sample::Median`] | order statistics |
//! | several questions at once | [`holm`] | step-down correction |
//! | where a series becomes steady | [`mser5`] | - |
//!
//! One run has no interval: [`NoInterval::TooFew`] says so, and how many would be needed.

mod beta;
mod bound;
pub mod holm;
mod mean;
mod median;
mod mser;
mod ratio;
mod sample;
mod slope;
mod student;

pub use bound::{Bound, Side};
pub use mser::{Steady, mser5};
pub use sample::{Estimate, Interval, NoInterval, Sample};
pub use slope::slope;
pub use student::{quantile as t_quantile, two_sided as t_two_sided};
