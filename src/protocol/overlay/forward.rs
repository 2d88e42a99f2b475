//! Passing on, hop by hop: each hop is acknowledged; a silent one is tried elsewhere and probed
//! (CLIPPEE 2).
//!
//! A peer claims a key only if nobody nearer is known, dead silence or not. While the only nearer
//! peers are silent ones, the hop is repeated to them until they answer or are dropped: so a lost
//! packet alone never makes a second root.
//!
//! Second tries are paid for: each costs one credit, each acknowledgement in time earns one. A dead
//! neighbour or a lossy link is well within that. But where everybody is silent because everybody
//! has more to do than it can, a hop that is tried eight times is passed on eight times, and so is
//! each of those: lookups would go on multiplying long after the last one was asked for. Without
//! credit a hop is tried once, and the origin's own retry must do.

use super::message::{Message, Purpose, Route};
use super::node::{Host, Io, Overlay, Standing};
use super::routing::Hop;
use crate::node::{NodeId, Span, Time, TimerId};

/// Hops that may wait for their acknowledgement; further ones go out without a second try.
pub(super) const BOUND: usize = 1024;
/// Sends of one hop, all targets counted; after that the origin's own retry must do.
const MOST_SENDS: u8 = 8;
/// Second tries that a peer may make before an acknowledgement earns the next.
const MOST_CREDIT: u16 = 64;
/// Forwards of one route: far above log n, a stop for what should never circle.
const MOST_HOPS: u16 = 64;
/// Silent targets remembered per hop; the oldest is forgotten first (by then it is suspected
/// anyway).
const TRIED: usize = 4;
/// Hops remembered as received.
const SEEN: usize = 64;
/// No timeout grows beyond this.
pub(super) const MOST_PATIENCE: Span = Span::from_secs(2);

/// A hop that waits for its acknowledgement.
#[derive(Debug)]
pub(super) struct Forward {
    /// As it was sent: [`Route::hop`] names the forward.
    route: Route,
    to: NodeId,
    sent: Time,
    timer: TimerId,
    sends: u8,
    /// Sent more than once under this name: its acknowledgement gives no round trip.
    repeated: bool,
    tried: [NodeId; TRIED],
}

impl Forward {
    pub(super) const fn glance(&self) -> u32 {
        self.route.hop
    }
}

/// How many second tries a peer may make.
#[derive(Debug)]
pub(super) struct Credit(u16);

impl Default for Credit {
    fn default() -> Self {
        Self(MOST_CREDIT)
    }
}

impl Credit {
    /// An acknowledgement came in time.
    fn earn(&mut self) {
        self.0 = (self.0 + 1).min(MOST_CREDIT);
    }

