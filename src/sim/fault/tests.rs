//! Targets, weather, clocks, waiting lines: each by itself.

use super::*;
use crate::node::{
    DropCause, Incarnation, Key, NodeId, ObjectId, Observation, Operation, Span, Time,
};
use crate::sim::network::{Latency, Network, NetworkConfig};
use pauses::Letter;
use std::sync::Arc;

const S: Span = Span::from_secs(1);

fn at(seconds: u64) -> Time {
    Time::ZERO + S.times(seconds)
}

fn network() -> Network {
    let latency = Latency::Euclid { min: Span::from_millis(10), max: Span::from_millis(100) };
    Network::new(&NetworkConfig { latency, ..NetworkConfig::default() }, 100, 1)
}

/// The faults of 20 peers and 80 clients, from 10 s to 20 s, in a run of 100 s.
fn schedule(seed: u64, faults: Vec<Fault>) -> Schedule {
    let network = network();
    let cast = Cast { peers: 20, clients: 80, network: &network };
    let config = |what| FaultConfig { at: S.times(10), lasts: S.times(10), what };
    let plan: Vec<FaultConfig> = faults.into_iter().map(config).collect();
    let scope = Scope {
        // Peer n is at 100 n, object n at 100 n + 1.
        ids: Arc::new((0..=20).map(|n| 100 * n).collect()),
        keys: Arc::new((0..30).map(|n| 100 * n + 1).collect()),
        replicas: 3,
        joins: true,
    };
    Schedule::new(&plan, cast, scope, (at(100), seed))
}

fn known(schedule: &Schedule, fault: usize) -> Vec<u32> {
    let Aim::Known(nodes) = &schedule.planned[fault].aims[0].1 else { panic!("{schedule:?}") };
    nodes.iter().map(|node| node.0).collect()
}

fn share(share: f64, of: Population) -> Targets {
    Targets::Share { share, of }
}

fn pause(targets: Targets) -> Fault {
    Fault::Pause { targets }
}

fn named(peers: &[u32]) -> Targets {
    Targets::Named { peers: peers.to_vec(), clients: Vec::new() }
}

#[test]
fn names_shares_and_regions_are_known_before_the_run() {
    let both = Targets::Named { peers: vec![7, 3], clients: vec![1, 80] };
    let region = Targets::Region { share: 0.25, around: Some(4), of: Population::Peers };
    let faults = vec![
        pause(both),
        pause(share(0.3, Population::Peers)),
        pause(share(0.5, Population::Clients)),
        pause(region),
    ];
    let first = schedule(1, faults.clone());
    assert_eq!(known(&first, 0), [3, 7, 21, 100]);
    assert_eq!(known(&first, 1).len(), 6);
    assert!(known(&first, 1).iter().all(|&node| node <= 20));
    assert_eq!(known(&first, 2).len(), 40);
    assert!(known(&first, 2).iter().all(|&node| node > 20));
    let (near, network) = (known(&first, 3), network());
    assert!(near.contains(&4) && near.len() == 5);
    let distance = |node: u32| network.nearness(NodeId(4), NodeId(node));
    let farthest = near.iter().map(|&node| distance(node)).max().unwrap();
    let outside = (1..=20).filter(|node| !near.contains(node));
    assert!(outside.map(distance).all(|far| far >= farthest));
    // Another seed draws others, and a fault more moves none of the others' draws.
    assert_ne!(known(&schedule(2, faults.clone()), 1), known(&first, 1));
    let more = [faults, vec![pause(share(0.5, Population::Nodes))]].concat();
    assert_eq!(known(&schedule(1, more), 2), known(&first, 2));
}

#[test]
fn faults_end_with_the_workload_and_do_nothing_without_length() {
    let network = network();
    let cast = Cast { peers: 20, clients: 0, network: &network };
    let fault = |from, lasts| FaultConfig { at: S.times(from), lasts, what: pause(named(&[1])) };
    let plan = [fault(10, Span::ZERO), fault(90, S.times(60)), fault(20, Span::NEVER)];
    let schedule = Schedule::new(&plan, cast, Scope::default(), (at(100), 1));
    let times: Vec<_> = schedule.planned.iter().map(|p| (p.number, p.until, p.for_good)).collect();
    assert_eq!(times, [(2, at(100), false), (3, at(100), true)]);
}

/// The weather of one fault of the network; roles and draws are left out.
fn weather(fault: Fault) -> Weather {
    let schedule = schedule(1, vec![fault]);
    let mut weather = Weather::new(&schedule);
    let planned = &schedule.planned[0];
    let found: Vec<_> = (planned.aims.iter())
        .map(|(part, aim)| match aim {
            Aim::Known(nodes) => (*part, Some(nodes.clone())),
            _ => (*part, None),
        })
        .collect();
    weather.begin(planned, &found, &["lock", "commit"]);
    weather
}

