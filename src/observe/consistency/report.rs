//! What the consistency observer found, as plain data.

use super::outages::OutageReport;
use super::sessions::Violations;
use serde::Serialize;

/// The measures of the window (operations asked from warm-up to `duration`). The first six are
/// `consistency.*` of `metrics.json`; `detail` is for reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ConsistencyReport {
    /// M1: updates whose client got ok, and whose change isn't in the object in the end.
    pub lost_updates: u64,
    /// M2: reads below what had been acknowledged before they were asked for.
    pub stale_reads: u64,
    /// M3: objects at `duration` whose responsible live replicas disagree.
    pub divergent_objects: u64,
    /// M3: object-seconds of such disagreement, from warm-up to `duration`.
    pub divergence_seconds: f64,
    /// M5: pairs of committed versions of an object of which neither was made from the other.
    pub concurrent_commits: u64,
    /// Commits that a replica took without their attempt's lock, replica by replica.
    pub late_commits: u64,
    /// Causes, extents, and measures without a name in `metrics.json`.
    pub detail: Detail,
}

/// What stands behind the six figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Detail {
    /// Updates that succeeded: what `lost_updates` is a share of.
    pub updates_ok: u64,
    /// Reads that succeeded: what `stale_reads` is a share of.
    pub reads_ok: u64,
    /// M1 by cause; their sum is `lost_updates`.
    pub lost: LostUpdates,
    /// M8: updates whose client got ok and that went with the last live copy of their object. Not
    /// in `lost_updates`.
    pub vanished_updates: u64,
    /// M8: how often, in the whole run, an object lost its last live copy.
    pub vanishings: u64,
    /// M8: objects that had a copy once and have none at the end of the run.
    pub vanished_objects: u64,
    /// M2: how far behind stale reads were.
    pub staleness: Staleness,
    /// M4: session guarantees broken.
    pub sessions: Violations,
    /// M5: committed versions whose base already had a committed child: how often lineages parted.
    pub forks: u64,
    /// M7: outages of objects.
    pub outages: OutageReport,
    /// M11: operations with committed versions of which neither was made from the other.
    pub branched_operations: u64,
}

/// M1 by what happened to the last copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LostUpdates {
    /// A concurrent commit overwrote it.
    pub overwritten_by_commit: u64,
    /// Hand-over or repair overwrote it with a version of another branch.
    pub overwritten_by_repair: u64,
    /// It was dropped after a hand-over.
    pub dropped_after_hand_over: u64,
    /// Its holder left; others held something else.
    pub holder_left: u64,
    /// Its holder crashed; others held something else.
    pub holder_crashed: u64,
    /// A copy is left, but the newest version is of another branch.
    pub outrun: u64,
    /// No replica ever held it: the answer was wrong.
    pub never_stored: u64,
}

impl LostUpdates {
    /// All causes together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.overwritten_by_commit
            + self.overwritten_by_repair
            + self.dropped_after_hand_over
            + self.holder_left
            + self.holder_crashed
            + self.outrun
            + self.never_stored
    }
}

/// How far behind stale reads were (M2); null where there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Staleness {
    /// Acknowledged versions missed, on average.
    pub versions_behind_mean: Option<f64>,
    /// The most missed.
    pub versions_behind_max: Option<u64>,
    /// Time from the acknowledgement of the oldest version missed to the moment the read was asked
    /// for, on average.
    pub seconds_behind_mean: Option<f64>,
    /// The longest such time.
    pub seconds_behind_max: Option<f64>,
}
