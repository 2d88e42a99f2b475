//! A peer's part as a coordinator (CLIPPEE 4 and 5): carries out what its clients ask for.
//!
//! Updates run under an optimistic lock (`update.rs`, `round.rs`, `waiting.rs`), whose success is followed by a
//! commit (`commit.rs`, `spread.rs`); reads need none (`read.rs`). There is no leader and no agreed
//! view: every peer coordinates, and what two of them do to one object at once is decided by the
//! replicas' locks alone. Best effort: with one view of the replica set, majorities and no lease
//! running out, at most one attempt holds an object; where these premises fail, an update can be
//! lost, and observers count it.
//!
//! What it doesn't do: know clients (`sessions.rs`, `requests.rs`), hold objects (`replica/`),
//! route (the overlay). It reaches them through [`Desk`] only.
//!
//! Of groups (CLIPPEE 7) it does what concerns their replicas: a multicast in total order is an
//! update of the group's object, one in fifo order and the question for members are reads of its
//! roll. What then goes to members is `groups/access`'s part.

mod cache;
mod commit;
mod desk;
mod late;
mod read;
mod round;
mod shared;
mod spread;
#[cfg(test)]
mod tests;
mod turns;
mod update;
mod waiting;

pub(super) use desk::Desk;

use super::groups::{Cast, Count, Entry, Multicast};
use super::{CommitReply, Config, LockReply, ReadReply, Unlock, World};
use crate::node::{
    Answer, Bug, FailureCause, Incarnation, NodeId, ObjectId, Observation, Operation, OperationId,
    Order, Outcome, planted,
};
use cache::Cache;
use late::Late;
use read::{Next, Purpose, Reading};
use shared::{Seeker, Shared};
use spread::unlock_all;
use std::collections::BTreeMap;
use std::sync::Arc;
use turns::Turns;
use update::{Change, Line};

/// A question for the names of a group's members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// The operation that asks.
    pub id: OperationId,
    /// Of which group.
    pub group: ObjectId,
    /// The number of its view.
    pub view: u32,
    /// Who has members.
    pub roll: Vec<Entry>,
}

/// One peer's operations under way.
pub(super) struct Coordinator {
    shared: Shared,
    lines: BTreeMap<ObjectId, Line>,
    readings: BTreeMap<u32, Reading>,
    turns: Turns,
    late: Late,
}

impl Coordinator {
    /// Nothing under way, nothing cached.
    pub fn new(config: Arc<Config>, world: Arc<World>, incarnation: Incarnation) -> Self {
        let cache = Cache::new(config.cache_ttl);
        // An answer to a read of an earlier incarnation must not pass for one to this: steps of the
        // golden section keep the numbers of any two of n incarnations about 2^32 / 3n apart.
        let tokens = incarnation.wrapping_sub(1).wrapping_mul(0x9e37_79b1);
        let shared = Shared {
            config,
            world,
            cache,
            seekers: BTreeMap::new(),
            tokens,
            attempts: 0,
            ended: Vec::new(),
            casts: Vec::new(),
            censuses: Vec::new(),
            sets: Vec::new(),
        };
        Self {
            shared,
            lines: BTreeMap::new(),
            readings: BTreeMap::new(),
            turns: Turns::default(),
            late: Late::default(),
        }
    }

    /// Begins an operation (`count`: of a multicast in fifo order). How it ends comes through
    /// [`Coordinator::take_ended`], at the latest when it is abandoned; what of a group's is the
    /// access peer's part, through [`Coordinator::take_casts`] and [`Coordinator::take_censuses`].
    pub fn begin(
        &mut self,
        id: OperationId,
        operation: Operation,
        count: Count,
        desk: &mut impl Desk,
    ) {
        match operation {
            Operation::Update { object } => self.change(id, object, Change::Value, desk),
            Operation::Multicast { group, order: Order::Total, bytes } => {
                self.change(id, group, Change::Message { bytes }, desk);
            }
            Operation::Read { object } => self.read(id, object, Purpose::Value, desk),
            Operation::Multicast { group, order: Order::Fifo, bytes } => {
                // A peer that issues operations itself counts nothing: each message is its first.
                let is_counted = count != Count::default();
                let count = if is_counted { count } else { Count::begin(id) };
                let (Count { number, first }, order) = (count, Order::Fifo);
                let multicast = Multicast { id, order, number, first, bytes, check: 0 };
                desk.observe(Observation::Accepted { id, group, number });
                if !is_counted || self.turns.begin(group, multicast) {
                    self.read(id, group, Purpose::Cast(multicast), desk);
                }
            }
            Operation::Members { group, names } => {
                self.read(id, group, Purpose::Members { names }, desk);
            }
            Operation::Lookup { target } => {
                let token = self.shared.token();
                self.shared.seekers.insert(token, Seeker::Lookup(id));
                desk.look_up(self.shared.world.overlay.id(target), token);
            }
            // An access peer's members are its own business (`groups/access`); a peer that issues
            // operations itself has none.
            Operation::Join { .. } | Operation::Leave { .. } => {
                let cause = FailureCause::Unreachable;
                self.shared.ended.push((id, Outcome::Failed { cause, maybe_applied: false }));
            }
        }
    }

