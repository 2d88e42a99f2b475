//! Lock rounds (CLIPPEE 5, M6). A round counts when it ends, so attempts = granted + refused +
//! timed out.

use super::results::LockResults;
use super::series::{Grid, Series};
use super::window::{Window, add, ratio};
use crate::node::{RoundOutcome, Time};

const OUTCOMES: [(RoundOutcome, &str); 3] = [
    (RoundOutcome::Granted, "granted"),
    (RoundOutcome::Refused, "refused"),
    (RoundOutcome::TimedOut, "timed_out"),
];

/// Counts of rounds and retries.
#[derive(Debug)]
pub struct Locks {
    window: Window,
    grid: Grid,
    ended: [u64; OUTCOMES.len()],
    retries: u64,
    /// Empty until a round ends: protocols without locks have no such series.
    buckets: Vec<[u32; OUTCOMES.len()]>,
}

impl Locks {
    /// Nothing counted yet.
    #[must_use]
    pub const fn new(window: Window, grid: Grid) -> Self {
        Self { window, grid, ended: [0; OUTCOMES.len()], retries: 0, buckets: Vec::new() }
    }

    /// A round ended.
    pub fn ended(&mut self, at: Time, outcome: RoundOutcome) {
        if self.buckets.is_empty() {
            self.buckets = vec![[0; OUTCOMES.len()]; self.grid.buckets()];
        }
        self.buckets[self.grid.bucket(at)][outcome as usize] += 1;
        self.ended[outcome as usize] += u64::from(self.window.contains(at));
    }

    /// An operation will be tried again.
    pub fn retried(&mut self, at: Time) {
        self.retries += u64::from(self.window.contains(at));
    }

    /// Takes in another part.
    pub fn merge(&mut self, other: Self) {
        add(&mut self.ended, &other.ended);
        self.retries += other.retries;
        if self.buckets.is_empty() {
            self.buckets = other.buckets;
        } else {
            for (counts, others) in self.buckets.iter_mut().zip(&other.buckets) {
                add(counts, others);
            }
        }
    }

    /// The totals over the window.
    #[must_use]
    pub fn results(&self) -> LockResults {
        let [granted, refused, timed_out] = self.ended;
        let attempts = granted + refused + timed_out;
        let success_ratio = ratio(granted, attempts);
        LockResults { attempts, granted, refused, timed_out, retries: self.retries, success_ratio }
    }

    /// Adds `locks_per_s` by outcome.
    pub fn series(&self, end: Time, series: &mut Series) {
        for (outcome, label) in OUTCOMES {
            for (index, counts) in self.buckets.iter().enumerate() {
                let count = u64::from(counts[outcome as usize]);
                series.rate("locks_per_s", label, index, count, self.grid.until(index, end));
            }
        }
    }
}
