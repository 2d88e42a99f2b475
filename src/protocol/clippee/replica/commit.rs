//! Commits at a replica (CLIPPEE 5.4, 5.6).
//!
//! A commit carries the change only, so a replica needs what the base leaves to its successors (the
//! operations of its lineage; of a group its messages and view too): it has that if it holds the
//! base, or a sibling (made from the same base by another attempt), or if the base is version 0.
//! Otherwise the commit waits, and the base is fetched: from the replica that granted with it, then
//! from the others of the set. It is never applied with a lineage that isn't known, because an
//! operation forgotten too early could be applied twice.

use super::needs::Pending;
use super::neighbourhood::Neighbourhood;
use super::state::{Lineage, State, successor};
use super::{Answers, Replica, ReplicaHost};
use crate::node::{Bug, Context, NodeId, ObjectId, Observation, Span, Version, planted};
use crate::protocol::clippee::{Commit, CommitReply, CommitVerdict};

impl Replica {
    /// What becomes of a commit whose lock was ended just now; `None`: it waits.
    pub(super) fn take_commit<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        commit: Commit,
        late: bool,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) -> Option<CommitVerdict> {
        // A repeat of a commit that waits finds its lock ended by the first one.
        let waiting = self.needs.commit(commit.object);
        let earlier = waiting.filter(|pending| pending.commit.version == commit.version);
        let late = earlier.map_or(late, |pending| pending.late);
        let pending = Pending { commit, from, late };
        let verdict = self.settle(&pending, None, overlay, cx);
        if verdict.is_none() {
            self.needs.pend(pending);
            self.note_needs(cx);
            self.fetch_next(overlay, cx);
        } else if earlier.is_some() {
            self.needs.commit_is_answered(commit.object);
        } else if waiting.is_some() {
            self.settle_follower(commit.object, overlay, cx);
        }
        verdict
    }

    /// The answer to a commit. A replica of a group that knows other access peers than the
    /// coordinator did says which: an access peer that was told "registered" before the commit came
    /// must get the message (CLIPPEE 7).
    pub(super) fn commit_reply(&self, commit: &Commit, verdict: CommitVerdict) -> CommitReply {
        let &Commit { object, version, multicast, .. } = commit;
        let responsible = !matches!(verdict, CommitVerdict::NotResponsible { .. });
        let differs = multicast.is_some_and(|change| change.roll != self.rolls.hash(object));
        let roll = if responsible && differs { self.rolls.entries(object) } else { Box::default() };
        CommitReply { object, version, verdict, roll }
    }

    /// A commit that overtook its base may follow at once. Its answer goes out with the next step,
    /// which is due.
    fn settle_follower<H: ReplicaHost>(
        &mut self,
        object: ObjectId,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        let mut answers = std::mem::take(&mut self.unsent);
        self.settle_waiting(object, None, overlay, cx, &mut answers);
        self.unsent = answers;
        if !self.unsent.is_empty() {
            self.fetch_alarm.by(Some(cx.now() + Span::from_nanos(1)), cx);
        }
    }

    /// Tries the waiting commit on `object` again, with a state of the object that came meanwhile.
    pub(super) fn settle_waiting<H: ReplicaHost>(
        &mut self,
        object: ObjectId,
        came: Option<&State>,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
        answers: &mut Answers,
    ) {
        let Some(pending) = self.needs.commit(object) else { return };
        if let Some(verdict) = self.settle(&pending, came, overlay, cx) {
            self.needs.commit_is_answered(object);
            answers.push((pending.from, self.commit_reply(&pending.commit, verdict)));
        }
    }

    fn settle<H: ReplicaHost>(
        &mut self,
        pending: &Pending,
        came: Option<&State>,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) -> Option<CommitVerdict> {
        let &Pending { commit, late, .. } = pending;
        let object = commit.object;
        if !self.is_responsible(object, overlay) && !planted(Bug::StrangerCommits) {
            let closer = self.others(object, overlay).into();
            return Some(CommitVerdict::NotResponsible { closer });
        }
        if let Some(held) = self.copies.state(object) {
            if held.has(commit.operation) || held.version == commit.version {
                say_held(object, held, cx);
                return Some(CommitVerdict::Have);
            }
            if held.version > commit.version && !planted(Bug::CommitGoesBack) {
                return Some(CommitVerdict::Superseded);
            }
        }
        let base = known_lineage(commit.base, self.copies.state(object), came)
            .or_else(|| planted(Bug::BaseNotAwaited).then(Lineage::default))?;
        let state = successor(&commit, base, &self.config);
        self.store(object, state, Some((commit.version.attempt, late)), overlay, cx);
        Some(CommitVerdict::Applied)
    }
}

/// What version `base` leaves to its successor, if it follows from what is held or just came.
fn known_lineage<'a>(
    base: Version,
    held: Option<&'a State>,
    came: Option<&'a State>,
) -> Option<Lineage<'a>> {
    if base == Version::ZERO {
        return Some(Lineage::default());
    }
    held.into_iter().chain(came).find_map(|state| state.lineage_of(base))
}

/// "I hold it already": what an acknowledgement without a change rests on (CLIPPEE H6).
fn say_held<H: ReplicaHost>(object: ObjectId, held: &State, cx: &mut Context<'_, H>) {
    cx.observe(Observation::Applied {
        object,
        version: held.version,
        value: held.value,
        previous: Some(held.version),
        commit: None,
        late: false,
        responsible: true,
    });
}
