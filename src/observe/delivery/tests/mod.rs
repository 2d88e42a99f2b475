//! Hand-written histories, and what they must give. Clients 6 and 7 are members from 0.5 s on.

mod model;
mod views;

use super::*;
use crate::node::{FailureCause, ObjectId, Observation, Order, Outcome};
use crate::observe::consistency::Census;
use crate::observe::consistency::script::{OBJECT, Script, census, op};
use Order::{Fifo, Total};

pub(super) fn measured(history: impl FnOnce(&mut Script<Delivery>)) -> DeliveryReport {
    let census = Census { groups: 1, ..census() };
    let mut script = Script::started(Delivery::new(&census));
    history(&mut script);
    script.observer.finish()
}

fn chat(history: impl FnOnce(&mut Script<Delivery>)) -> DeliveryReport {
    measured(|run| {
        run.at(500).join(op(6, 0), 0);
        run.at(500).join(op(7, 0), 0);
        history(run);
    })
}

/// Client 8 asks for its message `count` at 2 s; its version is made 10 ms later, and it is told
/// another 10 ms later.
fn send(run: &mut Script<Delivery>, count: u32, number: u32) {
    run.at(2_000).ask_multicast(op(8, count), Total);
    run.at(2_010).made_number(op(8, count), number);
    run.at(2_020).numbered(op(8, count), Total, number);
}

/// A chat that touches every name of the results.
pub(crate) fn small_chat() -> DeliveryReport {
    chat(|run| {
        send(run, 0, 1);
        run.at(2_030).sent(3, 6, 100);
        run.at(2_030).sent(3, 7, 100);
        run.at(2_090).delivered(3, 6, 100);
        run.at(2_100).gets(6, op(8, 0), Total, 1);
        run.at(2_290).delivered(3, 7, 100);
        run.at(2_300).gets(7, op(8, 0), Total, 1);
    })
}

fn ms(summary: Option<f64>) -> f64 {
    (summary.expect("it was measured") * 1e3).round() / 1e3
}

fn figures(run: &DeliveryReport) -> [u64; 5] {
    [run.expected, run.delivered, run.missing, run.duplicate, run.out_of_order]
}

#[test]
fn a_message_that_reaches_all() {
    let run = small_chat();
    assert_eq!(figures(&run), [2, 2, 0, 0, 0]);
    assert_eq!([ms(run.latency_ms.mean), ms(run.latency_ms.max)], [200.0, 300.0]);
    let detail = &run.detail;
    assert_eq!((detail.messages, detail.not_numbered, detail.ratio), (1, 0, Some(1.0)));
    assert_eq!(ms(detail.latency_to_median_ms.max), 100.0);
    assert_eq!(ms(detail.latency_to_last_ms.max), 300.0);
    assert_eq!((detail.messages_sent, detail.copies), (2, 2));
    assert_eq!((detail.messages_per_copy, detail.largest_group), (Some(1.0), 2));
    // Two members for the 99 s of the window.
    assert_eq!(detail.messages_per_member_s, Some(2.0 / 198.0));
    let (size, report) = &detail.by_size.0[0];
    assert_eq!((*size, report.messages, report.expected), ("1-9", 1, 2));
    assert_eq!((report.members_mean, report.messages_per_copy), (Some(2.0), Some(1.0)));
    assert_eq!(ms(report.latency_ms.max), 300.0);
    let curve: Vec<_> = run.distributions.iter().map(|point| (point.label, point.share)).collect();
    assert_eq!(curve, [("1-9", 0.0), ("1-9", 0.5), ("1-9", 1.0)]);
}

#[test]
fn the_series_count_members_and_deliveries() {
    let run = chat(|run| {
        send(run, 0, 1);
        run.at(2_100).gets(6, op(8, 0), Total, 1);
        run.at(2_300).gets(7, op(8, 0), Total, 1);
        run.at(3_500).leave(op(6, 1));
        run.at(3_500).stop(7);
        run.at(4_500).join(op(6, 2), 1);
    });
    let of = |quantity, label: &str| -> Vec<f64> {
        let points = run.series.iter();
        let points = points.filter(|point| point.quantity == quantity && point.label == label);
        points.map(|point| point.value).collect()
    };
    assert_eq!(of("members", "all")[..6], [2.0, 2.0, 2.0, 0.0, 1.0, 1.0]);
    assert_eq!(of("members", "largest").len(), 200);
    assert_eq!(of("deliveries_per_s", "")[..4], [0.0, 0.0, 2.0, 0.0]);
}