    /// What needs the lock.
    fn change(&mut self, id: OperationId, object: ObjectId, change: Change, desk: &mut impl Desk) {
        self.lines.entry(object).or_insert_with(|| Line::new(object));
        self.at(object, |line, shared| line.push(id, change, shared, desk));
    }

    /// What needs none.
    fn read(&mut self, id: OperationId, object: ObjectId, purpose: Purpose, desk: &mut impl Desk) {
        let token = self.shared.token();
        self.readings.insert(token, Reading::new(id, object, purpose));
        self.go_on(token, desk, |reading, shared, desk| reading.seek(token, shared, desk));
    }

    /// A multicast in fifo order has ended; the next of its sender's begins, if that waits.
    fn next_turn<D: Desk>(&mut self, group: ObjectId, sender: NodeId, desk: &mut D) {
        if let Some(multicast) = self.turns.end(group, sender) {
            self.read(multicast.id, group, Purpose::Cast(multicast), desk);
        }
    }

    /// The operation has had its time. Returns whether it may have been applied, or still may.
    pub fn abandon(&mut self, id: OperationId, operation: Operation, desk: &mut impl Desk) -> bool {
        if let Operation::Update { object }
        | Operation::Multicast { group: object, order: Order::Total, .. } = operation
        {
            return self.at(object, |line, shared| line.abandon(id, shared, desk)).unwrap_or(false);
        }
        let token = self.readings.iter().find(|(_, reading)| reading.id == id);
        if let Some(token) = token.map(|(&token, _)| token)
            && let Some(reading) = self.readings.remove(&token)
        {
            self.late.expect(token, reading.silent(desk.id()));
            let cast = reading.cast();
            reading.abandon(desk);
            cast.into_iter().for_each(|group| self.next_turn(group, id.client, desk));
        } else if let Operation::Multicast { group, .. } = operation {
            self.turns.abandon(group, id);
        }
        false
    }

    /// Operations that have ended since this was last asked.
    pub fn take_ended(&mut self) -> Vec<(OperationId, Outcome)> {
        std::mem::take(&mut self.shared.ended)
    }

    /// Multicasts that have their number since this was last asked: they are to go to the members.
    pub fn take_casts(&mut self) -> Vec<Cast> {
        std::mem::take(&mut self.shared.casts)
    }

    /// Questions for the names of a group's members, since this was last asked: who asks, and the
    /// view whose access peers know them.
    pub fn take_censuses(&mut self) -> Vec<Census> {
        std::mem::take(&mut self.shared.censuses)
    }

    /// The replica set of `object`, for the access peer's own business. If it isn't known, a lookup
    /// begins, whose end comes through [`Coordinator::take_sets`].
    pub fn set_of(&mut self, object: ObjectId, desk: &mut impl Desk) -> Option<Arc<[NodeId]>> {
        let set = self.shared.cache.find(object, desk.now());
        if set.is_none() {
            self.shared.look_up(object, Seeker::Access(object), desk);
        }
        set
    }

    /// A replica set has proved wrong.
    pub fn drop_set(&mut self, object: ObjectId) {
        self.shared.cache.drop(object);
    }

    /// Sets that were asked for by [`Coordinator::set_of`] and found since this was last asked;
    /// `None`: it wasn't found.
    pub fn take_sets(&mut self) -> Vec<(ObjectId, Option<Arc<[NodeId]>>)> {
        std::mem::take(&mut self.shared.sets)
    }

    /// How many replica sets are cached, how many objects have updates under way, and how many
    /// reads are.
    pub fn sizes(&self) -> (usize, usize, usize) {
        (self.shared.cache.len(), self.lines.len(), self.readings.len())
    }

    /// A lookup ended at `root`, whose view of the replica set is `replicas`.
    pub fn found(
        &mut self,
        token: u32,
        root: NodeId,
        replicas: &[NodeId],
        hops: u32,
        desk: &mut impl Desk,
    ) {
        let lacking = usize::from(planted(Bug::ReplicaSetTooSmall));
        let r = self.shared.config.replicas as usize - lacking;
        let set: Arc<[NodeId]> = replicas.iter().copied().take(r).collect();
        match self.shared.seekers.remove(&token) {
            Some(Seeker::Update(object)) => {
                self.shared.cache.put(object, set.clone(), desk.now());
                self.at(object, |line, shared| line.found(token, set, shared, desk));
            }
            Some(Seeker::Read(token)) => self.go_on(token, desk, |reading, shared, desk| {
                reading.found(token, &set, shared, desk)
            }),
            Some(Seeker::Access(object)) => {
                self.shared.cache.put(object, set.clone(), desk.now());
                self.shared.sets.push((object, Some(set)));
            }
            Some(Seeker::Lookup(id)) => {
                self.shared.ended.push((id, Outcome::Ok(Answer::Found { root, hops })));
            }
            None => {}
        }
    }

