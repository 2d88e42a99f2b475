//! Commits: CLIPPEE 5.4 and 5.6.

use super::lab::config;
use super::*;

const V0: Version = Version::ZERO;

/// Peers 1 to 4 are at the even positions; the object's set is {2, 1, 3}. No repair: what comes,
/// comes by commit.
fn lab() -> Lab {
    let config = Config { repair_interval: Span::NEVER, dedupe: 3, ..config(3) };
    Lab::new(config, &[at(1), at(4), at(7), at(10), at(13)], &[at(4)])
}

fn applied(told: &[Observation]) -> Vec<(Version, Option<Version>, Option<AttemptId>, bool)> {
    let applied = |observation: &Observation| match *observation {
        Observation::Applied { version, previous, commit, late, .. } => {
            Some((version, previous, commit, late))
        }
        _ => None,
    };
    told.iter().filter_map(applied).collect()
}

#[test]
fn a_commit_under_its_lock_is_applied_once_and_ends_the_lock() {
    let mut lab = lab();
    lab.lock(2, OBJECT, attempt(1));
    let first = commit(V0, 1, 2);
    assert_eq!(lab.commit(2, first), Some(CommitVerdict::Applied));
    assert_eq!(lab.recent(2, OBJECT), [operation(1)]);
    let told = lab.news(2);
    assert_eq!(applied(&told), [(first.version, None, Some(attempt(1)), false)]);
    let how = LockEnd::Committed;
    assert_eq!(told[1], Observation::LockEnded { object: OBJECT, attempt: attempt(1), how });
    assert_eq!(lab.commit(2, first), Some(CommitVerdict::Have));
    let told = lab.news(2);
    assert_eq!(applied(&told), [(first.version, Some(first.version), None, false)]);
    assert_eq!(lab.lock(2, OBJECT, attempt(1)), LockVerdict::Refused(Refusal::Busy));
    assert!(matches!(
        lab.lock(2, OBJECT, attempt(2)),
        LockVerdict::Granted { version, value, recent, .. }
            if version == first.version && value == first.value && *recent == [operation(1)]
    ));
}

#[test]
fn a_newer_commit_needs_no_lock_and_leaves_that_of_others() {
    let mut lab = lab();
    lab.lock(2, OBJECT, attempt(7));
    let late = commit(V0, 1, 2);
    assert_eq!(lab.commit(2, late), Some(CommitVerdict::Applied));
    assert_eq!(applied(&lab.news(2)), [(late.version, None, Some(attempt(1)), true)]);
    assert_eq!(lab.lock(2, OBJECT, attempt(8)), LockVerdict::Refused(Refusal::Busy));
}

#[test]
fn what_is_older_is_superseded_and_changes_nothing() {
    let mut lab = lab();
    let first = commit(V0, 1, 2);
    lab.commit(2, first);
    let second = commit(first.version, 2, 2);
    assert_eq!(lab.commit(2, second), Some(CommitVerdict::Applied));
    lab.news(2);
    assert_eq!(lab.commit(2, commit(V0, 3, 2)), Some(CommitVerdict::Superseded));
    assert_eq!(lab.commit(2, first), Some(CommitVerdict::Have), "the first is its ancestor");
    assert_eq!(lab.version(2, OBJECT), Some(second.version));
    assert_eq!(applied(&lab.news(2)), [(second.version, Some(second.version), None, false)]);
}

#[test]
fn one_that_is_not_responsible_ends_the_lock_and_says_so() {
    let ids = [at(1), at(4), at(7), at(3), at(5)];
    let mut lab = Lab::empty(config(3), &ids, &[at(4)]);
    lab.boot(3, &[1, 2, 3], true);
    lab.lock(3, OBJECT, attempt(1));
    lab.sees(3, &[1, 2, 3, 4, 5]);
    lab.news(3);
    let verdict = lab.commit(3, commit(V0, 1, 3));
    let closer = Box::new([NodeId(2), NodeId(4), NodeId(5)]);
    assert_eq!(verdict, Some(CommitVerdict::NotResponsible { closer }));
    let ended =
        Observation::LockEnded { object: OBJECT, attempt: attempt(1), how: LockEnd::Committed };
    assert_eq!(lab.news(3), [ended]);
    assert!(!lab.holds(3, OBJECT));
}

