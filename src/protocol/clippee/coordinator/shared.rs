//! What all operations of one coordinator share.

use super::super::groups::{Cast, Multicast, Roll};
use super::super::{Config, World};
use super::Census;
use super::cache::Cache;
use super::desk::Desk;
use crate::node::{
    AttemptId, Bug, NodeId, ObjectId, Observation, OperationId, Outcome, Span, planted,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The least lock timeout, for sets that are this peer alone.
const LEAST: Span = Span::from_millis(50);

/// Who waits for a lookup.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seeker {
    /// The update that runs on this object.
    Update(ObjectId),
    /// The read of this number.
    Read(u32),
    /// An operation of its own.
    Lookup(OperationId),
    /// This peer as an access peer with members of this group.
    Access(ObjectId),
}

/// What all operations of one coordinator share.
pub(super) struct Shared {
    pub config: Arc<Config>,
    pub world: Arc<World>,
    pub cache: Cache,
    pub seekers: BTreeMap<u32, Seeker>,
    pub tokens: u32,
    pub attempts: u32,
    pub ended: Vec<(OperationId, Outcome)>,
    pub casts: Vec<Cast>,
    pub censuses: Vec<Census>,
    pub sets: Vec<(ObjectId, Option<Arc<[NodeId]>>)>,
}

impl Shared {
    /// A number for something under way.
    pub fn token(&mut self) -> u32 {
        self.tokens = self.tokens.wrapping_add(1);
        self.tokens
    }

    /// A name for the next lock round.
    pub fn next_attempt(&mut self, desk: &impl Desk) -> AttemptId {
        self.attempts += 1;
        let incarnation = if planted(Bug::AttemptNamesRepeat) { 1 } else { desk.incarnation() };
        AttemptId { coordinator: desk.id(), incarnation, count: self.attempts }
    }

    /// Begins a lookup of `object`'s replica set; returns its number.
    pub fn look_up(&mut self, object: ObjectId, seeker: Seeker, desk: &mut impl Desk) -> u32 {
        let token = self.token();
        self.look_up_as(token, object, seeker, desk);
        token
    }

    /// The same under a given number.
    pub fn look_up_as(
        &mut self,
        token: u32,
        object: ObjectId,
        seeker: Seeker,
        desk: &mut impl Desk,
    ) {
        self.seekers.insert(token, seeker);
        desk.look_up(self.world.key(object), token);
    }

    /// Grants that make a lock.
    pub fn lock_grants(&self) -> u32 {
        self.config.lock_grants()
    }

    /// Whom of `set` a round asks for their locks: all, or a subset drawn at random.
    pub fn draw_asked(&self, set: &Arc<[NodeId]>, desk: &mut impl Desk) -> Arc<[NodeId]> {
        let size = self.config.lock_asked() as usize;
        if size >= set.len() {
            return set.clone();
        }
        let mut drawn = set.to_vec();
        for place in 0..size {
            let farthest = drawn.len() - 1 - place;
            let further = desk.draw(Span::from_nanos(farthest as u64)).nanos() as usize;
            drawn.swap(place, place + further);
        }
        drawn.truncate(size);
        drawn.into()
    }

    /// Acknowledgements that make a commit.
    pub fn write_acks(&self) -> u32 {
        self.config.write_acks.of(self.config.replicas)
    }

    /// Answers that make a read of an object.
    pub fn read_quorum(&self) -> u32 {
        self.config.read_quorum.of(self.config.replicas)
    }

    /// Answers that make a read of a group's roll: one of them is from a replica that has taken in
    /// any given registration, because that was acknowledged by `write_acks` (CLIPPEE 7).
    pub fn roll_quorum(&self) -> u32 {
        (self.config.replicas + 1).saturating_sub(self.write_acks()).max(1)
    }

    /// A multicast has its number: it goes to all access peers of `roll` that have members.
    pub fn cast(
        &mut self,
        group: ObjectId,
        multicast: Multicast,
        roll: &Roll,
        desk: &mut impl Desk,
    ) {
        let Multicast { id, order, number, .. } = multicast;
        let (access_peers, members) = census(roll);
        desk.observe(Observation::Numbered { id, group, order, number, access_peers, members });
        self.casts.push(Cast { group, multicast, roll: roll.present().collect() });
    }

    /// How long a round on `set` waits for grants (5.5).
    pub fn lock_timeout(&self, set: &[NodeId], desk: &impl Desk) -> Span {
        self.config.lock_timeout.unwrap_or_else(|| {
            let others = set.iter().filter(|&&replica| replica != desk.id());
            let slowest = others.map(|&replica| desk.timeout(replica)).max().unwrap_or(LEAST);
            slowest.min(self.config.longest_lock_timeout())
        })
    }

    /// The longest wait after the `failures`th failed attempt (5.5).
    pub fn backoff(&self, failures: u32) -> Span {
        let doublings = failures.saturating_sub(1).min(63);
        self.config.backoff.times(1 << doublings).min(self.config.backoff_max)
    }
}

/// How many access peers have members, and how many members they have.
pub(super) fn census(roll: &Roll) -> (u32, u32) {
    let count = |(peers, members): (u32, u32), entry: super::Entry| {
        (peers + 1, members.saturating_add(entry.members))
    };
    roll.present().fold((0, 0), count)
}
