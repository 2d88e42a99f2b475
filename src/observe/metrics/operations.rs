//! What became of the operations: outcomes, latencies, hops.
//!
//! An operation belongs to the instant at which it was asked for, in the window's totals and in the
//! series alike, and is followed through the drain. Those asked for at or after the end of the
//! window (probes, CLIPPEE C3) are in no metric.

use super::histogram::{Latencies, LatencySummary};
use super::hops::Hops;
use super::open::{Open, Pending};
use super::results::{Named, OperationResults};
use super::series::{Grid, Series};
use super::window::{Window, add};
use crate::node::{
    Answer, FailureCause, NodeId, Operation, OperationId, OperationKind, Outcome, Span, Time,
};

const CAUSES: usize = FailureCause::ALL.len();

/// Times that answers are counted within. A share of all that were *issued* that was answered in
/// time can't be made to look good by failing what is slow.
const LIMITS: [(&str, Span); 7] = [
    ("100ms", Span::from_millis(100)),
    ("200ms", Span::from_millis(200)),
    ("500ms", Span::from_millis(500)),
    ("1s", Span::from_secs(1)),
    ("2s", Span::from_secs(2)),
    ("5s", Span::from_secs(5)),
    ("10s", Span::from_secs(10)),
];

/// One kind's totals over the window.
#[derive(Debug)]
struct Tally {
    issued: u64,
    failed: [u64; CAUSES],
    within: [u64; LIMITS.len()],
    latencies: Latencies<u64>,
    buckets: Vec<Bucket>,
}

/// One kind's operations asked for in one bucket of the series.
#[derive(Clone, Debug, Default)]
struct Bucket {
    issued: u32,
    ok: u32,
    latencies: Option<Box<Latencies<u32>>>,
}

/// All operations.
#[derive(Debug)]
pub struct Operations {
    window: Window,
    grid: Grid,
    open: Open,
    tallies: [Option<Box<Tally>>; OperationKind::ALL.len()],
    hops: Hops,
    unfinished: u64,
}

/// What is left when all is counted.
pub struct Counted {
    /// Results by kind.
    pub operations: Named<OperationResults>,
    /// Issued within the window, all kinds.
    pub issued: u64,
    /// Still open at the very end.
    pub unfinished: u64,
    /// Hops of lookups.
    pub hops: Hops,
    /// One curve per kind with a success.
    pub curves: Vec<(OperationKind, Vec<(f64, f64)>)>,
}

impl Operations {
    /// For node ids up to `last`.
    #[must_use]
    pub fn new(window: Window, grid: Grid, last: NodeId) -> Self {
        let (tallies, hops) = (Default::default(), Hops::default());
        Self { window, grid, open: Open::new(last), tallies, hops, unfinished: 0 }
    }

    /// The application asked.
    pub fn asked(&mut self, at: Time, id: OperationId, operation: &Operation) {
        if at >= self.window.end {
            return;
        }
        let kind = operation.kind();
        let buckets = self.grid.buckets();
        let tally = self.tallies[kind as usize].get_or_insert_with(|| {
            let buckets = vec![Bucket::default(); buckets];
            Box::new(Tally {
                issued: 0,
                failed: [0; CAUSES],
                within: [0; LIMITS.len()],
                latencies: Latencies::fine(),
                buckets,
            })
        });
        tally.issued += u64::from(self.window.contains(at));
        tally.buckets[self.grid.bucket(at)].issued += 1;
        self.open.insert(id.client, Pending { count: id.count, kind, asked: at });
    }

    /// An operation ended. One that isn't open (a probe, or a second end) is ignored.
    pub fn ended(&mut self, at: Time, id: OperationId, outcome: &Outcome) {
        let Some(pending) = self.open.remove(id) else { return };
        match outcome {
            Outcome::Ok(answer) => self.succeeded(pending, at.since(pending.asked), answer),
            Outcome::Failed { cause, .. } => self.failed(pending, *cause),
        }
    }

    fn succeeded(&mut self, pending: Pending, latency: Span, answer: &Answer) {
        let tally = tally(&mut self.tallies, pending.kind);
        let bucket = &mut tally.buckets[self.grid.bucket(pending.asked)];
        bucket.ok += 1;
        bucket.latencies.get_or_insert_with(|| Box::new(Latencies::coarse())).record(latency);
        if self.window.contains(pending.asked) {
            tally.latencies.record(latency);
            for (count, (_, limit)) in tally.within.iter_mut().zip(LIMITS) {
                *count += u64::from(latency <= limit);
            }
            if let Answer::Found { hops, .. } = answer {
                self.hops.record(*hops);
            }
        }
    }

