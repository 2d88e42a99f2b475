//! What a run gives: plain data, serialised under the names that `docs/metrics.md` defines.

use super::distribution::DistributionPoint;
use super::histogram::LatencySummary;
use super::series::SeriesPoint;
use crate::observe::Digest;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// The version of the names and meanings in `metrics.json`.
pub const SCHEMA: u32 = 1;

/// Entries by name, in the order in which reports list them; serialised as an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T>(pub Vec<(&'static str, T)>);

impl<T> Named<T> {
    /// The entry called `name`.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|entry| entry.0 == name).map(|entry| &entry.1)
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, entry) in &self.0 {
            map.serialize_entry(name, entry)?;
        }
        map.end()
    }
}

/// All numbers of one run. `None` where nothing was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Results {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Stands for everything that happened.
    pub digest: Digest,
    /// Messages handled, timers fired, operations and churn changes, as the driver counts them.
    pub events: u64,
    /// Simulated seconds, the drain included.
    pub simulated_s: f64,
    /// How many nodes there are, online or not.
    pub nodes: Nodes,
    /// By kind, of those that were asked for.
    pub operations: Named<OperationResults>,
    /// Lock rounds.
    pub locks: LockResults,
    /// Messages.
    pub network: NetworkResults,
    /// What peers have to do.
    pub load: Load,
    /// Routing.
    pub overlay: Overlay,
    /// What best effort cost: filled in by whoever ran the consistency observer.
    pub consistency: Option<serde_json::Value>,
    /// Delivery to groups: filled in by whoever ran its observer.
    pub delivery: Option<serde_json::Value>,
    /// Sessions.
    pub churn: ChurnResults,
    /// Operations asked for before the end of the window that hadn't ended when the run was over
    /// (CLIPPEE H9 wants 0). They are among `failed.timeout`.
    #[serde(skip)]
    pub unfinished: u64,
    /// The rows of `series.csv`.
    #[serde(skip)]
    pub series: Vec<SeriesPoint>,
    /// The rows of `distributions.csv`.
    #[serde(skip)]
    pub distributions: Vec<DistributionPoint>,
}

/// Identities.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nodes {
    /// Peers.
    pub peers: u32,
    /// Clients.
    pub clients: u32,
}

/// One kind of operation: issued = ok + all failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperationResults {
    /// Asked for within the window.
    pub issued: u64,
    /// Succeeded, within the window or later.
    pub ok: u64,
    /// Failed, by cause.
    pub failed: Named<u64>,
    /// How long those took that succeeded.
    pub latency_ms: LatencySummary,
}

/// Lock rounds: attempts = granted + refused + timed out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LockResults {
    /// Rounds that ended.
    pub attempts: u64,
    /// With a quorum.
    pub granted: u64,
    /// By refusals.
    pub refused: u64,
    /// By the lock timeout or the lease.
    pub timed_out: u64,
    /// Operations that were to be tried again.
    pub retries: u64,
    /// granted / attempts.
    pub success_ratio: Option<f64>,
}

/// Messages sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetworkResults {
    /// All.
    pub messages: u64,
    /// All their bytes.
    pub bytes: u64,
    /// Those that aren't upkeep, per operation issued.
    pub messages_per_operation: Option<f64>,
    /// Upkeep.
    pub background: u64,
    /// Those that came to nothing, by cause.
    pub dropped: Named<u64>,
    /// All, by kind.
    pub by_kind: Named<u64>,
}

/// The group `load`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Load {
    /// Messages handled by a peer per second online.
    pub peer_messages_per_s: LoadResults,
}

/// Messages handled per second online, over peers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadResults {
    /// Of an average second online.
    pub mean: Option<f64>,
    /// Of the peer that 1 % of the peers exceed.
    pub p99: Option<f64>,
    /// Of the busiest.
    pub max: Option<f64>,
}

/// The group `overlay`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overlay {
    /// Hops of successful lookups.
    pub hops: HopResults,
}

/// Hops of lookups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HopResults {
    /// Mean.
    pub mean: Option<f64>,
    /// Lookups by number of hops, from 0 up.
    pub histogram: Vec<u64>,
}

/// Sessions of peers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChurnResults {
    /// Boots after the start of the run.
    pub joins: u64,
    /// Sessions that ended politely.
    pub leaves: u64,
    /// Sessions that ended in a crash.
    pub crashes: u64,
    /// Peers online, averaged over time.
    pub peers_alive_mean: Option<f64>,
}
