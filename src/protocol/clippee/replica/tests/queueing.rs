//! Requests that wait: in the order of their age, for as long as their coordinators want them to.

use super::super::queue::QUEUE_BOUND;
use super::lab::config;
use super::*;
use crate::protocol::clippee::{Lock, Turn, Unlock, Yield};

/// Peers at the even positions; the object is at peer 2, its set is {2, 1, 3} in some order.
fn five() -> Lab {
    Lab::new(config(3), &[at(1), at(4), at(7), at(10), at(13)], &[at(4)])
}

fn time(seconds: u64) -> Time {
    Time::ZERO + Span::from_secs(seconds)
}

/// Attempt `count` asks peer 2; it wants the lock since second `since`.
fn ask(lab: &mut Lab, count: u32, since: u64) -> LockVerdict {
    let lock = Lock { object: OBJECT, attempt: attempt(count), waits: Some(time(since)) };
    lab.request(2, lock)
}

fn turn(verdict: &LockVerdict) -> Turn {
    let LockVerdict::Granted { turn: Some(turn), .. } = verdict else {
        panic!("{verdict:?} isn't a turn");
    };
    *turn
}

/// What was told to whom without being asked, since the last time: attempt numbers and verdicts.
fn unasked(lab: &mut Lab) -> Vec<(u32, LockVerdict)> {
    let told = std::mem::take(&mut lab.unasked);
    told.into_iter().map(|(attempt, verdict)| (attempt.count, verdict)).collect()
}

fn granted_to(lab: &mut Lab) -> Vec<u32> {
    let told = unasked(lab).into_iter();
    told.map(|(count, verdict)| (count, turn(&verdict)).0).collect()
}

#[test]
fn the_oldest_is_next_whatever_the_order_of_arrival() {
    let mut lab = five();
    lab.run(SECOND);
    let first = turn(&ask(&mut lab, 1, 1));
    assert_eq!(first, Turn { at: time(1), waited: Span::ZERO });
    assert_eq!(ask(&mut lab, 2, 4), LockVerdict::Queued);
    assert_eq!(ask(&mut lab, 3, 3), LockVerdict::Queued);
    assert_eq!(ask(&mut lab, 4, 5), LockVerdict::Queued);
    assert_eq!(unasked(&mut lab), [], "nobody older than the holder waits");
    lab.run(SECOND);
    lab.unlock(2, OBJECT, attempt(1));
    let told = unasked(&mut lab);
    assert_eq!((told.len(), told[0].0), (1, 3));
    assert_eq!(turn(&told[0].1), Turn { at: time(2), waited: SECOND });
    assert_eq!(lab.lock(2, OBJECT, attempt(9)), LockVerdict::Refused(Refusal::Busy));
    lab.unlock(2, OBJECT, attempt(4));
    lab.unlock(2, OBJECT, attempt(3));
    assert_eq!(granted_to(&mut lab), [2], "4 waits no more");
    lab.unlock(2, OBJECT, attempt(2));
    assert_eq!((granted_to(&mut lab), lab.nodes[&NodeId(2)].replica.locks.len()), (vec![], (0, 0)));
}

#[test]
fn the_next_in_line_is_granted_the_version_that_was_committed() {
    let mut lab = five();
    ask(&mut lab, 1, 1);
    ask(&mut lab, 2, 2);
    lab.commit(2, commit(Version::ZERO, 1, 2));
    let told = unasked(&mut lab);
    let LockVerdict::Granted { version, .. } = told[0].1 else { panic!("{told:?}") };
    assert_eq!((told[0].0, version), (2, super::version(Version::ZERO, 1)));
}

#[test]
fn a_younger_holder_is_told_that_an_older_one_waits_and_yields() {
    let mut lab = five();
    let held = turn(&ask(&mut lab, 1, 5));
    assert_eq!(ask(&mut lab, 2, 3), LockVerdict::Queued);
    assert_eq!(unasked(&mut lab), [(1, LockVerdict::Contested { at: held.at })]);
    lab.run(SECOND);
    assert_eq!(ask(&mut lab, 2, 3), LockVerdict::Queued, "a repeat");
    assert_eq!(unasked(&mut lab).len(), 1, "the first may have been lost");
    let yielded = Yield { object: OBJECT, attempt: attempt(1), at: held.at };
    lab.news(2);
    lab.give_way(2, yielded);
    let ended = LockEnd::Yielded;
    let ended = Observation::LockEnded { object: OBJECT, attempt: attempt(1), how: ended };
    let locked = |attempt| Observation::Locked { object: OBJECT, attempt, responsible: true };
    assert_eq!(lab.news(2), [ended, locked(attempt(2))]);
    assert_eq!(granted_to(&mut lab), [2]);
    lab.give_way(2, yielded);
    assert_eq!(lab.news(2), [], "a doubled yield means an earlier grant");
    lab.run(SECOND);
    lab.unlock(2, OBJECT, attempt(2));
    let told = unasked(&mut lab);
    assert_eq!(
        (told[0].0, turn(&told[0].1)),
        (1, Turn { at: time(2), waited: Span::from_secs(2) })
    );
    lab.give_way(2, yielded);
    assert_eq!(lab.nodes[&NodeId(2)].replica.locks.len(), (1, 0), "it has another grant now");
    let LockVerdict::Granted { turn: Some(again), .. } = ask(&mut lab, 1, 5) else { panic!() };
    assert_eq!(again.at, time(2), "a repeat gets the same grant");
}

