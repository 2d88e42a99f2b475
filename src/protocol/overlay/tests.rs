//! Several peers together, on the harness of this module.

use super::harness::Net;
use super::{Config, Start};
use crate::node::{Answer, FailureCause, NodeId, Outcome, Span};

const INTERVAL: Span = Span::from_secs(30);

fn converged() -> Config {
    Config::default()
}

fn joining() -> Config {
    Config { start: Start::Join, ..Config::default() }
}

fn untrue(net: &Net) -> usize {
    net.peers().filter(|&node| net.is_up(node) && !net.is_true(node)).count()
}

#[test]
fn a_converged_start_knows_the_true_leaves() {
    for peers in [1, 2, 3, 16, 17, 18, 40, 300] {
        let mut net = Net::new(peers, converged());
        net.boot_all();
        assert_eq!(untrue(&net), 0, "of {peers}");
        assert_eq!(net.count_wrong(50), (0, 0), "of {peers}");
    }
}

/// Mean delay to the entries of the first row, in which there is most to choose, over all peers, in
/// ms.
fn first_row_ms(net: &Net) -> f64 {
    let mut delays = Vec::new();
    for node in net.peers() {
        let row = net.overlay(node).table.row(0);
        delays.extend(row.map(|entry| (net.world.nearness)(node, entry).millis()));
    }
    delays.iter().sum::<f64>() / delays.len() as f64
}

#[test]
fn tables_are_filled_by_proximity() {
    let mut ready = Net::new(300, converged());
    ready.boot_all();
    // The nearest of eight of delays uniform between 10 and 90 ms: 10 + 80 / 9.
    let at_once = first_row_ms(&ready);
    assert!((17.0..21.0).contains(&at_once), "{at_once} ms");
    let mut joined = Net::new(300, joining());
    joined.boot_all();
    joined.pass(INTERVAL);
    let first = first_row_ms(&joined);
    joined.pass(INTERVAL.times(20));
    let later = first_row_ms(&joined);
    assert!(first > 40.0 && later < first - 10.0, "{first} ms at first, {later} ms later");
}

#[test]
fn a_converged_ring_stays_as_it_is() {
    let mut net = Net::new(100, converged());
    net.boot_all();
    net.pass(INTERVAL.times(4));
    assert_eq!(untrue(&net), 0);
    let per_peer_and_second = net.sent as f64 / 100.0 / 120.0;
    assert!(per_peer_and_second < 3.0, "{per_peer_and_second} messages of upkeep");
}

#[test]
fn without_maintenance_a_quiet_ring_sends_nothing() {
    let mut net = Net::new(50, Config { maintenance_interval: Span::NEVER, ..converged() });
    net.boot_all();
    net.pass(Span::from_secs(3600));
    assert_eq!(net.sent, 0);
}

#[test]
fn peers_that_all_start_at_once_join_into_one_ring() {
    for peers in [1, 2, 5, 17, 200] {
        let mut net = Net::new(peers, joining());
        net.boot_all();
        net.pass(Span::from_secs(30));
        assert_eq!(net.peers().filter(|&node| !net.overlay(node).is_joined()).count(), 0);
        net.pass(INTERVAL.times(2));
        assert_eq!(untrue(&net), 0, "of {peers}");
        assert_eq!(net.count_wrong(100), (0, 0), "of {peers}");
    }
}

#[test]
fn joins_one_after_the_other_need_no_maintenance_to_be_right() {
    let mut net = Net::new(60, Config { maintenance_interval: Span::NEVER, ..joining() });
    for node in net.peers() {
        let contacts: Vec<NodeId> = (1..node.0).rev().take(1).map(NodeId).collect();
        net.boot(node, &contacts);
        net.pass(Span::from_secs(5));
    }
    assert_eq!(untrue(&net), 0);
    assert_eq!(net.count_wrong(100), (0, 0));
}

