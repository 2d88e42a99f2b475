use super::{Coverage, FAULTS, Reached, State};
use crate::node::{LockEnd, Order, RoundOutcome, Span, Time, Version};
use crate::node::{NodeId, Observation, OperationId};
use crate::observe::consistency::script::{OBJECT, Script, attempt, census, op, version};

type History = fn(&mut Script<Coverage>);

fn reached(history: History) -> Reached {
    let mut script = Script::started(Coverage::new(&census()));
    history(&mut script);
    script.observer.finish()
}

/// The states of a history, in their order.
fn states(history: History) -> Vec<State> {
    let reached = reached(history);
    State::ALL.iter().copied().filter(|&state| reached.has(state)).collect()
}

fn began(script: &mut Script<Coverage>, id: OperationId, count: u32) {
    let attempt = attempt(3, count);
    script.tell(3, Observation::RoundBegan { id, object: OBJECT, attempt });
}

fn granted(script: &mut Script<Coverage>, id: OperationId, count: u32) {
    let (attempt, outcome) = (attempt(3, count), RoundOutcome::Granted);
    script.tell(3, Observation::RoundEnded { id, object: OBJECT, attempt, outcome });
}

#[test]
fn a_plain_update_comes_to_nothing() {
    assert_eq!(states(|s| s.whole_update(1_000, op(6, 0), version(1, 1), None)), []);
}

#[test]
fn attempts_overlap_while_both_hold_locks() {
    let overlap: History = |s| {
        s.at(1_000).locked(1, attempt(3, 1));
        s.locked(2, attempt(4, 1));
    };
    assert_eq!(states(overlap), [State::AttemptsOverlapped]);
    let in_turn: History = |s| {
        s.at(1_000).locked(1, attempt(3, 1));
        s.at(1_100).unlocked(1, attempt(3, 1), LockEnd::Unlocked);
        s.at(1_200).locked(2, attempt(4, 1));
    };
    assert_eq!(states(in_turn), []);
    let both_granted: History = |s| {
        s.at(1_000).locked(1, attempt(3, 1));
        granted(s, op(6, 0), 1);
        s.locked(2, attempt(3, 2));
        granted(s, op(7, 0), 2);
    };
    assert_eq!(states(both_granted), [State::AttemptsOverlapped, State::QuorumsOverlapped]);
}

#[test]
fn leases_end_under_the_living_and_the_dead() {
    let living: History = |s| {
        s.at(1_000).locked(1, attempt(3, 1));
        s.at(6_000).unlocked(1, attempt(3, 1), LockEnd::Expired);
    };
    assert_eq!(states(living), [State::LeaseOverLiveHolder]);
    let dead: History = |s| {
        s.at(1_000).locked(1, attempt(3, 1));
        s.at(2_000).stop(3);
        s.at(6_000).unlocked(1, attempt(3, 1), LockEnd::Expired);
    };
    assert_eq!(states(dead), [State::LeaseOverDeadHolder, State::CoordinatorDiedLocking]);
}

#[test]
fn a_coordinator_stops_between_commits() {
    let between: History = |s| {
        s.at(1_000).locked(1, attempt(3, 1));
        s.locked(2, attempt(3, 1));
        s.made(op(6, 0), version(1, 1), Version::ZERO);
        s.at(1_100).unlocked(1, attempt(3, 1), LockEnd::Committed);
        s.commit(1, version(1, 1), None);
        s.at(1_150).stop(3);
    };
    assert_eq!(states(between), [State::CoordinatorDiedCommitting]);
    let after: History = |s| {
        s.at(1_000).locked(1, attempt(3, 1));
        s.made(op(6, 0), version(1, 1), Version::ZERO);
        s.at(1_100).unlocked(1, attempt(3, 1), LockEnd::Committed);
        s.commit(1, version(1, 1), None);
        s.at(1_150).stop(3);
    };
    assert_eq!(states(after), []);
    let holder: History = |s| {
        s.at(1_000).locked(1, attempt(3, 1));
        s.at(1_100).stop(1);
    };
    assert_eq!(states(holder), [State::HolderDied]);
}

#[test]
fn a_replica_set_changes_before_the_version_is_made() {
    let changed: History = |s| {
        s.at(1_000);
        began(s, op(6, 0), 1);
        s.at(1_050).stop(2);
        s.at(1_100).made(op(6, 0), version(1, 1), Version::ZERO);
    };
    assert_eq!(states(changed), [State::SetChangedUnderLock]);
    let elsewhere: History = |s| {
        s.at(1_000);
        began(s, op(6, 0), 1);
        s.at(1_050).stop(5);
        s.at(1_100).made(op(6, 0), version(1, 1), Version::ZERO);
    };
    assert_eq!(states(elsewhere), []);
}