fn passing(from: u32, to: u32, seconds: u64) -> Passing {
    Passing { at: at(seconds), from: NodeId(from), to: NodeId(to), seq: 5, kind: 1 }
}

fn is_cut(weather: &Weather, from: u32, to: u32) -> bool {
    let (fate, cause) = weather.fate(&network(), passing(from, to, 12));
    assert_eq!(fate.first.is_none(), cause == DropCause::Cut);
    fate.first.is_none()
}

#[test]
fn a_cut_divides_its_sides_and_nobody_else() {
    let cut = |direction| {
        weather(Fault::Cut { side: named(&[1, 2]), from: Targets::Everyone, direction })
    };
    let both = cut(Direction::Both);
    assert!(is_cut(&both, 1, 3) && is_cut(&both, 3, 2));
    assert!(!is_cut(&both, 1, 2) && !is_cut(&both, 3, 4) && !is_cut(&both, 1, 1));
    let out = cut(Direction::Out);
    assert!(is_cut(&out, 1, 3) && !is_cut(&out, 3, 1));
    let back = cut(Direction::In);
    assert!(!is_cut(&back, 1, 3) && is_cut(&back, 3, 1));
    // A and C see different worlds, B sees both.
    let direction = Direction::Both;
    let partial = weather(Fault::Cut { side: named(&[1]), from: named(&[1, 3]), direction });
    assert!(is_cut(&partial, 1, 3) && is_cut(&partial, 3, 1));
    assert!(!is_cut(&partial, 1, 2) && !is_cut(&partial, 2, 3) && !is_cut(&partial, 3, 2));
}

