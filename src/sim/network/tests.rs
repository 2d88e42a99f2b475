use super::*;
use proptest::prelude::*;
use std::sync::Arc;

fn network(latency: Latency) -> Network {
    Network::new(&NetworkConfig { latency, ..plain() }, 50, 3)
}

fn plain() -> NetworkConfig {
    NetworkConfig { latency: Latency::Constant(Span::from_millis(50)), ..NetworkConfig::default() }
}

fn first(network: &Network, seq: u32) -> Span {
    network.fate(NodeId(1), NodeId(2), seq).first.expect("nothing is lost here")
}

fn all_models() -> Vec<Latency> {
    let ms = Span::from_millis;
    let matrix = Matrix { size: 3, one_way_ms: vec![0.0, 5.0, 9.0, 6.0, 0.0, 7.5, 9.0, 7.0, 0.0] };
    vec![
        Latency::Constant(ms(50)),
        Latency::Constant(Span::ZERO),
        Latency::Uniform { min: ms(10), max: ms(20) },
        Latency::Exponential { mean: ms(50), least: Span::ZERO },
        Latency::Lognormal { median: ms(40), sigma: 0.5, max: ms(200) },
        Latency::Euclid { min: ms(2), max: ms(100) },
        Latency::Planetlab,
        Latency::Matrix(Arc::new(matrix)),
    ]
}

#[test]
fn a_constant_latency_is_exact() {
    let network = network(Latency::Constant(Span::from_millis(50)));
    assert!((0..100).all(|seq| first(&network, seq) == Span::from_millis(50)));
    assert_eq!(network.least_delay(), Span::from_millis(50));
}

#[test]
fn a_message_to_oneself_loops_back_whatever_the_network_does() {
    let config = NetworkConfig { loss: 1.0, duplicate: 1.0, jitter: 1.0, ..plain() };
    let network = Network::new(&config, 5, 1);
    let fate = network.fate(NodeId(4), NodeId(4), 7);
    assert_eq!(fate, Fate { first: Some(LOOPBACK), second: None });
    assert_eq!(network.nearness(NodeId(4), NodeId(4)), LOOPBACK);
}

#[test]
fn drawn_latencies_have_the_mean_that_nearness_says() {
    for (latency, deviation_ms) in [
        (Latency::Uniform { min: Span::from_millis(10), max: Span::from_millis(30) }, 5.8),
        (Latency::Exponential { mean: Span::from_millis(50), least: Span::ZERO }, 50.0),
        (
            Latency::Lognormal {
                median: Span::from_millis(40),
                sigma: 0.5,
                max: Span::from_millis(80),
            },
            20.0,
        ),
    ] {
        let network = network(latency);
        let n = 20_000;
        let mean = (0..n).map(|seq| first(&network, seq).millis()).sum::<f64>() / f64::from(n);
        let want = network.nearness(NodeId(1), NodeId(2)).millis();
        let error = 5.0 * deviation_ms / libm::sqrt(f64::from(n));
        assert!((mean - want).abs() < error, "{mean} instead of {want} +- {error}");
    }
}

#[test]
fn the_cap_of_a_lognormal_latency_holds_and_is_reached() {
    let (median, max) = (Span::from_millis(40), Span::from_millis(80));
    let network = network(Latency::Lognormal { median, sigma: 0.5, max });
    let capped = (0..10_000).filter(|&seq| first(&network, seq) == max).count();
    assert!((0..10_000).all(|seq| first(&network, seq) <= max));
    // P(X > 2 median) = 1 - Phi(ln 2 / 0.5) = 0.0828.
    assert!((690..970).contains(&capped), "{capped}");
}

#[test]
fn jitter_only_ever_adds_up_to_its_share() {
    let network = Network::new(&NetworkConfig { jitter: 0.1, ..plain() }, 5, 1);
    let extra: Vec<f64> =
        (0..10_000).map(|seq| first(&network, seq).millis() / 50.0 - 1.0).collect();
    assert!(extra.iter().all(|share| (0.0..0.1).contains(share)));
    let mean = extra.iter().sum::<f64>() / 10_000.0;
    assert!((mean - 0.05).abs() < 0.002, "{mean}");
}