#[test]
fn repairs_meet_locks_and_older_copies() {
    let repaired: History = |s| {
        s.at(1_000).repair(1, version(1, 1), None);
        s.at(2_000).repair(1, version(2, 2), Some(version(1, 1)));
    };
    assert_eq!(states(repaired), [State::CopyRepaired]);
    let met: History = |s| {
        s.at(1_000).locked(1, attempt(3, 1));
        s.at(2_000).repair(1, version(1, 1), None);
    };
    assert_eq!(states(met), [State::HandOverMetLock]);
    let dropped: History = |s| {
        s.at(1_000).repair(1, version(1, 1), None);
        s.at(2_000).forgot(1, version(1, 1));
    };
    assert_eq!(states(dropped), [State::CopyDropped, State::CopiesVanished]);
}

#[test]
fn operations_fork_repeat_and_read_stale() {
    let forked: History = |s| {
        s.at(1_000).made(op(6, 0), version(1, 1), Version::ZERO);
        s.made(op(7, 0), version(1, 2), Version::ZERO);
    };
    assert_eq!(states(forked), [State::Forked]);
    let remembered: History = |s| {
        s.at(1_000).ask_update(op(6, 0));
        s.made(op(6, 0), version(1, 1), Version::ZERO);
        s.made(op(7, 0), version(2, 2), version(1, 1));
        s.at(2_000).updated(op(6, 0), version(2, 2));
    };
    assert_eq!(states(remembered), [State::AnsweredFromMemory]);
    let stale: History = |s| {
        s.whole_update(1_000, op(6, 0), version(1, 1), None);
        s.at(2_000).ask_read(op(7, 0));
        s.at(2_100).read(op(7, 0), Version::ZERO);
    };
    assert_eq!(states(stale), [State::ReadStale]);
    let overtaken: History = |s| {
        s.at(1_000).ask_read(op(7, 0));
        s.whole_update(1_000, op(6, 0), version(1, 1), None);
        s.at(2_100).read(op(7, 0), Version::ZERO);
    };
    assert_eq!(states(overtaken), []);
}

#[test]
fn clients_move_and_stop_in_the_middle() {
    let moved: History = |s| {
        s.at(1_000).attached(6, 1);
        s.ask_update(op(6, 0));
        s.at(2_000).attached(6, 2);
        s.at(3_000).stop(6);
    };
    assert_eq!(states(moved), [State::FailedOver, State::ClientDied]);
    let idle: History = |s| {
        s.at(1_000).attached(6, 1);
        s.at(2_000).attached(6, 2);
        s.at(3_000).stop(6);
    };
    assert_eq!(states(idle), []);
}

#[test]
fn members_lose_their_access_peer_and_come_back() {
    let lost: History = |s| {
        s.at(1_000).attached(6, 1);
        s.join(op(6, 0), 0);
        s.at(2_000).stop(1);
    };
    assert_eq!(states(lost), [State::AccessPeerDied]);
    let again: History = |s| {
        s.at(1_000).attached(6, 1);
        s.join(op(6, 0), 0);
        s.leave(op(6, 1));
        s.at(2_000).stop(1);
        s.join(op(6, 2), 0);
    };
    assert_eq!(states(again), [State::MemberLeft]);
    let twice: History = |s| {
        s.at(1_000).numbered(op(6, 0), Order::Fifo, 1);
        s.numbered(op(6, 0), Order::Fifo, 1);
        s.registered(1, 2, 0);
    };
    assert_eq!(states(twice), [State::NumberedTwice, State::Unregistered]);
}

#[test]
fn a_state_belongs_to_the_faults_that_are_on_or_just_over() {
    let under = |ms: u64| {
        let mut script = Script::started(Coverage::new(&census()));
        script.at(1_000).fault(1, 2_000, Span::ZERO, 0.0);
        script.at(ms).forgot(1, version(1, 1));
        let reached = script.observer.finish();
        let pause = FAULTS.iter().position(|name| *name == "pause").unwrap();
        assert!(reached.struck(pause) && reached.has(State::CopyDropped));
        (reached.has_under(State::CopyDropped, pause), reached.has_calmly(State::CopyDropped))
    };
    assert_eq!(under(1_500), (true, false));
    assert_eq!(under(11_000), (true, false));
    assert_eq!(under(13_000), (false, true));
}

#[test]
fn a_fault_of_nobody_strikes_nobody() {
    let mut script = Script::started(Coverage::new(&census()));
    let (targets, at) = ([("targets", Vec::<NodeId>::new())], Time::ZERO);
    let fault = crate::node::FaultBegun {
        number: 1,
        kind: "cut",
        at,
        until: at + Span::from_secs(9),
        targets: &targets,
        skew: Span::ZERO,
        drift: 0.0,
    };
    <Coverage as crate::node::Observer<crate::observe::fake::Fake>>::fault(
        &mut script.observer,
        &fault,
    );
    assert!(!script.observer.finish().struck(0));
}
