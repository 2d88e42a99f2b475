//! A peer's part as a replica: copies and locks of the objects that it is responsible for (CLIPPEE
//! 3, 5, 6).
//!
//! A machine without messages of its own towards coordinators: the host hands it what a coordinator
//! asked, and sends the answer (or takes it directly, where coordinator and replica are one peer).
//! What replicas say to each other is [`Message`]; the host wraps it.
//!
//! - `locks.rs`: the lock with its lease. `queue.rs`: who waits for it. `granting.rs`: who gets it.
//!   `commit.rs`: versions made under it.
//! - `copies.rs`, `state.rs`, `record.rs`: what is held, and what of it survives a crash.
//! - `readiness.rs`: for which keys "absent" may be taken for version 0.
//! - `needs.rs`, `fetch.rs`: what is known to be newer elsewhere, and how it comes here.
//! - `repair.rs`: periodic comparison, and dropping what belongs to others. `handover.rs`: changes
//!   of the leaf set.
//! - `registry.rs`: what access peers with members of a group ask. `rolls.rs`, `exchange.rs`: who
//!   they are, and how replicas tell each other (CLIPPEE 7).
//!
//! What it doesn't do: decide quorums, retry operations, know clients (the coordinator's part), or
//! find peers (the overlay's). It agrees with nobody: replicas of one object may differ, and repair
//! makes the newest win.

mod alarm;
mod commit;
mod copies;
mod exchange;
mod fetch;
mod granting;
mod handover;
mod locks;
mod message;
mod needs;
mod neighbourhood;
mod queue;
mod readiness;
mod record;
mod registry;
mod repair;
mod ring;
mod rolls;
mod state;
#[cfg(test)]
mod tests;

pub use message::{Entry, Message, Page, Told, Transfer};
pub use neighbourhood::Neighbourhood;
pub use record::{Durable, Record};
pub use ring::Stretch;
pub use state::{GroupState, Lineage, State, View};

use super::gauge::Gauge;
use super::{
    Commit, CommitReply, CommitVerdict, Config, LockReply, Read, ReadReply, ReadVerdict, Refusal,
    World,
};
use crate::node::{
    AttemptId, Bug, Context, Digestible, Hasher, LockEnd, NodeId, ObjectId, Observation, Protocol,
    Span, Time, planted,
};
use crate::protocol::overlay::{Host, Key, Start};
use alarm::Alarm;
use copies::Copies;
use handover::Surroundings;
use locks::Locks;
use needs::Needs;
use readiness::Readiness;
use ring::{Place, Reach};
use rolls::Rolls;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The replica's timers. At most one of each is armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The first lease runs out.
    Lease,
    /// A neighbour hasn't said what it holds.
    Ask,
    /// A peer hasn't sent what it was asked for.
    Fetch,
    /// Time to compare copies.
    Repair,
}

impl Digestible for Timer {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(*self as u64);
    }
}

/// A protocol that embeds the replica part.
pub trait ReplicaHost:
    Host + Protocol<Message: From<Message>, Timer: From<Timer>, Record: From<Record>>
{
}
impl<H: Host + Protocol<Message: From<Message>, Timer: From<Timer>, Record: From<Record>>>
    ReplicaHost for H
{
}

/// A commit's answer that became ready after the commit had to wait for its base, and for whom it
/// is.
pub type Answers = Vec<(NodeId, CommitReply)>;

/// One peer's copies and locks.
pub struct Replica {
    config: Arc<Config>,
    world: Arc<World>,
    place: Place,
    copies: Copies,
    locks: Locks,
    readiness: Readiness,
    needs: Needs,
    rolls: Rolls,
    /// Of the copies that this peer isn't responsible for any more: who acknowledged to have them.
    departing: BTreeMap<ObjectId, Vec<NodeId>>,
    /// When this peer last looked.
    surroundings: Surroundings,
    fetch_alarm: Alarm,
    /// Answers of commits that were settled by another commit.
    unsent: Answers,
    /// What coordinators are to hear that didn't ask just now.
    unasked: Vec<LockReply>,
    copies_gauge: Gauge,
    needs_gauge: Gauge,
}

impl Replica {
    /// Something that depends on the parts.
    #[must_use]
    pub fn glance(&self) -> u32 {
        let lists = self.unsent.len() ^ self.unasked.len() ^ self.departing.len();
        (lists ^ self.copies.len()) as u32 ^ self.copies_gauge.glance()
    }

