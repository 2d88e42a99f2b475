//! Student's t distribution.

use super::beta::regularised;

/// The probability that |T| exceeds `|t|` with `freedom` degrees of freedom (above 0): the p value
/// of a two-sided test. Small ones keep their digits.
#[must_use]
pub fn two_sided(t: f64, freedom: f64) -> f64 {
    let square = t * t;
    if square.is_infinite() {
        return 0.0;
    }
    let whole = freedom + square;
    regularised(freedom / 2.0, 0.5, freedom / whole, square / whole)
}

/// The t that |T| exceeds with probability `alpha` (above 0, below 1): half the width of an interval
/// of confidence 1 - `alpha`, in standard errors. Infinite where it is beyond 10^300.
///
/// Bisection of [`two_sided`] until neighbouring floats are reached: slow, and the same bits
/// everywhere.
#[must_use]
pub fn quantile(alpha: f64, freedom: f64) -> f64 {
    const LARGEST: f64 = 1e150;
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, freedom) > alpha {
        low = high;
        high *= 2.0;
        if high > LARGEST {
            return f64::INFINITY;
        }
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return high;
        }
        if two_sided(middle, freedom) > alpha { low = middle } else { high = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two-sided 95 % and 99 % points as tables print them to three decimals (NIST/SEMATECH
    /// e-Handbook, 1.3.6.7.2), and, to nine, from closed forms or standard software.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        let printed = [
            (1.0, 12.706, 63.657),
            (2.0, 4.303, 9.925),
            (3.0, 3.182, 5.841),
            (5.0, 2.571, 4.032),
            (9.0, 2.262, 3.250),
            (19.0, 2.093, 2.861),
            (30.0, 2.042, 2.750),
            (100.0, 1.984, 2.626),
        ];
        for (freedom, at_95, at_99) in printed {
            assert!((quantile(0.05, freedom) - at_95).abs() <= 0.000_5, "{freedom}");
            assert!((quantile(0.01, freedom) - at_99).abs() <= 0.000_5, "{freedom}");
        }
        let precise = [
            (0.05, 1.0, 12.706_204_736_2),
            (0.05, 2.0, 4.302_652_729_7),
            (0.05, 4.0, 2.776_445_105_2),
            (0.05, 9.0, 2.262_157_162_7),
            (0.01, 9.0, 3.249_835_541_6),
            (0.05, 29.0, 2.045_229_642_1),
            (0.05, 1e7, 1.959_964_2),
        ];
        for (alpha, freedom, expected) in precise {
            let error = (quantile(alpha, freedom) - expected).abs();
            assert!(error < 1e-7, "{alpha} {freedom}: {}", quantile(alpha, freedom));
        }
    }

    /// With 1, 2 and 4 degrees of freedom the quantile has a closed form.
    #[test]
    fn quantiles_are_those_of_the_closed_forms() {
        for alpha in [0.5, 0.1, 0.05, 0.01, 1e-3, 1e-6] {
            let near = |freedom, expected: f64| {
                let error = quantile(alpha, freedom) / expected - 1.0;
                assert!(error.abs() < 1e-9, "{alpha} {freedom}: off by {error}");
            };
            let angle = std::f64::consts::FRAC_PI_2 * alpha;
            near(1.0, libm::cos(angle) / libm::sin(angle));
            let (p, q) = (1.0 - alpha / 2.0, alpha / 2.0);
            let root = libm::sqrt(4.0 * p * q);
            near(2.0, 2.0 * (p - 0.5) * libm::sqrt(2.0 / (4.0 * p * q)));
            let q4 = libm::cos(libm::acos(root) / 3.0) / root;
            near(4.0, 2.0 * libm::sqrt(q4 - 1.0));
        }
    }

    #[test]
    fn p_values_and_quantiles_are_inverse_far_into_the_tail() {
        for freedom in [1.0, 4.0, 9.0, 99.0] {
            for alpha in [0.9, 0.05, 1e-4, 1e-9] {
                let back = two_sided(quantile(alpha, freedom), freedom);
                assert!((back / alpha - 1.0).abs() < 1e-10, "{freedom} {alpha}: {back}");
            }
        }
        assert_eq!((two_sided(0.0, 9.0), two_sided(f64::INFINITY, 9.0)), (1.0, 0.0));
        assert_eq!(two_sided(-2.0, 9.0), two_sided(2.0, 9.0));
    }
}
