//! Latencies, gathered in constant time and bounded space.
//!
//! Bins are those of HdrHistogram (Tene): linear within a power of two, so that every bin's width
//! is below a fixed share of its values. Counts are integers and add up in any order. Sum, least
//! and largest value are kept exactly beside the bins.

use crate::node::Span;
use hdrhistogram::{Counter, Histogram};
use serde::Serialize;

/// Latencies in integer nanoseconds, in bins that count with `C`.
#[derive(Clone, Debug)]
pub struct Latencies<C: Counter> {
    bins: Histogram<C>,
    sum: u128,
    min: u64,
    max: u64,
}

impl Latencies<u64> {
    /// Three significant digits: a bin is at most 0.1 % wide. For whole runs.
    #[must_use]
    pub fn fine() -> Self {
        Self::with(1, 3)
    }
}

impl Latencies<u32> {
    /// Two significant digits, microseconds below that: a bin is at most 1 % wide. A tenth of the
    /// space, for the many buckets of a time series.
    #[must_use]
    pub fn coarse() -> Self {
        Self::with(1_000, 2)
    }
}

impl<C: Counter> Latencies<C> {
    fn with(least_ns: u64, digits: u8) -> Self {
        let mut bins = Histogram::new_with_bounds(least_ns, 2 * least_ns, digits)
            .expect("the bounds and digits are constants of this module, and valid");
        bins.auto(true);
        Self { bins, sum: 0, min: u64::MAX, max: 0 }
    }

    /// Takes in one latency.
    pub fn record(&mut self, latency: Span) {
        let ns = latency.nanos();
        self.bins.record(ns).expect("a histogram that resizes itself takes every value");
        self.sum += u128::from(ns);
        self.min = self.min.min(ns);
        self.max = self.max.max(ns);
    }

    /// Takes in another part, of the same precision.
    pub fn merge(&mut self, other: &Self) {
        self.bins.add(&other.bins).expect("a histogram that resizes itself takes every value");
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// How many were taken in.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.bins.len()
    }

    /// The least value in milliseconds that a share of at least `quantile` doesn't exceed, read off
    /// as the upper end of its bin; `None` if nothing was taken in.
    #[must_use]
    pub fn quantile_ms(&self, quantile: f64) -> Option<f64> {
        (self.count() > 0).then(|| self.shown_ms(self.bins.value_at_quantile(quantile)))
    }

    /// Bins reach past what was seen: never show more than the largest, or less than the least
    /// value.
    fn shown_ms(&self, ns: u64) -> f64 {
        ns.clamp(self.min, self.max) as f64 / 1e6
    }

    /// Mean, quantiles and largest.
    #[must_use]
    pub fn summary(&self) -> LatencySummary {
        if self.count() == 0 {
            return LatencySummary::default();
        }
        LatencySummary {
            mean: Some(self.sum as f64 / self.count() as f64 / 1e6),
            p50: self.quantile_ms(0.5),
            p90: self.quantile_ms(0.9),
            p99: self.quantile_ms(0.99),
            p999: self.quantile_ms(0.999),
            max: Some(self.max as f64 / 1e6),
        }
    }

    /// The distribution function as points (milliseconds, share not above), from (least, 0) to
    /// (largest, 1): about 300 points evenly spaced in share, and 100 more in the slowest 1 %.
    /// Empty if nothing was taken in.
    #[must_use]
    pub fn cdf(&self) -> Vec<(f64, f64)> {
        let total = self.count();
        if total == 0 {
            return Vec::new();
        }
        let mut points = vec![(self.shown_ms(self.min), 0.0)];
        let (mut seen, mut shown) = (0, 0);
        for bin in self.bins.iter_recorded() {
            seen += bin.count_since_last_iteration();
            let mark = cdf_mark(seen, total);
            if mark > shown || seen == total {
                shown = mark;
                let share = seen as f64 / total as f64;
                points.push((self.shown_ms(bin.value_iterated_to()), share));
            }
        }
        points
    }
}

/// How many points a curve should have had when `seen` of `total` are below.
fn cdf_mark(seen: u64, total: u64) -> u64 {
    let (seen, total) = (u128::from(seen), u128::from(total));
    let tail = (seen * 100).saturating_sub(total * 99) * 100 / total;
    u64::try_from(seen * 300 / total + tail).expect("at most 400: seen is at most total")
}

/// What is reported of a set of latencies, in milliseconds; all `None` where nothing was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LatencySummary {
    /// Arithmetic mean, from the exact sum.
    pub mean: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 90 % took at most this long.
    pub p90: Option<f64>,
    /// 99 % took at most this long.
    pub p99: Option<f64>,
    /// 99.9 % took at most this long.
    pub p999: Option<f64>,
    /// The slowest, exact.
    pub max: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ms: impl IntoIterator<Item = u64>) -> Latencies<u64> {
        let mut latencies = Latencies::fine();
        ms.into_iter().for_each(|ms| latencies.record(Span::from_millis(ms)));
        latencies
    }

    #[test]
    fn equal_latencies_are_shown_exactly() {
        let summary = of([300; 7]).summary();
        assert_eq!([summary.mean, summary.p50, summary.p999, summary.max], [Some(300.0); 4]);
    }

    #[test]
    fn quantiles_are_within_a_thousandth() {
        let summary = of(1..=10_000).summary();
        let expect = |shown: Option<f64>, exact: f64| {
            let shown = shown.unwrap();
            assert!(shown >= exact && shown <= exact * 1.001, "{shown} for {exact}");
        };
        expect(summary.p50, 5_000.0);
        expect(summary.p90, 9_000.0);
        expect(summary.p99, 9_900.0);
        expect(summary.p999, 9_990.0);
        assert_eq!((summary.mean, summary.max), (Some(5_000.5), Some(10_000.0)));
    }

    #[test]
    fn coarse_quantiles_are_within_a_hundredth() {
        let mut latencies = Latencies::coarse();
        (1..=1_000).for_each(|ms| latencies.record(Span::from_millis(ms)));
        let p50 = latencies.quantile_ms(0.5).unwrap();
        assert!((500.0..=505.0).contains(&p50), "{p50}");
    }

    #[test]
    fn nothing_measured_is_none() {
        assert_eq!(of([]).summary(), LatencySummary::default());
        assert_eq!(of([]).quantile_ms(0.5), None);
        assert!(of([]).cdf().is_empty());
    }

    #[test]
    fn the_curve_rises_from_zero_to_one_with_a_fine_tail() {
        let curve = of(1..=100_000).cdf();
        assert_eq!(curve[0], (1.0, 0.0));
        assert_eq!(curve[curve.len() - 1], (100_000.0, 1.0));
        assert!(curve.is_sorted_by(|a, b| a.0 <= b.0 && a.1 < b.1));
        assert!((300..=402).contains(&curve.len()), "{}", curve.len());
        assert!(curve.iter().filter(|point| point.1 > 0.99).count() >= 10);
        assert_eq!(of([5]).cdf(), [(5.0, 0.0), (5.0, 1.0)]);
    }
}