#[test]
fn a_joiner_tries_its_contacts_until_one_answers() {
    let mut net = Net::new(30, joining());
    for node in 1..30 {
        let contact = [NodeId(1)];
        net.boot(NodeId(node), if node == 1 { &[] } else { &contact });
    }
    net.pass(INTERVAL);
    let contacts = [NodeId(2), NodeId(3), NodeId(4)];
    contacts.iter().for_each(|&node| net.crash(node));
    net.boot(NodeId(30), &contacts);
    net.pass(INTERVAL);
    assert!(!net.overlay(NodeId(30)).is_joined());
    net.boot(NodeId(3), &[NodeId(5)]);
    net.pass(Span::from_secs(10));
    assert!(net.overlay(NodeId(30)).is_joined());
}

#[test]
fn peers_that_wait_for_each_other_begin_one_ring() {
    let mut net = Net::new(4, joining());
    for (node, contact) in [(1, 2), (2, 3), (3, 4), (4, 1)] {
        net.boot(NodeId(node), &[NodeId(contact)]);
    }
    net.pass(Span::from_secs(60));
    net.pass(INTERVAL.times(4));
    assert_eq!(untrue(&net), 0);
}

#[test]
fn silent_failures_are_mended_by_maintenance() {
    let mut net = Net::new(300, converged());
    net.boot_all();
    net.pass(INTERVAL);
    for node in net.peers().filter(|node| node.0 % 10 == 0) {
        net.crash(node);
    }
    net.pass(INTERVAL.times(2));
    assert_eq!(net.count_wrong(300), (0, 0));
    // The far ends of leaf sets follow when the next exchange has told of them.
    net.pass(INTERVAL);
    assert_eq!(untrue(&net), 0);
}

#[test]
fn lookups_get_past_the_dead_before_maintenance_has_run() {
    let mut net = Net::new(300, Config { maintenance_interval: Span::NEVER, ..converged() });
    net.boot_all();
    for node in net.peers().filter(|node| node.0 % 10 == 0) {
        net.crash(node);
    }
    let (wrong, failed) = net.count_wrong(300);
    assert!(wrong == 0 && failed <= 3, "{wrong} at a wrong root, {failed} failed");
}

#[test]
fn loss_alone_makes_no_second_root() {
    let mut net = Net::new(100, converged());
    net.boot_all();
    net.loses_one_in = Some(50);
    net.pass(INTERVAL);
    assert_eq!(net.count_wrong(500), (0, 0));
}

#[test]
fn a_leaver_is_gone_at_once() {
    let mut net = Net::new(60, converged());
    net.boot_all();
    net.pass(INTERVAL);
    let leaver = NodeId(7);
    net.leave(leaver);
    assert!(!net.overlay(leaver).is_joined());
    // It runs on, but nobody takes it for a root, and its own lookups still work.
    let number = net.look_up(leaver, leaver);
    let other = net.look_up(NodeId(9), leaver);
    net.pass(Span::from_secs(5));
    let root = net.closest_up(net.world.id(leaver), 2)[1];
    for number in [number, other] {
        match net.ended[&number] {
            Outcome::Ok(Answer::Found { root: found, .. }) => assert_eq!(found, root),
            failed => panic!("{failed:?}"),
        }
    }
    net.crash(leaver);
    assert_eq!(untrue(&net), 0);
    net.boot(leaver, &[NodeId(8)]);
    net.pass(Span::from_secs(5));
    assert_eq!(untrue(&net), 0, "back again");
}

#[test]
fn a_peer_that_restarts_unnoticed_joins_again() {
    let mut net = Net::new(60, Config { maintenance_interval: Span::NEVER, ..converged() });
    net.boot_all();
    net.crash(NodeId(7));
    net.pass(Span::from_millis(100));
    net.boot(NodeId(7), &[NodeId(8), NodeId(9)]);
    net.pass(Span::from_secs(5));
    assert_eq!(untrue(&net), 0);
    assert_eq!(net.count_wrong(100), (0, 0));
}

