use super::*;
use crate::node::Key;

/// Published to ten digits or more (e.g. Abramowitz and Stegun, tables 26.1 and 26.5).
#[test]
fn normal_quantiles_are_the_published_ones() {
    let table = [
        (0.5, 0.0),
        (0.75, 0.674_489_750_196_082),
        (0.975, 1.959_963_984_540_054),
        (0.995, 2.575_829_303_548_901),
        (0.999, 3.090_232_306_167_813),
        (1e-6, -4.753_424_308_822_899),
        (1e-20, -9.262_340_089_798_408),
    ];
    for (u, z) in table {
        let got = normal_quantile(u);
        assert!((got - z).abs() < 1e-12, "{u}: {got} instead of {z}");
    }
}

#[test]
fn the_normal_quantile_inverts_the_distribution_function() {
    for i in 1..2000 {
        let u = f64::from(i) / 2000.0;
        assert!((normal_cdf(normal_quantile(u)) - u).abs() < 1e-14, "{u}");
    }
    for i in 20..300 {
        let u = libm::pow(10.0, -f64::from(i) / 20.0);
        let back = normal_cdf(normal_quantile(u));
        assert!((back / u - 1.0).abs() < 1e-12, "{u}: {back}");
    }
}

#[test]
fn the_incomplete_gamma_function_has_its_closed_forms() {
    for i in 1..200 {
        let x = f64::from(i) * 0.1;
        let decay = libm::exp(-x);
        assert!((regularised_gamma(1.0, x) - (1.0 - decay)).abs() < 1e-14, "exponential at {x}");
        let two = 1.0 - decay * (1.0 + x);
        assert!((regularised_gamma(2.0, x) - two).abs() < 1e-14, "Erlang at {x}");
        let half = 1.0 - libm::erfc(libm::sqrt(x));
        assert!((regularised_gamma(0.5, x) - half).abs() < 1e-14, "chi-square at {x}");
    }
}

#[test]
fn gamma_quantiles_invert_it_and_meet_the_tables() {
    // Half of the chi-square quantiles with 2a degrees of freedom.
    for (a, p, x) in [
        (0.5, 0.95, 1.920_729_410_347_062),
        (2.0, 0.95, 4.743_864_518_390_589),
        (5.0, 0.5, 4.670_908_882_795_983),
    ] {
        let got = gamma_quantile(a, p);
        assert!((got / x - 1.0).abs() < 1e-12, "{a} {p}: {got} instead of {x}");
    }
    for a in [0.6, 1.0, 1.5, 2.626, 4.03, 11.0, 101.0] {
        for p in [UNIT_BOUNDS.0, 1e-9, 0.01, 0.3, 0.5, 0.9, 0.999, 1.0 - 1e-9, UNIT_BOUNDS.1] {
            let back = regularised_gamma(a, gamma_quantile(a, p));
            assert!((back - p).abs() < 1e-13, "a = {a}, p = {p}: {back}");
        }
    }
}

#[test]
fn medians_are_where_they_must_be() {
    let near = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-14, "{got} {want}");
    near(exponential(0.5, 3.0), 3.0 * std::f64::consts::LN_2);
    near(weibull(1.0 - libm::exp(-1.0), 0.615, 169.5), 169.5);
    near(pareto(0.75, 2.0, 5.0), 10.0);
    near(lognormal(0.5, 7.0, 1.3), 7.0);
}

#[test]
fn all_quantiles_are_finite_and_positive_at_both_ends() {
    assert_eq!((open_unit(0), open_unit(u64::MAX)), UNIT_BOUNDS);
    for u in [UNIT_BOUNDS.0, UNIT_BOUNDS.1] {
        let all = [
            exponential(u, 1.0),
            weibull(u, 0.33, 1.0),
            weibull_length_biased(u, 0.33, 1.0),
            pareto(u, 1.1, 1.0),
            lognormal(u, 1.0, 2.0),
        ];
        assert!(all.iter().all(|x| x.is_finite() && *x > 0.0), "{u}: {all:?}");
    }
}

/// The mean of a quantile function, by the midpoint rule on a grid that is fine at the upper end.
fn mean_of(quantile: impl Fn(f64) -> f64) -> f64 {
    // u = 1 - e^-t, so that the tail is covered to e^-36.
    let steps = 36_000;
    let width = 36.0 / f64::from(steps);
    let at = |i: i32| (f64::from(i) + 0.5) * width;
    (0..steps).map(|i| quantile(-libm::expm1(-at(i))) * libm::exp(-at(i)) * width).sum()
}

#[test]
fn means_agree_with_the_quantiles() {
    let near = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-4, "{got} {want}");
    near(mean_of(|u| exponential(u, 4.0)), 4.0);
    near(mean_of(|u| weibull(u, 0.615, 169.5)), weibull_mean(0.615, 169.5));
    near(mean_of(|u| pareto(u, 3.0, 2.0)), pareto_mean(3.0, 2.0));
    near(mean_of(|u| lognormal(u, 2.0, 0.8)), lognormal_mean(2.0, 0.8));
    near(mean_of(|u| lognormal(u, 2.0, 0.8).min(3.0)), lognormal_capped_mean(2.0, 0.8, 3.0));
    assert_eq!(pareto_mean(1.0, 2.0), f64::INFINITY);
}

/// E[X^2] / E[X] is the mean of the length-biased law.
#[test]
fn length_biased_means_follow_from_second_moments() {
    let near = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-3, "{got} {want}");
    let weibull_second = 4.0 * libm::tgamma(1.0 + 2.0 / 0.615);
    near(
        mean_of(|u| weibull_length_biased(u, 0.615, 2.0)),
        weibull_second / weibull_mean(0.615, 2.0),
    );
    near(mean_of(|u| weibull_length_biased(u, 1.0, 2.0)), 4.0);
    let square = |x: f64| x * x;
    let ratio = mean_of(|u| square(lognormal(u, 2.0, 0.5))) / lognormal_mean(2.0, 0.5);
    near(lognormal_mean(2.0 * libm::exp(0.25), 0.5), ratio);
    let ratio = mean_of(|u| square(pareto(u, 5.0, 2.0))) / pareto_mean(5.0, 2.0);
    near(pareto_mean(4.0, 2.0), ratio);
}

/// Any change here changes every run: it must be meant, and said in the changelog.
#[test]
fn draws_are_pinned() {
    let u = open_unit(Key::from_word(42).stream(3, 1).word());
    let draws = [
        u,
        exponential(u, 1.0),
        weibull(u, 0.615, 1.0),
        weibull_length_biased(u, 0.615, 1.0),
        pareto(u, 2.5, 1.0),
        lognormal(u, 1.0, 0.5),
    ];
    let pinned = [
        0.877_983_203_754_772_7,
        2.103_596_569_583_887_6,
        3.350_751_352_010_240_8,
        11.623_432_333_322_981,
        2.319_701_764_971_017_4,
        1.790_476_823_924_230_6,
    ];
    assert_eq!(draws.map(f64::to_bits), pinned.map(f64::to_bits), "{draws:?}");
}