#[test]
fn a_split_makes_islands_of_those_that_it_divides() {
    let split = Fault::Split { shares: vec![0.5, 0.25], of: Population::Peers };
    let planned = schedule(1, vec![split.clone()]);
    let sizes: Vec<usize> = (planned.planned[0].aims.iter())
        .map(|(_, aim)| match aim {
            Aim::Known(nodes) => nodes.len(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sizes, [10, 5, 5]);
    let weather = weather(split);
    let heard = |from: u32| (1..=20).filter(|&to| !is_cut(&weather, from, to)).count();
    let mut islands: Vec<usize> = (1..=20).map(heard).collect();
    islands.sort_unstable();
    assert_eq!(islands, [[5; 10], [10; 10]].concat());
    assert!((1..=20).all(|peer| !is_cut(&weather, peer, 50) && !is_cut(&weather, 50, peer)));
}

#[test]
fn a_swizzle_stops_all_one_by_one_and_restores_them_in_another_order() {
    let targets: Vec<NodeId> = (1..=10).map(NodeId).collect();
    let stops = swizzle::Stops::new(&targets, at(10), at(30), (Key::from_word(1), 1));
    let is_off = |second| targets.iter().filter(|&&node| stops.contains(node, at(second))).count();
    assert_eq!([is_off(9), is_off(10), is_off(14), is_off(19)], [0, 1, 5, 10]);
    assert_eq!([is_off(20), is_off(21), is_off(29), is_off(30)], [10, 9, 1, 0]);
    let order = |seconds: std::ops::Range<u64>| -> Vec<NodeId> {
        let mut nodes = targets.clone();
        nodes.sort_by_key(|&node| seconds.clone().filter(|&t| stops.contains(node, at(t))).count());
        nodes
    };
    let mut going = order(10..20);
    going.reverse();
    assert_ne!(going, order(20..30));
}

fn messages(trouble: Trouble, share: f64) -> Fault {
    let (kinds, targets) = (Vec::new(), Targets::Everyone);
    Fault::Messages { trouble, share, kinds, targets, direction: Direction::Both }
}

#[test]
fn troubles_strike_their_share_of_messages() {
    let network = network();
    let fates = |trouble| {
        let weather = weather(messages(trouble, 0.3));
        (0..2_000)
            .map(|seq| weather.fate(&network, Passing { seq, ..passing(1, 2, 12) }))
            .collect::<Vec<_>>()
    };
    let expected = |count: usize| assert!((530..670).contains(&count), "{count} of 2000");
    let plain = network.fate(NodeId(1), NodeId(2), 5).first.unwrap();
    let lost = fates(Trouble::Loss);
    expected(
        lost.iter()
            .filter(|(fate, cause)| fate.first.is_none() && *cause == DropCause::Loss)
            .count(),
    );
    let corrupt = fates(Trouble::Corrupt);
    expected(corrupt.iter().filter(|(_, cause)| *cause == DropCause::Corrupt).count());
    let doubled = fates(Trouble::Duplicate);
    expected(doubled.iter().filter(|(fate, _)| fate.second.is_some()).count());
    assert!(doubled.iter().all(|(fate, _)| fate.first.is_some()));
    let clogged = fates(Trouble::Clog(S));
    expected(clogged.iter().filter(|(fate, _)| fate.first == Some(plain + S)).count());
    let reordered = fates(Trouble::Reorder(S));
    let late: Vec<Span> =
        reordered.iter().filter_map(|(fate, _)| fate.first).filter(|&d| d > plain).collect();
    expected(late.len());
    assert!(late.iter().all(|&delay| delay < plain + S));
    assert!(late.iter().any(|&delay| delay > plain + S.part(2)));
}

#[test]
fn a_clog_lets_go_when_it_is_over() {
    let weather = weather(messages(Trouble::Clog(S.times(60)), 1.0));
    let (fate, _) = weather.fate(&network(), passing(1, 2, 18));
    let plain = network().fate(NodeId(1), NodeId(2), 5).first.unwrap();
    assert_eq!(fate.first, Some(plain + S.times(2)));
}

#[test]
fn troubles_can_be_of_kinds_and_of_nodes() {
    let of = |kinds: &[&str], direction| {
        weather(Fault::Messages {
            trouble: Trouble::Loss,
            share: 1.0,
            kinds: kinds.iter().map(ToString::to_string).collect(),
            targets: named(&[1]),
            direction,
        })
    };
    let is_lost = |weather: &Weather, from, to, kind| {
        let (fate, _) = weather.fate(&network(), Passing { kind, ..passing(from, to, 12) });
        fate.first.is_none()
    };
    let commits = of(&["commit"], Direction::Both);
    assert!(is_lost(&commits, 1, 2, 1) && is_lost(&commits, 2, 1, 1));
    assert!(!is_lost(&commits, 1, 2, 0) && !is_lost(&commits, 2, 3, 1));
    let out = of(&[], Direction::Out);
    assert!(is_lost(&out, 1, 2, 0) && !is_lost(&out, 2, 1, 0));
    let back = of(&[], Direction::In);
    assert!(!is_lost(&back, 1, 2, 0) && is_lost(&back, 2, 1, 0));
}

#[test]
fn weather_passes() {
    let mut weather = weather(messages(Trouble::Loss, 1.0));
    assert!(!weather.is_calm());
    weather.end(1);
    assert!(weather.is_calm());
}

#[test]
fn clocks_are_ahead_behind_fast_and_slow() {
    let (node, other) = (NodeId(1), NodeId(2));
    let clock = |skew| {
        let mut clocks = Clocks::default();
        clocks.begin(node, 1, (at(10), at(20)), skew);
        clocks
    };
    let shown = |skew, seconds| clock(skew).local(node, at(seconds));
    assert_eq!(shown(Skew::Ahead(S), 15), at(16));
    assert_eq!(shown(Skew::Behind(S), 15), at(14));
    assert_eq!(shown(Skew::Drift(0.5), 14), at(16));
    assert_eq!(shown(Skew::Drift(-0.5), 14), at(12));
    // Afterwards one that was behind is right, and one that was ahead stays so.
    assert_eq!(shown(Skew::Ahead(S), 30), at(31));
    assert_eq!(shown(Skew::Behind(S), 30), at(30));
    assert_eq!(shown(Skew::Drift(0.5), 30), at(35));
    assert_eq!(shown(Skew::Drift(-0.5), 30), at(30));
    assert_eq!(clock(Skew::Ahead(S)).local(other, at(15)), at(15));
    let mut over = clock(Skew::Drift(-0.5));
    over.end(node, 1);
    assert_eq!(over.local(node, at(12)), at(12), "it is forgotten");
}

#[test]
fn timers_fire_when_the_clock_shows_their_time() {
    let node = NodeId(1);
    let lasts = |skew, from, span| {
        let mut clocks = Clocks::default();
        clocks.begin(node, 1, (at(10), at(20)), skew);
        clocks.lasts(node, at(from), span)
    };
    assert_eq!(lasts(Skew::Drift(0.5), 10, S.times(3)), S.times(2));
    assert_eq!(lasts(Skew::Drift(-0.5), 10, S.times(3)), S.times(6));
    assert_eq!(lasts(Skew::Ahead(S), 12, S), S);
    assert_eq!(lasts(Skew::Behind(S), 12, S), S);
    // What becomes due by setting it right fires then.
    assert_eq!(lasts(Skew::Behind(S.times(5)), 18, S.times(6)), S.times(2));
    assert_eq!(lasts(Skew::Drift(-0.5), 16, S.times(5)), S.times(4));
    assert_eq!(lasts(Skew::Drift(0.5), 18, S.times(5)), S.times(4));
    // Several that make it slow don't stop it.
    let mut clocks = Clocks::default();
    (1..=5).for_each(|fault| clocks.begin(node, fault, (at(10), at(20)), Skew::Drift(-0.5)));
    assert_eq!(clocks.lasts(node, at(10), S), S.times(2));
}

#[test]
fn a_paused_node_keeps_what_comes_in_its_order() {
    let (node, other) = (NodeId(1), NodeId(2));
    let letter = |handle| Letter { from: other, handle, incarnation: 1 };
    let mut pauses = Pauses::default();
    assert!(!pauses.defer(node, at(1), || Waiting::Leave));
    pauses.begin(node, at(20));
    pauses.begin(node, at(15));
    assert!(pauses.defer(node, at(19), || Waiting::Leave));
    assert!(pauses.defer_letter(node, at(12), letter(1)));
    assert!(!pauses.defer_letter(other, at(12), letter(9)));
    assert!(!pauses.is_over(node, at(15)) && pauses.is_over(node, at(20)));
    // It catches up in order, and what comes meanwhile comes last.
    assert!(matches!(pauses.next_due(node), Some(Waiting::Leave)));
    assert!(pauses.start_letter(node) && !pauses.start_letter(node));
    assert!(pauses.defer_letter(node, at(20), letter(2)));
    pauses.end_letter(node);
    assert_eq!(pauses.next_letter(node), Some(letter(1)));
    assert!(!pauses.is_idle(node));
    assert_eq!(pauses.next_letter(node), Some(letter(2)));
    assert!(pauses.is_idle(node) && !pauses.defer_letter(node, at(21), letter(3)));
    pauses.forget(node);
    assert!(pauses.is_empty());
}

/// All are up in their first session, but for those that are down.
struct Up(Vec<u32>);

impl View for Up {
    fn up(&self, node: NodeId) -> Option<Incarnation> {
        (!self.0.contains(&node.0)).then_some(1)
    }
    fn is_founder(&self, peer: NodeId) -> bool {
        peer.0 != 8
    }
}

#[test]
fn parts_are_found_by_what_was_seen() {
    let coordinator = pause(Targets::Role(Part::Coordinator(4)));
    let schedule = schedule(1, vec![coordinator]);
    assert!(schedule.has_roles());
    let mut registry = Registry::new(&schedule);
    let find = |registry: &Registry, part, down: &[u32]| -> Vec<u32> {
        let (view, mut draw) = (Up(down.to_vec()), schedule.stream(0, 1));
        let found = registry.find(part, &schedule.scope, &view, &mut draw);
        found.into_iter().map(|node| node.0).collect()
    };
    assert_eq!(find(&registry, Part::Root(5), &[]), [5]);
    assert_eq!(find(&registry, Part::Root(5), &[5]), [6]);
    assert_eq!(find(&registry, Part::Replicas(5), &[]), [4, 5, 6]);
    assert_eq!(find(&registry, Part::Replica(5), &[4]), [6], "not the root, and 3 is farther");
    // Peer 8 booted later, and belongs to the ring once it has joined.
    assert_eq!(find(&registry, Part::Root(8), &[]), [9]);
    registry.told(NodeId(8), 1, &Observation::Joined);
    assert_eq!(find(&registry, Part::Root(8), &[]), [8]);
    assert!(find(&registry, Part::Root(99), &[]).is_empty());
    assert!(find(&registry, Part::Busiest(2), &[]).is_empty());
    for (client, peer) in [(21, 3), (22, 9), (23, 9), (24, 5), (25, 5), (26, 5), (26, 9)] {
        registry.told(NodeId(client), 1, &Observation::Attached { peer: NodeId(peer) });
    }
    assert_eq!(find(&registry, Part::Busiest(1), &[]), [9]);
    assert_eq!(find(&registry, Part::Busiest(2), &[22]), [5, 9]);
    assert_eq!(find(&registry, Part::Busiest(1), &[9]), [5]);
    let update = |object| Operation::Update { object: ObjectId(object) };
    assert!(find(&registry, Part::Coordinator(4), &[]).is_empty());
    registry.asked(NodeId(22), &update(4));
    registry.asked(NodeId(21), &update(3));
    assert_eq!(find(&registry, Part::Coordinator(4), &[]), [9]);
    assert!(find(&registry, Part::Coordinator(4), &[9]).is_empty());
    registry.asked(NodeId(6), &update(4));
    assert_eq!(find(&registry, Part::Coordinator(4), &[]), [6], "a peer serves itself");
}

#[test]
fn restarts_are_spread_over_the_end() {
    let faults = vec![Fault::Crash { targets: named(&[1, 2, 3]), loses_disk: false }];
    let planned = &schedule(1, faults).planned[0];
    let ms = Span::from_millis;
    assert_eq!(
        (0..3).map(|i| planned.restart(i, 3)).collect::<Vec<_>>(),
        [at(20) - ms(20), at(20) - ms(10), at(20)]
    );
    assert!(planned.restart(0, 1_000_000) >= at(15));
}