#[test]
fn a_waiting_commit_hears_when_the_replica_is_not_responsible_any_more() {
    let ids = [at(1), at(4), at(7), at(3), at(5)];
    let mut lab = Lab::empty(config(3), &ids, &[at(4)]);
    lab.boot(3, &[1, 2, 3], true);
    assert_eq!(lab.commit(3, commit(version(V0, 1), 2, 2)), None);
    lab.sees(3, &[1, 2, 3, 4, 5]);
    lab.run(SECOND);
    let answers = lab.late_answers();
    assert!(matches!(answers[..], [CommitVerdict::NotResponsible { .. }]), "{answers:?}");
}

#[test]
fn without_the_base_it_is_fetched_from_who_granted_with_it() {
    let mut lab = lab();
    let first = commit(V0, 1, 2);
    lab.commit(2, first);
    lab.commit(1, first);
    let second = commit(first.version, 2, 1);
    lab.lock(3, OBJECT, attempt(2));
    assert_eq!(lab.commit(3, second), None);
    assert_eq!(lab.lock(3, OBJECT, attempt(3)), LockVerdict::Refused(Refusal::NotReady));
    assert_eq!(lab.version(3, OBJECT), None);
    assert_eq!(lab.commit(3, second), None, "a repeat waits too");
    lab.news(3);
    lab.run(SECOND);
    assert_eq!(lab.late_answers(), [CommitVerdict::Applied]);
    assert_eq!(lab.recent(3, OBJECT), [operation(2), operation(1)]);
    // The lock was held when the commit came first: not late.
    let steps = [
        (first.version, None, None, false),
        (second.version, Some(first.version), Some(attempt(2)), false),
    ];
    assert_eq!(applied(&lab.news(3)), steps);
    let fetch = (NodeId(3), NodeId(1), Message::Fetch(Box::new([OBJECT])));
    assert!(lab.sent.contains(&fetch) && lab.count_of("fetch") == 1);
    assert_eq!(lab.version(3, OBJECT), Some(second.version));
}

#[test]
fn a_silent_holder_is_passed_over() {
    let mut lab = lab();
    let first = commit(V0, 1, 2);
    lab.commit(2, first);
    lab.cut.insert((NodeId(3), NodeId(1)));
    assert_eq!(lab.commit(3, commit(first.version, 2, 1)), None);
    lab.run(SECOND);
    assert_eq!(lab.late_answers(), [CommitVerdict::Applied]);
    assert_eq!(lab.recent(3, OBJECT), [operation(2), operation(1)]);
}

#[test]
fn a_holder_that_moved_on_answers_with_its_version_and_that_has_the_operation() {
    let mut lab = lab();
    let first = commit(V0, 1, 2);
    let second = commit(first.version, 2, 2);
    lab.commit(2, first);
    lab.commit(2, second);
    assert_eq!(lab.commit(3, second), None);
    lab.run(SECOND);
    assert_eq!(lab.late_answers(), [CommitVerdict::Have]);
    assert_eq!(lab.recent(3, OBJECT), [operation(2), operation(1)]);
}

#[test]
fn a_waiting_commit_can_be_superseded() {
    let mut lab = lab();
    let mut last = commit(V0, 1, 2);
    lab.commit(2, last);
    for count in 2..=6 {
        last = commit(last.version, count, 2);
        lab.commit(2, last);
    }
    // Made from a version on another branch that nobody has; the lineage here forgot it long ago.
    let other = commit(version(V0, 77), 78, 2);
    assert_eq!(lab.commit(3, other), None);
    lab.run(SECOND);
    assert_eq!(lab.late_answers(), [CommitVerdict::Superseded]);
    assert_eq!(lab.version(3, OBJECT), Some(last.version));
}

#[test]
fn siblings_share_their_base() {
    let mut lab = lab();
    let first = commit(V0, 1, 2);
    lab.commit(2, first);
    let mut siblings: Vec<Commit> = (2..6).map(|n| commit(first.version, n, 2)).collect();
    siblings.sort_by_key(|commit| commit.version);
    for sibling in &siblings {
        assert_eq!(lab.commit(2, *sibling), Some(CommitVerdict::Applied));
        assert_eq!(lab.recent(2, OBJECT), [sibling.operation, operation(1)]);
    }
    assert_eq!(lab.commit(2, siblings[0]), Some(CommitVerdict::Superseded));
    assert!(lab.sent.is_empty());
}