#[test]
fn a_peer_whose_contacts_have_all_gone_joins_through_one_that_asks_after_it() {
    let mut net = Net::new(20, converged());
    net.boot_all();
    net.pass(INTERVAL);
    let (gone, back) = ([NodeId(1), NodeId(2)], NodeId(9));
    gone.into_iter().chain([back]).for_each(|peer| net.crash(peer));
    net.pass(INTERVAL.times(3));
    net.boot(back, &gone);
    assert!(!net.overlay(back).is_joined());
    net.pass(INTERVAL.times(8));
    assert!(net.overlay(back).is_joined());
}

#[test]
fn two_halves_find_each_other_after_a_long_cut() {
    let mut net = Net::new(120, converged());
    net.boot_all();
    net.pass(INTERVAL);
    net.passes = |a, b| a.0 % 2 == b.0 % 2;
    net.pass(INTERVAL.times(8));
    let strangers = |net: &Net| {
        let foreign = |node: NodeId| net.overlay(node).leaves().any(|l| l.0 % 2 != node.0 % 2);
        net.peers().filter(|&node| foreign(node)).count()
    };
    assert_eq!(strangers(&net), 0, "the halves have closed");
    net.passes = |_, _| true;
    net.pass(INTERVAL.times(4));
    assert_eq!(untrue(&net), 0);
    assert_eq!(net.count_wrong(100), (0, 0));
}

#[test]
fn constant_churn_leaves_few_lookups_wrong() {
    let mut net = Net::new(150, converged());
    net.boot_all();
    let (mut wrong, mut failed, mut all) = (0, 0, 0);
    for round in 0..40_u32 {
        // A crash, a leave and a return every three seconds or so: half a tenth of the peers a
        // minute.
        let victim = |n: u32| NodeId(1 + (round * 37 + n * 71) % 150);
        for (n, crash) in [(0, true), (1, false)] {
            let node = victim(n);
            if net.is_up(node) {
                if !crash {
                    net.leave(node);
                    net.pass(Span::from_millis(500));
                }
                net.crash(node);
            } else {
                let contacts: Vec<NodeId> = net
                    .peers()
                    .filter(|&c| c != node && net.is_up(c))
                    .step_by(11)
                    .take(8)
                    .collect();
                net.boot(node, &contacts);
            }
        }
        let issuer = net.peers().find(|&n| net.is_up(n) && net.overlay(n).is_joined());
        let issuer = issuer.expect("some have joined");
        for target in (1..150).step_by(17) {
            let number = net.look_up(issuer, NodeId(target));
            net.pass(Span::from_millis(300));
            all += 1;
            // Judged by who is up when it is over; a lookup takes less than the time between two
            // changes, mostly.
            match net.ended.get(&number) {
                Some(Outcome::Ok(Answer::Found { root, .. })) => {
                    let key = net.world.id(NodeId(target));
                    wrong += usize::from(*root != net.closest_up(key, 1)[0]);
                }
                Some(_) => failed += 1,
                None => {}
            }
        }
    }
    assert!(wrong * 20 < all && failed == 0, "{wrong} wrong, {failed} failed of {all}");
    net.pass(INTERVAL.times(4));
    assert_eq!(untrue(&net), 0);
    assert!(net.held.iter().all(|&(_, entries, bound)| entries <= bound));
    assert!(net.held.iter().any(|&(table, ..)| table == "overlay_probes"));
}

#[test]
fn lookups_that_find_nobody_fail_in_time() {
    let mut net = Net::new(40, Config { maintenance_interval: Span::NEVER, ..converged() });
    net.boot_all();
    net.passes = |_, _| false;
    let far = net.world.online[20].1;
    let near = net.world.online[0].1;
    let number = net.look_up(near, far);
    net.pass(Span::from_secs(15));
    // Having dropped all the silent ones, or having given up: both end the operation.
    let failed = Outcome::Failed { cause: FailureCause::Unreachable, maybe_applied: false };
    assert_eq!(net.ended[&number], failed);
}