#[test]
fn who_goes_within_30_s_of_the_number_is_not_expected() {
    let gone = |at, goes: fn(&mut Script<Delivery>)| {
        chat(|run| {
            send(run, 0, 1);
            run.at(2_100).gets(6, op(8, 0), Total, 1);
            run.at(2_300).gets(7, op(8, 0), Total, 1);
            goes(run.at(at));
        })
    };
    for goes in [|run: &mut Script<_>| run.leave(op(7, 1)), |run: &mut Script<_>| run.stop(7)] {
        let early = gone(32_009, goes);
        assert_eq!(figures(&early), [1, 1, 0, 0, 0]);
        assert_eq!((ms(early.latency_ms.max), early.detail.unexpected), (100.0, 1));
        assert_eq!(ms(early.detail.latency_to_last_ms.max), 100.0);
        let late = gone(32_010, goes);
        assert_eq!((figures(&late), late.detail.unexpected), ([2, 2, 0, 0, 0], 0));
    }
}

#[test]
fn who_stays_and_lacks_it_misses_it() {
    let run = chat(|run| {
        send(run, 0, 1);
        run.at(2_100).gets(6, op(8, 0), Total, 1);
        run.at(50_000).leave(op(7, 1));
        // What comes after another join comes to another membership.
        run.at(51_000).join(op(7, 2), 0);
        run.at(52_000).gets(7, op(8, 0), Total, 1);
    });
    assert_eq!(figures(&run), [2, 1, 1, 0, 0]);
    assert_eq!((run.detail.incomplete, run.detail.unexpected), (1, 1));
    assert_eq!(run.detail.latency_to_last_ms.max, None);
    assert_eq!(ms(run.detail.latency_to_median_ms.max), 100.0);
}

#[test]
fn who_joins_after_the_number_is_not_expected() {
    let joins_at = |at, order| {
        chat(|run| {
            let number = |run: &mut Script<_>| {
                run.at(2_000).ask_multicast(op(6, 1), order);
                if order == Fifo {
                    return run.at(2_012).accepted(op(6, 1), 1);
                }
                run.at(2_010).made_number(op(6, 1), 9);
                run.at(2_012).made_number(op(6, 1), 1);
            };
            number(run);
            run.at(2_015).join(op(8, 0), 0);
            if at == 2_020 {
                run.at(2_018).leave(op(8, 1));
            }
            run.at(2_020).numbered(op(6, 1), order, 1);
            // Told again: nothing is new.
            run.at(9_000).numbered(op(6, 1), order, 1);
            for member in [6, 7, 8] {
                run.at(2_100).gets(member, op(6, 1), order, 1);
            }
        })
    };
    // In total order the version is what counts, in fifo that the message was accepted.
    let total = joins_at(0, Total);
    assert_eq!((figures(&total), total.detail.unexpected), ([2, 2, 0, 0, 0], 1));
    let fifo = joins_at(0, Fifo);
    assert_eq!((figures(&fifo), fifo.detail.unexpected), ([2, 2, 0, 0, 0], 1));
    let left = joins_at(2_020, Fifo);
    assert_eq!((figures(&left), left.detail.stray), ([2, 2, 0, 0, 0], 1));
}

#[test]
fn a_message_may_arrive_before_anybody_tells_its_number() {
    let run = chat(|run| {
        run.at(2_000).ask_multicast(op(8, 0), Total);
        run.at(2_010).made_number(op(8, 0), 1);
        run.at(2_100).gets(6, op(8, 0), Total, 1);
    });
    assert_eq!((figures(&run), run.detail.messages), ([2, 1, 1, 0, 0], 1));
}

#[test]
fn late_copies_count_with_their_latency() {
    let run = chat(|run| {
        run.at(500).join(op(8, 9), 0);
        send(run, 0, 1);
        run.at(7_000).gets(6, op(8, 0), Total, 1);
        run.at(42_000).gets(7, op(8, 0), Total, 1);
        run.at(43_000).gets(8, op(8, 0), Total, 1);
    });
    assert_eq!(figures(&run), [3, 3, 0, 0, 0]);
    // Exactly 5 s isn't late.
    assert_eq!(run.detail.recovered, 2);
    let [mean, max] = [run.latency_ms.mean, run.latency_ms.max].map(ms);
    assert_eq!(
        [mean, max],
        [(5_000 + 40_000 + 41_000) as f64 / 3.0, 41_000.0]
            .map(|value| { (value * 1e3_f64).round() / 1e3 })
    );
    assert_eq!(ms(run.detail.latency_to_median_ms.max), 40_000.0);
    assert_eq!(ms(run.detail.latency_to_last_ms.max), 41_000.0);
}

