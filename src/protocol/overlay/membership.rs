//! Who enters the tables and who leaves them: a peer enters only after a message from itself,
//! hearsay only makes this peer ask (CLIPPEE 2).

use super::message::{Message, Purpose, Route, Stage};
use super::node::{Host, Io, Notice, Overlay, Standing};
use super::probe::Why;
use crate::node::{Bug, NodeId, planted};

impl Overlay {
    /// A message of a member's own came: it may enter the tables. `as_leaf`: by its meaning the
    /// sender takes the two for neighbours. Without that it doesn't enter a leaf set that isn't
    /// full, where any passer-by would fit.
    pub(super) fn meet<H: Host>(&mut self, from: NodeId, as_leaf: bool, io: &mut Io<'_, '_, H>) {
        if self.enter(from, as_leaf, io) && self.leaves.is_neighbour(from) {
            // Neighbours claim the keys between them: they compare their views at once.
            self.probe(from, Why::Exchange(Stage::Member), io);
        }
    }

    /// Takes a member into the tables. Returns whether it became a leaf.
    fn enter<H: Host>(&mut self, from: NodeId, as_leaf: bool, io: &mut Io<'_, '_, H>) -> bool {
        let now = io.cx.now();
        if self.standing != Standing::Joined
            || from == self.id
            || self.dropped.is_straggler(from, now)
        {
            return false;
        }
        self.dropped.remove(from);
        let key = self.world.id(from);
        let trips = &self.trips;
        // Where nothing was measured to the one there yet, it will be, when its row is probed.
        self.table.offer(key, from, |other| {
            trips.mean(from).is_some_and(|new| trips.mean(other).is_some_and(|old| new < old))
        });
        let entered = (as_leaf || self.leaves.is_full()) && self.leaves.insert(key, from);
        if entered {
            self.leaves_changed(io);
        } else {
            self.leaves.heard(from);
        }
        entered
    }

    pub(super) fn leaves_changed<H: Host>(&self, io: &mut Io<'_, '_, H>) {
        if io.notices.last() != Some(&Notice::LeavesChanged) {
            io.notices.push(Notice::LeavesChanged);
        }
    }

    /// Others speak of these peers: those that would be leaves are asked.
    pub(super) fn hear_of<H: Host>(&mut self, peers: &[NodeId], io: &mut Io<'_, '_, H>) {
        let why = match self.standing {
            Standing::Joined => Why::Leaf,
            Standing::Joining => Why::Exchange(Stage::Joining),
            Standing::Leaving => return,
        };
        let (now, interval) = (io.cx.now(), self.config.maintenance_interval);
        for &peer in peers {
            if self.leaves.admits(self.world.id(peer)) && !self.dropped.bars(peer, now, interval) {
                self.probe(peer, why, io);
            }
        }
    }

    /// Takes a peer out of all tables. `left`: it said itself that it is no member.
    pub(super) fn part_with<H: Host>(&mut self, peer: NodeId, left: bool, io: &mut Io<'_, '_, H>) {
        let key = self.world.id(peer);
        let leaf = !planted(Bug::DeadLeafKept) && self.leaves.remove(peer);
        self.table.remove(key, peer);
        self.dropped.add(peer, leaf, left, io.cx.now());
        if let Some(index) = self.probes.iter().position(|probe| probe.node == peer) {
            self.end_probe(index, io);
        }
        if leaf && self.standing == Standing::Joined {
            io.notices.push(Notice::Gone(peer));
            self.leaves_changed(io);
            // The farthest leaf on that side knows who follows.
            if let Some(farthest) = self.leaves.farthest_towards(key) {
                self.probe(farthest, Why::Exchange(Stage::Member), io);
            }
        }
        self.send_elsewhere(peer, io);
    }

    /// A peer says that it is no member: it leaves, or has restarted and not joined yet.
    pub(super) fn on_goodbye<H: Host>(
        &mut self,
        from: NodeId,
        leaves: &[NodeId],
        io: &mut Io<'_, '_, H>,
    ) {
        self.part_with(from, true, io);
        self.hear_of(leaves, io);
        self.settle(io);
    }

    /// A peer that is known as a member turns out to be joining: it has restarted unnoticed.
    pub(super) fn forget_restarted<H: Host>(&mut self, peer: NodeId, io: &mut Io<'_, '_, H>) {
        let in_table = self.table.towards(self.world.id(peer)) == Some(peer);
        if in_table || self.leaves.contains(peer) {
            self.part_with(peer, true, io);
        }
    }

    /// Someone sends its leaf set and wants this peer's.
    pub(super) fn on_exchange<H: Host>(
        &mut self,
        from: NodeId,
        sequence: u32,
        stage: Stage,
        leaves: &[NodeId],
        io: &mut Io<'_, '_, H>,
    ) {
        if self.standing != Standing::Joined {
            self.turn_away(from, stage == Stage::Member, io);
            return;
        }
        if stage == Stage::Joining {
            self.forget_restarted(from, io);
        } else {
            // It says itself that it is a member, so what it said before counts no more.
            self.dropped.remove(from);
            self.enter(from, true, io);
        }
        io.cx.send(from, Message::Exchanged { sequence, leaves: self.leaves.nodes() });
        self.hear_of(leaves, io);
        if stage == Stage::Mending {
            self.route_home_through(from, io);
        }
    }

    /// The answer to an exchange.
    pub(super) fn on_exchanged<H: Host>(
        &mut self,
        from: NodeId,
        sequence: u32,
        leaves: &[NodeId],
        io: &mut Io<'_, '_, H>,
    ) {
        let why = self.answered(from, sequence, io);
        match self.standing {
            Standing::Joined => {
                let entered = self.enter(from, true, io);
                self.hear_of(leaves, io);
                if why == Some(Why::Exchange(Stage::Mending)) {
                    self.route_home_through(from, io);
                } else if entered && why != Some(Why::Exchange(Stage::Member)) {
                    // Asked while joining: it doesn't know yet that this peer has joined.
                    self.probe(from, Why::Exchange(Stage::Member), io);
                }
            }
            Standing::Joining => {
                self.leaves.insert(self.world.id(from), from);
                self.hear_of(leaves, io);
                self.settle(io);
            }
            Standing::Leaving => {}
        }
    }

    /// Routes to this peer's own id through `peer`: if that is part of another ring, its root there
    /// answers with its leaf set; if not, the route comes back here.
    pub(super) fn route_home_through<H: Host>(&mut self, peer: NodeId, io: &mut Io<'_, '_, H>) {
        let (key, origin, token) = (self.key, self.id, self.number());
        let route = Route { key, origin, token, hop: 0, hops: 0, purpose: Purpose::Mend };
        self.send_hop(route, peer, io);
    }

    /// The root of this peer's own id, where it joins or mends, sends its leaf set.
    pub(super) fn on_roster<H: Host>(
        &mut self,
        from: NodeId,
        token: u32,
        leaves: &[NodeId],
        io: &mut Io<'_, '_, H>,
    ) {
        match self.standing {
            Standing::Joined => {
                self.meet(from, true, io);
                self.hear_of(leaves, io);
            }
            Standing::Joining => self.join_at(from, token, leaves, io),
            Standing::Leaving => {}
        }
    }
}
