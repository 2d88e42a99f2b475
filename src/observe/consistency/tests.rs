//! Hand-written histories, and what they measure.

use super::script::{OBJECT, Script, attempt, census, op, version};
use super::{Consistency, ConsistencyReport};
use crate::node::{Happening, Observation, Operation, Version};

fn started() -> Script<Consistency> {
    Script::started(Consistency::new(census()))
}

fn measured(script: Script<Consistency>) -> ConsistencyReport {
    script.observer.finish()
}

#[test]
fn a_history_in_order_measures_nothing() {
    let mut run = started();
    run.whole_update(2_000, op(6, 0), version(1, 1), None);
    run.whole_update(3_000, op(6, 1), version(2, 2), Some(version(1, 1)));
    run.at(4_000).ask_read(op(7, 0));
    run.at(4_010).read(op(7, 0), version(2, 2));
    let report = measured(run);
    assert_eq!((report.detail.updates_ok, report.detail.reads_ok), (2, 1));
    let mut expected = ConsistencyReport::default();
    expected.detail.updates_ok = 2;
    expected.detail.reads_ok = 1;
    assert_eq!(report, expected);
}

#[test]
fn an_update_that_another_branch_overwrites_is_lost() {
    let mut run = started();
    run.whole_update(2_000, op(6, 0), version(1, 1), None);
    // Operation 7#0 was made from version 0 too, on the other side of its lease, and comes later.
    run.at(2_000).ask_update(op(7, 0));
    run.at(2_020).made(op(7, 0), version(2, 9), Version::ZERO);
    run.at(2_100).commit(1, version(2, 9), Some(version(1, 1)));
    run.at(2_150).commit(2, version(2, 9), Some(version(1, 1)));
    run.at(2_200).updated(op(7, 0), version(2, 9));
    let report = measured(run);
    assert_eq!(report.lost_updates, 1);
    assert_eq!(report.detail.lost.overwritten_by_commit, 1);
    assert_eq!((report.concurrent_commits, report.detail.forks), (1, 1));
}

#[test]
fn a_repair_that_overwrites_is_told_from_a_commit() {
    let mut run = started();
    run.at(2_000).ask_update(op(6, 0));
    run.at(2_010).made(op(6, 0), version(1, 1), Version::ZERO);
    run.at(2_020).commit(1, version(1, 1), None);
    run.at(2_030).updated(op(6, 0), version(1, 1));
    run.at(2_000).ask_update(op(7, 0));
    run.at(2_040).made(op(7, 0), version(2, 2), Version::ZERO);
    run.at(2_050).commit(2, version(2, 2), None);
    run.at(9_000).repair(1, version(2, 2), Some(version(1, 1)));
    let report = measured(run);
    assert_eq!((report.lost_updates, report.detail.lost.overwritten_by_repair), (1, 1));
}

#[test]
fn a_descendant_keeps_its_ancestors() {
    let mut run = started();
    run.whole_update(2_000, op(6, 0), version(1, 1), None);
    run.at(3_000).ask_update(op(7, 0));
    run.at(3_010).made(op(7, 0), version(2, 2), version(1, 1));
    run.at(3_020).repair(4, version(2, 2), None);
    run.at(3_030).stop(1);
    run.at(3_040).stop(2);
    let report = measured(run);
    assert_eq!((report.lost_updates, report.detail.vanished_updates), (0, 0));
}

#[test]
fn what_goes_with_the_last_copy_has_vanished_and_is_not_lost() {
    let mut run = started();
    run.whole_update(2_000, op(6, 0), version(1, 1), None);
    run.at(3_000).stop(1);
    run.at(3_010).stop(2);
    let report = measured(run);
    assert_eq!((report.lost_updates, report.detail.vanished_updates), (0, 1));
    assert_eq!((report.detail.vanishings, report.detail.vanished_objects), (1, 1));
}

#[test]
fn what_a_durable_peer_brings_back_is_not_lost() {
    let mut run = started();
    run.whole_update(2_000, op(6, 0), version(1, 1), None);
    run.at(3_000).stop(1);
    run.at(3_010).stop(2);
    run.at(4_000).boot(1);
    run.at(4_000).repair(1, version(1, 1), None);
    let report = measured(run);
    assert_eq!((report.lost_updates, report.detail.vanished_updates), (0, 0));
    assert_eq!((report.detail.vanishings, report.detail.vanished_objects), (1, 0));
}

