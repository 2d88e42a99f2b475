//! The observer that looks for states.

use super::locks::Attempts;
use super::state::{FAULTS, Reached, State};
use crate::node::{
    Answer, AttemptId, FailureCause, FaultBegun, Happening, LockEnd, NodeId, ObjectId, Observation,
    Observer, Operation, OperationId, Outcome, Protocol, RoundOutcome, Span, Step, Time, Version,
};
use crate::observe::consistency::{Census, Presence, Ring, State as Running};
use std::collections::{BTreeMap, BTreeSet};

/// A fault counts for so long after its end: what it leads to takes a timeout or two.
const AFTERMATH: Span = Span::from_secs(10);

/// Looks for states. Memory: what the run asked for and made; it is meant for small runs.
#[derive(Clone, Debug)]
pub struct Coverage {
    census: Census,
    reached: Reached,
    /// Faults: kind, and when its effects end.
    faults: Vec<(usize, Time)>,
    presence: Presence,
    ring: Ring,
    attempts: Attempts,
    /// Open operations, and the newest version acknowledged when each was asked for.
    open: BTreeMap<OperationId, (Operation, Version)>,
    /// Who made what from what.
    made: BTreeMap<OperationId, BTreeSet<Version>>,
    bases: BTreeSet<(ObjectId, Version)>,
    acknowledged: BTreeMap<ObjectId, Version>,
    copies: BTreeMap<ObjectId, BTreeSet<NodeId>>,
    access: BTreeMap<NodeId, NodeId>,
    /// Memberships: true while they last.
    members: BTreeMap<(NodeId, ObjectId), bool>,
    numbered: BTreeSet<OperationId>,
}

impl Coverage {
    /// Of a run that hasn't begun.
    #[must_use]
    pub fn new(census: &Census) -> Self {
        Self {
            reached: Reached::default(),
            faults: Vec::new(),
            presence: Presence::new(census),
            ring: Ring::new(Vec::new()),
            attempts: Attempts::default(),
            open: BTreeMap::new(),
            made: BTreeMap::new(),
            bases: BTreeSet::new(),
            acknowledged: BTreeMap::new(),
            copies: BTreeMap::new(),
            access: BTreeMap::new(),
            members: BTreeMap::new(),
            numbered: BTreeSet::new(),
            census: census.clone(),
        }
    }

    /// What was reached.
    #[must_use]
    pub fn finish(self) -> Reached {
        self.reached
    }

    fn reach(&mut self, at: Time, state: State) {
        let on = self.faults.iter().filter(|(_, until)| at <= *until).map(|(kind, _)| *kind);
        self.reached.reach(state, on);
    }

    fn reach_if(&mut self, holds: bool, at: Time, state: State) {
        if holds {
            self.reach(at, state);
        }
    }

    fn responsible(&self, object: ObjectId) -> Vec<NodeId> {
        let key = self.census.keys.get(object.0 as usize).copied().unwrap_or_default();
        let mut nodes: Vec<NodeId> = self.ring.closest(key, self.census.replicas).collect();
        nodes.sort_unstable();
        nodes
    }

    fn join(&mut self, node: NodeId) {
        if self.census.is_peer(node) {
            self.ring.insert(self.census.ids[node.index()], node);
        }
    }

    fn part(&mut self, node: NodeId) {
        if self.census.is_peer(node) {
            self.ring.remove(self.census.ids[node.index()], node);
        }
    }

    fn stopped(&mut self, at: Time, node: NodeId) {
        self.presence.stopped(node);
        self.part(node);
        let own: Vec<(bool, bool, u32)> = (self.attempts.by(node))
            .map(|attempt| (!attempt.held.is_empty(), attempt.made, attempt.committed))
            .collect();
        let locking = own.iter().any(|(held, made, _)| *held && !made);
        let committing = own.iter().any(|(held, made, taken)| *held && *made && *taken > 0);
        self.reach_if(locking, at, State::CoordinatorDiedLocking);
        self.reach_if(committing, at, State::CoordinatorDiedCommitting);
        let held = self.attempts.stop(node);
        self.reach_if(held, at, State::HolderDied);
        self.attempts.forget(node);
        let serves = |(client, peer): (&NodeId, &NodeId)| {
            let member = (*client, ObjectId(0))..=(*client, ObjectId(u32::MAX));
            *peer == node && self.members.range(member).any(|(_, is_in)| *is_in)
        };
        let had_members = self.access.iter().any(serves);
        self.reach_if(had_members, at, State::AccessPeerDied);
        self.access.remove(&node);
        for ((client, _), is_in) in &mut self.members {
            *is_in &= *client != node;
        }
        let open =
            OperationId { client: node, count: 0 }..=OperationId { client: node, count: u32::MAX };
        let left: Vec<OperationId> = self.open.range(open).map(|(id, _)| *id).collect();
        self.reach_if(!left.is_empty(), at, State::ClientDied);
        left.iter().for_each(|id| {
            self.open.remove(id);
        });
        let held: Vec<ObjectId> = self.copies.keys().copied().collect();
        held.into_iter().for_each(|object| self.lose(at, node, object));
    }

