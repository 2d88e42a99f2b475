//! Metrics: counts, latencies, series and distributions of one run.
//!
//! One observer with a part per subject: operations, locks, network, load, churn. Each part takes
//! an event in constant time, without hashing, and allocates only when something is seen for the
//! first time. Every number is an integer until the run is over, so that results don't depend on
//! the order of additions; the floats are made once, at the end.
//!
//! What counts is what falls into the **window**, from the end of the warm-up to the end of the
//! workload; the series cover the whole run. Exact definitions of all names are in
//! `docs/metrics.md`. Nothing here judges: verdicts and the consistency group come from observers
//! of their own.

mod churn;
mod distribution;
mod histogram;
mod hops;
mod load;
mod locks;
mod network;
mod open;
mod operations;
mod results;
mod series;
mod window;

pub use distribution::DistributionPoint;
pub use histogram::{Latencies, LatencySummary};
pub use results::{
    ChurnResults, HopResults, LoadResults, LockResults, Named, NetworkResults, Nodes,
    OperationResults, Results, SCHEMA,
};
pub use series::{Grid, Series, SeriesPoint};
pub use window::{Window, ratio};

use crate::node::{
    DropCause, Happening, Mergeable, NodeId, Observation, Observer, Protocol, Role, Step, Time,
};
use crate::observe::Digest;
use churn::Churn;
use load::Load;
use locks::Locks;
use network::{Kinds, Network};
use operations::Operations;

/// What the observer must know beforehand.
#[derive(Clone, Debug)]
pub struct MetricsConfig {
    /// The start of the window.
    pub warmup: Time,
    /// The end of the window, and of the workload.
    pub duration: Time,
    /// The end of the run, drain included.
    pub end: Time,
    /// Peers, online or not: ids 1 to this.
    pub peers: u32,
    /// Clients, online or not: the ids that follow.
    pub clients: u32,
    /// Names of the protocol's kinds of message.
    pub kinds: &'static [&'static str],
    /// Whether each kind is upkeep; as long as `kinds`.
    pub background: Vec<bool>,
}

/// The observer.
#[derive(Debug)]
pub struct Metrics {
    window: Window,
    end: Time,
    grid: Grid,
    nodes: Nodes,
    operations: Operations,
    locks: Locks,
    network: Network,
    load: Load,
    churn: Churn,
}

impl Metrics {
    /// Nothing measured yet. Space: 4 bytes a node, 24 a peer, 24 an operation in flight, and the
    /// series.
    ///
    /// # Panics
    /// If `kinds` and `background` differ in length.
    #[must_use]
    pub fn new(config: MetricsConfig) -> Self {
        let MetricsConfig { warmup, duration, end, peers, clients, kinds, background } = config;
        assert_eq!(kinds.len(), background.len(), "each kind of message is work or upkeep");
        let window = Window { start: warmup, end: duration };
        let grid = Grid::new(duration, end);
        Self {
            window,
            end,
            grid,
            nodes: Nodes { peers, clients },
            operations: Operations::new(window, grid, NodeId(peers + clients)),
            locks: Locks::new(window, grid),
            network: Network::new(window, grid, Kinds { names: kinds, background }),
            load: Load::new(window, peers),
            churn: Churn::new(window, grid),
        }
    }

    /// The run is over; `digest` and `events` are its own. Open operations have failed by timeout,
    /// and are counted as [`Results::unfinished`] too. The groups `consistency` and `delivery` are
    /// left for the caller to fill in.
    #[must_use]
    pub fn finish(mut self, digest: Digest, events: u64) -> Results {
        self.close();
        let series = self.series();
        let rates = self.load.rates();
        let counted = self.operations.finish();
        Results {
            schema: results::SCHEMA,
            digest,
            events,
            simulated_s: self.end.seconds(),
            nodes: self.nodes,
            locks: self.locks.results(),
            network: self.network.results(counted.issued),
            load: results::Load { peer_messages_per_s: self.load.results(&rates) },
            overlay: results::Overlay { hops: counted.hops.results() },
            consistency: None,
            delivery: None,
            churn: self.churn.results(),
            unfinished: counted.unfinished,
            series,
            distributions: distribution::distributions(&counted, &rates),
            operations: counted.operations,
        }
    }

    /// Whatever is under way ends with the run.
    fn close(&mut self) {
        self.operations.close();
        self.load.close(self.end);
        self.churn.close(self.end);
    }

    fn series(&self) -> Vec<SeriesPoint> {
        let mut series = Series::new(self.grid);
        series.phase("warmup", Time::ZERO, self.window.start);
        series.phase("window", self.window.start, self.window.end);
        series.phase("drain", self.window.end, self.end);
        self.operations.series(&mut series);
        self.locks.series(self.end, &mut series);
        self.churn.series(self.end, &mut series);
        self.network.series(self.end, &mut series);
        series.finish()
    }
}

impl Mergeable for Metrics {
    /// The run is over for both.
    fn merge(&mut self, mut other: Self) {
        self.close();
        other.close();
        self.operations.merge(other.operations);
        self.locks.merge(other.locks);
        self.network.merge(&other.network);
        self.load.merge(&other.load);
        self.churn.merge(&other.churn);
    }
}

impl<P: Protocol> Observer<P> for Metrics {
    fn glance(&self, node: NodeId) -> u32 {
        self.load.glance(node)
    }
    fn step(&mut self, step: &Step<'_, P>) {
        let Step { at, node, role, .. } = *step;
        match step.happening {
            Happening::Message { .. } => {
                if role == Role::Peer {
                    self.load.handled(at, node);
                }
            }
            Happening::Operation { id, operation } => self.operations.asked(at, id, operation),
            Happening::Boot => {
                self.churn.began(at, role);
                if role == Role::Peer {
                    self.load.began(at, node);
                }
            }
            Happening::Stop { crash } => {
                self.churn.stopped(at, role, crash);
                self.operations.stopped(node);
                if role == Role::Peer {
                    self.load.stopped(at, node);
                }
            }
            Happening::Timer(_) | Happening::Leave => {}
        }
    }

    fn observation(&mut self, at: Time, _: NodeId, observation: &Observation) {
        match observation {
            Observation::Ended { id, outcome } => self.operations.ended(at, *id, outcome),
            Observation::RoundEnded { outcome, .. } => self.locks.ended(at, *outcome),
            Observation::Retried { .. } => self.locks.retried(at),
            _ => {}
        }
    }

    fn sent(&mut self, at: Time, _: NodeId, _: NodeId, kind: usize, bytes: u32) {
        self.network.sent(at, kind, bytes);
    }

    fn dropped(&mut self, at: Time, _: NodeId, _: NodeId, _: usize, _: u32, cause: DropCause) {
        self.network.dropped(at, cause);
    }
}

#[cfg(test)]
mod tests;