#[test]
fn repeats_within_a_membership_are_duplicates() {
    let run = chat(|run| {
        send(run, 0, 1);
        for at in [2_100, 2_200, 2_300] {
            run.at(at).gets(6, op(8, 0), Total, 1);
        }
        run.at(3_000).leave(op(6, 1));
        run.at(3_100).join(op(6, 2), 0);
        run.at(3_200).gets(6, op(8, 0), Total, 1);
        run.at(3_300).gets(6, op(8, 0), Total, 1);
    });
    assert_eq!(figures(&run), [1, 0, 1, 3, 0]);
    assert_eq!((run.detail.unexpected, run.detail.copies), (2, 2));
}

#[test]
fn a_join_while_a_member_changes_nothing() {
    let run = chat(|run| {
        send(run, 0, 1);
        run.at(2_050).join(op(6, 1), 7);
        run.at(2_100).gets(6, op(8, 0), Total, 1);
        run.at(2_100).gets(7, op(8, 0), Total, 1);
    });
    assert_eq!((figures(&run), run.detail.largest_group), ([2, 2, 0, 0, 0], 2));
}

#[test]
fn numbers_that_fall_are_out_of_order() {
    for (order, other, disorder) in [(Total, 7, 1), (Fifo, 8, 1), (Fifo, 7, 0)] {
        let run = chat(|run| {
            let (first, second) = (op(8, 0), op(other, 1));
            for (id, number) in [(first, 1), (second, 2)] {
                run.at(2_000).ask_multicast(id, order);
                run.at(2_010).numbered(id, order, number);
            }
            run.at(2_100).gets(6, first, order, 1);
            run.at(2_200).gets(6, second, order, 2);
            run.at(2_100).gets(7, second, order, 2);
            run.at(2_200).gets(7, first, order, 1);
        });
        assert_eq!(figures(&run), [4, 4, 0, 0, disorder], "{order:?} {other}");
    }
}

#[test]
fn where_members_disagree_the_minority_is_out_of_order() {
    let run = chat(|run| {
        run.at(500).join(op(8, 9), 0);
        send(run, 0, 1);
        send(run, 1, 1);
        run.at(2_100).gets(6, op(8, 0), Total, 1);
        run.at(2_100).gets(7, op(8, 1), Total, 1);
        run.at(2_100).gets(8, op(8, 1), Total, 1);
        // The same message under another number than most know it by.
        send(run, 2, 2);
        run.at(2_100).gets(6, op(8, 2), Total, 2);
        run.at(2_100).gets(7, op(8, 2), Total, 3);
        run.at(2_100).gets(8, op(8, 2), Total, 3);
    });
    assert_eq!(figures(&run), [9, 6, 3, 0, 2]);
}

#[test]
fn what_is_told_besides_is_counted() {
    let run = chat(|run| {
        run.at(3_000).ask_multicast(op(8, 0), Total);
        let (cause, maybe_applied) = (FailureCause::Contention, false);
        run.at(4_000).end(op(8, 0), Outcome::Failed { cause, maybe_applied });
        let gap = |missing| Observation::Gap { group: OBJECT, order: Total, missing };
        run.at(900).tell(6, gap(9));
        run.at(5_000).tell(6, gap(3));
        run.at(5_000).tell(7, gap(2));
        // To nobody, of another group, and of no sender.
        run.at(6_000).gets(8, op(7, 9), Total, 1);
        let (id, order) = (op(7, 9), Total);
        run.at(6_000).tell(6, Observation::Delivered { group: ObjectId(1), id, order, number: 1 });
        run.at(6_000).gets(6, op(7, 8), Total, 5);
        run.at(7_000).join(op(8, 1), 0);
        run.at(8_000).ask(op(7, 3), crate::node::Operation::Join { group: OBJECT });
        run.at(8_100).end(op(7, 3), Outcome::Failed { cause, maybe_applied });
    });
    let detail = &run.detail;
    assert_eq!((detail.messages, detail.not_numbered, detail.ratio), (0, 1, None));
    assert_eq!((detail.gaps, detail.gap_messages), (2, 5));
    assert_eq!((detail.stray, detail.joins, detail.largest_group), (3, 1, 3));
    assert_eq!(run.latency_ms.mean, None);
}

#[test]
fn only_multicasts_of_the_window_count() {
    let run = chat(|run| {
        for (at, number) in [(999, 1), (1_000, 2), (99_999, 3), (100_000, 4)] {
            let id = op(8, number);
            run.at(at).ask_multicast(id, Total);
            run.at(at + 10).numbered(id, Total, number);
            run.at(at + 20).gets(6, id, Total, number);
            run.at(at + 20).gets(6, id, Total, number);
        }
    });
    assert_eq!(figures(&run), [4, 2, 2, 2, 0]);
    assert_eq!((run.detail.messages, run.detail.copies), (2, 2));
}
