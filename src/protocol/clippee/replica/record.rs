//! What survives a crash where `durable` is set (CLIPPEE 6): copies, never locks.

use super::state::State;
use crate::node::ObjectId;
use std::collections::BTreeMap;

/// One change of durable state; saved only where `durable` is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The object is held in this state.
    Saved {
        /// Which.
        object: ObjectId,
        /// Its state.
        state: Box<State>,
    },
    /// The object isn't held any more.
    Forgot {
        /// Which.
        object: ObjectId,
    },
}

/// The copies that survive a crash; empty where `durable` isn't set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durable {
    pub(super) copies: BTreeMap<ObjectId, State>,
}

impl Durable {
    /// Takes a saved record in. O(log n) in the copies.
    pub fn fold(&mut self, record: Record) {
        match record {
            Record::Saved { object, state } => {
                self.copies.insert(object, *state);
            }
            Record::Forgot { object } => {
                self.copies.remove(&object);
            }
        }
    }
}
