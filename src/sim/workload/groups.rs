//! Groups: which clients may be members of which, when each comes and goes, and what members send.
//!
//! A **place** is one client's possible membership in one group: drawn at the start, or given by a
//! crowd. Each place is taken or not as a pure function of (seed, client, group, phase), whether the
//! client is online or not; with turnover in equilibrium from time 0. Sizes count members online, so
//! a group has size * identities / clients * (stay + away) / stay places, at most one a client.
//!
//! Source of the rank law: the workload of Scribe (Castro, Druschel, Kermarrec, Rowstron, "Scribe: a
//! large-scale and decentralized application-level multicast infrastructure", JSAC 2002).
//!
//! What isn't here: what holds at a moment ([`super::Members`]), and who is online.

use super::{Change, GroupsConfig, LoadChange, Members, lane};
use crate::node::{Key, NodeId, ObjectId, Operation, Order, Span, Stream, Time, WORLD};
use crate::sim::dist;
use std::ops::Range;

/// A place as one word: 20 bits of the group, 11 of the change that it came with (0: none, it was
/// there from the start), 1 whether the member sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place(u32);

const SENDS: u32 = 1 << 31;
const GROUP_BITS: u32 = 20;

impl Place {
    fn new(group: u32, change: Option<usize>, sends: bool) -> Self {
        let change = change.map_or(0, |index| index as u32 + 1);
        debug_assert!(group < 1 << GROUP_BITS && change < 1 << 11);
        Self(group | change << GROUP_BITS | if sends { SENDS } else { 0 })
    }

    const fn group(self) -> u32 {
        self.0 & ((1 << GROUP_BITS) - 1)
    }

    /// The index of the crowd that it came with.
    fn crowd(self) -> Option<usize> {
        ((self.0 & !SENDS) >> GROUP_BITS).checked_sub(1).map(|index| index as usize)
    }

    const fn sends(self) -> bool {
        self.0 & SENDS != 0
    }
}

/// Groups and their places. Immutable; 4 bytes a place and 4 a client.
#[derive(Clone, Debug)]
pub struct Groups {
    key: Key,
    config: GroupsConfig,
    changes: Vec<LoadChange>,
    /// The first client's number.
    first: u32,
    /// The object of group 0.
    object: u32,
    /// Where each client's places begin in `places`, and the end.
    starts: Vec<u32>,
    /// Sorted by client, then by group.
    places: Vec<Place>,
}

impl Groups {
    /// The groups of a run whose clients are the nodes from `first` on, `identities` of them.
    /// `object`: the number of plain objects, whose numbers those of groups follow.
    ///
    /// # Panics
    /// If there are no groups, or 2^20 and more, or 2^11 - 1 changes and more.
    #[must_use]
    pub fn new(
        config: &GroupsConfig,
        changes: &[LoadChange],
        (first, identities): (NodeId, u32),
        object: u32,
        key: Key,
    ) -> Self {
        assert!((1..1 << GROUP_BITS).contains(&config.count), "a number of groups in range");
        assert!(changes.len() < (1 << 11) - 1, "a number of changes in range");
        let cast = Cast { key, config, identities };
        let drawn = cast.draw(changes);
        let mut starts = vec![0_u32; identities as usize + 1];
        for &(client, _) in &drawn {
            starts[client as usize + 1] += 1;
        }
        for client in 0..identities as usize {
            starts[client + 1] += starts[client];
        }
        let mut next = starts.clone();
        let mut places = vec![Place(0); drawn.len()];
        for (client, place) in drawn {
            places[next[client as usize] as usize] = place;
            next[client as usize] += 1;
        }
        for client in 0..identities as usize {
            let own = starts[client] as usize..starts[client + 1] as usize;
            places[own].sort_unstable_by_key(|place| place.group());
        }
        let (changes, first) = (changes.to_vec(), first.0);
        Self { key, config: config.clone(), changes, first, object, starts, places }
    }

    /// How many places there are.
    #[must_use]
    pub fn places(&self) -> u32 {
        self.places.len() as u32
    }

    /// The places of `node`; none, if it is no client.
    #[must_use]
    pub fn of(&self, node: NodeId) -> Range<u32> {
        let Some(client) = node.0.checked_sub(self.first).map(|client| client as usize) else {
            return 0..0;
        };
        match (self.starts.get(client), self.starts.get(client + 1)) {
            (Some(&from), Some(&to)) => from..to,
            _ => 0..0,
        }
    }

