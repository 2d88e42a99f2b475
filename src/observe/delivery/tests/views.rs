//! How long replicas need to learn who has members. Two of two replicas must confirm.

use super::super::Delivery;
use super::DeliveryReport;
use crate::node::Operation;
use crate::observe::consistency::Census;
use crate::observe::consistency::script::{OBJECT, Script, census, op};

/// All changes' lags in seconds: how many, mean, longest; and those still open.
fn lags(history: impl FnOnce(&mut Script<Delivery>)) -> (Option<f64>, Option<f64>, u64) {
    let census = Census { groups: 1, write_acks: 2, ..census() };
    let mut script = Script::started(Delivery::new(&census));
    (6..=8).for_each(|client| script.attached(client, 1));
    history(&mut script);
    let DeliveryReport { detail, .. } = script.observer.finish();
    let round = |lag: Option<f64>| lag.map(|lag| (lag * 1e6).round() / 1e6);
    (round(detail.view_lag_s.mean), round(detail.view_lag_s.max), detail.view_changes_open)
}

/// Client 6 asks at 2 s, replicas 2 and 3 learn of it, it is a member from 2.1 s on.
fn first_join(run: &mut Script<Delivery>) {
    run.at(2_000).ask(op(6, 0), Operation::Join { group: OBJECT });
    run.at(2_040).registered(2, 1, 1);
    run.at(2_060).registered(3, 1, 1);
    run.at(2_100).joined(op(6, 0), 0);
}

#[test]
fn a_first_member_is_known_when_enough_replicas_say_so() {
    assert_eq!(lags(first_join), (Some(0.06), Some(0.06), 0));
    let second = lags(|run| {
        first_join(run);
        run.at(3_000).join(op(7, 0), 0);
        run.at(9_000).registered(2, 1, 2);
        run.at(9_000).leave(op(6, 1));
    });
    assert_eq!(second, (Some(0.06), Some(0.06), 0));
    let one = lags(|run| {
        run.at(2_000).registered(2, 1, 1);
        run.at(2_000).join(op(6, 0), 0);
    });
    assert_eq!(one, (None, None, 1));
    // What a replica told that has stopped since is gone with it.
    let gone = lags(|run| {
        run.at(1_900).registered(2, 1, 1);
        run.at(1_900).registered(3, 1, 1);
        run.at(1_950).stop(3);
        run.at(2_000).join(op(6, 0), 0);
        run.at(2_500).registered(4, 1, 1);
    });
    assert_eq!(gone, (Some(0.5), Some(0.5), 0));
}

#[test]
fn the_end_of_the_last_member_is_known_when_nobody_says_otherwise() {
    for end in [|run: &mut Script<_>| run.leave(op(6, 1)), |run: &mut Script<_>| run.stop(6)] {
        let told = lags(|run| {
            first_join(run);
            end(run.at(5_000));
            run.at(5_300).registered(2, 1, 0);
            run.at(5_940).registered(3, 1, 0);
        });
        assert_eq!(told, (Some(0.5), Some(0.94), 0));
    }
    let open = lags(|run| {
        first_join(run);
        run.at(5_000).leave(op(6, 1));
        run.at(5_300).registered(2, 1, 0);
    });
    assert_eq!(open, (Some(0.06), Some(0.06), 1));
}

#[test]
fn a_peer_that_stops_has_no_members_and_those_move() {
    let moved = lags(|run| {
        first_join(run);
        run.at(5_000).stop(1);
        run.at(6_000).attached(6, 4);
        run.at(6_100).registered(2, 4, 1);
        run.at(6_200).registered(3, 4, 1);
        run.at(8_000).registered(2, 1, 0);
        run.at(9_000).registered(3, 1, 0);
    });
    // 0.06 s, 0.2 s and 4 s.
    assert_eq!(moved, (Some(1.42), Some(4.0), 0));
}

#[test]
fn what_is_undone_before_it_is_known_is_forgotten() {
    let undone = lags(|run| {
        first_join(run);
        run.at(5_000).leave(op(6, 1));
        run.at(5_100).join(op(7, 0), 0);
        run.at(6_000).registered(2, 1, 0);
        run.at(6_000).registered(2, 1, 1);
    });
    assert_eq!(undone, (Some(0.06), Some(0.06), 0));
}
