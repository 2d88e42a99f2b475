//! Who is online, and who comes and goes.

use super::results::ChurnResults;
use super::series::{Grid, Series};
use super::window::{Window, add};
use crate::node::{Role, Time};

/// How many nodes of one role are online, integrated over time in node-nanoseconds. 128 bits: a
/// million nodes for a day are more than 64 bits hold.
#[derive(Debug)]
struct Alive {
    online: u64,
    since: Time,
    window: u128,
    buckets: Vec<u128>,
}

impl Alive {
    fn new(grid: Grid) -> Self {
        let buckets = vec![0; grid.buckets()];
        Self { online: 0, since: Time::ZERO, window: 0, buckets }
    }

    /// Accounts for the time up to `at`, in which the number didn't change.
    fn advance(&mut self, at: Time, window: Window, grid: Grid) {
        let online = u128::from(self.online);
        self.window += online * u128::from(window.overlap(self.since, at).nanos());
        while self.since < at {
            let index = grid.bucket(self.since);
            let edge = if index + 1 < self.buckets.len() { grid.start(index + 1) } else { at };
            let until = edge.min(at);
            self.buckets[index] += online * u128::from(until.since(self.since).nanos());
            self.since = until;
        }
    }

    /// Takes in another part, which accounts for as much time.
    fn merge(&mut self, other: &Self) {
        self.online += other.online;
        self.window += other.window;
        add(&mut self.buckets, &other.buckets);
    }
}

/// Sessions of peers and clients.
#[derive(Debug)]
pub struct Churn {
    window: Window,
    grid: Grid,
    peers: Alive,
    clients: Alive,
    joins: u64,
    leaves: u64,
    crashes: u64,
}

impl Churn {
    /// Nobody online yet.
    #[must_use]
    pub fn new(window: Window, grid: Grid) -> Self {
        let (peers, clients) = (Alive::new(grid), Alive::new(grid));
        Self { window, grid, peers, clients, joins: 0, leaves: 0, crashes: 0 }
    }

    fn advance(&mut self, at: Time, role: Role) -> &mut u64 {
        let alive = match role {
            Role::Peer => &mut self.peers,
            Role::Client => &mut self.clients,
        };
        alive.advance(at, self.window, self.grid);
        &mut alive.online
    }

    /// A node came online. Those that are up from the start haven't joined.
    pub fn began(&mut self, at: Time, role: Role) {
        *self.advance(at, role) += 1;
        let joined = role == Role::Peer && at > Time::ZERO && self.window.contains(at);
        self.joins += u64::from(joined);
    }

    /// A node stopped.
    pub fn stopped(&mut self, at: Time, role: Role, crash: bool) {
        let online = self.advance(at, role);
        *online = online.saturating_sub(1);
        if role == Role::Peer && self.window.contains(at) {
            *(if crash { &mut self.crashes } else { &mut self.leaves }) += 1;
        }
    }

    /// The run is over.
    pub fn close(&mut self, end: Time) {
        self.advance(end, Role::Peer);
        self.advance(end, Role::Client);
    }

    /// Takes in another part. Call [`Churn::close`] of both before.
    pub fn merge(&mut self, other: &Self) {
        self.peers.merge(&other.peers);
        self.clients.merge(&other.clients);
        self.joins += other.joins;
        self.leaves += other.leaves;
        self.crashes += other.crashes;
    }

    /// The totals over the window. Call [`Churn::close`] before.
    #[must_use]
    pub fn results(&self) -> ChurnResults {
        let length = self.window.length().nanos();
        let peers_alive_mean = (length > 0).then(|| self.peers.window as f64 / length as f64);
        let (joins, leaves, crashes) = (self.joins, self.leaves, self.crashes);
        ChurnResults { joins, leaves, crashes, peers_alive_mean }
    }

    /// Adds `peers_alive`, and `clients_alive` where there were any: averages over each bucket.
    pub fn series(&self, end: Time, series: &mut Series) {
        for (quantity, alive) in [("peers_alive", &self.peers), ("clients_alive", &self.clients)] {
            if quantity == "clients_alive" && alive.buckets.iter().all(|&sum| sum == 0) {
                continue;
            }
            for (index, &sum) in alive.buckets.iter().enumerate() {
                let length = self.grid.until(index, end).nanos();
                if length > 0 {
                    series.push(quantity, "", index, sum as f64 / length as f64);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Span;

    fn secs(s: u64) -> Time {
        Time::ZERO + Span::from_secs(s)
    }

    #[test]
    fn sessions_are_integrated_over_window_and_buckets() {
        let grid = Grid::new(secs(4), secs(5));
        let mut churn = Churn::new(Window { start: secs(2), end: secs(4) }, grid);
        churn.began(secs(0), Role::Peer);
        churn.began(secs(0), Role::Peer);
        churn.stopped(Time::from_nanos(500_000_000), Role::Peer, true);
        churn.began(secs(3), Role::Peer);
        churn.began(secs(3), Role::Client);
        churn.stopped(secs(4), Role::Peer, false);
        churn.close(secs(5));
        let results = churn.results();
        assert_eq!((results.joins, results.leaves, results.crashes), (1, 0, 0));
        assert_eq!(results.peers_alive_mean, Some(1.5));
        let mut series = Series::new(grid);
        churn.series(secs(5), &mut series);
        let values: Vec<f64> = series.finish().into_iter().map(|point| point.value).collect();
        assert_eq!(values, [1.5, 1.0, 1.0, 2.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn only_peers_are_counted_and_only_within_the_window() {
        let mut churn =
            Churn::new(Window { start: secs(0), end: secs(10) }, Grid::new(secs(10), secs(20)));
        churn.began(secs(0), Role::Peer);
        churn.began(secs(1), Role::Client);
        churn.stopped(secs(2), Role::Peer, false);
        churn.began(secs(3), Role::Peer);
        churn.stopped(secs(4), Role::Client, true);
        churn.stopped(secs(5), Role::Peer, true);
        churn.began(secs(11), Role::Peer);
        let results = churn.results();
        assert_eq!((results.joins, results.leaves, results.crashes), (1, 1, 1));
    }
}