    /// The group of a place, as an object.
    #[must_use]
    pub fn group(&self, place: u32) -> ObjectId {
        ObjectId(self.object + self.places[place as usize].group())
    }

    /// The place of `node` in `group`, if it has one.
    #[must_use]
    pub fn place(&self, node: NodeId, group: ObjectId) -> Option<u32> {
        self.of(node).find(|&place| self.group(place) == group)
    }

    /// Whether a place is taken at time 0.
    #[must_use]
    pub fn is_taken_at_start(&self, node: NodeId, place: u32) -> bool {
        let place = self.places[place as usize];
        place.crowd().is_none()
            && (self.config.stay.is_never()
                || self
                    .word(node, 0, lane::TAKEN, place.group())
                    .chance(1.0 / self.config.turnover()))
    }

    fn word(&self, node: NodeId, phase: u32, lane: u32, group: u32) -> Stream {
        self.key.lane(node.0, phase, lane).resume(group)
    }

    /// When phase `phase` of a place ends (0: the one that runs at time 0), which began at `began`;
    /// `taken`: whether the place is taken meanwhile. `None`: it never ends. Exponential phases have
    /// no memory, so what is left of phase 0 follows the law of a whole one.
    #[must_use]
    pub fn turn(
        &self,
        node: NodeId,
        place: u32,
        phase: u32,
        taken: bool,
        began: Time,
    ) -> Option<Time> {
        let place = self.places[place as usize];
        if let Some(crowd) = place.crowd() {
            let u = self.word(node, crowd as u32, lane::ARRIVAL, place.group()).unit();
            return (phase == 0).then(|| self.instant(crowd, u));
        }
        if self.config.stay.is_never() {
            return None;
        }
        let mean = if taken { self.config.stay } else { self.config.away };
        let u = dist::open_unit(self.word(node, phase, lane::TURN, place.group()).word());
        let length = Span::from_nanos_f64(dist::exponential(u, mean.nanos() as f64));
        Some(began + length.max(Span::from_nanos(1)))
    }

    /// When a place is given up for good: the first exodus that takes it along. One that comes with
    /// a crowd is left by those that have arrived.
    #[must_use]
    pub fn end(&self, node: NodeId, place: u32) -> Option<Time> {
        let arrival = match self.places[place as usize].crowd() {
            Some(_) => self.turn(node, place, 0, false, Time::ZERO)?,
            None => Time::ZERO,
        };
        let group = self.places[place as usize].group();
        let leaves = |(index, change): (usize, &LoadChange)| match change.what {
            Change::Exodus { group: left, share } if left == group => {
                let mut stream = self.word(node, index as u32, lane::EXODUS, 2 * group);
                let goes = stream.chance(share);
                let at = self.instant(index, stream.unit());
                (goes && at > arrival).then_some(at)
            }
            _ => None,
        };
        self.changes.iter().enumerate().filter_map(leaves).min()
    }

    /// The instant that is the share `u` of the way through a change; never at time 0.
    fn instant(&self, change: usize, u: f64) -> Time {
        let LoadChange { at, lasts, .. } = self.changes[change];
        let way = Span::from_nanos_f64(u * lasts.nanos() as f64);
        (Time::ZERO + at + way).max(Time::from_nanos(1))
    }

    /// How long after its boot `node` takes each of its places, in their order: uniform over the
    /// ramp, at least 1 ns.
    pub fn delays(&self, node: NodeId, incarnation: u32) -> impl Iterator<Item = Span> + use<> {
        let mut stream = self.key.lane(node.0, incarnation, lane::RAMP);
        let ramp = self.config.ramp.nanos() as f64;
        std::iter::repeat_with(move || {
            Span::from_nanos_f64(stream.unit() * ramp).max(Span::from_nanos(1))
        })
    }

    /// The multicast that `node` asks for as its operation `count`: to one of the groups that it
    /// sends in and has joined, if there is any, and if a row begins with it.
    pub(super) fn multicast(
        &self,
        node: NodeId,
        count: u32,
        members: &Members,
        stream: &mut Stream,
    ) -> Option<Operation> {
        let begins = stream.chance(1.0 / self.config.burst);
        let place = self.pick(node, members, stream, Place::sends)?;
        begins.then(|| self.message(node, count, self.group(place)))
    }

