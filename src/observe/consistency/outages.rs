//! Outages (CLIPPEE M7): for how long an object served nobody.
//!
//! An outage of an object opens when an operation on it fails, dated back to the moment at which it
//! was asked for, and closes when a later operation on it succeeds. Operations whose client stopped
//! say nothing.

use crate::node::{ObjectId, Span, Time};
use serde::Serialize;

/// Outages of all objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct OutageReport {
    /// How many.
    pub count: u64,
    /// How many of them no operation ended: they count until the end of the run.
    pub open: u64,
    /// Their lengths together, in object-seconds.
    pub total_s: f64,
    /// The longest, in seconds.
    pub longest_s: f64,
}

/// Outages so far.
#[derive(Clone, Debug)]
pub struct Outages {
    since: Vec<Option<Time>>,
    count: u64,
    total: u128,
    longest: Span,
}

impl Outages {
    /// Every object serves.
    #[must_use]
    pub fn new(objects: usize) -> Self {
        Self { since: vec![None; objects], count: 0, total: 0, longest: Span::ZERO }
    }

    /// An operation on `object` failed.
    pub fn failed(&mut self, asked: Time, object: ObjectId) {
        let since = &mut self.since[object.0 as usize];
        *since = Some(since.map_or(asked, |earlier| earlier.min(asked)));
    }

    /// An operation on `object` succeeded.
    pub fn succeeded(&mut self, at: Time, object: ObjectId) {
        if let Some(since) = self.since[object.0 as usize].take() {
            self.close(at.since(since));
        }
    }

    fn close(&mut self, length: Span) {
        self.count += 1;
        self.total += u128::from(length.nanos());
        self.longest = self.longest.max(length);
    }

    /// What came of it by the `end`.
    #[must_use]
    pub fn finish(mut self, end: Time) -> OutageReport {
        let open: Vec<Time> = self.since.iter().copied().flatten().collect();
        open.iter().for_each(|&since| self.close(end.since(since)));
        OutageReport {
            count: self.count,
            open: open.len() as u64,
            total_s: self.total as f64 / 1e9,
            longest_s: self.longest.seconds(),
        }
    }
}
