//! Planted bugs ([`Bug`]): each is found by the checks, in drawn scenarios.
//!
//! One known seed of each is replayed here; `scripts/planted.sh` explores them all.

use super::drawn::drawn;
use crate::experiment::{Options, run};
use crate::node::{Bug, plant};
use crate::scenario::{LoadOptions, load_str};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// A bug, the check that is meant to see it, and a seed in which it does.
type Known = (Bug, &'static str, u64);

macro_rules! known {
    ($($test:ident: $bug:ident, $check:literal, $seed:literal;)+) => {
        const KNOWN: &[Known] = &[$((Bug::$bug, $check, $seed)),+];

        $(
            #[test]
            fn $test() {
                replays((Bug::$bug, $check, $seed));
            }
        )+
    };
}

known! {
    lease_never_ends: LeaseNeverEnds, "H2", 11;
    repeat_renews_lease: RepeatRenewsLease, "H2", 69;
    lock_granted_to_two: LockGrantedToTwo, "H1", 1;
    any_attempt_unlocks: AnyAttemptUnlocks, "H2", 1;
    ended_attempt_forgotten: EndedAttemptForgotten, "C4", 28;
    unlock_forgotten: UnlockForgotten, "C4", 72;
    yielded_lock_kept: YieldedLockKept, "C6", 32;
    quorum_one_too_few: QuorumOneTooFew, "C6", 8;
    commit_without_lock: CommitWithoutLock, "C6", 6;
    attempt_names_repeat: AttemptNamesRepeat, "H5", 11;
    oldest_grant_wins: OldestGrantWins, "C6", 22;
    dedupe_forgotten: DedupeForgotten, "H5", 1;
    lineage_forgotten: LineageForgotten, "H5", 1;
    base_not_awaited: BaseNotAwaited, "H5", 32;
    value_not_changed: ValueNotChanged, "H4", 1;
    commit_goes_back: CommitGoesBack, "H3", 51;
    stranger_commits: StrangerCommits, "H10", 1;
    first_ack_is_enough: FirstAckIsEnough, "H6", 1;
    superseded_counts: SupersededCounts, "H6", 51;
    repeated_ack_counts: RepeatedAckCounts, "H6", 1;
    older_ack_counts: OlderAckCounts, "H6", 6;
    ack_before_applied: AckBeforeApplied, "H6", 1;
    read_takes_oldest: ReadTakesOldest, "C1", 60;
    read_takes_first: ReadTakesFirst, "C1", 84;
    read_mixes_answers: ReadMixesAnswers, "H4", 3;
    transfer_goes_back: TransferGoesBack, "H3", 1;
    digest_without_versions: DigestWithoutVersions, "C2", 1;
    repair_stops: RepairStops, "C2", 1;
    replica_set_too_small: ReplicaSetTooSmall, "C3", 2;
    stale_set_kept: StaleSetKept, "C3", 7;
    nearer_clockwise: NearerClockwise, "C2", 1;
    dead_leaf_kept: DeadLeafKept, "C2", 1;
    late_answer_ends_again: LateAnswerEndsAgain, "H9", 1;
    timeout_at_repeat: TimeoutAtRepeat, "H9", 13;
    timeout_is_success: TimeoutIsSuccess, "H4", 13;
    dead_access_peer_kept: DeadAccessPeerKept, "C3", 7;
    no_room_no_matter: NoRoomNoMatter, "H11", 11;
    duplicate_delivered: DuplicateDelivered, "H12", 13;
    fifo_counts_restart: FifoCountsRestart, "C5", 4;
    gap_skipped: GapSkipped, "C5", 8;
    places_ignored: PlacesIgnored, "C5", 4;
    joiner_without_state: JoinerWithoutState, "H4", 4;
    branch_forgotten: BranchForgotten, "C5", 62;
    first_leave_ends_all: FirstLeaveEndsAll, "C5", 26;
    view_skips_leave: ViewSkipsLeave, "C7", 4;
    timer_survives_crash: TimerSurvivesCrash, "H8", 1;
    duplicate_not_told: DuplicateNotTold, "H7", 1;
}

/// The bug breaks the check, and nothing is broken without it.
fn replays((bug, check, seed): Known) {
    let found = broken(seed, Some(bug));
    assert!(found.iter().any(|id| id == check), "seed {seed} breaks {found:?}, not {check}");
    assert_eq!(broken(seed, None), Vec::<String>::new(), "seed {seed} without the bug");
}

#[test]
fn every_bug_has_a_known_seed() {
    let known: BTreeSet<Bug> = KNOWN.iter().map(|&(bug, ..)| bug).collect();
    assert!(known.iter().eq(Bug::ALL));
}

/// The checks that the drawn run of a seed breaks, the one that saw it first in front; `panic` if it
/// doesn't get to its end.
fn broken(seed: u64, bug: Option<Bug>) -> Vec<String> {
    let text = drawn(seed);
    let loaded = load_str(&text, "drawn", Path::new(""), &LoadOptions::default());
    let scenario = loaded.unwrap_or_else(|e| panic!("{}\n{text}", e.render(100, false))).scenario;
    let options = Options { check: true, ..Options::default() };
    plant(bug);
    let ended = catch_unwind(AssertUnwindSafe(|| run(&scenario, &options, &mut |_| {})));
    plant(None);
    let Ok(outcome) = ended else { return vec!["panic".to_owned()] };
    let checks = outcome.unwrap().unwrap().checks_json.unwrap();
    let checks: Vec<Value> = serde_json::from_str(&checks).unwrap();
    let failed = checks.iter().filter(|check| check["required"] == true);
    let mut failed: Vec<(f64, String)> = failed
        .filter_map(|check| {
            let witness = check["verdict"].get("fail")?;
            let seconds = witness["time"].as_str().unwrap().trim_end_matches('s').parse().unwrap();
            Some((seconds, check["id"].as_str().unwrap().to_owned()))
        })
        .collect();
    failed.sort_by(|one, other| one.0.total_cmp(&other.0));
    failed.into_iter().map(|(_, id)| id).collect()
}

/// Explores each bug: in how many of `PLANTED_SEEDS` seeds from `PLANTED_FIRST` on it is found, and by
/// what. `PLANTED_BUGS`: only these, by name, with commas between them.
#[test]
#[ignore = "takes minutes; scripts/planted.sh calls it"]
fn explore() {
    let given = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let number = |name, default| given(name).map_or(default, |text| text.parse().unwrap());
    let (first, count) = (number("PLANTED_FIRST", 1), number("PLANTED_SEEDS", 100));
    let seeds: Vec<u64> = (first..first + count).collect();
    let plain: Vec<Vec<String>> = seeds.iter().map(|&seed| broken(seed, None)).collect();
    for (&seed, broken) in seeds.iter().zip(&plain).filter(|(_, broken)| !broken.is_empty()) {
        println!("seed {seed} breaks {broken:?} without any bug:\n{}", drawn(seed));
    }
    println!("| bug | check | found in | seeds needed, median | first | seen first by |");
    println!("|---|---|---|---|---|---|");
    let names = given("PLANTED_BUGS");
    for &(bug, check, _) in KNOWN {
        if names.as_ref().is_some_and(|names| !names.split(',').any(|name| name == bug.name())) {
            continue;
        }
        let (mut found, mut by) = (Vec::new(), BTreeMap::<String, u32>::new());
        for (&seed, _) in seeds.iter().zip(&plain).filter(|(_, plain)| plain.is_empty()) {
            let broken = broken(seed, Some(bug));
            if broken.iter().any(|id| id == check) {
                found.push(seed);
            }
            broken.into_iter().take(1).for_each(|id| *by.entry(id).or_default() += 1);
        }
        let by: Vec<String> = by.iter().map(|(check, times)| format!("{check} {times}")).collect();
        let text = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
        let (median, first) = (text(needed(&seeds, &found)), text(found.first().copied()));
        let (name, times, by) = (bug.name(), found.len(), by.join(", "));
        println!("| `{name}` | {check} | {times} of {count} | {median} | {first} | {by} |");
    }
}

/// How many seeds are needed until the bug is found, one after the other from any of them on: the
/// median. From where it isn't found any more, all that are left.
fn needed(seeds: &[u64], found: &[u64]) -> Option<u64> {
    found.first()?;
    let end = seeds.last()?;
    let next = |seed: u64| found.iter().copied().find(|&found| found >= seed).unwrap_or(*end);
    let mut waits: Vec<u64> = seeds.iter().map(|&seed| next(seed) - seed + 1).collect();
    waits.sort_unstable();
    waits.get(waits.len() / 2).copied()
}
