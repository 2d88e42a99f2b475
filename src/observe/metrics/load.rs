//! How much each peer has to do: messages handled per second online.
//!
//! "Handled" means stepped with the message: what was dropped on the way or in a queue isn't load.

use super::results::LoadResults;
use super::window::{Window, per_second};
use crate::node::{NodeId, Span, Time};

/// A peer that was online for less than this part of the window has no rate of its own: a few
/// messages in a few milliseconds would look like the greatest load of all.
const LEAST_PART: u64 = 100;

#[derive(Clone, Copy, Debug)]
struct Peer {
    /// Messages handled within the window.
    handled: u64,
    /// Time online within the window, without the session under way.
    online: Span,
    /// When the session under way began; never, if it is away.
    since: Time,
}

/// The load of every peer.
#[derive(Debug)]
pub struct Load {
    window: Window,
    peers: Vec<Peer>,
}

impl Load {
    /// For peers with ids 1 to `peers`.
    #[must_use]
    pub fn new(window: Window, peers: u32) -> Self {
        let away = Peer { handled: 0, online: Span::ZERO, since: Time::NEVER };
        Self { window, peers: vec![away; peers as usize] }
    }

    /// Something that depends on what is known of a node.
    #[must_use]
    pub fn glance(&self, node: NodeId) -> u32 {
        self.peers.get(node.index().wrapping_sub(1)).map_or(0, |peer| peer.handled as u32)
    }

    fn peer(&mut self, node: NodeId) -> &mut Peer {
        &mut self.peers[node.index() - 1]
    }

    /// A peer came online.
    pub fn began(&mut self, at: Time, node: NodeId) {
        self.peer(node).since = at;
    }

    /// A peer handled a message.
    pub fn handled(&mut self, at: Time, node: NodeId) {
        if self.window.contains(at) {
            self.peer(node).handled += 1;
        }
    }

    /// A peer stopped.
    pub fn stopped(&mut self, at: Time, node: NodeId) {
        let window = self.window;
        let peer = self.peer(node);
        peer.online = peer.online + window.overlap(peer.since, at);
        peer.since = Time::NEVER;
    }

    /// The run is over: every session under way ends here.
    pub fn close(&mut self, end: Time) {
        for peer in &mut self.peers {
            peer.online = peer.online + self.window.overlap(peer.since, end);
            peer.since = Time::NEVER;
        }
    }

    /// Takes in another part, whose peers are others. Call [`Load::close`] of both before.
    pub fn merge(&mut self, other: &Self) {
        for (peer, other) in self.peers.iter_mut().zip(&other.peers) {
            peer.handled += other.handled;
            peer.online = peer.online + other.online;
        }
    }

    /// Messages per second of each peer that was online long enough, largest first. Call
    /// [`Load::close`] before.
    #[must_use]
    pub fn rates(&self) -> Vec<f64> {
        let least = self.window.length().part(LEAST_PART);
        let counted = self.peers.iter().filter(|peer| peer.online >= least);
        let mut rates: Vec<f64> =
            counted.filter_map(|peer| per_second(peer.handled, peer.online)).collect();
        rates.sort_unstable_by(|a, b| b.total_cmp(a));
        rates
    }

    /// The summary of `rates`, those of [`Load::rates`].
    #[must_use]
    pub fn results(&self, rates: &[f64]) -> LoadResults {
        let handled = self.peers.iter().map(|peer| peer.handled).sum::<u64>();
        let online = self.peers.iter().map(|peer| u128::from(peer.online.nanos())).sum::<u128>();
        let mean = (online > 0).then(|| handled as f64 * 1e9 / online as f64);
        // Nearest rank: of n peers sorted downwards, the p99 has n / 100 above it, rounded down.
        LoadResults {
            mean,
            p99: rates.get(rates.len() / 100).copied(),
            max: rates.first().copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(s: u64) -> Time {
        Time::ZERO + Span::from_secs(s)
    }

    #[test]
    fn rates_are_per_second_online_within_the_window() {
        let mut load = Load::new(Window { start: secs(10), end: secs(110) }, 4);
        // Peer 1 is online for 50 s of the window, peer 2 for all of it, peer 3 for half a second,
        // peer 4 never.
        load.began(secs(0), NodeId(1));
        load.began(secs(0), NodeId(2));
        load.handled(secs(5), NodeId(1));
        (0..100).for_each(|_| load.handled(secs(20), NodeId(1)));
        (0..50).for_each(|_| load.handled(secs(30), NodeId(2)));
        load.stopped(secs(60), NodeId(1));
        load.began(secs(100), NodeId(3));
        load.handled(secs(100), NodeId(3));
        load.stopped(secs(100) + Span::from_millis(500), NodeId(3));
        load.handled(secs(110), NodeId(2));
        load.close(secs(120));
        let rates = load.rates();
        assert_eq!(rates, [2.0, 0.5]);
        let results = load.results(&rates);
        assert_eq!(results.mean, Some(151.0 / 150.5));
        assert_eq!((results.p99, results.max), (Some(2.0), Some(2.0)));
    }

    #[test]
    fn nobody_online_is_nothing_measured() {
        let mut load = Load::new(Window { start: secs(0), end: secs(10) }, 1);
        load.close(secs(10));
        assert_eq!(load.results(&load.rates()), LoadResults { mean: None, p99: None, max: None });
    }

    #[test]
    fn the_p99_leaves_one_of_a_hundred_above() {
        let mut load = Load::new(Window { start: secs(0), end: secs(1) }, 200);
        for peer in 1..=200 {
            load.began(secs(0), NodeId(peer));
            (0..peer).for_each(|_| load.handled(secs(0), NodeId(peer)));
        }
        load.close(secs(1));
        assert_eq!(load.results(&load.rates()).p99, Some(198.0));
    }
}
