//! Bugs planted on purpose, one at a time: the proof that the checks see what they are for.
//!
//! Each is what a careless author might have written. The code asks [`planted`] at the place of the
//! mistake; in a release that is the constant `false`, and nothing of it is left. Unit tests can
//! switch one of them on, for their thread; with the feature `planted` so can who runs the program.

macro_rules! bugs {
    ($($(#[doc = $text:literal])+ $bug:ident = $name:literal,)+) => {
        /// A bug that can be planted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Bug {
            $($(#[doc = $text])+ $bug,)+
        }

        impl Bug {
            /// All of them, in the order of the layers.
            pub const ALL: &'static [Self] = &[$(Self::$bug),+];

            /// Its name, in words with hyphens.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$bug => $name,)+
                }
            }
        }
    };
}

bugs! {
    // Locks.
    /// Leases aren't watched: a lock ends by a message only.
    LeaseNeverEnds = "lease-never-ends",
    /// A repeated Lock of the holder starts its lease anew.
    RepeatRenewsLease = "repeat-renews-lease",
    /// The lock is granted without a look at who holds it.
    LockGrantedToTwo = "lock-granted-to-two",
    /// An Unlock or Commit ends the object's lock, whosever it is.
    AnyAttemptUnlocks = "any-attempt-unlocks",
    /// Attempts that have ended aren't remembered: a late Lock of theirs locks for nobody.
    EndedAttemptForgotten = "ended-attempt-forgotten",
    /// Who loses the race leaves the locks that it got to their leases.
    UnlockForgotten = "unlock-forgotten",
    /// Who yields its lock to an older request keeps it in its books.
    YieldedLockKept = "yielded-lock-kept",
    /// A round has won with one grant less than the quorum.
    QuorumOneTooFew = "quorum-one-too-few",
    /// A round that was refused commits all the same, if anybody granted.
    CommitWithoutLock = "commit-without-lock",

    // Versions and commits.
    /// Attempts are counted anew after a restart, under the same names.
    AttemptNamesRepeat = "attempt-names-repeat",
    /// The new version is made from the oldest among the grants.
    OldestGrantWins = "oldest-grant-wins",
    /// The coordinator doesn't look whether the operation is part of the object already.
    DedupeForgotten = "dedupe-forgotten",
    /// A version remembers its own operation only, none of its lineage.
    LineageForgotten = "lineage-forgotten",
    /// A commit whose base isn't held is applied as if it had none.
    BaseNotAwaited = "base-not-awaited",
    /// The commit carries the value of the base.
    ValueNotChanged = "value-not-changed",
    /// A commit is applied over a newer version.
    CommitGoesBack = "commit-goes-back",
    /// A peer that isn't responsible applies commits, too.
    StrangerCommits = "stranger-commits",

    // Acknowledgements.
    /// The first acknowledgement is enough for the answer.
    FirstAckIsEnough = "first-ack-is-enough",
    /// A replica that has something newer counts as one that applied.
    SupersededCounts = "superseded-counts",
    /// An acknowledgement that comes twice counts twice.
    RepeatedAckCounts = "repeated-ack-counts",
    /// The acknowledgement of an earlier commit counts for the present one.
    OlderAckCounts = "older-ack-counts",
    /// A commit that waits for its base is acknowledged before it is applied.
    AckBeforeApplied = "ack-before-applied",

    // Reads.
    /// Of several answers the oldest is taken.
    ReadTakesOldest = "read-takes-oldest",
    /// The first answer ends the read, whatever its quorum.
    ReadTakesFirst = "read-takes-first",
    /// The newest version is answered with the value that came first.
    ReadMixesAnswers = "read-mixes-answers",

    // Replicas.
    /// What is handed over replaces what is held, newer or not.
    TransferGoesBack = "transfer-goes-back",
    /// The digests that replicas compare are made of objects, without their versions.
    DigestWithoutVersions = "digest-without-versions",
    /// The timer of repair isn't armed again.
    RepairStops = "repair-stops",
    /// Coordinators take one replica less than there are.
    ReplicaSetTooSmall = "replica-set-too-small",
    /// A cached replica set that has proved wrong is used until it is too old.
    StaleSetKept = "stale-set-kept",

    // The overlay.
    /// The nearer of two peers is the one that is nearer clockwise.
    NearerClockwise = "nearer-clockwise",
    /// A dead peer stays in the leaf set.
    DeadLeafKept = "dead-leaf-kept",

    // Clients and access peers.
    /// An answer ends an operation even if that has ended.
    LateAnswerEndsAgain = "late-answer-ends-again",
    /// The timeout is looked at when the request is repeated only.
    TimeoutAtRepeat = "timeout-at-repeat",
    /// An update whose time is up is told as done.
    TimeoutIsSuccess = "timeout-is-success",
    /// A client doesn't move on from an access peer that is dead.
    DeadAccessPeerKept = "dead-access-peer-kept",
    /// A peer takes more clients than it has room for.
    NoRoomNoMatter = "no-room-no-matter",

    // Groups.
    /// A member delivers what it has had already.
    DuplicateDelivered = "duplicate-delivered",
    /// A sender that joins a group again begins at its first count.
    FifoCountsRestart = "fifo-counts-restart",
    /// An access peer delivers what comes early, and nothing of what lacked before it.
    GapSkipped = "gap-skipped",
    /// A member takes what its access peer delivers as it comes, not by its places.
    PlacesIgnored = "places-ignored",
    /// Who joins gets the number of the state, but not the state.
    JoinerWithoutState = "joiner-without-state",
    /// A child in the tree isn't told whom to pass the message on to.
    BranchForgotten = "branch-forgotten",
    /// An access peer deregisters when its first member leaves, not its last.
    FirstLeaveEndsAll = "first-leave-ends-all",
    /// Replicas don't take access peers off the roll that have no members any more.
    ViewSkipsLeave = "view-skips-leave",

    // The simulator itself.
    /// A timer of a node that crashed fires at its next incarnation.
    TimerSurvivesCrash = "timer-survives-crash",
    /// Observers aren't told that a message was duplicated.
    DuplicateNotTold = "duplicate-not-told",
}

/// Whether this bug is switched on.
#[cfg(not(any(test, feature = "planted")))]
#[must_use]
pub const fn planted(_: Bug) -> bool {
    false
}

#[cfg(any(test, feature = "planted"))]
pub use switch::{plant, planted};

#[cfg(any(test, feature = "planted"))]
mod switch {
    use super::Bug;
    use std::cell::Cell;

    thread_local! {
        static ACTIVE: Cell<Option<Bug>> = Cell::new(asked_for());
    }

    /// The bug that `CLIPPEE_SIM_PLANTED` names, with the feature `planted`.
    fn asked_for() -> Option<Bug> {
        let name = std::env::var("CLIPPEE_SIM_PLANTED").ok().filter(|_| cfg!(feature = "planted"));
        let named = |name: String| Bug::ALL.iter().copied().find(|bug| bug.name() == name);
        name.map(|name| named(name).expect("CLIPPEE_SIM_PLANTED names one of Bug::ALL"))
    }

    /// Whether this bug is switched on in this thread.
    #[must_use]
    pub fn planted(bug: Bug) -> bool {
        ACTIVE.get() == Some(bug)
    }

    /// Switches a bug on in this thread, or all off.
    pub fn plant(bug: Option<Bug>) {
        ACTIVE.set(bug);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn one_bug_at_a_time_in_one_thread() {
        assert!(Bug::ALL.iter().all(|&bug| !planted(bug)));
        plant(Some(Bug::LeaseNeverEnds));
        assert_eq!(Bug::ALL.iter().filter(|&&bug| planted(bug)).count(), 1);
        let elsewhere = std::thread::spawn(|| planted(Bug::LeaseNeverEnds)).join();
        assert!(!elsewhere.expect("it ends"));
        plant(None);
        assert!(!planted(Bug::LeaseNeverEnds));
    }

    #[test]
    fn names_are_their_own() {
        let names: BTreeSet<&str> = Bug::ALL.iter().map(|bug| bug.name()).collect();
        assert_eq!(names.len(), Bug::ALL.len());
    }
}
