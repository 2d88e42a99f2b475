//! What is ordered: commands, and states that are handed over.

use super::token::{RING, RingId};
use crate::node::{Digestible, Hasher, NodeId};
use crate::protocol::machine::{Command, State};
use std::sync::Arc;

/// Names a state at the beginning of a ring: those who were in the same ring and had their states
/// made one in the same ring have the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lineage {
    /// The ring in which states were made one; `None`: there was no state yet.
    pub origin: Option<RingId>,
    /// The ring that they were in last.
    pub old: RingId,
}

/// A state, as one of those who have it hands it over to those who don't.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its name.
    pub lineage: Lineage,
    /// Who have it; sorted.
    pub holders: Arc<[NodeId]>,
    /// The state itself.
    pub state: State,
    /// Its bytes.
    pub bytes: u32,
}

/// What a packet holds.
#[derive(Clone, Debug)]
pub enum Item {
    /// What a client asked for, or a daemon that its members have changed.
    Command(Command),
    /// A state.
    State(Arc<Snapshot>),
}

impl Item {
    /// Bytes; of a state only its name, where the receiver has it (`known`).
    #[must_use]
    pub fn wire_size(&self, known: bool) -> u32 {
        match self {
            Self::Command(command) => command.size(),
            Self::State(_) if known => 2 * RING,
            Self::State(snapshot) => snapshot.bytes.saturating_add(2 * RING),
        }
    }

    /// Whether `node` has it already.
    #[must_use]
    pub fn is_known_to(&self, node: NodeId) -> bool {
        match self {
            Self::Command(_) => true,
            Self::State(snapshot) => snapshot.holders.binary_search(&node).is_ok(),
        }
    }
}

impl Digestible for Item {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Command(command) => (0_u8, command).digest(hasher),
            Self::State(snapshot) => {
                (1_u8, snapshot.lineage.origin, snapshot.lineage.old).digest(hasher);
                (&snapshot.holders, &snapshot.state).digest(hasher);
            }
        }
    }
}
