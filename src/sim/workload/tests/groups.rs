use super::super::*;
use super::config;
use crate::node::Order;

const PEERS: u32 = 10;
const CLIENTS: u32 = 2_000;
const OBJECTS: u32 = 100;
const MULTICAST: &[(OperationKind, f64)] = &[(OperationKind::Multicast, 1.0)];

fn small() -> GroupsConfig {
    GroupsConfig {
        count: 5,
        clients: CLIENTS,
        sizes: Sizes::Rank(1.25),
        message_bytes: 200,
        total: 1.0,
        senders: None,
        stay: Span::NEVER,
        away: Span::NEVER,
        ramp: Span::from_secs(10),
        burst: 1.0,
        burst_gap: Span::from_millis(100),
    }
}

fn with(groups: GroupsConfig, changes: &[LoadChange]) -> Workload {
    let config = WorkloadConfig {
        groups: Some(groups),
        changes: changes.to_vec(),
        ..config(MULTICAST, Popularity::Uniform, 1.0)
    };
    Workload::new(&config, PEERS, CLIENTS, 7)
}

fn clients() -> impl Iterator<Item = NodeId> {
    (PEERS + 1..=PEERS + CLIENTS).map(NodeId)
}

/// All places as (client, group, place).
fn all(groups: &Groups) -> Vec<(NodeId, u32, u32)> {
    let of = |node| groups.of(node).map(move |place| (node, place));
    let pairs: Vec<(NodeId, u32)> = clients().flat_map(of).collect();
    pairs.into_iter().map(|(n, place)| (n, groups.group(place).0 - OBJECTS, place)).collect()
}

fn sizes(groups: &Groups, count: u32) -> Vec<usize> {
    let all = all(groups);
    (0..count).map(|group| all.iter().filter(|(_, g, _)| *g == group).count()).collect()
}

fn change(at: u64, lasts: u64, what: Change) -> LoadChange {
    LoadChange { at: Span::from_secs(at), lasts: Span::from_secs(lasts), what }
}

fn secs(s: u64) -> Time {
    Time::ZERO + Span::from_secs(s)
}

#[test]
fn sizes_follow_their_law() {
    let ranked = with(small(), &[]);
    // 2000 r^-1.25.
    assert_eq!(sizes(ranked.groups().unwrap(), 5), [2000, 841, 507, 354, 267]);
    let listed = GroupsConfig { count: 3, sizes: Sizes::List(vec![9, 1, 30]), ..small() };
    assert_eq!(sizes(with(listed, &[]).groups().unwrap(), 3), [9, 1, 30]);
    let rare = GroupsConfig { count: 400, sizes: Sizes::Rank(2.0), ..small() };
    assert_eq!(sizes(with(rare, &[]).groups().unwrap(), 400)[399], 1, "nobody's group has one");
}

#[test]
fn sizes_count_those_online_and_those_that_are_there() {
    let half = GroupsConfig { clients: CLIENTS / 2, count: 1, sizes: Sizes::Fixed(100), ..small() };
    assert_eq!(sizes(with(half.clone(), &[]).groups().unwrap(), 1), [200], "half are away");
    let stay = Span::from_secs(60);
    let turning = GroupsConfig { stay, away: Span::from_secs(180), ..half };
    assert_eq!(sizes(with(turning, &[]).groups().unwrap(), 1), [800], "a quarter of the time");
}

#[test]
fn a_client_has_one_place_in_a_group_and_every_client_is_as_likely() {
    let config = GroupsConfig { count: 200, sizes: Sizes::Fixed(100), ..small() };
    let workload = with(config, &[]);
    let mut seen = all(workload.groups().unwrap());
    assert_eq!(seen.len(), 20_000);
    seen.sort_unstable_by_key(|&(node, group, _)| (node, group));
    seen.dedup_by_key(|&mut (node, group, _)| (node, group));
    assert_eq!(seen.len(), 20_000);
    let mut counts = vec![0.0_f64; 20];
    seen.iter().for_each(|(node, ..)| counts[(node.0 - PEERS - 1) as usize / 100] += 1.0);
    // Chi-square with 19 degrees of freedom: 43.8 is the 99.9 % quantile.
    let chi: f64 = counts.iter().map(|n| (n - 1000.0) * (n - 1000.0) / 1000.0).sum();
    assert!(chi < 43.8, "{counts:?}");
}

#[test]
fn members_of_one_group_depend_on_no_other_group() {
    let members = |count, sizes| {
        let workload = with(GroupsConfig { count, sizes, ..small() }, &[]);
        let groups = workload.groups().unwrap();
        let of_third = all(groups).into_iter().filter(|&(_, group, _)| group == 2);
        of_third.map(|(node, ..)| node).collect::<Vec<_>>()
    };
    let three = members(3, Sizes::List(vec![5, 700, 40]));
    assert_eq!(three, members(4, Sizes::List(vec![900, 1, 40, 3])));
    assert_eq!(three[..3], [NodeId(87), NodeId(119), NodeId(168)], "pinned");
}