#[test]
fn losses_and_duplicates_come_at_their_rates_and_at_the_ends_exactly() {
    let config = NetworkConfig { loss: 0.1, duplicate: 0.2, jitter: 0.5, ..plain() };
    let network = Network::new(&config, 5, 1);
    let fates: Vec<Fate> = (0..20_000).map(|seq| network.fate(NodeId(1), NodeId(2), seq)).collect();
    let lost = fates.iter().filter(|fate| fate.first.is_none()).count();
    let doubled = fates.iter().filter(|fate| fate.second.is_some()).count();
    // 2,000 +- 42 lost; of the 18,000 others 3,600 +- 54 doubled.
    assert!(lost.abs_diff(2_000) < 210 && doubled.abs_diff(3_600) < 270, "{lost} {doubled}");
    assert!(fates.iter().all(|fate| fate.first.is_some() || fate.second.is_none()));
    assert!(fates.iter().all(|fate| fate.second.is_none() || fate.first != fate.second));
    for (p, every) in [(0.0, false), (1.0, true)] {
        let chance = Chance::new(p);
        assert!([0, 1, u32::MAX - 1, u32::MAX].iter().all(|&bits| chance.happens(bits) == every));
    }
}

#[test]
fn a_duplicate_draws_its_own_latency() {
    let latency = Latency::Exponential { mean: Span::from_millis(50), least: Span::ZERO };
    let network = Network::new(&NetworkConfig { latency, duplicate: 1.0, ..plain() }, 5, 1);
    let fate = network.fate(NodeId(1), NodeId(2), 0);
    assert!(fate.second.is_some() && fate.first != fate.second, "{fate:?}");
}

#[test]
fn senders_counts_and_seeds_draw_apart() {
    let latency = Latency::Exponential { mean: Span::from_millis(50), least: Span::ZERO };
    let config = NetworkConfig { latency, ..plain() };
    let (one, two) = (Network::new(&config, 5, 1), Network::new(&config, 5, 2));
    let base = one.fate(NodeId(1), NodeId(2), 0);
    assert_eq!(base, one.fate(NodeId(1), NodeId(2), 0));
    assert_ne!(base, one.fate(NodeId(1), NodeId(2), 1));
    assert_ne!(base, one.fate(NodeId(2), NodeId(1), 0));
    assert_ne!(base, two.fate(NodeId(1), NodeId(2), 0));
}

#[test]
fn euclid_stretches_from_corner_to_corner() {
    let (min, max) = (Span::from_millis(2), Span::from_millis(100));
    let network =
        Network::new(&NetworkConfig { latency: Latency::Euclid { min, max }, ..plain() }, 400, 1);
    let pairs = (1..=400).flat_map(|a| (1..a).map(move |b| (NodeId(a), NodeId(b))));
    let all: Vec<f64> = pairs.map(|(a, b)| network.nearness(a, b).millis()).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    // The mean distance in a unit square is 0.5214 (Robbins): 2 + 98 * 0.5214 / sqrt(2) = 38.1.
    assert!((mean - 38.1).abs() < 2.0, "{mean}");
    assert!(all.iter().all(|ms| (2.0..=100.0).contains(ms)));
    assert!(all.iter().any(|ms| *ms > 80.0) && all.iter().any(|ms| *ms < 5.0));
}

#[test]
fn matrix_rows_are_read_by_direction_and_shared_rows_keep_apart() {
    let matrix = Matrix { size: 2, one_way_ms: vec![0.0, 5.0, 9.0, 0.0] };
    let network = network(Latency::Matrix(Arc::new(matrix)));
    let mut seen = std::collections::BTreeSet::new();
    for a in 1..=50 {
        for b in (1..=50).filter(|&b| b != a) {
            let (there, back) = (
                network.nearness(NodeId(a), NodeId(b)).millis(),
                network.nearness(NodeId(b), NodeId(a)).millis(),
            );
            let one_row = there == 5.0 && back == 5.0;
            assert!(one_row || there + back == 14.0, "{there} {back}");
            seen.insert(one_row);
        }
    }
    assert_eq!(seen.len(), 2, "both cases occur");
    assert_eq!(network.least_delay(), Span::from_millis(5));
}

