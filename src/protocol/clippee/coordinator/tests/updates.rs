//! Updates: lock rounds, commits, retries.

use super::*;

#[test]
fn an_update_locks_commits_to_all_and_is_answered_after_the_write_acks() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    assert_eq!(fake.sent_to("lock"), [2, 3, 4]);
    fake.pass(Span::from_millis(70));
    grant(&mut coordinator, 3, &mut fake);
    assert!(fake.sent().is_empty());
    grant(&mut coordinator, 2, &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::Granted]);
    assert_eq!(fake.sent_to("commit"), [2, 3, 4]);
    let version = made(&fake);
    acknowledge(&mut coordinator, 4, version, CommitVerdict::Applied, &mut fake);
    acknowledge(&mut coordinator, 4, version, CommitVerdict::Applied, &mut fake);
    assert!(coordinator.take_ended().is_empty(), "a repeated acknowledgement counts once");
    acknowledge(&mut coordinator, 2, version, CommitVerdict::Have, &mut fake);
    assert_eq!(coordinator.take_ended(), [(id(1), ok(version))]);
    acknowledge(&mut coordinator, 3, version, CommitVerdict::Applied, &mut fake);
    assert!(fake.armed.is_empty());
    assert_eq!(coordinator.sizes(), (1, 0, 0));
    let trip = Span::from_millis(70);
    assert_eq!(fake.measured, [(NodeId(3), trip), (NodeId(2), trip)]);
}

#[test]
fn the_newest_version_among_the_grants_is_the_base() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    let newer = Version { counter: 7, attempt: AttemptId { count: 3, ..fake.attempt() } };
    grant(&mut coordinator, 2, &mut fake);
    say(&mut coordinator, 3, granted(newer, &[id(8)]), &mut fake);
    let commits = fake.sent();
    let Some((_, Message::Commit(commit))) = commits.last() else { panic!("{commits:?}") };
    assert_eq!((commit.base, commit.version.counter, commit.holder), (newer, 8, NodeId(3)));
    assert_eq!(commit.value, OLD.changed(id(1)));
}

#[test]
fn an_own_replica_is_asked_without_a_message_and_counts() {
    let mut fake = Fake::new();
    fake.own = granted(Version::ZERO, &[]);
    let mut coordinator = begin_update(three(), &[1, 3, 4], &mut fake);
    assert_eq!(fake.sent_to("lock"), [3, 4]);
    grant(&mut coordinator, 4, &mut fake);
    assert_eq!(fake.sent_to("commit"), [3, 4]);
    let version = made(&fake);
    acknowledge(&mut coordinator, 3, version, CommitVerdict::Applied, &mut fake);
    assert_eq!(coordinator.take_ended(), [(id(1), ok(version))]);
    assert!(fake.measured.iter().all(|&(peer, _)| peer != ME));
}

#[test]
fn a_peer_that_is_the_only_replica_needs_no_time_at_all() {
    let mut fake = Fake::new();
    fake.own = granted(Version::ZERO, &[]);
    let mut coordinator = begin_update(Config { replicas: 1, ..three() }, &[1], &mut fake);
    assert_eq!(coordinator.take_ended(), [(id(1), ok(made(&fake)))]);
    assert!(fake.sent().is_empty() && fake.armed.is_empty());
}

#[test]
fn a_round_is_refused_as_soon_as_the_quorum_is_out_of_reach_and_all_are_unlocked() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    fake.sent();
    say(&mut coordinator, 2, busy(), &mut fake);
    assert!(fake.rounds().is_empty());
    say(&mut coordinator, 3, busy(), &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::Refused]);
    assert_eq!(fake.sent_to("unlock"), [2, 3, 4]);
    let waited = fake.armed[0].0.since(fake.now);
    assert!(waited <= Span::from_millis(100), "{waited}");
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.sent_to("lock"), [2, 3, 4]);
    assert_eq!(fake.lookups.len(), 1, "the set is cached");
}

#[test]
fn after_the_last_attempt_busy_locks_are_contention_and_silence_is_unreachable() {
    let twice = Config { attempts: 2, ..three() };
    let mut fake = Fake::new();
    let mut coordinator = begin_update(twice.clone(), &[2, 3, 4], &mut fake);
    for round in 0..2 {
        say(&mut coordinator, 2, busy(), &mut fake);
        say(&mut coordinator, 3, busy(), &mut fake);
        if round == 0 {
            go_off(&mut coordinator, &mut fake);
        }
    }
    let contention = failed(FailureCause::Contention, false);
    assert_eq!(coordinator.take_ended(), [(id(1), contention)]);

    let mut fake = Fake::new();
    let mut coordinator = begin_update(twice, &[2, 3, 4], &mut fake);
    say(&mut coordinator, 2, busy(), &mut fake);
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::TimedOut]);
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.lookups.len(), 2, "a round that timed out asks who is responsible now");
    coordinator.found(fake.lookups[1], NodeId(2), &nodes(&[2, 3, 4]), 1, &mut fake);
    go_off(&mut coordinator, &mut fake);
    let unreachable = failed(FailureCause::Unreachable, false);
    assert_eq!(coordinator.take_ended(), [(id(1), unreachable)]);
    assert!(fake.armed.is_empty());
}