    fn failed(&mut self, pending: Pending, cause: FailureCause) {
        if self.window.contains(pending.asked) {
            tally(&mut self.tallies, pending.kind).failed[cause as usize] += 1;
        }
    }

    /// `node` stopped: what it had in flight is abandoned.
    pub fn stopped(&mut self, node: NodeId) {
        while let Some(pending) = self.open.pop(node) {
            self.failed(pending, FailureCause::Abandoned);
        }
    }

    /// The run is over: what is still open has failed by timeout.
    pub fn close(&mut self) {
        for node in self.open.nodes() {
            while let Some(pending) = self.open.pop(node) {
                self.unfinished += 1;
                self.failed(pending, FailureCause::Timeout);
            }
        }
    }

    /// Takes in another part. Call [`Operations::close`] of both before.
    pub fn merge(&mut self, other: Self) {
        for (tally, other) in self.tallies.iter_mut().zip(other.tallies) {
            match (tally, other) {
                (Some(tally), Some(other)) => tally.merge(*other),
                (tally @ None, other) => *tally = other,
                (Some(_), None) => {}
            }
        }
        self.hops.merge(&other.hops);
        self.unfinished += other.unfinished;
    }

    /// Adds the series of each kind: rates, success, latencies.
    pub fn series(&self, series: &mut Series) {
        for (kind, tally) in self.seen() {
            for (index, bucket) in tally.buckets.iter().enumerate() {
                bucket_series(series, self.window.end, kind.name(), index, bucket);
            }
        }
    }

    /// The totals. Call [`Operations::close`] before.
    #[must_use]
    pub fn finish(self) -> Counted {
        let results = self.seen().map(|(kind, tally)| (kind.name(), tally.results())).collect();
        let curves = self.seen().map(|(kind, tally)| (kind, tally.latencies.cdf())).collect();
        let issued = self.seen().map(|(_, tally)| tally.issued).sum();
        let (unfinished, hops) = (self.unfinished, self.hops);
        Counted { operations: Named(results), issued, unfinished, hops, curves }
    }

    /// The kinds that were asked for at all, in report order.
    fn seen(&self) -> impl Iterator<Item = (OperationKind, &Tally)> {
        let tallies = OperationKind::ALL.into_iter().zip(&self.tallies);
        tallies.filter_map(|(kind, tally)| Some((kind, tally.as_deref()?)))
    }
}

fn tally(
    tallies: &mut [Option<Box<Tally>>; OperationKind::ALL.len()],
    kind: OperationKind,
) -> &mut Tally {
    tallies[kind as usize].as_deref_mut().expect("an operation is counted before it can end")
}

impl Tally {
    fn merge(&mut self, other: Self) {
        self.issued += other.issued;
        add(&mut self.failed, &other.failed);
        add(&mut self.within, &other.within);
        self.latencies.merge(&other.latencies);
        for (bucket, other) in self.buckets.iter_mut().zip(other.buckets) {
            bucket.issued += other.issued;
            bucket.ok += other.ok;
            match (&mut bucket.latencies, other.latencies) {
                (Some(latencies), Some(other)) => latencies.merge(&other),
                (latencies @ None, other) => *latencies = other,
                (Some(_), None) => {}
            }
        }
    }

    fn results(&self) -> OperationResults {
        let causes = FailureCause::ALL.into_iter().zip(self.failed);
        let within = LIMITS.into_iter().zip(self.within);
        let latency_ms: LatencySummary = self.latencies.summary();
        OperationResults {
            issued: self.issued,
            ok: self.latencies.count(),
            ok_within: Named(within.map(|((name, _), count)| (name, count)).collect()),
            failed: Named(causes.map(|(cause, count)| (cause.name(), count)).collect()),
            latency_ms,
        }
    }
}

fn bucket_series(series: &mut Series, end: Time, kind: &str, index: usize, bucket: &Bucket) {
    let failed = u64::from(bucket.issued - bucket.ok);
    let until = series.grid().until(index, end);
    series.rate("operations_per_s", &format!("{kind}.ok"), index, u64::from(bucket.ok), until);
    series.rate("operations_per_s", &format!("{kind}.failed"), index, failed, until);
    if bucket.issued > 0 {
        let share = f64::from(bucket.ok) / f64::from(bucket.issued);
        series.push("success_ratio", kind, index, share);
    }
    if let Some(latencies) = &bucket.latencies {
        for (quantity, quantile) in [("latency_ms_p50", 0.5), ("latency_ms_p99", 0.99)] {
            if let Some(ms) = latencies.quantile_ms(quantile) {
                series.push(quantity, kind, index, ms);
            }
        }
    }
}
