//! What follows a lock round that was granted (CLIPPEE 5.4): the new version, its commit, the
//! answer.

use super::super::groups::Multicast;
use super::super::{Commit, CommitReply, CommitVerdict, Message, Unlock};
use super::Shared;
use super::desk::Desk;
use super::round::{Newest, Past, Round};
use super::spread::{Casting, Progress, Spread, unlock_all};
use super::update::{Change, Line};
use crate::node::{
    Answer, Bug, FailureCause, NodeId, Observation, Order, Outcome, RoundOutcome, Version, planted,
};

impl Line {
    /// Makes the new version, unless the newest one holds the operation already (CLIPPEE 3).
    pub(super) fn granted(&mut self, shared: &mut Shared, desk: &mut impl Desk) {
        let Some((id, mut round)) = self.take_round() else { return };
        let (object, attempt, outcome) = (self.object, round.attempt, RoundOutcome::Granted);
        desk.disarm(round.timer);
        desk.observe(Observation::RoundEnded { id, object, attempt, outcome });
        let Some(update) = &mut self.running else { return };
        update.maybe_applied = true;
        let multicast = match update.change {
            Change::Value => None,
            Change::Message { bytes } => Some(round.group_change(bytes)),
        };
        self.past = Some(Past::new(&round));
        let newest = round.newest().expect("a quorum has at least one grant");
        let Newest { version: base, value: old, recent, holder } = newest;
        let commit =
            Commit { object, version: base, base, operation: id, value: old, holder, multicast };
        let is_this = |&operation: &_| operation == id && !planted(Bug::DedupeForgotten);
        if let Some(versions_since) = recent.iter().position(is_this) {
            // A version counts one more than the one that it was made from.
            let number = base.counter.saturating_sub(versions_since as u32);
            self.spread(commit, number, &mut round, shared, desk);
            // The commit ends the lock of the attempt that made the version; this attempt's ends
            // here.
            unlock_all(Unlock { object, attempt }, &round.asked, desk);
        } else {
            let version = Version { counter: base.counter + 1, attempt };
            let value = old.changed(id);
            desk.observe(Observation::Made { id, object, version, base, value });
            let value = if planted(Bug::ValueNotChanged) { old } else { value };
            let commit = Commit { version, value, ..commit };
            self.spread(commit, version.counter, &mut round, shared, desk);
        }
    }

    /// Sends the commit to all of the round's set but those who have granted with that version
    /// already. `number`: of a group's message.
    fn spread(
        &mut self,
        commit: Commit,
        number: u32,
        round: &mut Round,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        if let Some(old) = self.spread.take() {
            // Who hasn't got that one gets this one, which is newer.
            old.give_up(desk);
        }
        let Commit { object, version, operation: id, .. } = commit;
        let have: Vec<NodeId> = round.holders(version).collect();
        let silent: Vec<NodeId> =
            round.set.iter().copied().filter(|replica| !have.contains(replica)).collect();
        let limits = (shared.write_acks(), round.patience);
        let mut spread = Spread::new(commit, round.attempt, silent.clone(), limits, desk);
        spread.casting = commit.multicast.map(|change| {
            // Of a message that later ones were made from, the state after it isn't known.
            let is_newest = number == version.counter;
            let check = if is_newest { Multicast::check_of(commit.value) } else { 0 };
            let bytes = change.bytes;
            let order = Order::Total;
            let multicast = Multicast { id, order, number, first: 0, bytes, check };
            Casting { multicast, roll: round.take_roll() }
        });
        for replica in have {
            desk.observe(Observation::Counted { id, object, version, replica });
            spread.count();
        }
        self.spread = Some(spread);
        self.send_commit(commit, &silent, shared, desk);
        self.judge(shared, desk);
    }

    fn send_commit(
        &mut self,
        commit: Commit,
        replicas: &[NodeId],
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        let mut own = None;
        for &replica in replicas {
            if replica == desk.id() {
                own = desk.own_commit(commit);
            } else {
                desk.send(replica, Message::Commit(Box::new(commit)));
            }
        }
        if let Some(reply) = own {
            self.hear_commit(desk.id(), &reply, shared, desk);
        }
    }

    /// A replica answers to a commit.
    pub fn on_commit_reply(
        &mut self,
        from: NodeId,
        reply: &CommitReply,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        self.hear_commit(from, reply, shared, desk);
        self.judge(shared, desk);
        self.advance(shared, desk);
    }

    fn hear_commit(
        &mut self,
        replica: NodeId,
        reply: &CommitReply,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        let Some(spread) = &mut self.spread else { return };
        let Commit { object, version, operation: id, .. } = spread.commit;
        let is_other = reply.version != version && !planted(Bug::OlderAckCounts);
        if is_other || !spread.hear(replica) {
            return;
        }
        if let Some(casting) = &mut spread.casting {
            for &entry in &reply.roll {
                casting.roll.take(entry);
            }
        }
        match &reply.verdict {
            CommitVerdict::Applied | CommitVerdict::Have => {
                desk.observe(Observation::Counted { id, object, version, replica });
                spread.count();
            }
            CommitVerdict::Superseded if planted(Bug::SupersededCounts) => {
                desk.observe(Observation::Counted { id, object, version, replica });
                spread.count();
            }
            CommitVerdict::Superseded => spread.obstacles.busy += 1,
            CommitVerdict::NotResponsible { .. } => {
                spread.obstacles.other += 1;
                shared.cache.drop(object);
            }
        }
    }

    /// Answers the client when enough replicas have the version, and sends a group's message on its
    /// way to the members, even if nobody waits for the answer any more: it is numbered. Tries again
    /// when too few can have it.
    fn judge(&mut self, shared: &mut Shared, desk: &mut impl Desk) {
        let Some(spread) = &mut self.spread else { return };
        match spread.progress() {
            Progress::Enough => {
                if let Some(Casting { multicast, roll }) = spread.casting.take() {
                    shared.cast(self.object, multicast, &roll, desk);
                }
                if !spread.answered {
                    spread.answered = true;
                    let version = spread.commit.version;
                    self.end(Outcome::Ok(Answer::Updated { version }), shared);
                }
            }
            Progress::Vain if !spread.answered => {
                spread.give_up(desk);
                let obstacles = spread.obstacles;
                self.spread = None;
                self.try_again(obstacles, shared, desk);
            }
            Progress::Open | Progress::Vain => {}
        }
        if let Some(spread) = self.spread.take_if(|spread| spread.is_complete()) {
            spread.stop(desk);
        }
    }

    /// Some replicas are silent: they are sent the commit again, twice.
    pub fn on_spread_timer(&mut self, shared: &mut Shared, desk: &mut impl Desk) {
        let Some(spread) = &mut self.spread else { return };
        if let Some(silent) = spread.repeat(desk) {
            let commit = spread.commit;
            self.send_commit(commit, &silent, shared, desk);
            self.judge(shared, desk);
        } else {
            let answered = spread.answered;
            self.spread = None;
            shared.cache.drop(self.object);
            if !answered {
                let cause = FailureCause::Unreachable;
                self.end(Outcome::Failed { cause, maybe_applied: true }, shared);
            }
        }
        self.advance(shared, desk);
    }
}