#[test]
fn a_holder_that_is_a_try_lock_is_left_alone() {
    let mut lab = five();
    lab.lock(2, OBJECT, attempt(1));
    assert_eq!(ask(&mut lab, 2, 0), LockVerdict::Queued);
    assert_eq!(unasked(&mut lab), []);
    lab.give_way(2, Yield { object: OBJECT, attempt: attempt(1), at: lab.now });
    assert_eq!(unasked(&mut lab), []);
}

#[test]
fn a_lease_that_runs_out_gives_the_lock_to_the_next_before_any_newcomer() {
    let mut lab = five();
    ask(&mut lab, 1, 1);
    lab.run(SECOND);
    ask(&mut lab, 2, 2);
    lab.run(LEASE.less(SECOND).less(Span::from_nanos(1)));
    // At the instant itself, before the timer had its turn.
    lab.now += Span::from_nanos(1);
    assert_eq!(ask(&mut lab, 3, 3), LockVerdict::Queued);
    assert_eq!(granted_to(&mut lab), [2]);
}

#[test]
fn a_request_that_is_not_repeated_is_forgotten_after_one_lease() {
    let mut lab = five();
    ask(&mut lab, 1, 1);
    ask(&mut lab, 2, 2);
    ask(&mut lab, 3, 3);
    lab.run(SECOND);
    assert_eq!(ask(&mut lab, 3, 3), LockVerdict::Queued);
    lab.run(LEASE.less(SECOND));
    assert_eq!(granted_to(&mut lab), [3]);
}

#[test]
fn one_that_is_not_responsible_any_more_sends_all_away() {
    let mut lab = five();
    ask(&mut lab, 1, 1);
    ask(&mut lab, 2, 2);
    ask(&mut lab, 3, 3);
    lab.step(2, |replica, ring, cx, _| replica.leave(ring, cx));
    lab.nodes.get_mut(&NodeId(2)).unwrap().ring.joined = false;
    lab.unlock(2, OBJECT, attempt(1));
    let told = unasked(&mut lab);
    let away = |verdict: &LockVerdict| {
        matches!(verdict, LockVerdict::Refused(Refusal::NotResponsible { .. }))
    };
    assert_eq!(told.iter().map(|told| told.0).collect::<Vec<_>>(), [2, 3]);
    assert!(told.iter().all(|(_, verdict)| away(verdict)), "{told:?}");
    assert_eq!(lab.nodes[&NodeId(2)].replica.locks.len(), (0, 0));
}

#[test]
fn while_an_object_is_not_ready_its_lock_is_kept_for_those_who_wait() {
    let mut lab = five();
    ask(&mut lab, 1, 1);
    ask(&mut lab, 2, 2);
    // A commit whose base isn't known here: it waits for that, and the lock with it.
    let base = version(version(Version::ZERO, 7), 8);
    assert_eq!(lab.commit(2, commit(base, 1, 1)), None);
    assert_eq!(unasked(&mut lab), []);
    assert_eq!(ask(&mut lab, 3, 3), LockVerdict::Queued, "one may wait for that, too");
    let not_ready = LockVerdict::Refused(Refusal::NotReady);
    assert_eq!(lab.lock(2, OBJECT, attempt(9)), not_ready, "but not with a try-lock");
    // The base comes by itself.
    let first = version(Version::ZERO, 7);
    lab.commit(2, commit(Version::ZERO, 7, 1));
    lab.commit(2, commit(first, 8, 1));
    lab.run(MS);
    let told = unasked(&mut lab);
    let LockVerdict::Granted { version: granted, .. } = told[0].1 else { panic!("{told:?}") };
    assert_eq!((told[0].0, granted), (2, version(base, 1)));
}

#[test]
fn a_lock_that_was_kept_for_those_who_wait_has_one_holder_when_they_are_gone() {
    let mut lab = five();
    ask(&mut lab, 1, 1);
    ask(&mut lab, 2, 2);
    let first = version(Version::ZERO, 7);
    assert_eq!(lab.commit(2, commit(version(first, 8), 1, 1)), None);
    // All in one step, as where the peer itself is the coordinator.
    lab.step(2, |replica, ring, cx, _| {
        replica.unlock(Unlock { object: OBJECT, attempt: attempt(2) }, cx);
        replica.commit(NodeId(99), commit(Version::ZERO, 7, 1), ring, cx);
        replica.commit(NodeId(99), commit(first, 8, 1), ring, cx);
        for count in [3, 4] {
            let waits = Some(time(u64::from(count)));
            replica.lock(Lock { object: OBJECT, attempt: attempt(count), waits }, ring, cx);
        }
    });
    assert_eq!(unasked(&mut lab), []);
    assert_eq!(lab.nodes[&NodeId(2)].replica.locks.len(), (1, 1));
}

#[test]
fn queues_are_bounded() {
    let mut lab = five();
    let bound = QUEUE_BOUND as u32;
    for count in 0..=bound {
        let verdict = ask(&mut lab, count, 1);
        assert!(count == 0 || verdict == LockVerdict::Queued);
    }
    assert_eq!(ask(&mut lab, bound + 1, 1), LockVerdict::Refused(Refusal::Busy));
    assert_eq!(ask(&mut lab, 5, 1), LockVerdict::Queued, "a repeat has its place");
    let full = Observation::Held { table: "lock_queue", entries: bound, bound };
    assert!(lab.news(2).contains(&full));
}