    /// A message to `group`.
    #[must_use]
    pub fn message(&self, node: NodeId, count: u32, group: ObjectId) -> Operation {
        let is_total = self.key.lane(node.0, count, lane::ORDER).chance(self.config.total);
        let order = if is_total { Order::Total } else { Order::Fifo };
        Operation::Multicast { group, order, bytes: self.config.message_bytes }
    }

    /// How long after its operation `count`, a multicast, `node` sends the next one of the row;
    /// `None`: the row is over. The number of messages in a row is geometric.
    #[must_use]
    pub fn goes_on(&self, node: NodeId, count: u32) -> Option<Span> {
        let more = 1.0 - 1.0 / self.config.burst;
        self.key.lane(node.0, count, lane::ROW).chance(more).then_some(self.config.burst_gap)
    }

    /// The question for the members of one of the groups that `node` has joined, if there is any.
    pub(super) fn members(
        &self,
        node: NodeId,
        members: &Members,
        stream: &mut Stream,
    ) -> Option<Operation> {
        let place = self.pick(node, members, stream, |_| true)?;
        Some(Operation::Members { group: self.group(place), names: false })
    }

    /// A uniformly drawn place that `node` has joined and that `suits`.
    fn pick(
        &self,
        node: NodeId,
        members: &Members,
        stream: &mut Stream,
        suits: impl Fn(Place) -> bool,
    ) -> Option<u32> {
        let fits = |&place: &u32| members.has_joined(place) && suits(self.places[place as usize]);
        let among = self.of(node).filter(fits).count();
        let drawn = if among > 0 { stream.below(among as u64) as usize } else { 0 };
        self.of(node).filter(fits).nth(drawn)
    }
}

/// Draws who has a place where.
struct Cast<'a> {
    key: Key,
    config: &'a GroupsConfig,
    identities: u32,
}

impl Cast<'_> {
    /// How many clients it takes for `members` of them to be online in the mean, at most all.
    fn places(&self, members: f64) -> u32 {
        let each = f64::from(self.identities) / f64::from(self.config.clients);
        let places = libm::round(members * each) as u32;
        places.clamp(1, self.identities)
    }

    /// All places, group by group: (client, from 0; place).
    fn draw(&self, changes: &[LoadChange]) -> Vec<(u32, Place)> {
        let mut all: Vec<u32> = (0..self.identities).collect();
        let (mut drawn, turnover) = (Vec::new(), self.config.turnover());
        for group in 0..if self.identities > 0 { self.config.count } else { 0 } {
            let places = self.places(f64::from(self.config.size(group)) * turnover);
            let senders = (self.config.senders)
                .map_or(u32::MAX, |senders| self.places(f64::from(senders) * turnover));
            let mut stream = self.key.lane(WORLD.0, group, lane::CAST);
            let first = drawn.len();
            let swaps: Vec<(usize, usize)> = (0..places as usize)
                .map(|from| (from, from + stream.below((all.len() - from) as u64) as usize))
                .collect();
            for (order, &(from, with)) in (0..).zip(&swaps) {
                all.swap(from, with);
                drawn.push((all[from], Place::new(group, None, order < senders)));
            }
            // Undone, so that no group's members depend on another group.
            swaps.iter().rev().for_each(|&(from, with)| all.swap(from, with));
            self.crowds(changes, group, first, &mut drawn);
        }
        drawn
    }

    /// The crowds of `group`, whose places so far are those of `drawn` from `first` on.
    fn crowds(
        &self,
        changes: &[LoadChange],
        group: u32,
        first: usize,
        drawn: &mut Vec<(u32, Place)>,
    ) {
        for (index, change) in changes.iter().enumerate() {
            let Change::Crowd { group: joined, clients } = change.what else { continue };
            if joined != group {
                continue;
            }
            let mut is_in = vec![false; self.identities as usize];
            drawn[first..].iter().for_each(|&(client, _)| is_in[client as usize] = true);
            let mut left: Vec<u32> =
                (0..self.identities).filter(|&client| !is_in[client as usize]).collect();
            let mut stream = self.key.lane(WORLD.0, index as u32, lane::CROWD);
            let sends = self.config.senders.is_none();
            for from in 0..(self.places(f64::from(clients)) as usize).min(left.len()) {
                let with = from + stream.below((left.len() - from) as u64) as usize;
                left.swap(from, with);
                drawn.push((left[from], Place::new(group, Some(index), sends)));
            }
        }
    }
}
