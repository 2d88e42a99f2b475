//! Means with Student's intervals.

use super::sample::{Interval, NoInterval};
use super::student;

/// Mean and sum of squared deviations of at least one value, in two passes.
pub fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    // Equal values give no deviation, whatever the division left over.
    if values.iter().all(|&value| value == values[0]) {
        return (values[0], 0.0);
    }
    (mean, values.iter().map(|value| (value - mean) * (value - mean)).sum())
}

/// The mean, and mean -+ t s / sqrt(n) with n - 1 degrees of freedom.
pub fn estimate(values: &[f64], alpha: f64) -> (f64, Result<Interval, NoInterval>) {
    let (mean, squares) = moments(values);
    if values.len() < 2 {
        return (mean, Err(NoInterval::TooFew { needed: 2 }));
    }
    let freedom = values.len() as f64 - 1.0;
    let half = match standard_error(squares, values.len()) {
        0.0 => 0.0,
        error => student::quantile(alpha, freedom) * error,
    };
    (mean, Ok(Interval { low: mean - half, high: mean + half, coverage: 1.0 - alpha }))
}

/// The least alpha at which the interval keeps off `threshold`; with `touching`, it may end there.
pub fn p_value(values: &[f64], threshold: f64, touching: bool) -> f64 {
    if values.len() < 2 {
        return 1.0;
    }
    let (mean, squares) = moments(values);
    let error = standard_error(squares, values.len());
    if error == 0.0 {
        return if mean != threshold || touching { 0.0 } else { 1.0 };
    }
    student::two_sided((mean - threshold) / error, values.len() as f64 - 1.0)
}

fn standard_error(squares: f64, n: usize) -> f64 {
    let n = n as f64;
    libm::sqrt(squares / (n - 1.0) / n)
}

#[cfg(test)]
mod tests {
    use super::super::{Bound, Sample, Side};
    use super::*;

    /// The squared deviations add up to 16.1.
    #[test]
    fn an_interval_by_hand() {
        let values = [48.0, 50.0, 51.0, 49.0, 49.0, 47.0, 50.0, 48.0, 51.0, 50.0];
        let (mean, interval) = estimate(&values, 0.05);
        let interval = interval.unwrap();
        let half = 2.262_157_162_7 * libm::sqrt(16.1 / 9.0 / 10.0);
        assert!((mean - 49.3).abs() < 1e-12);
        assert!((interval.low - (49.3 - half)).abs() < 1e-9);
        assert!((interval.high - (49.3 + half)).abs() < 1e-9);
    }

    #[test]
    fn one_value_has_no_interval_and_says_so() {
        let estimate = Sample::Mean(vec![3.0]).estimate(0.95).unwrap();
        assert_eq!((estimate.n, estimate.value), (1, 3.0));
        assert_eq!(estimate.interval, Err(NoInterval::TooFew { needed: 2 }));
        assert_eq!(Sample::Mean(vec![3.0]).p_value(Bound::Below(9.0)), Some((Side::Right, 1.0)));
        assert_eq!(Sample::Mean(vec![]).estimate(0.95), None);
    }

    #[test]
    fn equal_values_have_an_interval_without_width() {
        let sample = Sample::Mean(vec![0.1; 3]);
        let interval = sample.estimate(0.95).unwrap().interval.unwrap();
        assert_eq!((interval.low, interval.high), (0.1, 0.1));
        assert_eq!(sample.p_value(Bound::Below(0.2)), Some((Side::Right, 0.0)));
        assert_eq!(sample.p_value(Bound::Above(0.1)), Some((Side::Undecided, 1.0)));
        assert_eq!(sample.p_value(Bound::Within(0.1, 0.2)), Some((Side::Right, 0.0)));
    }

    #[test]
    fn the_p_value_is_where_the_interval_reaches_the_threshold() {
        let sample = Sample::Mean(vec![1.0, 2.0, 4.0, 3.5, 2.5]);
        for bound in [Bound::Below(4.0), Bound::Above(3.0), Bound::Within(1.0, 3.0)] {
            let (side, p) = sample.p_value(bound).unwrap();
            let at = |alpha: f64| {
                let interval = sample.estimate(1.0 - alpha).unwrap().interval.unwrap();
                bound.side(interval.low, interval.high)
            };
            assert_eq!(at(p * 1.001), side, "{bound:?}");
            assert_eq!(at(p * 0.999), Side::Undecided, "{bound:?}");
        }
    }
}