    /// A lookup found no root.
    pub fn lost(&mut self, token: u32, desk: &mut impl Desk) {
        match self.shared.seekers.remove(&token) {
            Some(Seeker::Update(object)) => {
                self.at(object, |line, shared| line.lost(token, shared, desk));
            }
            Some(Seeker::Read(token)) => {
                self.go_on(token, desk, |reading, shared, _| reading.lost(shared));
            }
            Some(Seeker::Access(object)) => self.shared.sets.push((object, None)),
            Some(Seeker::Lookup(id)) => {
                let cause = FailureCause::Unreachable;
                self.shared.ended.push((id, Outcome::Failed { cause, maybe_applied: false }));
            }
            None => {}
        }
    }

    /// A replica answers to a Lock.
    pub fn on_lock_reply(&mut self, from: NodeId, reply: LockReply, desk: &mut impl Desk) {
        let LockReply { object, attempt, .. } = reply;
        let is_late_grant = reply.verdict.is_late_grant();
        let is_wanted = self.lines.get(&object).is_some_and(|line| line.is_at(attempt));
        self.at(object, |line, shared| line.on_lock_reply(from, reply, shared, desk));
        if is_late_grant && !is_wanted {
            // The Unlock was lost, or it crossed the grant.
            unlock_all(Unlock { object, attempt }, &[from], desk);
        }
    }

    /// A replica answers to a commit.
    pub fn on_commit_reply(&mut self, from: NodeId, reply: &CommitReply, desk: &mut impl Desk) {
        self.at(reply.object, |line, shared| line.on_commit_reply(from, reply, shared, desk));
    }

    /// A replica answers to a read.
    pub fn on_read_reply(&mut self, from: NodeId, reply: &ReadReply, desk: &mut impl Desk) {
        if let Some(asked) = self.late.hear(from, reply.token) {
            desk.measured(from, desk.now().since(asked));
        }
        self.go_on(reply.token, desk, |reading, shared, desk| {
            reading.on_reply(from, reply, shared, desk)
        });
    }

    /// [`Timer::Update`](super::Timer::Update) fired.
    pub fn on_update_timer(&mut self, object: ObjectId, desk: &mut impl Desk) {
        self.at(object, |line, shared| line.on_update_timer(shared, desk));
    }

    /// [`Timer::Spread`](super::Timer::Spread) fired.
    pub fn on_spread_timer(&mut self, object: ObjectId, desk: &mut impl Desk) {
        self.at(object, |line, shared| line.on_spread_timer(shared, desk));
    }

    /// [`Timer::Read`](super::Timer::Read) fired.
    pub fn on_read_timer(&mut self, token: u32, desk: &mut impl Desk) {
        self.go_on(token, desk, |reading, shared, desk| reading.on_timer(token, shared, desk));
    }

    /// A step of one object's line; it is forgotten when nothing is under way there. `None`: there
    /// is no such line.
    fn at<T>(
        &mut self,
        object: ObjectId,
        step: impl FnOnce(&mut Line, &mut Shared) -> T,
    ) -> Option<T> {
        let line = self.lines.get_mut(&object)?;
        let result = step(line, &mut self.shared);
        if line.is_idle() {
            self.lines.remove(&object);
        }
        Some(result)
    }

    /// A step of one read.
    fn go_on<D: Desk>(
        &mut self,
        token: u32,
        desk: &mut D,
        step: impl FnOnce(&mut Reading, &mut Shared, &mut D) -> Next,
    ) {
        let Some(reading) = self.readings.get_mut(&token) else { return };
        let next = step(reading, &mut self.shared, desk);
        if next == Next::Goes {
            return;
        }
        let Some(mut reading) = self.readings.remove(&token) else { return };
        self.late.expect(token, reading.silent(desk.id()));
        match next {
            Next::Ended(outcome) => {
                self.shared.ended.push((reading.id, outcome));
                let cast = reading.cast();
                cast.into_iter().for_each(|group| self.next_turn(group, reading.id.client, desk));
            }
            Next::HandedOn => {}
            Next::Goes | Next::Renumbered => {
                let token = self.shared.token();
                reading.wait(token, &self.shared, desk);
                self.readings.insert(token, reading);
            }
        }
    }
}