/// Members of group 0 at each of `times`, by walking through the turns.
fn taken_at(workload: &Workload, times: &[Time]) -> Vec<usize> {
    let groups = workload.groups().unwrap();
    let members = Members::new(workload, clients());
    let mut counts = vec![0; times.len()];
    for (node, _, place) in all(groups) {
        let (mut taken, mut began, mut phase) = (members.is_taken(place), Time::ZERO, 0);
        let over = groups.end(node, place).unwrap_or(Time::NEVER);
        loop {
            let turn = groups.turn(node, place, phase, taken, began);
            let end = turn.unwrap_or(Time::NEVER).min(over);
            for (count, &t) in counts.iter_mut().zip(times) {
                *count += usize::from(taken && began <= t && t < end);
            }
            if turn.is_none() || end == over || end > *times.last().unwrap() {
                break;
            }
            (taken, began, phase) = (!taken, end, phase + 1);
        }
    }
    counts
}

#[test]
fn turnover_is_in_equilibrium_from_the_start() {
    let (stay, away) = (Span::from_secs(60), Span::from_secs(180));
    let config = GroupsConfig { count: 1, sizes: Sizes::Fixed(400), stay, away, ..small() };
    let workload = with(config, &[]);
    let counts = taken_at(&workload, &[0, 10, 60, 200, 600, 1800].map(secs));
    // Of 1,600 places a quarter each: standard deviation 17.3.
    assert!(counts.iter().all(|&n| n.abs_diff(400) < 70), "{counts:?}");
    assert!(counts.iter().any(|&n| n != counts[0]), "{counts:?}");
}

#[test]
fn without_turnover_everybody_stays() {
    let config = GroupsConfig { count: 1, sizes: Sizes::Fixed(400), ..small() };
    assert_eq!(taken_at(&with(config, &[]), &[0, 9, 9_999].map(secs)), [400, 400, 400]);
}

#[test]
fn crowds_are_of_strangers_who_come_meanwhile_and_stay() {
    let config = GroupsConfig { count: 2, sizes: Sizes::Fixed(500), ..small() };
    let crowd = |clients| Change::Crowd { group: 0, clients };
    let changes = [change(100, 60, crowd(1000)), change(300, 10, crowd(500))];
    let workload = with(config.clone(), &changes);
    let groups = workload.groups().unwrap();
    assert_eq!(sizes(groups, 2), [2000, 500], "all distinct, and the other group as it was");
    let mut nodes: Vec<NodeId> =
        all(groups).iter().filter(|(_, group, _)| *group == 0).map(|(node, ..)| *node).collect();
    nodes.dedup();
    assert_eq!(nodes.len(), 2000);
    let group_0 = taken_at(&workload, &[0, 99, 130, 160, 299, 310, 9_999].map(secs));
    let others = 500;
    let expected = [500, 500, 1000, 1500, 1500, 2000, 2000].map(|n| n + others);
    assert_eq!(group_0[..2], expected[..2]);
    assert!(group_0[2].abs_diff(expected[2]) < 80, "half way: {group_0:?}");
    assert_eq!(group_0[3..], expected[3..]);
    assert_eq!(all(with(config, &[]).groups().unwrap()).len(), 1000);
}

#[test]
fn an_exodus_takes_its_share_for_good() {
    let (stay, away) = (Span::from_secs(60), Span::from_secs(60));
    let config = GroupsConfig { count: 1, sizes: Sizes::Fixed(900), stay, away, ..small() };
    let exodus = Change::Exodus { group: 0, share: 0.75 };
    let workload = with(config, &[change(100, 50, exodus)]);
    let counts = taken_at(&workload, &[99, 150, 600, 3600].map(secs));
    assert!(counts[0].abs_diff(900) < 100, "{counts:?}");
    assert!(counts[1..].iter().all(|n| n.abs_diff(225) < 70), "{counts:?}");
}

#[test]
fn senders_are_some_of_the_members() {
    let config = GroupsConfig {
        count: 3,
        sizes: Sizes::List(vec![500, 2, 300]),
        senders: Some(4),
        ..small()
    };
    let workload = with(config, &[]);
    let groups = workload.groups().unwrap();
    let mut members = Members::new(&workload, clients());
    let send = |members: &Members, node| workload.operation(node, 3, members);
    let nobody = clients().filter_map(|node| send(&members, node)).count();
    assert_eq!(nobody, 0, "none has joined yet");
    (0..groups.places()).for_each(|place| members.join(place, true));
    let mut sent = [0; 3];
    for (node, group, place) in all(groups) {
        let mut alone = Members::new(&workload, clients());
        alone.join(place, true);
        sent[group as usize] += usize::from(send(&alone, node).is_some());
    }
    assert_eq!(sent, [4, 2, 4]);
}

