//! Probe updates (C3) that are too far from their replicas: every lock round of theirs was granted
//! by enough replicas, and waited for the grants as long as it may, in vain. A round trip to a live
//! replica was above the lock timeout, which a short lease keeps low (CLIPPEE 5.5).
//!
//! A round that was refused, that too few replicas granted, or that gave up earlier than it had to
//! explains nothing, nor does an attempt that never came to a round.

use super::facts::Facts;
use crate::node::{AttemptId, LockEnd, NodeId, Observation, OperationId, RoundOutcome, Time};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
struct Round {
    began: Time,
    granted: BTreeSet<NodeId>,
}

/// The attempts of one operation.
#[derive(Clone, Copy, Debug, Default)]
struct Tries {
    slow: u32,
    other: u32,
    retries: u32,
}

/// The lock rounds since the bound. O(log rounds under way) per event, O(1) memory per operation.
#[derive(Clone, Debug, Default)]
pub(super) struct SlowRounds {
    rounds: BTreeMap<AttemptId, Round>,
    tries: BTreeMap<OperationId, Tries>,
}

impl SlowRounds {
    /// An observation at or after the bound.
    pub fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        match *observation {
            Observation::RoundBegan { attempt, .. } => {
                self.rounds.insert(attempt, Round { began: at, granted: BTreeSet::new() });
            }
            Observation::Locked { attempt, .. } => {
                if let Some(round) = self.rounds.get_mut(&attempt) {
                    round.granted.insert(node);
                }
            }
            Observation::LockEnded { attempt, how: LockEnd::Yielded, .. } => {
                if let Some(round) = self.rounds.get_mut(&attempt) {
                    round.granted.remove(&node);
                }
            }
            Observation::RoundEnded { id, attempt, outcome, .. } => {
                let Some(round) = self.rounds.remove(&attempt) else { return };
                let enough = round.granted.len() >= facts.census.lock_quorum as usize;
                let patient = at.since(round.began) >= facts.census.lock_patience;
                let slow = outcome == RoundOutcome::TimedOut && enough && patient;
                let tries = self.tries.entry(id).or_default();
                tries.slow += u32::from(slow);
                tries.other += u32::from(!slow);
            }
            Observation::Retried { id } => self.tries.entry(id).or_default().retries += 1,
            _ => {}
        }
    }

    /// Whether slow rounds alone made `id` fail.
    pub fn explain(&self, id: OperationId) -> bool {
        let tries = self.tries.get(&id).copied().unwrap_or_default();
        tries.slow > 0 && tries.other == 0 && tries.retries <= tries.slow
    }
}