/// The README of the data gives p25/p50/p75 of round trips as 59.1/133.9/203.2 ms; halved, and with
/// two access delays of 3 ms on average: 35.6/73/107.6.
#[test]
fn planetlab_latencies_have_the_measured_quartiles() {
    let network = Network::new(&NetworkConfig { latency: Latency::Planetlab, ..plain() }, 490, 1);
    let pairs = (1..=490).flat_map(|a| (1..a).map(move |b| (NodeId(a), NodeId(b))));
    let mut all: Vec<f64> = pairs.map(|(a, b)| network.nearness(a, b).millis()).collect();
    all.sort_unstable_by(f64::total_cmp);
    for (share, want) in [(4, 35.6), (2, 73.0)] {
        let got = all[all.len() / share];
        assert!((got / want - 1.0).abs() < 0.1, "1/{share}: {got} instead of {want}");
    }
    let upper = all[all.len() / 4 * 3];
    assert!((upper / 107.6 - 1.0).abs() < 0.1, "3/4: {upper}");
}

#[test]
fn the_lookahead_is_at_least_a_millisecond_on_planetlab() {
    for nodes in [0, 1, 2, 50] {
        let network =
            Network::new(&NetworkConfig { latency: Latency::Planetlab, ..plain() }, nodes, 1);
        assert!(network.least_delay() >= Span::from_millis(1), "{nodes} nodes");
    }
}

#[test]
fn transmission_rounds_up() {
    assert_eq!(transmission(1250, 10_000_000), Span::from_millis(1));
    assert_eq!(transmission(1, 3), Span::from_nanos(2_666_666_667));
    assert_eq!(transmission(0, 1_000), Span::from_nanos(1));
    assert_eq!(transmission(1, u64::MAX), Span::from_nanos(1));
    assert_eq!(transmission(u32::MAX, 1), Span::NEVER);
}

proptest! {
    #[test]
    fn no_delay_is_below_the_lookahead(
        model in 0_usize..8,
        from in 1_u32..=50,
        to in 1_u32..=50,
        seq: u32,
        seed: u64,
    ) {
        prop_assume!(from != to);
        let config = NetworkConfig {
            latency: all_models()[model].clone(),
            duplicate: 0.5,
            jitter: 0.3,
            ..plain()
        };
        let network = Network::new(&config, 50, seed);
        let fate = network.fate(NodeId(from), NodeId(to), seq);
        for delay in [fate.first, fate.second].into_iter().flatten() {
            prop_assert!(delay >= network.least_delay() && delay >= Span::from_nanos(1));
        }
        prop_assert_eq!(network.clone().fate(NodeId(from), NodeId(to), seq), fate);
    }

    #[test]
    fn pairs_are_as_far_apart_in_both_directions(
        from in 1_u32..=50,
        to in 1_u32..=50,
        seed: u64,
    ) {
        for latency in [Latency::Planetlab, all_models()[5].clone()] {
            let network = Network::new(&NetworkConfig { latency, ..plain() }, 50, seed);
            let (a, b) = (NodeId(from), NodeId(to));
            prop_assert_eq!(network.nearness(a, b), network.nearness(b, a));
        }
    }
}

/// Any change here changes every run: it must be meant, and said in the changelog.
#[test]
fn fates_are_pinned() {
    let nanos: Vec<u64> = all_models()
        .into_iter()
        .map(|latency| {
            let config = NetworkConfig { latency, jitter: 0.02, ..plain() };
            let network = Network::new(&config, 50, 1);
            network.fate(NodeId(7), NodeId(9), 11).first.expect("nothing is lost").nanos()
        })
        .collect();
    let pinned =
        [50_040_190, 1, 14_570_232, 30_451_245, 37_873_036, 19_317_555, 169_330_349, 7_005_627];
    assert_eq!(nanos, pinned);
}