#[test]
fn a_sender_chooses_among_the_groups_that_it_has_joined() {
    let config = GroupsConfig { sizes: Sizes::Fixed(CLIENTS), total: 0.25, ..small() };
    let workload = with(config, &[]);
    let groups = workload.groups().unwrap();
    let mut members = Members::new(&workload, clients());
    let node = NodeId(PEERS + 5);
    groups.of(node).skip(1).take(3).for_each(|place| members.join(place, true));
    let (mut counts, mut fifo) = ([0_u32; 5], 0);
    for count in 0..3_000 {
        match workload.operation(node, count, &members) {
            Some(Operation::Multicast { group, order, bytes: 200 }) => {
                counts[(group.0 - OBJECTS) as usize] += 1;
                fifo += u32::from(order == Order::Fifo);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((counts[0], counts[4]), (0, 0));
    // 1,000 each, standard deviation 26; three quarters are fifo, standard deviation 24.
    assert!(counts[1..4].iter().all(|n| n.abs_diff(1_000) < 130), "{counts:?}");
    assert!(fifo.abs_diff(2_250) < 120, "{fifo}");
}

#[test]
fn rows_keep_the_rate() {
    let config = GroupsConfig { sizes: Sizes::Fixed(CLIENTS), burst: 4.0, ..small() };
    let workload = with(config, &[]);
    let groups = workload.groups().unwrap();
    let mut members = Members::new(&workload, clients());
    let node = NodeId(PEERS + 5);
    groups.of(node).for_each(|place| members.join(place, true));
    let (mut rows, mut messages) = (0_u32, 0_u32);
    for count in 0..20_000 {
        rows += u32::from(workload.operation(node, count, &members).is_some());
    }
    let mut count = 20_000;
    for _ in 0..rows {
        messages += 1;
        while groups.goes_on(node, count).is_some() {
            (count, messages) = (count + 1, messages + 1);
        }
        count += 1;
    }
    assert!(rows.abs_diff(5_000) < 300, "{rows}: a quarter begins one");
    // Deviation of a row's length: sqrt(12).
    assert!(messages.abs_diff(4 * rows) < 1_200, "{messages} in {rows} rows");
}

#[test]
fn surges_multiply_the_rate_and_nothing_else() {
    let factors = [
        change(100, 100, Change::Surge { rate: 5.0 }),
        change(150, 100, Change::Surge { rate: 2.0 }),
        change(400, 100, Change::Surge { rate: 0.0 }),
    ];
    let plain = with(small(), &[]);
    let surged = with(small(), &factors);
    let node = NodeId(PEERS + 1);
    assert_eq!(plain.next(node, 4, secs(3)), secs(3) + plain.gap(node, 4));
    let mut counts = [0.0_f64; 12];
    for node in clients() {
        let (mut now, mut count) = (Time::ZERO, 0);
        loop {
            let next = surged.next(node, count, now);
            assert!(next > now);
            (now, count) = (next, count + 1);
            let Some(bin) = counts.get_mut((now.seconds() / 50.0) as usize) else { break };
            *bin += 1.0;
        }
    }
    let each = 50.0 * f64::from(CLIENTS);
    let expected = [1.0, 1.0, 5.0, 10.0, 2.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0].map(|x| x * each);
    assert_eq!(counts[8..10], [0.0, 0.0]);
    // Chi-square with 10 degrees of freedom: 29.6 is the 99.9 % quantile.
    let square = |(n, want): (&f64, &f64)| (n - want) * (n - want) / want;
    let pairs = counts.iter().zip(&expected).filter(|(_, want)| **want > 0.0);
    let chi: f64 = pairs.map(square).sum();
    assert!(chi < 29.6, "chi-square {chi}: {counts:?}");
}

#[test]
fn a_hundred_thousand_members_and_a_thousand_groups_fit() {
    let clients = 100_000;
    let groups = GroupsConfig { count: 1_000, clients, ..small() };
    let mut config = config(MULTICAST, Popularity::Uniform, 1.0);
    config.groups = Some(groups);
    let workload = Workload::new(&config, PEERS, clients, 7);
    let groups = workload.groups().unwrap();
    assert!((350_000..420_000).contains(&groups.places()), "{}", groups.places());
    assert!(
        groups.of(NodeId(PEERS)).is_empty() && groups.of(NodeId(PEERS + clients + 1)).is_empty()
    );
}
