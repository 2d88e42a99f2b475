//! The regularised incomplete beta function.

/// I_x(a, b) for `a`, `b` above 0 and `x` from 0 to 1, with `rest` = 1 - x given apart, because the
/// subtraction would lose the digits of a small one. About 13 significant digits.
///
/// By the continued fraction of Abramowitz and Stegun 26.5.8, evaluated as Lentz does, on the side
/// where it converges fast.
pub fn regularised(a: f64, b: f64, x: f64, rest: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if rest <= 0.0 {
        return 1.0;
    }
    let front = libm::exp(
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
            + a * libm::log(x)
            + b * libm::log(rest),
    );
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, rest) / b
    }
}

/// The continued fraction.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const CLOSE: f64 = 1e-16;
    /// Of the order of sqrt(max(a, b)) are needed.
    const MOST: u32 = 10_000;
    let kept = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0));
    let mut product = d;
    for index in 1..MOST {
        let m = f64::from(index);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / kept(1.0 + term * d);
            c = kept(1.0 + term / c);
            change = c * d;
            product *= change;
        }
        if (change - 1.0).abs() <= CLOSE {
            break;
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beta(a: f64, b: f64, x: f64) -> f64 {
        regularised(a, b, x, 1.0 - x)
    }

    #[test]
    fn closed_forms_are_met() {
        for x in [0.01, 0.3, 0.5, 0.77, 0.999] {
            assert!((beta(1.0, 1.0, x) - x).abs() < 1e-14, "uniform at {x}");
            assert!((beta(2.0, 1.0, x) - x * x).abs() < 1e-14, "the larger of two at {x}");
            let both = beta(3.5, 0.5, x) + beta(0.5, 3.5, 1.0 - x);
            assert!((both - 1.0).abs() < 1e-13, "mirrored at {x}");
        }
        let arcsine = 2.0 / std::f64::consts::PI * libm::asin(libm::sqrt(0.2));
        assert!((beta(0.5, 0.5, 0.2) - arcsine).abs() < 1e-13);
    }

    #[test]
    fn the_ends_are_exact() {
        assert_eq!((beta(2.0, 3.0, 0.0), beta(2.0, 3.0, 1.0)), (0.0, 1.0));
    }
}