#[test]
fn a_crash_of_the_only_holder_of_a_newer_version_loses_it() {
    let mut run = started();
    run.whole_update(2_000, op(6, 0), version(1, 1), None);
    run.at(3_000).ask_update(op(7, 0));
    run.at(3_010).made(op(7, 0), version(2, 2), version(1, 1));
    run.at(3_020).commit(1, version(2, 2), Some(version(1, 1)));
    run.at(3_030).updated(op(7, 0), version(2, 2));
    run.at(3_040).stop(1);
    let report = measured(run);
    assert_eq!((report.lost_updates, report.detail.lost.holder_crashed), (1, 1));
}

#[test]
fn a_minority_branch_that_still_has_a_copy_is_outrun() {
    let mut run = started();
    run.at(2_000).ask_update(op(6, 0));
    run.at(2_010).made(op(6, 0), version(1, 1), Version::ZERO);
    run.at(2_020).commit(1, version(1, 1), None);
    run.at(2_030).updated(op(6, 0), version(1, 1));
    run.at(2_040).ask_update(op(7, 0));
    run.at(2_050).made(op(7, 0), version(2, 2), Version::ZERO);
    run.at(2_060).commit(2, version(2, 2), None);
    run.at(2_070).updated(op(7, 0), version(2, 2));
    let report = measured(run);
    assert_eq!((report.lost_updates, report.detail.lost.outrun), (1, 1));
    assert_eq!(report.divergent_objects, 1);
}

#[test]
fn an_operation_kept_in_another_of_its_versions_is_not_lost() {
    let mut run = started();
    run.at(2_000).ask_update(op(6, 0));
    run.at(2_010).made(op(6, 0), version(1, 1), Version::ZERO);
    run.at(2_020).commit(1, version(1, 1), None);
    // A second access peer runs the same operation again, where the first version hasn't come.
    run.at(2_030).made(op(6, 0), version(1, 2), Version::ZERO);
    let (low, high) = if version(1, 1) < version(1, 2) { (1, 2) } else { (2, 1) };
    run.at(2_040).commit(2, version(1, 2), None);
    run.at(2_050).updated(op(6, 0), version(1, low));
    let holder = low;
    run.at(9_000).repair(holder, version(1, high), Some(version(1, low)));
    let report = measured(run);
    assert_eq!(report.lost_updates, 0);
    assert_eq!(report.detail.branched_operations, 1);
    assert_eq!(report.concurrent_commits, 1);
}

#[test]
fn a_stale_read_says_how_far_behind_it_was() {
    let mut run = started();
    run.whole_update(2_000, op(6, 0), version(1, 1), None);
    run.whole_update(3_000, op(6, 1), version(2, 2), Some(version(1, 1)));
    run.whole_update(4_000, op(6, 2), version(3, 3), Some(version(2, 2)));
    run.at(5_040).ask_read(op(7, 0));
    run.at(5_050).read(op(7, 0), version(1, 1));
    let report = measured(run);
    let staleness = report.detail.staleness;
    assert_eq!(report.stale_reads, 1);
    assert_eq!(staleness.versions_behind_max, Some(2));
    assert_eq!(staleness.seconds_behind_max, Some(2.0));
    assert_eq!(staleness.seconds_behind_mean, Some(2.0));
}

#[test]
fn what_is_acknowledged_after_the_read_was_asked_for_does_not_make_it_stale() {
    let mut run = started();
    run.whole_update(2_000, op(6, 0), version(1, 1), None);
    run.at(3_000).ask_read(op(7, 0));
    run.whole_update(3_000, op(6, 1), version(2, 2), Some(version(1, 1)));
    run.at(4_000).read(op(7, 0), version(1, 1));
    assert_eq!(measured(run).stale_reads, 0);
}

#[test]
fn sessions_are_judged_by_what_returned_before_the_question() {
    let mut run = started();
    run.whole_update(2_000, op(6, 0), version(1, 1), None);
    run.whole_update(3_000, op(7, 0), version(2, 2), Some(version(1, 1)));
    run.at(4_000).ask_read(op(7, 1));
    run.at(4_010).read(op(7, 1), version(1, 1));
    run.at(5_000).ask_read(op(8, 0));
    run.at(5_001).ask_read(op(8, 1));
    run.at(5_010).read(op(8, 0), version(2, 2));
    run.at(5_020).read(op(8, 1), version(1, 1));
    run.at(6_000).ask_read(op(8, 2));
    run.at(6_010).read(op(8, 2), version(1, 1));
    let sessions = measured(run).detail.sessions;
    assert_eq!((sessions.read_your_writes, sessions.monotonic_reads), (1, 1));
    assert_eq!((sessions.monotonic_writes, sessions.writes_follow_reads), (0, 0));
}

