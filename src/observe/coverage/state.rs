//! The states that are looked for, and in which runs they were seen.

/// The kinds of faults, as observers are told.
pub const FAULTS: [&str; 11] = [
    "cut",
    "split",
    "swizzle",
    "crash",
    "pause",
    "loss",
    "duplicate",
    "corrupt",
    "clog",
    "reorder",
    "clock",
];

macro_rules! states {
    ($($state:ident: $text:literal),+ $(,)?) => {
        /// Something that a protocol comes to now and then: where bugs hide that a test which never
        /// gets there can't find.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum State {
            $(#[doc = $text] $state),+
        }

        impl State {
            /// All states, in the order of reports; `state as usize` is the index here.
            pub const ALL: &'static [Self] = &[$(Self::$state),+];

            /// The state in a few words.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$state => $text),+
                }
            }
        }
    };
}

states! {
    RoundRefused: "a lock round was refused",
    RoundTimedOut: "a lock round timed out",
    AttemptsOverlapped: "two attempts held locks of one object at once",
    QuorumsOverlapped: "two attempts were granted one object at once",
    LockYielded: "a lock was yielded to an older attempt",
    LeaseOverLiveHolder: "a lease ended while its coordinator was alive",
    LeaseOverDeadHolder: "a lease ended after its coordinator had stopped",
    CoordinatorDiedLocking: "a coordinator stopped with locks held, before it made a version",
    CoordinatorDiedCommitting: "a coordinator stopped between two commits of a version",
    HolderDied: "a replica stopped while it held a lock",
    SetChangedUnderLock: "the replica set changed between lock and commit",
    CommitWithoutLock: "a commit came to a replica without its lock",
    HandOverMetLock: "a hand-over or repair changed a copy under a lock",
    CopyRepaired: "a repair replaced an older copy",
    CopyDropped: "a copy was dropped after a hand-over",
    CopiesVanished: "an object lost its last copy",
    Forked: "two versions were made from one base",
    MadeTwice: "an operation made two versions",
    AnsweredFromMemory: "a repeated update was answered from memory",
    Retried: "a coordinator tried again",
    FailedOver: "a client changed its access peer with an operation open",
    ClientDied: "a client stopped with an operation open",
    ReadStale: "a read returned less than had been acknowledged",
    FailedContention: "an operation failed by contention",
    FailedUnreachable: "an operation failed for want of replicas",
    FailedTimeout: "an operation timed out",
    FailedNoAccessPeer: "an operation found no access peer",
    FailedUnsure: "an operation failed and may have taken effect",
    AccessPeerDied: "an access peer stopped with members of a group",
    GapTold: "a member was told of a gap",
    NumberedTwice: "a message was sent on its way twice",
    MemberLeft: "a member left a group and joined it again",
    Unregistered: "an access peer's part in a group was taken back",
}

/// The bit of a run that came there at all.
const AT_ALL: u16 = 1;
/// The bit of a run that came there with no fault on, and none just over.
const CALM: u16 = 2;
/// The first bit of a kind of faults.
const FIRST_FAULT: u32 = 2;

/// Which states a run reached, and under which faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    states: Vec<u16>,
    faults: u16,
}

impl Default for Reached {
    fn default() -> Self {
        Self { states: vec![0; State::ALL.len()], faults: 0 }
    }
}

impl Reached {
    /// Whether the run came to `state`.
    #[must_use]
    pub fn has(&self, state: State) -> bool {
        self.states[state as usize] & AT_ALL != 0
    }

    /// Whether it did so with no fault on, and none just over.
    #[must_use]
    pub fn has_calmly(&self, state: State) -> bool {
        self.states[state as usize] & CALM != 0
    }

    /// Whether it did so under a fault of this kind, or just after one; by its index in [`FAULTS`].
    #[must_use]
    pub fn has_under(&self, state: State, fault: usize) -> bool {
        self.states[state as usize] & fault_bit(fault) != 0
    }

    /// Whether a fault of this kind struck at all.
    #[must_use]
    pub const fn struck(&self, fault: usize) -> bool {
        self.faults & fault_bit(fault) != 0
    }

    /// A fault of this kind strikes.
    pub(super) const fn strike(&mut self, fault: usize) {
        self.faults |= fault_bit(fault);
    }

    /// The run comes to `state` under these faults.
    pub(super) fn reach(&mut self, state: State, faults: impl Iterator<Item = usize>) {
        let faults = faults.fold(0, |all, fault| all | fault_bit(fault));
        let calm = if faults == 0 { CALM } else { 0 };
        self.states[state as usize] |= AT_ALL | calm | faults;
    }
}

const fn fault_bit(fault: usize) -> u16 {
    1 << (FIRST_FAULT + fault as u32)
}
