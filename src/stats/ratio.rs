//! Ratios of two means that were measured on the same seeds, with Fieller's intervals.
//!
//! The ratio of means r = mean(a) / mean(b) is what a reader takes from two curves. r is in the
//! interval just if a t-test doesn't reject that a - r b has mean 0 (Fieller 1954): exact for normal
//! pairs, whatever their correlation, and defined when some a or b is 0, as counts of lost updates
//! are. The delta method and the mean of log ratios are neither. Where the denominator may be 0 the
//! interval is unbounded, and there is none.

use super::mean;
use super::sample::{Interval, NoInterval};
use super::student;

/// The ratio of the means, and Fieller's interval.
pub fn estimate(pairs: &[(f64, f64)], alpha: f64) -> (f64, Result<Interval, NoInterval>) {
    let (above, below): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let ((a, aa), (b, bb)) = (mean::moments(&above), mean::moments(&below));
    if b == 0.0 {
        return (f64::NAN, Err(NoInterval::Unbounded));
    }
    let ratio = a / b;
    if pairs.len() < 2 {
        return (ratio, Err(NoInterval::TooFew { needed: 2 }));
    }
    let n = pairs.len() as f64;
    let t = student::quantile(alpha, n - 1.0);
    let scale = if aa == 0.0 && bb == 0.0 { 0.0 } else { t * t / (n - 1.0) / n };
    let ab = pairs.iter().map(|pair| (pair.0 - a) * (pair.1 - b)).sum::<f64>();
    // (a - r b)^2 = scale * (aa - 2 r ab + bb r^2), a quadratic in r, solved around the ratio.
    let square = b * b - scale * bb;
    if square <= 0.0 {
        return (ratio, Err(NoInterval::Unbounded));
    }
    let linear = a * b - scale * ab;
    let constant = a * a - scale * aa;
    let root = libm::sqrt((linear * linear - square * constant).max(0.0));
    let (low, high) = ((linear - root) / square, (linear + root) / square);
    // Without spread the two meet at the ratio, but for rounding.
    let interval = Interval { low: low.min(ratio), high: high.max(ratio), coverage: 1.0 - alpha };
    let exact = Interval { low: ratio, high: ratio, ..interval };
    (ratio, Ok(if scale == 0.0 { exact } else { interval }))
}

/// The least alpha at which the interval exists and keeps off `threshold`.
pub fn p_value(pairs: &[(f64, f64)], threshold: f64, touching: bool) -> f64 {
    let rest: Vec<f64> = pairs.iter().map(|pair| pair.0 - threshold * pair.1).collect();
    let below: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    mean::p_value(&rest, 0.0, touching).max(mean::p_value(&below, 0.0, false))
}

#[cfg(test)]
mod tests {
    use super::super::{Bound, Sample, Side};
    use super::*;

    const PAIRS: [(f64, f64); 5] = [(10.0, 5.2), (11.0, 5.0), (9.5, 5.1), (10.4, 4.8), (10.1, 5.4)];

    #[test]
    fn the_ends_are_where_the_t_test_turns() {
        let (ratio, interval) = estimate(&PAIRS, 0.05);
        let interval = interval.unwrap();
        assert!((ratio - 2.0).abs() < 1e-12);
        assert!(interval.low < 2.0 && 2.0 < interval.high);
        for end in [interval.low, interval.high] {
            assert!((p_value(&PAIRS, end, false) - 0.05).abs() < 1e-9, "{end}");
        }
    }

    #[test]
    fn zeros_above_are_fine_and_a_denominator_near_zero_is_not() {
        let lost = [(0.0, 5.0), (1.0, 4.0), (0.0, 6.0)];
        assert!(estimate(&lost, 0.05).1.is_ok());
        let (_, unbounded) = estimate(&[(1.0, 0.1), (2.0, -0.1), (1.5, 0.2)], 0.05);
        assert_eq!(unbounded, Err(NoInterval::Unbounded));
        let nothing = Sample::Ratio(vec![(1.0, 0.0), (2.0, 0.0)]);
        assert_eq!((nothing.estimate(0.95), nothing.p_value(Bound::Below(1.0))), (None, None));
        assert_eq!(estimate(&[(1.0, 2.0)], 0.05), (0.5, Err(NoInterval::TooFew { needed: 2 })));
    }

    #[test]
    fn fixed_shares_have_no_width() {
        let sample = Sample::Ratio(vec![(3.0, 4.0); 4]);
        let interval = sample.estimate(0.95).unwrap().interval.unwrap();
        assert_eq!((interval.low, interval.high), (0.75, 0.75));
        assert_eq!(sample.p_value(Bound::Above(0.5)), Some((Side::Right, 0.0)));
    }

    #[test]
    fn the_sign_of_the_denominator_does_not_matter() {
        let turned: Vec<_> = PAIRS.iter().map(|pair| (-pair.0, -pair.1)).collect();
        assert_eq!(estimate(&PAIRS, 0.05), estimate(&turned, 0.05));
    }
}