    /// `node` has no copy of `object` any more.
    fn lose(&mut self, at: Time, node: NodeId, object: ObjectId) {
        let Some(holders) = self.copies.get_mut(&object) else { return };
        if holders.remove(&node) && holders.is_empty() {
            self.reach(at, State::CopiesVanished);
        }
    }

    fn locked(&mut self, at: Time, node: NodeId, object: ObjectId, attempt: AttemptId) {
        self.attempts.of(object, attempt).held.insert(node);
        let overlaps = self.attempts.rivals(object, attempt).next().is_some();
        self.reach_if(overlaps, at, State::AttemptsOverlapped);
    }

    fn lock_ended(
        &mut self,
        at: Time,
        node: NodeId,
        (object, attempt): (ObjectId, AttemptId),
        how: LockEnd,
    ) {
        match how {
            LockEnd::Yielded => self.reach(at, State::LockYielded),
            LockEnd::Expired => {
                let lives = self.presence.state(attempt.coordinator) != Running::Down;
                let state =
                    if lives { State::LeaseOverLiveHolder } else { State::LeaseOverDeadHolder };
                self.reach(at, state);
            }
            LockEnd::Committed | LockEnd::Unlocked => {}
        }
        self.attempts.release(node, object, attempt);
    }

    fn round_ended(
        &mut self,
        at: Time,
        object: ObjectId,
        attempt: AttemptId,
        outcome: RoundOutcome,
    ) {
        self.attempts.of(object, attempt).failed = outcome != RoundOutcome::Granted;
        match outcome {
            RoundOutcome::Refused => self.reach(at, State::RoundRefused),
            RoundOutcome::TimedOut => self.reach(at, State::RoundTimedOut),
            RoundOutcome::Granted => {
                self.attempts.of(object, attempt).granted = true;
                let rival = self.attempts.rivals(object, attempt).any(|rival| rival.granted);
                self.reach_if(rival, at, State::QuorumsOverlapped);
            }
        }
        self.attempts.forget_if_over(object, attempt);
    }

    fn was_made(
        &mut self,
        at: Time,
        id: OperationId,
        object: ObjectId,
        [version, base]: [Version; 2],
    ) {
        let now = self.responsible(object);
        let attempt = self.attempts.of(object, version.attempt);
        attempt.made = true;
        let changed = !attempt.responsible.is_empty() && attempt.responsible != now;
        self.reach_if(changed, at, State::SetChangedUnderLock);
        let forked = !self.bases.insert((object, base));
        self.reach_if(forked, at, State::Forked);
        let own = self.made.entry(id).or_default();
        own.insert(version);
        let twice = own.len() > 1;
        self.reach_if(twice, at, State::MadeTwice);
    }

    fn ended(&mut self, at: Time, id: OperationId, outcome: Outcome) {
        let Some((operation, acknowledged)) = self.open.remove(&id) else { return };
        let object = operation.object();
        match outcome {
            Outcome::Failed { cause, maybe_applied } => {
                self.reach_if(maybe_applied, at, State::FailedUnsure);
                match cause {
                    FailureCause::Contention => self.reach(at, State::FailedContention),
                    FailureCause::Unreachable => self.reach(at, State::FailedUnreachable),
                    FailureCause::Timeout => self.reach(at, State::FailedTimeout),
                    FailureCause::NoAccessPeer => self.reach(at, State::FailedNoAccessPeer),
                    FailureCause::Abandoned => {}
                }
            }
            Outcome::Ok(Answer::Read { version, .. }) => {
                self.reach_if(version < acknowledged, at, State::ReadStale);
            }
            Outcome::Ok(Answer::Updated { version }) => {
                let made = self.made.get(&id);
                let found = made.is_some_and(|made| !made.contains(&version));
                self.reach_if(found, at, State::AnsweredFromMemory);
                if let Some(object) = object {
                    let newest = self.acknowledged.entry(object).or_default();
                    *newest = version.max(*newest);
                }
            }
            Outcome::Ok(Answer::Joined { .. }) => {
                if let Some(group) = object {
                    let again = self.members.insert((id.client, group), true).is_some();
                    self.reach_if(again, at, State::MemberLeft);
                }
            }
            Outcome::Ok(_) => {}
        }
    }