#[test]
fn the_base_counts_even_where_something_else_is_newer_than_it() {
    let mut lab = lab();
    let branches: Vec<Commit> = (1..3).map(|n| commit(V0, n, 2)).collect();
    let (older, newer) = if branches[0].version < branches[1].version {
        (branches[0], branches[1])
    } else {
        (branches[1], branches[0])
    };
    lab.commit(2, older);
    lab.commit(3, newer);
    let next = commit(older.version, 9, 2);
    assert_eq!(lab.commit(3, next), None);
    lab.run(SECOND);
    assert_eq!(lab.late_answers(), [CommitVerdict::Applied]);
    assert_eq!(lab.recent(3, OBJECT), [operation(9), older.operation]);
}

#[test]
fn of_two_that_wait_the_newer_stays() {
    let mut lab = lab();
    let first = commit(V0, 1, 2);
    let second = commit(first.version, 2, 2);
    lab.commit(2, first);
    lab.commit(2, second);
    let third = commit(second.version, 3, 2);
    assert_eq!(lab.commit(3, second), None);
    assert_eq!(lab.commit(3, third), None);
    assert_eq!(lab.commit(3, second), None);
    lab.run(SECOND);
    assert_eq!(lab.late_answers(), [CommitVerdict::Applied]);
    assert_eq!(lab.version(3, OBJECT), Some(third.version));
    assert_eq!(lab.commit(3, second), Some(CommitVerdict::Have));
}

#[test]
fn a_base_that_cannot_be_had_is_given_up_without_an_answer() {
    let mut lab = lab();
    let lonely = commit(version(V0, 77), 78, 3);
    assert_eq!(lab.commit(3, lonely), None);
    lab.run(SECOND.times(60));
    assert_eq!(lab.late_answers(), []);
    assert_eq!(lab.version(3, OBJECT), Some(V0), "it serves again");
    let asked = lab.count_of("fetch");
    assert!((2..=8).contains(&asked), "{asked} requests");
    assert!(!lab.holds(3, OBJECT));
}

#[test]
fn a_commit_that_overtook_its_base_follows_it_at_once() {
    let mut lab = lab();
    let first = commit(V0, 1, 2);
    let second = commit(first.version, 2, 4);
    assert_eq!(lab.commit(3, second), None);
    assert_eq!(lab.commit(3, first), Some(CommitVerdict::Applied));
    assert_eq!(lab.version(3, OBJECT), Some(second.version));
    assert_eq!(lab.recent(3, OBJECT), [operation(2), operation(1)]);
    lab.run(Span::from_nanos(1));
    assert_eq!(lab.late_answers(), [CommitVerdict::Applied]);
    lab.run(SECOND);
    assert_eq!(lab.late_answers(), []);
}

#[test]
fn a_waiting_commit_is_late_only_if_its_lock_was_not_held_when_it_came_first() {
    for locked in [false, true] {
        let mut lab = lab();
        let first = commit(V0, 1, 2);
        let second = commit(first.version, 2, 4);
        if locked {
            lab.lock(3, OBJECT, attempt(2));
        }
        assert_eq!(lab.commit(3, second), None);
        assert_eq!(lab.commit(3, second), None, "its repeat finds no lock");
        lab.news(3);
        lab.commit(3, first);
        let late = |(_, _, attempt, late): &(_, _, _, bool)| (*attempt, *late);
        let told: Vec<_> = applied(&lab.news(3)).iter().map(late).collect();
        assert_eq!(told, [(Some(attempt(1)), true), (Some(attempt(2)), !locked)]);
    }
}

#[test]
fn the_repeat_of_a_waiting_commit_can_settle_it() {
    let mut lab = lab();
    let first = commit(V0, 1, 2);
    let second = commit(first.version, 2, 4);
    lab.lock(3, OBJECT, attempt(2));
    assert_eq!(lab.commit(3, second), None);
    // The base comes by itself; nobody tells the waiting commit.
    lab.step(3, |replica, overlay, cx, _| {
        let config = &replica.config;
        let state = super::super::state::successor(&first, Lineage::default(), config);
        replica.store(OBJECT, state, None, overlay, cx);
    });
    lab.news(3);
    assert_eq!(lab.commit(3, second), Some(CommitVerdict::Applied));
    let step = (second.version, Some(first.version), Some(attempt(2)), false);
    assert_eq!(applied(&lab.news(3)), [step]);
    lab.run(SECOND);
    assert_eq!(lab.late_answers(), [], "one answer is enough");
}

#[test]
fn lineages_are_cut_at_dedupe() {
    let mut lab = lab();
    let mut last = commit(V0, 1, 2);
    lab.commit(2, last);
    for count in 2..=5 {
        last = commit(last.version, count, 2);
        lab.commit(2, last);
    }
    assert_eq!(lab.recent(2, OBJECT), [operation(5), operation(4), operation(3)]);
}