    /// A peer boots; its overlay was started before. Copies that survived are told as applied,
    /// without a commit.
    pub fn start<H: ReplicaHost>(
        config: Arc<Config>,
        world: Arc<World>,
        durable: &Durable,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) -> Self {
        let place =
            Place { node: cx.id(), id: world.overlay.id(cx.id()), r: config.replicas as usize };
        // Locks granted in an earlier session may still be believed in: none is granted until they
        // have run out.
        let returning = cx.incarnation() > 1;
        let refuses_until = if returning { cx.now() + config.lock_lease } else { Time::ZERO };
        let objects = world.objects();
        let peers = u32::try_from(world.overlay.ids.len()).unwrap_or(u32::MAX);
        let mut replica = Self {
            place,
            copies: Copies::new(world.clone()),
            locks: Locks::new(config.lock_lease, refuses_until, objects),
            readiness: Readiness::new(place, cx.incarnation()),
            needs: Needs::new(place.r),
            rolls: Rolls::new(peers),
            departing: BTreeMap::new(),
            surroundings: Surroundings::default(),
            fetch_alarm: Alarm::new(Timer::Fetch),
            unsent: Answers::new(),
            unasked: Vec::new(),
            copies_gauge: Gauge::default(),
            needs_gauge: Gauge::default(),
            config,
            world,
        };
        for (&object, state) in &durable.copies {
            replica.restore(object, state.clone(), cx);
        }
        let converged = replica.config.overlay.start == Start::Converged;
        if converged && cx.now() == Time::ZERO && overlay.is_joined() {
            replica.readiness.converge(Reach::new(overlay.arc(place.r)));
        }
        replica.on_leaves_changed(overlay, cx);
        if !replica.config.repair_interval.is_never() {
            let interval = replica.config.repair_interval.nanos().max(1);
            let phase = Span::from_nanos(cx.rng().below(interval));
            cx.arm(Timer::Repair, phase);
        }
        replica
    }

    fn restore<H: ReplicaHost>(&mut self, object: ObjectId, state: State, cx: &mut Context<'_, H>) {
        cx.observe(Observation::Applied {
            object,
            version: state.version,
            value: state.value,
            previous: None,
            commit: None,
            late: false,
            responsible: false,
        });
        self.copies.put(object, state, |_| Vec::new());
        self.note_copies(cx);
    }

