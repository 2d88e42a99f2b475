//! Rounds that wait for their turn, and rounds that ask a subset.

use super::super::super::{Lock, LockPolicy, Turn, Yield};
use super::*;
use crate::node::Time;
use std::collections::BTreeSet;

fn waiting() -> Config {
    Config { lock_policy: LockPolicy::Queue, ..three() }
}

const SECOND: Span = Span::from_secs(1);

/// A grant at this second of the replica's clock, to a request that had waited so many seconds.
fn turn(at: u64, waited: u64) -> LockVerdict {
    let at = Time::ZERO + Span::from_secs(at);
    let turn = Some(Turn { at, waited: Span::from_secs(waited) });
    let (recent, roll) = (Box::default(), Box::default());
    LockVerdict::Granted { version: Version::ZERO, value: OLD, recent, roll, turn }
}

fn contested(at: u64) -> LockVerdict {
    LockVerdict::Contested { at: Time::ZERO + Span::from_secs(at) }
}

fn yields(fake: &mut Fake) -> Vec<(u32, Yield)> {
    let sent = fake.sent().into_iter();
    sent.filter_map(|(to, message)| match message {
        Message::Yield(yielded) => Some((to.0, yielded)),
        _ => None,
    })
    .collect()
}

#[test]
fn a_request_says_since_when_it_waits_also_in_the_next_round() {
    let mut fake = Fake::new();
    let began = fake.now;
    let mut coordinator = begin_update(waiting(), &[2, 3, 4], &mut fake);
    let first: Vec<Message> = fake.sent().into_iter().map(|(_, message)| message).collect();
    let lock = Lock { object: OBJECT, attempt: fake.attempt(), waits: Some(began) };
    assert_eq!(first, vec![Message::Lock(lock); 3]);
    fake.pass(SECOND);
    say(&mut coordinator, 2, busy(), &mut fake);
    say(&mut coordinator, 3, busy(), &mut fake);
    go_off(&mut coordinator, &mut fake);
    let next = fake.sent().into_iter().rev().find_map(|(_, message)| match message {
        Message::Lock(lock) => Some(lock),
        _ => None,
    });
    let next = next.expect("it is tried again");
    assert!(next.attempt > lock.attempt && next.waits == Some(began), "{next:?}");
}

#[test]
fn a_try_lock_does_not_wait() {
    let mut fake = Fake::new();
    begin_update(three(), &[2, 3, 4], &mut fake);
    let is_try = |message: &Message| matches!(message, Message::Lock(Lock { waits: None, .. }));
    assert!(fake.sent().iter().all(|(_, message)| is_try(message)));
}

#[test]
fn a_queued_round_waits_beyond_the_lock_timeout_and_commits_when_its_turn_comes() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(waiting(), &[2, 3, 4], &mut fake);
    fake.pass(Span::from_millis(10));
    for replica in 2..=4 {
        say(&mut coordinator, replica, LockVerdict::Queued, &mut fake);
    }
    assert_eq!(fake.measured.len(), 3, "an answer at once tells the round trip");
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.rounds(), []);
    fake.pass(SECOND);
    fake.sent();
    say(&mut coordinator, 2, turn(101, 1), &mut fake);
    say(&mut coordinator, 2, LockVerdict::Queued, &mut fake);
    say(&mut coordinator, 3, turn(101, 1), &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::Granted]);
    assert_eq!(fake.sent_to("commit"), [2, 3, 4]);
    say(&mut coordinator, 4, turn(101, 1), &mut fake);
    assert_eq!((fake.sent_to("unlock"), fake.measured.len()), (vec![], 3), "no round trips");
}

#[test]
fn a_round_repeats_its_requests_and_is_over_when_too_few_keep_them() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(waiting(), &[2, 3, 4], &mut fake);
    say(&mut coordinator, 2, turn(100, 0), &mut fake);
    say(&mut coordinator, 3, LockVerdict::Queued, &mut fake);
    fake.sent();
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.sent(), [], "it rests");
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.sent_to("lock"), [3, 4], "the one that granted isn't asked again");
    say(&mut coordinator, 4, LockVerdict::Queued, &mut fake);
    assert_eq!(fake.measured.len(), 2, "which of the requests was answered isn't known");
    go_off(&mut coordinator, &mut fake);
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.sent_to("lock"), [3, 4]);
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::TimedOut], "nobody answered");
    assert_eq!(fake.sent_to("unlock"), [2, 3, 4]);
}

#[test]
fn silence_ends_a_queued_round_as_any_other() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(waiting(), &[2, 3, 4], &mut fake);
    say(&mut coordinator, 2, LockVerdict::Queued, &mut fake);
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::TimedOut]);
}

