//! What the delivery observer found, as plain data.

use crate::observe::metrics::{DistributionPoint, LatencySummary, Named, SeriesPoint};
use serde::Serialize;

/// The multicasts of the window (asked for from warm-up to `duration`). The first six are
/// `delivery.*` of `metrics.json`; `detail` is for reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeliveryReport {
    /// Copies that members must get: each message, each member that was one when it was numbered
    /// and stayed for 30 s.
    pub expected: u64,
    /// Of those, the ones that were delivered.
    pub delivered: u64,
    /// Of those, the ones that weren't.
    pub missing: u64,
    /// Deliveries of a message to a member, expected or not, that had it in the same membership.
    pub duplicate: u64,
    /// Deliveries out of order.
    pub out_of_order: u64,
    /// From the sender's asking to each delivery that was expected.
    pub latency_ms: LatencySummary,
    /// What stands behind that.
    pub detail: Detail,
    /// Rows for `series.csv`.
    #[serde(skip)]
    pub series: Vec<SeriesPoint>,
    /// Rows for `distributions.csv`.
    #[serde(skip)]
    pub distributions: Vec<DistributionPoint>,
}

/// What stands behind the six figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detail {
    /// Multicasts that got a number.
    pub messages: u64,
    /// Multicasts that got none.
    pub not_numbered: u64,
    /// delivered / expected.
    pub ratio: Option<f64>,
    /// Expected copies that came later than 5 s after the sender had asked.
    pub recovered: u64,
    /// Messages that a member lacks that must have it.
    pub incomplete: u64,
    /// Copies that nobody expected: to those that became members later, or went within 30 s.
    pub unexpected: u64,
    /// Deliveries to nodes that weren't members, and of messages that nobody sent.
    pub stray: u64,
    /// Gaps that members were told of, from warm-up on.
    pub gaps: u64,
    /// Messages in those.
    pub gap_messages: u64,
    /// Joins of the window that made a member.
    pub joins: u64,
    /// The most members that a group had at any time of the run.
    pub largest_group: u32,
    /// Until half of those who must get a message had it.
    pub latency_to_median_ms: LatencySummary,
    /// Until all of them had it, of messages that all of them got.
    pub latency_to_last_ms: LatencySummary,
    /// Messages that carry multicasts, acknowledge them or fill gaps, sent within the window.
    pub messages_sent: u64,
    /// Copies delivered within the window, without repeats.
    pub copies: u64,
    /// messages_sent / copies.
    pub messages_per_copy: Option<f64>,
    /// messages_sent / member-seconds of the window.
    pub messages_per_member_s: Option<f64>,
    /// How long replicas needed to learn of an access peer's first member, or its last one's end.
    pub view_lag_s: LatencySummary,
    /// Such changes that they hadn't learnt by the end of the run.
    pub view_changes_open: u64,
    /// By the number of members.
    pub by_size: Named<SizeReport>,
}

/// Messages to groups of one class of sizes, by their members when they were numbered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SizeReport {
    /// How many.
    pub messages: u64,
    /// Members, on average.
    pub members_mean: Option<f64>,
    /// As in the whole.
    pub expected: u64,
    /// As in the whole.
    pub delivered: u64,
    /// As in the whole.
    pub latency_ms: LatencySummary,
    /// Messages handled that carry multicasts, per copy delivered, while groups had such sizes.
    pub messages_per_copy: Option<f64>,
}
