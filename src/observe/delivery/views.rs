//! How long replicas need to learn that an access peer has members of a group, or has none any
//! more.
//!
//! A member counts at its client's access peer: from its join on, and from its client's move to
//! another access peer on. The first member of a group at a peer opens a change, dated back to
//! the moment at which it asked to join; so does the departure of the last, and the peer's stop.
//! A change closes when `write_acks` live replicas have told that the peer has members; or, for
//! a peer that has none, when no more than `replicas` - `write_acks` of them say otherwise.
//! A change that is undone before it closes is forgotten.

use crate::node::{NodeId, ObjectId, Time};
use crate::observe::consistency::Census;
use crate::observe::metrics::{Latencies, Window};
use std::collections::BTreeMap;

/// What a replica told last of an access peer's part in a group.
#[derive(Clone, Copy, Debug)]
struct Told {
    replica: NodeId,
    incarnation: u32,
    present: bool,
    at: Time,
}

/// An access peer's part in a group.
#[derive(Clone, Debug, Default)]
struct Seat {
    members: u32,
    /// Since when replicas should know better.
    change: Option<Time>,
    told: Vec<Told>,
}

/// The lag of views.
#[derive(Clone, Debug)]
pub struct Views {
    window: Window,
    replicas: usize,
    enough: usize,
    /// By peer: its incarnation, 0 while it is down.
    incarnations: Vec<u32>,
    /// By client: its access peer, and that one's incarnation.
    attached: Vec<(NodeId, u32)>,
    seats: BTreeMap<(NodeId, ObjectId), Seat>,
    /// Of changes within the window.
    pub lags: Latencies<u64>,
}

impl Views {
    /// Nobody is up.
    #[must_use]
    pub fn new(census: &Census, window: Window) -> Self {
        Self {
            window,
            replicas: census.replicas as usize,
            enough: census.write_acks as usize,
            incarnations: vec![0; census.peers as usize + 1],
            attached: vec![(NodeId(0), 0); census.nodes as usize + 1],
            seats: BTreeMap::new(),
            lags: Latencies::fine(),
        }
    }

    /// Changes within the window that haven't closed.
    #[must_use]
    pub fn pending(&self) -> u64 {
        let open = self.seats.values().filter_map(|seat| seat.change);
        open.filter(|&at| self.window.contains(at)).count() as u64
    }

    /// A node booted.
    pub fn booted(&mut self, node: NodeId, incarnation: u32) {
        if let Some(known) = self.incarnations.get_mut(node.index()) {
            *known = incarnation;
        }
    }

    /// A peer stopped; or a client, which must have left its groups.
    pub fn stopped(&mut self, at: Time, node: NodeId) {
        self.attached[node.index()] = (NodeId(0), 0);
        let Some(incarnation) = self.incarnations.get_mut(node.index()) else { return };
        *incarnation = 0;
        let seats = (node, ObjectId(0))..=(node, ObjectId(u32::MAX));
        let held = self.seats.range(seats).filter(|(_, seat)| seat.members > 0);
        for key in held.map(|(&key, _)| key).collect::<Vec<_>>() {
            self.changed(at, at, key, |members| *members = 0);
        }
    }

    /// A client, a member of `groups`, has another access peer.
    pub fn attached(
        &mut self,
        at: Time,
        client: NodeId,
        peer: NodeId,
        groups: impl Iterator<Item = ObjectId>,
    ) {
        let incarnation = self.incarnations.get(peer.index()).copied().unwrap_or(0);
        if self.attached[client.index()] == (peer, incarnation) {
            return;
        }
        let groups: Vec<ObjectId> = groups.collect();
        groups.iter().for_each(|&group| self.left(at, client, group));
        self.attached[client.index()] = (peer, incarnation);
        groups.iter().for_each(|&group| self.entered(at, at, client, group));
    }

    /// A client is a member now; it wished to be since `asked`.
    pub fn entered(&mut self, at: Time, asked: Time, client: NodeId, group: ObjectId) {
        if let Some(peer) = self.peer_of(client) {
            self.changed(at, asked, (peer, group), |members| *members += 1);
        }
    }

    /// A client is a member no more.
    pub fn left(&mut self, at: Time, client: NodeId, group: ObjectId) {
        if let Some(peer) = self.peer_of(client) {
            let less = |members: &mut u32| *members = members.saturating_sub(1);
            self.changed(at, at, (peer, group), less);
        }
    }

    /// A replica told of an access peer.
    pub fn registered(
        &mut self,
        at: Time,
        replica: NodeId,
        (group, peer): (ObjectId, NodeId),
        members: u32,
    ) {
        let incarnation = self.incarnations.get(replica.index()).copied().unwrap_or(0);
        let seat = self.seats.entry((peer, group)).or_default();
        let told = Told { replica, incarnation, present: members > 0, at };
        match seat.told.iter_mut().find(|told| told.replica == replica) {
            // Another count of one that is known to be there is no news.
            Some(known) if known.present == told.present && known.incarnation == incarnation => {}
            Some(known) => *known = told,
            None => seat.told.push(told),
        }
        self.close(at, (peer, group));
    }

    /// The access peer that serves a client, if that still runs.
    fn peer_of(&self, client: NodeId) -> Option<NodeId> {
        let (peer, incarnation) = *self.attached.get(client.index())?;
        let runs = incarnation > 0 && self.incarnations[peer.index()] == incarnation;
        runs.then_some(peer)
    }

    fn changed(
        &mut self,
        at: Time,
        since: Time,
        key: (NodeId, ObjectId),
        change: impl FnOnce(&mut u32),
    ) {
        let seat = self.seats.entry(key).or_default();
        let before = seat.members > 0;
        change(&mut seat.members);
        if before != (seat.members > 0) {
            seat.change = if seat.change.is_some() { None } else { Some(since) };
            self.close(at, key);
        }
    }

    /// Closes the change of a seat if the replicas know by now.
    fn close(&mut self, now: Time, key: (NodeId, ObjectId)) {
        let Some(seat) = self.seats.get_mut(&key) else { return };
        let Some(since) = seat.change else { return };
        let incarnations = &self.incarnations;
        let live = |told: &&Told| {
            told.incarnation > 0 && incarnations[told.replica.index()] == told.incarnation
        };
        let present = seat.told.iter().filter(live).filter(|told| told.present);
        let mut times: Vec<Time> = present.map(|told| told.at).collect();
        times.sort_unstable();
        let closed = if seat.members > 0 {
            self.enough.checked_sub(1).and_then(|last| times.get(last)).copied()
        } else {
            (times.len() + self.enough <= self.replicas.max(self.enough)).then_some(now)
        };
        if let Some(at) = closed {
            seat.change = None;
            if self.window.contains(since) {
                self.lags.record(at.since(since));
            }
        }
    }
}