#[test]
fn what_is_contested_is_yielded_once_the_round_may_lose() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(waiting(), &[2, 3, 4], &mut fake);
    say(&mut coordinator, 2, turn(100, 0), &mut fake);
    say(&mut coordinator, 2, contested(100), &mut fake);
    assert_eq!(yields(&mut fake), [], "it may win at once");
    say(&mut coordinator, 3, LockVerdict::Queued, &mut fake);
    let (object, attempt, at) = (OBJECT, fake.attempt(), Time::ZERO + Span::from_secs(100));
    let yielded = Yield { object, attempt, at };
    assert_eq!(yields(&mut fake), [(2, yielded)]);
    // That grant counts no more, whatever repeats it; the next one does.
    say(&mut coordinator, 4, turn(100, 0), &mut fake);
    say(&mut coordinator, 2, turn(100, 0), &mut fake);
    say(&mut coordinator, 2, contested(100), &mut fake);
    assert_eq!((fake.rounds(), yields(&mut fake)), (vec![], vec![]));
    say(&mut coordinator, 2, turn(101, 1), &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::Granted]);
}

#[test]
fn a_grant_is_contested_before_it_comes_and_is_yielded_unseen() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(waiting(), &[2, 3, 4], &mut fake);
    say(&mut coordinator, 3, LockVerdict::Queued, &mut fake);
    say(&mut coordinator, 2, contested(100), &mut fake);
    assert_eq!(yields(&mut fake).len(), 1);
    say(&mut coordinator, 2, turn(100, 0), &mut fake);
    say(&mut coordinator, 4, turn(100, 0), &mut fake);
    assert_eq!(fake.rounds(), []);
}

#[test]
fn who_has_won_yields_nothing() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(waiting(), &[2, 3, 4], &mut fake);
    say(&mut coordinator, 4, LockVerdict::Queued, &mut fake);
    say(&mut coordinator, 2, turn(100, 0), &mut fake);
    say(&mut coordinator, 3, turn(100, 0), &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::Granted]);
    fake.sent();
    say(&mut coordinator, 2, contested(100), &mut fake);
    assert_eq!(fake.sent(), [], "its commit is on the way");
}

#[test]
fn its_own_replica_is_yielded_to_without_a_message() {
    let mut fake = Fake::new();
    fake.own = turn(100, 0);
    let mut coordinator = begin_update(waiting(), &[ME.0, 3, 4], &mut fake);
    say(&mut coordinator, 3, LockVerdict::Queued, &mut fake);
    say(&mut coordinator, ME.0, contested(100), &mut fake);
    assert_eq!((fake.yielded.len(), yields(&mut fake)), (1, vec![]));
}

#[test]
fn a_grant_that_nobody_waits_for_any_more_is_given_back() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(waiting(), &[2, 3, 4], &mut fake);
    for replica in 2..=4 {
        say(&mut coordinator, replica, LockVerdict::Queued, &mut fake);
    }
    let operation = Operation::Update { object: OBJECT };
    assert!(!coordinator.abandon(id(1), operation, &mut fake));
    assert_eq!(fake.rounds(), [RoundOutcome::TimedOut]);
    assert_eq!(fake.sent_to("unlock"), [2, 3, 4]);
    say(&mut coordinator, 3, turn(101, 1), &mut fake);
    say(&mut coordinator, 4, contested(101), &mut fake);
    assert_eq!(fake.sent_to("unlock"), [3, 4]);
    say(&mut coordinator, 2, granted(Version::ZERO, &[]), &mut fake);
    assert_eq!(fake.sent(), [], "a try-lock's grant isn't late: its unlock follows it");
}

#[test]
fn a_lease_counts_from_the_grant_not_from_the_request() {
    for (waited, outcome) in [(7, RoundOutcome::Granted), (2, RoundOutcome::TimedOut)] {
        let mut fake = Fake::new();
        let mut coordinator = begin_update(waiting(), &[2, 3, 4], &mut fake);
        fake.pass(Span::from_secs(8));
        say(&mut coordinator, 2, turn(100, waited), &mut fake);
        say(&mut coordinator, 3, turn(107, 7), &mut fake);
        assert_eq!(fake.rounds(), [outcome], "granted after {waited} s of 8");
    }
}

#[test]
fn a_subset_must_grant_as_a_whole_and_all_get_the_commit() {
    let subset = Config { replicas: 5, lock_policy: LockPolicy::Subset(2), ..Config::default() };
    let mut seen = BTreeSet::new();
    for draw in 0..40 {
        let mut fake = Fake::new();
        fake.stream = crate::node::Key::from_word(draw).stream(1, 1);
        let mut coordinator = begin_update(subset.clone(), &[2, 3, 4, 5, 6], &mut fake);
        let asked = fake.sent_to("lock");
        assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), 2);
        grant(&mut coordinator, asked[0], &mut fake);
        assert_eq!(fake.rounds(), []);
        if draw % 2 == 0 {
            grant(&mut coordinator, asked[1], &mut fake);
            assert_eq!(fake.rounds(), [RoundOutcome::Granted]);
            assert_eq!(fake.sent_to("commit"), [2, 3, 4, 5, 6]);
        } else {
            say(&mut coordinator, asked[1], busy(), &mut fake);
            assert_eq!(fake.rounds(), [RoundOutcome::Refused]);
            assert_eq!(fake.sent_to("unlock"), asked, "nobody else has to know");
        }
        seen.insert(BTreeSet::from_iter(asked));
    }
    assert_eq!(seen.len(), 10, "all pairs of five are drawn");
}