    fn applied(
        &mut self,
        at: Time,
        node: NodeId,
        (object, version, previous): (ObjectId, Version, Option<Version>),
        (commit, late): (Option<AttemptId>, bool),
    ) {
        self.copies.entry(object).or_default().insert(node);
        if let Some(attempt) = commit {
            self.attempts.commit(object, attempt);
            self.reach_if(late, at, State::CommitWithoutLock);
        } else {
            let met = previous != Some(version) && self.attempts.locks(node, object);
            self.reach_if(met, at, State::HandOverMetLock);
            let repaired = previous.is_some_and(|previous| previous < version);
            self.reach_if(repaired, at, State::CopyRepaired);
        }
    }

    fn attached(&mut self, at: Time, client: NodeId, peer: NodeId) {
        let before = self.access.insert(client, peer);
        let open = OperationId { client, count: 0 }..=OperationId { client, count: u32::MAX };
        let pending = self.open.range(open).next().is_some();
        let moved = before.is_some_and(|before| before != peer);
        self.reach_if(moved && pending, at, State::FailedOver);
    }
}

impl<P: Protocol> Observer<P> for Coverage {
    fn fault(&mut self, fault: &FaultBegun<'_>) {
        let Some(kind) = FAULTS.iter().position(|kind| *kind == fault.kind) else { return };
        let of_nobody =
            !fault.targets.is_empty() && fault.targets.iter().all(|(_, nodes)| nodes.is_empty());
        if !of_nobody {
            self.reached.strike(kind);
            self.faults.push((kind, fault.until + AFTERMATH));
        }
    }

    fn step(&mut self, step: &Step<'_, P>) {
        match step.happening {
            Happening::Boot => {
                if self.presence.booted(step.at, step.node) == Running::Member {
                    self.join(step.node);
                }
            }
            Happening::Operation { id, operation } => {
                let object = operation.object();
                let newest = object.and_then(|object| self.acknowledged.get(&object));
                self.open.insert(id, (*operation, newest.copied().unwrap_or_default()));
                if let Operation::Leave { group } = *operation {
                    self.members.insert((id.client, group), false);
                }
            }
            Happening::Leave => {
                self.presence.leaves(step.node);
                self.part(step.node);
            }
            Happening::Stop { .. } => self.stopped(step.at, step.node),
            Happening::Message { .. } | Happening::Timer(_) => {}
        }
    }

    fn observation(&mut self, at: Time, node: NodeId, observation: &Observation) {
        match *observation {
            Observation::Joined if self.presence.joined(node) => self.join(node),
            Observation::Ended { id, outcome } => self.ended(at, id, outcome),
            Observation::Attached { peer } => self.attached(at, node, peer),
            Observation::RoundBegan { object, attempt, .. } => {
                let responsible = self.responsible(object);
                self.attempts.of(object, attempt).responsible = responsible;
            }
            Observation::RoundEnded { object, attempt, outcome, .. } => {
                self.round_ended(at, object, attempt, outcome);
            }
            Observation::Retried { .. } => self.reach(at, State::Retried),
            Observation::Made { id, object, version, base, .. } => {
                self.was_made(at, id, object, [version, base]);
            }
            Observation::Locked { object, attempt, .. } => self.locked(at, node, object, attempt),
            Observation::LockEnded { object, attempt, how } => {
                self.lock_ended(at, node, (object, attempt), how);
            }
            Observation::Applied { object, version, previous, commit, late, .. } => {
                self.applied(at, node, (object, version, previous), (commit, late));
            }
            Observation::Forgot { object, .. } => {
                self.reach(at, State::CopyDropped);
                self.lose(at, node, object);
            }
            Observation::Gap { .. } => self.reach(at, State::GapTold),
            Observation::Numbered { id, .. } => {
                let again = !self.numbered.insert(id);
                self.reach_if(again, at, State::NumberedTwice);
            }
            Observation::Registered { members: 0, .. } => self.reach(at, State::Unregistered),
            _ => {}
        }
    }
}
