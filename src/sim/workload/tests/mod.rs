mod groups;

use super::*;

fn workload(mix: &[(OperationKind, f64)], popularity: Popularity, rate: f64) -> Workload {
    Workload::new(&config(mix, popularity, rate), 10, 0, 7)
}

pub(super) fn config(
    mix: &[(OperationKind, f64)],
    popularity: Popularity,
    rate: f64,
) -> WorkloadConfig {
    WorkloadConfig {
        rate,
        mix: mix.to_vec(),
        objects: 100,
        popularity,
        object_bytes: 1024,
        groups: None,
        changes: Vec::new(),
    }
}

/// Operation `count` of `node`, which is in no group.
fn operation(workload: &Workload, node: u32, count: u32) -> Operation {
    workload.operation(NodeId(node), count, &Members::default()).expect("it needs no group")
}

const READ: &[(OperationKind, f64)] = &[(OperationKind::Read, 1.0)];
const LOOKUP: &[(OperationKind, f64)] = &[(OperationKind::Lookup, 1.0)];

#[test]
fn gaps_are_exponential_with_the_rate() {
    let workload = workload(READ, Popularity::Uniform, 4.0);
    let n = 20_000;
    let gaps: Vec<f64> = (0..n).map(|count| workload.gap(NodeId(11), count).seconds()).collect();
    let mean = gaps.iter().sum::<f64>() / f64::from(n);
    // The mean of n has a standard error of 0.25 / sqrt(n) = 0.0018; five of them.
    assert!((mean - 0.25).abs() < 0.009, "{mean}");
    let below = gaps.iter().filter(|&&gap| gap < 0.25).count() as f64 / f64::from(n);
    assert!((below - 0.632).abs() < 0.017, "{below} of the gaps are below the mean");
}

#[test]
fn nothing_is_issued_at_rate_zero() {
    assert!(workload(READ, Popularity::Uniform, 0.0).gap(NodeId(1), 0).is_never());
}

#[test]
fn kinds_follow_the_mix() {
    let mix = [(OperationKind::Read, 0.8), (OperationKind::Update, 0.2)];
    let workload = workload(&mix, Popularity::Uniform, 1.0);
    let n = 10_000;
    let updates = (0..n)
        .filter(|&count| operation(&workload, 12, count).kind() == OperationKind::Update)
        .count() as f64;
    // Standard deviation sqrt(n 0.2 0.8) = 40.
    assert!((updates - 2000.0).abs() < 200.0, "{updates}");
}

#[test]
fn a_kind_with_share_zero_never_comes() {
    let mix = [(OperationKind::Update, 0.0), (OperationKind::Read, 1.0)];
    let workload = workload(&mix, Popularity::Uniform, 1.0);
    let reads = (0..5_000).map(|count| operation(&workload, 12, count).kind());
    assert!(reads.into_iter().all(|kind| kind == OperationKind::Read));
}

#[test]
fn zipf_gives_each_rank_its_share() {
    let workload = workload(READ, Popularity::Zipf(0.99), 1.0);
    let n = 40_000;
    let mut counts = [0_u32; 100];
    for count in 0..n {
        let object = operation(&workload, 13, count).object().expect("a read has an object");
        counts[object.0 as usize] += 1;
    }
    let weight = |rank: usize| libm::pow(rank as f64, -0.99);
    let sum: f64 = (1..=100).map(weight).sum();
    // Chi-square with 99 degrees of freedom: 148.2 is the 99.9 % quantile.
    let chi: f64 = (counts.iter().enumerate())
        .map(|(object, &got)| {
            let want = f64::from(n) * weight(object + 1) / sum;
            (f64::from(got) - want) * (f64::from(got) - want) / want
        })
        .sum();
    assert!(chi < 148.2, "chi-square {chi}: {counts:?}");
    assert!(counts[0] > counts[1] && counts[1] > counts[9]);
}

#[test]
fn lookups_go_to_all_other_peers_alike() {
    let workload = workload(LOOKUP, Popularity::Uniform, 1.0);
    let mut counts = [0_u32; 11];
    for count in 0..18_000 {
        match operation(&workload, 4, count) {
            Operation::Lookup { target } => counts[target.index()] += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((counts[0], counts[4]), (0, 0), "neither the world nor the node itself");
    // 2,000 each, standard deviation 42.
    let others = (1..=10).filter(|&peer| peer != 4);
    assert!(others.into_iter().all(|peer| counts[peer].abs_diff(2000) < 210), "{counts:?}");
}

#[test]
fn clients_look_up_every_peer_and_a_sole_peer_itself() {
    let of_client = workload(LOOKUP, Popularity::Uniform, 1.0);
    let mut seen = [false; 11];
    for count in 0..500 {
        if let Operation::Lookup { target } = operation(&of_client, 40, count) {
            seen[target.index()] = true;
        }
    }
    assert!(!seen[0] && seen[1..].iter().all(|&s| s), "{seen:?}");
    let sole = Workload::new(&config(LOOKUP, Popularity::Uniform, 1.0), 1, 0, 1);
    assert_eq!(operation(&sole, 1, 0), Operation::Lookup { target: NodeId(1) });
}

#[test]
fn draws_depend_on_seed_node_and_count_only() {
    let one = workload(READ, Popularity::Uniform, 1.0);
    let two = workload(READ, Popularity::Uniform, 1.0);
    assert_eq!(one.gap(NodeId(5), 9), two.gap(NodeId(5), 9));
    assert_ne!(one.gap(NodeId(5), 9), one.gap(NodeId(5), 10));
    assert_ne!(one.gap(NodeId(5), 9), one.gap(NodeId(6), 9));
    assert_eq!(one.gap(NodeId(5), 0), Span::from_nanos(1_055_846_036), "pinned");
    assert_eq!(operation(&one, 5, 0).object(), Some(ObjectId(84)), "pinned");
}
