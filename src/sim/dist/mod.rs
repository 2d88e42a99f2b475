//! Distributions by their inverse distribution functions, the same bits on every machine.
//!
//! A sampler here is a quantile function: it turns one uniform number into one sample, so a draw
//! costs one counter and is monotone in it. Transcendental functions come from `libm`, because
//! those of `std` differ between platforms; the crate `rand_distr` isn't used for the same reason.
//!
//! What isn't here: randomness itself (see [`crate::node::Key`]), and which law a model uses.
//!
//! Theory: inversion as in Devroye, "Non-uniform random variate generation" (1986), chapter II.2.

mod gamma;
mod normal;

pub use gamma::{gamma_quantile, regularised_gamma};
pub use normal::{normal_cdf, normal_quantile};

/// A number in (0, 1) from 64 random bits: an odd multiple of 2^-53. Never 0 or 1, and symmetric
/// about 1/2, so every quantile function below is finite on it.
#[must_use]
pub fn open_unit(word: u64) -> f64 {
    ((word >> 12) as f64 + 0.5) / 4_503_599_627_370_496.0
}

/// The least and largest value of [`open_unit`].
pub const UNIT_BOUNDS: (f64, f64) = (f64::EPSILON / 2.0, 1.0 - f64::EPSILON / 2.0);

/// The `u`-quantile of the exponential law with this mean; `u` in [0, 1).
#[must_use]
pub fn exponential(u: f64, mean: f64) -> f64 {
    -mean * libm::log1p(-u)
}

/// The `u`-quantile of the Weibull law; `u` in [0, 1), `shape` and `scale` above 0.
#[must_use]
pub fn weibull(u: f64, shape: f64, scale: f64) -> f64 {
    scale * libm::pow(exponential(u, 1.0), 1.0 / shape)
}

/// The mean of the Weibull law: scale * Gamma(1 + 1/shape).
#[must_use]
pub fn weibull_mean(shape: f64, scale: f64) -> f64 {
    scale * libm::tgamma(1.0 + 1.0 / shape)
}

/// The `u`-quantile of the length-biased Weibull law, whose density is proportional to x f(x): a
/// share u of Weibull *time* lies in shorter lengths. With Y = (X / scale)^shape exponential,
/// biasing multiplies its density by y^(1/shape), which makes it Gamma(1 + 1/shape).
#[must_use]
pub fn weibull_length_biased(u: f64, shape: f64, scale: f64) -> f64 {
    scale * libm::pow(gamma_quantile(1.0 + 1.0 / shape, u), 1.0 / shape)
}

/// The `u`-quantile of the Pareto law (type I); `u` in [0, 1), `shape` and `min` above 0.
///
/// Length-biased, it is the Pareto law of `shape - 1`.
#[must_use]
pub fn pareto(u: f64, shape: f64, min: f64) -> f64 {
    min * libm::exp(-libm::log1p(-u) / shape)
}

/// The mean of the Pareto law: infinite for a shape of 1 or less.
#[must_use]
pub fn pareto_mean(shape: f64, min: f64) -> f64 {
    if shape > 1.0 { min * shape / (shape - 1.0) } else { f64::INFINITY }
}

/// The `u`-quantile of the lognormal law; `u` in (0, 1), `sigma` the standard deviation of the
/// logarithm.
///
/// Length-biased, it is the lognormal law with its median multiplied by e^(sigma^2).
#[must_use]
pub fn lognormal(u: f64, median: f64, sigma: f64) -> f64 {
    median * libm::exp(sigma * normal_quantile(u))
}

/// The mean of the lognormal law.
#[must_use]
pub fn lognormal_mean(median: f64, sigma: f64) -> f64 {
    median * libm::exp(sigma * sigma / 2.0)
}

/// The mean of min(X, `cap`) for lognormal X: the limited expected value of actuaries (Klugman,
/// Panjer, Willmot, "Loss models", appendix A.5.1.1).
#[must_use]
pub fn lognormal_capped_mean(median: f64, sigma: f64, cap: f64) -> f64 {
    if sigma <= 0.0 || cap <= 0.0 {
        return median.min(cap).max(0.0);
    }
    let z = libm::log(cap / median) / sigma;
    lognormal_mean(median, sigma) * normal_cdf(z - sigma) + cap * normal_cdf(-z)
}

#[cfg(test)]
mod tests;
