//! The lock: CLIPPEE 5.3, 5.5, 5.6.

use super::super::locks::ENDED_BOUND;
use super::lab::config;
use super::*;

const NS: Span = Span::from_nanos(1);

/// Peers at the even positions; the object is at peer 2, its set is {2, 1, 3} in some order.
fn five() -> Lab {
    Lab::new(config(3), &[at(1), at(4), at(7), at(10), at(13)], &[at(4)])
}

fn is_granted(verdict: &LockVerdict) -> bool {
    matches!(verdict, LockVerdict::Granted { .. })
}

const BUSY: LockVerdict = LockVerdict::Refused(Refusal::Busy);

#[test]
fn a_free_lock_is_granted_with_version_and_lineage_and_a_taken_one_refused() {
    let mut lab = five();
    let value = lab.world.initial(OBJECT);
    let granted = LockVerdict::Granted {
        version: Version::ZERO,
        value,
        recent: Box::default(),
        roll: Box::default(),
        turn: None,
    };
    assert_eq!(lab.lock(2, OBJECT, attempt(1)), granted);
    assert_eq!(lab.lock(2, OBJECT, attempt(2)), BUSY);
    lab.run(SECOND);
    assert_eq!(lab.lock(2, OBJECT, attempt(1)), granted, "a repeat gets the same grant");
    let locked = Observation::Locked { object: OBJECT, attempt: attempt(1), responsible: true };
    assert_eq!(lab.news(2), [locked], "and is told once");
}

#[test]
fn the_lease_runs_out_at_the_nanosecond_and_a_repeat_does_not_renew_it() {
    let mut lab = five();
    assert!(is_granted(&lab.lock(2, OBJECT, attempt(1))));
    lab.run(LEASE.less(NS));
    assert!(is_granted(&lab.lock(2, OBJECT, attempt(1))));
    assert_eq!(lab.lock(2, OBJECT, attempt(2)), BUSY);
    // At the instant itself, before the timer had its turn.
    lab.now += NS;
    assert!(is_granted(&lab.lock(2, OBJECT, attempt(2))));
    let ended = |attempt| Observation::LockEnded { object: OBJECT, attempt, how: LockEnd::Expired };
    let locked = |attempt| Observation::Locked { object: OBJECT, attempt, responsible: true };
    let (one, two) = (attempt(1), attempt(2));
    assert_eq!(lab.news(2), [locked(one), ended(one), locked(two)]);
    lab.run(SECOND);
    assert_eq!(lab.news(2), []);
}

#[test]
fn expiry_is_told_when_it_happens() {
    let mut lab = five();
    lab.run(MS);
    lab.lock(2, OBJECT, attempt(1));
    lab.run(SECOND);
    lab.unlock(2, OBJECT, attempt(1));
    lab.lock(2, OBJECT, attempt(2));
    lab.run(LEASE.times(2));
    let expired: Vec<Time> = lab
        .observed
        .iter()
        .filter(|o| matches!(o.2, Observation::LockEnded { how: LockEnd::Expired, .. }))
        .map(|o| o.0)
        .collect();
    assert_eq!(expired, [Time::ZERO + MS + SECOND + LEASE]);
    assert_eq!(lab.nodes[&NodeId(2)].replica.locks.len(), (0, 0));
    // Its late repeat would renew the lease of a lock that ran out.
    assert!(is_granted(&lab.lock(2, OBJECT, attempt(3))));
}

#[test]
fn an_attempt_whose_lease_ran_out_does_not_get_it_again() {
    let mut lab = five();
    lab.lock(2, OBJECT, attempt(1));
    lab.run(LEASE);
    assert_eq!(lab.lock(2, OBJECT, attempt(1)), BUSY);
}

#[test]
fn an_unlock_frees_only_its_own_attempt_and_its_late_lock_is_refused_for_one_lease() {
    let mut lab = five();
    lab.lock(2, OBJECT, attempt(1));
    lab.unlock(2, OBJECT, attempt(2));
    assert_eq!(lab.lock(2, OBJECT, attempt(3)), BUSY);
    lab.unlock(2, OBJECT, attempt(1));
    assert_eq!(lab.lock(2, OBJECT, attempt(2)), BUSY, "its unlock overtook it");
    lab.run(LEASE.less(NS));
    assert_eq!(lab.lock(2, OBJECT, attempt(2)), BUSY);
    lab.run(NS);
    assert!(is_granted(&lab.lock(2, OBJECT, attempt(2))));
}

#[test]
fn one_that_is_not_responsible_names_closer_ones() {
    let mut lab = five();
    let LockVerdict::Refused(Refusal::NotResponsible { closer }) = lab.lock(4, OBJECT, attempt(1))
    else {
        panic!("it granted or knew another reason");
    };
    assert_eq!(*closer, [NodeId(2), NodeId(1), NodeId(3)]);
    assert!(matches!(
        lab.read(4, OBJECT),
        ReadVerdict::Refused(Refusal::NotResponsible { closer }) if closer.len() == 3
    ));
    assert_eq!(lab.news(4), []);
}

#[test]
fn one_that_returns_refuses_locks_for_one_lease() {
    let mut lab = five();
    lab.crash(2);
    lab.run(SECOND);
    lab.boot(2, &[1, 2, 3, 4, 5], true);
    assert_eq!(lab.lock(2, OBJECT, attempt(1)), LockVerdict::Refused(Refusal::NotReady));
    lab.run(SECOND);
    assert_eq!(lab.lock(2, OBJECT, attempt(1)), BUSY);
    lab.run(LEASE.less(SECOND).less(NS));
    assert_eq!(lab.lock(2, OBJECT, attempt(1)), BUSY);
    lab.run(NS);
    assert!(is_granted(&lab.lock(2, OBJECT, attempt(1))));
}

#[test]
fn memory_of_ended_attempts_is_bounded() {
    let mut lab = five();
    for count in 0..=ENDED_BOUND as u32 {
        lab.unlock(2, OBJECT, attempt(count));
    }
    assert_eq!(lab.lock(2, OBJECT, attempt(1)), BUSY);
    assert!(is_granted(&lab.lock(2, OBJECT, attempt(0))), "the oldest was forgotten");
    let told = lab.news(2);
    let bound = ENDED_BOUND as u32;
    let full = Observation::Held { table: "ended_attempts", entries: bound, bound };
    assert!(told.contains(&full), "{told:?}");
    assert_eq!(told.len(), 15, "told at 8, 16, ..., 65536, and the lock");
}

#[test]
fn a_lease_that_never_ends_is_no_timer() {
    let lease = Config { lock_lease: Span::NEVER, ..config(3) };
    let mut lab = Lab::new(lease, &[at(1), at(4), at(7), at(10)], &[at(4)]);
    lab.lock(2, OBJECT, attempt(1));
    lab.run(LEASE.times(1_000));
    assert_eq!(lab.lock(2, OBJECT, attempt(2)), BUSY);
}