#[test]
fn the_lock_timeout_is_the_largest_of_the_set_below_half_the_lease() {
    let mut fake = Fake::new();
    begin_update(three(), &[2, 3, 4], &mut fake);
    assert_eq!(fake.armed[0].0.since(fake.now), Span::from_millis(400));
    let mut fake = Fake::new();
    let short = Config { lock_lease: Span::from_millis(600), ..three() };
    begin_update(short, &[2, 3, 4], &mut fake);
    assert_eq!(fake.armed[0].0.since(fake.now).nanos(), 299_999_999);
}

#[test]
fn a_set_below_the_quorum_is_a_refused_round_without_messages() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2], &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::Refused]);
    assert!(fake.sent().is_empty());
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.lookups.len(), 2);
}

#[test]
fn who_is_not_responsible_forces_a_lookup() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    let moved = || LockVerdict::Refused(Refusal::NotResponsible { closer: Box::new([NodeId(5)]) });
    say(&mut coordinator, 2, moved(), &mut fake);
    say(&mut coordinator, 3, busy(), &mut fake);
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.lookups.len(), 2);
}

#[test]
fn who_says_so_after_the_round_forces_a_lookup_too_if_the_set_is_still_trusted() {
    for (found, lookups) in [(&[2, 3, 4][..], 2), (&[2, 3, 5], 1)] {
        let mut fake = Fake::new();
        let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
        say(&mut coordinator, 2, busy(), &mut fake);
        say(&mut coordinator, 3, busy(), &mut fake);
        coordinator.shared.cache.put(OBJECT, nodes(found).into(), fake.now);
        let closer = Box::new([NodeId(5)]);
        let moved = LockVerdict::Refused(Refusal::NotResponsible { closer });
        say(&mut coordinator, 4, moved, &mut fake);
        go_off(&mut coordinator, &mut fake);
        assert_eq!(fake.lookups.len(), lookups);
    }
}

#[test]
fn a_grant_as_old_as_the_lease_does_not_count() {
    let mut fake = Fake::new();
    let patient = Config { lock_timeout: Some(Span::from_secs(60)), ..three() };
    let mut coordinator = begin_update(patient, &[2, 3, 4], &mut fake);
    grant(&mut coordinator, 2, &mut fake);
    fake.sent();
    fake.pass(Span::from_secs(5));
    grant(&mut coordinator, 3, &mut fake);
    assert_eq!(fake.rounds(), [RoundOutcome::TimedOut]);
    assert_eq!(fake.sent_to("unlock"), [2, 3, 4]);
}

#[test]
fn a_commit_is_sent_again_to_the_silent_twice_and_then_nobody_knows() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    grant(&mut coordinator, 2, &mut fake);
    grant(&mut coordinator, 3, &mut fake);
    fake.sent();
    acknowledge(&mut coordinator, 3, made(&fake), CommitVerdict::Applied, &mut fake);
    let began = fake.now;
    for _ in 0..2 {
        assert_eq!(go_off(&mut coordinator, &mut fake), Timer::Spread(OBJECT));
        assert_eq!(fake.sent_to("commit"), [2, 4]);
        assert!(coordinator.take_ended().is_empty());
    }
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.now.since(began), Span::from_millis(1_200));
    let unknown = failed(FailureCause::Unreachable, true);
    assert_eq!(coordinator.take_ended(), [(id(1), unknown)]);
    assert!(fake.sent().is_empty() && fake.armed.is_empty());
}

#[test]
fn a_commit_goes_on_after_the_answer() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    grant(&mut coordinator, 2, &mut fake);
    grant(&mut coordinator, 3, &mut fake);
    for replica in [2, 3] {
        acknowledge(&mut coordinator, replica, made(&fake), CommitVerdict::Applied, &mut fake);
    }
    assert_eq!(coordinator.take_ended().len(), 1);
    fake.sent();
    go_off(&mut coordinator, &mut fake);
    assert_eq!(fake.sent_to("commit"), [4]);
    go_off(&mut coordinator, &mut fake);
    go_off(&mut coordinator, &mut fake);
    assert!(coordinator.take_ended().is_empty());
    assert_eq!(coordinator.sizes().1, 0);
}