#[test]
fn divergence_lasts_from_the_first_replica_to_the_last() {
    let mut run = started();
    run.at(2_000).ask_update(op(6, 0));
    run.at(2_010).made(op(6, 0), version(1, 1), Version::ZERO);
    run.at(2_500).commit(1, version(1, 1), None);
    // Peer 3 isn't responsible: its copy changes nothing.
    run.at(2_700).repair(3, version(1, 1), None);
    run.at(4_000).commit(2, version(1, 1), None);
    let report = measured(run);
    assert_eq!((report.divergent_objects, report.divergence_seconds), (0, 1.5));
}

#[test]
fn divergence_follows_membership_and_is_cut_at_the_window() {
    let mut run = started();
    run.whole_update(2_000, op(6, 0), version(1, 1), None);
    run.at(90_000).stop(1);
    // Of those left, 2 and 3 are closest to object 0, and 3 has nothing.
    run.at(95_000).boot(1);
    // Up but not joined: it doesn't count.
    run.at(98_000).tell(1, Observation::Joined);
    run.at(120_000).repair(1, version(1, 1), None);
    let report = measured(run);
    assert_eq!((report.divergent_objects, report.divergence_seconds), (1, 10.0));
}

#[test]
fn one_who_leaves_is_responsible_for_nothing() {
    let mut run = started();
    run.whole_update(2_000, op(6, 0), version(1, 1), None);
    run.at(3_000).repair(3, version(1, 1), None);
    run.at(4_000).step(1, Happening::Leave);
    run.at(4_100).tell(1, Observation::Forgot { object: OBJECT, version: version(1, 1) });
    run.at(9_000).step(1, Happening::Stop { crash: false });
    let report = measured(run);
    assert_eq!((report.divergent_objects, report.divergence_seconds), (0, 0.0));
}

#[test]
fn only_operations_of_the_window_count() {
    let mut run = started();
    run.whole_update(500, op(6, 0), version(1, 1), None);
    for (ms, id, counter) in [(600, op(7, 0), 2), (99_990, op(6, 1), 3), (100_500, op(8, 0), 4)] {
        run.whole_update(
            ms,
            id,
            version(counter, counter),
            Some(version(counter - 1, counter - 1)),
        );
    }
    // A late commit of each of the four versions at a fifth peer.
    for counter in 1..=4 {
        let value = run.value(version(counter, counter));
        run.at(101_000).tell(
            5,
            Observation::Applied {
                object: OBJECT,
                version: version(counter, counter),
                value,
                previous: None,
                commit: Some(attempt(3, counter)),
                late: true,
                responsible: true,
            },
        );
    }
    let report = measured(run);
    assert_eq!((report.detail.updates_ok, report.late_commits), (1, 1));
}

#[test]
fn an_abandoned_operation_leaves_no_trace() {
    let mut run = started();
    run.at(2_000).ask_read(op(6, 0));
    run.at(2_010).stop(6);
    run.at(3_000).boot(6);
    run.at(3_010).read(op(6, 0), Version::ZERO);
    assert_eq!(measured(run).detail.reads_ok, 0);
}

#[test]
fn an_outage_lasts_from_the_first_question_to_the_next_success() {
    let mut run = started();
    run.at(2_000).ask_update(op(6, 0));
    run.at(4_000).ask_read(op(7, 0));
    run.at(17_000).failed(op(6, 0), false);
    run.at(19_000).failed(op(7, 0), false);
    run.at(21_000).ask_read(op(7, 1));
    run.at(22_000).read(op(7, 1), Version::ZERO);
    run.at(30_000).ask_read(op(7, 2));
    run.at(45_000).failed(op(7, 2), false);
    let outages = measured(run).detail.outages;
    assert_eq!((outages.count, outages.open), (2, 1));
    assert_eq!((outages.total_s, outages.longest_s), (190.0, 170.0));
}

#[test]
fn operations_without_an_object_are_no_concern() {
    let mut run = started();
    let lookup = Operation::Lookup { target: crate::node::NodeId(2) };
    run.at(2_000).step(6, Happening::Operation { id: op(6, 0), operation: &lookup });
    run.at(2_010).end(op(6, 0), crate::node::Outcome::Ok(crate::node::Answer::Done));
    assert_eq!(measured(run), ConsistencyReport::default());
}
