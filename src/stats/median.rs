//! Medians with intervals between order statistics: right for every law, however skewed.
//!
//! Of n independent values, the k-th smallest and the k-th largest have the true median between
//! them with probability 1 - 2 P(B < k), B binomial(n, 1/2), whatever the (continuous) law
//! (Thompson 1936). With 10 values: x1..x10 99.8 %, x2..x9 97.9 %, x3..x8 89.1 %. There is nothing
//! in between, so the narrowest that covers enough is taken, and says what it covers.

use super::bound::{Bound, Side};
use super::sample::{Interval, NoInterval};

/// The median, and the narrowest such interval that covers 1 - `alpha` or more.
pub fn estimate(values: &[f64], alpha: f64) -> (f64, Result<Interval, NoInterval>) {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    };
    let narrowest = intervals(&sorted).filter(|interval| covers(interval, alpha)).last();
    (median, narrowest.ok_or_else(|| NoInterval::TooFew { needed: needed(alpha) }))
}

/// The least alpha at which the interval is wholly on one side of `bound`.
pub fn p_value(values: &[f64], bound: Bound) -> f64 {
    let sorted = sorted(values);
    let decides = |interval: &Interval| bound.side(interval.low, interval.high) != Side::Undecided;
    intervals(&sorted).find(decides).map_or(1.0, |interval| 1.0 - interval.coverage)
}

/// Coverages are sums of multiples of 2^-n, alpha is 1 minus a decimal: a hair must not matter.
fn covers(interval: &Interval, alpha: f64) -> bool {
    interval.coverage >= 1.0 - alpha - 1e-12
}

/// The least number of values whose whole range covers 1 - alpha.
fn needed(alpha: f64) -> u64 {
    (2..1_000).find(|&n| libm::pow(0.5, n as f64 - 1.0) <= alpha + 1e-12).unwrap_or(1_000)
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// All intervals, the widest first.
fn intervals(sorted: &[f64]) -> impl Iterator<Item = Interval> {
    let n = sorted.len();
    // P(B = k), then P(B <= k); for very many values it begins at 0 and stays right.
    let mut mass = libm::pow(0.5, n as f64);
    let mut below = mass;
    (0..n / 2).map(move |k| {
        let interval =
            Interval { low: sorted[k], high: sorted[n - 1 - k], coverage: 1.0 - 2.0 * below };
        mass *= (n - k) as f64 / (k + 1) as f64;
        below += mass;
        interval
    })
}

#[cfg(test)]
mod tests {
    use super::super::Sample;
    use super::*;

    fn to(n: u32) -> Vec<f64> {
        (1..=n).rev().map(f64::from).collect()
    }

    #[test]
    fn ten_values_give_the_second_to_the_ninth() {
        let (median, interval) = estimate(&to(10), 0.05);
        let interval = interval.unwrap();
        assert_eq!((median, interval.low, interval.high), (5.5, 2.0, 9.0));
        assert!((interval.coverage - (1.0 - 22.0 / 1024.0)).abs() < 1e-15, "97.9 %");
    }

    /// Conover, Practical Nonparametric Statistics: the ranks for 95 %.
    #[test]
    fn ranks_are_those_of_the_tables() {
        for (n, rank) in [(6, 1), (8, 1), (9, 2), (12, 3), (15, 4), (20, 6), (30, 10), (50, 18)] {
            let interval = estimate(&to(n), 0.05).1.unwrap();
            let expected = (f64::from(rank), f64::from(n + 1 - rank));
            assert_eq!((interval.low, interval.high), expected, "{n}");
        }
    }

    #[test]
    fn five_values_are_too_few_for_95_percent_and_say_so() {
        assert_eq!(estimate(&to(5), 0.05), (3.0, Err(NoInterval::TooFew { needed: 6 })));
        assert_eq!(estimate(&[7.0], 0.05), (7.0, Err(NoInterval::TooFew { needed: 6 })));
        assert!(estimate(&to(5), 0.07).1.is_ok(), "x1..x5 covers 93.75 %");
    }

    #[test]
    fn the_p_value_is_that_of_the_widest_interval_that_decides() {
        let p = |bound| Sample::Median(to(10)).p_value(bound).unwrap();
        assert_eq!(p(Bound::Below(11.0)), (Side::Right, 1.0 - (1.0 - 2.0 / 1024.0)));
        let (side, second) = p(Bound::Below(9.5));
        assert!(side == Side::Right && (second - 22.0 / 1024.0).abs() < 1e-15);
        assert_eq!(p(Bound::Above(20.0)).0, Side::Wrong);
        assert_eq!(p(Bound::Below(5.6)), (Side::Right, 1.0));
    }
}