    /// Steps 5.4 and 5.6: applies the commit and ends its attempt's lock. `None`: it waits for its
    /// base; the answer for `from` comes later, through [`Answers`].
    pub fn commit<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        commit: Commit,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) -> Option<CommitReply> {
        let attempt = commit.version.attempt;
        let locked = self.locks.end(commit.object, attempt, LockEnd::Committed, cx);
        let verdict = self.take_commit(from, commit, !locked, overlay, cx);
        let early = || planted(Bug::AckBeforeApplied).then_some(CommitVerdict::Applied);
        let verdict = verdict.or_else(early)?;
        Some(self.commit_reply(&commit, verdict))
    }

    /// Section 4: version and value of an object; of a group (section 7) its view.
    pub fn read<H: ReplicaHost>(
        &mut self,
        read: Read,
        overlay: &impl Neighbourhood,
        _: &mut Context<'_, H>,
    ) -> ReadReply {
        let Read { object, token } = read;
        let verdict = match self.refusal(object, overlay) {
            Some(refusal) => ReadVerdict::Refused(refusal),
            None if self.world.is_group(object) => {
                let held = self.copies.state(object).and_then(|state| state.group.as_ref());
                let view = held.map_or(0, |group| group.view.number);
                ReadVerdict::Roll { view, entries: self.rolls.entries(object) }
            }
            None => {
                let State { version, value, .. } = self.state(object);
                ReadVerdict::Value { version, value }
            }
        };
        ReadReply { object, token, verdict }
    }

    /// Hand-over and repair (section 6).
    pub fn on_message<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        message: Message,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
        answers: &mut Answers,
    ) {
        answers.append(&mut self.unsent);
        match message {
            Message::Ask { token, stretch } => {
                let page = self.copies.page(stretch, |_| true);
                self.tell_rolls(from, page.stretch, cx);
                cx.send(from, Message::Summary { token, page });
            }
            Message::Summary { token, page } => self.on_summary(from, token, page, overlay, cx),
            Message::Digest { objects, hash } => self.on_digest(from, (objects, hash), cx),
            Message::Differs(page) => self.on_differs(from, page, overlay, cx),
            Message::Offer(entries) => self.on_offer(from, &entries, overlay, cx),
            Message::Ack(entries) => self.on_ack(from, &entries, overlay, cx),
            Message::Fetch(objects) => self.on_fetch(from, &objects, overlay, cx),
            Message::Absent(objects) => self.on_absent(from, &objects, overlay, cx, answers),
            Message::Transfer(transfer) => self.on_transfer(from, *transfer, overlay, cx, answers),
            Message::RollDigest(hashes) => self.on_roll_digest(from, &hashes, overlay, cx),
            Message::Roll(told) => self.on_roll(from, &told, overlay, cx),
        }
    }

    /// A timer of the replica part fired.
    pub fn on_timer<H: ReplicaHost>(
        &mut self,
        timer: Timer,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
        answers: &mut Answers,
    ) {
        answers.append(&mut self.unsent);
        match timer {
            Timer::Lease => self.locks.on_timer(cx),
            Timer::Ask => self.readiness.on_timer(overlay, cx),
            Timer::Fetch => self.on_overdue(overlay, cx, answers),
            Timer::Repair => {
                if !planted(Bug::RepairStops) {
                    cx.arm(Timer::Repair, self.config.repair_interval);
                }
                self.compare(overlay, cx);
            }
        }
    }

    /// A leaf was found dead or has left.
    pub fn on_gone<H: ReplicaHost>(
        &mut self,
        peer: NodeId,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        self.needs.gone(peer);
        self.readiness.gone(peer, overlay, cx);
        self.fetch_next(overlay, cx);
    }

    /// Whether an object is held explicitly (tests and reports).
    #[must_use]
    pub fn holds(&self, object: ObjectId) -> bool {
        self.copies.holds(object)
    }

    fn note_copies<H: ReplicaHost>(&mut self, cx: &mut Context<'_, H>) {
        self.copies_gauge.note(self.copies.len(), ("copies", self.world.objects()), cx);
    }

    fn note_needs<H: ReplicaHost>(&mut self, cx: &mut Context<'_, H>) {
        self.needs_gauge.note(self.needs.len(), ("missing_objects", self.world.objects()), cx);
    }

    fn key(&self, object: ObjectId) -> Key {
        self.world.key(object)
    }

    fn is_responsible(&self, object: ObjectId, overlay: &impl Neighbourhood) -> bool {
        overlay.is_responsible(self.key(object), self.place.r)
    }

    /// The other members of the object's replica set in this peer's view, closest first.
    fn others(&self, object: ObjectId, overlay: &impl Neighbourhood) -> Vec<NodeId> {
        let mut set = overlay.replicas(self.key(object), self.place.r);
        set.retain(|&peer| peer != self.place.node);
        set
    }

    /// Why neither a lock is granted nor a read answered, other than that the lock is taken.
    fn refusal(&self, object: ObjectId, overlay: &impl Neighbourhood) -> Option<Refusal> {
        if !self.is_responsible(object, overlay) {
            return Some(Refusal::NotResponsible { closer: self.others(object, overlay).into() });
        }
        let ready = self.readiness.covers(self.key(object)) && !self.needs.concerns(object);
        (!ready).then_some(Refusal::NotReady)
    }

    /// What a ready replica holds of `object`.
    fn state(&self, object: ObjectId) -> State {
        let held = self.copies.state(object).cloned();
        held.unwrap_or_else(|| State::initial(self.world.initial(object)))
    }

    /// Takes a newer state in; `commit`: the attempt whose commit brought it, and whether it came
    /// late.
    fn store<H: ReplicaHost>(
        &mut self,
        object: ObjectId,
        state: State,
        commit: Option<(AttemptId, bool)>,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        let (version, value) = (state.version, state.value);
        if self.config.durable {
            cx.save(Record::Saved { object, state: Box::new(state.clone()) });
        }
        let r = self.place.r;
        let previous = self.copies.put(object, state, |key| overlay.replicas(key, r));
        // Who had the older version may not have this one.
        self.departing.remove(&object);
        self.needs.is_held(object, version);
        cx.observe(Observation::Applied {
            object,
            version,
            value,
            previous,
            commit: commit.map(|(attempt, _)| attempt),
            late: commit.is_some_and(|(_, late)| late),
            responsible: self.is_responsible(object, overlay),
        });
        self.note_copies(cx);
    }
}