    /// Pays for a second try, if it can.
    fn spend(&mut self) -> bool {
        let left = self.0.checked_sub(1);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

/// The hops received last, so that a duplicate is acknowledged but not passed on again.
#[derive(Debug, Default)]
pub(super) struct Seen {
    hops: Vec<(NodeId, u32)>,
    next: usize,
}

impl Seen {
    /// Something that depends on all of it.
    pub(super) fn glance(&self) -> u32 {
        // One of each cache line.
        self.hops.iter().step_by(8).fold(0, |sum, hop| sum ^ hop.1)
    }

    /// Whether the hop was received before; if not, it now is.
    fn repeats(&mut self, from: NodeId, hop: u32) -> bool {
        if self.hops.contains(&(from, hop)) {
            return true;
        }
        if self.hops.len() < SEEN {
            self.hops.push((from, hop));
        } else {
            self.hops[self.next] = (from, hop);
            self.next = (self.next + 1) % SEEN;
        }
        false
    }
}

impl Overlay {
    /// Someone wants a route passed on.
    pub(super) fn on_route<H: Host>(&mut self, from: NodeId, route: Route, io: &mut Io<'_, '_, H>) {
        let (hop, purpose) = (route.hop, route.purpose);
        let joins_here = purpose == Purpose::Join && from == route.origin;
        let taken = match self.standing {
            Standing::Joined => true,
            Standing::Joining => joins_here && self.hold(route),
            Standing::Leaving => false,
        };
        if !taken {
            io.cx.send(from, Message::Refused { hop, purpose });
            return;
        }
        let held = self.standing == Standing::Joining;
        io.cx.send(from, Message::Accepted { hop, purpose, held });
        if held || self.seen.repeats(from, hop) {
            return;
        }
        if joins_here {
            self.forget_restarted(from, io);
        } else {
            self.meet(from, false, io);
        }
        self.pass_on(route, io);
    }

    /// Passes a route on, or answers it here.
    pub(super) fn pass_on<H: Host>(&mut self, route: Route, io: &mut Io<'_, '_, H>) {
        if route.purpose == Purpose::Join {
            self.send_rows(&route, io);
        }
        match self.next_hop(&route, &[]) {
            Hop::Root => self.deliver(route, io),
            Hop::To(next) | Hop::Wait(next) => self.send_hop(route, next, io),
        }
    }

    /// This peer is the root.
    fn deliver<H: Host>(&mut self, route: Route, io: &mut Io<'_, '_, H>) {
        if self.standing != Standing::Joined {
            return;
        }
        let Route { key, origin, token, hops, purpose, .. } = route;
        match purpose {
            Purpose::Lookup => {
                let replicas = self.view_of(key);
                if origin == self.id {
                    self.found(token, self.id, replicas, hops, io);
                } else {
                    let replicas = replicas.into_boxed_slice();
                    io.cx.send(origin, Message::Found { token, hops, replicas });
                }
            }
            Purpose::Join | Purpose::Mend if origin != self.id => {
                io.cx.send(origin, Message::Roster { token, leaves: self.leaves.nodes() });
            }
            Purpose::Join | Purpose::Mend => {}
        }
    }

    /// The root's view of a replica set: as many as its leaf set surely knows.
    pub(super) fn view_of(&self, key: u64) -> Vec<NodeId> {
        self.replicas(key, (self.config.leaf_set / 2 + 1) as usize)
    }

    /// Sends a route to its next hop and waits for the acknowledgement.
    pub(super) fn send_hop<H: Host>(
        &mut self,
        mut route: Route,
        to: NodeId,
        io: &mut Io<'_, '_, H>,
    ) {
        if route.hops >= MOST_HOPS {
            return;
        }
        route.hops += 1;
        self.send_forward(route, to, 1, [self.id; TRIED], io);
    }

    fn send_forward<H: Host>(
        &mut self,
        mut route: Route,
        to: NodeId,
        sends: u8,
        tried: [NodeId; TRIED],
        io: &mut Io<'_, '_, H>,
    ) {
        route.hop = self.number();
        io.cx.send(to, Message::Route(route));
        if self.forwards.len() < BOUND {
            let timer = io.cx.arm(super::Timer::Hop(route.hop), self.trips.timeout(to));
            let sent = io.cx.now();
            self.forwards.push(Forward { route, to, sent, timer, sends, repeated: false, tried });
        }
    }

    /// A hop was acknowledged.
    pub(super) fn on_accepted<H: Host>(
        &mut self,
        from: NodeId,
        hop: u32,
        held: bool,
        io: &mut Io<'_, '_, H>,
    ) {
        let found = self.forwards.iter().position(|f| f.route.hop == hop && f.to == from);
        let Some(index) = found else {
            self.join_accepted(from, hop, held);
            return;
        };
        let forward = self.forwards.swap_remove(index);
        io.cx.disarm(forward.timer);
        self.credit.earn();
        if !forward.repeated {
            let now = io.cx.now();
            self.trips.sample(from, now.since(forward.sent), now);
        }
    }

    /// The next hop says that it is no member.
    pub(super) fn on_refused<H: Host>(&mut self, from: NodeId, hop: u32, io: &mut Io<'_, '_, H>) {
        if self.forwards.iter().any(|f| f.route.hop == hop && f.to == from) {
            self.part_with(from, true, io);
        }
    }

    /// The next hop was silent.
    pub(super) fn on_hop_timeout<H: Host>(&mut self, hop: u32, io: &mut Io<'_, '_, H>) {
        let Some(index) = self.forwards.iter().position(|f| f.route.hop == hop) else { return };
        let mut forward = self.forwards.swap_remove(index);
        forward.tried.rotate_right(1);
        forward.tried[0] = forward.to;
        self.suspect(forward.to, io);
        self.try_again(forward, io);
    }

    /// Sends a hop elsewhere, or again, as long as there is credit.
    fn try_again<H: Host>(&mut self, mut forward: Forward, io: &mut Io<'_, '_, H>) {
        if forward.sends >= MOST_SENDS || !self.credit.spend() {
            return;
        }
        forward.sends += 1;
        match self.next_hop(&forward.route, &forward.tried) {
            Hop::Root => {
                // It was counted as sent on, but ends here.
                let hops = forward.route.hops - 1;
                self.deliver(Route { hops, ..forward.route }, io);
            }
            Hop::To(next) | Hop::Wait(next) if next == forward.to => {
                io.cx.send(next, Message::Route(forward.route));
                let patience = self.trips.timeout(next).times(1 << forward.sends.min(6));
                let timer = super::Timer::Hop(forward.route.hop);
                forward.timer = io.cx.arm(timer, patience.min(MOST_PATIENCE));
                forward.repeated = true;
                self.forwards.push(forward);
            }
            Hop::To(next) | Hop::Wait(next) => {
                self.send_forward(forward.route, next, forward.sends, forward.tried, io);
            }
        }
    }

    /// What was under way to a peer that is no more goes elsewhere.
    pub(super) fn send_elsewhere<H: Host>(&mut self, gone: NodeId, io: &mut Io<'_, '_, H>) {
        while let Some(index) = self.forwards.iter().position(|f| f.to == gone) {
            let forward = self.forwards.swap_remove(index);
            io.cx.disarm(forward.timer);
            self.try_again(forward, io);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_runs_out_where_nothing_is_acknowledged() {
        let mut credit = Credit::default();
        for _ in 0..MOST_CREDIT {
            assert!(credit.spend());
        }
        assert!(!credit.spend() && !credit.spend());
        credit.earn();
        assert!(credit.spend() && !credit.spend());
        (0..=2 * MOST_CREDIT).for_each(|_| credit.earn());
        assert_eq!(credit.0, MOST_CREDIT, "good times aren't saved up");
    }

    #[test]
    fn a_hop_is_passed_on_once() {
        let mut seen = Seen::default();
        assert!(!seen.repeats(NodeId(1), 7));
        assert!(seen.repeats(NodeId(1), 7));
        assert!(!seen.repeats(NodeId(2), 7));
        for hop in 0..SEEN as u32 {
            seen.repeats(NodeId(3), hop);
        }
        assert!(!seen.repeats(NodeId(1), 7), "only the last are remembered");
        assert_eq!(seen.hops.len(), SEEN);
    }
}
