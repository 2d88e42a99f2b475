//! The gamma law: its distribution function and its inverse.

/// Terms after which the series and the continued fraction have converged for every shape that is
/// used (below 1e5); reached only by arguments far outside of it.
const MOST_TERMS: u32 = 10_000;
/// Relative size of a term that no longer changes a sum.
const NEGLIGIBLE: f64 = 1e-16;

/// The regularised lower incomplete gamma function P(a, x): the share of a Gamma(a) law below x.
/// `a` above 0, `x` at least 0.
///
/// Below a + 1 by its power series, above by the continued fraction of Q = 1 - P (Abramowitz and
/// Stegun, 6.5.29 and 6.5.31), each where it converges fast; about 14 digits.
#[must_use]
pub fn regularised_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    if x < a + 1.0 { front * series(a, x) } else { 1.0 - front * fraction(a, x) }
}

/// The sum of x^n / (a (a+1) ... (a+n)) over n.
fn series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    let mut divisor = a;
    for _ in 0..MOST_TERMS {
        divisor += 1.0;
        term *= x / divisor;
        sum += term;
        if term < sum * NEGLIGIBLE {
            break;
        }
    }
    sum
}

/// The continued fraction 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ...))), evaluated from the top by
/// Lentz's method.
fn fraction(a: f64, x: f64) -> f64 {
    // Stands in for a denominator of 0, as the method asks.
    const TINY: f64 = 1e-300;
    let shown = |value: f64| if libm::fabs(value) < TINY { TINY } else { value };
    let mut partial = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / shown(partial);
    let mut value = d;
    for n in 1..MOST_TERMS {
        let n = f64::from(n);
        let numerator = -n * (n - a);
        partial += 2.0;
        d = 1.0 / shown(numerator * d + partial);
        c = shown(partial + numerator / c);
        let factor = c * d;
        value *= factor;
        if libm::fabs(factor - 1.0) < NEGLIGIBLE {
            break;
        }
    }
    value
}

/// The `p`-quantile of the Gamma(a) law with scale 1; `a` above 0, `p` in [0, 1).
///
/// Newton's method on [`regularised_gamma`], kept inside a bracket by bisection: about six
/// evaluations.
#[must_use]
pub fn gamma_quantile(a: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, a + 1.0);
    while regularised_gamma(a, high) < p && high < 1e6 * (a + 1.0) {
        low = high;
        high *= 2.0;
    }
    let log_gamma = libm::lgamma(a);
    let mut x = (low + high) / 2.0;
    // Bisection alone would need 53 rounds for full precision; the bound only guards against
    // cycling.
    for _ in 0..100 {
        let error = regularised_gamma(a, x) - p;
        if error > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = libm::exp((a - 1.0) * libm::log(x) - x - log_gamma);
        let newton = x - error / density;
        let next = if newton > low && newton < high { newton } else { (low + high) / 2.0 };
        let step = libm::fabs(next - x);
        x = next;
        if step <= 1e-15 * x {
            break;
        }
    }
    x
}
