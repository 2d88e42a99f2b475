//! Laws of session and gap lengths: sampling, means, and what equilibrium needs.

use super::Law;
use crate::node::Span;
use crate::sim::dist;

impl Law {
    /// The mean, in seconds; infinite where the law has none (a Pareto shape of 1 or less), which
    /// churn refuses.
    #[must_use]
    pub fn mean_s(&self) -> f64 {
        match *self {
            Self::Exponential { mean } => mean.seconds(),
            Self::Weibull { shape, scale } => dist::weibull_mean(shape, scale.seconds()),
            Self::Pareto { shape, min } => dist::pareto_mean(shape, min.seconds()),
            Self::Lognormal { median, sigma } => dist::lognormal_mean(median.seconds(), sigma),
            Self::Constant(length) => length.seconds(),
        }
    }

    /// The length that a share `u` of all lengths lies below; `u` in (0, 1).
    #[must_use]
    pub fn quantile(&self, u: f64) -> Span {
        Span::from_secs_f64(match *self {
            Self::Exponential { mean } => dist::exponential(u, mean.seconds()),
            Self::Weibull { shape, scale } => dist::weibull(u, shape, scale.seconds()),
            Self::Pareto { shape, min } => dist::pareto(u, shape, min.seconds()),
            Self::Lognormal { median, sigma } => dist::lognormal(u, median.seconds(), sigma),
            Self::Constant(length) => return length,
        })
    }

    /// The length that a share `u` of all *time* lies in shorter ones; `u` in (0, 1). An observer
    /// who looks at a random time finds a length of this law: long ones are met more often (Feller,
    /// "An introduction to probability theory and its applications" II, XI.4).
    #[must_use]
    pub fn length_biased_quantile(&self, u: f64) -> Span {
        Span::from_secs_f64(match *self {
            Self::Exponential { mean } => dist::weibull_length_biased(u, 1.0, mean.seconds()),
            Self::Weibull { shape, scale } => {
                dist::weibull_length_biased(u, shape, scale.seconds())
            }
            Self::Pareto { shape, min } => dist::pareto(u, shape - 1.0, min.seconds()),
            Self::Lognormal { median, sigma } => {
                dist::lognormal(u, median.seconds() * libm::exp(sigma * sigma), sigma)
            }
            Self::Constant(length) => return length,
        })
    }

    /// What is left at time 0 of the length running then, in equilibrium: a uniform `share` of a
    /// length-biased one.
    #[must_use]
    pub fn residual(&self, u: f64, share: f64) -> Span {
        let whole = self.length_biased_quantile(u);
        if whole.is_never() { whole } else { Span::from_secs_f64(whole.seconds() * share) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laws() -> Vec<Law> {
        let hour = Span::from_secs(3600);
        vec![
            Law::Exponential { mean: hour },
            Law::Weibull { shape: 0.615, scale: hour },
            Law::Weibull { shape: 2.0, scale: hour },
            Law::Pareto { shape: 4.0, min: hour },
            Law::Lognormal { median: hour, sigma: 0.7 },
            Law::Constant(hour),
        ]
    }

    /// By renewal theory the residual has density (1 - F) / E: its mean is E[X^2] / (2 E[X]), its
    /// distribution function at t is the mean of min(X, t) over E[X].
    #[test]
    fn residuals_have_the_law_of_renewal_theory() {
        let n = 400;
        let grid = || (0..n).map(|i| (f64::from(i) + 0.5) / f64::from(n));
        for law in laws() {
            let t = law.mean_s();
            let below = (grid().flat_map(|u| grid().map(move |share| (u, share))))
                .filter(|&(u, share)| law.residual(u, share).seconds() <= t)
                .count() as f64
                / f64::from(n * n);
            let steps = 100_000;
            let cut_mean = (0..steps)
                .map(|i| law.quantile((f64::from(i) + 0.5) / f64::from(steps)).seconds().min(t))
                .sum::<f64>()
                / f64::from(steps);
            assert!((below - cut_mean / t).abs() < 0.004, "{law:?}: {below} {}", cut_mean / t);
        }
    }

    #[test]
    fn quantiles_are_monotone_and_length_biased_ones_longer() {
        for law in laws() {
            for i in 1..100 {
                let u = f64::from(i) / 100.0;
                assert!(law.quantile(u) >= law.quantile(u - 0.009), "{law:?}");
                assert!(law.length_biased_quantile(u) >= law.quantile(u), "{law:?}");
            }
        }
    }

    #[test]
    fn the_mean_of_an_exponential_is_exact() {
        let law = Law::Exponential { mean: Span::from_secs(60) };
        assert_eq!(law.mean_s().to_bits(), 60.0_f64.to_bits());
    }
}
