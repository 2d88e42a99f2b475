//! Who gets the lock of an object that this peer is responsible for (CLIPPEE 5.3, 5.5, 5.6).

use super::locks::Asked;
use super::neighbourhood::Neighbourhood;
use super::state::State;
use super::{Replica, ReplicaHost};
use crate::node::{AttemptId, Context, LockEnd, ObjectId};
use crate::protocol::clippee::{Lock, LockReply, LockVerdict, Refusal, Turn, Unlock, Yield};

impl Replica {
    /// Step 5.3: grants or refuses at once, or queues the request if it would wait.
    pub fn lock<H: ReplicaHost>(
        &mut self,
        lock: Lock,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) -> LockReply {
        let Lock { object, attempt, .. } = lock;
        let refusal = self.refusal(object, overlay);
        // Who would wait for the lock may wait for the object to become ready, too.
        let may_wait = lock.waits.is_some() && refusal == Some(Refusal::NotReady);
        let verdict = match refusal {
            Some(refusal) if !may_wait => LockVerdict::Refused(refusal),
            refusal => match self.locks.request(lock, refusal.is_none(), cx) {
                Asked::Granted(turn) => self.grant(object, turn),
                Asked::Refused => LockVerdict::Refused(Refusal::Busy),
                Asked::Queued { contests } => {
                    if let Some((attempt, at)) = contests {
                        self.say(object, attempt, LockVerdict::Contested { at });
                    }
                    LockVerdict::Queued
                }
            },
        };
        LockReply { object, attempt, verdict }
    }

    /// Steps 5.5 and 5.6: ends the attempt's lock, and remembers that it ended.
    pub fn unlock<H: ReplicaHost>(&mut self, unlock: Unlock, cx: &mut Context<'_, H>) {
        self.locks.end(unlock.object, unlock.attempt, LockEnd::Unlocked, cx);
    }

    /// A holder that hasn't won gives way to older requests.
    pub fn give_way<H: ReplicaHost>(&mut self, yielded: Yield, cx: &mut Context<'_, H>) {
        self.locks.give_way(yielded, cx);
    }

    /// Gives locks that have become free to those that wait for them, and returns what this and
    /// other steps have to tell coordinators that didn't ask just now. Due at the end of each step.
    ///
    /// A lock of which the object isn't ready stays free until it is. O(1) if nobody waits.
    pub fn hand_on<H: ReplicaHost>(
        &mut self,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) -> Vec<LockReply> {
        for object in self.locks.take_wanted() {
            match self.refusal(object, overlay) {
                None => {
                    if let Some((attempt, turn)) = self.locks.grant_next(object, cx) {
                        let granted = self.grant(object, Some(turn));
                        self.say(object, attempt, granted);
                    }
                }
                Some(Refusal::NotReady | Refusal::Busy) => self.locks.want(object),
                Some(refusal) => {
                    for attempt in self.locks.dismiss(object) {
                        self.say(object, attempt, LockVerdict::Refused(refusal.clone()));
                    }
                }
            }
        }
        std::mem::take(&mut self.unasked)
    }

    fn grant(&self, object: ObjectId, turn: Option<Turn>) -> LockVerdict {
        let State { version, value, recent, .. } = self.state(object);
        // Of what is no group nothing is known.
        LockVerdict::Granted { version, value, recent, roll: self.rolls.entries(object), turn }
    }

    fn say(&mut self, object: ObjectId, attempt: AttemptId, verdict: LockVerdict) {
        self.unasked.push(LockReply { object, attempt, verdict });
    }
}