#[test]
fn superseded_does_not_count_and_the_update_is_tried_again() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    grant(&mut coordinator, 2, &mut fake);
    grant(&mut coordinator, 3, &mut fake);
    fake.sent();
    let (first, version) = (fake.attempt(), made(&fake));
    acknowledge(&mut coordinator, 2, version, CommitVerdict::Superseded, &mut fake);
    assert!(fake.sent().is_empty());
    acknowledge(&mut coordinator, 4, version, CommitVerdict::Superseded, &mut fake);
    assert_eq!(fake.sent_to("unlock"), [3], "who is silent may hold the lock");
    go_off(&mut coordinator, &mut fake);
    assert_ne!(fake.attempt(), first);
    let outcome = coordinator.abandon(id(1), Operation::Update { object: OBJECT }, &mut fake);
    assert!(outcome, "the first commit may have been applied");
    assert_eq!(fake.rounds(), [RoundOutcome::Granted, RoundOutcome::TimedOut]);
    assert!(fake.armed.is_empty());
}

#[test]
fn an_update_that_was_overtaken_lost_a_race_and_one_whose_replicas_have_moved_found_nobody() {
    let moved = || CommitVerdict::NotResponsible { closer: Box::new([NodeId(5)]) };
    for (verdict, cause) in [
        (CommitVerdict::Superseded, FailureCause::Contention),
        (moved(), FailureCause::Unreachable),
    ] {
        let mut fake = Fake::new();
        let once = Config { attempts: 1, ..three() };
        let mut coordinator = begin_update(once, &[2, 3, 4], &mut fake);
        grant(&mut coordinator, 2, &mut fake);
        grant(&mut coordinator, 3, &mut fake);
        let version = made(&fake);
        for replica in [2, 3] {
            acknowledge(&mut coordinator, replica, version, verdict.clone(), &mut fake);
        }
        assert_eq!(coordinator.take_ended(), [(id(1), failed(cause, true))]);
    }
}

#[test]
fn an_operation_that_the_newest_grant_holds_makes_no_new_version() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    fake.sent();
    let attempt = AttemptId { coordinator: NodeId(7), incarnation: 1, count: 1 };
    let held = Version { counter: 4, attempt };
    grant(&mut coordinator, 2, &mut fake);
    say(&mut coordinator, 3, granted(held, &[id(8), id(1)]), &mut fake);
    let sent = fake.sent();
    let commits: Vec<_> = sent
        .iter()
        .filter_map(|(to, message)| match message {
            Message::Commit(commit) => Some((to.0, commit.version)),
            _ => None,
        })
        .collect();
    assert_eq!(commits, [(2, held), (4, held)], "the holder has it");
    let unlocks = sent.iter().filter(|(_, message)| matches!(message, Message::Unlock(_)));
    assert_eq!(unlocks.count(), 3, "the commit ends no lock of this attempt");
    assert!(!fake.told.iter().any(|told| matches!(told, Observation::Made { .. })));
    assert!(coordinator.take_ended().is_empty());
    acknowledge(&mut coordinator, 4, held, CommitVerdict::Have, &mut fake);
    assert_eq!(coordinator.take_ended(), [(id(1), ok(held))]);
}

#[test]
fn updates_of_one_object_run_one_after_the_other_and_others_beside_them() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    fake.sent();
    coordinator.begin(id(2), Operation::Update { object: OBJECT }, Count::default(), &mut fake);
    assert!(fake.sent().is_empty());
    coordinator.begin(
        id(3),
        Operation::Update { object: ObjectId(1) },
        Count::default(),
        &mut fake,
    );
    assert_eq!(fake.lookups.len(), 2);
    grant(&mut coordinator, 2, &mut fake);
    grant(&mut coordinator, 3, &mut fake);
    let version = made(&fake);
    for replica in [2, 3] {
        assert!(fake.sent_to("lock").is_empty());
        acknowledge(&mut coordinator, replica, version, CommitVerdict::Applied, &mut fake);
    }
    assert_eq!(fake.sent_to("lock"), [2, 3, 4]);
    assert_eq!(coordinator.take_ended(), [(id(1), ok(version))]);
}

#[test]
fn an_answer_after_the_round_still_measures_the_round_trip() {
    let mut fake = Fake::new();
    let mut coordinator = begin_update(three(), &[2, 3, 4], &mut fake);
    let first = fake.attempt();
    go_off(&mut coordinator, &mut fake);
    fake.pass(Span::from_millis(500));
    for _ in 0..2 {
        let reply = LockReply { object: OBJECT, attempt: first, verdict: busy() };
        coordinator.on_lock_reply(NodeId(2), reply, &mut fake);
    }
    assert_eq!(fake.measured, [(NodeId(2), Span::from_millis(900))]);
    assert_eq!(fake.rounds(), [RoundOutcome::TimedOut]);
}
